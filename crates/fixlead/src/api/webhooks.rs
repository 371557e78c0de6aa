//! Webhooks: addresses outside that are told what happens, and what became of
//! what they were told. `docs/formats/webhooks.md` says what they receive.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use fixlead_app::accounts::Caller;
use fixlead_app::directory::Directed;
use fixlead_app::problem::Problem;
use fixlead_app::webhooks::evidence::Delivery;
use fixlead_app::webhooks::manage::Shown;
use fixlead_app::webhooks::message_name;
use fixlead_core::desk::directory::event::Reach;
use fixlead_core::desk::directory::webhook::WebhookState;
use fixlead_core::desk::wire::Line;
use fixlead_core::id::{WebhookId, WorkId};
use fixlead_core::time::{Instant, Span};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Wire;
use super::answer::{json, versioned};
use super::extract::{InPath, Once, Page, query};
use super::problem::{ProblemDocument, Refusal};
use super::shapes::{
    self, Id, Length, MessageName, Moment, ReachName, WebhookEventName, WebhookSecret, WebhookToldName,
    WebhookUrl,
};

/// How long an old secret signs beside the new one if nobody says: a day.
const USUAL_OVERLAP: Span = Span::hours(24);

/// The webhooks that somebody may see.
#[derive(Serialize, ToSchema)]
pub struct Webhooks {
    /// All of them.
    items: Vec<WebhookView>,
}

/// A webhook.
#[derive(Serialize, ToSchema)]
pub struct WebhookView {
    /// Which.
    #[schema(value_type = Id)]
    webhook: String,
    /// Whose events it is told of: `{"project": ID}`, `{"organisation": ID}` or `installation`.
    #[schema(value_type = ReachName)]
    reach: Reach,
    /// Where it is.
    #[schema(value_type = WebhookUrl)]
    url: String,
    /// What it is told of.
    #[schema(value_type = Vec<WebhookEventName>)]
    events: Vec<&'static str>,
    /// Whoever keeps it: it is told of a case what they may know.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Id>)]
    keeper: Option<String>,
    /// `active`, `paused` or `disabled`.
    state: &'static str,
    /// Why it is not called: a reason that somebody gave, or `failing`, `gone` or `keeper`.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    /// Since when it is so (RFC 3339).
    #[schema(value_type = Moment)]
    since: String,
    /// When it was added (RFC 3339).
    #[schema(value_type = Moment)]
    added: String,
    /// Until when the secret before the present one signs too (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Moment>)]
    overlap: Option<String>,
    /// When something was last delivered, to the hour (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Moment>)]
    delivered: Option<String>,
    /// Since when nothing is (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Moment>)]
    failing: Option<String>,
}

impl WebhookView {
    fn of(shown: &Shown) -> Self {
        let Shown { id, webhook, health, overlap } = shown;
        let (state, why) = match &webhook.state {
            WebhookState::Active => ("active", None),
            WebhookState::Paused { reason } => ("paused", Some(reason.to_string())),
            WebhookState::Disabled { why } => ("disabled", Some(why.name().to_owned())),
        };
        WebhookView {
            webhook: id.to_string(),
            reach: webhook.reach,
            url: webhook.url.to_string(),
            events: webhook.events.iter().map(|event| event.name()).collect(),
            keeper: webhook.keeper.map(|person| person.to_string()),
            state,
            why,
            since: webhook.since.to_string(),
            added: webhook.added.to_string(),
            overlap: overlap.map(|until| until.to_string()),
            delivered: health.delivered.map(at),
            failing: health.failing.map(at),
        }
    }
}

fn at(millis: i64) -> String {
    Instant::from_millis(millis).to_string()
}

/// A webhook that was changed; with a new secret, if there is one.
#[derive(Serialize, ToSchema)]
pub struct WebhookChanged {
    /// Which.
    #[schema(value_type = Id)]
    webhook: String,
    /// The version of the directory after it.
    version: u64,
    /// The secret that signs (`whsec_…`): shown once, and to nobody who repeats
    /// the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<WebhookSecret>)]
    secret: Option<String>,
}

/// An address to be told of events.
#[derive(Deserialize, ToSchema)]
pub struct AddWebhook {
    /// Whose events: `{"project": ID}`, `{"organisation": ID}` or `installation`.
    #[schema(value_type = ReachName)]
    reach: Reach,
    /// Where: an `https://` address without a name or password in it.
    #[schema(value_type = WebhookUrl)]
    url: String,
    /// Of what: `report.received`, `case.updated`, `case.released`, `case.closed`, `duty.due-soon`, `duty.overdue`.
    #[schema(value_type = Vec<WebhookEventName>, min_items = 1)]
    events: Vec<String>,
}

