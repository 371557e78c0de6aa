//! CVE Services, at which a CNA reserves ids and publishes records: the part of
//! its published API (version 2) that a CNA works with.
//!
//! What is asked and how answers are read stands here; whoever carries it there
//! is a [`Line`]. Every answer is bounded in what is believed of it, and what a
//! server says of a mistake is tamed before anybody sees it.

#[cfg(test)]
mod tests;

use std::fmt;
use std::mem;

use fixlead_core::id::is_cve_id;
use fixlead_core::text::{percent_encoded, short};
use serde_json::{Map, Value, json};

/// Where CVE Services are.
pub const ADDRESS: &str = "https://cveawg.mitre.org/api";
/// Most ids that are reserved at once.
pub const MOST_AT_ONCE: u32 = 100;
/// Most pages of a list that are read.
const MOST_PAGES: u64 = 200;
/// What stands in a record that names no organisation.
const NOBODY: &str = "00000000-0000-4000-8000-000000000000";
/// The longest that a server's words are shown, in characters.
const MOST_SAID: usize = 300;

/// Who asks: the credentials of a person at a CNA.
#[derive(Clone)]
pub struct Credentials {
    /// The short name of the organisation.
    pub org: String,
    /// The name of the user there.
    pub user: String,
    /// The secret.
    pub key: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credentials({}, {}, a key)", self.org, self.user)
    }
}

/// How something is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Without changing anything.
    Get,
    /// To make something.
    Post,
    /// To change something.
    Put,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// How.
    pub method: Method,
    /// Where, from the address of the service on, with a slash before it.
    pub path: String,
    /// What is sent.
    pub body: Option<Value>,
}

/// What was answered.
pub struct Answered {
    /// The status.
    pub status: u16,
    /// The body, if it is JSON.
    pub body: Option<Value>,
}

impl Answered {
    /// What a server sent, without the key: one that repeats what it was sent is shown to people
    /// who must not read it.
    pub fn read(status: u16, bytes: &[u8], key: &str) -> Self {
        let mut body = serde_json::from_slice(bytes).ok();
        if let Some(body) = body.as_mut().filter(|_| !key.is_empty()) {
            without(body, key);
        }
        Answered { status, body }
    }
}

/// Takes a secret out of every text and name.
fn without(value: &mut Value, secret: &str) {
    let mask = |text: &mut String| {
        if text.contains(secret) {
            *text = text.replace(secret, "…");
        }
    };
    match value {
        Value::String(text) => mask(text),
        Value::Array(items) => items.iter_mut().for_each(|item| without(item, secret)),
        Value::Object(members) => {
            let taken = mem::take(members).into_iter();
            members.extend(taken.map(|(mut name, mut value)| {
                mask(&mut name);
                without(&mut value, secret);
                (name, value)
            }));
        }
        _ => {}
    }
}

/// What carries calls to the service, with the credentials in their headers.
pub trait Line {
    /// Asks.
    ///
    /// # Errors
    /// Why nobody answered.
    fn ask(&self, call: &Call) -> Result<Answered, String>;
}

/// Why something was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// What is asked makes no sense.
    Asked(String),
    /// The service refused it: status, its word for why, and its sentence.
    Refused(u16, String, String),
    /// Nobody answered, or nothing that can be read.
    Unclear(String),
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Wrong::Asked(why) | Wrong::Unclear(why) => f.write_str(why),
            Wrong::Refused(401, ..) => f.write_str(
                "CVE Services do not know these credentials; look at the organisation, the user and the key",
            ),
            Wrong::Refused(status, word, said) => {
                let remedy = match word.as_str() {
                    "EXCEEDED_ID_QUOTA" => "; ask your root CNA for a larger quota",
                    "CVE_RECORD_EXISTS" => "; there is a record already: update it",
                    "CVE_RECORD_DNE" => "; there is no record yet: publish it",
                    "CVE_ID_DNE" | "CVEID_DNE" => "; look at the id, and at whose it is",
                    _ => "",
                };
                write!(f, "CVE Services refuse it ({status} {word}): {said}{remedy}")
            }
        }
    }
}

/// How many ids a CNA may have reserved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// All of them.
    pub most: u64,
    /// Reserved, and neither published nor rejected.
    pub reserved: u64,
    /// What is left.
    pub available: u64,
}

