//! The fix of a case: its private repository as a program sees it. git itself
//! fetches and pushes below `/cases/{case}/fix.git`.

use std::collections::BTreeMap;

use axum::extract::{FromRequestParts, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use fixlead_app::accounts::Caller;
use fixlead_app::fix::look::{ChangedPath, Known, Look, Patches};
use fixlead_app::fix::origin::{Asked, LIMITS, Traced};
use fixlead_core::id::CaseId;
use fixlead_core::plan::owners::Quorum;
use fixlead_core::time::Instant;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Wire;
use super::answer::json;
use super::extract::{InPath, Once, query};
use super::problem::{ProblemDocument, Refusal};
use super::shapes::{Id, Moment};
use crate::web::case::host;

/// A fix.
#[derive(Serialize, ToSchema)]
pub struct FixView {
    /// What a private repository is or would be made from; nothing if this desk does
    /// not know.
    upstream: Option<String>,
    /// Where git fetches from and pushes to, once there is a repository.
    clone: Option<String>,
    /// The private branches.
    branches: Vec<FixBranch>,
    /// How the fix stands to supported branches.
    standings: Vec<FixStanding>,
    /// Who is named for the changed paths.
    owners: Vec<FixOwner>,
    /// Whether the case goes by other owners than its project has by now.
    owners_moved: bool,
    /// Whether standings and owners are still being found out.
    working: bool,
    /// Public changes that resemble the fix.
    sightings: Vec<FixSighting>,
}

/// A private branch.
#[derive(Serialize, ToSchema)]
pub struct FixBranch {
    /// The public branch that it is for.
    branch: String,
    /// What is not public, parents first.
    commits: Vec<FixCommit>,
}

/// A commit of the fix.
#[derive(Serialize, ToSchema)]
pub struct FixCommit {
    /// Its id.
    id: String,
    /// The first line of its message.
    subject: String,
    /// Who wrote it, as it says.
    author: String,
    /// Who agreed to exactly this commit.
    #[schema(value_type = Vec<Id>)]
    lgtms: Vec<String>,
    /// Whose of them count for the release.
    #[schema(value_type = Vec<Id>)]
    counted: Vec<String>,
    /// Whose LGTMs the release asks for: `anybody` but the author, `maintainers`, an owner of
    /// anything (`any-owner`), or one of each path (`each-owner`).
    quorum: Option<&'static str>,
    /// Whether it has the LGTMs that the release waits for, or needs none.
    reviewed: bool,
    /// The paths that it changes.
    paths: Vec<FixPath>,
    /// What the project's own checks said to it last.
    checked: Option<FixChecked>,
}

/// A path that a commit changes.
#[derive(Serialize, ToSchema)]
pub struct FixPath {
    /// The path.
    path: String,
    /// Who may approve it, as the files name them; nobody while that is being found out.
    approvers: Vec<String>,
    /// Those of them whose login somebody here has.
    known: Vec<String>,
    /// Whose LGTM counts for it by the facts that the case goes by; nothing where owners are
    /// not asked for each path.
    owners: Option<Vec<String>>,
    /// Whose LGTMs count for it.
    #[schema(value_type = Vec<Id>)]
    approved: Vec<String>,
}

/// A run of the project's own checks.
#[derive(Serialize, ToSchema)]
pub struct FixChecked {
    /// `passed`, `failed`, `timed-out` or `not-run`.
    outcome: &'static str,
    /// The exit code, if there was one.
    code: Option<i32>,
    /// The end of what they wrote, at most 16 KiB.
    output: Option<String>,
}

/// How a fix stands to a branch.
#[derive(Serialize, ToSchema)]
pub struct FixStanding {
    /// The private branch that was tried, by the public one that it is for.
    fix: String,
    /// The branch that it was tried on.
    branch: String,
    /// `clean`, `conflict`, `already-applied` or `missing-prerequisite`.
    outcome: &'static str,
    /// The files in the way.
    files: Vec<String>,
    /// The commits that the branch lacks.
    missing: Vec<String>,
}

/// Somebody who is named for changed paths.
#[derive(Serialize, ToSchema)]
pub struct FixOwner {
    /// As the file names them.
    name: String,
    /// Whether they approve; otherwise they review.
    approves: bool,
    /// The file.
    file: String,
    /// Its line.
    line: usize,
    /// Whose login or address that is here.
    #[schema(value_type = Option<Id>)]
    person: Option<String>,
    /// The changed paths that they are named for.
    paths: Vec<String>,
}

/// A public change that resembles the fix.
#[derive(Serialize, ToSchema)]
pub struct FixSighting {
    /// The public commit.
    commit: String,
    /// The commit of the fix.
    of: String,
    /// The repository.
    place: String,
    /// How it resembles it.
    how: String,
    /// Whether somebody said that it is no leak.
    dismissed: bool,
}

/// Nothing has to be said.
#[derive(Deserialize, ToSchema)]
pub struct MakeFix {}

/// A private branch to be made.
#[derive(Deserialize, ToSchema)]
pub struct CarryFix {
    /// The public branch whose private one holds the fix.
    from: String,
    /// The public branch that it is to go on.
    onto: String,
}

/// Where a flaw came from, and what has it.
#[derive(Serialize, ToSchema)]
pub struct FixOrigin {
    /// Whether it is still being found out; ask again in a moment.
    working: bool,
    /// What could not be found out, and why.
    failed: Option<String>,
    /// The commits of the fix.
    fix: Vec<String>,
    /// The commits that count as having brought it in.
    introduced: Vec<String>,
    /// Commits that may have, the best first.
    candidates: Vec<OriginCandidate>,
    /// The tags that have it.
    affected_tags: Vec<String>,
    /// The tags that have it and its fix.
    fixed_tags: Vec<String>,
    /// Each public branch: `affected`, `fixed` or `unaffected`.
    branches: BTreeMap<String, String>,
    /// The branches of the case's facts that are affected, as `affected.set` takes them.
    affected_branches: Vec<String>,
    /// What such answers leave out.
    limits: &'static str,
}

/// A commit that may have brought a flaw in.
#[derive(Serialize, ToSchema)]
pub struct OriginCandidate {
    /// Its id.
    commit: String,
    /// The first line of its message.
    subject: String,
    /// `stated`, `likely`, `possible` or `weak`.
    confidence: &'static str,
    /// How many of the lines that were looked at it wrote, in hundredths.
    share: u32,
    /// How it was found.
    because: Vec<&'static str>,
}

/// What is to be kept.
#[derive(Deserialize, ToSchema)]
pub struct KeepOrigin {
    /// The fix; what was pushed, if it is empty.
    #[serde(default)]
    fix: String,
    /// The commits that brought the flaw in.
    #[serde(default)]
    introduced: String,
}

/// That it is kept.
#[derive(Serialize, ToSchema)]
pub struct OriginKept {
    /// When it was recorded.
    #[schema(value_type = Moment)]
    at: Instant,
    /// The version of the case after it.
    version: u64,
}

/// The routes.
pub fn routes() -> OpenApiRouter<Wire> {
    OpenApiRouter::new()
        .routes(routes!(read))
        .routes(routes!(make))
        .routes(routes!(carry))
        .routes(routes!(origin))
        .routes(routes!(keep_origin))
}

/// The fix of a case.
#[utoipa::path(get, path = "/api/v1/cases/{case}/fix", tag = "cases", params(("case" = String, Path)),
    responses((status = 200, body = FixView), (status = 404, body = ProblemDocument)))]
