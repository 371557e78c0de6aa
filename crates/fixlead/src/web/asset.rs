//! The style, the script and the mark: in the binary, at addresses that change with them.

use std::sync::OnceLock;

use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use sha2::{Digest as _, Sha256};

use crate::api::Wire;

/// Something that pages load.
pub struct Asset {
    address: String,
    kind: &'static str,
    text: &'static str,
}

impl Asset {
    fn new(stem: &str, ending: &str, kind: &'static str, text: &'static str) -> Asset {
        let hash = Sha256::digest(text);
        let short: String = hash.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        Asset { address: format!("/assets/{stem}-{short}.{ending}"), kind, text }
    }

    /// Where it is.
    pub fn address(&self) -> &str {
        &self.address
    }
}

/// The style: of every screen in one, so that a browser asks for it once.
pub fn style() -> &'static Asset {
    static STYLE: OnceLock<Asset> = OnceLock::new();
    STYLE.get_or_init(|| {
        let text = concat!(
            include_str!("../../assets/style/base.css"),
            include_str!("../../assets/style/lists.css"),
            include_str!("../../assets/style/case.css"),
            include_str!("../../assets/style/account.css"),
            include_str!("../../assets/style/public.css"),
            include_str!("../../assets/style/admin.css"),
            include_str!("../../assets/style/lead.css"),
            include_str!("../../assets/style/demonstration.css"),
            include_str!("../../assets/style/triage.css"),
            include_str!("../../assets/style/welcome.css"),
        );
        Asset::new("desk", "css", "text/css; charset=utf-8", text)
    })
}

/// The script, each screen's part in a block of its own. Pages are whole without it.
pub fn script() -> &'static Asset {
    static SCRIPT: OnceLock<Asset> = OnceLock::new();
    SCRIPT.get_or_init(|| {
        let text = concat!(
            include_str!("../../assets/script/base.js"),
            include_str!("../../assets/script/keys.js"),
            include_str!("../../assets/script/inbox.js"),
            include_str!("../../assets/script/passkey.js"),
            include_str!("../../assets/script/lead.js"),
            include_str!("../../assets/script/live.js"),
        );
        Asset::new("desk", "js", "text/javascript; charset=utf-8", text)
    })
}

/// The mark of the desk.
pub fn icon() -> &'static Asset {
    static ICON: OnceLock<Asset> = OnceLock::new();
    ICON.get_or_init(|| Asset::new("desk", "svg", "image/svg+xml", include_str!("../../assets/icon.svg")))
}

/// The routes.
pub fn routes() -> Router<Wire> {
    Router::new().route("/assets/{name}", get(asset))
}

async fn asset(Path(name): Path<String>) -> Response {
    let known = [style(), script(), icon()];
    let Some(found) = known.into_iter().find(|asset| asset.address.strip_prefix("/assets/") == Some(&*name))
    else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let headers = [(CONTENT_TYPE, found.kind), (CACHE_CONTROL, "public, max-age=31536000, immutable")];
    (headers, found.text).into_response()
}
