//! Ids are read exactly as they are written, and nothing else is read as one.

use fixlead_core::id::{CaseId, IdError, PersonId, StreamId, StreamKind};
use fixlead_core::time::Instant;
use proptest::prelude::*;

#[test]
fn the_text_is_crockfords_base32_of_the_number() {
    let id = |bits: u128| CaseId::from_bytes(bits.to_be_bytes()).to_string();
    assert_eq!(id(0), "00000000000000000000000000");
    assert_eq!(id(31), "0000000000000000000000000z");
    assert_eq!(id(32), "00000000000000000000000010");
    assert_eq!(id(u128::MAX), "7zzzzzzzzzzzzzzzzzzzzzzzzz");
}

#[test]
fn what_could_be_mistaken_is_refused_and_never_repeated() {
    let read = |text: &str| CaseId::parse(text).unwrap_err();
    assert_eq!(read(""), IdError::Length);
    assert_eq!(read("000000000000000000000000000"), IdError::Length);
    for letter in ['i', 'l', 'o', 'u', 'I', 'L', 'O', 'U', '-', ' ', '\0'] {
        assert_eq!(read(&format!("0000000000000000000000000{letter}")), IdError::Letter, "{letter}");
    }
    assert_eq!(read("8zzzzzzzzzzzzzzzzzzzzzzzzz"), IdError::Range);
    assert_eq!(read("0000000000000ß00000000000"), IdError::Letter);
    assert_eq!(read("0000000000000000000000000é"), IdError::Length);
    assert!(!read("hunter2hunter2hunter2hunte").to_string().contains("hunter2"));
}

#[test]
fn a_stream_says_what_it_is_about() {
    let case = CaseId::from_bytes([7; 16]);
    let stream = StreamId::from(case);
    assert_eq!(stream.kind(), StreamKind::Case);
    assert_eq!(stream.to_string(), format!("case-{case}"));
    assert_eq!(StreamId::parse("case"), Err(IdError::Kind));
    assert_eq!(StreamId::parse(&format!("cases-{case}")), Err(IdError::Kind));
    assert_ne!(stream, StreamId::from(PersonId::from_bytes([7; 16])));
}

proptest! {
    #[test]
    fn every_id_survives_its_text(bytes: [u8; 16], kind in 0_usize..4) {
        let id = PersonId::from_bytes(bytes);
        prop_assert_eq!(PersonId::parse(&id.to_string()), Ok(id));
        prop_assert_eq!(PersonId::parse(&id.to_string().to_uppercase()), Ok(id));
        let json = serde_json::to_string(&id).unwrap();
        prop_assert_eq!(serde_json::from_str::<PersonId>(&json).unwrap(), id);
        let stream = StreamId::new(StreamKind::ALL[kind], bytes);
        prop_assert_eq!(StreamId::parse(&stream.to_string()), Ok(stream));
        let json = serde_json::to_string(&stream).unwrap();
        prop_assert_eq!(serde_json::from_str::<StreamId>(&json).unwrap(), stream);
    }

    #[test]
    fn no_text_is_read_as_two_ids(text in "[0-9a-zA-Z]{26}") {
        if let Ok(id) = CaseId::parse(&text) {
            prop_assert_eq!(id.to_string(), text.to_lowercase());
        }
    }
}

#[test]
fn cases_sort_by_the_second_they_were_opened_in() {
    let at = |millis: i64| Instant::from_millis(millis);
    let id = |millis, random| CaseId::opened(at(millis), [random; 11]);
    assert!(id(1_800_000_000_000, 255) < id(1_800_000_001_000, 0));
    assert!(id(1_800_000_000_999, 1) > id(1_800_000_000_000, 0), "within a second by chance");
    assert_eq!(id(1_800_000_000_999, 7), id(1_800_000_000_000, 7));
    assert!(id(0, 255) < id(1_000, 0));
    assert_eq!(id(-5_000, 3), id(0, 3), "a clock before 1970 makes ids too");
    assert_eq!(CaseId::parse(&id(1_800_000_000_000, 255).to_string()), Ok(id(1_800_000_000_000, 255)));
    // The whole of the rest is random.
    assert_eq!(id(0, 0xff).bytes(), [0, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255]);
}
