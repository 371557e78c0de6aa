//! The index as bytes, whole and damaged.

use fixlead_app::search::{Damage, Field, Index, LoadError, Order, Page, Room, Sight};
use proptest::prelude::*;
use sha2::{Digest as _, Sha256};

use crate::model::{Model, Want, apply, steps, wants};
use crate::{KEY, all, at, case, found, query};

fn bytes(index: &Index) -> Vec<u8> {
    let mut bytes = Vec::new();
    index.snapshot(&mut bytes).expect("a list takes everything");
    bytes
}

fn load(bytes: &[u8]) -> Result<Index, Damage> {
    Index::load(bytes, [9; 16]).map_err(|error| match error {
        LoadError::Damaged(damage) => damage,
        LoadError::Read(error) => panic!("{error}"),
    })
}

fn small() -> Index {
    let mut index = Index::new(KEY);
    for number in 1..=5 {
        index.add(case(number), Field::Title, &format!("title readConfig number{number}"), at(1));
        index.add(case(number), Field::Message(Room::Team), "one two three 1.2.3 OpenSSL", at(2));
    }
    index.remove(case(2));
    index
}

/// Where the parts of a snapshot begin: of each section its bytes' place.
fn sections(bytes: &[u8]) -> Vec<std::ops::Range<usize>> {
    let mut at = b"fixlead-search\n".len() + 1;
    let mut sections = Vec::new();
    while at < bytes.len() {
        let length = u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]) as usize;
        sections.push(at + 4..at + 4 + length);
        at += 4 + length + 16;
    }
    sections
}

/// Writes sections with digests that fit, as somebody would who knows how.
fn forge(sections: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = b"fixlead-search\n\x01".to_vec();
    let mut digest = vec![0_u8; 16];
    for section in sections {
        bytes.extend((section.len() as u32).to_le_bytes());
        bytes.extend(section);
        digest = Sha256::new().chain_update(&digest).chain_update(section).finalize()[..16].to_vec();
        bytes.extend(&digest);
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(80))]

    #[test]
    fn what_is_loaded_answers_as_what_was_written(
        before in steps(),
        after in steps(),
        questions in prop::collection::vec(wants(), 6),
    ) {
        let (mut index, mut model) = (Index::new(KEY), Model::new());
        for step in &before {
            apply(&mut index, &mut model, step);
        }
        let mut loaded = load(&bytes(&index)).unwrap();
        prop_assert_eq!(loaded.size(), index.size());
        // It goes on living as the other one does.
        for step in [&[][..], &after[..]].concat() {
            apply(&mut index, &mut model, &step);
            apply(&mut loaded, &mut Model::new(), &step);
        }
        for wants in &questions {
            let asked = query(&wants.iter().map(Want::text).collect::<Vec<_>>().join(" "));
            let page = Page { order: Order::Fit, skip: 0, most: 100 };
            let answer = |index: &Index| index.search(&asked, &page, index.sights_of(|_| Sight::EVERYTHING));
            prop_assert_eq!(answer(&loaded), answer(&index));
        }
    }

    #[test]
    fn any_change_is_noticed(at in any::<prop::sample::Index>(), change in 1..=255_u8) {
        let mut bytes = bytes(&small());
        let at = at.index(bytes.len());
        bytes[at] ^= change;
        prop_assert!(load(&bytes).is_err());
    }

    #[test]
    fn a_forged_snapshot_is_refused_or_harmless(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>(), 0..3_u8), 1..6),
    ) {
        let bytes = bytes(&small());
        let mut parts: Vec<Vec<u8>> = sections(&bytes).into_iter().map(|place| bytes[place].to_vec()).collect();
        for (section, at, byte, how) in changes {
            let count = parts.len();
            let section = &mut parts[section.index(count)];
            if section.is_empty() {
                continue;
            }
            let at = at.index(section.len());
            match how {
                0 => section[at] = byte,
                1 => section.insert(at, byte),
                _ => {
                    section.remove(at);
                }
            }
        }
        if let Ok(mut index) = load(&forge(&parts)) {
            for text in ["\"one two\"", "ti*", "readconfig", "-one", "\"1.2.3 openssl\"", "\"read config nu\""] {
                all(&index, text, |_| Sight::EVERYTHING);
            }
            index.add(case(3), Field::Report, "one two readConfig", at(5));
            for number in 0..=255 {
                index.remove(case(number));
            }
        }
    }
}

#[test]
fn whatever_is_missing_is_noticed() {
    let bytes = bytes(&small());
    assert!(load(&bytes).is_ok());
    for length in 0..bytes.len() {
        assert_eq!(load(&bytes[..length]).err(), Some(Damage::Short), "{length}");
    }
    let longer = [bytes.as_slice(), b"x"].concat();
    assert_eq!(load(&longer).err(), Some(Damage::Trailing));
}

