//! Telling the cases: every step of every case, in the order of time.

use std::collections::BTreeMap;

use fixlead_app::Desk;
use fixlead_app::accounts::Caller;
use fixlead_app::case::act::{Act, Although, Evidence};
use fixlead_app::case::joint::{Join, Joining};
use fixlead_app::case::record::Recording;
use fixlead_app::intake::{More, Report};
use fixlead_app::problem::Problem;
use fixlead_app::repeat::Repeat;
use fixlead_core::access::Role;
use fixlead_core::desk::command::{Command, Source};
use fixlead_core::desk::event::{Room, Visibility};
use fixlead_core::desk::wire::{Body, Line};
use fixlead_core::id::{CaseId, GrantId, MessageId, OfferId};
use fixlead_core::time::{Instant, Span};
use fixlead_formats::lint::Insiders;
use serde_json::Value;

use super::clock::SetClock;
use super::house::{House, draw};
use super::script::{CaseText, Script, StepText, instant};
use super::upstream::Public;
use crate::serve::world;

/// A case that was opened.
pub struct Opened {
    /// Its id.
    pub case: CaseId,
    /// The way back of whoever reported it.
    pub receipt: String,
}

/// What was told.
#[derive(Default)]
pub struct Told(BTreeMap<String, Opened>);

impl Told {
    /// A case by its word.
    pub fn case(&self, name: &str) -> Result<&Opened, String> {
        self.0.get(name).ok_or_else(|| format!("there is no case `{name}` yet"))
    }
}

/// What happens to a case, and when.
struct Happens<'a> {
    at: Instant,
    case: &'a CaseText,
    /// The step; without one it is reported.
    step: Option<&'a StepText>,
}

/// Tells all of them.
pub async fn all(
    desk: &Desk,
    clock: &SetClock,
    house: &House,
    script: &Script,
    public: &Public,
) -> Result<Told, String> {
    let mut happens = Vec::new();
    for case in &script.cases {
        let within = |why: String| format!("case `{}`: {why}", case.name);
        let mut at = instant(&case.reported, script.now).map_err(within)?;
        happens.push(Happens { at, case, step: None });
        for step in &case.steps {
            // Steps keep their order, wherever the slots of this week fall.
            let next = instant(&step.at, script.now).map_err(within)?;
            at = next.max(at + Span::from_millis(20_000)).min(script.now);
            happens.push(Happens { at, case, step: Some(step) });
        }
    }
    happens.sort_by_key(|happens| happens.at);
    let mut told = Told::default();
    let mut woken = script.begins;
    for Happens { at, case, step } in happens {
        // What the clock would have done by then, some times a day.
        while woken + Span::hours(8) < at {
            woken = if at - woken > Span::days(40) { at } else { woken + Span::hours(8) };
            clock.set(woken);
            desk.wake().await.map_err(|problem| problem.to_string())?;
        }
        clock.set(at);
        let Some(step) = step else {
            let opened =
                opened(desk, house, case).await.map_err(|why| format!("case `{}`: {why}", case.name))?;
            told.0.insert(case.name.clone(), opened);
            continue;
        };
        let one = Telling { desk, house, public, told: &told, now: script.now, at };
        let what = |why: String| format!("case `{}`, {} at {}: {why}", case.name, step.by, step.at);
        one.tell(case, step).await.map_err(what)?;
    }
    clock.set(script.now);
    desk.wake().await.map_err(|problem| problem.to_string())?;
    Ok(told)
}

async fn opened(desk: &Desk, house: &House, case: &CaseText) -> Result<Opened, String> {
    let report = Report {
        project: house.project(&case.project)?,
        title: case.title.clone(),
        body: case.body.trim().to_owned(),
        visibility: if case.public { Visibility::Public } else { Visibility::Private },
        channel: Some(case.channel.clone().unwrap_or_else(|| "web".to_owned())),
        credit: case.credit.clone(),
        more: More::default(),
    };
    let taken = desk.take_report(None, report, None).await.map_err(said)?;
    Ok(Opened { case: taken.case, receipt: taken.receipt })
}

