//! The fix of a case: its private repository, its commits and who agreed to them,
//! where it still has to go, whom to ask, and whether it is out already.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use fixlead_app::case::record::Recording;
use fixlead_app::fix::look::{ChangedPath, Empty, Known, Look, NoBranch, Patches, Reviewed, Shown};
use fixlead_app::fix::{Comparison, Patch, Standing};
use fixlead_app::problem::Problem;
use fixlead_core::desk::command::Source;
use fixlead_core::desk::event::RunOutcome;
use fixlead_core::id::CaseId;
use fixlead_core::plan::owners::Quorum;
use fixlead_core::text::is_harmful;
use serde::Deserialize;
use serde_json::json;

use super::git::host;
use super::head::Head;
use crate::api::Wire;
use crate::api::extract::InPath;
use crate::web::asset::Area;
use crate::web::form::{Form, once};
use crate::web::page::{self, Frame};
use crate::web::query::Query;
use crate::web::trouble::Trouble;
use crate::web::visitor::Visitor;

/// A commit on the page.
struct CommitRow {
    id: String,
    short: String,
    subject: String,
    author: String,
    /// What else its message says.
    more: String,
    /// Each LGTM: whose, and why it does not count, if it does not.
    lgtms: Vec<(String, &'static str)>,
    /// What the release still asks of it.
    lacks: String,
    /// Whose LGTMs count.
    asked: &'static str,
    paths: Vec<PathRow>,
    run: Option<RunRow>,
    may_agree: bool,
    remarks: Vec<String>,
    /// Lines of the patch: what they are, and what they say.
    lines: Vec<(&'static str, String)>,
    /// Whether what it changes is on this page.
    is_shown: bool,
    /// Whether it goes on.
    is_cut: bool,
}

/// A path that a commit changes.
struct PathRow {
    path: String,
    /// Whose LGTM counts for it, where that is a matter of the path.
    owners: Option<Vec<String>>,
    /// Whose LGTMs count for it.
    counts: Vec<String>,
    /// Whom the files name, and who that is here.
    named: Vec<(String, String)>,
}

/// What the project's own checks said.
struct RunRow {
    outcome: &'static str,
    tone: &'static str,
    code: String,
    output: String,
}

struct BranchRow {
    name: String,
    commits: Vec<CommitRow>,
}

struct StandingRow {
    standing: Standing,
    say: &'static str,
    tone: &'static str,
    /// Whether a private branch can be made for it by a click.
    may_make: bool,
}

struct OwnerRow {
    name: String,
    what: &'static str,
    place: String,
    paths: String,
    /// Who it is here, in words, and their id where they can be asked in by a click.
    here: String,
    invite: String,
    /// Whether nobody here has that login.
    is_nobody: bool,
}

struct Compared {
    branch: String,
    identical: bool,
    patches: Vec<(&'static str, String)>,
}

struct SightingRow {
    commit: String,
    of: String,
    place: String,
    how: String,
    dismissed: bool,
}

#[derive(Template)]
#[template(path = "fix.html")]
struct Page {
    frame: Frame,
    head: Head,
    upstream: Option<String>,
    /// What configuration calls the project.
    project: String,
    /// Why there is no repository: a word for each cause.
    empty: &'static str,
    /// Why no branch can be tried.
    no_branch: &'static str,
    /// What to clone.
    address: String,
    branches: Vec<BranchRow>,
    standings: Vec<StandingRow>,
    owners: Vec<OwnerRow>,
    owners_moved: bool,
    failed: Vec<String>,
    working: bool,
    sightings: Vec<SightingRow>,
    compared: Option<Compared>,
    may_push: bool,
    may_compare: bool,
    may_dismiss: bool,
    revision: u64,
    done: bool,
    /// Whether one commit is shown alone.
    alone: bool,
    once: String,
}

fn lines(patch: &Patch) -> Vec<(&'static str, String)> {
    let of = |line: &str| match line.as_bytes() {
        [b'+', ..] if !line.starts_with("+++ ") => "add",
        [b'-', ..] if !line.starts_with("--- ") => "take",
        [b'@', b'@', ..] => "place",
        [b'd', b'i', b'f', b'f', ..] => "file",
        _ => "same",
    };
    patch.text.lines().map(|line| (of(line), visible(line))).collect()
}

/// A line of code with nothing in it that a browser would not show, or would show
/// elsewhere than it stands.
pub(super) fn visible(line: &str) -> String {
    let mut shown = String::with_capacity(line.len());
    for letter in line.chars() {
        if is_harmful(letter) {
            shown.push_str(&format!("[U+{:04X}]", u32::from(letter)));
        } else {
            shown.push(letter);
        }
    }
    shown
}

/// The same of several lines.
fn code(text: &str) -> String {
    text.lines().map(visible).collect::<Vec<_>>().join("\n")
}

/// Whose LGTMs count, and why one of somebody else does not.
const fn rule(quorum: Quorum) -> (&'static str, &'static str) {
    match quorum {
        Quorum::Anybody => (
            "The facts that the case goes by name no owners, so the LGTM of anybody but the author counts.",
            "",
        ),
        Quorum::Maintainers(_) => (
            "The release waits for the LGTMs of maintainers, whatever path they know.",
            "no maintainer of the project",
        ),
        Quorum::AnyOwner => (
            "The release waits for the LGTM of an owner of any directory of the project.",
            "no owner of anything",
        ),
        Quorum::EachOwner => (
            "The release waits for the LGTM of an owner of each path: of somebody whom the nearest directory above it names.",
            "no owner of a path that it changes",
        ),
    }
}

/// What the release still asks of a commit; nothing where it has that, or nothing is asked.
fn lacks(reviewed: Option<&Reviewed>, paths: &[ChangedPath]) -> String {
    let Some(of) = reviewed.filter(|of| of.needed && !of.done) else { return String::new() };
    match of.quorum {
        Quorum::Anybody => "The release waits for an LGTM of somebody else than its author.".to_owned(),
        Quorum::Maintainers(1) => "The release waits for the LGTM of a maintainer.".to_owned(),
        Quorum::Maintainers(count) => format!("The release waits for the LGTMs of {count} maintainers."),
        Quorum::AnyOwner => "The release waits for the LGTM of an owner.".to_owned(),
        Quorum::EachOwner => {
            let open = paths.iter().filter(|path| path.owners.is_some() && path.counts.is_empty());
            match open.count() {
                0 => "The release waits for an LGTM of somebody else than its author.".to_owned(),
                1 => "The release waits for the LGTM of an owner of one more path.".to_owned(),
                count => format!("The release waits for LGTMs of owners of {count} more paths."),
            }
        }
    }
}

fn changed(path: ChangedPath) -> PathRow {
    let named = path.approvers.into_iter().map(|(login, name)| (visible(&login), name.unwrap_or_default()));
    PathRow {
        path: visible(&path.path),
        owners: path.owners.map(|owners| owners.iter().map(|owner| visible(owner)).collect()),
        counts: path.counts.into_iter().map(|(_, name)| name).collect(),
        named: named.collect(),
    }
}

fn commit(shown: Shown) -> CommitRow {
    let remark = |remark: &fixlead_app::fix::lint::Remark| format!("line {}: {}", remark.line, remark.word);
    let id = shown.commit.id.clone();
    let subject = shown.commit.subject().to_owned();
    let (asked, not) = shown.reviewed.as_ref().map_or(("", ""), |of| rule(of.quorum));
    CommitRow {
        asked,
        lacks: lacks(shown.reviewed.as_ref(), &shown.paths),
        short: id.chars().take(12).collect(),
        author: visible(&shown.commit.author),
        more: code(shown.commit.message.split_once('\n').map_or("", |(_, more)| more)).trim().to_owned(),
        subject: visible(&subject),
        lgtms: shown.lgtms.into_iter().map(|of| (of.name, if of.counts { "" } else { not })).collect(),
        may_agree: shown.may_agree,
        paths: shown.paths.into_iter().map(changed).collect(),
        run: shown.run.map(|run| RunRow {
            outcome: run.outcome.name(),
            tone: if run.outcome == RunOutcome::Passed { "good" } else { "bad" },
            code: run.code.map(|code| code.to_string()).unwrap_or_default(),
            output: run.output.as_deref().map(code).unwrap_or_default(),
        }),
        remarks: shown.remarks.iter().map(remark).collect(),
        is_shown: shown.patch.is_some(),
        is_cut: shown.patch.as_ref().is_some_and(|patch| patch.cut),
        lines: shown.patch.as_ref().map(lines).unwrap_or_default(),
        id,
    }
}

fn standing(mut standing: Standing, may_push: bool, taken: &[String]) -> StandingRow {
    for conflict in &mut standing.conflicts {
        conflict.path = visible(&conflict.path);
        for (_, ours, theirs) in &mut conflict.hunks {
            (*ours, *theirs) = (code(ours), code(theirs));
        }
    }
    for (_, subject) in &mut standing.missing {
        *subject = visible(subject);
    }
    let (say, tone) = match standing.outcome {
        "clean" => ("applies as it is", "good"),
        "already-applied" => ("has it already", "good"),
        "missing-prerequisite" => ("applies after commits that it lacks", "care"),
        _ => ("does not apply", "bad"),
    };
    let may_make = may_push && standing.outcome == "clean" && !taken.contains(&standing.branch);
    StandingRow { say, tone, may_make, standing }
}

fn shown(wire: &Wire, look: Look, visitor: &Visitor, compared: Option<Compared>) -> Page {
    let may = |action: &str| look.view.may.contains(&action);
    let may_push = may("fix.push");
    let may_invite = may("team.add");
    let taken: Vec<String> = look.branches.iter().map(|branch| branch.name.clone()).collect();
    Page {
        frame: Frame { area: Area::Fix, ..Frame::desk("Fix", "inbox", visitor) },
        head: Head::of(&look.view, "fix"),
        address: format!("{}/cases/{}/fix.git", wire.public.as_str(), look.view.case),
        may_compare: may("record.release") && may("internal.attach"),
        may_dismiss: may("record.decision"),
        revision: look.view.version,
        upstream: look.upstream,
        project: look.project.to_string(),
        empty: match look.empty {
            None => "",
            Some(Empty::NoUpstream) => "no-upstream",
            Some(Empty::NotMade) => "not-made",
            Some(Empty::NotHere) => "not-here",
            Some(Empty::Closed) => "closed",
        },
        no_branch: match look.no_branch {
            None => "",
            Some(NoBranch::NoneNamed) => "none-named",
            Some(NoBranch::FactsMoved) => "facts-moved",
            Some(NoBranch::NoneThere) => "none-there",
        },
        standings: look.radar.standings.into_iter().map(|one| standing(one, may_push, &taken)).collect(),
        owners: look
            .owners
            .into_iter()
            .map(|Known { owner, person, is_in, is_active }| OwnerRow {
                is_nobody: person.is_none(),
                here: match &person {
                    Some((_, name)) if is_in => format!("{name}, reaches the case"),
                    Some((_, name)) if is_active => format!("{name}, member here"),
                    Some((_, name)) => format!("{name}, cannot act here"),
                    None => String::new(),
                },
                invite: match person {
                    Some((person, _)) if !is_in && is_active && may_invite => person.to_string(),
                    _ => String::new(),
                },
                name: visible(&owner.name),
                what: if owner.approves { "approves" } else { "reviews" },
                place: format!("{}:{}", owner.place.0, owner.place.1),
                paths: visible(&owner.paths.join(", ")),
            })
            .collect(),
        owners_moved: look.owners_moved,
        failed: look.radar.failed,
        working: look.working,
        branches: look
            .branches
            .into_iter()
            .map(|branch| BranchRow {
                name: branch.name,
                commits: branch.commits.into_iter().map(commit).collect(),
            })
            .collect(),
        sightings: look
            .sightings
            .into_iter()
            .map(|(sighting, dismissed)| SightingRow {
                commit: sighting.commit.to_string(),
                of: sighting.of.chars().take(12).collect(),
                place: sighting.place.to_string(),
                how: sighting.how.to_string(),
                dismissed,
            })
            .collect(),
        compared,
        may_push,
        done: false,
        alone: false,
        once: once(),
    }
}

/// Whether something was just done.
#[derive(Default, Deserialize)]
pub struct Wanted {
    #[serde(default)]
    done: String,
    /// The commit of which it is to be shown what it changes.
    #[serde(default)]
    commit: String,
}

/// The page.
pub async fn page(
    State(wire): State<Wire>,
    visitor: Visitor,
    InPath(case): InPath<CaseId>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Trouble> {
    let patches = if wanted.commit.is_empty() { Patches::First } else { Patches::Of(wanted.commit) };
    let (alone, done) = (patches != Patches::First, !wanted.done.is_empty());
    let look = wire.desk.fix(&visitor.caller, case, patches).await?;
    Ok(page::show(StatusCode::OK, &Page { alone, done, ..shown(&wire, look, &visitor, None) }))
}

fn back(case: CaseId) -> Response {
    page::go(&format!("/cases/{case}/fix?done=1"))
}

/// What it sends, beside agreeing to a commit.
pub async fn send(
    State(wire): State<Wire>,
    visitor: Visitor,
    InPath((case, what)): InPath<(CaseId, String)>,
    form: Form,
) -> Result<Response, Trouble> {
    let (desk, caller) = (&wire.desk, &visitor.caller);
    let text = |name: &str| form.text(name).to_owned();
    match what.as_str() {
        "repository" => {
            let repeat = form.repeat(&format!("case {case} fix"))?;
            drop(desk.open_fix(caller, case, repeat).await?);
        }
        "public" => desk.refresh_fix(caller, case).await?,
        "branches" => {
            let repeat = form.repeat(&format!("case {case} fix branches"))?;
            desk.carry_fix(caller, case, text("from"), text("onto"), host(&wire), repeat).await?;
        }
        "lgtm" => {
            let recording = Recording {
                event: json!({ "type": "lgtm", "on": [form.text("commit")] }),
                source: Source::Done,
                expected: form.text("seen").parse().unwrap_or(0),
                although: None,
                evidence: None,
            };
            let repeat = form.repeat(&format!("case {case} lgtm"))?;
            desk.record(caller, case, recording, repeat).await?;
        }
        "released" => {
            let branch = text("branch");
            let Comparison { identical, patches, .. } =
                desk.compare_fix(caller, case, branch.clone(), text("released")).await?;
            let look = desk.fix(caller, case, Patches::First).await?;
            let patches = patches.into_iter().map(|(outcome, subject)| (outcome, visible(&subject)));
            let compared = Some(Compared { branch, identical, patches: patches.collect() });
            return Ok(page::show(StatusCode::OK, &shown(&wire, look, &visitor, compared)));
        }
        "sightings" => drop(desk.dismiss_leak(caller, case, form.text("commit"), form.text("reason")).await?),
        _ => return Err(Problem::NotFound.into()),
    }
    Ok(back(case))
}
