//! What is printed reads back as the same.

use fixlead_core::policy::document::{Holds, SECTIONS, Section};
use fixlead_core::policy::{Document, compile, library};
use fixlead_core::text::is_harmful;
use proptest::prelude::*;

#[test]
fn built_in_policies_survive_printing() {
    for (id, text) in library::BUILT_IN {
        let document = Document::parse(text).unwrap();
        let printed = Document::parse(&document.to_string()).unwrap();
        assert_eq!(document, printed, "{id}");
        assert_eq!(printed.to_string(), document.to_string(), "{id}");
    }
}

#[test]
fn built_in_policies_mean_the_same_once_printed() {
    let overlay = Document::parse(library::built_in("linux-distros").unwrap()).unwrap();
    for (id, text) in library::BUILT_IN {
        let document = Document::parse(text).unwrap();
        if document.one("policy").and_then(|policy| policy.text("kind")) != Some("base") {
            continue;
        }
        let printed = Document::parse(&document.to_string()).unwrap();
        let before = compile(&document, &[&overlay], &[]).unwrap();
        let mut after = compile(&printed, &[&overlay], &[]).unwrap();
        // Comments are part of the text and so of its hash.
        after.sha256.clone_from(&before.sha256);
        assert_eq!(before, after, "{id}");
    }
}

/// Any text that a policy may hold: what nobody would see is refused.
fn readable() -> impl Strategy<Value = String> {
    any::<String>().prop_map(|text| text.replace(is_harmful, "-"))
}

/// A section with any texts, in TOML as people may write it.
fn section(section: &'static Section) -> impl Strategy<Value = String> {
    let values = proptest::collection::vec(
        (any::<bool>(), proptest::collection::vec(readable(), 1..4)),
        section.keys.len(),
    );
    values.prop_map(move |values| {
        let mut text =
            if section.repeats { format!("[[{}]]\n", section.name) } else { format!("[{}]\n", section.name) };
        for ((key, holds, required), (present, texts)) in section.keys.iter().zip(values) {
            if !required && !present {
                continue;
            }
            match holds {
                Holds::Text => text.push_str(&format!("{key} = {}\n", quoted(&texts[0]))),
                Holds::Texts => {
                    let list: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
                    text.push_str(&format!("{key} = [\n  {},\n]\n", list.join(",\n  ")));
                }
            }
        }
        text
    })
}

/// A text with every character escaped that has an escape.
fn quoted(text: &str) -> String {
    let escaped: String = text
        .chars()
        .map(|letter| match letter {
            ' '..='~' if letter != '"' && letter != '\\' => letter.to_string(),
            letter => format!("\\U{:08X}", u32::from(letter)),
        })
        .collect();
    format!("\"{escaped}\"")
}

fn any_document() -> impl Strategy<Value = String> {
    let about = SECTIONS.iter().find(|section| section.name == "policy").unwrap();
    let others = SECTIONS.iter().filter(|section| section.name != "policy").collect::<Vec<_>>();
    let repeating: Vec<&'static Section> = others.iter().copied().filter(|section| section.repeats).collect();
    let single: Vec<_> = others
        .iter()
        .copied()
        .filter(|section| !section.repeats)
        .map(|single| proptest::option::of(section(single)))
        .collect();
    let many = proptest::collection::vec(proptest::sample::select(repeating).prop_flat_map(section), 0..6);
    (section(about), single, many).prop_map(|(about, single, many)| {
        let mut all = many;
        all.extend(single.into_iter().flatten());
        all.insert(all.len() / 2, about);
        all.join("\n")
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_document_survives_printing(text in any_document()) {
        let document = Document::parse(&text).unwrap();
        let printed = document.to_string();
        let again = Document::parse(&printed).unwrap();
        prop_assert_eq!(&document, &again);
        prop_assert_eq!(printed, again.to_string());
    }

    #[test]
    fn any_text_is_read_or_refused(text in any::<String>()) {
        let _ = Document::parse(&text);
    }

    #[test]
    fn any_damage_to_a_policy_is_read_or_refused_in_few_lines(
        at in 0usize..20_000,
        length in 0usize..40,
        instead in "[\\[\\]={}\"'a-z0-9 \n$(<]{0,12}",
    ) {
        let text = library::built_in("opentelemetry").unwrap();
        let floor = |place: usize| (0..=place.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap();
        let (from, to) = (floor(at), floor(at + length));
        let damaged = format!("{}{instead}{}", &text[..from], &text[to..]);
        if let Err(error) = super::read(&damaged) {
            prop_assert!(error.to_string().lines().count() <= 4, "{}", error);
            prop_assert!(error.message.chars().count() <= 501);
        }
    }
}
