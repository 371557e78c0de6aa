//! `fixlead people`: standing roles, sub-teams, and what waits for a second
//! person.

use std::io::{self, Write};

use clap::{ArgGroup, Args, Subcommand};
use serde_json::{Value, json};

use super::named;
use super::project::changed;
use super::{Asking, id, list, send, text};
use crate::client::{ClientError, Server};
use crate::commands::Outcome;
use crate::terminal::{Style, table};

/// Roles and sub-teams.
#[derive(Subcommand)]
pub enum Command {
    /// Give somebody a standing role; it counts when a second person has confirmed it.
    Give(GiveArgs),
    /// Take a standing role back.
    Revoke(RevokeArgs),
    /// List what waits for a second person.
    Offers(OffersArgs),
    /// Be the second person.
    Confirm(ConfirmArgs),
    /// Sub-teams that a project delegates its work to.
    #[command(subcommand)]
    Team(Team),
}

/// Sub-teams.
#[derive(Subcommand)]
pub enum Team {
    /// List them, and who belongs to them.
    List(OffersArgs),
    /// Delegate the work of a project to a new one; it counts when a second person has confirmed it.
    Make(MakeArgs),
    /// Add somebody else to one.
    Add(MemberArgs),
    /// Take somebody out of one.
    Remove(MemberArgs),
    /// End one; its members have its role no more.
    End(EndArgs),
}

/// Which role, where.
#[derive(Args)]
#[command(group(ArgGroup::new("reach").required(true)))]
pub struct GiveArgs {
    /// To whom, by name or id.
    who: String,
    /// Which: operator, auditor, responder.
    role: String,
    /// In this project, by name or id.
    #[arg(long, value_name = "PROJECT", group = "reach")]
    project: Option<String>,
    /// In all projects of this organisation, by name or id.
    #[arg(long, value_name = "ORGANISATION", group = "reach")]
    organisation: Option<String>,
    /// Everywhere.
    #[arg(long, group = "reach")]
    everywhere: bool,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Until when, like 2027-01-15T16:00:00Z.
    #[arg(long, value_name = "INSTANT")]
    until: Option<String>,
    #[command(flatten)]
    asking: Asking,
}

/// Which role.
#[derive(Args)]
pub struct RevokeArgs {
    /// The grant, as `people list --json` has it, or the one person who has a role.
    grant: String,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    asking: Asking,
}

/// Nothing in particular.
#[derive(Args)]
pub struct OffersArgs {
    #[command(flatten)]
    asking: Asking,
}

/// What is confirmed.
#[derive(Args)]
pub struct ConfirmArgs {
    /// The offer.
    #[arg(value_parser = id)]
    offer: String,
    #[command(flatten)]
    asking: Asking,
}

/// A new sub-team.
#[derive(Args)]
pub struct MakeArgs {
    /// What it is called.
    name: String,
    /// The project, by name or id.
    #[arg(long, value_name = "PROJECT")]
    project: String,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    asking: Asking,
}

/// A member.
#[derive(Args)]
pub struct MemberArgs {
    /// The sub-team, by name or id.
    team: String,
    /// Who, by name or id.
    who: String,
    #[command(flatten)]
    asking: Asking,
}

/// The end of a sub-team.
#[derive(Args)]
pub struct EndArgs {
    /// The sub-team, by name or id.
    team: String,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    asking: Asking,
}

/// Says what waits for a second person.
fn waits(made: &Value, out: &mut dyn Write) -> io::Result<()> {
    let offer = text(&made["offer"]);
    writeln!(out, "it counts when somebody else runs: fixlead people confirm {offer}")
}

/// Runs it.
///
/// # Errors
/// When a stream cannot be written.
pub fn run(
    command: &Command,
    style: Style,
    out: &mut impl Write,
    messages: &mut impl Write,
) -> io::Result<Outcome> {
    match command {
        Command::Give(args) => args.asking.ask(out, messages, |server| give(server, args), waits),
        Command::Revoke(args) => args.asking.ask(
            out,
            messages,
            |server| {
                let grant = standing(server, &args.grant)?;
                send(server, &format!("/api/v1/roles/{grant}/revoke"), &json!({ "reason": args.reason }))
            },
            changed,
        ),
        Command::Offers(args) => args.asking.ask(
            out,
            messages,
            |server| {
                let seen = server.get("/api/v1/directory")?.body;
                Ok(json!({ "proposed": seen["proposed"], "people": seen["people"] }))
            },
            |seen, out| {
                let row = |offer: &Value| {
                    let (what, who) = match offer["team"].is_null() {
                        true => (text(&offer["role"]), person(&seen["people"], &offer["person"])),
                        false => ("sub-team".to_owned(), text(&offer["name"])),
                    };
                    [text(&offer["offer"]), what, who, text(&offer["reason"])]
                };
                let rows: Vec<[String; 4]> = list(&seen["proposed"]).iter().map(row).collect();
                if rows.is_empty() {
                    return writeln!(out, "nothing waits for a second person");
                }
                table::write(style, ["!OFFER", "WHAT", "FOR", "WHY"], &rows, &mut { out })
            },
        ),
        Command::Confirm(args) => args.asking.ask(
            out,
            messages,
            |server| send(server, &format!("/api/v1/offers/{}/confirm", args.offer), &json!({})),
            changed,
        ),
        Command::Team(command) => team(command, style, out, messages),
    }
}

