//! Each mistake gets one clear message at its place.

use super::{BASE, complaint, with};
use fixlead_core::policy::{Document, compile, library};

/// The message and place of a complaint about these sections, which begin at
/// line 14.
fn about(sections: &str) -> (usize, usize, String) {
    let error = complaint(&with(sections));
    (error.line, error.column, error.message)
}

fn duty(keys: &str) -> String {
    format!(
        "[[duty]]\nid = \"fix\"\nclauses = [\"S-02\"]\nwho = \"lead\"\ndone = [\"fix.complete\"]\nsay = \"x\"\n{keys}"
    )
}

#[test]
fn a_complaint_shows_the_line_and_points_into_it() {
    let text = with(&duty("when = \"public and sloved\"\n"));
    assert_eq!(
        complaint(&text).to_string(),
        "line 20, column 20: `sloved` is not a condition; did you mean `slowed`?\n\
         \x20 20 | when = \"public and sloved\"\n\
         \x20    |                    ^"
    );
}

#[test]
fn unknown_names() {
    assert_eq!(about("[[dutty]]\n"), (14, 3, "unknown section `dutty`; did you mean `duty`?".into()));
    assert_eq!(
        about("[[mode]]\nid = \"slowed\"\nclauses = [\"S-02\"]\nwhen = \"slowed\"\nsya = \"x\"\n"),
        (18, 1, "unknown key `sya` in `mode`; did you mean `say`?; known are id, clauses, when, say".into())
    );
    assert_eq!(
        about(&duty("").replace("fix.complete", "fix.completed")),
        (18, 9, "`fix.completed` is not an event type; did you mean `fix.complete`?".into())
    );
    assert_eq!(
        about(&duty("").replace("\"lead\"", "\"leader\"")),
        (17, 7, "`leader` is not a role of this policy; did you mean `lead`?; declare it as [[role]]".into())
    );
}

#[test]
fn the_wrong_shape() {
    assert_eq!(about("[duty]\n"), (14, 2, "write it as [[duty]]".into()));
    assert_eq!(about("[[slot]]\n"), (14, 3, "write it once, as [slot]".into()));
    let (line, _, message) = about("[mode]\nid = \"slowed\"\n[[mode]]\nid = \"asap\"\n");
    assert_eq!((line, message.contains("[[duty]], has double brackets wherever it stands")), (16, true));
    let parameter = "[[parameter]]\nid = \"x\"\nclauses = [\"S-02\"]\nholds = \"duration\"\ndefault = \"P7D\"\nwhy = \"x\"\n";
    let (line, _, message) = about(parameter);
    assert_eq!((line, message.starts_with("a parameter cannot hold `duration`")), (17, true), "{message}");
    assert_eq!(about(&duty("within = 7\n")), (20, 10, "`within` holds a text; write it in quotes".into()));
    assert_eq!(
        about(&duty("").replace("[\"S-02\"]", "\"S-02\"")),
        (16, 11, "`clauses` holds a list of texts, like [\"…\", \"…\"]".into())
    );
    assert_eq!(about(&duty("").replace("[\"S-02\"]", "[2]")), (16, 12, "expected a text in quotes".into()));
}

#[test]
fn what_is_missing() {
    assert_eq!(about("[[duty]]\nid = \"fix\"\n"), (14, 1, "`duty` needs the key `clauses`".into()));
    assert_eq!(
        about(&duty("").replace("[\"S-02\"]", "[]")),
        (16, 11, "this `duty` cites no clause; name the sentence it executes".into())
    );
    let error = complaint("[[role]]\nid = \"a\"\nclauses = [\"A\"]\nsay = \"x\"\n");
    assert_eq!(
        error.message,
        "the section [policy] is missing; a policy begins with its id, version and title"
    );
    assert_eq!(
        about(&duty("after = \"disclosure\"\n")),
        (14, 1, "a duty has `after` with `within`, or `before` with `lead`, or none of them".into())
    );
}

