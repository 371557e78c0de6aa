//! The page on which somebody follows their report, from what the desk tells
//! them: stages in words, what comes next, the promised clocks as a picture.

use askama::Template;
use fixlead_app::accounts::Caller;
use fixlead_app::case::follow::{Decision, Following, Promise, Stage};
use fixlead_core::desk::event::Room;
use fixlead_core::desk::form::Thanks;
use fixlead_core::id::BlobId;
use fixlead_core::plan::duties::State;
use fixlead_core::time::{Instant, Span, When, format_day};

use super::form::once;
use super::markdown::{Inert, inert};
use super::page::Frame;
use super::questions::{Answer, answers, thanks};
use super::status::Message;
use super::words::{self, Moment};

/// What was wrong with what somebody just sent.
#[derive(Default)]
pub struct Notice {
    /// Field and message.
    pub errors: Vec<(String, String)>,
    /// Until when they have to wait.
    pub until: Option<Moment>,
    /// What they wrote.
    pub typed: String,
}

/// A stage, as a page shows it.
pub struct Step {
    name: &'static str,
    at: Option<Moment>,
    due: Option<Moment>,
    late: bool,
    here: bool,
}

/// What comes next.
pub struct Next {
    say: String,
    clauses: Vec<String>,
    due: Option<Moment>,
    late: bool,
}

/// The promised clocks.
pub struct Picture {
    height: i64,
    now: i64,
    ticks: Vec<(i64, String)>,
    rows: Vec<Row>,
}

/// One of them.
pub struct Row {
    y: i64,
    name: String,
    tone: &'static str,
    to: i64,
    due: i64,
    done: Option<i64>,
    sentence: String,
}

/// What was decided, in words.
pub struct Decided {
    title: &'static str,
    text: &'static str,
    reason: Option<String>,
    at: Moment,
}

/// That somebody reported the same, in words.
pub struct Known {
    since: Moment,
    first: bool,
    stage: &'static str,
    credited: bool,
}

/// A file.
pub struct FileLine {
    id: BlobId,
    name: String,
    size: String,
}

#[derive(Template)]
#[template(path = "status.html")]
pub struct Page {
    frame: Frame,
    project: String,
    project_id: String,
    policy: String,
    title: String,
    headline: &'static str,
    steps: Vec<Step>,
    next: Option<Next>,
    picture: Option<Picture>,
    decided: Option<Decided>,
    known: Option<Known>,
    closed: bool,
    opened: Moment,
    report: Option<Inert>,
    encrypted: bool,
    answers: Vec<Answer>,
    credit: String,
    name: String,
    link: String,
    thanked: Option<Thanks>,
    messages: Vec<Message>,
    files: Vec<FileLine>,
    notice: Notice,
    once: [String; 2],
    megabytes: u64,
}

impl Page {
    fn wrong(&self, field: &str) -> Option<&str> {
        self.notice.errors.iter().find(|(name, _)| name == field).map(|(_, message)| message.as_str())
    }

    fn thanked(&self, way: &str) -> bool {
        self.thanked.is_some_and(|thanks| thanks.name() == way)
    }
}

/// Every stage, in its order, and the duty that leads to it.
const STAGES: [(Stage, &str, &str); 6] = [
    (Stage::Received, "Received", ""),
    (Stage::Acknowledged, "Read by the team", "acknowledge"),
    (Stage::Confirmed, "Confirmed as a vulnerability", "triage"),
    (Stage::Fixed, "The fix is ready", "fix-complete"),
    (Stage::Released, "Released", ""),
    (Stage::Announced, "Announced", ""),
];

fn told(stage: Stage) -> &'static str {
    match stage {
        Stage::Received => "The security team has your report.",
        Stage::Acknowledged => "The security team has read your report and looks into it.",
        Stage::Confirmed => "It is a vulnerability, and the team works on a fix.",
        Stage::Fixed => "The fix is ready; the release is being prepared.",
        Stage::Released => "The fix is released.",
        Stage::Announced => "The fix is released, and everybody is told.",
    }
}

