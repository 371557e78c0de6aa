//! Setting webhooks up, and seeing what became of what was sent.

use fixlead_core::access::{Action, Within};
use fixlead_core::desk::directory::Webhook;
use fixlead_core::desk::directory::command::DirectoryCommand;
use fixlead_core::desk::directory::event::Reach;
use fixlead_core::desk::directory::webhook::{WebhookCommand, WebhookEvent};
use fixlead_core::desk::wire::Line;
use fixlead_core::id::{StreamId, WebhookId, WorkId};
use fixlead_core::time::{Instant, Span};
use fixlead_store::{Append, Outcome, WorkChange};

use super::address::Address;
use super::evidence::{Delivery, Health, Stage};
use super::sign::Key;
use super::{Job, WEBHOOKS};
use crate::accounts::Caller;
use crate::desk::Desk;
use crate::directory::{Directed, Snapshot};
use crate::problem::{Problem, Result};
use crate::repeat::Repeat;

/// How often a change is tried that others can come between.
const TRIES: usize = 20;

/// A webhook as those see it who may.
#[derive(Clone, Debug)]
pub struct Shown {
    /// Which.
    pub id: WebhookId,
    /// What the directory says of it.
    pub webhook: Webhook,
    /// How it has been lately.
    pub health: Health,
    /// Whether a second secret signs, and until when.
    pub overlap: Option<Instant>,
}

impl Desk {
    /// Whoever asks may do this with a webhook; for those who may not know of
    /// it there is none.
    fn webhook_permit(
        &self,
        snapshot: &Snapshot,
        caller: &Caller,
        action: Action,
        id: WebhookId,
    ) -> Result<(Webhook, Within)> {
        let (webhook, within) = snapshot.directory.webhook(id).map_err(|_| Problem::NotFound)?;
        self.directory_permit(snapshot, caller, action, within)?;
        Ok((webhook.clone(), within))
    }

    fn read_events(events: &[String]) -> Result<Vec<WebhookEvent>> {
        let known = || {
            let names = WebhookEvent::ALL.iter().filter(|event| **event != WebhookEvent::WebhookTest);
            names.map(|event| event.name()).collect::<Vec<_>>().join(", ")
        };
        if events.is_empty() {
            return Err(Problem::invalid("/events", format!("name at least one of {}", known())));
        }
        let read = |(place, name): (usize, &String)| {
            let event = WebhookEvent::parse(name).filter(|event| *event != WebhookEvent::WebhookTest);
            event.ok_or_else(|| {
                Problem::invalid(format!("/events/{place}"), format!("no such event; known are {}", known()))
            })
        };
        events.iter().enumerate().map(read).collect()
    }

    fn read_url(&self, url: &str) -> Result<Line> {
        let wrong = |message: &str| Problem::invalid("/url", message);
        let address = Address::parse(url).map_err(wrong)?;
        match address.refusal(self.inner.settings.webhooks_inside) {
            Some(message) => Err(wrong(message)),
            None => Line::new(url).map_err(wrong),
        }
    }

    /// Has an address told of events. The secret is told once; to a request
    /// that is repeated it is not told again.
    pub async fn add_webhook(
        &self,
        caller: &Caller,
        webhook: WebhookId,
        reach: Reach,
        url: &str,
        events: &[String],
        repeat: Option<&Repeat>,
    ) -> Result<(Directed, Option<String>)> {
        // Whether they may at all comes before what is wrong with it.
        let snapshot = self.directory().await?;
        let within = match reach {
            Reach::Installation => Within::Installation,
            Reach::Organisation(id) => Within::Organisation(id),
            Reach::Project(id) => snapshot.directory.within(id).map_err(|_| Problem::NotFound)?,
        };
        self.directory_permit(&snapshot, caller, Action::WebhooksManage, within)?;
        let (url, events) = (self.read_url(url)?, Self::read_events(events)?);
        let key = Key::from_bytes(self.draw());
        let secret = key.hash().ok_or(Problem::Unavailable { retry_after: 1 })?;
        let record = Self::keep_secret(webhook, &secret, Some(&key), 0, None);
        let add = WebhookCommand::Add { webhook, reach, url, events, secret };
        let command = DirectoryCommand::Webhook(add);
        let directed = self.direct_with(caller, command, None, repeat, vec![record]).await?;
        Ok((directed, (!directed.repeated).then(|| key.text())))
    }

    /// Has it be somewhere else, or told of something else.
    pub async fn change_webhook(
        &self,
        caller: &Caller,
        webhook: WebhookId,
        url: Option<&str>,
        events: Option<&[String]>,
        repeat: Option<&Repeat>,
    ) -> Result<Directed> {
        let snapshot = self.directory().await?;
        let (known, _) = self.webhook_permit(&snapshot, caller, Action::WebhooksManage, webhook)?;
        let url = url.map_or(Ok(known.url), |url| self.read_url(url))?;
        let events = events.map_or(Ok(known.events), Self::read_events)?;
        let command = DirectoryCommand::Webhook(WebhookCommand::Change { webhook, url, events });
        self.direct(caller, command, None, repeat).await
    }

