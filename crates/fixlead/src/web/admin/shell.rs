//! What every page of administration stands in: its menu, and forms that lose
//! nothing when they are refused or ask for a fresh proof.

use std::borrow::Borrow;

use askama::Template;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use fixlead_app::accounts::By;
use fixlead_app::administration::Administration;
use fixlead_app::directory::Directed;
use fixlead_app::problem::Problem;
use fixlead_app::repeat::Repeat;
use fixlead_core::access::{Action, Grant, Scope, Within};
use fixlead_core::desk::directory::command::DirectoryCommand;
use fixlead_core::desk::directory::event::Reach;
use fixlead_core::desk::wire::Line;
use fixlead_core::id::{OrganisationId, PersonId, ProjectId};
use serde::Deserialize;

use crate::api::Wire;
use crate::api::caller::{Shown, shown};
use crate::api::rates::Guesser;
use crate::api::source::moment;
use crate::web::form::{Form, once};
use crate::web::page::{self, Frame};
use crate::web::sign_in;
use crate::web::trouble::Trouble;
use crate::web::visitor::Visitor;

/// The field that says that a key was typed before a fresh proof was asked for.
pub const KEY_AGAIN: &str = "key-again";

/// An answer, or why there is none.
pub type Answer = Result<Response, Trouble>;

/// Whether something was just done, as the address of a page says it.
#[derive(Default, Deserialize)]
pub struct Done {
    #[serde(default)]
    done: String,
}

impl Done {
    /// Whether it says so.
    pub fn is_so(&self) -> bool {
        !self.done.is_empty()
    }
}

/// What is around the content of a page.
pub struct Shell {
    /// The pages that whoever looks may open: address, name, whether it is this one.
    pub menu: Vec<(&'static str, &'static str, bool)>,
    /// What was typed into a form that was refused.
    pub typed: Typed,
    /// Whether something was just done.
    pub done: bool,
    /// The key of the forms on this page.
    pub once: String,
    /// The version of the directory that the page shows.
    pub version: u64,
}

/// A page's frame and shell.
pub fn shell(
    visitor: &Visitor,
    desk: &Administration,
    title: &str,
    here: &'static str,
    typed: Typed,
    done: bool,
) -> (Frame, Shell) {
    let everywhere = |action| desk.may_everywhere(action);
    let anywhere = |action| desk.may_anywhere(action);
    let all = [
        ("/admin", "Home", true),
        ("/admin/overview", "Overview", anywhere(Action::CaseList)),
        ("/admin/projects", "Projects", true),
        ("/admin/policies", "Policies", true),
        ("/admin/people", "People", true),
        ("/admin/rota", "Rota", true),
        ("/admin/access", "Sessions, tokens", everywhere(Action::TokensManage)),
        ("/admin/webhooks", "Webhooks", anywhere(Action::WebhooksRead)),
        ("/admin/cna", "CVE Services", everywhere(Action::KeysManage)),
        ("/admin/retention", "Retention", anywhere(Action::CaseList)),
        ("/admin/audit", "Audit", everywhere(Action::InstallationLogRead)),
        ("/admin/installation", "Installation", everywhere(Action::InstallationRead)),
    ];
    let menu = all.into_iter().filter(|(_, _, may)| *may).map(|(to, name, _)| (to, name, to == here));
    let shell = Shell { menu: menu.collect(), typed, done, once: once(), version: desk.seen.version };
    (Frame::desk(title, "admin", visitor), shell)
}

/// What was typed into a form that was refused, and why it was.
#[derive(Default)]
pub struct Typed {
    form: String,
    message: String,
    fields: Form,
    status: StatusCode,
}