/// What is to be different.
#[derive(Deserialize, ToSchema)]
pub struct ChangeWebhook {
    /// Where it is; as before, if left out.
    #[schema(value_type = Option<WebhookUrl>)]
    url: Option<String>,
    /// What it is told of; as before, if left out.
    #[schema(value_type = Option<Vec<WebhookEventName>>, min_items = 1)]
    events: Option<Vec<String>>,
}

/// A new secret.
#[derive(Deserialize, ToSchema)]
pub struct RotateWebhook {
    /// How long the one before it signs too, as an ISO-8601 duration of at most `P7D`; a day if left out.
    #[schema(value_type = Option<Length>)]
    overlap: Option<String>,
}

/// Why.
#[derive(Deserialize, ToSchema)]
pub struct WebhookReason {
    /// Why.
    #[schema(value_type = shapes::Line)]
    reason: Line,
}

/// Nothing to say.
#[derive(Deserialize, ToSchema)]
pub struct WebhookNothing {}

/// A message that is on its way.
#[derive(Serialize, ToSchema)]
pub struct MessageSent {
    /// Its id, as the receiver sees it in `webhook-id`.
    #[schema(value_type = MessageName)]
    message: String,
}

/// What became of messages, the newest first.
#[derive(Serialize, ToSchema)]
pub struct Deliveries {
    /// A page of them.
    items: Vec<DeliveryView>,
    /// What to send as `after` for the next page.
    #[schema(value_type = Option<MessageName>)]
    next: Option<String>,
}

/// What became of a message.
#[derive(Serialize, ToSchema)]
pub struct DeliveryView {
    /// Its id, as the receiver sees it in `webhook-id`.
    #[schema(value_type = MessageName)]
    message: String,
    /// What it tells of.
    #[schema(value_type = WebhookToldName)]
    event: &'static str,
    /// The case it tells of.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Id>)]
    case: Option<String>,
    /// When that was recorded (RFC 3339).
    #[schema(value_type = Moment)]
    made: String,
    /// `waiting`, `delivered`, `failed` or `withheld`.
    #[schema(value_type = String)]
    stage: fixlead_app::webhooks::evidence::Stage,
    /// When it is tried next (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Moment>)]
    next: Option<String>,
    /// The attempts, the first one first.
    attempts: Vec<AttemptView>,
}

/// An attempt.
#[derive(Serialize, ToSchema)]
pub struct AttemptView {
    /// When (RFC 3339).
    #[schema(value_type = Moment)]
    at: String,
    /// `delivered`, `rejected`, `unknown`, `unreachable`, `untrusted`, `unresolved`, `forbidden` or `withheld`.
    outcome: &'static str,
    /// The status of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    /// How long it took, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    milliseconds: Option<i64>,
}

impl DeliveryView {
    fn of(delivery: &Delivery) -> Self {
        let attempts = delivery.attempts.iter().map(|attempt| AttemptView {
            at: at(attempt.at),
            outcome: attempt.outcome.name(),
            status: attempt.status,
            milliseconds: attempt.took,
        });
        DeliveryView {
            message: message_name(delivery.message),
            event: delivery.event.name(),
            case: delivery.case.map(|case| case.to_string()),
            made: at(delivery.made),
            stage: delivery.stage,
            next: delivery.next.map(at),
            attempts: attempts.collect(),
        }
    }
}

/// The routes.
pub fn routes() -> OpenApiRouter<Wire> {
    OpenApiRouter::new()
        .routes(routes!(list, add))
        .routes(routes!(show))
        .routes(routes!(change))
        .routes(routes!(rotate))
        .routes(routes!(pause))
        .routes(routes!(resume))
        .routes(routes!(remove))
        .routes(routes!(test))
        .routes(routes!(deliveries))
        .routes(routes!(redeliver))
}

fn changed(status: StatusCode, webhook: WebhookId, directed: Directed, secret: Option<String>) -> Response {
    let (webhook, version) = (webhook.to_string(), directed.version);
    versioned(status, &WebhookChanged { webhook, version, secret }, version)
}

/// The id of a message, as receivers see it.
fn message(text: &str) -> Result<WorkId, Problem> {
    let id = text.strip_prefix("msg_").and_then(|id| WorkId::parse(id).ok());
    id.ok_or(Problem::NotFound)
}

/// Lists the webhooks that one may see.
#[utoipa::path(get, path = "/api/v1/webhooks", tag = "webhooks",
    responses((status = 200, body = Webhooks), (status = 401, body = ProblemDocument),
        (status = 403, body = ProblemDocument), (status = 404, body = ProblemDocument)))]
