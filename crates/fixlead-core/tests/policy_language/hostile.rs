//! Files made to hurt: too big, too deep, too many, not what they seem.

use super::{BASE, complaint, read, with};
use fixlead_core::policy::document::{MOST_BYTES, MOST_SECTIONS};
use fixlead_core::policy::{Document, library};

#[test]
fn a_file_that_is_too_big_is_refused_unread() {
    let text = format!("{BASE}# {}", "x".repeat(MOST_BYTES));
    let error = complaint(&text);
    assert_eq!(
        error.to_string(),
        format!("{} bytes, at most {MOST_BYTES} are read; a file holds one policy", text.len())
    );
}

#[test]
fn deep_nesting_is_refused_and_not_followed() {
    for deep in [
        format!("a = {}{}", "[".repeat(10_000), "]".repeat(10_000)),
        format!("a = {}1{}", "{a=".repeat(10_000), "}".repeat(10_000)),
        format!("{} = 1", vec!["a"; 100_000].join(".")),
        format!("[{}]", vec!["a"; 100_000].join(".")),
        format!("[[{}]]", vec!["a"; 100_000].join(".")),
    ] {
        let error = complaint(&deep);
        assert!(error.message.starts_with("not readable as TOML: "), "{}", error.message);
        assert!(error.to_string().len() < 400, "{error}");
    }
}

#[test]
fn deep_conditions_are_refused() {
    let when = |condition: String| {
        with(&format!("[[mode]]\nid = \"asap\"\nclauses = [\"S-02\"]\nsay = \"x\"\nwhen = \"{condition}\"\n"))
    };
    let error = complaint(&when(format!("{}public{}", "( ".repeat(10_000), " )".repeat(10_000))));
    assert_eq!(error.message, "conditions nest deeper than 32; split the rule");
    // A row of `not` is no nesting.
    assert!(read(&when(format!("{}public", "not ".repeat(10_000)))).is_ok());
}

#[test]
fn anchors_that_multiply_are_refused() {
    let mut sections =
        String::from("[[anchor]]\nid = \"a0\"\nclauses = [\"S\"]\nknown = [\"plan\"]\nsay = \"x\"\n");
    for place in 1..31 {
        let below = place - 1;
        sections.push_str(&format!(
            "[[anchor]]\nid = \"a{place}\"\nclauses = [\"S\"]\nknown = [\"a{below}\", \"a{below}\"]\nsay = \"x\"\n"
        ));
    }
    assert_eq!(complaint(&with(&sections)).message, "an anchor comes to more than 1000 others");
}

#[test]
fn long_chains_of_duties_are_refused() {
    let mut sections = String::new();
    for place in 0..500 {
        let after = if place == 499 { "released".to_owned() } else { format!("d{}", place + 1) };
        sections.push_str(&format!(
            "[[duty]]\nid = \"d{place}\"\nclauses = [\"S\"]\nwho = \"lead\"\ndone = [\"retro.sent\"]\n\
             after = \"{after}\"\nwithin = \"P1D\"\nsay = \"x\"\n"
        ));
    }
    assert_eq!(complaint(&with(&sections)).message, "anchors stand on one another more than 32 deep");
}

#[test]
fn too_many_sections_and_clauses_are_refused() {
    let sentence = "[[sentence]]\nclauses = [\"S\"]\nsay = \"x\"\n";
    assert_eq!(
        complaint(&with(&sentence.repeat(MOST_SECTIONS))).message,
        "more than 2000 sections; a file holds one policy"
    );
    let clauses: Vec<String> = (0..20_000).map(|number| format!("\"S{number}\"")).collect();
    let role = format!("[[role]]\nid = \"b\"\nclauses = [{}]\nsay = \"x\"\n", clauses.join(","));
    assert_eq!(complaint(&with(&role)).message, "more than 10000 clauses are cited");
}

#[test]
fn a_byte_order_mark_takes_no_column() {
    let text = format!("\u{feff}{BASE}");
    assert!(read(&text).is_ok());
    let error = complaint("\u{feff}[polcy]\n");
    assert_eq!((error.line, error.column, error.excerpt.as_str()), (1, 2, "[polcy]"));
}

#[test]
fn files_with_carriage_returns_read_the_same() {
    for (id, text) in library::BUILT_IN {
        let windows = text.replace('\n', "\r\n");
        assert_eq!(Document::parse(&windows).unwrap(), Document::parse(text).unwrap(), "{id}");
    }
    let error = complaint(&with("[[dutty]]\n").replace('\n', "\r\n"));
    assert_eq!((error.line, error.column, error.excerpt.as_str()), (14, 3, "[[dutty]]"));
}

#[test]
fn messages_carry_no_control_characters_and_stay_short() {
    let error = complaint(&with("\"a\\u001b[31mb\" = 1\n"));
    assert!(!error.to_string().chars().any(|letter| letter.is_control() && letter != '\n'), "{error}");
    let error = complaint(&with(&format!("[[{}]]\n", "x".repeat(100_000))));
    assert!(error.to_string().chars().count() < 700, "{error}");
}

#[test]
fn a_long_line_is_shown_around_its_place() {
    let say = "y ".repeat(300);
    let error = complaint(&with(&format!(
        "[[mode]]\nid = \"asap\"\nclauses = [\"S-02\"]\nsay = \"x\"\nwhen = \"( public ) and {}nonsense\"\n",
        "public and ".repeat(80)
    )));
    assert_eq!(error.message, "`nonsense` is not a condition");
    let from_mark: String = error.excerpt.chars().skip(error.mark).take(8).collect();
    assert_eq!(from_mark, "nonsense");
    assert!(error.column > say.len());
}
