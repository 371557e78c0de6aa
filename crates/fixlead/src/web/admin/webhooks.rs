//! Webhooks: addresses outside that are told what happens, and what became of it.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use fixlead_app::administration::Administration;
use fixlead_app::problem::Problem;
use fixlead_app::webhooks::evidence::Stage;
use fixlead_app::webhooks::manage::Shown;
use fixlead_core::access::Action;
use fixlead_core::desk::directory::webhook::{WebhookEvent, WebhookState};
use fixlead_core::id::{WebhookId, WorkId};
use fixlead_core::time::{Instant, Span};

use super::shell::{self, Answer, Done, Sent, Shell, Typed};
use crate::api::Wire;
use crate::api::extract::InPath;
use crate::web::page::{self, Frame};
use crate::web::query::Query;
use crate::web::visitor::Visitor;
use crate::web::words::Moment;

/// How many messages a page shows.
const MESSAGES: usize = 100;
/// How long an old secret signs beside the new one.
const OVERLAP: Span = Span::days(1);

/// A webhook.
struct Hook {
    id: String,
    url: String,
    reach: String,
    events: Vec<&'static str>,
    keeper: String,
    state: &'static str,
    tone: &'static str,
    why: String,
    since: Moment,
    delivered: Option<Moment>,
    failing: Option<Moment>,
    overlap: Option<Moment>,
}

/// What became of a message.
struct Message {
    id: String,
    event: &'static str,
    made: Moment,
    stage: &'static str,
    tone: &'static str,
    last: String,
    tries: usize,
    next: Option<Moment>,
}

#[derive(Template)]
#[template(path = "admin-webhooks.html")]
struct List {
    frame: Frame,
    shell: Shell,
    hooks: Vec<Hook>,
    places: Vec<(String, String)>,
    events: Vec<&'static str>,
}

#[derive(Template)]
#[template(path = "admin-webhook.html")]
struct Page {
    frame: Frame,
    shell: Shell,
    hook: Hook,
    events: Vec<&'static str>,
    may_manage: bool,
    may_run: bool,
    messages: Vec<Message>,
    more: bool,
}

impl Page {
    fn is(&self, event: &str) -> bool {
        self.hook.events.contains(&event)
    }
}

#[derive(Template)]
#[template(path = "admin-secret.html")]
struct Secret {
    frame: Frame,
    shell: Shell,
    id: String,
    url: String,
    secret: Option<String>,
}

/// The routes.
pub fn routes() -> Router<Wire> {
    Router::new()
        .route("/admin/webhooks", get(list).post(add))
        .route("/admin/webhooks/{webhook}", get(webhook))
        .route("/admin/webhooks/{webhook}/change", post(change))
        .route("/admin/webhooks/{webhook}/rotate", post(rotate))
        .route("/admin/webhooks/{webhook}/pause", post(pause))
        .route("/admin/webhooks/{webhook}/resume", post(resume))
        .route("/admin/webhooks/{webhook}/remove", post(remove))
        .route("/admin/webhooks/{webhook}/test", post(test))
        .route("/admin/webhooks/{webhook}/messages/{message}/again", post(send_again))
}

fn events() -> Vec<&'static str> {
    let told = WebhookEvent::ALL.iter().filter(|event| **event != WebhookEvent::WebhookTest);
    told.map(|event| event.name()).collect()
}

fn hook(desk: &Administration, shown: &Shown) -> Hook {
    let (now, webhook) = (desk.seen.at, &shown.webhook);
    let moment = |millis: i64| Moment::new(Instant::from_millis(millis), now);
    let (state, tone, why) = match &webhook.state {
        WebhookState::Active if shown.health.failing.is_some() => ("failing", "care", String::new()),
        WebhookState::Active => ("active", "good", String::new()),
        WebhookState::Paused { reason } => ("paused", "care", reason.to_string()),
        WebhookState::Disabled { why } => ("stopped", "bad", why.name().to_owned()),
    };
    Hook {
        id: shown.id.to_string(),
        url: webhook.url.to_string(),
        reach: shell::reach_of(desk, webhook.reach.scope()),
        events: webhook.events.iter().map(|event| event.name()).collect(),
        keeper: webhook.keeper.map_or_else(|| "nobody".to_owned(), |person| desk.parts().name(person)),
        state,
        tone,
        why,
        since: Moment::new(webhook.since, now),
        delivered: shown.health.delivered.map(moment),
        failing: shown.health.failing.map(moment),
        overlap: shown.overlap.map(|until| Moment::new(until, now)),
    }
}

