//! CSAF documents: the structure of version 2.0, every mandatory test of its
//! section 6.1, and the tests of 6.2 and 6.3 as warnings. Of the draft of 2.1
//! the tests that it shares with 2.0 are made.

mod advice;
mod language;
mod profile;
mod scores;
mod shape;
mod tracking;
mod tree;
mod walk;

use fixlead_core::text::echo;
use serde_json::Value;

use super::shape::{Place, Report, STRUCTURE, hold, items, text};

pub fn judge(value: &Value, report: &mut Report) {
    let root = Place::Root;
    let document = value.get("document").unwrap_or(&Value::Null);
    let version = text(document, "csaf_version");
    match version {
        "2.0" => {
            hold(value, &shape::DOCUMENT, &root, report);
            words_of_the_draft(value, report);
        }
        "2.1" => {
            hold(value, &shape::DRAFT, &root, report);
            let message = "2.1 is a draft, and not everything that it asks for is looked at";
            report.warn("draft", &root.key("document").key("csaf_version"), message);
        }
        other => {
            let place = root.key("document");
            let message = format!("`{}` is no version of CSAF; write 2.0", echo(other));
            return report.error(STRUCTURE, &place.key("csaf_version"), message);
        }
    }
    tree::judge(value, report);
    scores::judge(value, report);
    tracking::judge(value, report);
    profile::judge(value, report);
    if version == "2.0" {
        advice::judge(value, report);
    }
}

/// Words that stand in the lists of both versions and that the draft alone has.
fn words_of_the_draft(value: &Value, report: &mut Report) {
    let mut refuse = |item: &Value, place: &Place<'_>, words: &[&str]| {
        let word = text(item, "category");
        if words.contains(&word) {
            report.error(STRUCTURE, &place.key("category"), format!("`{word}` comes with the draft of 2.1"));
        }
    };
    walk::branches(value, &mut |branch, place| refuse(branch, place, &["platform"]));
    walk::vulnerabilities(value, &mut |vulnerability, place| {
        let list = place.key("remediations");
        for (index, remediation) in items(vulnerability, "remediations") {
            refuse(remediation, &list.item(index), &["fix_planned", "optional_patch"]);
        }
    });
}
