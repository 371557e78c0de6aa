//! `fixlead enrol`, `sign-in` and `sign-out`: a link opened once, and a session of
//! one's own on this machine, for what a token is not made for.

use std::io::{self, BufRead, IsTerminal as _, Write};

use clap::Args;
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use serde_json::{Value, json};

use super::{list, text};
use crate::client::{Answer, ClientError, Server, ServerArgs, kept};
use crate::commands::Outcome;
use crate::configuration::environment;
use crate::configuration::values::Origin;

/// Who signs in.
#[derive(Args)]
pub struct SignInArgs {
    /// The name you sign in with; asked for, if left out.
    #[arg(long, value_name = "NAME")]
    login: Option<String>,
    /// Use a recovery code instead of the authenticator.
    #[arg(long)]
    recovery: bool,
    #[command(flatten)]
    server: ServerArgs,
    /// Print who signed in, as one JSON object.
    #[arg(long)]
    json: bool,
}

/// Who enrols.
#[derive(Args)]
pub struct EnrolArgs {
    #[command(flatten)]
    server: ServerArgs,
    /// Print the recovery codes as one JSON object.
    #[arg(long)]
    json: bool,
}

/// Where to sign out.
#[derive(Args)]
pub struct SignOutArgs {
    #[command(flatten)]
    server: ServerArgs,
    /// Print what became of it, as one JSON object.
    #[arg(long)]
    json: bool,
}