/// An id as the service has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownId {
    /// The id.
    pub id: String,
    /// `RESERVED`, `PUBLISHED` or `REJECTED`.
    pub state: String,
    /// The CNA it belongs to.
    pub owner: String,
    /// When it was reserved.
    pub reserved: String,
}

/// CVE Services, for a CNA.
pub struct Services<'a> {
    org: &'a str,
    line: &'a dyn Line,
}

impl<'a> Services<'a> {
    /// Those that a line leads to.
    pub fn new(org: &'a str, line: &'a dyn Line) -> Self {
        Services { org, line }
    }

    /// How many ids may be reserved.
    ///
    /// # Errors
    /// Why it is not known.
    pub fn quota(&self) -> Result<Quota, Wrong> {
        let found = self.get(&format!("/org/{}/id_quota", percent_encoded(self.org)))?;
        let number = |name: &str| found[name].as_u64().ok_or_else(|| strange("a quota"));
        Ok(Quota {
            most: number("id_quota")?,
            reserved: number("total_reserved")?,
            available: number("available")?,
        })
    }

    /// Reserves ids of a year, one after the other or scattered. The ids, and
    /// how many more may be.
    ///
    /// # Errors
    /// Why none was.
    pub fn reserve(
        &self,
        year: u16,
        count: u32,
        scattered: bool,
    ) -> Result<(Vec<String>, Option<u64>), Wrong> {
        if count == 0 || count > MOST_AT_ONCE {
            return Err(Wrong::Asked(format!("1 to {MOST_AT_ONCE} ids are reserved at once")));
        }
        let mut path =
            format!("/cve-id?cve_year={year}&amount={count}&short_name={}", percent_encoded(self.org));
        if count > 1 {
            path.push_str(if scattered { "&batch_type=nonsequential" } else { "&batch_type=sequential" });
        }
        let answer = self.send(Method::Post, path, None)?;
        let ids = answer["cve_ids"].as_array().into_iter().flatten();
        let asked = format!("CVE-{year}-");
        let ids: Vec<String> = ids
            .filter_map(|one| one["cve_id"].as_str())
            .filter(|id| is_cve_id(id) && id.starts_with(&asked))
            .map(str::to_owned)
            .collect();
        if ids.len() != count as usize {
            return Err(strange("the ids that were reserved; list them before you reserve more"));
        }
        Ok((ids, answer["meta"]["remaining_quota"].as_u64()))
    }

    /// The ids of the CNA, of one state and year or all.
    ///
    /// # Errors
    /// Why they are not known.
    pub fn list(&self, state: Option<&str>, year: Option<u16>) -> Result<Vec<KnownId>, Wrong> {
        let mut wanted = String::new();
        if let Some(state) = state {
            let state = state.to_ascii_uppercase();
            if !["RESERVED", "PUBLISHED", "REJECTED"].contains(&state.as_str()) {
                return Err(Wrong::Asked("a state is reserved, published or rejected".to_owned()));
            }
            wanted.push_str(&format!("&state={state}"));
        }
        if let Some(year) = year {
            wanted.push_str(&format!("&cve_id_year={year}"));
        }
        let mut all = Vec::new();
        let mut page = 1;
        loop {
            let found = self.get(&format!("/cve-id?page={page}{wanted}"))?;
            let ids = found["cve_ids"].as_array().ok_or_else(|| strange("a list of ids"))?;
            for one in ids {
                let text = |value: &Value| short(value.as_str().unwrap_or_default(), 100);
                let id = text(&one["cve_id"]);
                if !is_cve_id(&id) {
                    return Err(strange("a list of ids"));
                }
                all.push(KnownId {
                    id,
                    state: text(&one["state"]),
                    owner: text(&one["owning_cna"]),
                    reserved: text(&one["reserved"]),
                });
            }
            match found["nextPage"].as_u64() {
                Some(next) if next > page && next <= MOST_PAGES => page = next,
                Some(_) => return Err(strange("more pages than are read; ask for one year or state")),
                None => return Ok(all),
            }
        }
    }