impl Typed {
    /// What was sent, and why it was refused; nothing where another page says it better.
    pub fn refused(form: &str, fields: Form, problem: Problem) -> Result<Typed, Trouble> {
        let status = match &problem {
            Problem::Invalid { .. } | Problem::TooLarge { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Problem::Conflict { .. } | Problem::WrongState => StatusCode::CONFLICT,
            Problem::Forbidden { .. } => StatusCode::FORBIDDEN,
            _ => return Err(problem.into()),
        };
        let message = match &problem {
            Problem::Invalid { errors } => {
                errors.iter().map(|fault| fault.message.as_str()).collect::<Vec<_>>().join("; ")
            }
            Problem::Conflict { .. } => {
                "this has changed since you read it; below stands what you typed, the page shows what stands \
                 now; compare, and send it again"
                    .to_owned()
            }
            problem => problem.to_string(),
        };
        Ok(Typed { form: form.to_owned(), message, fields, status })
    }

    /// What was sent and is shown again without being refused.
    pub fn kept(form: &str, fields: Form) -> Typed {
        Typed { form: form.to_owned(), fields, ..Typed::default() }
    }

    /// With what status a page is answered.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Whether it was this form.
    pub fn is(&self, form: &str) -> bool {
        self.form == form
    }

    /// Why this form was refused.
    pub fn why(&self, form: &str) -> Option<&str> {
        Some(self.message.as_str()).filter(|message| self.is(form) && !message.is_empty())
    }

    /// What stands in a field: what was typed, or else what there is.
    pub fn value<'a>(&'a self, form: &str, field: &str, otherwise: &'a str) -> &'a str {
        if self.is(form) { self.fields.text(field) } else { otherwise }
    }

    /// Whether a choice of a field is taken.
    pub fn has(&self, form: &str, field: &str, value: &str, otherwise: impl Borrow<bool>) -> bool {
        if self.is(form) { self.fields.all(field).any(|known| known == value) } else { *otherwise.borrow() }
    }
}

/// A form, and whoever sent it. Where it asks for a fresh proof, the page that
/// asks for it holds everything that was typed, and sends it on with the proof.
pub struct Sent {
    /// Who sent it.
    pub visitor: Visitor,
    /// What stands in it.
    pub form: Form,
    address: String,
}

#[derive(Template)]
#[template(path = "admin-prove.html")]
struct Prove<'a> {
    frame: Frame,
    address: &'a str,
    fields: Vec<(&'a str, &'a str)>,
    back: &'a str,
    problem: Option<String>,
}

impl FromRequest<Wire> for Sent {
    type Rejection = Response;

    async fn from_request(request: Request, wire: &Wire) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let visitor =
            Visitor::from_request_parts(&mut parts, wire).await.map_err(IntoResponse::into_response)?;
        let head = parts.clone();
        let form = Form::from_request(Request::from_parts(parts, body), wire)
            .await
            .map_err(IntoResponse::into_response)?;
        let mut sent = Sent { visitor, form, address: head.uri.path().to_owned() };
        if sent.form.is_set("code") {
            let secret = match shown(&head.headers, wire.public.is_https()) {
                Some(Shown::Session(secret)) => secret,
                _ => return Err(Trouble::from(Problem::Unauthenticated).into_response()),
            };
            sent.step_up(wire, secret).await?;
        }
        Ok(sent)
    }
}

impl Sent {
    async fn step_up(&mut self, wire: &Wire, secret: &str) -> Result<(), Response> {
        let trouble = |trouble: Trouble| trouble.into_response();
        let By::Session(session) = self.visitor.caller.by else {
            return Err(trouble(Problem::Unauthenticated.into()));
        };
        let guesser = Guesser::Session(session);
        if let Err(refusal) = wire.rates.guess(&guesser, moment()) {
            return Err(trouble(refusal.into()));
        }
        let proof = sign_in::proof(&self.form);
        match wire.desk.accounts().step_up(secret, self.form.text("password"), &proof).await {
            Ok(_) => {
                wire.rates.right(&guesser);
                let caller = wire.desk.accounts().caller(secret).await;
                self.visitor.caller = caller.map_err(|problem| trouble(problem.into()))?;
                Ok(())
            }
            Err(problem @ (Problem::SignInFailed | Problem::TooMany { .. })) => {
                Err(self.prove(Some(problem.to_string())))
            }
            Err(problem) => Err(trouble(problem.into())),
        }
    }

    /// The page that asks for a fresh proof.
    pub fn prove(&self, problem: Option<String>) -> Response {
        // A secret is in no answer. That one was typed is: it has to be typed again.
        let secret = |name: &str| matches!(name, "password" | "code" | "key");
        let again = self.form.some("key").map(|_| (KEY_AGAIN, "1"));
        let known = self.form.fields().filter(|(name, _)| !secret(name)).chain(again);
        let status = if problem.is_some() { StatusCode::UNAUTHORIZED } else { StatusCode::OK };
        let page = Prove {
            frame: Frame::desk("Prove again that it is you", "admin", &self.visitor),
            address: &self.address,
            fields: known.collect(),
            back: page::local(self.form.some("back").unwrap_or("/admin")),
            problem,
        };
        page::show(status, &page)
    }

