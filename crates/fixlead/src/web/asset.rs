//! Styles, scripts and the mark: in the binary, at addresses that change with them.

use std::sync::LazyLock;

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
    text: String,
}

impl Asset {
    fn new(stem: &str, ending: &str, kind: &'static str, text: &str) -> Asset {
        let text = lean(text);
        let hash = Sha256::digest(&text);
        let short = fixlead_core::text::hex(&hash[..6]);
        Asset { address: format!("/assets/{stem}-{short}.{ending}"), kind, text }
    }

    /// Where it is.
    pub fn address(&self) -> &str {
        &self.address
    }
}

/// Without what only its readers need: lines of comments, and indentation.
fn lean(text: &str) -> String {
    let mut lean = String::with_capacity(text.len());
    let mut comment = false;
    for line in text.lines().map(str::trim) {
        comment |= line.starts_with("/*");
        if !comment && !line.is_empty() && !line.starts_with("//") {
            lean.push_str(line);
            lean.push('\n');
        }
        comment &= !line.ends_with("*/");
    }
    lean
}

/// Which screens a page belongs to: what more it loads than every page does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Area {
    /// The inbox, the search and cases.
    Work,
    /// The fix of a case.
    Fix,
    /// The advisory of a case.
    Advisory,
    /// Administration.
    Administration,
    /// What everybody sees, the way in, and what one says of oneself.
    Everybody,
}

impl Area {
    /// The area of an entry of the menu.
    pub fn of(here: &str) -> Area {
        match here {
            "inbox" | "search" => Area::Work,
            "admin" => Area::Administration,
            _ => Area::Everybody,
        }
    }
}

/// Parts as one text.
macro_rules! joined {
    ($kind:literal: $($name:literal),*) => {
        concat!($(include_str!(concat!("../../assets/", $kind, "/", $name))),*)
    };
}

fn style(stem: &str, text: &'static str) -> Asset {
    Asset::new(stem, "css", "text/css; charset=utf-8", text)
}

fn script(stem: &str, text: &'static str) -> Asset {
    Asset::new(stem, "js", "text/javascript; charset=utf-8", text)
}

/// The style of every page, and that of an area.
pub fn styles(area: Area) -> [&'static Asset; 2] {
    static DESK: LazyLock<Asset> = LazyLock::new(|| {
        style("desk", joined!("style": "base.css", "lists.css", "case.css", "demonstration.css"))
    });
    static WORK: LazyLock<Asset> =
        LazyLock::new(|| style("work", joined!("style": "lead.css", "triage.css")));
    static FIX: LazyLock<Asset> = LazyLock::new(|| style("fix", joined!("style": "lead.css", "fix.css")));
    static ADVISORY: LazyLock<Asset> =
        LazyLock::new(|| style("advisory", joined!("style": "lead.css", "advisory.css")));
    static ADMINISTRATION: LazyLock<Asset> =
        LazyLock::new(|| style("administration", joined!("style": "admin.css")));
    static EVERYBODY: LazyLock<Asset> =
        LazyLock::new(|| style("everybody", joined!("style": "public.css", "account.css", "welcome.css")));
    let own: &Asset = match area {
        Area::Work => &WORK,
        Area::Fix => &FIX,
        Area::Advisory => &ADVISORY,
        Area::Administration => &ADMINISTRATION,
        Area::Everybody => &EVERYBODY,
    };
    [&DESK, own]
}

/// The scripts of an area, each screen's part in a block of its own. Pages are
/// whole without them.
pub fn scripts(area: Area) -> &'static [&'static Asset] {
    static DESK: LazyLock<Asset> = LazyLock::new(|| script("desk", joined!("script": "base.js")));
    static WORK: LazyLock<Asset> =
        LazyLock::new(|| script("work", joined!("script": "keys.js", "inbox.js", "lead.js", "live.js")));
    static ADVISORY: LazyLock<Asset> =
        LazyLock::new(|| script("advisory", joined!("script": "keys.js", "advisory.js")));
    static EVERYBODY: LazyLock<Asset> =
        LazyLock::new(|| script("everybody", joined!("script": "passkey.js")));
    static ALL: LazyLock<[[&'static Asset; 2]; 3]> =
        LazyLock::new(|| [[&DESK, &WORK], [&DESK, &EVERYBODY], [&DESK, &ADVISORY]]);
    match area {
        Area::Work | Area::Fix => &ALL[0],
        Area::Everybody => &ALL[1],
        Area::Advisory => &ALL[2],
        Area::Administration => &ALL[0][..1],
    }
}

/// The mark of the desk.
pub fn icon() -> &'static Asset {
    static ICON: LazyLock<Asset> =
        LazyLock::new(|| Asset::new("desk", "svg", "image/svg+xml", include_str!("../../assets/icon.svg")));
    &ICON
}

/// The routes.
pub fn routes() -> Router<Wire> {
    Router::new().route("/assets/{name}", get(asset))
}

async fn asset(Path(name): Path<String>) -> Response {
    let areas = [Area::Work, Area::Fix, Area::Advisory, Area::Administration, Area::Everybody];
    let known =
        areas.into_iter().flat_map(|area| styles(area).into_iter().chain(scripts(area).iter().copied()));
    let Some(found) =
        known.chain([icon()]).find(|asset| asset.address.strip_prefix("/assets/") == Some(&*name))
    else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let headers = [(CONTENT_TYPE, found.kind), (CACHE_CONTROL, "public, max-age=31536000, immutable")];
    (headers, found.text.as_str()).into_response()
}
