//! Where administration begins: what waits for somebody, what there is, and by
//! which roles they are here.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::routing::get;
use fixlead_app::administration::Administration;
use fixlead_app::case::retention::AskedBy;
use fixlead_core::access::{Action, Role, Standing};
use fixlead_core::desk::directory::Proposed;
use fixlead_core::desk::directory::webhook::WebhookState;

use super::shell::{self, Answer, Shell, Typed};
use crate::api::Wire;
use crate::web::page::{self, Frame};
use crate::web::visitor::Visitor;
use crate::web::words::Moment;

/// Something that waits.
struct Waiting {
    tone: &'static str,
    what: String,
    why: String,
    to: String,
    act: &'static str,
}

#[derive(Template)]
#[template(path = "admin-home.html")]
struct Page {
    frame: Frame,
    shell: Shell,
    waiting: Vec<Waiting>,
    numbers: Vec<(String, &'static str, &'static str)>,
    roles: Vec<(String, String, String, Option<Moment>)>,
}

/// The routes.
pub fn routes() -> Router<Wire> {
    Router::new().route("/admin", get(home))
}

fn many(count: usize, one: &str, more: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {more}") }
}

async fn home(State(wire): State<Wire>, visitor: Visitor) -> Answer {
    let desk = wire.desk.administration(&visitor.caller).await?;
    let now = desk.seen.at;
    let parts = desk.parts();
    let mut waiting = directory_waits(&desk);
    if desk.may_anywhere(Action::CaseList) {
        let ending = wire.desk.ending(&visitor.caller).await?;
        let confirm = ending.iter().filter(|kept| kept.asked == Some(AskedBy::Another)).count();
        let due = ending.iter().filter(|kept| kept.is_due && !kept.held && kept.asked.is_none()).count();
        for (count, what, act) in [
            (confirm, "wait for you to confirm their erasure", "Look at them"),
            (due, "were kept long enough and may be erased", "Look at them"),
        ] {
            if count > 0 {
                waiting.push(Waiting {
                    tone: "care",
                    what: format!("{} {what}", many(count, "closed case", "closed cases")),
                    why: "One person asks, another confirms; nothing is erased by the clock.".to_owned(),
                    to: "/admin/retention".to_owned(),
                    act,
                });
            }
        }
    }
    for (id, record) in parts.projects.iter().filter(|(id, _)| desk.may_in(Action::ProjectPolicy, *id)) {
        for import in wire.desk.waiting_imports(&visitor.caller, *id).await? {
            if import.confirms {
                let count = many(import.import.advisories.len(), "advisory", "advisories");
                waiting.push(Waiting {
                    tone: "care",
                    what: format!("Confirm: {count} taken in for {}", record.name),
                    why: "They were published elsewhere, perhaps not long ago; nothing is public before."
                        .to_owned(),
                    to: format!("/admin/projects/{id}/import/{}", import.offer),
                    act: "Read and decide",
                });
            }
        }
    }
    if desk.may_anywhere(Action::WebhooksRead) {
        for hook in wire.desk.webhooks(&visitor.caller).await? {
            if let WebhookState::Disabled { why } = &hook.webhook.state {
                waiting.push(Waiting {
                    tone: "bad",
                    what: format!("A webhook was stopped: {}", why.name()),
                    why: hook.webhook.url.to_string(),
                    to: format!("/admin/webhooks/{}", hook.id),
                    act: "See why",
                });
            }
        }
    }
    let standing = |wanted| parts.people.iter().filter(|(_, person)| person.standing == wanted).count();
    let number = |count: usize, one, more, to| (count.to_string(), if count == 1 { one } else { more }, to);
    let numbers = vec![
        number(parts.projects.len(), "project", "projects", "/admin/projects"),
        number(standing(Standing::Active), "person who may act", "people who may act", "/admin/people"),
        number(
            standing(Standing::Invited),
            "invited, not here yet",
            "invited, not here yet",
            "/admin/people?standing=invited",
        ),
        number(parts.grants.len(), "standing role", "standing roles", "/admin/people"),
    ];
    let own = parts.grants.iter().filter(|grant| grant.person == desk.person());
    let roles = own.map(|grant| {
        let until = grant.until.map(|until| Moment::new(until, now));
        let reach = shell::reach_of(&desk, grant.scope);
        (grant.role.name().to_owned(), reach, grant.reason.to_string(), until)
    });
    let roles = roles.collect();
    let (frame, shell) = shell::shell(&visitor, &desk, "Administration", "/admin", Typed::default(), false);
    let page = Page { frame, shell, waiting, numbers, roles };
    Ok(page::show(page.shell.typed.status(), &page))
}

/// What waits in the directory.
fn directory_waits(desk: &Administration) -> Vec<Waiting> {
    let parts = desk.parts();
    let mut waiting = Vec::new();
    for (offer, proposed) in &parts.proposed {
        if !desk.may_confirm(*offer, proposed) {
            continue;
        }
        let (what, why) = match proposed {
            Proposed::Role { grant, .. } => {
                let role = shell::role_in(desk, grant);
                (format!("{} as {role}", parts.name(grant.person)), grant.reason.to_string())
            }
            Proposed::Team { record, .. } => {
                (format!("The sub-team {} for {}", record.name, parts.project(record.project)), String::new())
            }
        };
        waiting.push(Waiting {
            tone: "care",
            what: format!("Confirm: {what}"),
            why,
            to: "/admin/people#offers".to_owned(),
            act: "Look at it",
        });
    }
    for (id, record) in &parts.projects {
        let mut missing = Vec::new();
        if desk.may_in(Action::ProjectFacts, *id) && record.facts.branches.is_empty() {
            missing.push("its branches");
        }
        if desk.may_in(Action::RotaManage, *id) && record.rota.is_empty() {
            missing.push("who takes turns as Fix Lead");
        }
        if !missing.is_empty() {
            waiting.push(Waiting {
                tone: "care",
                what: format!("{} lacks {}", record.name, missing.join(" and ")),
                why: "Reports come in all the same; the policy cannot say who leads or which releases it needs."
                    .to_owned(),
                to: format!("/admin/projects/{id}"),
                act: "Say it",
            });
        }
        let responds = |grant: &&fixlead_core::access::Grant| {
            use fixlead_core::access::Scope;
            let here = match grant.scope {
                Scope::Project(own) => own == *id,
                Scope::Organisation(own) => own == record.organisation,
                Scope::Installation | Scope::Case(_) => false,
            };
            grant.role == Role::Responder && here
        };
        if desk.may_in(Action::RolesGive, *id) && !parts.grants.iter().any(responds) {
            waiting.push(Waiting {
                tone: "bad",
                what: format!("Nobody responds for {}", record.name),
                why: "Its reports would be read by nobody. Invite people, and give them the role responder."
                    .to_owned(),
                to: "/admin/people".to_owned(),
                act: "Give the role",
            });
        }
    }
    if desk.may_everywhere(Action::RolesGive) && desk.is_only_operator() {
        waiting.push(Waiting {
            tone: "care",
            what: "You are the only operator".to_owned(),
            why: "Nobody could let you in again, or be the second person of what you propose.".to_owned(),
            to: "/admin/people".to_owned(),
            act: "Ask another one in",
        });
    }
    waiting
}
