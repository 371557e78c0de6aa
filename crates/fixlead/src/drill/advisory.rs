//! The advisory of a rehearsal: the one source a person writes. Every document
//! made from such a source is made from this file, beside it.

use std::path::Path;

use fixlead_core::time::Instant;

use super::files;
use super::rehearsal::Facts;
use super::scene::Scene;

/// Writes `advisory/CASE.toml` for the release at `published`.
pub fn write(out: &Path, scene: &Scene, facts: &Facts, lead: &str, published: Instant) -> Result<(), String> {
    files::write(&out.join("advisory").join("CASE.toml"), source(scene, facts, lead, published))
}

fn source(scene: &Scene, facts: &Facts, lead: &str, published: Instant) -> String {
    let flaw = scene.flaw;
    let mut text = format!(
        "id = \"drill\"\ncve = {}\ntitle = {}\nsummary = {}\ndescription = {}\npublished = {published}\nseverity = {}\ncwe = [{}]\n",
        quoted(&scene.cve),
        quoted(flaw.title),
        quoted(flaw.summary),
        quoted(&format!("{}\n\n{}", flaw.summary, flaw.impact)),
        quoted(flaw.severity),
        quoted(flaw.weakness),
    );
    text.push_str(&format!("\n[[score]]\nvector = {}\nby = {}\n", quoted(&scene.vector()), quoted(lead)));
    text.push_str(&format!(
        "\n[[affected]]\npackage = {}\nrepo = {}\nstatus = \"affected\"\n",
        quoted(&scene.package),
        quoted(&format!("https://{}/repository", scene.domain)),
    ));
    for (place, branch) in scene.branches.iter().enumerate() {
        // The oldest branch carries the flaw from the beginning.
        let last = place + 1 == scene.branches.len();
        let introduced = if last { "0".to_owned() } else { first_of(&branch.fixed) };
        text.push_str(&format!(
            "[[affected.range]]\nintroduced = {}\nfixed = {}\n",
            quoted(&introduced),
            quoted(branch.fixed.trim_start_matches('v')),
        ));
        let merged = facts.pairs.iter().find(|pair| pair.branch == branch.name);
        if let Some(pair) = merged {
            text.push_str(&format!("fixed_commit = {}\n", quoted(&pair.merged)));
        }
    }
    text.push_str(&format!("\n[[mitigation]]\ntext = {}\n", quoted(flaw.mitigation)));
    text.push_str(&format!(
        "\n[[reference]]\nkind = \"advisory\"\nurl = {}\n\n[[reference]]\nkind = \"report\"\nurl = {}\n",
        quoted(&scene.advisory_url()),
        quoted(&scene.tracking_url()),
    ));
    text.push_str(&format!(
        "\n[[revision]]\ndate = {published}\nnumber = \"1\"\nsummary = \"initial publication\"\n\n[publisher]\nname = {}\nnamespace = {}\ncategory = \"vendor\"\n",
        quoted(scene.project),
        quoted(&format!("https://{}", scene.domain)),
    ));
    text
}

/// The first version of the line a version belongs to: `24.0.0` for `v24.0.2`.
fn first_of(version: &str) -> String {
    let plain = version.trim_start_matches('v');
    match plain.rsplit_once('.') {
        Some((line, _)) => format!("{line}.0"),
        None => plain.to_owned(),
    }
}

/// A TOML basic string.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}