async fn list(State(wire): State<Wire>, caller: Caller) -> Result<Response, Refusal> {
    let items = wire.desk.webhooks(&caller).await?.iter().map(WebhookView::of).collect();
    Ok(json(StatusCode::OK, &Webhooks { items }))
}

/// Has an address told of events. The secret is in this answer and nowhere else.
#[utoipa::path(post, path = "/api/v1/webhooks", tag = "webhooks", request_body = AddWebhook,
    responses((status = 201, body = WebhookChanged), (status = 401, body = ProblemDocument),
        (status = 403, body = ProblemDocument), (status = 404, body = ProblemDocument),
        (status = 422, body = ProblemDocument)))]
async fn add(
    State(wire): State<Wire>,
    caller: Caller,
    Once(AddWebhook { reach, url, events }, repeat): Once<AddWebhook>,
) -> Result<Response, Refusal> {
    let webhook = WebhookId::from_bytes(repeat.id(caller.person, "webhook"));
    let (directed, secret) =
        wire.desk.add_webhook(&caller, webhook, reach, &url, &events, Some(&repeat)).await?;
    Ok(changed(StatusCode::CREATED, webhook, directed, secret))
}

/// Shows a webhook, without its secret.
#[utoipa::path(get, path = "/api/v1/webhooks/{webhook}", tag = "webhooks", params(("webhook" = String, Path)),
    responses((status = 200, body = WebhookView), (status = 401, body = ProblemDocument),
        (status = 404, body = ProblemDocument)))]
async fn show(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(webhook): InPath<WebhookId>,
) -> Result<Response, Refusal> {
    let shown = wire.desk.webhook(&caller, webhook).await?;
    Ok(json(StatusCode::OK, &WebhookView::of(&shown)))
}

/// Has it be somewhere else, or told of something else. Whoever does so keeps
/// it from now on.
#[utoipa::path(post, path = "/api/v1/webhooks/{webhook}/change", tag = "webhooks",
    params(("webhook" = String, Path)), request_body = ChangeWebhook,
    responses((status = 200, body = WebhookChanged), (status = 401, body = ProblemDocument),
        (status = 403, body = ProblemDocument), (status = 404, body = ProblemDocument),
        (status = 422, body = ProblemDocument)))]
async fn change(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(webhook): InPath<WebhookId>,
    Once(ChangeWebhook { url, events }, repeat): Once<ChangeWebhook>,
) -> Result<Response, Refusal> {
    let directed =
        wire.desk.change_webhook(&caller, webhook, url.as_deref(), events.as_deref(), Some(&repeat)).await?;
    Ok(changed(StatusCode::OK, webhook, directed, None))
}

/// Gives it a new secret. For a while both sign, so that nothing is lost while
/// the receiver changes over.
#[utoipa::path(post, path = "/api/v1/webhooks/{webhook}/secret", tag = "webhooks",
    params(("webhook" = String, Path)), request_body = RotateWebhook,
    responses((status = 200, body = WebhookChanged), (status = 401, body = ProblemDocument),
        (status = 403, body = ProblemDocument), (status = 404, body = ProblemDocument),
        (status = 422, body = ProblemDocument)))]
async fn rotate(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(webhook): InPath<WebhookId>,
    Once(RotateWebhook { overlap }, repeat): Once<RotateWebhook>,
) -> Result<Response, Refusal> {
    let overlap = match overlap {
        None => USUAL_OVERLAP,
        Some(text) => Span::parse(&text)
            .ok()
            .filter(|span| Span::ZERO <= *span && *span <= Span::days(7))
            .ok_or_else(|| Problem::invalid("/overlap", "a span from PT0S to P7D, like P1D"))?,
    };
    let (directed, secret) = wire.desk.rotate_webhook(&caller, webhook, overlap, Some(&repeat)).await?;
    Ok(changed(StatusCode::OK, webhook, directed, secret))
}

/// Stops calling it for a while. What happens meanwhile it is not told.
#[utoipa::path(post, path = "/api/v1/webhooks/{webhook}/pause", tag = "webhooks",
    params(("webhook" = String, Path)), request_body = WebhookReason,
    responses((status = 200, body = WebhookChanged), (status = 401, body = ProblemDocument),
        (status = 403, body = ProblemDocument), (status = 404, body = ProblemDocument),
        (status = 422, body = ProblemDocument)))]
async fn pause(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(webhook): InPath<WebhookId>,
    Once(WebhookReason { reason }, repeat): Once<WebhookReason>,
) -> Result<Response, Refusal> {
    let directed = wire.desk.pause_webhook(&caller, webhook, reason, Some(&repeat)).await?;
    Ok(changed(StatusCode::OK, webhook, directed, None))
}

