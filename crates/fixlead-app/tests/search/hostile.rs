//! Text that is meant to harm.

use fixlead_app::search::snippet::{excerpt, places};
use fixlead_app::search::words::{Identifiers, LONGEST_WORD, MOST_BYTES, MOST_WORDS, Part, scan};
use fixlead_app::search::{Field, Index, Query, Sight};
use proptest::prelude::*;

use crate::{KEY, all, at, case, found, query};

/// Letters that scanners stumble over.
fn nasty() -> impl Strategy<Value = String> {
    let letter = prop_oneof![
        4 => any::<char>(),
        2 => prop::sample::select(&[
            '\u{200b}', '\u{202e}', '\u{301}', '\u{fe0f}', '\u{feff}', '\u{1100}', '\u{1161}', '\u{11a8}', '\u{fdfa}',
            'ﬃ', 'İ', 'ß', 'Σ', 'ǅ', '漏', 'ก', '\u{e0041}', '\u{3164}', '٣', '½', '\u{2011}', '１',
        ][..]),
        4 => prop::sample::select(&['a', 'B', '1', '.', '-', '_', '/', ':', '"', '*', ' ', 'v', 'C', 'V', 'E', '2'][..]),
    ];
    prop::collection::vec(letter, 0..60).prop_map(String::from_iter)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn any_text_gives_words_that_keep_their_bounds(text in nasty(), asked in nasty()) {
        for identifiers in [Identifiers::Divided, Identifiers::Whole] {
            let (mut start, mut due) = (0, 0);
            let mut problem = None;
            scan(&text, identifiers, |word| {
                let good = !word.text.is_empty()
                    && word.text.len() <= LONGEST_WORD
                    && word.place.start >= start
                    && word.place.start < word.place.end
                    && text.get(word.place.clone()).is_some()
                    && !word.text.contains(|letter: char| letter.is_whitespace() || letter.is_control());
                let part = match word.part {
                    Part::Next => {
                        due = u8::saturating_sub(due, 1);
                        true
                    }
                    Part::Joined(span) => {
                        let first = due == 0 && span > 1 && identifiers == Identifiers::Divided;
                        due = span;
                        first
                    }
                };
                if !good || !part {
                    problem = Some(format!("{word:?}"));
                }
                start = word.place.start;
            });
            prop_assert_eq!(problem, None);
            prop_assert_eq!(due, 0, "a joined word is followed by its parts");
        }
        let mut index = Index::new(KEY);
        index.add(case(1), Field::Report, &text, at(1));
        match Query::parse(&asked) {
            Ok(asked) => {
                let marked = places(&asked, Field::Report, &text);
                prop_assert!(marked.windows(2).all(|pair| pair[0].end <= pair[1].start));
                prop_assert!(marked.iter().all(|place| text.get(place.clone()).is_some()));
                prop_assert!(text.get(excerpt(&text, &marked, 20)).is_some());
                let everything = fixlead_app::search::Page {
                    order: fixlead_app::search::Order::Fit,
                    skip: 0,
                    most: 10,
                };
                index.search(&asked, &everything, index.sights_of(|_| Sight::EVERYTHING));
            }
            Err(error) => {
                prop_assert!(error.character >= 1 && error.character <= asked.chars().count() + 1);
                prop_assert!(!error.to_string().is_empty());
            }
        }
    }

    #[test]
    fn every_word_of_a_text_finds_it(text in nasty()) {
        let mut index = Index::new(KEY);
        index.add(case(1), Field::Report, &text, at(1));
        let mut words = Vec::new();
        scan(&text, Identifiers::Divided, |word| words.push(word.text.to_owned()));
        for word in words {
            prop_assert_eq!(found(&index, &format!("\"{word}\"")), [1], "{}", word);
            prop_assert!(!places(&query(&format!("\"{word}\"")), Field::Report, &text).is_empty(), "{}", word);
        }
    }
}

#[test]
fn texts_without_end_are_cut_and_say_so() {
    let mut index = Index::new(KEY);
    let taken = index.add(case(1), Field::Report, &"word ".repeat(MOST_WORDS + 10), at(1));
    assert!(taken.cut && taken.words == MOST_WORDS, "{taken:?}");
    let taken = index.add(case(1), Field::Report, &" ".repeat(MOST_BYTES + 1), at(1));
    assert!(taken.cut && taken.words == 0, "{taken:?}");
    let taken = index.add(case(1), Field::Report, "fine", at(1));
    assert!(!taken.cut);
    let long = "x".repeat(100_000);
    index.add(case(2), Field::Report, &format!("{long} after"), at(1));
    assert_eq!(found(&index, &long[..200]), [2], "of a long word the beginning counts");
    assert_eq!(found(&index, "after"), [2]);
}

#[test]
fn heaps_of_marks_and_encoded_data_stay_small() {
    let mut index = Index::new(KEY);
    let towers = format!("z{} a\u{300}", "\u{301}".repeat(200_000));
    assert_eq!(index.add(case(1), Field::Report, &towers, at(1)).words, 2);
    let encoded = "aGVsbG8gd29ybGQhIFRoaXMgaXMgYSB0ZXN0".repeat(1_000);
    assert_eq!(index.add(case(1), Field::Report, &encoded, at(1)).words, 1);
    let expanding = "\u{fdfa}".repeat(10_000);
    index.add(case(1), Field::Report, &expanding, at(1));
    assert!(index.size().words < 30, "{:?}", index.size());
}

#[test]
fn a_question_of_repeated_words_ends_soon() {
    let mut index = Index::new(KEY);
    for number in 0..50 {
        index.add(case(number), Field::Report, &"aA ".repeat(5_000), at(1));
    }
    let row = vec!["a"; 31].join(" ");
    assert_eq!(all(&index, &format!("\"{row} b\""), |_| Sight::EVERYTHING).total, 0);
    assert_eq!(all(&index, &format!("\"{row}\""), |_| Sight::EVERYTHING).total, 50);
    assert_eq!(all(&index, "\"aa aa aa a a\"", |_| Sight::EVERYTHING).total, 50);
}
