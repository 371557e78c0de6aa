//! `fixlead people` and `fixlead rota`: who is who, and whose turn it is.

use std::io::{self, Write};

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::project::{changed, replace};
use super::{Asking, list, named, roles, send, text};
use crate::client::Server;
use crate::commands::Outcome;
use crate::terminal::{Style, plain, table};

/// What to do with people.
#[derive(Subcommand)]
pub enum Command {
    /// List people, their standing and their roles.
    List(PlainArgs),
    /// Invite somebody; prints a link that works once, within three days.
    Invite(InviteArgs),
    /// Make another link for somebody whose link was lost; the ones before work no more.
    Link(WhoArgs),
    /// Say what somebody is called: yourself, or anybody if you invite people.
    Rename(RenameArgs),
    /// Show which logins of code hosts are somebody's, or set them: whose LGTM counts as an owner's.
    Logins(LoginsArgs),
    /// Suspend somebody, let them act again, or remove them.
    Standing(StandingArgs),
    /// Say when somebody is away: yourself, or somebody who takes turns.
    Leave(LeaveArgs),
    #[command(flatten)]
    Roles(roles::Command),
}

/// What to do with the rota.
#[derive(Subcommand)]
pub enum RotaCommand {
    /// Show who takes turns as Fix Lead, the next one first.
    Show(RotaArgs),
    /// Say who takes turns, in their order.
    Set(SetRotaArgs),
}

/// Nothing in particular.
#[derive(Args)]
pub struct PlainArgs {
    #[command(flatten)]
    asking: Asking,
}

/// Whom to invite.
#[derive(Args)]
pub struct InviteArgs {
    /// What they are called.
    name: String,
    #[command(flatten)]
    asking: Asking,
}

/// Who.
#[derive(Args)]
pub struct WhoArgs {
    /// Who, by name or id.
    who: String,
    #[command(flatten)]
    asking: Asking,
}

/// What they are called.
#[derive(Args)]
pub struct RenameArgs {
    /// Who, by name or id.
    who: String,
    /// From now on.
    name: String,
    #[command(flatten)]
    asking: Asking,
}

/// Whether somebody may act.
#[derive(Clone, Copy, ValueEnum)]
pub enum Standing {
    /// They may act.
    Active,
    /// They may not, until they are active again.
    Suspended,
    /// They may not, and have no role any more.
    Removed,
}

/// Whether they may act.
#[derive(Args)]
pub struct StandingArgs {
    /// Who, by name or id.
    who: String,
    /// From now on.
    #[arg(value_enum)]
    standing: Standing,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    asking: Asking,
}

/// When they are away.
#[derive(Args)]
pub struct LeaveArgs {
    /// Who, by name or id.
    who: String,
    /// First and last day, like 2026-11-20..2026-12-15; without any, they are back.
    #[arg(value_name = "DAY..DAY", value_parser = days)]
    days: Vec<(String, String)>,
    #[command(flatten)]
    asking: Asking,
}

/// How files of projects name them.
#[derive(Args)]
pub struct LoginsArgs {
    /// Who, by name or id.
    who: String,
    /// All of theirs: a login (eli), one at a host (github.com/eli), an e-mail address; without any, they are shown.
    logins: Vec<String>,
    /// Take all of theirs away.
    #[arg(long, conflicts_with = "logins")]
    none: bool,
    #[command(flatten)]
    asking: Asking,
}

/// Who takes turns.
#[derive(Args)]
pub struct SetRotaArgs {
    /// The project, by name or id.
    project: String,
    /// Who, in their order, by name or id.
    #[arg(required = true)]
    who: Vec<String>,
    /// A week each, from this Monday on, like 2026-11-23; case by case, if left out.
    #[arg(long, value_name = "DAY")]
    weekly_from: Option<String>,
    #[command(flatten)]
    asking: Asking,
}

fn days(text: &str) -> Result<(String, String), String> {
    let (first, last) = text.split_once("..").unwrap_or((text, text));
    let day = |day: &str| day.len() == 10 && day.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    if day(first) && day(last) {
        return Ok((first.to_owned(), last.to_owned()));
    }
    Err("days are written like 2026-11-20..2026-12-15".into())
}

/// Whose rota.
#[derive(Args)]
pub struct RotaArgs {
    /// The project, by name or id; all of them, if left out.
    project: Option<String>,
    #[command(flatten)]
    asking: Asking,
}