    /// Gives it a new secret; the one before signs too for as long as is said.
    pub async fn rotate_webhook(
        &self,
        caller: &Caller,
        webhook: WebhookId,
        overlap: Span,
        repeat: Option<&Repeat>,
    ) -> Result<(Directed, Option<String>)> {
        let snapshot = self.directory().await?;
        let (known, _) = self.webhook_permit(&snapshot, caller, Action::WebhooksManage, webhook)?;
        let until = self.now() + overlap;
        let key = Key::from_bytes(self.draw());
        let secret = key.hash().ok_or(Problem::Unavailable { retry_after: 1 })?;
        let mut records = vec![Self::keep_secret(webhook, &secret, Some(&key), 0, None)];
        for (place, (hash, _)) in known.secrets.iter().enumerate() {
            if let Some((version, old)) = self.secret(webhook, hash).await? {
                // The newest goes on for a while; who rotates in a hurry means
                // the one before it.
                let old = (place == 0).then_some(&old);
                records.push(Self::keep_secret(webhook, hash, old, version, Some(until)));
            }
        }
        let command = DirectoryCommand::Webhook(WebhookCommand::Rotate { webhook, secret, until });
        let directed = self.direct_with(caller, command, None, repeat, records).await?;
        Ok((directed, (!directed.repeated).then(|| key.text())))
    }

    /// Stops it for a while; what happens meanwhile it is not told.
    pub async fn pause_webhook(
        &self,
        caller: &Caller,
        webhook: WebhookId,
        reason: Line,
        repeat: Option<&Repeat>,
    ) -> Result<Directed> {
        let command = DirectoryCommand::Webhook(WebhookCommand::Pause { webhook, reason });
        self.direct(caller, command, None, repeat).await
    }

    /// Has it go on. Whoever does so keeps it from now on.
    pub async fn resume_webhook(
        &self,
        caller: &Caller,
        webhook: WebhookId,
        repeat: Option<&Repeat>,
    ) -> Result<Directed> {
        let command = DirectoryCommand::Webhook(WebhookCommand::Resume { webhook });
        self.direct(caller, command, None, repeat).await
    }

    /// Takes it away, with its secrets.
    pub async fn remove_webhook(
        &self,
        caller: &Caller,
        webhook: WebhookId,
        reason: Line,
        repeat: Option<&Repeat>,
    ) -> Result<Directed> {
        let snapshot = self.directory().await?;
        let mut records = Vec::new();
        if let Ok((known, _)) = self.webhook_permit(&snapshot, caller, Action::WebhooksRun, webhook) {
            for (hash, _) in &known.secrets {
                if let Some((version, _)) = self.secret(webhook, hash).await? {
                    records.push(Self::keep_secret(webhook, hash, None, version, None));
                }
            }
        }
        let command = DirectoryCommand::Webhook(WebhookCommand::Remove { webhook, reason });
        self.direct_with(caller, command, None, repeat, records).await
    }

    /// The webhooks that whoever asks may see.
    pub async fn webhooks(&self, caller: &Caller) -> Result<Vec<Shown>> {
        let snapshot = self.directory().await?;
        let mut shown = Vec::new();
        let mut refused = None;
        for id in snapshot.directory.webhooks.keys() {
            match self.webhook_permit(&snapshot, caller, Action::WebhooksRead, *id) {
                Ok((webhook, _)) => shown.push(self.shown_webhook(*id, webhook).await?),
                Err(problem) => refused = Some(problem),
            }
        }
        // Who may see none at all is told so, whether there are any or not.
        if shown.is_empty() {
            let somewhere = |within| self.directory_permit(&snapshot, caller, Action::WebhooksRead, within);
            let projects = snapshot.directory.projects.iter();
            let mut places = projects.map(|(id, record)| Within::Project(record.organisation, *id));
            let whole = somewhere(Within::Installation);
            if whole.is_err() && !places.any(|within| somewhere(within).is_ok()) {
                return Err(
                    refused.unwrap_or_else(|| whole.map_or_else(Problem::from, |_| Problem::NotFound))
                );
            }
        }
        Ok(shown)
    }

    /// One of them.
    pub async fn webhook(&self, caller: &Caller, id: WebhookId) -> Result<Shown> {
        let snapshot = self.directory().await?;
        let (webhook, _) = self.webhook_permit(&snapshot, caller, Action::WebhooksRead, id)?;
        self.shown_webhook(id, webhook).await
    }

    async fn shown_webhook(&self, id: WebhookId, webhook: Webhook) -> Result<Shown> {
        let now = self.now();
        let overlap = webhook.secrets.iter().filter_map(|(_, until)| *until).find(|until| now < *until);
        Ok(Shown { id, webhook, health: self.health(id).await?, overlap })
    }