/// Calls it again. Whoever has it go on keeps it from now on.
#[utoipa::path(post, path = "/api/v1/webhooks/{webhook}/resume", tag = "webhooks",
    params(("webhook" = String, Path)), request_body = WebhookNothing,
    responses((status = 200, body = WebhookChanged), (status = 401, body = ProblemDocument),
        (status = 403, body = ProblemDocument), (status = 404, body = ProblemDocument),
        (status = 422, body = ProblemDocument)))]
async fn resume(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(webhook): InPath<WebhookId>,
    Once(WebhookNothing {}, repeat): Once<WebhookNothing>,
) -> Result<Response, Refusal> {
    let directed = wire.desk.resume_webhook(&caller, webhook, Some(&repeat)).await?;
    Ok(changed(StatusCode::OK, webhook, directed, None))
}

/// Takes it away, with its secrets.
#[utoipa::path(post, path = "/api/v1/webhooks/{webhook}/remove", tag = "webhooks",
    params(("webhook" = String, Path)), request_body = WebhookReason,
    responses((status = 200, body = WebhookChanged), (status = 401, body = ProblemDocument),
        (status = 403, body = ProblemDocument), (status = 404, body = ProblemDocument),
        (status = 422, body = ProblemDocument)))]
async fn remove(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(webhook): InPath<WebhookId>,
    Once(WebhookReason { reason }, repeat): Once<WebhookReason>,
) -> Result<Response, Refusal> {
    let directed = wire.desk.remove_webhook(&caller, webhook, reason, Some(&repeat)).await?;
    Ok(changed(StatusCode::OK, webhook, directed, None))
}

/// Sends it a message that says nothing, `webhook.test`, to see whether it
/// arrives.
#[utoipa::path(post, path = "/api/v1/webhooks/{webhook}/test", tag = "webhooks",
    params(("webhook" = String, Path)), request_body = WebhookNothing,
    responses((status = 202, body = MessageSent), (status = 401, body = ProblemDocument),
        (status = 403, body = ProblemDocument), (status = 404, body = ProblemDocument),
        (status = 422, body = ProblemDocument)))]
async fn test(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(webhook): InPath<WebhookId>,
    Once(WebhookNothing {}, repeat): Once<WebhookNothing>,
) -> Result<Response, Refusal> {
    let message = message_name(wire.desk.test_webhook(&caller, webhook, Some(&repeat)).await?);
    Ok(json(StatusCode::ACCEPTED, &MessageSent { message }))
}

/// Lists what became of what it was told, the newest first, for thirty days; of
/// cases, those that one may know of.
#[utoipa::path(get, path = "/api/v1/webhooks/{webhook}/deliveries", tag = "webhooks",
    params(("webhook" = String, Path), ("after" = Option<String>, Query), ("limit" = Option<u32>, Query)),
    responses((status = 200, body = Deliveries), (status = 401, body = ProblemDocument),
        (status = 403, body = ProblemDocument), (status = 404, body = ProblemDocument),
        (status = 422, body = ProblemDocument)))]
async fn deliveries(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(webhook): InPath<WebhookId>,
    parts: Parts,
) -> Result<Response, Refusal> {
    let page = Page::of(&query(&parts, &["after", "limit"])?)?;
    let after = page.after.as_deref().map(message).transpose().map_err(|_| {
        Problem::invalid("", "`after` is not one of what `next` gave; leave it out to begin anew")
    })?;
    let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
    let (found, more) = wire.desk.deliveries(&caller, webhook, after, limit).await?;
    let next = found.last().filter(|_| more).map(|last| message_name(last.message));
    let items = found.iter().map(DeliveryView::of).collect();
    Ok(json(StatusCode::OK, &Deliveries { items, next }))
}

/// Sends a message again, under the same id.
#[utoipa::path(post, path = "/api/v1/webhooks/{webhook}/deliveries/{message}/redeliver", tag = "webhooks",
    params(("webhook" = String, Path), ("message" = MessageName, Path)), request_body = WebhookNothing,
    responses((status = 202, body = MessageSent), (status = 401, body = ProblemDocument),
        (status = 403, body = ProblemDocument), (status = 404, body = ProblemDocument),
        (status = 422, body = ProblemDocument)))]
async fn redeliver(
    State(wire): State<Wire>,
    caller: Caller,
    InPath((webhook, text)): InPath<(WebhookId, String)>,
    Once(WebhookNothing {}, _): Once<WebhookNothing>,
) -> Result<Response, Refusal> {
    let message = message(&text)?;
    wire.desk.redeliver(&caller, webhook, message).await?;
    Ok(json(StatusCode::ACCEPTED, &MessageSent { message: message_name(message) }))
}