async fn read(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(case): InPath<CaseId>,
) -> Result<Response, Refusal> {
    let look = wire.desk.fix(&caller, case, Patches::None).await?;
    Ok(json(StatusCode::OK, &described(&wire, look)))
}

/// Makes a private repository for the fix.
#[utoipa::path(post, path = "/api/v1/cases/{case}/fix", tag = "cases", params(("case" = String, Path)),
    request_body = MakeFix,
    responses((status = 201, body = FixView), (status = 403, body = ProblemDocument),
        (status = 404, body = ProblemDocument), (status = 422, body = ProblemDocument)))]
async fn make(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(case): InPath<CaseId>,
    Once(MakeFix {}, repeat): Once<MakeFix>,
) -> Result<Response, Refusal> {
    wire.desk.open_fix(&caller, case, repeat).await?;
    let look = wire.desk.fix(&caller, case, Patches::None).await?;
    Ok(json(StatusCode::CREATED, &described(&wire, look)))
}

/// Makes the private branch for one more public branch.
#[utoipa::path(post, path = "/api/v1/cases/{case}/fix/branches", tag = "cases",
    params(("case" = String, Path)), request_body = CarryFix,
    responses((status = 201, body = FixView), (status = 403, body = ProblemDocument),
        (status = 404, body = ProblemDocument), (status = 422, body = ProblemDocument)))]
async fn carry(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(case): InPath<CaseId>,
    Once(CarryFix { from, onto }, repeat): Once<CarryFix>,
) -> Result<Response, Refusal> {
    wire.desk.carry_fix(&caller, case, from, onto, host(&wire), repeat).await?;
    let look = wire.desk.fix(&caller, case, Patches::None).await?;
    Ok(json(StatusCode::CREATED, &described(&wire, look)))
}

/// Where the flaw of a case came from, and what has it: commits that may have brought it
/// in, and the tags and branches that are affected. Without `fix` it is what was pushed.
#[utoipa::path(get, path = "/api/v1/cases/{case}/fix/origin", tag = "cases",
    params(("case" = String, Path),
        ("fix" = Option<String>, Query, description = "A commit, or `OLD..NEW`, private or public."),
        ("introduced" = Option<String>, Query,
            description = "Commits that brought it in, separated by commas; `0` for the beginning.")),
    responses((status = 200, body = FixOrigin), (status = 404, body = ProblemDocument),
        (status = 422, body = ProblemDocument)))]
