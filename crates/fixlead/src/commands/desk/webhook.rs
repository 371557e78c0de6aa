//! `fixlead webhook`: addresses outside that are told what happens.

use std::io::{self, Write};
use std::path::Path;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{Asking, id, list, minute, new_key, text};
use crate::client::session::{Code, Proof};
use crate::client::{ClientError, Server};
use crate::commands::Outcome;
use crate::configuration::{environment, secret};
use crate::terminal::{Style, plain, table};

/// What to do with webhooks.
#[derive(Subcommand)]
pub enum Command {
    /// List the webhooks you may see, and whether they are called.
    List(PlainArgs),
    /// Show a webhook; never its secret.
    Show(OneArgs),
    /// Have an address told of events; prints its secret, once. Asks for a session: see --login.
    Add(AddArgs),
    /// Have it be somewhere else, or told of something else. Asks for a session.
    Change(ChangeArgs),
    /// Give it a new secret; for a while both sign. Asks for a session.
    Rotate(RotateArgs),
    /// Stop calling it for a while.
    Pause(ReasonArgs),
    /// Call it again, and keep it from now on. Asks for a session.
    Resume(ResumeArgs),
    /// Take it away.
    Remove(ReasonArgs),
    /// Send it a message that says nothing, to see whether it arrives.
    Test(OneArgs),
    /// List what became of what it was told.
    Deliveries(OneArgs),
    /// Send a message again, under the same id.
    Redeliver(RedeliverArgs),
}

/// Nothing in particular.
#[derive(Args)]
pub struct PlainArgs {
    #[command(flatten)]
    asking: Asking,
}

/// Which webhook.
#[derive(Args)]
pub struct OneArgs {
    /// The webhook.
    #[arg(value_parser = id)]
    webhook: String,
    #[command(flatten)]
    asking: Asking,
}

/// Who asks, where a token is not enough.
#[derive(Args)]
pub struct Signing {
    /// Sign in under this name, and out again; FIXLEAD_PASSWORD_FILE names the file with the password.
    #[arg(long, value_name = "NAME")]
    login: Option<String>,
    /// What the authenticator shows.
    #[arg(long, value_name = "CODE", requires = "login")]
    code: Option<String>,
    /// A recovery code, where there is no authenticator.
    #[arg(long, value_name = "CODE", requires = "login", conflicts_with = "code")]
    recovery_code: Option<String>,
}

/// What is to be told, and where.
#[derive(Args)]
pub struct AddArgs {
    /// Where: an https:// address.
    url: String,
    /// The project whose events it is told of; those of every project, if left out.
    #[arg(long, value_name = "ID", value_parser = id)]
    project: Option<String>,
    /// What it is told of; give it again for each one.
    #[arg(long = "event", value_name = "EVENT", required = true)]
    events: Vec<String>,
    #[command(flatten)]
    signing: Signing,
    #[command(flatten)]
    asking: Asking,
}

/// What is to be different.
#[derive(Args)]
pub struct ChangeArgs {
    /// The webhook.
    #[arg(value_parser = id)]
    webhook: String,
    /// Where it is.
    #[arg(long)]
    url: Option<String>,
    /// What it is told of, instead of what it was; give it again for each one.
    #[arg(long = "event", value_name = "EVENT")]
    events: Vec<String>,
    #[command(flatten)]
    signing: Signing,
    #[command(flatten)]
    asking: Asking,
}

/// Which webhook, and for how long both secrets sign.
#[derive(Args)]
pub struct RotateArgs {
    /// The webhook.
    #[arg(value_parser = id)]
    webhook: String,
    /// How long the old secret signs too, at most P7D [default: P1D].
    #[arg(long, value_name = "SPAN")]
    overlap: Option<String>,
    #[command(flatten)]
    signing: Signing,
    #[command(flatten)]
    asking: Asking,
}

/// Which webhook.
#[derive(Args)]
pub struct ResumeArgs {
    /// The webhook.
    #[arg(value_parser = id)]
    webhook: String,
    #[command(flatten)]
    signing: Signing,
    #[command(flatten)]
    asking: Asking,
}