/// The name of somebody in a list of people; their id where it has none.
fn person(people: &Value, id: &Value) -> String {
    let known = list(people).iter().find(|known| known["person"] == *id);
    known.map_or_else(|| text(id), |known| text(&known["name"]))
}

fn give(server: &Server, args: &GiveArgs) -> Result<Value, ClientError> {
    let reach = match (&args.project, &args.organisation) {
        (Some(project), _) => json!({ "project": named::project(server, project)? }),
        (None, Some(organisation)) => json!({ "organisation": named::organisation(server, organisation)? }),
        (None, None) => json!("installation"),
    };
    let person = named::person(server, &args.who)?;
    let mut sent = json!({ "person": person, "role": args.role, "reach": reach, "reason": args.reason });
    if let Some(until) = &args.until {
        sent["until"] = json!(until);
    }
    send(server, "/api/v1/roles", &sent)
}

/// The standing role that is named, or that the person who is named has.
fn standing(server: &Server, typed: &str) -> Result<String, ClientError> {
    let seen = server.get("/api/v1/directory")?.body;
    let roles = list(&seen["roles"]);
    let wanted = typed.to_lowercase();
    let is = |role: &&Value| {
        role["grant"] == typed
            || text(&role["person"]) == wanted
            || person(&seen["people"], &role["person"]).to_lowercase() == wanted
    };
    let found: Vec<&Value> = roles.iter().filter(is).collect();
    match found.as_slice() {
        [one] => Ok(text(&one["grant"])),
        [] => {
            Err(ClientError::Unclear("there is no such standing role; `people list --json` has them".into()))
        }
        many => {
            let said: Vec<String> =
                many.iter().map(|role| format!("{} {}", text(&role["role"]), text(&role["grant"]))).collect();
            Err(ClientError::Unclear(format!("they have several roles; give one: {}", said.join(", "))))
        }
    }
}

fn team(
    command: &Team,
    style: Style,
    out: &mut impl Write,
    messages: &mut impl Write,
) -> io::Result<Outcome> {
    match command {
        Team::List(args) => args.asking.ask(
            out,
            messages,
            |server| {
                let seen = server.get("/api/v1/directory")?.body;
                Ok(json!({ "teams": seen["teams"], "people": seen["people"], "projects": seen["projects"] }))
            },
            |seen, out| {
                let row = |team: &Value| {
                    let mut projects = list(&seen["projects"]).iter();
                    let project = projects.find(|project| project["project"] == team["project"]);
                    let members: Vec<String> =
                        list(&team["members"]).iter().map(|member| person(&seen["people"], member)).collect();
                    let project = project.map_or_else(|| "-".to_owned(), |project| text(&project["name"]));
                    [text(&team["name"]), project, members.join(", "), text(&team["team"])]
                };
                let rows: Vec<[String; 4]> = list(&seen["teams"]).iter().map(row).collect();
                if rows.is_empty() {
                    return writeln!(out, "no sub-teams");
                }
                table::write(style, ["NAME", "PROJECT", "MEMBERS", "!TEAM"], &rows, &mut { out })
            },
        ),
        Team::Make(args) => {
            let asks = |server: &Server| {
                let project = named::project(server, &args.project)?;
                let sent = json!({ "name": args.name, "reason": args.reason });
                send(server, &format!("/api/v1/projects/{project}/teams"), &sent)
            };
            args.asking.ask(out, messages, asks, |made, out| {
                writeln!(out, "{}", text(&made["team"]))?;
                waits(made, out)
            })
        }
        Team::Add(args) => {
            let asks = |server: &Server| {
                let team = named::team(server, &args.team)?;
                let person = named::person(server, &args.who)?;
                send(server, &format!("/api/v1/teams/{team}/members"), &json!({ "person": person }))
            };
            args.asking.ask(out, messages, asks, changed)
        }
        Team::Remove(args) => {
            let asks = |server: &Server| {
                let team = named::team(server, &args.team)?;
                let person = named::person(server, &args.who)?;
                send(server, &format!("/api/v1/teams/{team}/members/{person}/remove"), &json!({}))
            };
            args.asking.ask(out, messages, asks, changed)
        }
        Team::End(args) => {
            let asks = |server: &Server| {
                let team = named::team(server, &args.team)?;
                send(server, &format!("/api/v1/teams/{team}/end"), &json!({ "reason": args.reason }))
            };
            args.asking.ask(out, messages, asks, changed)
        }
    }
}
