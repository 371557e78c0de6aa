//! What the linter finds, and what it leaves alone.

use super::{findings, with};
use fixlead_core::policy::lint::{Finding, Kind, lint};
use fixlead_core::policy::{Document, compile, library};

/// Findings on the small policy with these sections, as `kind clauses: text`.
fn found(sections: &str) -> Vec<String> {
    findings(&with(sections)).iter().map(line).collect()
}

fn line(finding: &Finding) -> String {
    format!("{} {}: {}", finding.kind.name(), finding.clauses.join(" "), finding.text)
}

fn duty(id: &str, done: &str, more: &str) -> String {
    format!(
        "[[duty]]\nid = \"{id}\"\nclauses = [\"S-02\"]\nwho = \"lead\"\ndone = [{done}]\nsay = \"x\"\n{more}\n"
    )
}

fn gate(id: &str, clause: &str, action: &str, more: &str) -> String {
    format!(
        "[[gate]]\nid = \"{id}\"\nclauses = [\"{clause}\"]\nactions = [\"{action}\"]\nsay = \"x\"\n{more}\n"
    )
}

const USE: &str = "[[duty]]\nid = \"ack\"\nclauses = [\"S-01\"]\nwho = \"lead\"\ndone = [\"report.acknowledged\"]\nsay = \"x\"\n";

/// The same with the role in use.
fn found_beside(sections: &str) -> Vec<String> {
    found(&format!("{USE}{sections}"))
}

fn built_in(id: &str, overlays: &[&str]) -> Vec<Finding> {
    let read = |id: &str| Document::parse(library::built_in(id).unwrap()).unwrap();
    let base = read(id);
    let overlays: Vec<Document> = overlays.iter().map(|id| read(id)).collect();
    let overlays: Vec<&Document> = overlays.iter().collect();
    let policy = compile(&base, &overlays, &[]).unwrap();
    lint(&base, &overlays, &policy)
}

#[test]
fn the_built_in_policies_have_only_what_their_documents_leave_open() {
    for base in ["vitess", "opentelemetry"] {
        for finding in built_in(base, &["cra-art14"]) {
            // Who the release managers are, the document does not say.
            let left_open = finding.kind == Kind::UnsetParameter
                || (finding.kind == Kind::NoRoster && finding.clauses == ["OT-24", "OT-61"]);
            assert!(left_open, "{base}: {}", line(&finding));
        }
    }
    let unset: Vec<String> = built_in("vitess", &[]).iter().map(line).collect();
    assert_eq!(
        unset,
        ["unset-parameter VT-07: `intake` has no value: The document points to a reporting policy in the \
          README that is not part of it; needed by check `reported-privately` (VT-07). Give it a `default`, \
          or set it where the policy is used."]
    );
}

#[test]
fn an_overlay_that_asks_for_what_its_base_prohibits_is_shown() {
    let conflicts: Vec<Finding> = built_in("vitess", &["linux-distros"])
        .into_iter()
        .filter(|finding| finding.kind == Kind::Contradiction)
        .collect();
    assert_eq!(
        conflicts.iter().map(line).collect::<Vec<_>>(),
        [
            "contradiction VT-43 LD-03 LD-01: `list.post` is held by the gate `no-advance-notice` (VT-43) until \
          `disclosed` and by the gate `linux-distros-not-public` (LD-03) until `not disclosed`: the duty \
          `linux-distros-post` (LD-01) can never be discharged. The strictest holds; only an override (VT-13) \
          leads past it"
        ]
    );
    let elsewhere = built_in("opentelemetry", &["linux-distros"]);
    assert!(elsewhere.iter().all(|finding| finding.kind != Kind::Contradiction));
}

