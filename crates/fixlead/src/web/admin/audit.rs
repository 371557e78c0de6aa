//! The tamper-evident log: its end, who else keeps it, its entries, and whether
//! all of it is as it was written.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use fixlead_app::audit::{Stands, Wanted as Entries};
use fixlead_core::id::{PersonId, ProjectId};
use fixlead_core::time::Instant;
use serde::Deserialize;

use super::shell::{self, Answer, Sent, Shell, Typed};
use crate::api::Wire;
use crate::serve::verification::State as Checking;
use crate::serve::witnesses::Standing;
use crate::web::page::{self, Frame};
use crate::web::query::Query;
use crate::web::visitor::Visitor;
use crate::web::words::{Moment, span};

/// An entry.
struct Row {
    position: u64,
    at: Moment,
    by: Option<(String, String)>,
    what: String,
    words: &'static str,
    case: Option<String>,
    elsewhere: bool,
    about: Vec<(String, String)>,
}

/// Somebody else who keeps the signed heads.
struct Witness {
    name: String,
    state: &'static str,
    tone: &'static str,
    why: String,
    number: Option<u64>,
    heard: Option<Moment>,
}

/// Whether the log was checked.
struct Checked {
    tone: &'static str,
    words: String,
    running: bool,
    at: Option<Moment>,
}

#[derive(Template)]
#[template(path = "admin-audit.html")]
struct Page {
    frame: Frame,
    shell: Shell,
    number: u64,
    position: u64,
    hash: String,
    heads: Vec<(u64, Moment, String)>,
    witnesses: Vec<Witness>,
    checked: Checked,
    rows: Vec<Row>,
    what: String,
    by: String,
    kinds: Vec<(&'static str, &'static str)>,
    people: Vec<(String, String)>,
    older: Option<u64>,
    newest: bool,
}

/// Which part of the log.
#[derive(Default, Deserialize)]
struct Wanted {
    #[serde(default)]
    before: String,
    #[serde(default)]
    what: String,
    #[serde(default)]
    by: String,
}

/// Kinds of entries to choose from: how their names begin, and what they are.
const KINDS: [(&str, &str); 12] = [
    ("", "all of them"),
    ("read.recorded", "sensitive reads"),
    ("role.", "standing roles"),
    ("person.", "people"),
    ("project.", "projects"),
    ("rota.", "turns"),
    ("webhook.", "webhooks"),
    ("advisories.", "advisories taken in"),
    ("cna.", "keys of CNAs"),
    ("grant.", "roles in cases"),
    ("erasure.", "erasures"),
    ("case.", "cases opened, closed, kept"),
];

/// The routes.
pub fn routes() -> Router<Wire> {
    Router::new().route("/admin/audit", get(audit)).route("/admin/audit/verify", post(verify))
}

/// Bytes as people compare them.
pub fn hex(bytes: &[u8]) -> String {
    fixlead_core::text::hex(bytes)
}

fn checked(state: &Checking, now: Instant) -> Checked {
    match state {
        Checking::Never => Checked {
            tone: "quiet",
            words: "It was not checked since this desk was started.".to_owned(),
            running: false,
            at: None,
        },
        Checking::Running { since } => Checked {
            tone: "open",
            words: format!(
                "It is being checked, for {} now. The desk works on meanwhile.",
                span(now - *since)
            ),
            running: true,
            at: None,
        },
        Checking::Done { at, took, outcome } => {
            let (tone, words) = match outcome {
                Ok(found) => (
                    "good",
                    format!(
                        "Everything is as it was written: {} entries of the chain, {} events in {} streams ({} of \
                         them erased), {} signed heads; in {}.",
                        found.entries,
                        found.events,
                        found.streams.0,
                        found.streams.1,
                        found.heads,
                        span(*took)
                    ),
                ),
                Err(why) => ("bad", why.clone()),
            };
            Checked { tone, words, running: false, at: Some(Moment::new(*at, now)) }
        }
    }
}

async fn audit(State(wire): State<Wire>, visitor: Visitor, Query(wanted): Query<Wanted>) -> Answer {
    let desk = wire.desk.administration(&visitor.caller).await?;
    let end = wire.desk.log_end(&visitor.caller).await?;
    let before = wanted.before.parse().ok();
    let by = PersonId::parse(&wanted.by).ok();
    let entries = Entries { what: wanted.what.clone(), by };
    let found = wire.desk.audit(&visitor.caller, before, &entries).await?;
    let now = desk.seen.at;
    let parts = desk.parts();
    // People and projects are named; everything else stands as it is written.
    let person = |value: &str| PersonId::parse(value).ok().map(|id| parts.name(id));
    let project = |value: &str| ProjectId::parse(value).ok().map(|id| parts.project(id));
    let named = |name: &str, value: String| match name {
        "project" => project(&value).unwrap_or(value),
        _ => person(&value).unwrap_or(value),
    };
    let rows = found.entries.into_iter().map(|entry| Row {
        position: entry.position,
        at: Moment::new(entry.at, now),
        by: entry.by.map(|by| match by {
            Some(person) => (person.to_string(), parts.name(person)),
            None => (String::new(), "the desk".to_owned()),
        }),
        case: match entry.stands {
            Stands::Case(case) => Some(case.to_string()),
            Stands::Directory | Stands::Elsewhere => None,
        },
        elsewhere: entry.stands == Stands::Elsewhere,
        what: entry.what,
        words: entry.words,
        about: entry
            .about
            .into_iter()
            .map(|(name, value)| {
                let value = named(&name, value);
                (name, value)
            })
            .collect(),
    });
    let rows = rows.collect();
    let witnesses = wire.about.witnesses.seen().into_iter().map(|seen| {
        let (state, tone, why) = match &seen.standing {
            None => ("not asked yet", "quiet", String::new()),
            Some(Standing::Level) => ("holds every signed head", "good", String::new()),
            Some(Standing::Behind(why)) => ("behind", "care", why.clone()),
            Some(Standing::Contradicts(head)) => {
                ("contradicts this log", "bad", format!("it holds head {head}, which this log does not know"))
            }
        };
        let heard = seen.heard.map(|at| Moment::new(at, now));
        Witness { name: seen.name, state, tone, why, number: seen.number, heard }
    });
    let heads = end.heads.iter().map(|head| {
        (head.number, Moment::new(Instant::from_millis(head.at), now), hex(&head.signature[..8]))
    });
    let (frame, shell) = shell::shell(&visitor, &desk, "Audit", "/admin/audit", Typed::default(), false);
    let page = Page {
        number: end.number,
        position: end.position,
        hash: hex(&end.hash),
        heads: heads.collect(),
        witnesses: witnesses.collect(),
        checked: checked(&wire.about.verification.state(), now),
        rows,
        what: wanted.what,
        by: by.map(|by| by.to_string()).unwrap_or_default(),
        kinds: KINDS.to_vec(),
        people: desk.seen.names().into_iter().map(|(id, name)| (id.to_string(), name)).collect(),
        older: found.older,
        newest: before.is_none(),
        frame,
        shell,
    };
    Ok(page::show(StatusCode::OK, &page))
}

async fn verify(State(wire): State<Wire>, sent: Sent) -> Answer {
    // Whoever may read the end of the log may have it checked.
    wire.desk.log_end(&sent.visitor.caller).await?;
    Arc::clone(&wire.about.verification).begin();
    Ok(page::go("/admin/audit#checked"))
}