    /// Sends a message that says nothing, to see whether it arrives. Its id.
    pub async fn test_webhook(
        &self,
        caller: &Caller,
        webhook: WebhookId,
        repeat: Option<&Repeat>,
    ) -> Result<WorkId> {
        if let Some(message) = self.repeated::<WorkId>(caller.person, repeat).await? {
            return Ok(message);
        }
        for _ in 0..TRIES {
            let snapshot = self.directory().await?;
            let (_, within) = self.webhook_permit(&snapshot, caller, Action::WebhooksRun, webhook)?;
            let permit = self.directory_permit(&snapshot, caller, Action::WebhooksRun, within)?;
            let now = self.now();
            let job = Job { webhook, event: WebhookEvent::WebhookTest, version: 0, made: now.millis() };
            let message = WorkId::from_bytes(self.draw());
            let mut append = Append::to(self.inner.installation.into(), snapshot.version);
            append.work.push(WorkChange::Put { id: message, lane: WEBHOOKS, due: now, body: job.body() });
            append.idempotency = self.remember(caller.person, repeat, &message);
            match self.inner.store.append(&permit, append).await? {
                Outcome::Appended { .. } => return Ok(message),
                Outcome::Repeated { answer } => return crate::repeat::answer(repeat, &answer),
                _ => {}
            }
        }
        Err(Problem::Unavailable { retry_after: 1 })
    }

    /// Whether somebody may be told that a message was about a case.
    async fn may_see(&self, caller: &Caller, snapshot: &Snapshot, delivery: &Delivery) -> Result<bool> {
        let Some(case) = delivery.case else { return Ok(true) };
        match self.kept(case).await {
            Ok(kept) => Ok(self.case_permit(caller, snapshot, &kept.file, Action::CaseRead).is_ok()
                || self.case_permit(caller, snapshot, &kept.file, Action::LogRead).is_ok()),
            // What was erased is nobody's to see any more.
            Err(Problem::NotFound) => Ok(false),
            Err(problem) => Err(problem),
        }
    }

    /// What became of what was sent, the newest first; of cases, those that
    /// whoever asks may know of.
    ///
    /// A page begins after the message that is given, and says whether there
    /// are more.
    pub async fn deliveries(
        &self,
        caller: &Caller,
        webhook: WebhookId,
        after: Option<WorkId>,
        limit: usize,
    ) -> Result<(Vec<Delivery>, bool)> {
        let snapshot = self.directory().await?;
        self.webhook_permit(&snapshot, caller, Action::WebhooksRead, webhook)?;
        let mut all = self.deliveries_of(webhook).await?;
        all.sort_by_key(|delivery| std::cmp::Reverse((delivery.made, delivery.message)));
        let start = match after {
            None => 0,
            Some(message) => {
                let place = all.iter().position(|delivery| delivery.message == message);
                let gone = "there is no such message any more; leave `after` out to begin anew";
                place.ok_or_else(|| Problem::invalid("", gone))? + 1
            }
        };
        let mut seen = Vec::new();
        for delivery in all.drain(start..) {
            if self.may_see(caller, &snapshot, &delivery).await? {
                if seen.len() == limit {
                    return Ok((seen, true));
                }
                seen.push(delivery);
            }
        }
        Ok((seen, false))
    }

    /// Sends a message again, under the same id, with as many attempts as the
    /// first time.
    pub async fn redeliver(&self, caller: &Caller, webhook: WebhookId, message: WorkId) -> Result<()> {
        for _ in 0..TRIES {
            let snapshot = self.directory().await?;
            let (_, within) = self.webhook_permit(&snapshot, caller, Action::WebhooksRun, webhook)?;
            let found = self.delivery(webhook, message).await?.ok_or(Problem::NotFound)?;
            let mut delivery = found.value;
            if !self.may_see(caller, &snapshot, &delivery).await? {
                return Err(Problem::NotFound);
            }
            let now = self.now();
            let (event, version, made) = (delivery.event, delivery.version, delivery.made);
            let job = Job { webhook, event, version, made };
            (delivery.stage, delivery.tries, delivery.next) = (Stage::Waiting, 0, Some(now.millis()));
            let record = self.keep_delivery(webhook, &delivery, found.version)?;
            let (permit, stream, expected) = match delivery.case {
                None => {
                    let permit = self.directory_permit(&snapshot, caller, Action::WebhooksRun, within)?;
                    (permit, StreamId::from(self.inner.installation), snapshot.version)
                }
                Some(case) => {
                    let kept = self.kept(case).await?;
                    let permit = self.own_permit(&kept.file, Action::ReminderRecord)?;
                    (permit, StreamId::from(case), kept.version)
                }
            };
            let mut append = Append::to(stream, expected);
            append.work.push(WorkChange::Put { id: message, lane: WEBHOOKS, due: now, body: job.body() });
            append.records.push(record);
            if let Outcome::Appended { .. } = self.inner.store.append(&permit, append).await? {
                return Ok(());
            }
        }
        Err(Problem::Unavailable { retry_after: 1 })
    }
}