/// The same of somebody else's case: how far it is, and nothing more.
fn elsewhere(stage: Stage) -> &'static str {
    match stage {
        Stage::Received | Stage::Acknowledged => "The team looks into it.",
        Stage::Confirmed => "The team works on a fix.",
        Stage::Fixed => "A fix is ready; the release is being prepared.",
        Stage::Released | Stage::Announced => "The fix is released.",
    }
}

fn decision(decision: Decision, now: Instant) -> Decided {
    let (title, text) = match &*decision.disposition {
        "not-a-vulnerability" => (
            "The team found that it is no vulnerability",
            "What you saw may well be wrong, but it gives no attacker anything. You may disagree: write below.",
        ),
        "out-of-scope" => (
            "The team found that it is out of scope",
            "It concerns something that this project does not answer for. Write below if you see it otherwise.",
        ),
        "not-reproducible" => (
            "The team could not reproduce it",
            "More detail may change that: exact versions, settings, a recording, a smaller example.",
        ),
        "defense-in-depth" => (
            "The team takes it as a way to harden the project",
            "It is worth doing, and will be done in the open rather than under embargo.",
        ),
        "already-public" => (
            "It was public already",
            "The team works on it in the open; there is nothing left to keep secret.",
        ),
        "duplicate" => (
            "It is known already",
            "Somebody reported the same. You are thanked beside them, as you wish below.",
        ),
        _ => ("The team has decided about it", "What it decided stands in the conversation below."),
    };
    let at = Moment::of(decision.at, now);
    Decided { title, text, reason: decision.reason, at }
}

/// What a promise is called for reporters.
fn promised(duty: &str) -> String {
    match duty {
        "acknowledge" => "read by the team".to_owned(),
        "fix-lead" => "somebody leads".to_owned(),
        "cve" => "CVE id".to_owned(),
        "fix-complete" => "the fix is ready".to_owned(),
        other => words::name(other),
    }
}

fn is_open(promise: &Promise) -> bool {
    matches!(promise.state, State::Open | State::Overdue | State::Held | State::Indeterminate)
}

/// Widths and heights, in units of the picture.
const LABELS: i64 = 150;
const WIDTH: i64 = 640;
const ROW: i64 = 30;
const TOP: i64 = 34;

fn picture(promises: &[Promise], first: Instant, now: Instant) -> Option<Picture> {
    let clocks: Vec<(&Promise, When)> =
        promises.iter().filter_map(|promise| Some((promise, promise.due?))).collect();
    let ends = clocks.iter().flat_map(|(promise, due)| [Some(*due), promise.done_at]).flatten();
    let last = ends.map(When::last).max()?.max(now.min(first + Span::days(60))).max(first + Span::days(1));
    let whole = (last - first).millis().max(1);
    let room = WIDTH - LABELS - 20;
    let place = |at: Instant| {
        let along = (at - first).millis().clamp(0, whole);
        LABELS + i64::try_from(i128::from(along) * i128::from(room) / i128::from(whole)).unwrap_or(0)
    };
    let rows = clocks.iter().zip(0..).map(|((promise, due), row)| {
        let (until, done) = (place(due.first()), promise.done_at.map(|done| place(done.first())));
        let due = Moment::of(*due, now);
        let done_at = promise.done_at.map(|done| Moment::of(done, now).text);
        let done_text = done_at.map(|at| format!(", done {at}")).unwrap_or_default();
        let name = promised(&promise.duty);
        Row {
            y: TOP + row * ROW,
            sentence: format!("{name}: {}, due {}{done_text}", words::state(promise.state), due.text),
            name,
            tone: words::tone(promise.state),
            to: done.unwrap_or_else(|| place(now).min(until)),
            due: until,
            done,
        }
    });
    let rows: Vec<Row> = rows.collect();
    let days = (whole / 86_400_000).max(1);
    let step = usize::try_from((days / 5).max(1)).unwrap_or(1);
    let ticks = (0..=days + 1).step_by(step).filter_map(|day| {
        let at = Instant::midnight(first.day() + day);
        (at >= first && at <= last).then(|| (place(at), format_day(at.day()).split_off(5)))
    });
    Some(Picture {
        height: TOP + i64::try_from(rows.len()).unwrap_or(0) * ROW + 22,
        now: place(now),
        ticks: ticks.collect(),
        rows,
    })
}

