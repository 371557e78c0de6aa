//! The private repository of a fix, as git fetches from it and pushes to it
//! (gitprotocol-http). Whoever asks shows a token as the password (RFC 7617); a
//! session in a cookie does not count here, so no page of another site can push.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use fixlead_app::accounts::Caller;
use fixlead_app::problem::Problem;
use fixlead_app::signin::bearer;
use fixlead_core::id::CaseId;
use fixlead_git::private::receive;
use fixlead_git::private::serve::Fetch;
use http_body_util::channel::{Channel, Sender};
use serde::Deserialize;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use crate::api::Wire;
use crate::api::json;
use crate::api::problem::Refusal;

/// Most of what a git that fetches says, in bytes: what it wants, and what it has.
const MOST_WANTS: u64 = 10 << 20;
/// How long a push may take to arrive.
const PUSH_TIME: Duration = Duration::from_secs(300);
/// How often it is asked whether whoever fetches still may.
const ASKED_EVERY: Duration = Duration::from_millis(500);

/// Why git is refused, as it shows it to people.
pub struct Refused(Refusal);

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Refused(problem.into())
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Refused(refusal)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let (_, _, status) = self.0.kind();
        let mut detail = self.0.document().detail;
        if status == StatusCode::UNAUTHORIZED {
            detail = "give any name, and as the password a token with the scope `fix`".to_owned();
        }
        let mut response = (status, format!("{detail}\n")).into_response();
        if status == StatusCode::UNAUTHORIZED {
            let asks = HeaderValue::from_static("Basic realm=\"fixlead\", charset=\"UTF-8\"");
            response.headers_mut().insert(WWW_AUTHENTICATE, asks);
        }
        response
    }
}

type Answered = Result<Response, Refused>;

/// Which program of git's is asked for.
#[derive(Deserialize)]
pub struct Service {
    #[serde(default)]
    service: String,
}

/// The token that git was given as a password.
fn token(headers: &HeaderMap) -> Result<String, Problem> {
    let mut lines = headers.get_all(AUTHORIZATION).iter();
    let (Some(line), None) = (lines.next(), lines.next()) else { return Err(Problem::Unauthenticated) };
    let token = line.to_str().ok().and_then(bearer::of_basic);
    token.ok_or(Problem::Unauthenticated)
}

/// Who asks, and for which case. Nobody is told of a case without a token, so that
/// every address answers alike.
async fn caller(wire: &Wire, headers: &HeaderMap, case: &str) -> Result<(Caller, String, CaseId), Problem> {
    let token = token(headers)?;
    let caller = wire.desk.accounts().caller(&token).await?;
    let case = CaseId::parse(case).map_err(|_| Problem::NotFound)?;
    Ok((caller, token, case))
}

fn typed(kind: &str, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    if let Ok(kind) = HeaderValue::try_from(kind) {
        response.headers_mut().insert(CONTENT_TYPE, kind);
    }
    response
}

