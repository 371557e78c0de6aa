//! Documents that the core writes and reads: facts of a project, histories, and
//! what a policy says of a case. `docs/formats/` says what they mean.

use std::collections::BTreeMap;

use utoipa::ToSchema;

use super::{BranchClassName, CaseEvent, Day, Days, InstantOrDay, Length, Moment, Sha256};

/// The facts of a project, as `project` of fixlead-history/1.
#[derive(ToSchema)]
pub struct ProjectFacts {
    /// Its branches, at most 128.
    #[schema(required = false, max_items = 128)]
    branches: Vec<Branch>,
    /// Those who take turns as Fix Lead.
    #[schema(required = false)]
    responders: Vec<String>,
    /// The day each of them last served.
    #[schema(required = false)]
    served: BTreeMap<String, Day>,
    /// When somebody is away.
    #[schema(required = false)]
    leave: BTreeMap<String, Vec<Days>>,
    /// How the lead goes round: `round-robin`.
    #[schema(required = false, pattern = "^round-robin$")]
    rotation: String,
    /// Who is named by the OWNERS file of a directory; `/` is the root.
    #[schema(required = false)]
    owners: BTreeMap<String, Vec<String>>,
    /// `strict` or `lenient`.
    #[schema(required = false, pattern = "^(strict|lenient)$")]
    owners_rule: String,
    /// The maintainers.
    #[schema(required = false)]
    maintainers: Vec<String>,
    /// Days that are not proposed for a release.
    #[schema(required = false)]
    holidays: Vec<Day>,
}

/// A branch of a project.
#[derive(ToSchema)]
pub struct Branch {
    /// Its name.
    #[schema(min_length = 1)]
    name: String,
    /// What it is to users.
    class: BranchClassName,
    /// From when on; supported before.
    #[schema(required = false)]
    since: Day,
}

/// A case as a document, fixlead-history/1.
#[derive(ToSchema)]
pub struct HistoryDocument {
    /// `fixlead-history/1`.
    format: String,
    /// The policy.
    policy: String,
    /// Its overlays.
    overlays: Vec<String>,
    /// Values for its parameters.
    parameters: BTreeMap<String, String>,
    /// The project.
    project: ProjectFacts,
    /// What happened.
    events: Vec<CaseEvent>,
    /// When duties are judged.
    evaluate_at: Moment,
}

/// What a policy says of a case, fixlead-replay/1.
#[derive(ToSchema)]
pub struct EvaluationDocument {
    /// `fixlead-replay/1`.
    format: String,
    /// The policy.
    policy: EvaluatedPolicy,
    /// When it was judged.
    evaluated_at: Moment,
    /// Which branches are affected, as the policy counts them.
    class: String,
    /// How severe it is.
    #[schema(required)]
    severity: Option<String>,
    /// Whether windows hold.
    #[schema(required)]
    windows: Option<Windows>,
    /// How the case went: normal, as soon as possible, slowed.
    modes: Vec<Mode>,
    /// Disclosure, first public appearance, release.
    anchors: Anchors,
    /// What is due.
    duties: Vec<Duty>,
    /// Answers to questions; a case has none.
    answers: Vec<serde_json::Value>,
    /// What went against the policy, or where it is silent.
    findings: Vec<Finding>,
    /// `out-of-band` or `patch`.
    #[schema(required)]
    release_path: Option<String>,
    /// Whose turn it was, and whose it is.
    #[schema(required)]
    rotation: Option<Rotation>,
    /// How long users were exposed.
    exposure: Exposure,
}

/// The policy of an evaluation.
#[derive(ToSchema)]
pub struct EvaluatedPolicy {
    /// Its id.
    id: String,
    /// Its version.
    version: String,
    /// The SHA-256 over its text and those of its overlays.
    sha256: Sha256,
    /// Its overlays.
    overlays: Vec<String>,
}

/// Whether windows hold.
#[derive(ToSchema)]
pub struct Windows {
    /// `holding` or `advisory`.
    level: String,
    /// The clauses that say so.
    clauses: Vec<String>,
}

/// How a case went from an instant on.
#[derive(ToSchema)]
pub struct Mode {
    /// From when on.
    from: InstantOrDay,
    /// How.
    mode: String,
    /// The clauses that say so.
    clauses: Vec<String>,
}

/// What spans are counted from.
#[derive(ToSchema)]
pub struct Anchors {
    /// The disclosure.
    #[schema(required)]
    disclosure: Option<InstantOrDay>,
    /// The first public appearance.
    #[schema(required)]
    public_at: Option<InstantOrDay>,
    /// The release.
    #[schema(required)]
    released_at: Option<InstantOrDay>,
}

/// A duty.
#[derive(ToSchema)]
pub struct Duty {
    /// Which.
    id: String,
    /// For which branch or channel.
    #[schema(required)]
    subject: Option<String>,
    /// Whose.
    #[schema(required)]
    who: Option<String>,
    /// How it stands.
    state: String,
    /// When it is due.
    #[schema(required)]
    due: Option<InstantOrDay>,
    /// The due it had before everything was public.
    #[schema(required)]
    reference_due: Option<InstantOrDay>,
    /// When it was done.
    #[schema(required)]
    done_at: Option<InstantOrDay>,
    /// Due minus done.
    #[schema(required)]
    margin: Option<Length>,
    /// The clauses it executes.
    clauses: Vec<String>,
    /// The arithmetic.
    because: String,
    /// What excuses it.
    #[schema(required)]
    excuse: Option<String>,
    /// The clauses that hold it.
    #[schema(required)]
    held_by: Option<Vec<String>>,
}

/// What went against a policy, or where it is silent.
#[derive(ToSchema)]
pub struct Finding {
    /// When.
    at: InstantOrDay,
    /// Of which kind.
    kind: String,
    /// The clause.
    #[schema(required)]
    clause: Option<String>,
    /// All clauses.
    clauses: Vec<String>,
    /// For which branch or channel.
    #[schema(required)]
    subject: Option<String>,
    /// In words.
    text: String,
}

/// Whose turn it was, and whose it is.
#[derive(ToSchema)]
pub struct Rotation {
    /// Whose it was.
    #[schema(required)]
    expected: Option<String>,
    /// Whose it is next.
    #[schema(required)]
    next: Option<String>,
    /// Who is owed one.
    owed: Vec<String>,
}

/// How long users were exposed; `indeterminate` where a day cannot decide.
#[derive(ToSchema)]
pub struct Exposure {
    /// While everybody could know.
    #[schema(required)]
    public: Option<String>,
    /// While it was exploited.
    #[schema(required)]
    exploited: Option<String>,
    /// While there was nothing that they could do.
    #[schema(required)]
    unmitigated: Option<String>,
    /// Until the project knew.
    #[schema(required)]
    awareness_lag: Option<String>,
    /// By branch.
    branches: BTreeMap<String, Option<String>>,
    /// How long at least and at most.
    bounds: Bounds,
}

/// The bounds of each.
#[derive(ToSchema)]
pub struct Bounds {
    /// While everybody could know.
    #[schema(required)]
    public: Option<Bound>,
    /// While it was exploited.
    #[schema(required)]
    exploited: Option<Bound>,
    /// While there was nothing that they could do.
    #[schema(required)]
    unmitigated: Option<Bound>,
}

/// The bounds of a length.
#[derive(ToSchema)]
pub struct Bound {
    /// At least.
    at_least: Length,
    /// At most.
    at_most: Length,
    /// Whether it goes on.
    running: bool,
}
