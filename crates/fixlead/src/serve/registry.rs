//! CVE Services, as the desk speaks with them: over the same line as webhooks, which calls no
//! number that is not public unless the configuration allows it. The key of a CNA stands in a
//! header of these calls and nowhere else.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use fixlead_app::cna::{Account, Asked, Quota, Registry, Told, Wish};
use fixlead_app::webhooks::address::Address;
use fixlead_app::webhooks::courier::Sent;
use http_body_util::Full;
use hyper::Request;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use serde_json::Value;
use tokio::runtime::Handle;

use super::courier;
use super::fetch::exchange;
use crate::configuration::Configuration;
use crate::cve::{Answered, Call, Line, Method, Services};

/// How long one answer may take; what is asked takes three at most.
const PATIENCE: Duration = Duration::from_secs(8);
/// The most that is read of an answer, in bytes.
const MOST_BODY: usize = 4 << 20;

/// Whoever speaks with CVE Services.
pub struct CveRegistry {
    line: Arc<courier::Line>,
    inside: bool,
}

impl CveRegistry {
    /// As it is set.
    ///
    /// # Errors
    /// Which file of certificate authorities cannot be read, and what to do.
    pub fn new(keys: &Configuration) -> Result<Self, String> {
        let allowed = keys.cve_allowed_networks.clone();
        let inside = !allowed.is_empty();
        let line = courier::Line::new(&keys.cve_certificate_authorities, allowed)?;
        Ok(CveRegistry { line: Arc::new(line), inside })
    }
}

/// The line of one request, for somebody on a thread of their own.
struct Carried {
    line: Arc<courier::Line>,
    account: Account,
    runtime: Handle,
}

impl Carried {
    async fn bring(&self, call: &Call) -> Result<Answered, String> {
        let Account { address, organisation, user, key } = &self.account;
        let address = Address::parse(&format!("{address}{}", call.path))
            .map_err(|wrong| format!("the address of CVE Services: {wrong}"))?;
        let method = match call.method {
            Method::Get => hyper::Method::GET,
            Method::Post => hyper::Method::POST,
            Method::Put => hyper::Method::PUT,
        };
        let body = call.body.as_ref().map(Value::to_string);
        let mut request = Request::builder().method(method).uri(address.path());
        if body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        for (name, value) in [("CVE-API-ORG", organisation), ("CVE-API-USER", user), ("CVE-API-KEY", key)] {
            let mut value = HeaderValue::try_from(value.as_str())
                .map_err(|_| "the credentials hold signs that no header takes; enter them anew".to_owned())?;
            value.set_sensitive(true);
            request = request.header(name, value);
        }
        let request = request.body(Full::new(Bytes::from(body.unwrap_or_default())));
        let request = request.map_err(|_| "the address of CVE Services cannot be asked".to_owned())?;
        let answer = tokio::time::timeout(PATIENCE, exchange(&self.line, &address, request, MOST_BODY)).await;
        let (status, bytes) = answer.unwrap_or(Err(Sent::Unknown)).map_err(|sent| why(&sent).to_owned())?;
        Ok(Answered::read(status, &bytes, key))
    }
}

/// Why there is no answer.
fn why(sent: &Sent) -> &'static str {
    match sent {
        Sent::Unresolved => "the address of CVE Services stands for nothing; look at its name",
        Sent::Forbidden => {
            "the address of CVE Services is not public; name its network under `cve.allowed-networks`"
        }
        Sent::Untrusted => {
            "the certificate of CVE Services is not believed; name its authority under `cve.certificate-authorities`"
        }
        Sent::Unreachable => "CVE Services cannot be reached; try again later",
        _ => {
            "CVE Services gave no answer that can be read; what was asked may have been done: look there before you \
             ask again"
        }
    }
}

impl Line for Carried {
    fn ask(&self, call: &Call) -> Result<Answered, String> {
        self.runtime.block_on(self.bring(call))
    }
}

fn asked(line: &Carried, wish: Wish) -> Result<Told, String> {
    let services = Services::new(&line.account.organisation, line);
    let told = match wish {
        Wish::Quota => services.quota().map(|quota| {
            let (most, reserved, available) = (quota.most, quota.reserved, quota.available);
            Told::Quota(Quota { most, reserved, available })
        }),
        Wish::Reserve { year } => services.reserve(year, 1, false).map(|(mut ids, left)| {
            let id = ids.pop().unwrap_or_default();
            Told::Reserved(id, left)
        }),
        Wish::Publish { id, record, anew } => {
            let record: Value = serde_json::from_str(&record).map_err(|error| error.to_string())?;
            services.publish(&id, &record, anew).map(|()| Told::Done)
        }
        Wish::Reject { id, reason } => services.reject(&id, &reason).map(|()| Told::Done),
    };
    told.map_err(|wrong| wrong.to_string())
}

impl Registry for CveRegistry {
    fn ask(&self, account: Account, wish: Wish) -> Asked<'_> {
        let carried = Carried { line: Arc::clone(&self.line), account, runtime: Handle::current() };
        Box::pin(async move {
            let done = tokio::task::spawn_blocking(move || asked(&carried, wish)).await;
            done.unwrap_or_else(|_| {
                Err("asking CVE Services broke off; look there before you ask again".into())
            })
        })
    }

    fn reaches_inside(&self) -> bool {
        self.inside
    }
}
