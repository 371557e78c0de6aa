//! The retrospective: drafted from what was written down, for people to add
//! what only they know. It names steps and clocks, and blames nobody.

use super::answer::{Answer, Duty};
use super::clock::{stamp, words};
use super::rehearsal::Rehearsal;
use super::timeline::{Kind, cite, outcome};

/// The draft as Markdown.
pub fn draft(case: &Rehearsal, answer: &Answer) -> Result<String, String> {
    let scene = &case.scene;
    let mut text = format!(
        "# Retrospective: {} ({})\n\nPolicy: {}. Project: {}. This draft looks at steps and clocks, not at persons.\n",
        scene.flaw.title, scene.cve, scene.policy, scene.project
    );
    text.push_str("\n## Who took part\n\n");
    let mut line = |role: &str, names: Vec<&str>| {
        if !names.is_empty() {
            text.push_str(&format!("- {role}: {}\n", names.join(", ")));
        }
    };
    line("Reporter, credited by name", vec![&case.cast.reporter.name]);
    line("Fix Lead", vec![&case.lead().name]);
    line("Fix Lead before that", case.facts.former_leads.iter().map(String::as_str).collect());
    line("Response team", case.cast.responders.iter().map(|who| who.name.as_str()).collect());
    line("Author of the fix", vec![&case.cast.engineer().name]);
    line("Reviewers", case.cast.reviewers().iter().map(|who| who.name.as_str()).collect());
    line("Release manager", vec![&case.cast.release_manager().name]);
    if case.facts.advance.is_some() {
        line("Distributors", case.cast.distributors.iter().map(|who| who.name.as_str()).collect());
    }
    text.push_str("\n## Timeline\n\n");
    for entry in case.timeline.entries() {
        if !matches!(entry.kind, Kind::Clock | Kind::Finding) {
            let mark = match entry.kind {
                Kind::Hold => "held: ",
                Kind::Inject => "surprise: ",
                Kind::Delay => "delay: ",
                _ => "",
            };
            text.push_str(&format!("- {} - {mark}{}\n", stamp(entry.at), entry.text));
        }
    }
    text.push_str(&format!(
        "\n## Where it came from\n\nThe first commit with the line `{}`: {}. What in review or tests could have shown it then?\n",
        scene.flaw.trace,
        case.repository.introduced_by()?
    ));
    if let Some(conflict) = &case.facts.conflict {
        text.push_str(&format!(
            "\nThe backport to {} conflicted in {} and was resolved by hand; the conflict is kept in {}.\n",
            conflict.branch,
            conflict.path,
            conflict
                .record
                .file_name()
                .map_or_else(|| "the repository".into(), |name| name.to_string_lossy())
        ));
    }
    text.push_str(&identity(case));
    text.push_str(&duties(answer));
    text.push_str(&exposure(answer));
    text.push_str(&questions(case, answer));
    Ok(text)
}

fn identity(case: &Rehearsal) -> String {
    let mut text = String::from(
        "\n## Was merged what was reviewed?\n\n| branch | commit | prepared | merged | same change |\n|---|---|---|---|---|\n",
    );
    for pair in &case.facts.pairs {
        let same = if pair.is_same() { "yes" } else { "**no**" };
        text.push_str(&format!(
            "| {} | {} | {} | {} | {same} |\n",
            pair.branch,
            pair.subject,
            super::response::short(&pair.sent),
            super::response::short(&pair.merged)
        ));
    }
    text
}

fn duties(answer: &Answer) -> String {
    let mut text = String::from("\n## Clocks\n\n");
    let duties = answer.duties();
    let (good, other): (Vec<&Duty>, Vec<&Duty>) =
        duties.iter().filter(|duty| duty.state != "not-applicable").partition(|duty| duty.state == "met");
    for duty in &good {
        let line = outcome(duty).unwrap_or_else(|| format!("{} done{}", duty.label(), cite(&duty.clauses)));
        text.push_str(&format!("- {line}\n"));
    }
    if !other.is_empty() {
        text.push_str("\nNot as planned:\n\n");
    }
    for duty in &other {
        let line = outcome(duty)
            .unwrap_or_else(|| format!("{}: {}{}", duty.label(), duty.state, cite(&duty.clauses)));
        text.push_str(&format!("- {line} ({})\n", duty.because));
    }
    text
}

fn exposure(answer: &Answer) -> String {
    let mut text = String::from("\n## Exposure\n\n");
    for (measure, meaning) in [
        ("public", "from public knowledge to the fix"),
        ("exploited", "from known exploitation to the fix"),
        ("unmitigated", "from public knowledge to the first remedy"),
        ("awareness_lag", "from public knowledge to ours"),
    ] {
        if let Some(span) = answer.exposure(measure) {
            text.push_str(&format!("- {meaning}: {}\n", words(span)));
        }
    }
    text
}

fn questions(case: &Rehearsal, answer: &Answer) -> String {
    let mut text = String::from(
        "\n## Questions for everyone\n\n- What went well and should stay?\n- Which step cost most time, and would it be missed?\n- Where did we wait for one person?\n- What did users ask that our texts did not answer?\n",
    );
    let entries = case.timeline.entries();
    let holds = entries.iter().filter(|entry| entry.kind == Kind::Hold).count();
    if holds > 0 {
        let held = if holds == 1 { "once. Did that" } else { &format!("{holds} times. Did each hold") };
        text.push_str(&format!("- The policy held us {held} protect somebody?\n"));
    }
    for entry in entries.iter().filter(|entry| entry.kind == Kind::Inject) {
        text.push_str(&format!("- \"{}\": what would have made that harmless?\n", entry.text));
    }
    for entry in entries.iter().filter(|entry| entry.kind == Kind::Delay) {
        text.push_str(&format!("- \"{}\": who could have stepped in, and when?\n", entry.text));
    }
    for duty in answer.duties().iter().filter(|duty| duty.state == "late" || duty.state == "missed") {
        text.push_str(&format!(
            "- {} came late: was the window right, and who could have helped?\n",
            duty.label()
        ));
    }
    if case.facts.conflict.is_some() {
        text.push_str("- Would the conflict on the oldest branch have been found a year earlier by trying backports routinely?\n");
    }
    text
}
