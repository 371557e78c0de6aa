//! The index against a scanner that reads every text for every question.

use std::collections::BTreeMap;

use fixlead_app::search::query::MOST_PREFIXES;
use fixlead_app::search::words::{Identifiers, Part, scan};
use fixlead_app::search::{Field, Index, Order, Page, Sight};
use proptest::prelude::*;

use crate::{KEY, at, case, query};

/// Words that share beginnings, parts and joins.
const WORDS: &[&str] = &[
    "ab",
    "abc",
    "abcd",
    "b",
    "readConfig",
    "read",
    "config",
    "readconfig",
    "a/b",
    "read_config",
    "OpenSSL",
    "open",
    "ssl",
    "1.2",
    "v1.2.3",
    "CVE-2026-1",
    "漏洞",
    "naïve",
    "x-y",
    "Config",
];

/// What a question wants of a case, apart from how it is written.
#[derive(Clone, Debug)]
pub struct Want {
    pub negated: bool,
    pub name: Option<&'static str>,
    pub words: Vec<&'static str>,
    pub prefix: bool,
}

impl Want {
    pub fn text(&self) -> String {
        let mut text = String::from(if self.negated { "-" } else { "" });
        text.extend(self.name.map(|name| format!("{name}:")));
        match self.words.as_slice() {
            [word] if self.prefix => text + &word[..2] + "*",
            [word] => text + word,
            words => format!("{text}\"{}\"", words.join(" ")),
        }
    }

    fn concerns(&self, field: Field) -> bool {
        match self.name {
            None => true,
            Some("title") => field == Field::Title,
            Some("message") => matches!(field, Field::Message(_)),
            Some(_) => field == Field::People,
        }
    }

    /// The words that have to follow each other in a text.
    fn row(&self) -> Vec<String> {
        let text = if self.prefix { self.words[0][..2].to_owned() } else { self.words.join(" ") };
        let mut row = Vec::new();
        scan(&text, Identifiers::Whole, |word| row.push(word.text.to_owned()));
        row
    }

    fn is_in(&self, text: &str) -> bool {
        let (mut words, mut joined) = (Vec::new(), Vec::new());
        scan(text, Identifiers::Divided, |word| match word.part {
            Part::Next => words.push(word.text.to_owned()),
            Part::Joined(span) => joined.push((words.len(), usize::from(span), word.text.to_owned())),
        });
        let row = self.row();
        fn goes_on(
            row: &[String],
            at: usize,
            prefix: bool,
            words: &[String],
            joined: &[(usize, usize, String)],
        ) -> bool {
            let Some((first, rest)) = row.split_first() else { return true };
            let fits = |word: &String| if prefix { word.starts_with(first) } else { word == first };
            words.get(at).is_some_and(fits) && goes_on(rest, at + 1, prefix, words, joined)
                || joined.iter().any(|(start, span, word)| {
                    *start == at && fits(word) && goes_on(rest, at + span, prefix, words, joined)
                })
        }
        (0..words.len()).any(|at| goes_on(&row, at, self.prefix, &words, &joined))
    }
}

pub fn wants() -> impl Strategy<Value = Vec<Want>> {
    let names = prop_oneof![3 => Just(None), 1 => Just(Some("title")), 1 => Just(Some("message")), 1 => Just(Some("people"))];
    let words = prop_oneof![
        3 => prop::sample::select(WORDS).prop_map(|word| (vec![word], false)),
        2 => prop::collection::vec(prop::sample::select(WORDS), 2..4).prop_map(|words| (words, false)),
        1 => prop::sample::select(&["ab", "read", "config", "open", "ssl"][..]).prop_map(|word| (vec![word], true)),
    ];
    let want = (prop::bool::weighted(0.2), names, words).prop_map(|(negated, name, (words, prefix))| Want {
        negated,
        name,
        words,
        prefix,
    });
    prop::collection::vec(want, 1..4).prop_map(|mut wants| {
        // A question has no more stars than that.
        let stars = wants.iter().filter(|want| want.prefix).count();
        if stars > MOST_PREFIXES {
            wants[0].prefix = false;
        }
        wants
    })
}

pub fn texts() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(WORDS), 0..12).prop_map(|words| words.join(" "))
}

/// What happens to an index.
#[derive(Clone, Debug)]
pub enum Step {
    Add(u8, Field, String, i64),
    Replace(u8, Field, Vec<String>, i64),
    Remove(u8),
    Tidy,
}

