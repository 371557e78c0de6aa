//! What a report says beside its text: the answers to the project's questions,
//! how whoever reported wants to be thanked, that it is encrypted.

use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use fixlead_app::case::read::ReportView;
use fixlead_app::openpgp;
use fixlead_app::problem::Problem;
use fixlead_core::desk::form::Thanks;
use fixlead_core::id::CaseId;

use crate::api::Wire;
use crate::api::extract::InPath;
use crate::web::questions::{Answer, answers};
use crate::web::trouble::Trouble;
use crate::web::visitor::Visitor;

/// What a report says beside its text.
#[derive(Default)]
pub struct Said {
    /// The answers.
    pub answers: Vec<Answer>,
    /// How they want to be thanked, where it is more than a name.
    pub thanks: Option<&'static str>,
    /// An address on the web that goes with the name.
    pub link: Option<String>,
    /// To which keys it is encrypted, if it is; whether one is the project's.
    pub encrypted: Option<(Vec<String>, bool)>,
}

impl Said {
    /// Of a report.
    pub fn of(report: &ReportView) -> Said {
        let wish = report.wish.as_ref();
        let thanks = wish.and_then(|wish| match wish.thanks {
            Thanks::Named => None,
            Thanks::Anonymous => Some("wants to stay unnamed"),
            Thanks::Nobody => Some("wants no thanks"),
        });
        let keys = |keys: &[String]| keys.iter().map(|key| openpgp::grouped(key)).collect();
        Said {
            answers: answers(&report.details),
            thanks,
            link: wish.and_then(|wish| wish.link.as_ref()).map(ToString::to_string),
            encrypted: report.encrypted.as_ref().map(|encrypted| (keys(&encrypted.keys), encrypted.own)),
        }
    }
}

/// An encrypted report, to be saved and decrypted elsewhere.
pub async fn armored(
    State(wire): State<Wire>,
    visitor: Visitor,
    InPath(case): InPath<CaseId>,
) -> Result<Response, Trouble> {
    let view = wire.desk.read(&visitor.caller, case).await?;
    let report = view.report.filter(|report| report.encrypted.is_some()).ok_or(Problem::NotFound)?;
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("application/octet-stream")),
        (CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"embargoed-report.asc\"")),
    ];
    Ok((headers, report.body).into_response())
}
