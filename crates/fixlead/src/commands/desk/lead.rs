//! `fixlead case`: who works on a case.

use std::io::{self, Write};

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::case::CaseArgs;
use super::named::{self, name};
use super::{Asking, Asks, id, list, send, text, written};
use crate::client::{ClientError, Server};
use crate::commands::Outcome;
use crate::terminal::plain;

/// Who works on it.
#[derive(Subcommand)]
pub enum Command {
    /// Lead a case yourself, or have somebody lead it.
    Lead(LeadArgs),
    /// Hand the lead over: offer it, take what is offered to you, or decline.
    #[command(subcommand)]
    HandOff(HandOff),
    /// Let somebody into a case, in a role.
    Grant(GrantArgs),
    /// Take a role in a case back.
    Revoke(RevokeArgs),
    /// Keep somebody out of a case who has a conflict of interest; yourself, if nobody is named.
    Recuse(RecuseArgs),
    /// Let somebody in again whose conflict of interest is over.
    LiftRecusal(LiftArgs),
}

/// Who is to lead.
#[derive(Args)]
pub struct LeadArgs {
    #[command(flatten)]
    case: CaseArgs,
    /// Have this person lead, by name or id.
    #[arg(long, value_name = "WHO", conflicts_with = "rotation")]
    person: Option<String>,
    /// Have the one lead whose turn it is.
    #[arg(long)]
    rotation: bool,
    /// Why it is they.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

/// The lead, handed over.
#[derive(Subcommand)]
pub enum HandOff {
    /// Offer the lead to somebody; it changes hands when they take it.
    Offer(OfferArgs),
    /// Take the lead that is offered to you.
    Accept(CaseArgs),
    /// Do not take it.
    Decline(ReasonArgs),
}

/// To whom.
#[derive(Args)]
pub struct OfferArgs {
    #[command(flatten)]
    case: CaseArgs,
    /// To whom, by name or id.
    who: String,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// A case, and why.
#[derive(Args)]
pub struct ReasonArgs {
    #[command(flatten)]
    pub case: CaseArgs,
    /// Why; it stands in the log.
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
}

/// Who is let in.
#[derive(Args)]
pub struct GrantArgs {
    #[command(flatten)]
    case: CaseArgs,
    /// Whom, by name or id.
    who: String,
    /// Their role: fix-team, release-manager, distributor, reporter, guest.
    role: String,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Until when, like 2027-01-15T16:00:00Z.
    #[arg(long, value_name = "INSTANT")]
    until: Option<String>,
}

/// Whose role is taken back.
#[derive(Args)]
pub struct RevokeArgs {
    #[command(flatten)]
    case: CaseArgs,
    /// The grant, or the one person who has a role here, by name or id.
    grant: String,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// Who is kept out.
#[derive(Args)]
pub struct RecuseArgs {
    #[command(flatten)]
    case: CaseArgs,
    /// Whom, by name or id.
    who: Option<String>,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// Who is let in again.
#[derive(Args)]
pub struct LiftArgs {
    #[command(flatten)]
    case: CaseArgs,
    /// Whom, by name or id.
    who: String,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// Runs it.
///
/// # Errors
/// When a stream cannot be written.
pub fn run(command: &Command, out: &mut impl Write, messages: &mut impl Write) -> io::Result<Outcome> {
    let (asking, asks): (&Asking, Asks<'_>) = match command {
        Command::Lead(args) => (&args.case.asking, Box::new(|server| lead(server, args))),
        Command::HandOff(HandOff::Offer(args)) => (
            &args.case.asking,
            Box::new(|server| {
                let to = named::person(server, &args.who)?;
                send(server, &args.case.path("/hand-off"), &json!({ "to": to, "reason": args.reason }))
            }),
        ),
        Command::HandOff(HandOff::Accept(args)) => (
            &args.asking,
            Box::new(|server| {
                let offer = offered(server, args)?;
                send(server, &args.path(&format!("/hand-off/{offer}/accept")), &json!({}))
            }),
        ),
        Command::HandOff(HandOff::Decline(args)) => (
            &args.case.asking,
            Box::new(|server| {
                let offer = offered(server, &args.case)?;
                let path = args.case.path(&format!("/hand-off/{offer}/decline"));
                send(server, &path, &json!({ "reason": args.reason }))
            }),
        ),
        Command::Grant(args) => (
            &args.case.asking,
            Box::new(|server| {
                let person = named::person(server, &args.who)?;
                let mut sent = json!({ "person": person, "role": args.role, "reason": args.reason });
                if let Some(until) = &args.until {
                    sent["until"] = json!(until);
                }
                send(server, &args.case.path("/grants"), &sent)
            }),
        ),
        Command::Revoke(args) => (
            &args.case.asking,
            Box::new(|server| {
                let grant = granted(server, args)?;
                let path = args.case.path(&format!("/grants/{grant}/revoke"));
                send(server, &path, &json!({ "reason": args.reason }))
            }),
        ),
        Command::Recuse(args) => (
            &args.case.asking,
            Box::new(|server| {
                let person = match &args.who {
                    Some(who) => named::person(server, who)?,
                    None => named::me(server)?,
                };
                send(
                    server,
                    &args.case.path("/recusals"),
                    &json!({ "person": person, "reason": args.reason }),
                )
            }),
        ),
        Command::LiftRecusal(args) => (
            &args.case.asking,
            Box::new(|server| {
                let person = named::person(server, &args.who)?;
                let path = args.case.path(&format!("/recusals/{person}/lift"));
                send(server, &path, &json!({ "reason": args.reason }))
            }),
        ),
    };
    asking.ask(out, messages, asks, |answer, out| {
        if let Some(person) = answer["leads"].as_str() {
            writeln!(out, "{} leads the case", plain(person))?;
        }
        written(answer, out)
    })
}

/// Has somebody lead. The name is told where it was the desk that knew it.
fn lead(server: &Server, args: &LeadArgs) -> Result<Value, ClientError> {
    let path = args.case.path("/lead");
    if let Some(who) = &args.person {
        let person = named::person(server, who)?;
        let reason = args.reason.as_deref().unwrap_or("assigned");
        return send(server, &path, &json!({ "person": person, "reason": reason }));
    }
    if !args.rotation {
        return send(server, &path, &json!({}));
    }
    let case = server.get(&args.case.path(""))?.body;
    let seen = server.get("/api/v1/directory")?.body;
    let mut projects = list(&seen["projects"]).iter();
    let project = projects.find(|project| project["project"] == case["standing"]["project"]);
    let rota = project.map(|project| &project["rota"]).unwrap_or(&Value::Null);
    let away = list(&rota["away"]);
    let kept_out = list(&case["standing"]["recused"]);
    let next = list(&rota["next"]).iter().find(|person| !away.contains(person) && !kept_out.contains(person));
    let Some(next) = next else {
        let why = "nobody who takes turns is there; name somebody with --person, or see `fixlead rota show`";
        return Err(ClientError::Unclear(why.into()));
    };
    let reason = args.reason.as_deref().unwrap_or("it is their turn");
    let sent = json!({ "person": next, "reason": reason, "by_rotation": true });
    let mut answer = send(server, &path, &sent)?;
    let mut people = list(&seen["people"]).iter();
    if let Some(person) = people.find(|person| person["person"] == *next) {
        answer["leads"] = person["name"].clone();
    }
    Ok(answer)
}

/// The offer of the lead that stands.
fn offered(server: &Server, case: &CaseArgs) -> Result<String, ClientError> {
    let seen = server.get(&case.path(""))?.body;
    let offer = seen["standing"]["handoff"][0].as_str();
    let why = "the lead of this case is offered to nobody; it was taken, declined or replaced";
    offer.map(str::to_owned).ok_or_else(|| ClientError::Unclear(why.into()))
}

/// The grant that is named, or that the person who is named has.
fn granted(server: &Server, args: &RevokeArgs) -> Result<String, ClientError> {
    let seen = server.get(&args.case.path(""))?.body;
    let people = list(&seen["standing"]["people"]);
    if people.iter().any(|member| member["grant"] == args.grant.as_str()) {
        return Ok(args.grant.clone());
    }
    let wanted = args.grant.to_lowercase();
    let is = |member: &&Value| {
        let named = text(&member["name"]).to_lowercase() == wanted || text(&member["person"]) == wanted;
        named && member["role"] != "fix-lead"
    };
    let found: Vec<&Value> = people.iter().filter(is).collect();
    match found.as_slice() {
        [one] => Ok(text(&one["grant"])),
        [] => match id(&args.grant) {
            // The desk says what it thinks of it.
            Ok(grant) if grant.len() == 26 => Ok(grant),
            _ => {
                Err(ClientError::Unclear("nobody of this name has a role here that can be taken back".into()))
            }
        },
        many => {
            let roles: Vec<String> = many
                .iter()
                .map(|member| format!("{} {}", text(&member["role"]), text(&member["grant"])))
                .collect();
            Err(ClientError::Unclear(format!("they have several roles here; give one: {}", roles.join(", "))))
        }
    }
}

/// The rows of those who have a role in a case.
pub fn members(case: &Value) -> Vec<[String; 4]> {
    let row = |member: &Value| {
        let [role, until, grant] = ["role", "until", "grant"].map(|field| text(&member[field]));
        [name(&case["names"], &member["person"]), role, until, grant]
    };
    list(&case["standing"]["people"]).iter().map(row).collect()
}