/// Asks for a line. A secret is not shown while it is typed.
fn ask(what: &str, hidden: bool, input: &mut impl BufRead, messages: &mut impl Write) -> io::Result<String> {
    let terminal = io::stdin().is_terminal();
    if terminal {
        write!(messages, "{what}: ")?;
        messages.flush()?;
    }
    let before = if hidden && terminal { tcgetattr(io::stdin()).ok() } else { None };
    if let Some(before) = &before {
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        tcsetattr(io::stdin(), OptionalActions::Flush, &silent)?;
    }
    let mut line = String::new();
    let read = input.read_line(&mut line);
    if let Some(before) = &before {
        tcsetattr(io::stdin(), OptionalActions::Now, before)?;
        writeln!(messages)?;
    }
    read?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// Runs `fixlead enrol`. The link is asked for and stands in no argument: those
/// are seen by others on the machine.
///
/// # Errors
/// When a stream cannot be read or written.
pub fn enrol(
    args: &EnrolArgs,
    mut input: impl BufRead,
    out: &mut impl Write,
    messages: &mut impl Write,
) -> io::Result<Outcome> {
    let typed = ask("link", true, &mut input, messages)?;
    let (address, secret) = typed.trim().split_once("/setup#").unwrap_or(("", typed.trim()));
    let mut wanted = args.server.clone();
    if wanted.server.is_none()
        && let Ok(origin) = Origin::parse(address)
    {
        wanted.server = Some(origin);
    }
    let asked = Server::find_with(&wanted, &environment, secret.to_owned());
    let server = match asked {
        Ok(server) => server,
        Err(why) => {
            writeln!(messages, "fixlead: {why}")?;
            return Ok(Outcome::Unreadable);
        }
    };
    let said = server.get("/api/v1/enrolment").map(|answer| answer.body);
    let enrolled = match said {
        Err(error) => Err(error),
        Ok(welcome) => {
            writeln!(messages, "give this secret to your authenticator: {}", text(&welcome["totp_secret"]))?;
            writeln!(messages, "or this address, as a QR code: {}", text(&welcome["totp_address"]))?;
            let login = ask("choose a name to sign in with", false, &mut input, messages)?;
            let password = ask("choose a password", true, &mut input, messages)?;
            if ask("the same password again", true, &mut input, messages)? != password {
                writeln!(messages, "fixlead: these are two passwords; nothing was done; try again")?;
                return Ok(Outcome::Unreadable);
            }
            let code = ask("code of your authenticator", false, &mut input, messages)?;
            let sent = json!({ "login": login, "password": password, "code": code.trim() });
            server.post("/api/v1/enrolment", &sent, None, None).map(|answer| answer.body)
        }
    };
    match enrolled {
        Ok(body) if args.json => writeln!(out, "{body}")?,
        Ok(body) => {
            writeln!(messages, "enrolled. Keep these codes apart from the authenticator; each counts once:")?;
            for code in list(&body["recovery_codes"]) {
                writeln!(out, "{}", text(code))?;
            }
        }
        Err(error) => {
            writeln!(messages, "fixlead: {error}")?;
            return Ok(if error.is_answer() { Outcome::No } else { Outcome::Unreadable });
        }
    }
    Ok(Outcome::Done)
}

/// Runs `fixlead sign-in`.
///
/// # Errors
/// When a stream cannot be read or written.
pub fn sign_in(
    args: &SignInArgs,
    mut input: impl BufRead,
    out: &mut impl Write,
    messages: &mut impl Write,
) -> io::Result<Outcome> {
    let server = match Server::anonymous(&args.server, &environment) {
        Ok(server) if server.origin().is_https() || server.origin().is_loopback() => server,
        Ok(server) => {
            let name = server.origin().as_str();
            let why = "is not encrypted: a password would be read on its way; use https://";
            writeln!(messages, "fixlead: {name} {why}")?;
            return Ok(Outcome::Unreadable);
        }
        Err(why) => {
            writeln!(messages, "fixlead: {why}")?;
            return Ok(Outcome::Unreadable);
        }
    };
    let login = match &args.login {
        Some(login) => login.clone(),
        None => ask("name", false, &mut input, messages)?,
    };
    let password = ask("password", true, &mut input, messages)?;
    let what = if args.recovery { "recovery code" } else { "code of your authenticator" };
    let code = ask(what, args.recovery, &mut input, messages)?;
    let proof = if args.recovery { "recovery_code" } else { "code" };
    let sent = json!({ "login": login, "password": password, proof: code.trim() });
    match server.post("/api/v1/session", &sent, None, None) {
        Ok(Answer { body, cookie: Some(cookie), .. }) => {
            // The one before would only lie about.
            let before = Server::find(&args.server, &environment).ok().filter(Server::is_session);
            if let Err(why) = kept::keep(&environment, server.origin(), Some(&cookie)) {
                writeln!(messages, "fixlead: {why}")?;
                return Ok(Outcome::Unreadable);
            }
            if let Some(before) = before {
                let _ = before.delete("/api/v1/session");
            }
            if environment("FIXLEAD_TOKEN").or_else(|| environment("FIXLEAD_TOKEN_FILE")).is_some() {
                writeln!(
                    messages,
                    "fixlead: a token is set, and counts before this session; unset FIXLEAD_TOKEN"
                )?;
            }
            signed_in(args.json, &body, out)?;
            Ok(Outcome::Done)
        }
        Ok(_) => {
            let strange = ClientError::Strange { server: server.origin().as_str().to_owned(), status: 201 };
            writeln!(messages, "fixlead: {strange}")?;
            Ok(Outcome::Unreadable)
        }
        Err(error) => {
            writeln!(messages, "fixlead: {error}")?;
            Ok(if error.is_answer() { Outcome::No } else { Outcome::Unreadable })
        }
    }
}

fn signed_in(as_json: bool, body: &Value, out: &mut impl Write) -> io::Result<()> {
    if as_json {
        return writeln!(out, "{body}");
    }
    let left = text(&body["recovery_codes_left"]);
    writeln!(out, "signed in; for ten minutes nothing asks again who you are; {left} recovery codes are left")
}

/// Runs `fixlead sign-out`.
///
/// # Errors
/// When a stream cannot be written.
pub fn sign_out(args: &SignOutArgs, out: &mut impl Write, messages: &mut impl Write) -> io::Result<Outcome> {
    let silent = |name: &str| {
        let token = matches!(name, "FIXLEAD_TOKEN" | "FIXLEAD_TOKEN_FILE");
        if token { None } else { environment(name) }
    };
    let server = match Server::find(&args.server, &silent) {
        Ok(server) => server,
        Err(why) => {
            writeln!(messages, "fixlead: {why}")?;
            return Ok(Outcome::Unreadable);
        }
    };
    if !server.is_session() {
        writeln!(messages, "fixlead: nobody is signed in at {} here", server.origin().as_str())?;
        return Ok(Outcome::No);
    }
    let ended = match server.delete("/api/v1/session") {
        Ok(_) => true,
        // It has ended by itself.
        Err(ClientError::Refused(refused)) if refused.status == 401 => true,
        Err(error) => {
            writeln!(messages, "fixlead: {error}")?;
            return Ok(Outcome::Unreadable);
        }
    };
    if let Err(why) = kept::keep(&environment, server.origin(), None) {
        writeln!(messages, "fixlead: {why}")?;
        return Ok(Outcome::Unreadable);
    }
    if args.json {
        writeln!(out, "{}", json!({ "signed_out": ended }))?;
    } else {
        writeln!(out, "signed out")?;
    }
    Ok(Outcome::Done)
}