async fn origin(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(case): InPath<CaseId>,
    OriginWanted(asked): OriginWanted,
) -> Result<Response, Refusal> {
    let Traced { found, affected, .. } = wire.desk.trace_fix(&caller, case, asked).await?;
    let working = found.is_none();
    let found = found.as_deref().cloned().unwrap_or_default();
    let candidates = found.candidates.into_iter().map(|one| OriginCandidate {
        commit: one.commit,
        subject: one.subject,
        confidence: one.confidence,
        share: one.share,
        because: one.because,
    });
    let view = FixOrigin {
        working,
        failed: found.failed,
        fix: found.fix,
        introduced: found.introduced,
        candidates: candidates.collect(),
        affected_tags: found.affected_tags,
        fixed_tags: found.fixed_tags,
        branches: found.branches.into_iter().map(|(name, state)| (name, state.to_owned())).collect(),
        affected_branches: affected,
        limits: LIMITS,
    };
    Ok(json(StatusCode::OK, &view))
}

/// Puts what was found into the team's room as a file: evidence for the retrospective.
#[utoipa::path(post, path = "/api/v1/cases/{case}/fix/origin", tag = "cases", params(("case" = String, Path)),
    request_body = KeepOrigin,
    responses((status = 201, body = OriginKept), (status = 403, body = ProblemDocument),
        (status = 404, body = ProblemDocument), (status = 422, body = ProblemDocument)))]
async fn keep_origin(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(case): InPath<CaseId>,
    Once(KeepOrigin { fix, introduced }, repeat): Once<KeepOrigin>,
) -> Result<Response, Refusal> {
    let asked = Asked::new(&fix, &introduced)?;
    let acted = wire.desk.keep_origin(&caller, case, asked, repeat).await?;
    Ok(json(StatusCode::CREATED, &OriginKept { at: acted.at, version: acted.version }))
}

/// What is asked about the origin of a flaw.
struct OriginWanted(Asked);

impl FromRequestParts<Wire> for OriginWanted {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &Wire) -> Result<Self, Refusal> {
        let pairs = query(parts, &["fix", "introduced"])?;
        let of = |wanted: &str| {
            let mut found = pairs.iter().filter(|(name, _)| name == wanted);
            found.next().map_or("", |(_, value)| value.as_str())
        };
        Ok(OriginWanted(Asked::new(of("fix"), of("introduced"))?))
    }
}

fn described(wire: &Wire, look: Look) -> FixView {
    let address = format!("{}/cases/{}/fix.git", wire.public.as_str(), look.view.case);
    let path = |changed: ChangedPath| FixPath {
        path: changed.path,
        known: changed
            .approvers
            .iter()
            .filter(|(_, is)| is.is_some())
            .map(|(name, _)| name.clone())
            .collect(),
        approved: changed.counts.into_iter().map(|(person, _)| person.to_string()).collect(),
        owners: changed.owners,
        approvers: changed.approvers.into_iter().map(|(name, _)| name).collect(),
    };
    let commit = |shown: fixlead_app::fix::look::Shown| FixCommit {
        subject: shown.commit.subject().to_owned(),
        id: shown.commit.id,
        author: shown.commit.author,
        counted: shown.lgtms.iter().filter(|of| of.counts).map(|of| of.person.to_string()).collect(),
        quorum: shown.reviewed.as_ref().map(|of| match of.quorum {
            Quorum::Anybody => "anybody",
            Quorum::Maintainers(_) => "maintainers",
            Quorum::AnyOwner => "any-owner",
            Quorum::EachOwner => "each-owner",
        }),
        reviewed: shown.reviewed.is_some_and(|of| of.done || !of.needed),
        lgtms: shown.lgtms.into_iter().map(|lgtm| lgtm.person.to_string()).collect(),
        paths: shown.paths.into_iter().map(path).collect(),
        checked: shown.run.map(|run| FixChecked {
            outcome: run.outcome.name(),
            code: run.code,
            output: run.output.map(|output| output.to_string()),
        }),
    };
    let branches = look.branches.into_iter().map(|branch| FixBranch {
        branch: branch.name,
        commits: branch.commits.into_iter().map(commit).collect(),
    });
    let standings = look.radar.standings.into_iter().map(|standing| FixStanding {
        fix: standing.fix,
        branch: standing.branch,
        outcome: standing.outcome,
        files: standing.conflicts.into_iter().map(|conflict| conflict.path).collect(),
        missing: standing.missing.into_iter().map(|(id, _)| id).collect(),
    });
    let owners = look.owners.into_iter().map(|Known { owner, person, .. }| FixOwner {
        person: person.map(|(person, _)| person.to_string()),
        name: owner.name,
        approves: owner.approves,
        file: owner.place.0,
        line: owner.place.1,
        paths: owner.paths,
    });
    let sightings = look.sightings.into_iter().map(|(sighting, dismissed)| FixSighting {
        commit: sighting.commit.to_string(),
        of: sighting.of.to_string(),
        place: sighting.place.to_string(),
        how: sighting.how.to_string(),
        dismissed,
    });
    FixView {
        upstream: look.upstream,
        clone: look.made.map(|_| address),
        branches: branches.collect(),
        standings: standings.collect(),
        owners: owners.collect(),
        owners_moved: look.owners_moved,
        working: look.working,
        sightings: sightings.collect(),
    }
}