#[test]
fn names_that_lead_nowhere() {
    assert_eq!(
        about(&duty("excuses = [\"emergency\"]\n")),
        (20, 12, "`emergency` is not an excuse of this policy".into())
    );
    assert_eq!(
        about(&duty("after = \"disclosur\"\nwithin = \"P7D\"\n")),
        (
            20,
            9,
            "`disclosur` is not an anchor; did you mean `disclosure`?; known are disclosure, plan, \
             mitigated, first-notice, upstream, warned, announced, released, event types, duties and \
             [[anchor]]s"
                .into()
        )
    );
    assert_eq!(
        about(&duty("after = \"disclosure\"\nwithin = \"$window\"\n")),
        (21, 10, "`window` is not a parameter of this policy".into())
    );
    assert_eq!(
        about(&duty("when = \"score < $slow\"\n")),
        (20, 17, "`slow` is not a parameter of this policy".into())
    );
    assert_eq!(
        about(&duty("").replace("\"x\"", "\"within {window}\"")),
        (19, 7, "`{window}` is neither a parameter nor a band".into())
    );
    let gate = "[[gate]]\nid = \"wait\"\nclauses = [\"S-02\"]\nactions = [\"release\"]\nsay = \"x\"\n";
    assert_eq!(
        about(&format!("{gate}lead-of = \"notice\"\n")),
        (19, 11, "`notice` is not a duty of this policy".into())
    );
    assert_eq!(
        about(&format!("{}\n{gate}lead-of = \"fix\"\n", duty(""))),
        (26, 11, "the duty `fix` has no `lead`; give it one, or name another".into())
    );
}

#[test]
fn a_parameter_without_a_value_stops_what_needs_one() {
    let parameter =
        "[[parameter]]\nid = \"window\"\nclauses = [\"S-03\"]\nholds = \"span\"\nwhy = \"open\"\n";
    assert_eq!(
        about(&format!("{}{parameter}", duty("after = \"disclosure\"\nwithin = \"$window\"\n"))),
        (21, 10, "the parameter `window` has no value; give it a `default` or set it".into())
    );
}

#[test]
fn anchors_that_lead_in_a_circle() {
    let (line, column, message) = about(
        "[[anchor]]\nid = \"a\"\nclauses = [\"S-02\"]\nknown = [\"b\"]\nsay = \"x\"\n\
         [[anchor]]\nid = \"b\"\nclauses = [\"S-02\"]\nearliest = [\"released\", \"a\"]\nsay = \"x\"\n",
    );
    assert_eq!(
        (line, column, message.as_str()),
        (22, 25, "this anchor leads back to itself: a → b → a; let one of them stand on an event")
    );
    let (.., message) = about(&duty("after = \"fix\"\nwithin = \"P1D\"\n"));
    assert_eq!(message, "this anchor leads back to itself: fix → fix; let one of them stand on an event");
}

#[test]
fn values_that_are_none() {
    assert_eq!(
        about(&duty("after = \"disclosure\"\nwithin = \"7 days\"\n")),
        (
            21,
            10,
            "`7 days` is not a span; write an ISO-8601 duration of weeks, days, hours, minutes or seconds \
             like P7D or PT24H"
                .into()
        )
    );
    assert_eq!(
        about("[[band]]\nid = \"low\"\nclauses = [\"S-02\"]\nfrom = \"11\"\n"),
        (17, 8, "`11` is not a score from 0.0 to 10.0".into())
    );
    assert_eq!(
        about("[[parameter]]\nid = \"p\"\nclauses = [\"S-02\"]\nholds = \"span\"\ndefault = \"P1M\"\nwhy = \"x\"\n").2,
        "`P1M` is not a span; write an ISO-8601 duration of weeks, days, hours, minutes or seconds like P7D or PT24H"
    );
    assert_eq!(
        about("[slot]\nclauses = [\"S-02\"]\nat = \"25:00\"\ndays = [\"monday\"]\nsay = \"x\"\n"),
        (16, 6, "`25:00` is not a time of day in UTC like 16:00".into())
    );
}