    /// Publishes a record, or writes it anew. The container is that of a CNA,
    /// alone or in a whole record.
    ///
    /// # Errors
    /// Why it was not.
    pub fn publish(&self, id: &str, record: &Value, anew: bool) -> Result<(), Wrong> {
        let cna = if record["dataType"] == "CVE_RECORD" { &record["containers"]["cna"] } else { record };
        let mut container = cna.as_object().cloned().ok_or_else(|| {
            Wrong::Asked("this is neither a CVE record nor the container of a CNA".to_owned())
        })?;
        self.own(&mut container)?;
        let method = if anew { Method::Put } else { Method::Post };
        self.send(method, format!("/cve/{}/cna", known(id)?), Some(json!({ "cnaContainer": container })))?;
        Ok(())
    }

    /// Rejects an id, whether it was published or not.
    ///
    /// # Errors
    /// Why it was not.
    pub fn reject(&self, id: &str, reason: &str) -> Result<(), Wrong> {
        if reason.trim().is_empty() {
            return Err(Wrong::Asked("say why it is rejected; the reason is public".to_owned()));
        }
        let mut container = Map::new();
        container.insert("rejectedReasons".to_owned(), json!([{ "lang": "en", "value": reason }]));
        self.own(&mut container)?;
        let body = json!({ "cnaContainer": container });
        let record = self.get(&format!("/cve/{}", known(id)?));
        let path = format!("/cve/{id}/reject");
        // What has a record is written anew, what has none gets its first.
        let has_record = match record {
            Ok(_) => true,
            Err(Wrong::Refused(404, ..)) => false,
            Err(wrong) => return Err(wrong),
        };
        self.send(if has_record { Method::Put } else { Method::Post }, path, Some(body))?;
        Ok(())
    }

    /// Gives an id to another CNA.
    ///
    /// # Errors
    /// Why it was not.
    pub fn transfer(&self, id: &str, to: &str) -> Result<(), Wrong> {
        self.send(Method::Put, format!("/cve-id/{}?org={}", known(id)?, percent_encoded(to)), None)?;
        Ok(())
    }

    /// Has a container say whose it is: the organisation that asks. A placeholder
    /// gives way; another organisation is a mistake.
    fn own(&self, container: &mut Map<String, Value>) -> Result<(), Wrong> {
        let found = self.get(&format!("/org/{}", percent_encoded(self.org)))?;
        let uuid = found["UUID"]
            .as_str()
            .filter(|uuid| uuid.len() == 36)
            .ok_or_else(|| strange("an organisation"))?;
        let said = container.get("providerMetadata").and_then(|provider| provider["orgId"].as_str());
        if let Some(said) = said.filter(|said| !said.eq_ignore_ascii_case(uuid) && *said != NOBODY) {
            let said = short(said, 60);
            return Err(Wrong::Asked(format!(
                "the record names the organisation {said}, and you ask for {uuid}; correct cna_org"
            )));
        }
        container.insert("providerMetadata".to_owned(), json!({ "orgId": uuid }));
        Ok(())
    }

    fn get(&self, path: &str) -> Result<Value, Wrong> {
        self.send(Method::Get, path.to_owned(), None)
    }

    fn send(&self, method: Method, path: String, body: Option<Value>) -> Result<Value, Wrong> {
        let answered = self.line.ask(&Call { method, path, body }).map_err(Wrong::Unclear)?;
        let said = answered.body.unwrap_or(Value::Null);
        match answered.status {
            200..=299 => Ok(said),
            status => {
                let text = |name: &str| short(said[name].as_str().unwrap_or_default(), MOST_SAID);
                let mut message = text("message");
                let details = said["details"]["errors"].as_array().into_iter().flatten().take(5);
                for detail in details {
                    let place = detail["instancePath"].as_str().unwrap_or_default();
                    let what = detail["message"].as_str().unwrap_or_default();
                    message.push_str(&short(&format!("; {place} {what}"), MOST_SAID));
                }
                Err(Wrong::Refused(status, text("error"), message))
            }
        }
    }
}

fn strange(what: &str) -> Wrong {
    Wrong::Unclear(format!("CVE Services answered with something that is not {what}"))
}

fn known(id: &str) -> Result<&str, Wrong> {
    match is_cve_id(id) {
        true => Ok(id),
        false => Err(Wrong::Asked("a CVE id looks like CVE-2026-12345".to_owned())),
    }
}
