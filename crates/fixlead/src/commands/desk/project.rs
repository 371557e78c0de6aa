//! `fixlead project`: projects, their facts, maintainers and policy.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::whole::PolicyNamed;
use super::{Asking, cve, import, list, named, new_key, read_file, send, text};
use crate::client::{ClientError, Server};
use crate::commands::Outcome;
use crate::terminal::{Style, table};

/// What to do with projects.
#[derive(Subcommand)]
pub enum Command {
    /// List the projects you may see, and their policies.
    List(PlainArgs),
    /// Add an organisation.
    AddOrganisation(NameArgs),
    /// Add a project to an organisation.
    Add(AddArgs),
    /// Show the facts of a project: branches, owners, holidays; or set them from a file.
    Facts(FactsArgs),
    /// Show who maintains a project, or say who does.
    Maintainers(MaintainersArgs),
    /// Show which policy new cases of a project get, or set another.
    Policy(SetPolicyArgs),
    /// Show who asks at CVE Services for a project, or set it.
    Cna(cve::CnaArgs),
    /// List advisories that wait to be taken in; confirm or decline what somebody else proposed.
    Imports(import::ImportsArgs),
}

/// Nothing in particular.
#[derive(Args)]
pub struct PlainArgs {
    #[command(flatten)]
    asking: Asking,
}

/// What it is called.
#[derive(Args)]
pub struct NameArgs {
    /// What it is called.
    name: String,
    #[command(flatten)]
    asking: Asking,
}

/// A project.
#[derive(Args)]
pub struct AddArgs {
    /// What it is called.
    name: String,
    /// Its organisation, by name or id.
    #[arg(long, value_name = "ORGANISATION")]
    organisation: String,
    #[command(flatten)]
    policy: PolicyNamed,
    #[command(flatten)]
    asking: Asking,
}

/// Its facts.
#[derive(Args)]
pub struct FactsArgs {
    /// The project, by name or id.
    project: String,
    /// Set them: a file with `project` of `fixlead-history/1`; `-` reads standard input.
    #[arg(long, value_name = "FILE")]
    set: Option<PathBuf>,
    #[command(flatten)]
    asking: Asking,
}

/// Its maintainers.
#[derive(Args)]
pub struct MaintainersArgs {
    /// The project, by name or id.
    project: String,
    /// All of them, by name or id; without any, they are shown.
    who: Vec<String>,
    #[command(flatten)]
    asking: Asking,
}

/// Its policy.
#[derive(Args)]
pub struct SetPolicyArgs {
    /// The project, by name or id.
    project: String,
    #[command(flatten)]
    policy: PolicyNamed,
    /// Why, where it is set.
    #[arg(long, value_name = "TEXT", requires = "policy")]
    reason: Option<String>,
    #[command(flatten)]
    asking: Asking,
}

/// Sends something that replaces a part of the directory, on the version that
/// stands now.
///
/// # Errors
/// What the desk said, or that it did not.
pub fn replace(server: &Server, path: &str, sent: &Value) -> Result<Value, ClientError> {
    let version = server.get("/api/v1/directory")?.etag.unwrap_or_default();
    Ok(server.post(path, sent, Some(&new_key()), Some(&version))?.body)
}

/// Says that the directory has changed.
///
/// # Errors
/// When the stream cannot be written.
pub fn changed(answer: &Value, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "done; the directory is at version {}", text(&answer["version"]))
}

/// One project as the desk shows it, with the people it names.
fn shown(server: &Server, typed: &str) -> Result<Value, ClientError> {
    let seen = server.get("/api/v1/directory")?.body;
    let wanted = typed.to_lowercase();
    let is =
        |project: &&Value| project["project"] == typed || text(&project["name"]).to_lowercase() == wanted;
    let found: Vec<&Value> = list(&seen["projects"]).iter().filter(is).collect();
    match found.as_slice() {
        [one] => Ok(json!({ "project": one, "people": seen["people"] })),
        [] => Err(ClientError::Unclear("no project that you may see has this name; give the id".into())),
        many => Err(ClientError::Unclear(format!("{} projects have this name; give the id", many.len()))),
    }
}

