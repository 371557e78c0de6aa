//! What everybody may read about how a project handles reports: security.txt
//! (RFC 9116), the policy as a page, and as the SECURITY.md of a repository.

use std::fmt::Write;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use fixlead_app::public::Reporting;
use fixlead_core::id::ProjectId;
use fixlead_core::time::{Instant, Span};
use fixlead_publish::csaf::METADATA;

use super::markdown::{Inert, document};
use super::page::{self, Frame};
use super::trouble::Trouble;
use crate::api::Wire;
use crate::api::extract::InPath;
use crate::configuration::Settings;
use crate::configuration::values::Origin;
use crate::serve::world;

/// For how long a security.txt is right, in days. It is written anew each day;
/// RFC 9116 (section 2.5.5) recommends less than a year.
const RIGHT_FOR: i64 = 90;

/// What the configuration says to everybody.
#[derive(Clone, Debug, Default)]
pub struct Notice {
    /// How else the team is reached, as URIs.
    pub contacts: Vec<String>,
    /// The languages that it reads.
    pub languages: Vec<String>,
    /// The desk as an onion service.
    pub onion: Option<Origin>,
    /// How else the team is reached, in a sentence.
    pub other_way: Option<String>,
}

impl Notice {
    /// As it is set.
    pub fn of(settings: &Settings) -> Notice {
        let keys = &settings.keys;
        Notice {
            contacts: keys.security_txt_contact.iter().map(|contact| contact.0.clone()).collect(),
            languages: keys.security_txt_languages.iter().map(|language| language.0.clone()).collect(),
            onion: keys.onion_url.clone(),
            other_way: keys.intake_other_way.as_ref().map(|way| way.0.clone()),
        }
    }
}

#[derive(Template)]
#[template(path = "policy.html")]
struct PolicyPage {
    frame: Frame,
    project: Reporting,
    text: Inert,
}

/// The routes.
pub fn routes() -> Router<Wire> {
    Router::new()
        .route("/.well-known/security.txt", get(security_txt))
        .route("/projects/{project}/policy", get(policy))
        .route("/projects/{project}/SECURITY.md", get(security_md))
}

/// Where the reports of a project go.
fn intake(wire: &Wire, project: ProjectId) -> String {
    format!("{}/projects/{project}/report", wire.public.as_str())
}

async fn policy(State(wire): State<Wire>, InPath(id): InPath<ProjectId>) -> Result<Response, Trouble> {
    let project = wire.desk.project_for_reporters(id).await?;
    let rendered = wire.desk.policy_for_reporters(id, &intake(&wire, id)).await?;
    let frame = Frame::open(format!("Security policy of {}", project.name));
    let text = document(&rendered.whole);
    Ok(page::show(StatusCode::OK, &PolicyPage { frame, project, text }))
}

async fn security_md(State(wire): State<Wire>, InPath(id): InPath<ProjectId>) -> Result<Response, Trouble> {
    let rendered = wire.desk.policy_for_reporters(id, &intake(&wire, id)).await?;
    Ok(plain("text/markdown; charset=utf-8", rendered.security_md.clone()))
}

async fn security_txt(State(wire): State<Wire>) -> Result<Response, Trouble> {
    let projects = wire.desk.projects_for_reporters().await?;
    let now = world::now();
    let provider = wire.advisories.as_ref().map(|advisories| advisories.provider());
    let csaf = provider.map(|provider| provider.at(METADATA));
    let text = security_txt_of(&wire.public, &wire.notice, &projects, csaf.as_deref(), now);
    // As of the day's beginning, so that it is the same all day.
    let signed = provider.and_then(|provider| provider.key.as_ref());
    let text = match signed {
        Some(key) => key.sign_clear(&text, Instant::midnight(now.day())),
        None => text,
    };
    Ok(plain("text/plain; charset=utf-8", text))
}

fn plain(kind: &'static str, text: String) -> Response {
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(kind)),
        (CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600")),
    ];
    (headers, text).into_response()
}

/// The file: the form first, then the other ways, the policy of each project,
/// and where the advisories are for programs.
fn security_txt_of(
    public: &Origin,
    notice: &Notice,
    projects: &[Reporting],
    csaf: Option<&str>,
    now: Instant,
) -> String {
    let at = public.as_str();
    let mut text = String::from("# How to report a vulnerability, in private. The form needs no account.\n");
    let mut say = |field: &str, value: &str| {
        let _ = writeln!(text, "{field}: {value}");
    };
    say("Contact", &format!("{at}/report"));
    for contact in &notice.contacts {
        say("Contact", contact);
    }
    let expires = Instant::midnight(now.day()) + Span::days(RIGHT_FOR);
    say("Expires", &expires.to_string());
    for project in projects {
        say("Policy", &format!("{at}/projects/{}/policy", project.project));
    }
    // A key that has expired would have people encrypt for nobody.
    let keys = projects.iter().filter_map(|project| Some((project, project.key.as_ref()?)));
    for (project, offered) in keys.filter(|(_, offered)| !offered.expired) {
        if public.is_https() {
            say("Encryption", &format!("{at}/projects/{}/key.asc", project.project));
        } else {
            say("Encryption", &format!("openpgp4fpr:{}", offered.key.fingerprint.to_ascii_lowercase()));
        }
    }
    if !notice.languages.is_empty() {
        say("Preferred-Languages", &notice.languages.join(", "));
    }
    say("Canonical", &format!("{at}/.well-known/security.txt"));
    // CSAF 2.0, section 7.1.8.
    if let Some(csaf) = csaf {
        say("CSAF", csaf);
    }
    text
}

#[cfg(test)]
mod tests {
    use fixlead_app::public::OfferedKey;

    use super::*;

    #[test]
    fn a_security_txt_names_form_policy_languages_and_when_it_ends() {
        let public = Origin::parse("https://desk.example.org").unwrap();
        let notice = Notice {
            contacts: vec!["mailto:security@example.org".to_owned()],
            languages: vec!["en".to_owned(), "es".to_owned()],
            ..Notice::default()
        };
        let armored = include_str!("../../../../tests/browser/team.asc").to_owned();
        let key = fixlead_app::openpgp::key::read(&armored).unwrap();
        let project = Reporting {
            project: ProjectId::from_bytes([7; 16]),
            name: "Collector".to_owned(),
            organisation: String::new(),
            policy: String::new(),
            promises: Vec::new(),
            questions: Default::default(),
            key: Some(OfferedKey { key, armored, expired: false }),
            pause: None,
        };
        let now = Instant::parse("2026-11-23T10:11:12Z").unwrap();
        let id = ProjectId::from_bytes([7; 16]);
        let expected = format!(
            "# How to report a vulnerability, in private. The form needs no account.\n\
             Contact: https://desk.example.org/report\n\
             Contact: mailto:security@example.org\n\
             Expires: 2027-02-21T00:00:00Z\n\
             Policy: https://desk.example.org/projects/{id}/policy\n\
             Encryption: https://desk.example.org/projects/{id}/key.asc\n\
             Preferred-Languages: en, es\n\
             Canonical: https://desk.example.org/.well-known/security.txt\n\
             CSAF: https://desk.example.org/csaf.json\n"
        );
        let csaf = Some("https://desk.example.org/csaf.json");
        assert_eq!(security_txt_of(&public, &notice, &[project], csaf, now), expected);
    }
}