    /// The key of the form, which makes sending it twice do it once.
    pub fn repeat(&self) -> Result<Repeat, Trouble> {
        self.form.repeat(&self.address)
    }

    /// The id of what the form makes.
    pub fn made(&self, what: &str) -> Result<[u8; 16], Trouble> {
        Ok(self.repeat()?.id(self.visitor.caller.person, what))
    }

    /// A line that has to be there.
    pub fn line(&self, name: &str) -> Result<Line, Problem> {
        Line::new(self.form.text(name)).map_err(|message| Problem::invalid(format!("/{name}"), message))
    }

    /// Somebody who was chosen.
    pub fn person(&self, name: &str) -> Result<PersonId, Problem> {
        let chosen = PersonId::parse(self.form.text(name));
        chosen.map_err(|_| Problem::invalid(format!("/{name}"), "choose somebody"))
    }

    /// A part of the directory that was chosen.
    pub fn reach(&self, name: &str) -> Result<Reach, Problem> {
        let wrong = || Problem::invalid(format!("/{name}"), "choose where");
        match self.form.text(name).split_once(' ') {
            Some(("project", id)) => ProjectId::parse(id).map(Reach::Project).map_err(|_| wrong()),
            Some(("organisation", id)) => {
                OrganisationId::parse(id).map(Reach::Organisation).map_err(|_| wrong())
            }
            _ if self.form.text(name) == "installation" => Ok(Reach::Installation),
            _ => Err(wrong()),
        }
    }

    /// The version that the page showed, for what replaces a whole.
    pub fn version(&self) -> Option<u64> {
        self.form.text("version").parse().ok()
    }

    /// Has the directory changed.
    pub async fn direct(
        &self,
        wire: &Wire,
        command: DirectoryCommand,
        expected: Option<u64>,
    ) -> Result<Directed, Problem> {
        let repeat = match self.repeat() {
            Ok(repeat) => repeat,
            Err(_) => return Err(Problem::invalid("", "this form is not whole; load the page again")),
        };
        wire.desk.direct(&self.visitor.caller, command, expected, Some(&repeat)).await
    }

    /// What follows: the page it was sent from, with word that it is done; the
    /// page that asks for a proof; or the same page again, with what was typed.
    pub async fn answered<T>(
        self,
        result: Result<T, Problem>,
        name: &str,
        to: &str,
        again: impl AsyncFnOnce(Visitor, Typed) -> Answer,
    ) -> Answer {
        match result {
            Ok(_) => Ok(page::go(&format!("{to}{}done=1", if to.contains('?') { '&' } else { '?' }))),
            Err(Problem::StepUp) => Ok(self.prove(None)),
            Err(problem) => again(self.visitor, Typed::refused(name, self.form, problem)?).await,
        }
    }
}

/// Where something counts, in words and as a form sends it.
pub fn reach_of(desk: &Administration, scope: Scope) -> String {
    let parts = desk.parts();
    match scope {
        Scope::Installation => "everywhere".to_owned(),
        Scope::Organisation(id) => parts.organisation(id),
        Scope::Project(id) => parts.project(id),
        Scope::Case(_) => "one case".to_owned(),
    }
}

/// A role and where it counts, in words.
pub fn role_in(desk: &Administration, grant: &Grant) -> String {
    match grant.scope {
        Scope::Installation => format!("{} everywhere", grant.role.name()),
        scope => format!("{} in {}", grant.role.name(), reach_of(desk, scope)),
    }
}

/// Places where somebody may do something, to choose from: value and words.
pub fn places(desk: &Administration, action: Action) -> Vec<(String, String)> {
    let parts = desk.parts();
    let mut places = Vec::new();
    if desk.may_everywhere(action) {
        places.push(("installation".to_owned(), "Everywhere".to_owned()));
    }
    for (id, name) in &parts.organisations {
        if desk.may(action, Within::Organisation(*id)) {
            places.push((format!("organisation {id}"), format!("{name} (all its projects)")));
        }
    }
    for (id, record) in &parts.projects {
        if desk.may_in(action, *id) {
            places.push((format!("project {id}"), record.name.to_string()));
        }
    }
    places
}