#[test]
fn a_lead_longer_than_the_time_an_overlay_leaves_is_shown() {
    let read = |id: &str| Document::parse(library::built_in(id).unwrap()).unwrap();
    let (base, overlay) = (read("opentelemetry"), read("linux-distros"));
    let findings = |most: &str| {
        let values = [("linux-distros-most".to_owned(), most.to_owned())];
        let policy = compile(&base, &[&overlay], &values).unwrap();
        let mut found = lint(&base, &[&overlay], &policy);
        found.retain(|finding| finding.kind == Kind::Window);
        found.iter().map(line).collect::<Vec<_>>()
    };
    // A lead of exactly the window can be kept.
    assert_eq!(findings("P7D"), Vec::<String>::new());
    assert_eq!(
        findings("PT167H").first().map(String::as_str),
        Some(
            "window OT-48 OT-49 LD-02: the duty `advance-notice` has to be done P7D before \
             `public-disclosure`, and the gate `linux-distros-most` allows P6DT23H from \
             `linux-distros-post`: both cannot be kept, unless it is done before `linux-distros-post`"
        )
    );
}

#[test]
fn nothing_is_found_where_nothing_is_wrong() {
    assert_eq!(found(USE), Vec::<String>::new());
}

#[test]
fn what_nothing_uses() {
    let sections = "\
        [[parameter]]\nid = \"spare\"\nclauses = [\"S-03\"]\nholds = \"text\"\ndefault = \"x\"\nwhy = \"x\"\n\
        [[excuse]]\nid = \"late\"\nclauses = [\"S-04\"]\nwhen = \"public\"\nsay = \"x\"\n\
        [[anchor]]\nid = \"day\"\nclauses = [\"S-05\"]\nknown = [\"plan\"]\nsay = \"x\"\n";
    assert_eq!(
        found(sections),
        [
            "unused S-01: nothing uses the role `lead`: name it as the `who` of a duty, in a condition or in \
             a roster, or leave it out",
            "unused S-03: nothing uses the parameter `spare`: write {spare} in a sentence or $spare in a rule, \
             or leave it out",
            "unused S-04: nothing uses the excuse `late`: list it under the `excuses` of the duties it \
             shortens, or leave it out",
            "unused S-05: nothing uses the anchor `day`: count a window or a gate from it, or leave it out",
        ]
    );
}

#[test]
fn a_role_that_acts_needs_people() {
    let sections = "[[role]]\nid = \"press\"\nclauses = [\"S-06\"]\nsay = \"x\"\n\
        [[duty]]\nid = \"tell\"\nclauses = [\"S-07\"]\nwho = \"press\"\ndone = [\"announced\"]\nsay = \"x\"\n";
    assert_eq!(
        found_beside(sections),
        ["no-roster S-06 S-07: the role `press` has no roster, so nobody is known who does duty `tell` \
          (S-07); give it one of maintainers, responders, added or another role"]
    );
}

#[test]
fn duties_that_nothing_discharges() {
    let text = |done: &str, more: &str| found(&duty("fix", done, more));
    assert_eq!(
        text("\"fix.complete\"", "where = \"the repo is private\""),
        [
            "no-discharge S-02: nothing discharges the duty `fix`: it waits for `fix.complete`, and of such an \
          event `the repo is private` never holds"
        ]
    );
    assert_eq!(
        text("\"merged\", \"released\"", "where = \"the repo is public and not the repo is private\""),
        [
            "no-discharge S-02: the duty `fix` is never discharged by `released`: of such an event `the repo is \
          public and not the repo is private` never holds"
        ]
    );
    assert_eq!(
        text("\"merged\"", "where = \"the repo is public and the repo is private\""),
        [
            "no-discharge S-02: nothing discharges the duty `fix`: it waits for `merged`, and of such an event \
          `the repo is public and the repo is private` never holds"
        ]
    );
    assert_eq!(
        text("\"merged\"", "where = \"the repo is secret\""),
        [
            "no-discharge S-02: nothing discharges the duty `fix`: it waits for `merged`, and of such an event \
          `the repo is secret` never holds"
        ]
    );
    assert_eq!(
        text("\"retro.sent\"", "each = \"supported\""),
        [
            "no-discharge S-02: nothing discharges the duty `fix`: it waits for `retro.sent`, and such an event \
          names no branch"
        ]
    );
    assert_eq!(
        text("", ""),
        ["no-discharge S-02: the duty `fix` lists no event under `done`, so nothing discharges it"]
    );
    assert_eq!(text("\"merged\"", "where = \"not the repo is private\""), Vec::<String>::new());
}

