//! `fixlead token`: what programs show.

use std::io::{self, Write};

use clap::{Args, Subcommand};
use fixlead_core::time::{Instant, Span};
use serde_json::{Value, json};

use super::{Asking, id, list, minute, text};
use crate::commands::Outcome;
use crate::serve::world;
use crate::terminal::{Style, table};

/// How long a token counts if nobody says.
const USUAL: Span = Span::days(90);

/// What to do with tokens.
#[derive(Subcommand)]
pub enum Command {
    /// List your tokens, without their secrets.
    List(ListArgs),
    /// Make a token; its secret is printed once.
    Make(MakeArgs),
    /// End a token; it counts for nothing any more.
    End(EndArgs),
}

/// Nothing in particular.
#[derive(Args)]
pub struct ListArgs {
    #[command(flatten)]
    asking: Asking,
}

/// What it is for.
#[derive(Args)]
pub struct MakeArgs {
    /// What you call it.
    name: String,
    /// What it is for, as often as needed: read, post, record, fix, intake, directory, audit.
    #[arg(long, required = true)]
    scope: Vec<String>,
    /// When it ends, at the latest in 366 days [default: in 90 days].
    #[arg(long, value_name = "INSTANT", value_parser = Instant::parse)]
    until: Option<Instant>,
    #[command(flatten)]
    asking: Asking,
}

/// Which.
#[derive(Args)]
pub struct EndArgs {
    /// The token, as the list shows it.
    #[arg(value_parser = id)]
    token: String,
    #[command(flatten)]
    asking: Asking,
}

/// Runs `fixlead token`.
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
        Command::List(args) => args.asking.ask(
            out,
            messages,
            |server| Ok(server.get("/api/v1/tokens")?.body),
            |found, out| {
                let row = |token: &Value| {
                    let scopes: Vec<String> = list(&token["scopes"]).iter().map(text).collect();
                    [text(&token["name"]), scopes.join(" "), minute(&token["ends"]), text(&token["token"])]
                };
                let rows: Vec<[String; 4]> = list(&found["items"]).iter().map(row).collect();
                if rows.is_empty() {
                    return writeln!(out, "no tokens");
                }
                table::write(style, ["NAME", "FOR", "!ENDS (UTC)", "!TOKEN"], &rows, &mut { out })
            },
        ),
        Command::Make(args) => {
            let ends = args.until.unwrap_or_else(|| world::now() + USUAL);
            let sent = json!({ "name": args.name, "scopes": args.scope, "ends": ends.to_string() });
            args.asking.ask(
                out,
                messages,
                |server| Ok(server.post("/api/v1/tokens", &sent, None, None)?.body),
                |made, out| writeln!(out, "{}", text(&made["secret"])),
            )
        }
        Command::End(args) => args.asking.ask(
            out,
            messages,
            |server| {
                server.delete(&format!("/api/v1/tokens/{}", args.token))?;
                Ok(json!({ "ended": args.token }))
            },
            |_, out| writeln!(out, "ended"),
        ),
    }
}
