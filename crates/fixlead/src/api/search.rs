//! Looking for cases by what they say. The language of the question is in
//! docs/search.md.

use axum::extract::{FromRequestParts, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use fixlead_app::accounts::Caller;
use fixlead_app::finding::ask::{Answer, Excerpt, Hit, Question};
use fixlead_app::problem::Problem;
use fixlead_app::search::Order;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Wire;
use super::answer;
use super::extract::{Page, query};
use super::problem::{ProblemDocument, Refusal};
use super::shapes::{Id, Moment, OrderName, RoomName, StateName};

/// Cases that match a question.
#[derive(Serialize, ToSchema)]
pub struct Found {
    /// How many of the cases that you may know of match.
    total: usize,
    /// Those of this page, in order.
    items: Vec<FoundCase>,
    /// Where the next page begins; nothing after the last one, or after 1,000.
    next: Option<String>,
    /// Whether every case was looked through. For a while after a start it is
    /// not, and the same question finds more later.
    complete: bool,
    /// How many of a hundred cases were looked through, about.
    #[schema(maximum = 100)]
    percent: u8,
}

/// A case that matches.
#[derive(Serialize, ToSchema)]
pub struct FoundCase {
    /// The case.
    #[schema(value_type = Id)]
    case: String,
    /// Its project.
    #[schema(value_type = Id)]
    project: String,
    /// When it was opened (RFC 3339).
    #[schema(value_type = Moment)]
    opened: String,
    /// What it is about, for those who may see it.
    title: Option<String>,
    /// How it stands, for the same.
    #[schema(value_type = Option<StateName>)]
    state: Option<&'static str>,
    /// When the last of what you may see was written (RFC 3339).
    #[schema(value_type = Moment)]
    latest: String,
    /// Where the words are, if that was asked for.
    excerpts: Vec<FoundText>,
}

/// A part of a text that holds what was looked for.
#[derive(Serialize, ToSchema)]
pub struct FoundText {
    /// The part of the case: `report`, `message`, `people`, `component`, `alias`
    /// or `attachment`.
    field: &'static str,
    /// The room, of what is in one.
    #[schema(value_type = Option<RoomName>)]
    room: Option<&'static str>,
    /// The text, cut where it was found. It came from outside: show it as text.
    parts: Vec<FoundPart>,
}

/// A piece of an excerpt.
#[derive(Serialize, ToSchema)]
pub struct FoundPart {
    /// What it says.
    text: String,
    /// Whether it was looked for.
    found: bool,
}

impl Found {
    fn of(answer: Answer) -> Found {
        let Answer { total, items, next, complete, percent } = answer;
        Found { total, items: items.into_iter().map(FoundCase::of).collect(), next, complete, percent }
    }
}

impl FoundCase {
    fn of(hit: Hit) -> FoundCase {
        FoundCase {
            case: hit.case.to_string(),
            project: hit.project.to_string(),
            opened: hit.opened.to_string(),
            title: hit.title,
            state: hit.state,
            latest: hit.latest.to_string(),
            excerpts: hit.excerpts.into_iter().map(FoundText::of).collect(),
        }
    }
}

impl FoundText {
    fn of(excerpt: Excerpt) -> FoundText {
        let parts = excerpt.parts.into_iter();
        let parts = parts.map(|part| FoundPart { text: part.text, found: part.found }).collect();
        FoundText { field: excerpt.field, room: excerpt.room, parts }
    }
}

/// A question as it stands in an address.
pub struct Asked(Question);

impl FromRequestParts<Wire> for Asked {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &Wire) -> Result<Self, Refusal> {
        let pairs = query(parts, &["q", "order", "after", "limit", "excerpts"])?;
        let of =
            |wanted: &str| pairs.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
        let invalid = |message: String| Refusal::from(Problem::invalid("", message));
        let Some(words) = of("q") else {
            return Err(invalid("`q` is missing: it holds what you look for, as docs/search.md says".into()));
        };
        let order = match of("order") {
            None | Some("fit") => Order::Fit,
            Some("latest") => Order::Latest,
            Some(_) => return Err(invalid("`order` is `fit` or `latest`".into())),
        };
        let excerpts = match of("excerpts") {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => return Err(invalid("`excerpts` is `true` or `false`".into())),
        };
        let Page { after, limit } = Page::of(&pairs)?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(Asked(Question { query: words.to_owned(), order, after, limit, excerpts }))
    }
}

/// The routes.
pub fn routes() -> OpenApiRouter<Wire> {
    OpenApiRouter::new().routes(routes!(search))
}

/// Looks for cases by what they say, as far as you may see it now. With `excerpts`
/// the places are shown where the words are, and it is recorded in each case
/// shown that you have read it.
#[utoipa::path(get, path = "/api/v1/search", tag = "cases",
    params(
        ("q" = String, Query, description = "What to look for, in the language of docs/search.md: words, \
            \"phrases\", beginnings*, -without, field:word, is:open.", min_length = 1, max_length = 512),
        ("order" = Option<OrderName>, Query, description = "`fit`, what fits best first; or `latest`."),
        ("after" = Option<String>, Query),
        ("limit" = Option<u32>, Query),
        ("excerpts" = Option<bool>, Query, description = "Whether to show where the words are.")),
    responses((status = 200, body = Found), (status = 401, body = ProblemDocument),
        (status = 403, body = ProblemDocument), (status = 422, body = ProblemDocument),
        (status = 429, body = ProblemDocument), (status = 503, body = ProblemDocument)))]
async fn search(
    State(wire): State<Wire>,
    caller: Caller,
    Asked(question): Asked,
) -> Result<Response, Refusal> {
    let answer = wire.desk.search(&caller, &question).await?;
    Ok(answer::json(StatusCode::OK, &Found::of(answer)))
}