#[test]
fn conditions_that_never_hold() {
    assert_eq!(
        found(&duty("fix", "\"fix.complete\"", "when = \"has reason\"")),
        [
            "never-applies S-02: the duty `fix` asks for `has reason`, which never holds: the rule never applies"
        ]
    );
    assert_eq!(
        found(&duty("fix", "\"fix.complete\"", "when = \"class is main-only\"")),
        [
            "never-applies S-02: the duty `fix` asks for `class is main-only`, which never holds: the rule never \
          applies"
        ]
    );
    assert_eq!(
        found(&duty("fix", "\"fix.complete\"", "when = \"( score < 4.0 or scored ) and not scored\"")),
        [
            "never-applies S-02: the duty `fix` asks for `( score < 4.0 or scored ) and not scored`, which never \
          holds: the rule never applies",
            "threshold S-02: duty `fix` (S-02) decides by the score 4.0, which is no band's boundary and no \
          parameter; make it one, so that its reason is on record"
        ]
    );
    assert_eq!(
        found_beside(
            "[[permission]]\nid = \"close\"\nclauses = [\"S-08\"]\nevent = \"lgtm\"\nwhen = \"by lead and has reason\"\nsay = \"x\"\n"
        ),
        [
            "never-applies S-08: the permission `close` asks for `by lead and has reason`, which never holds of \
          lgtm: the decision never has an effect"
        ]
    );
    // A decision has its effect by a permission; without one its fact stays false.
    assert_eq!(
        found_beside("[[mode]]\nid = \"slowed\"\nclauses = [\"S-08\"]\nwhen = \"slowed\"\nsay = \"x\"\n"),
        [
            "never-applies S-08: the mode `slowed` asks for `slowed`, which never holds: the rule never applies"
        ]
    );
    assert_eq!(
        found_beside(
            "[[check]]\nid = \"links\"\nclauses = [\"S-08\"]\non = [\"retro.sent\"]\nneeds = \"has links\"\nfinding = \"deviation\"\nsay = \"x\"\n"
        ),
        [
            "never-applies S-08: the check `links` asks for `has links`, which never holds of retro.sent: every \
          such event is a finding"
        ]
    );
}

#[test]
fn windows_that_cannot_be_kept() {
    assert_eq!(
        found(&duty("fix", "\"fix.complete\"", "after = \"fix.complete\"\nwithin = \"P1D\"")),
        [
            "window S-02: the duty `fix` counts from `fix.complete`, which is there only once the duty is done: \
          it never comes due"
        ]
    );
    assert_eq!(
        found(&duty("fix", "\"fix.complete\"", "after = \"disclosure\"\nwithin = \"PT0S\"")),
        [
            "window S-02: the duty `fix` is due at the very instant of `disclosure` and can only be done after \
          it; give it a window longer than zero"
        ]
    );
    assert_eq!(
        found(&duty(
            "retro",
            "\"retro.sent\"",
            "when = \"seen released\"\nafter = \"released\"\nwithin = \"PT0S\""
        )),
        [
            "window S-02: the duty `retro` is due at the very instant of `released` and can only be done after \
          it; give it a window longer than zero"
        ]
    );
    // Zero after the first notice means before it, which can be kept.
    let plan = duty("plan", "\"comms.planned\"", "after = \"first-notice\"\nwithin = \"PT0S\"");
    assert_eq!(found(&plan), Vec::<String>::new());
    let notice = "before = \"released\"\nlead = \"P7D\"\nmost = \"P5D\"";
    assert_eq!(
        found(&duty("tell", "\"notice.advance\"", notice)),
        ["window S-02: the duty `tell` asks for at least P7D and at most P5D before `released`: nothing is \
          both"]
    );
    let release = "[[duty]]\nid = \"out\"\nclauses = [\"S-09\"]\nwho = \"lead\"\ndone = [\"released\"]\n\
        after = \"disclosure\"\nwithin = \"P3D\"\nsay = \"x\"\n";
    let notice = duty("tell", "\"notice.advance\"", "before = \"released\"\nlead = \"P7D\"");
    assert_eq!(
        found(&format!("{release}{notice}")),
        [
            "window S-02 S-09: the duty `tell` has to be done P7D before `released`, and the duty `out` allows \
          P3D from `disclosure`: both cannot be kept"
        ]
    );
}