/// Runs `fixlead project`.
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
        Command::Cna(args) => cve::run_cna(args, out, messages),
        Command::Imports(args) => import::run(args, out, messages),
        Command::List(args) => args.asking.ask(
            out,
            messages,
            |server| {
                let seen = server.get("/api/v1/directory")?.body;
                Ok(json!({ "projects": seen["projects"], "organisations": seen["organisations"] }))
            },
            |seen, out| {
                let row = |project: &Value| {
                    let organisation = list(&seen["organisations"]).iter();
                    let mut organisation =
                        organisation.filter(|known| known["organisation"] == project["organisation"]);
                    let organisation =
                        organisation.next().map_or_else(|| "-".to_owned(), |known| text(&known["name"]));
                    let policy = &project["policy"];
                    let policy = format!("{} {}", text(&policy["policy"]), text(&policy["version"]));
                    [text(&project["name"]), organisation, policy, text(&project["project"])]
                };
                let rows: Vec<[String; 4]> = list(&seen["projects"]).iter().map(row).collect();
                table::write(style, ["NAME", "ORGANISATION", "POLICY", "!PROJECT"], &rows, &mut { out })
            },
        ),
        Command::AddOrganisation(args) => {
            let sent = json!({ "name": args.name });
            let asks = |server: &Server| send(server, "/api/v1/organisations", &sent);
            args.asking.ask(out, messages, asks, |made, out| writeln!(out, "{}", text(&made["organisation"])))
        }
        Command::Add(args) => {
            let asks = |server: &Server| {
                let mut sent = args.policy.sent("")?;
                if !args.policy.is_named() {
                    let why = "say which policy its cases run under, with --policy; `fixlead policy list` names some";
                    return Err(ClientError::Unclear(why.into()));
                }
                if let Some(fields) = sent.as_object_mut() {
                    fields.remove("reason");
                }
                sent["name"] = json!(args.name);
                sent["organisation"] = json!(named::organisation(server, &args.organisation)?);
                send(server, "/api/v1/projects", &sent)
            };
            args.asking.ask(out, messages, asks, |made, out| writeln!(out, "{}", text(&made["project"])))
        }
        Command::Facts(FactsArgs { project, set: None, asking }) => asking.ask(
            out,
            messages,
            |server| Ok(shown(server, project)?["project"]["facts"].clone()),
            |facts, out| writeln!(out, "{facts:#}"),
        ),
        Command::Facts(FactsArgs { project, set: Some(file), asking }) => {
            let asks = |server: &Server| {
                let facts: Value = serde_json::from_str(&read_file(file)?)
                    .map_err(|error| ClientError::Unclear(format!("the facts are not JSON: {error}")))?;
                let project = named::project(server, project)?;
                replace(server, &format!("/api/v1/projects/{project}/facts"), &json!({ "facts": facts }))
            };
            asking.ask(out, messages, asks, changed)
        }
        Command::Maintainers(args) if args.who.is_empty() => args.asking.ask(
            out,
            messages,
            |server| {
                let seen = shown(server, &args.project)?;
                let known =
                    |id: &Value| list(&seen["people"]).iter().find(|known| known["person"] == *id).cloned();
                let maintainers = list(&seen["project"]["maintainers"]).iter();
                let named = maintainers.map(|id| known(id).unwrap_or_else(|| json!({ "person": id })));
                Ok(json!({ "maintainers": named.collect::<Vec<Value>>() }))
            },
            |seen, out| {
                let row = |person: &Value| {
                    [text(&person["name"]), text(&person["standing"]), text(&person["person"])]
                };
                let rows: Vec<[String; 3]> = list(&seen["maintainers"]).iter().map(row).collect();
                table::write(style, ["NAME", "STANDING", "!PERSON"], &rows, &mut { out })
            },
        ),
        Command::Maintainers(args) => {
            let asks = |server: &Server| {
                let project = named::project(server, &args.project)?;
                let people = named::people(server, &args.who)?;
                replace(
                    server,
                    &format!("/api/v1/projects/{project}/maintainers"),
                    &json!({ "people": people }),
                )
            };
            args.asking.ask(out, messages, asks, changed)
        }
        Command::Policy(args) if !args.policy.is_named() => args.asking.ask(
            out,
            messages,
            |server| Ok(shown(server, &args.project)?["project"]["policy"].clone()),
            |policy, out| {
                let overlays: Vec<String> = list(&policy["overlays"]).iter().map(text).collect();
                writeln!(
                    out,
                    "{} {} {}",
                    text(&policy["policy"]),
                    text(&policy["version"]),
                    overlays.join(" ")
                )?;
                writeln!(out, "sha256 {}", text(&policy["sha256"]))
            },
        ),
        Command::Policy(args) => {
            let asks = |server: &Server| {
                let Some(reason) = &args.reason else {
                    return Err(ClientError::Unclear("say why, with --reason".into()));
                };
                let project = named::project(server, &args.project)?;
                let sent = args.policy.sent(reason)?;
                replace(server, &format!("/api/v1/projects/{project}/policy"), &sent)
            };
            args.asking.ask(out, messages, asks, changed)
        }
    }
}