fn protocol(headers: &HeaderMap) -> String {
    headers.get("git-protocol").and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

/// Which branches there are.
pub async fn refs(
    State(wire): State<Wire>,
    headers: HeaderMap,
    Path(case): Path<String>,
    Query(asked): Query<Service>,
) -> Answered {
    let (who, token, case) = caller(&wire, &headers, &case).await?;
    match asked.service.as_str() {
        "git-upload-pack" => {
            wire.desk.fetch_fix(&who, case).await?;
            let fetch = Fetch { body: None, gzip: false, protocol: protocol(&headers) };
            send(&wire, token, case, fetch).await
        }
        "git-receive-pack" => {
            wire.desk.may_push(&who, case).await?;
            let fixes = Arc::clone(&wire.fixes);
            let room = wire.fixes.room().ok_or(Problem::Unavailable { retry_after: 5 })?;
            let told = tokio::task::spawn_blocking(move || {
                let _room = room;
                fixes.advertised(case)
            });
            let told = told.await;
            let told = told.map_err(|_| Problem::Unavailable { retry_after: 5 })?.map_err(Problem::from)?;
            Ok(typed("application/x-git-receive-pack-advertisement", told))
        }
        // Without a service it would be the protocol of old, in which files are served.
        _ => {
            wire.desk.fetch_fix(&who, case).await?;
            Err(Problem::invalid("", "use a git that speaks the smart protocol (1.6.6 or later)").into())
        }
    }
}

/// What somebody fetches.
pub async fn fetch(State(wire): State<Wire>, Path(case): Path<String>, request: Request) -> Answered {
    let headers = request.headers().clone();
    let (who, token, case) = caller(&wire, &headers, &case).await?;
    wire.desk.fetch_fix(&who, case).await?;
    let gzip = headers.get(CONTENT_ENCODING).is_some_and(|encoding| encoding == "gzip");
    let body = Some(json::bytes(request, MOST_WANTS, wire.limits.body_time).await?);
    send(&wire, token, case, Fetch { body, gzip, protocol: protocol(&headers) }).await
}

/// What somebody pushes.
pub async fn push(State(wire): State<Wire>, Path(case): Path<String>, request: Request) -> Answered {
    let (who, _, case) = caller(&wire, request.headers(), &case).await?;
    wire.desk.may_push(&who, case).await?;
    let most = wire.fixes.most_push() as u64;
    let body = json::bytes(request, most, PUSH_TIME.min(wire.limits.request_time)).await?;
    let refused = receive::read(&body).ok();
    let answer = match (wire.desk.push_fix(&who, case, body, host(&wire)).await, refused) {
        // As git says it to people.
        (Err(Problem::TooMany { .. }), Some(asked)) => {
            let why = "somebody else is pushing to this fix; try again in a moment";
            receive::report(&asked, Some(why), why)
        }
        (answer, _) => answer?,
    };
    Ok(typed("application/x-git-receive-pack-result", answer))
}

/// The address of the desk, which belongs in no message of a commit.
pub fn host(wire: &Wire) -> String {
    let address = wire.public.as_str();
    address.split_once("://").map_or(address, |(_, host)| host).to_owned()
}

/// Sends what git writes, as it is written. Whoever is let out in the middle does
/// not get the rest.
async fn send(wire: &Wire, token: String, case: CaseId, fetch: Fetch) -> Answered {
    let unavailable = || Problem::Unavailable { retry_after: 5 };
    let room = wire.fixes.room().ok_or_else(unavailable)?;
    let (head, headed) = oneshot::channel();
    let (parts, mut from) = mpsc::channel::<Vec<u8>>(2);
    let (end, ended) = oneshot::channel();
    let fixes = Arc::clone(&wire.fixes);
    // A thread of its own: a clone takes as long as whoever clones takes to read.
    std::thread::spawn(move || {
        let _room = room;
        let mut head = Some(head);
        let done = fixes.fetch(
            case,
            &fetch,
            |kind| head.take().is_some_and(|head| head.send(kind.to_owned()).is_ok()),
            |part| parts.blocking_send(part).is_ok(),
        );
        drop(parts);
        let _ = end.send(done);
    });
    let Ok(kind) = headed.await else {
        let done = ended.await.map_err(|_| unavailable())?;
        return Err(done.err().map_or_else(unavailable, Problem::from).into());
    };
    let (mut sender, body): (Sender<Bytes, io::Error>, _) = Channel::new(1);
    let desk = wire.desk.clone();
    tokio::spawn(async move {
        let mut asked = Instant::now();
        while let Some(part) = from.recv().await {
            if asked.elapsed() >= ASKED_EVERY {
                let may = async {
                    let caller = desk.accounts().caller(&token).await?;
                    desk.may_fetch_on(&caller, case).await
                };
                if may.await.is_err() {
                    return sender.abort(io::ErrorKind::PermissionDenied.into());
                }
                asked = Instant::now();
            }
            if sender.send_data(part.into()).await.is_err() {
                return;
            }
        }
        // What broke off is not taken for the whole.
        if !matches!(ended.await, Ok(Ok(()))) {
            sender.abort(io::ErrorKind::BrokenPipe.into());
        }
    });
    Ok(typed(&kind, Body::new(body)))
}