async fn list(State(wire): State<Wire>, visitor: Visitor, Query(done): Query<Done>) -> Answer {
    listed(&wire, visitor, Typed::default(), done.is_so()).await
}

async fn listed(wire: &Wire, visitor: Visitor, typed: Typed, done: bool) -> Answer {
    let desk = wire.desk.administration(&visitor.caller).await?;
    let hooks = wire.desk.webhooks(&visitor.caller).await?;
    let (frame, shell) = shell::shell(&visitor, &desk, "Webhooks", "/admin/webhooks", typed, done);
    let page = List {
        hooks: hooks.iter().map(|shown| hook(&desk, shown)).collect(),
        places: shell::places(&desk, Action::WebhooksManage),
        events: events(),
        frame,
        shell,
    };
    Ok(page::show(page.shell.typed.status(), &page))
}

async fn webhook(
    State(wire): State<Wire>,
    visitor: Visitor,
    InPath(webhook): InPath<WebhookId>,
    Query(done): Query<Done>,
) -> Answer {
    one(&wire, visitor, webhook, Typed::default(), done.is_so()).await
}

async fn one(wire: &Wire, visitor: Visitor, id: WebhookId, typed: Typed, done: bool) -> Answer {
    let desk = wire.desk.administration(&visitor.caller).await?;
    let shown = wire.desk.webhook(&visitor.caller, id).await?;
    let (sent, more) = wire.desk.deliveries(&visitor.caller, id, None, MESSAGES).await?;
    let now = desk.seen.at;
    let moment = |millis: i64| Moment::new(Instant::from_millis(millis), now);
    let messages = sent.iter().map(|delivery| {
        let (stage, tone) = match delivery.stage {
            Stage::Waiting => ("waiting", "care"),
            Stage::Delivered => ("delivered", "good"),
            Stage::Failed => ("failed", "bad"),
            Stage::Withheld => ("withheld", "quiet"),
        };
        let last = delivery.attempts.last().map(|attempt| {
            let status = attempt.status.map(|status| format!(" ({status})")).unwrap_or_default();
            format!("{}{status}", attempt.outcome.name())
        });
        Message {
            id: delivery.message.to_string(),
            event: delivery.event.name(),
            made: moment(delivery.made),
            stage,
            tone,
            last: last.unwrap_or_default(),
            tries: delivery.attempts.len(),
            next: delivery.next.map(moment),
        }
    });
    let messages = messages.collect();
    let may = |action| match desk.seen.directory().webhook(id) {
        Ok((_, within)) => desk.may(action, within),
        Err(_) => false,
    };
    let (frame, shell) = shell::shell(&visitor, &desk, "A webhook", "/admin/webhooks", typed, done);
    let page = Page {
        hook: hook(&desk, &shown),
        events: events(),
        may_manage: may(Action::WebhooksManage),
        may_run: may(Action::WebhooksRun),
        messages,
        more,
        frame,
        shell,
    };
    Ok(page::show(page.shell.typed.status(), &page))
}

/// The page that shows a secret, this once.
async fn secret(wire: &Wire, visitor: &Visitor, id: WebhookId, secret: Option<String>) -> Answer {
    let desk = wire.desk.administration(&visitor.caller).await?;
    let shown = wire.desk.webhook(&visitor.caller, id).await?;
    let (frame, shell) = shell::shell(visitor, &desk, "A secret", "/admin/webhooks", Typed::default(), false);
    let page = Secret { id: id.to_string(), url: shown.webhook.url.to_string(), secret, frame, shell };
    Ok(page::show(StatusCode::CREATED, &page))
}