#[test]
fn what_is_wrong_with_a_snapshot_is_named() {
    let bytes = bytes(&small());
    let parts: Vec<Vec<u8>> = sections(&bytes).into_iter().map(|place| bytes[place].to_vec()).collect();
    assert_eq!(forge(&parts), bytes, "the forger knows the format");
    let [words, cases, end] = parts.as_slice() else { panic!("three sections: {}", parts.len()) };
    let damage = |parts: &[&Vec<u8>]| {
        load(&forge(&parts.iter().map(|part| (*part).clone()).collect::<Vec<_>>())).err()
    };
    assert_eq!(damage(&[words, cases, end]), None);
    assert_eq!(damage(&[cases, words, end]), Some(Damage::Cases), "cases before their words");
    assert_eq!(damage(&[words, end]), Some(Damage::Order), "cases left out");
    assert_eq!(damage(&[words, cases, cases, end]), Some(Damage::Cases), "cases twice");
    assert_eq!(damage(&[words, words, cases, end]), Some(Damage::Words), "words twice");
    assert_eq!(damage(&[words, cases, words, end]), Some(Damage::Order), "words after cases");
    assert_eq!(
        damage(&[&[words.as_slice(), b"\x05extra"].concat(), cases, end]),
        Some(Damage::Order),
        "a word uncounted"
    );
    let mut counted = end.clone();
    counted[1] += 1;
    let extra = [words.as_slice(), b"\x05extra"].concat();
    assert_eq!(damage(&[&extra, cases, &counted]), Some(Damage::Words), "a word in no text");
    assert_eq!(damage(&[&vec![b'?'], words, cases, end]), Some(Damage::Order));
    let mut other = bytes.clone();
    other[15] = 2;
    assert_eq!(load(&other).err(), Some(Damage::Version(2)));
    other[0] = b'F';
    assert_eq!(load(&other).err(), Some(Damage::Foreign));
    let mut endless = bytes.clone();
    endless[16..20].copy_from_slice(&u32::MAX.to_le_bytes());
    assert_eq!(load(&endless).err(), Some(Damage::TooLong));
    assert_eq!(
        Damage::Short.to_string(),
        "the snapshot of the search index ends too early; build the index from the cases again"
    );
}

#[test]
fn an_erased_case_leaves_nothing() {
    let mut index = Index::new(KEY);
    index.add(case(1), Field::Report, "Zwyxqv sharedword Plantedstring-8841 SecretName", at(1));
    index.add(case(2), Field::Report, "sharedword stays", at(1));
    let contains =
        |index: &Index, word: &str| bytes(index).windows(word.len()).any(|part| part == word.as_bytes());
    for word in ["zwyxqv", "plantedstring", "8841", "secretname", "sharedword"] {
        assert!(contains(&index, word), "{word}");
    }
    assert!(index.remove(case(1)));
    assert!(!index.remove(case(1)));
    for word in ["zwyxqv", "plantedstring", "8841", "secretname", "secret"] {
        assert!(!contains(&index, word), "{word}");
        assert_eq!(found(&index, word), [] as [u8; 0]);
    }
    assert!(!bytes(&index).windows(16).any(|part| part == [1; 16]), "nor its id");
    assert_eq!(found(&index, "sharedword"), [2]);
    assert_eq!(index.size().words, 2);
    index.add(case(3), Field::Report, "fresh words take the numbers that are free", at(1));
    assert_eq!(found(&index, "fresh"), [3]);
    assert_eq!(found(&load(&bytes(&index)).unwrap(), "numbers"), [3]);
}

#[test]
fn many_sections_are_one_snapshot() {
    let mut index = Index::new(KEY);
    for number in 0..3_000_u32 {
        let id = fixlead_core::id::CaseId::from_bytes(u128::from(number).to_be_bytes());
        let text: String = (0..120).map(|word| format!("w{} ", number * 7 % 1_009 * word)).collect();
        index.add(id, Field::Report, &text, at(1));
    }
    let bytes = bytes(&index);
    assert!(sections(&bytes).len() > 5, "{}", sections(&bytes).len());
    let loaded = load(&bytes).unwrap();
    assert_eq!(loaded.size(), index.size());
    let parts: Vec<Vec<u8>> = sections(&bytes).into_iter().map(|place| bytes[place].to_vec()).collect();
    for place in 0..parts.len() {
        let mut fewer = parts.clone();
        fewer.remove(place);
        assert!(load(&forge(&fewer)).is_err(), "without section {place}");
    }
}