/// Runs `fixlead people`.
///
/// # Errors
/// When a stream cannot be written.
pub fn run(
    command: &Command,
    style: Style,
    out: &mut impl Write,
    messages: &mut impl Write,
) -> io::Result<Outcome> {
    let directory = |server: &Server| Ok(server.get("/api/v1/directory")?.body);
    match command {
        Command::List(args) => args.asking.ask(out, messages, directory, |seen, out| {
            let rows: Vec<[String; 4]> = list(&seen["people"])
                .iter()
                .map(|person| {
                    let roles = list(&seen["roles"]).iter().filter(|role| role["person"] == person["person"]);
                    let roles: Vec<String> = roles.map(|role| text(&role["role"])).collect();
                    let [id, name, standing] =
                        ["person", "name", "standing"].map(|field| text(&person[field]));
                    [name, standing, roles.join(", "), id]
                })
                .collect();
            table::write(style, ["NAME", "STANDING", "ROLES", "!PERSON"], &rows, &mut { out })
        }),
        Command::Invite(args) => {
            let sent = json!({ "name": args.name });
            args.asking.ask(out, messages, |server| send(server, "/api/v1/invitations", &sent), link)
        }
        Command::Link(args) => {
            let asks = |server: &Server| {
                let person = named::person(server, &args.who)?;
                send(server, &format!("/api/v1/people/{person}/invitation"), &json!({}))
            };
            args.asking.ask(out, messages, asks, link)
        }
        Command::Rename(args) => {
            let asks = |server: &Server| {
                let person = named::person(server, &args.who)?;
                send(server, &format!("/api/v1/people/{person}/name"), &json!({ "name": args.name }))
            };
            args.asking.ask(out, messages, asks, changed)
        }
        Command::Logins(args) if args.logins.is_empty() && !args.none => {
            let asks = |server: &Server| {
                let person = named::person(server, &args.who)?;
                let seen = directory(server)?;
                let known = list(&seen["people"]).iter().find(|known| known["person"] == person.as_str());
                Ok(
                    json!({ "person": person, "logins": known.map_or(&Value::Null, |known| &known["logins"]) }),
                )
            };
            args.asking.ask(out, messages, asks, |seen, out| {
                list(&seen["logins"]).iter().try_for_each(|login| writeln!(out, "{}", plain(&text(login))))
            })
        }
        Command::Logins(args) => {
            let asks = |server: &Server| {
                let person = named::person(server, &args.who)?;
                send(server, &format!("/api/v1/people/{person}/logins"), &json!({ "logins": args.logins }))
            };
            args.asking.ask(out, messages, asks, changed)
        }
        Command::Standing(args) => {
            let standing = match args.standing {
                Standing::Active => "active",
                Standing::Suspended => "suspended",
                Standing::Removed => "removed",
            };
            let asks = |server: &Server| {
                let person = named::person(server, &args.who)?;
                let sent = json!({ "standing": standing, "reason": args.reason });
                send(server, &format!("/api/v1/people/{person}/standing"), &sent)
            };
            args.asking.ask(out, messages, asks, changed)
        }
        Command::Leave(args) => {
            let asks = |server: &Server| {
                let person = named::person(server, &args.who)?;
                send(server, &format!("/api/v1/people/{person}/leave"), &json!({ "days": args.days }))
            };
            args.asking.ask(out, messages, asks, changed)
        }
        Command::Roles(command) => roles::run(command, style, out, messages),
    }
}

/// Shows a link, once.
fn link(made: &Value, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", text(&made["address"]))?;
    writeln!(out, "for them alone, once and within three days; it is not shown again")
}

/// Runs `fixlead rota`.
///
/// # Errors
/// When a stream cannot be written.
pub fn rota(
    command: &RotaCommand,
    style: Style,
    out: &mut impl Write,
    messages: &mut impl Write,
) -> io::Result<Outcome> {
    let args = match command {
        RotaCommand::Show(args) => args,
        RotaCommand::Set(args) => {
            let asks = |server: &Server| {
                let project = named::project(server, &args.project)?;
                let mut sent = json!({ "people": named::people(server, &args.who)? });
                if let Some(monday) = &args.weekly_from {
                    sent["first_monday"] = json!(monday);
                }
                replace(server, &format!("/api/v1/projects/{project}/rota"), &sent)
            };
            return args.asking.ask(out, messages, asks, changed);
        }
    };
    let asks = |server: &Server| {
        let seen = server.get("/api/v1/directory")?.body;
        let typed = |project: &Value, typed: &String| {
            project["project"] == typed.as_str()
                || text(&project["name"]).to_lowercase() == typed.to_lowercase()
        };
        let wanted = |project: &&Value| args.project.as_ref().is_none_or(|known| typed(project, known));
        let projects: Vec<Value> = list(&seen["projects"]).iter().filter(wanted).cloned().collect();
        Ok(json!({ "projects": projects, "people": seen["people"] }))
    };
    args.asking.ask(out, messages, asks, |seen, out| {
        for project in list(&seen["projects"]) {
            writeln!(out, "{}", plain(&text(&project["name"])))?;
            let rota = &project["rota"];
            let rows: Vec<[String; 4]> = (1..)
                .zip(list(&rota["next"]))
                .map(|(place, person)| {
                    let known = list(&seen["people"]).iter().find(|known| known["person"] == *person);
                    let away = list(&rota["away"]).contains(person);
                    let name = known.map_or_else(|| "-".to_owned(), |known| text(&known["name"]));
                    let note = if away { "away" } else { "" };
                    [format!("{place}"), name, note.to_owned(), text(person)]
                })
                .collect();
            table::write(style, [">TURN", "NAME", "NOTE", "!PERSON"], &rows, &mut { &mut *out })?;
        }
        Ok(())
    })
}