pub fn fields() -> impl Strategy<Value = Field> {
    prop::sample::select(&Field::ALL[..6])
}

pub fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        12 => (0..12_u8, fields(), texts(), 0..5_i64).prop_map(|(case, field, text, at)| Step::Add(case, field, text, at)),
        2 => (0..12_u8, fields(), prop::collection::vec(texts(), 0..3), 0..5_i64)
            .prop_map(|(case, field, texts, at)| Step::Replace(case, field, texts, at)),
        2 => (0..12_u8).prop_map(Step::Remove),
        1 => Just(Step::Tidy),
    ];
    prop::collection::vec(step, 1..40)
}

/// The texts of each case.
pub type Model = BTreeMap<u8, Vec<(Field, String, i64)>>;

pub fn apply(index: &mut Index, model: &mut Model, step: &Step) {
    match step {
        Step::Add(number, field, text, second) => {
            index.add(case(*number), *field, text, at(*second));
            model.entry(*number).or_default().push((*field, text.clone(), *second));
        }
        Step::Replace(number, field, texts, second) => {
            let borrowed: Vec<&str> = texts.iter().map(String::as_str).collect();
            index.replace(case(*number), *field, &borrowed, at(*second));
            let kept = model.entry(*number).or_default();
            kept.retain(|(known, ..)| known != field);
            kept.extend(texts.iter().map(|text| (*field, text.clone(), *second)));
        }
        Step::Remove(number) => {
            index.remove(case(*number));
            model.remove(number);
        }
        Step::Tidy => index.tidy(),
    }
    model.retain(|_, texts| !texts.is_empty());
}

/// The cases that match, with the instant of the latest visible text.
fn expected(model: &Model, wants: &[Want], sight: impl Fn(u8) -> Sight) -> BTreeMap<u8, i64> {
    let mut found = BTreeMap::new();
    for (number, texts) in model {
        let visible: Vec<_> = texts.iter().filter(|(field, ..)| sight(*number).sees(*field)).collect();
        let met = |want: &Want| {
            visible.iter().any(|(field, text, _)| want.concerns(*field) && want.is_in(text)) != want.negated
        };
        if wants.iter().all(met)
            && let Some(latest) = visible.iter().map(|(_, _, second)| *second).max()
        {
            found.insert(*number, latest);
        }
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn the_index_finds_what_reading_every_text_finds(
        steps in steps(),
        questions in prop::collection::vec(wants(), 6),
        sights in prop::collection::vec(prop::collection::vec(fields(), 0..6), 12),
    ) {
        let (mut index, mut model) = (Index::new(KEY), Model::new());
        for step in &steps {
            apply(&mut index, &mut model, step);
        }
        prop_assert_eq!(index.size().cases, model.len());
        prop_assert_eq!(index.size().texts, model.values().map(Vec::len).sum::<usize>());
        for wants in &questions {
            let asked = query(&wants.iter().map(Want::text).collect::<Vec<_>>().join(" "));
            for narrow in [false, true] {
                let sight = |number: u8| {
                    if narrow { Sight::of(sights[usize::from(number)].iter().copied()) } else { Sight::EVERYTHING }
                };
                for order in [Order::Fit, Order::Latest] {
                    let page = Page { order, skip: 0, most: 100 };
                    let found = index.search(&asked, &page, index.sights_of(|id| sight(id.bytes()[0])));
                    let hits: BTreeMap<u8, i64> =
                        found.hits.iter().map(|hit| (hit.case.bytes()[0], hit.latest.millis() / 1_000)).collect();
                    prop_assert_eq!(&hits, &expected(&model, wants, sight), "{:?}", asked);
                    prop_assert_eq!(found.total, hits.len());
                    prop_assert_eq!(found.total, found.hits.len());
                    let mut sorted = found.hits.clone();
                    sorted.sort_by_key(|hit| {
                        let (fit, time) = (u64::MAX - u64::from(hit.score), -hit.latest.millis());
                        let key = if order == Order::Fit { (fit as i128, i128::from(time)) } else { (i128::from(time), fit as i128) };
                        (key, hit.case)
                    });
                    prop_assert_eq!(sorted, found.hits);
                }
            }
        }
        for number in 0..12 {
            index.remove(case(number));
        }
        prop_assert_eq!((index.size().cases, index.size().texts, index.size().words), (0, 0, 0));
    }
}