pub fn said(problem: Problem) -> String {
    match problem {
        Problem::Held { held } => format!("held by {}: {}", held.clauses.join(", "), held.because),
        Problem::Invalid { errors } => errors
            .into_iter()
            .map(|fault| format!("{} {}", fault.pointer, fault.message))
            .collect::<Vec<_>>()
            .join("; "),
        problem => problem.to_string(),
    }
}

/// One step.
struct Telling<'a> {
    desk: &'a Desk,
    house: &'a House,
    public: &'a Public,
    told: &'a Told,
    now: Instant,
    at: Instant,
}

impl Telling<'_> {
    async fn tell(&self, case: &CaseText, step: &StepText) -> Result<(), String> {
        let known = self.told.case(&case.name)?;
        let (caller, id) = match step.by.as_str() {
            "reporter" => self.desk.by_receipt(&known.receipt).await.map_err(said)?,
            name => (self.house.caller(self.house.person(name)?, self.at), known.case),
        };
        let because = Line::tamed(step.because.as_deref().unwrap_or("as agreed"));
        let although =
            step.although.as_deref().map(|reason| Although { reason: Line::tamed(reason), subject: None });
        if let Some(event) = &step.done {
            return self.record(&caller, id, event, Source::Done, although, evidence(step)).await;
        }
        if let Some(event) = &step.found {
            return self.record(&caller, id, event, Source::Found, None, evidence(step)).await;
        }
        if step.repository == Some(true) {
            let repeat = Repeat::new(&world::random_id().to_string(), b"fix").map_err(said)?;
            return self.desk.open_fix(&caller, id, repeat).await.map(drop).map_err(said);
        }
        if let Some(name) = &step.push {
            return self.public.push(self.desk, &caller, id, name).await;
        }
        if let Some(into) = &step.merge {
            let what = Join::Merge(self.told.case(into)?.case);
            let joining = Joining { what, reason: because, expected: None, repeat: None };
            return self.desk.relate(&caller, id, joining).await.map(drop).map_err(said);
        }
        if let Some(name) = &step.attach {
            let bytes = step.text.clone().unwrap_or_default().into_bytes();
            let attached = self.desk.attach(&caller, id, room(step)?, name, bytes, None).await;
            return attached.map(drop).map_err(said);
        }
        if let Some(text) = &step.advisory {
            let over = self.desk.advisory(&caller, id, &Insiders::default()).await.map_err(said)?.version;
            let text = self.filled(text)?;
            return self.desk.write_advisory(&caller, id, &text, over, None).await.map(drop).map_err(said);
        }
        if let Some(why) = &step.publish {
            let own = Insiders::default();
            let asked = self.desk.ask_publication(&caller, id, (Line::tamed(why), None), &own, None).await;
            return asked.map(drop).map_err(said);
        }
        if step.confirm == Some(true) {
            let asked = self.desk.advisory(&caller, id, &Insiders::default()).await.map_err(said)?.asked;
            let (offer, ..) = asked.ok_or("nobody has asked for a publication")?;
            let public =
                self.desk.publish_advisory(&caller, id, offer, None, &Insiders::default(), None).await;
            return public.map(drop).map_err(said);
        }
        let command = self.command(&caller, id, step, because).await?;
        let act = Act { although, ..Act::new(command) };
        self.desk.act(&caller, id, act).await.map(drop).map_err(said)
    }

    async fn command(
        &self,
        caller: &Caller,
        case: CaseId,
        step: &StepText,
        reason: Line,
    ) -> Result<Command, String> {
        let grant = GrantId::from_bytes(draw());
        if let Some(text) = &step.say {
            let id = MessageId::from_bytes(draw());
            return Ok(Command::Post { id, room: room(step)?, body: body(text)?, answers: None });
        }
        if let Some(text) = &step.note {
            return Ok(Command::Note { text: body(text)? });
        }
        if step.lead == Some(true) {
            return Ok(Command::Volunteer { grant });
        }
        if let Some(to) = &step.offer {
            let (offer, to) = (OfferId::from_bytes(draw()), self.house.person(to)?);
            return Ok(Command::OfferLead { offer, to, reason });
        }
        if step.accept == Some(true) {
            let view = self.desk.read(caller, case).await.map_err(said)?;
            let offered = view.standing.and_then(|standing| standing.handoff);
            let (offer, _) = offered.ok_or("no lead is offered")?;
            return Ok(Command::AcceptLead { offer, grant });
        }
        if let Some(whom) = &step.ask {
            let person = self.house.person(whom)?;
            let role = match step.r#as.as_deref() {
                Some("release-manager") => Role::ReleaseManager,
                Some("distributor") => Role::Distributor,
                Some("guest") => Role::Guest,
                _ => Role::FixTeam,
            };
            return Ok(Command::Give { grant, person, role, reason, until: None });
        }
        if let Some(why) = &step.close {
            return Ok(Command::Close { reason: Line::tamed(why), overriding: None });
        }
        if let Some(whom) = &step.recuse {
            return Ok(Command::Recuse { person: self.house.person(whom)?, reason });
        }
        if step.restrict == Some(true) {
            return Ok(Command::Restrict { reason });
        }
        Err("the step says nothing to do".to_owned())
    }

    async fn record(
        &self,
        caller: &Caller,
        case: CaseId,
        event: &Value,
        source: Source,
        although: Option<Although>,
        evidence: Option<Evidence>,
    ) -> Result<(), String> {
        let event = self.filled_in(event)?;
        let kind = event["type"].as_str().unwrap_or_default().to_owned();
        let about = |problem: Problem| format!("{kind}: {}", said(problem));
        let expected = self.desk.read(caller, case).await.map_err(about)?.version;
        let repeat =
            Repeat::new(&world::random_id().to_string(), event.to_string().as_bytes()).map_err(about)?;
        let recording = Recording { event, source, expected, although, evidence };
        self.desk.record(caller, case, recording, repeat).await.map(drop).map_err(about)
    }

    /// An event with its people and instants.
    fn filled_in(&self, event: &Value) -> Result<Value, String> {
        Ok(match event {
            Value::String(text) => Value::String(self.filled(text)?),
            Value::Array(list) => {
                Value::Array(list.iter().map(|one| self.filled_in(one)).collect::<Result<_, _>>()?)
            }
            Value::Object(fields) => {
                let mut filled = serde_json::Map::new();
                for (name, value) in fields {
                    filled.insert(name.clone(), self.filled_in(value)?);
                }
                Value::Object(filled)
            }
            other => other.clone(),
        })
    }

    fn filled(&self, text: &str) -> Result<String, String> {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (word, after) = after.split_once('}').ok_or_else(|| format!("`{text}` lacks a }}"))?;
            filled.push_str(before);
            match self.house.person(word) {
                Ok(person) => filled.push_str(&person.to_string()),
                Err(_) => filled.push_str(&instant(word, self.now)?.to_string()),
            }
            rest = after;
        }
        filled.push_str(rest);
        Ok(filled)
    }
}

/// What is given as evidence with an event.
fn evidence(step: &StepText) -> Option<Evidence> {
    let text = Line::tamed(step.text.as_deref().unwrap_or_default());
    let reference = step.reference.as_deref().map(Line::tamed);
    step.evidence.as_deref().map(|duty| Evidence { duty: Line::tamed(duty), text, reference })
}

fn room(step: &StepText) -> Result<Room, String> {
    match step.room.as_deref() {
        Some("reporter") => Ok(Room::Reporter),
        Some("guest") => Ok(Room::Guest),
        Some("internal") | None => Ok(Room::Internal),
        Some(other) => Err(format!("there is no room `{other}`")),
    }
}

fn body(text: &str) -> Result<Body, String> {
    Body::new(text.trim()).map_err(str::to_owned)
}