#[test]
fn conditions_that_are_none_are_pointed_into() {
    let when = |condition: &str| {
        let (line, column, message) = about(&duty(&format!("when = {condition}\n")));
        assert_eq!(line, 20);
        (column, message)
    };
    assert_eq!(when("\"public and\""), (19, "the condition ends where a condition is expected".into()));
    assert_eq!(
        when("\"public slowed\""),
        (16, "`slowed` is not expected here; join conditions with `and` or `or`".into())
    );
    assert_eq!(when("\"seen relased\""), (14, "`relased` is not an event type".into()));
    assert_eq!(when("\"score > 4.0\""), (15, "`>` is not `<` or `>=`".into()));
    assert_eq!(when("\"score < 4,0\""), (17, "`4,0` is not a score from 0.0 to 10.0".into()));
    assert_eq!(when("\"( public\""), (17, "the condition ends where `)` is expected".into()));
    // An escape stands for one character, and a literal text has none.
    assert_eq!(when("\"\\u0070ublic and x\"").0, 25);
    assert_eq!(when("'public and x'").0, 20);
    let (line, column, _) = about(&duty("when = \"\"\"\npublic and x\"\"\"\n"));
    assert_eq!((line, column), (21, 12));
}

#[test]
fn an_id_stands_once() {
    assert_eq!(
        about(&format!("{}{}", duty(""), duty(""))),
        (21, 6, "there is already a `duty` `fix`; an overlay adds rules under names of its own".into())
    );
}

#[test]
fn overlays_lie_over_bases_and_say_which_of_them_is_wrong() {
    let base = Document::parse(BASE).unwrap();
    let overlay = Document::parse(library::built_in("cra-art14").unwrap()).unwrap();
    let message = |result: Result<_, fixlead_core::policy::PolicyError>| {
        let error = result.map(|_: fixlead_core::policy::Policy| ()).unwrap_err();
        (error.policy, error.message)
    };
    assert_eq!(
        message(compile(&overlay, &[], &[])),
        (
            "cra-art14".into(),
            "an overlay tightens another policy; name that one first, and this one as an overlay of it"
                .into()
        )
    );
    assert_eq!(
        message(compile(&base, &[&base], &[])),
        (
            "small".into(),
            "this policy stands alone; only a policy of kind overlay can be laid over another".into()
        )
    );
    assert_eq!(
        message(compile(&base, &[&overlay], &[])),
        ("cra-art14".into(), "`fix-lead` is not a role of this policy; declare it as [[role]]".into())
    );
    let vitess = Document::parse(library::built_in("vitess").unwrap()).unwrap();
    assert_eq!(
        message(compile(&vitess, &[&overlay, &overlay], &[])).1,
        "there is already a `duty` `cra-early-warning`; an overlay adds rules under names of its own"
    );
}

#[test]
fn parameters_from_outside_have_no_place() {
    let vitess = Document::parse(library::built_in("vitess").unwrap()).unwrap();
    let set = |name: &str, value: &str| {
        let error = compile(&vitess, &[], &[(name.to_owned(), value.to_owned())]).unwrap_err();
        (error.line, error.message)
    };
    assert_eq!(
        set("windw", "P7D"),
        (0, "the policy has no parameter `windw`; did you mean `window`?".into())
    );
    assert_eq!(
        set("slow-below", "four"),
        (0, "parameter `slow-below`: `four` is not a score from 0.0 to 10.0".into())
    );
}

#[test]
fn a_word_that_is_none_is_repeated_short_and_with_its_neighbour() {
    assert_eq!(
        about(&duty("action = \"fix.complet\"\n")),
        (20, 10, "`fix.complet` is not an action; did you mean `fix.complete`?".into())
    );
    assert_eq!(
        about(&duty("each = \"suported\"\n")).2,
        "`suported` is not one of supported, development, maintained, channel; did you mean `supported`?"
    );
    let long = "x".repeat(60_000);
    for sections in [
        duty(&format!("action = \"{long}\"\n")),
        duty(&format!("each = \"{long}\"\n")),
        duty(&format!("excuses = [\"{long}\"]\n")),
        duty(&format!("when = \"{long}\"\n")),
        duty(&format!("after = \"{long}\"\nwithin = \"P1D\"\n")),
        duty(&format!("after = \"disclosure\"\nwithin = \"{long}\"\n")),
        duty(&format!("{long} = \"x\"\n")),
        duty("").replace("\"S-02\"", &format!("\"{long} \"")),
        format!("[[{long}]]\n"),
    ] {
        let (_, _, message) = about(&sections);
        // The remedy is not cut off with the value.
        assert!(message.contains(&format!("`{}…` ", "x".repeat(60))) || message.contains("…`"), "{message}");
        assert!(message.chars().count() < 450, "{message}");
    }
}