#[test]
fn one_clause_with_two_windows() {
    let window = |span: &str| format!("after = \"disclosure\"\nwithin = \"{span}\"");
    let two = |one: &str, other: &str| {
        found(&format!("{}{}", duty("fix", "\"fix.complete\"", one), duty("cve", "\"cve.assigned\"", other)))
    };
    assert_eq!(two(&window("P7D"), &window("PT168H")), Vec::<String>::new());
    assert_eq!(
        two(&window("P7D"), &window("P3D")),
        ["two-windows S-02: S-02 gives the duty `fix` P7D after `disclosure` and the duty `cve` P3D after \
          `disclosure`; cite for each the sentence its window comes from"]
    );
    // Where only one of them can apply, the clause gives each case one.
    let apart = two(
        &format!("when = \"public\"\n{}", window("P7D")),
        &format!("when = \"not public\"\n{}", window("P3D")),
    );
    assert_eq!(apart, Vec::<String>::new());
}

#[test]
fn gates_that_contradict_or_hold_nothing() {
    assert_eq!(
        found_beside(&gate("wait", "S-10", "release.propose", "needs = \"disclosed\"")),
        [
            "unreported-action S-10: no event reports `release.propose`, so the gate `wait` holds nothing that is \
          done; add the action that does it, like `release`"
        ]
    );
    let gates = format!(
        "{}{}",
        gate("early", "S-10", "announce", "needs = \"not seen released\""),
        gate("late", "S-11", "announce", "needs = \"seen released\"")
    );
    assert_eq!(
        found_beside(&gates),
        [
            "contradiction S-10 S-11: `announce` is held by the gate `early` (S-10) until `not seen released` and \
          by the gate `late` (S-11) until `seen released`: nothing opens both. The strictest holds"
        ]
    );
    let notice = duty(
        "tell",
        "\"notice.advance\"",
        "before = \"released\"\nlead = \"P7D\"\naction = \"notice.advance\"",
    );
    assert_eq!(
        found(&format!("{notice}{}", gate("hush", "S-10", "notice.advance", "needs = \"disclosed\""))),
        [
            "contradiction S-10 S-02: `notice.advance` is held by the gate `hush` (S-10) until `disclosed`: the \
          duty `tell` (S-02) has to be done before that. The strictest holds"
        ]
    );
    // Gates that never stand at once do not meet.
    let apart = format!(
        "{}{}",
        gate("early", "S-10", "announce", "when = \"public\"\nneeds = \"not seen released\""),
        gate("late", "S-11", "announce", "when = \"not public\"\nneeds = \"seen released\"")
    );
    assert_eq!(found_beside(&apart), Vec::<String>::new());
}

#[test]
fn two_permissions_for_one_event() {
    let permission = |id: &str| {
        format!(
            "[[permission]]\nid = \"{id}\"\nclauses = [\"{id}\"]\nevent = \"override\"\nwhen = \"by lead\"\nsay = \"x\"\n"
        )
    };
    assert_eq!(
        found_beside(&format!("{}{}", permission("first"), permission("second"))),
        ["shadowed first second: the permission `first` has no effect: `second` is for `override` too and \
          stands later; make them one"]
    );
}

#[test]
fn bands_and_thresholds() {
    let mode = |when: &str| {
        format!("[[mode]]\nid = \"asap\"\nclauses = [\"S-12\"]\nwhen = \"{when}\"\nsay = \"x\"\n")
    };
    let band =
        |id: &str, from: &str| format!("[[band]]\nid = \"{id}\"\nclauses = [\"S-13\"]\nfrom = \"{from}\"\n");
    assert_eq!(
        found_beside(&format!("{}{}", band("low", "0.1"), mode("severity >= low"))),
        [
            "bands S-13: the lowest band `low` begins at 0.1, so a lower score has no severity; begin with one \
          at 0.0"
        ]
    );
    assert_eq!(
        found_beside(&mode("severity >= high")),
        [
            "never-applies S-12: the mode `asap` asks for `severity >= high`, which never holds: the rule \
             never applies",
            "bands S-12: no [[band]] gives a score its severity, and nobody may classify one; asked for by \
             mode `asap` (S-12)",
        ]
    );
    assert_eq!(
        found_beside(&mode("score >= 5.5")),
        ["threshold S-12: mode `asap` (S-12) decides by the score 5.5, which is no band's boundary and no \
          parameter; make it one, so that its reason is on record"]
    );
    let bands = format!("{}{}", band("none", "0.0"), band("high", "7.0"));
    let scoring = "[scoring]\nclauses = [\"S-14\"]\nversions = [\"3.0\", \"3.1\"]\nthresholds = [\"4.0\"]\nsay = \"x\"\n";
    assert_eq!(
        found_beside(&format!("{bands}{scoring}{}", mode("severity >= high"))),
        ["threshold S-12: mode `asap` (S-12) decides by the score 7.0, which [scoring] does not list: CVSS \
          versions on different sides of it are not noticed"]
    );
}