async fn add(State(wire): State<Wire>, sent: Sent) -> Answer {
    let (id, repeat) = (WebhookId::from_bytes(sent.made("webhook")?), sent.repeat()?);
    let added = async {
        let reach = sent.reach("reach")?;
        let events: Vec<String> = sent.form.all("event").map(str::to_owned).collect();
        let url = sent.form.text("url");
        wire.desk.add_webhook(&sent.visitor.caller, id, reach, url, &events, Some(&repeat)).await
    };
    match added.await {
        Ok((_, made)) => secret(&wire, &sent.visitor, id, made).await,
        Err(problem) => {
            sent.answered::<()>(Err(problem), "add", "", async |visitor, typed| {
                listed(&wire, visitor, typed, false).await
            })
            .await
        }
    }
}

async fn rotate(State(wire): State<Wire>, InPath(id): InPath<WebhookId>, sent: Sent) -> Answer {
    let repeat = sent.repeat()?;
    match wire.desk.rotate_webhook(&sent.visitor.caller, id, OVERLAP, Some(&repeat)).await {
        Ok((_, made)) => secret(&wire, &sent.visitor, id, made).await,
        Err(problem) => done(&wire, sent, id, "rotate", Err::<(), _>(problem)).await,
    }
}

async fn done<T>(wire: &Wire, sent: Sent, id: WebhookId, name: &str, result: Result<T, Problem>) -> Answer {
    let to = format!("/admin/webhooks/{id}");
    sent.answered(result, name, &to, async |visitor, typed| one(wire, visitor, id, typed, false).await).await
}

async fn change(State(wire): State<Wire>, InPath(id): InPath<WebhookId>, sent: Sent) -> Answer {
    let repeat = sent.repeat()?;
    let events: Vec<String> = sent.form.all("event").map(str::to_owned).collect();
    let (caller, url) = (&sent.visitor.caller, sent.form.text("url"));
    let result = wire.desk.change_webhook(caller, id, Some(url), Some(&events), Some(&repeat)).await;
    done(&wire, sent, id, "change", result).await
}

async fn pause(State(wire): State<Wire>, InPath(id): InPath<WebhookId>, sent: Sent) -> Answer {
    let repeat = sent.repeat()?;
    let result = match sent.line("reason") {
        Ok(reason) => wire.desk.pause_webhook(&sent.visitor.caller, id, reason, Some(&repeat)).await,
        Err(problem) => Err(problem),
    };
    done(&wire, sent, id, "pause", result).await
}

async fn resume(State(wire): State<Wire>, InPath(id): InPath<WebhookId>, sent: Sent) -> Answer {
    let repeat = sent.repeat()?;
    let result = wire.desk.resume_webhook(&sent.visitor.caller, id, Some(&repeat)).await;
    done(&wire, sent, id, "resume", result).await
}

async fn remove(State(wire): State<Wire>, InPath(id): InPath<WebhookId>, sent: Sent) -> Answer {
    let repeat = sent.repeat()?;
    let removed = async {
        let reason = sent.line("reason")?;
        wire.desk.remove_webhook(&sent.visitor.caller, id, reason, Some(&repeat)).await
    };
    match removed.await {
        Ok(_) => Ok(page::go("/admin/webhooks?done=1")),
        Err(problem) => done(&wire, sent, id, "remove", Err::<(), _>(problem)).await,
    }
}

async fn test(State(wire): State<Wire>, InPath(id): InPath<WebhookId>, sent: Sent) -> Answer {
    let repeat = sent.repeat()?;
    let result = wire.desk.test_webhook(&sent.visitor.caller, id, Some(&repeat)).await;
    done(&wire, sent, id, "test", result).await
}

async fn send_again(
    State(wire): State<Wire>,
    InPath((id, message)): InPath<(WebhookId, WorkId)>,
    sent: Sent,
) -> Answer {
    let result = wire.desk.redeliver(&sent.visitor.caller, id, message).await;
    done(&wire, sent, id, "test", result).await
}
