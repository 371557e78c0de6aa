//! `fixlead people` and `fixlead rota`: who is who, and whose turn it is.

use std::io::{self, Write};

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{Asking, id, list, new_key, text};
use crate::client::Server;
use crate::commands::Outcome;
use crate::terminal::{Style, plain, table};

/// What to do with people.
#[derive(Subcommand)]
pub enum Command {
    /// List people, their standing and their roles.
    List(PlainArgs),
    /// Invite somebody; prints a link that works once, within three days. Asks for a session, not a token.
    Invite(InviteArgs),
}

/// What to do with the rota.
#[derive(Subcommand)]
pub enum RotaCommand {
    /// Show who takes turns as Fix Lead, the next one first.
    Show(RotaArgs),
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

/// Whose rota.
#[derive(Args)]
pub struct RotaArgs {
    /// The project; all of them, if left out.
    #[arg(value_parser = id)]
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
            let asks =
                |server: &Server| Ok(server.post("/api/v1/invitations", &sent, Some(&new_key()), None)?.body);
            args.asking.ask(out, messages, asks, |made, out| {
                writeln!(out, "{}", text(&made["address"]))?;
                writeln!(out, "for them alone, once and within three days; it is not shown again")
            })
        }
    }
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
    let RotaCommand::Show(args) = command;
    let asks = |server: &Server| {
        let seen = server.get("/api/v1/directory")?.body;
        let wanted =
            |project: &&Value| args.project.as_ref().is_none_or(|id| project["project"] == id.as_str());
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