/// Which webhook, and why.
#[derive(Args)]
pub struct ReasonArgs {
    /// The webhook.
    #[arg(value_parser = id)]
    webhook: String,
    /// Why; it stands in the log.
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    asking: Asking,
}

/// Which message.
#[derive(Args)]
pub struct RedeliverArgs {
    /// The webhook.
    #[arg(value_parser = id)]
    webhook: String,
    /// The message, as `deliveries` lists it.
    #[arg(value_parser = message)]
    message: String,
    #[command(flatten)]
    asking: Asking,
}

fn message(text: &str) -> Result<String, String> {
    match text.strip_prefix("msg_") {
        Some(rest) if id(rest).is_ok() => Ok(text.to_owned()),
        _ => Err("a message is `msg_` and letters and digits, as `deliveries` lists it".into()),
    }
}

impl Signing {
    /// Asks in a session of its own if a name is given, and with the token
    /// otherwise; the desk says so when that is not enough.
    fn ask(
        &self,
        asking: &Asking,
        out: &mut impl Write,
        messages: &mut impl Write,
        asks: impl FnOnce(&Server) -> Result<Value, ClientError>,
        show: impl FnOnce(&Value, &mut dyn Write) -> io::Result<()>,
    ) -> io::Result<Outcome> {
        let Some(login) = &self.login else { return asking.ask(out, messages, asks, show) };
        let ready = Server::find(&asking.server, &environment).and_then(|server| {
            let password = environment("FIXLEAD_PASSWORD_FILE")
                .ok_or("FIXLEAD_PASSWORD_FILE is missing; it names the file with the password")?;
            let password = secret::read(Path::new(&password))?;
            let code = match (&self.code, &self.recovery_code) {
                (Some(code), _) => Code::Authenticator(code),
                (None, Some(code)) => Code::Recovery(code),
                (None, None) => return Err("give --code with what your authenticator shows".to_owned()),
            };
            let proof = Proof { login, password: password.trim(), code };
            server.sign_in(&proof).map_err(|error| error.to_string())
        });
        match ready {
            Ok(server) => {
                let outcome = asking.ask_at(&server, out, messages, asks, show);
                if let Err(error) = server.sign_out() {
                    writeln!(messages, "fixlead: the session that was begun for this goes on: {error}")?;
                }
                outcome
            }
            Err(why) => {
                writeln!(messages, "fixlead: {why}")?;
                Ok(Outcome::Unreadable)
            }
        }
    }
}

fn at(webhook: &str, what: &str) -> String {
    format!("/api/v1/webhooks/{webhook}{what}")
}

fn post(server: &Server, path: &str, sent: &Value) -> Result<Value, ClientError> {
    Ok(server.post(path, sent, Some(&new_key()), None)?.body)
}

fn told(changed: &Value, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "webhook {}", plain(&text(&changed["webhook"])))?;
    if let Some(secret) = changed["secret"].as_str() {
        writeln!(out, "{}", plain(secret))?;
        writeln!(out, "the receiver checks signatures with it; it is not shown again")?;
    }
    Ok(())
}

fn events(shown: &Value) -> String {
    list(&shown["events"]).iter().map(text).collect::<Vec<_>>().join(", ")
}

fn one(shown: &Value, out: &mut dyn Write) -> io::Result<()> {
    for (name, value) in [
        ("webhook", text(&shown["webhook"])),
        ("address", text(&shown["url"])),
        ("told of", events(shown)),
        ("reach", text(&shown["reach"])),
        ("state", text(&shown["state"])),
        ("why", text(&shown["why"])),
        ("since", minute(&shown["since"])),
        ("delivered", minute(&shown["delivered"])),
        ("failing", minute(&shown["failing"])),
        ("kept by", text(&shown["keeper"])),
    ] {
        if value != "-" {
            writeln!(out, "{name:10} {}", plain(&value))?;
        }
    }
    Ok(())
}

