//! `fixlead drill`: one case rehearsed from report to retrospective.
//!
//! Time is simulated, everything else is real: the policy engine decides what
//! is due and what is held, a git repository is made on the spot, and mail
//! goes into Maildirs. Nothing here knows a rule of a policy; people do what
//! the engine says is due, ask it before they act, and wait when it says no.
//! Nothing here opens a socket or reads the machine's clock.
//!
//! | file | subject |
//! |---|---|
//! | `rehearsal` | the loop: ask where the case stands, take the next step |
//! | `steps` | which steps are wanted now |
//! | `response`, `planning`, `release_day` | the steps themselves |
//! | `injects` | what goes wrong, and when |
//! | `delays` | what keeps people |
//! | `scene`, `flaws`, `people` | the invented project, its flaw, its people |
//! | `clock` | simulated time and dice |
//! | `history`, `answer` | what goes to the engine and what comes back |
//! | `repository`, `merging`, `git` | the real repository |
//! | `mail`, `boards`, `letters` | messages and their texts |
//! | `wrap` | long lines broken |
//! | `advisory` | the advisory's source, from which documents are made |
//! | `timeline`, `retrospective`, `files` | what is shown and what is left |

mod advisory;
mod answer;
mod boards;
mod clock;
mod delays;
mod files;
mod flaws;
pub(crate) mod git;
mod history;
mod injects;
mod letters;
mod mail;
mod merging;
mod people;
mod planning;
mod rehearsal;
mod release_day;
mod repository;
mod response;
mod retrospective;
mod scene;
mod steps;
mod timeline;
mod wrap;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

pub use injects::Inject;
pub use timeline::Screen;

use answer::Answer;
use clock::words;
use rehearsal::Rehearsal;
use scene::Scene;
use timeline::Timeline;

/// The policy engine as a rehearsal sees it.
pub trait Engine {
    /// Answers a `fixlead-history/1` document with a `fixlead-replay/1`
    /// document, or says what is wrong with it.
    fn replay(&self, history: &Value) -> Result<Value, String>;
}

impl<F: Fn(&Value) -> Result<Value, String>> Engine for F {
    fn replay(&self, history: &Value) -> Result<Value, String> {
        self(history)
    }
}

/// What to rehearse.
#[derive(Clone, Debug)]
pub struct Request {
    /// The policy: the id of a built-in one, or whatever the engine takes.
    pub policy: String,
    /// Whether its project tells users in chat and nobody beforehand.
    pub chat: bool,
    /// Decides everything that is left to chance.
    pub seed: u64,
    /// Where to write; otherwise `drill-POLICY-SEED`, with a number behind it
    /// when that is there already.
    pub out: Option<PathBuf>,
    /// What goes wrong; by seed otherwise.
    pub injects: Option<Vec<Inject>>,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The summary as one JSON object.
    pub summary: Value,
    /// Whether the case could be closed.
    pub closed: bool,
}

/// Rehearses one case and writes everything to the directory asked for.
///
/// # Errors
///
/// When git is missing, the policy is unknown, the directory asked for is not
/// empty, none can be written, or the engine refuses the history.
pub fn run<'a>(request: &Request, engine: &'a dyn Engine, screen: Screen<'a>) -> Result<Outcome, String> {
    git::Git::check()?;
    let habit = if request.chat { scene::Habit::Chat } else { scene::Habit::Lists };
    let scene = Scene::build(&request.policy, habit, request.seed);
    // An unknown policy is refused before anything is written.
    let cast = people::Cast::choose(request.seed, &scene.domain);
    engine.replay(&history::History::begin(&scene, &cast).at(scene.start))?;
    let injects = match &request.injects {
        Some(injects) => {
            if let Some(inject) = injects.iter().find(|inject| !inject.fits(habit)) {
                return Err(format!(
                    "the inject `{}` needs distributors who are told beforehand, and this policy has none; leave it out",
                    inject.name()
                ));
            }
            injects.clone()
        }
        None => Inject::choose(request.seed, scene.habit),
    };
    let out = match &request.out {
        Some(directory) => files::make_asked(directory)?,
        None => files::make_usual(&format!("drill-{}-{}", files::plain_name(&request.policy), request.seed))?,
    };
    let mut timeline = Timeline::begin(screen);
    let names: Vec<_> = injects.iter().map(|inject| inject.name()).collect();
    let surprises = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    timeline.heading(&format!(
        "Drill of the policy {} with seed {}: {}, flaw \"{}\" ({}). Surprises: {surprises}.\nFiles: {}",
        request.policy,
        request.seed,
        scene.project,
        scene.flaw.title,
        scene.flaw.severity,
        out.display()
    ))?;
    let mut rehearsal = Rehearsal::prepare(engine, scene, request.seed, injects, &out, timeline)?;
    let closed = rehearsal.play()?;
    let answer = rehearsal.conclude()?;
    let draft = retrospective::draft(&rehearsal, &answer)?;
    files::write(&out.join("retrospective.md"), draft)?;
    files::write(&out.join("README.txt"), read_me(request, &out, &surprises))?;
    let report = report(&answer, &rehearsal, closed, &out);
    rehearsal.timeline.heading(&report)?;
    files::write(&out.join("timeline.txt"), rehearsal.timeline.plain())?;
    Ok(Outcome { summary: summary(request, &names, &out, &answer, &rehearsal), closed })
}

