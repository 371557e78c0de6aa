//! The advisory of a rehearsal: the one source a person writes. Every document
//! made from such a source is made from this file, beside it.

use fixlead_core::text::toml_string;
use std::path::Path;

use fixlead_core::time::Instant;

use super::files;
use super::rehearsal::Facts;
use super::scene::{Habit, Scene};

/// The organisation that assigned the CVE id, as made up as everything else.
const CNA: &str = "0d21110d-0d21-4d21-8d21-0d21110d0d21";

/// Writes `advisory/CASE.toml` for the release at `published`.
pub fn write(
    out: &Path,
    scene: &Scene,
    facts: &Facts,
    lead: &str,
    reporter: &str,
    published: Instant,
) -> Result<(), String> {
    files::write(&out.join("advisory").join("CASE.toml"), source(scene, facts, lead, reporter, published))
}

fn source(scene: &Scene, facts: &Facts, lead: &str, reporter: &str, published: Instant) -> String {
    let flaw = scene.flaw;
    let mut text = format!(
        "id = \"drill\"\ncve = {}\ntitle = {}\nsummary = {}\ndescription = {}\npublished = {published}\nseverity = {}\ncwe = [{}]\n",
        toml_string(&scene.cve),
        toml_string(flaw.title),
        toml_string(flaw.summary),
        toml_string(&format!("{}\n\n{}", flaw.summary, flaw.impact)),
        toml_string(flaw.severity),
        toml_string(flaw.weakness),
    );
    text.push_str(&format!(
        "\n[[score]]\nvector = {}\nby = {}\n",
        toml_string(&scene.vector()),
        toml_string(lead)
    ));
    text.push_str(&format!(
        "\n[[affected]]\npackage = {}\nrepo = {}\nstatus = \"affected\"\n",
        toml_string(&scene.package),
        toml_string(&format!("https://{}/repository", scene.domain)),
    ));
    for (place, branch) in scene.branches.iter().enumerate() {
        // The oldest branch carries the flaw from the beginning.
        let last = place + 1 == scene.branches.len();
        let introduced = if last { "0".to_owned() } else { first_of(&branch.fixed) };
        text.push_str(&format!(
            "[[affected.range]]\nintroduced = {}\nfixed = {}\n",
            toml_string(&introduced),
            toml_string(branch.fixed.trim_start_matches('v')),
        ));
        let merged = facts.pairs.iter().find(|pair| pair.branch == branch.name);
        if let Some(pair) = merged {
            text.push_str(&format!("fixed_commit = {}\n", toml_string(&pair.merged)));
        }
    }
    text.push_str(&format!("\n[[mitigation]]\ntext = {}\n", toml_string(flaw.mitigation)));
    text.push_str(&format!(
        "\n[[reference]]\nkind = \"advisory\"\nurl = {}\n",
        toml_string(&scene.advisory_url()),
    ));
    if scene.habit == Habit::Lists {
        text.push_str(&format!(
            "\n[[reference]]\nkind = \"report\"\nurl = {}\n",
            toml_string(&scene.tracking_url())
        ));
    }
    text.push_str(&format!("\n[[credit]]\nname = {}\nrole = \"finder\"\n", toml_string(reporter)));
    text.push_str(&format!(
        "\n[[revision]]\ndate = {published}\nnumber = \"1\"\nsummary = \"initial publication\"\n\n[publisher]\nname = {}\nnamespace = {}\ncategory = \"vendor\"\ncna_org = \"{CNA}\"\n",
        toml_string(scene.project),
        toml_string(&format!("https://{}", scene.domain)),
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