/// A size as people say it.
pub fn size(bytes: u64) -> String {
    match bytes {
        0..1_024 => format!("{bytes} bytes"),
        1_024..1_048_576 => format!("{} KiB", bytes / 1_024),
        _ => format!("{} MiB", bytes / 1_048_576),
    }
}

/// The page.
pub fn page(following: Following, caller: &Caller, notice: Notice, megabytes: u64) -> Page {
    let now = following.at;
    let view = following.view;
    let opened = view.about.as_ref().map_or(now, |about| about.opened);
    let room = view.rooms.into_iter().find(|room| room.room == Room::Reporter);
    let (messages, files) = room.map(|room| (room.messages, room.files)).unwrap_or_default();
    let messages = messages.into_iter().map(|message| Message {
        own: message.by == Some(caller.person),
        by: if message.by == Some(caller.person) { "You" } else { "The security team" }.to_owned(),
        at: Moment::new(message.at, now),
        body: inert(&message.body),
    });
    let stage = following.stages.last().map_or(Stage::Received, |(stage, _)| *stage);
    let over = following.decided.is_some() || following.same.is_some();
    let steps = STAGES.iter().filter(|_| !over).map(|(known, name, duty)| {
        let reached = following.stages.iter().find(|(stage, _)| stage == known);
        let promise = following.promises.iter().find(|promise| promise.duty == *duty && is_open(promise));
        let due = promise.and_then(|promise| promise.due).map(|due| Moment::of(due, now));
        Step {
            name,
            at: reached.map(|(_, at)| Moment::of(*at, now)),
            late: reached.is_none() && due.as_ref().is_some_and(|due| due.past),
            due: due.filter(|_| reached.is_none()),
            here: *known == stage,
        }
    });
    // The promise whose time comes first; one without a time only where there
    // is none with.
    let open = following.promises.iter().filter(|promise| is_open(promise) && !following.closed);
    let next = open.min_by_key(|promise| promise.due.map_or(i64::MAX, |due| due.first().millis()));
    let next = next.map(|promise| Next {
        say: promise.say.clone(),
        clauses: promise.clauses.clone(),
        due: promise.due.map(|due| Moment::of(due, now)),
        late: promise.state == State::Overdue,
    });
    let wish = following.wish;
    let name = wish.name.as_ref().map(ToString::to_string).unwrap_or_default();
    Page {
        frame: Frame::open("Your report"),
        project: following.project.1,
        project_id: following.project.0.to_string(),
        policy: following.policy,
        title: view.about.map(|about| about.title).unwrap_or_default(),
        headline: told(stage),
        steps: steps.collect(),
        next,
        picture: picture(&following.promises, opened, now),
        decided: following.decided.map(|decided| decision(decided, now)),
        known: following.same.map(|same| Known {
            since: Moment::new(same.since, now),
            first: same.first,
            stage: elsewhere(same.stage),
            credited: same.credited,
        }),
        closed: following.closed,
        opened: Moment::new(opened, now),
        encrypted: view.report.as_ref().is_some_and(|report| report.encrypted.is_some()),
        answers: view.report.as_ref().map(|report| answers(&report.details)).unwrap_or_default(),
        report: view.report.as_ref().map(|report| inert(&report.body)),
        credit: thanks(Some(wish.thanks), &name),
        name,
        link: wish.link.as_ref().map(ToString::to_string).unwrap_or_default(),
        thanked: Some(wish.thanks),
        messages: messages.collect(),
        files: files
            .into_iter()
            .map(|file| FileLine { id: file.blob, name: file.name, size: size(file.size) })
            .collect(),
        notice,
        once: [once(), once()],
        megabytes,
    }
}