/// Runs `fixlead webhook`.
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
        Command::List(args) => {
            let asks = |server: &Server| Ok(server.get("/api/v1/webhooks")?.body);
            args.asking.ask(out, messages, asks, |seen, out| {
                let row = |shown: &Value| {
                    let [webhook, url] = ["webhook", "url"].map(|field| text(&shown[field]));
                    let why = shown["why"].as_str().map(|why| format!(": {why}")).unwrap_or_default();
                    [text(&shown["state"]) + &why, events(shown), url, webhook]
                };
                let rows: Vec<[String; 4]> = list(&seen["items"]).iter().map(row).collect();
                table::write(style, ["STATE", "TOLD OF", "ADDRESS", "!WEBHOOK"], &rows, &mut { out })
            })
        }
        Command::Show(args) => {
            let asks = |server: &Server| Ok(server.get(&at(&args.webhook, ""))?.body);
            args.asking.ask(out, messages, asks, one)
        }
        Command::Add(args) => {
            let reach = match &args.project {
                Some(project) => json!({ "project": project }),
                None => json!("installation"),
            };
            let sent = json!({ "reach": reach, "url": args.url, "events": args.events });
            let asks = |server: &Server| post(server, "/api/v1/webhooks", &sent);
            args.signing.ask(&args.asking, out, messages, asks, told)
        }
        Command::Change(args) => {
            let mut sent = json!({});
            if let Some(url) = &args.url {
                sent["url"] = json!(url);
            }
            if !args.events.is_empty() {
                sent["events"] = json!(args.events);
            }
            let asks = |server: &Server| post(server, &at(&args.webhook, "/change"), &sent);
            args.signing.ask(&args.asking, out, messages, asks, told)
        }
        Command::Rotate(args) => {
            let mut sent = json!({});
            if let Some(overlap) = &args.overlap {
                sent["overlap"] = json!(overlap);
            }
            let asks = |server: &Server| post(server, &at(&args.webhook, "/secret"), &sent);
            args.signing.ask(&args.asking, out, messages, asks, told)
        }
        Command::Resume(args) => {
            let asks = |server: &Server| post(server, &at(&args.webhook, "/resume"), &json!({}));
            args.signing.ask(&args.asking, out, messages, asks, told)
        }
        Command::Pause(args) | Command::Remove(args) => {
            let what = if matches!(command, Command::Pause(_)) { "/pause" } else { "/remove" };
            let sent = json!({ "reason": args.reason });
            args.asking.ask(out, messages, |server| post(server, &at(&args.webhook, what), &sent), told)
        }
        Command::Test(args) => {
            let asks = |server: &Server| post(server, &at(&args.webhook, "/test"), &json!({}));
            args.asking.ask(out, messages, asks, sent)
        }
        Command::Redeliver(args) => {
            let path = at(&args.webhook, &format!("/deliveries/{}/redeliver", args.message));
            args.asking.ask(out, messages, |server| post(server, &path, &json!({})), sent)
        }
        Command::Deliveries(args) => {
            let asks = |server: &Server| Ok(server.get(&at(&args.webhook, "/deliveries?limit=200"))?.body);
            args.asking.ask(out, messages, asks, |seen, out| {
                let row = |delivery: &Value| {
                    let [stage, event, message] =
                        ["stage", "event", "message"].map(|field| text(&delivery[field]));
                    let attempts = list(&delivery["attempts"]);
                    let came = match attempts.last() {
                        Some(last) if stage == "waiting" || stage == "failed" => {
                            let status = last["status"].as_u64().map(|status| format!(" ({status})"));
                            format!("{stage}, {}{}", text(&last["outcome"]), status.unwrap_or_default())
                        }
                        _ => stage,
                    };
                    [minute(&delivery["made"]), event, came, message]
                };
                let rows: Vec<[String; 4]> = list(&seen["items"]).iter().map(row).collect();
                table::write(style, ["WHEN", "EVENT", "CAME TO", "!MESSAGE"], &rows, &mut { out })
            })
        }
    }
}

fn sent(answer: &Value, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{} is on its way; `deliveries` says what became of it", plain(&text(&answer["message"])))
}
