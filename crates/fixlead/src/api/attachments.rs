//! Files of a case. They are taken as they are, never looked into, and given
//! out only to be saved: no browser shows one on the desk's own address.

use std::io;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, FromRequestParts, Request, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use fixlead_app::Desk;
use fixlead_app::accounts::Caller;
use fixlead_app::case::attachments::{Download, MOST_FILE};
use fixlead_app::problem::Problem;
use fixlead_app::repeat::Repeat;
use fixlead_core::desk::event::Room;
use fixlead_core::id::{BlobId, CaseId};
use http_body_util::channel::{Channel, Sender};
use serde_json::json as object;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Wire;
use super::answer::versioned;
use super::caller::{Shown, shown};
use super::extract::{IdempotencyKey, InPath, query};
use super::json;
use super::problem::{ProblemDocument, Refusal};
use super::shapes::answers::Done;
use super::shapes::{Line, RoomName};

/// A file that comes in.
pub struct Upload {
    room: Room,
    name: String,
    bytes: Vec<u8>,
    repeat: Repeat,
}

impl FromRequest<Wire> for Upload {
    type Rejection = Refusal;

    async fn from_request(request: Request, wire: &Wire) -> Result<Self, Refusal> {
        let (mut parts, body) = request.into_parts();
        let IdempotencyKey(key) = IdempotencyKey::from_request_parts(&mut parts, wire).await?;
        let pairs = query(&parts, &["room", "name"])?;
        let of = |wanted: &str| pairs.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone());
        let room = of("room").and_then(|room| Room::parse(&room));
        let room = room.ok_or_else(|| Problem::invalid("", "`room` is `internal`, `reporter` or `guest`"))?;
        let name = of("name").ok_or_else(|| Problem::invalid("", "`name` is missing; name the file"))?;
        wire.desk.refuse_pasted(&name).await?;
        let mut content = format!("{} {}\n", parts.method, parts.uri).into_bytes();
        let whole = Request::from_parts(parts, body);
        let most = wire.limits.attachment.min(MOST_FILE as u64);
        let bytes = json::bytes(whole, most, wire.limits.body_time).await?;
        content.extend(&bytes);
        Ok(Upload { room, name, bytes, repeat: Repeat::new(&key, &content)? })
    }
}

/// The routes.
pub fn routes() -> OpenApiRouter<Wire> {
    OpenApiRouter::new().routes(routes!(attach)).routes(routes!(download))
}

/// Puts a file of at most 25 MiB into a room: the body is its bytes.
#[utoipa::path(post, path = "/api/v1/cases/{case}/attachments", tag = "cases",
    params(("case" = String, Path), ("room" = RoomName, Query), ("name" = Line, Query)),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 201, body = Done), (status = 403, body = ProblemDocument),
        (status = 404, body = ProblemDocument), (status = 413, body = ProblemDocument),
        (status = 422, body = ProblemDocument)))]
async fn attach(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(case): InPath<CaseId>,
    Upload { room, name, bytes, repeat }: Upload,
) -> Result<Response, Refusal> {
    let acted = wire.desk.attach(&caller, case, room, &name, bytes, Some(repeat)).await?;
    let body = object!({ "at": acted.at, "version": acted.version });
    Ok(versioned(StatusCode::CREATED, &body, acted.version))
}

/// A file of a case, to be saved.
#[utoipa::path(get, path = "/api/v1/cases/{case}/attachments/{file}", tag = "cases",
    params(("case" = String, Path), ("file" = String, Path)),
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 404, body = ProblemDocument)))]
async fn download(
    State(wire): State<Wire>,
    caller: Caller,
    headers: HeaderMap,
    InPath((case, file)): InPath<(CaseId, BlobId)>,
) -> Result<Response, Refusal> {
    let secret = match shown(&headers, wire.public.is_https()) {
        Some(Shown::Session(secret) | Shown::Token(secret)) => secret.to_owned(),
        None => return Err(Problem::Unauthenticated.into()),
    };
    save(&wire, &caller, Proof::Caller(secret), case, file).await
}

/// What somebody has shown to be let to a file.
pub enum Proof {
    /// The secret of a session or a token.
    Caller(String),
    /// A receipt.
    Receipt(String),
}

impl Proof {
    /// Whose it is now.
    async fn holder(&self, desk: &Desk) -> Result<Caller, Problem> {
        match self {
            Proof::Caller(secret) => desk.accounts().caller(secret).await,
            Proof::Receipt(receipt) => desk.by_receipt(receipt).await.map(|(caller, _)| caller),
        }
    }
}

/// The answer with a file, for whoever showed a secret: it is asked about
/// again and again while the file is sent.
pub async fn save(
    wire: &Wire,
    caller: &Caller,
    secret: Proof,
    case: CaseId,
    file: BlobId,
) -> Result<Response, Refusal> {
    let file = wire.desk.attachment(caller, case, file).await?;
    // What cannot be read at all is refused before anything is promised.
    let first = match file.bytes.parts() {
        0 => Vec::new(),
        _ => file.bytes.part(0).await.map_err(Problem::from)?,
    };
    let name = disposition(&file.name);
    let size = file.size;
    let (sender, body) = Channel::new(1);
    tokio::spawn(send(wire.desk.clone(), secret, case, file, first, sender));
    let mut response = Response::new(Body::new(body));
    let headers = response.headers_mut();
    headers.insert(CONTENT_LENGTH, HeaderValue::from(size));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'"));
    if let Ok(name) = HeaderValue::try_from(name) {
        headers.insert(CONTENT_DISPOSITION, name);
    }
    Ok(response)
}

/// Sends a file part by part, as fast as it is read. Each part is asked of the
/// gate anew, so that whoever is let out in the middle does not get the rest.
async fn send(
    desk: Desk,
    secret: Proof,
    case: CaseId,
    file: Download,
    first: Vec<u8>,
    mut sender: Sender<Bytes, io::Error>,
) {
    let mut next = first;
    for part in 1.. {
        if sender.send_data(next.into()).await.is_err() {
            // Nobody reads it any more.
            return;
        }
        if part >= file.bytes.parts() {
            return;
        }
        let more = async {
            let caller = secret.holder(&desk).await?;
            desk.may_go_on(&caller, case, &file).await?;
            Ok::<_, Problem>(file.bytes.part(part).await?)
        };
        match more.await {
            Ok(bytes) => next = bytes,
            // The connection ends early, so that nobody takes it for the whole.
            Err(_) => return sender.abort(io::ErrorKind::PermissionDenied.into()),
        }
    }
}

/// To be saved under a name, written as RFC 8187 says.
fn disposition(name: &str) -> String {
    let mut text = "attachment; filename*=UTF-8''".to_owned();
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' => text.push(char::from(byte)),
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}