/// The last lines of the timeline: what was met, what was late, where it lies.
fn report(answer: &Answer, rehearsal: &Rehearsal, closed: bool, out: &Path) -> String {
    let duties = answer.duties();
    let count = |states: &[&str]| duties.iter().filter(|duty| states.contains(&duty.state.as_str())).count();
    let mut text = format!(
        "\nDuties: {} met, {} shortened for a reason, {} late, {} missed or open.\n",
        count(&["met"]),
        count(&["excused", "waived"]),
        count(&["late"]),
        count(&["missed", "overdue", "open", "held", "indeterminate"]),
    );
    for duty in duties.iter().filter(|duty| !matches!(duty.state.as_str(), "met" | "not-applicable")) {
        let line = timeline::outcome(duty)
            .unwrap_or_else(|| format!("{} is {}: {}", duty.label(), duty.state, duty.because));
        text.push_str(&format!("  {line}\n"));
    }
    let exposure = answer.exposure("public").map_or_else(|| "not begun".to_owned(), words);
    text.push_str(&format!("Public exposure: {exposure}.\n"));
    let serious: Vec<_> = answer
        .findings()
        .into_iter()
        .filter(|finding| matches!(finding.kind.as_str(), "violation" | "override" | "strike"))
        .collect();
    for finding in &serious {
        let clause = finding.clause.as_deref().unwrap_or("no clause");
        text.push_str(&format!("{}: {} [{clause}]\n", finding.kind, finding.text));
    }
    let different = rehearsal.facts.pairs.iter().filter(|pair| !pair.is_same()).count();
    let compared = match different {
        0 => "all as they were prepared".to_owned(),
        1 => "one of them not as it was prepared".to_owned(),
        many => format!("{many} of them not as they were prepared"),
    };
    text.push_str(&format!(
        "Merged commits: {}, {compared}. Messages: {}.\n",
        rehearsal.facts.pairs.len(),
        rehearsal.post.delivered(),
    ));
    if !closed {
        text.push_str("The case could not be closed; see what is open above.\n");
    }
    text.push_str(&format!("Everything lies in {}; start with README.txt.", out.display()));
    text
}

fn summary(request: &Request, injects: &[&str], out: &Path, answer: &Answer, rehearsal: &Rehearsal) -> Value {
    let commits: Vec<_> = rehearsal
        .facts
        .pairs
        .iter()
        .map(|pair| {
            json!({
                "branch": pair.branch,
                "id": pair.merged,
                "prepared": pair.sent,
                "patch_id": pair.merged_patch,
                "same": pair.is_same(),
                "subject": pair.subject,
            })
        })
        .collect();
    json!({
        "policy": request.policy,
        "seed": request.seed,
        "injects": injects,
        "out": out.display().to_string(),
        "replay": answer.0,
        "commits": commits,
        "mails": rehearsal.post.delivered(),
    })
}

fn read_me(request: &Request, out: &Path, surprises: &str) -> String {
    // A policy file is found from where it was named.
    let (place, history) = if Path::new(&request.policy).is_file() {
        ("Where the drill was run", out.join("history.json").display().to_string())
    } else {
        ("From this directory", "history.json".to_owned())
    };
    let optional: String = [
        ("patches", "patches/          the patches as the distributors got them\n"),
        ("tracking-issue.md", "tracking-issue.md the public tracking issue\n"),
        ("release-notes.md", "release-notes.md  the entry in the release notes\n"),
    ]
    .iter()
    .filter(|(name, _)| out.join(name).exists())
    .map(|(_, line)| *line)
    .collect();
    format!(
        "A rehearsal of the policy {} with seed {}.
Surprises: {surprises}.
Nothing in here is real: the project, the flaw, the people and the id are made
up. The same policy and seed give the same story again.

timeline.txt      what happened, who did it, which clocks ran, what was held
retrospective.md  the draft that people would complete
history.json      the case as facts, events and questions
replay.json       what the policy says of it: duties, answers, findings and
                  exposure. {place} the same answer comes from
                      fixlead policy replay --json {history}
                  and the same for people to read without --json
repository/       public.git (what users see), private.git (the embargoed fork),
                  work (a working copy of both) and conflicts (the backport that
                  git could not do alone)
mail/             a Maildir for each person and list
slack/            chat channels as text files
downloads/        what was built, probed and published
advisory/         CASE.toml, the one source of the advisory
{optional}
Messages under embargo say so in their first line, and so do those that were
sent when a part of the case was public already.
",
        request.policy, request.seed
    )
}