#[test]
fn every_kind_has_a_name_and_a_meaning_of_its_own() {
    let mut meanings: Vec<&str> = Kind::ALL.iter().map(|kind| kind.meaning()).collect();
    meanings.sort_unstable();
    meanings.dedup();
    assert_eq!(meanings.len(), Kind::ALL.len());
}

#[test]
fn ladders_that_reach_nobody_are_found() {
    let ladder =
        |more: &str| format!("{USE}[[ladder]]\nid = \"l\"\nclauses = [\"S-03\"]\nsay = \"x\"\n{more}\n");
    let due = |more: &str| {
        let timed = duty("fix", "\"fix.complete\"", "after = \"report.received\"\nwithin = \"P7D\"");
        let found = found(&(timed + &ladder(more)));
        found.into_iter().filter(|line| line.starts_with("ladder ")).collect::<Vec<_>>()
    };
    assert_eq!(due("duties = [\"fix\"]\nbefore = [\"P1D\"]\nescalate = [\"P1D\"]\nto = \"lead\""), [""; 0]);
    for (more, text) in [
        ("duties = [\"fix\"]\nescalate = [\"P1D\"]", "escalates to nobody"),
        ("duties = [\"fix\"]\nbefore = [\"P1D\"]\nto = \"lead\"", "never escalates to `lead`"),
        ("modality = \"encouraged\"\nbefore = [\"P1D\"]", "is for no duty"),
        ("duties = [\"fix\"]", "reminds nobody"),
        ("duties = [\"ack\"]\nbefore = [\"P1D\"]", "has a due to count from"),
        ("duties = [\"fix\"]\nbefore = [\"P1D\"]\nevery = \"P1D\"", "so `every` says nothing"),
    ] {
        let found = due(more);
        assert!(
            found.len() == 1 && found[0].contains(text) && found[0].contains("S-03"),
            "{more}: {found:?}"
        );
    }
    // A role without people is nobody.
    let empty = "[[role]]\nid = \"ghosts\"\nclauses = [\"S-04\"]\nsay = \"x\"\n";
    let more = format!("duties = [\"fix\"]\nescalate = [\"P1D\"]\nto = \"ghosts\"\n{empty}");
    assert!(due(&more)[0].contains("who has no roster"));
    // A second ladder for what another has is for no duty.
    let twice = "duties = [\"fix\"]\nbefore = [\"P1D\"]\n[[ladder]]\nid = \"m\"\nclauses = [\"S-03\"]\nsay = \"x\"\nduties = [\"fix\"]\nafter = [\"P1D\"]";
    assert!(due(twice)[0].contains("`m` is for no duty"));
    // What cannot be a ladder is refused at its place.
    for (more, text) in [
        ("duties = [\"fixx\"]", "did you mean `fix`"),
        ("to = \"laed\"\nescalate = [\"P1D\"]", "did you mean `lead`"),
        ("modality = \"often\"", "known are required, encouraged"),
        ("before = [\"PT0S\"]\nafter = [\"PT0S\"]", "two rungs"),
        ("every = \"PT1M\"", "once in an hour"),
        ("before = [\"soon\"]", "soon"),
    ] {
        let timed = duty("fix", "\"fix.complete\"", "after = \"report.received\"\nwithin = \"P7D\"");
        let text_of = with(&(timed + &ladder(more)));
        let document = Document::parse(&text_of).unwrap();
        let error = compile(&document, &[], &[]).expect_err(more).to_string();
        assert!(error.contains(text), "{more}: {error}");
    }
}
