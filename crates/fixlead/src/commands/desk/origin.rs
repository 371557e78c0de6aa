//! `fixlead case origin`: where the flaw of a case came from, and what has it.

use std::io::{self, Write};
use std::time::Duration;

use clap::Args;
use fixlead_core::text::plain;
use serde_json::{Value, json};

use super::case::CaseArgs;
use super::{list, new_key, text, written};
use crate::client::{ClientError, Server};
use crate::commands::Outcome;

/// How often it is asked whether it was found out, and how long each time is waited.
const TRIES: usize = 60;
const PAUSE: Duration = Duration::from_secs(2);

/// What to look back from.
#[derive(Args)]
pub struct OriginArgs {
    #[command(flatten)]
    case: CaseArgs,
    /// The fix, private or public: OLD..NEW, or one commit; what was pushed, if left out.
    #[arg(long, value_name = "A..B", default_value = "")]
    fix: String,
    /// Commits that brought the flaw in, separated by commas; 0 if it was there from the
    /// beginning. Those that speak for themselves, if left out.
    #[arg(long, value_name = "REV", default_value = "")]
    introduced: String,
    /// Keep what was found in the team's room, as evidence for the retrospective.
    #[arg(long)]
    keep: bool,
}

/// Runs it.
///
/// # Errors
/// When a stream cannot be written.
pub fn run(args: &OriginArgs, out: &mut impl Write, messages: &mut impl Write) -> io::Result<Outcome> {
    args.case.asking.ask(
        out,
        messages,
        |server| {
            let found = found(server, args)?;
            if !args.keep {
                return Ok(found);
            }
            let sent = json!({ "fix": args.fix, "introduced": args.introduced });
            Ok(server.post(&args.case.path("/fix/origin"), &sent, Some(&new_key()), None)?.body)
        },
        |answer, out| if args.keep { written(answer, out) } else { show(answer, out) },
    )
}

/// What the desk found, once it has.
fn found(server: &Server, args: &OriginArgs) -> Result<Value, ClientError> {
    let encoded = |text: &str| -> String {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
        let one = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
        text.bytes().map(one).collect()
    };
    let (fix, introduced) = (encoded(&args.fix), encoded(&args.introduced));
    let path = args.case.path(&format!("/fix/origin?fix={fix}&introduced={introduced}"));
    let mut answer = server.get(&path)?.body;
    for _ in 0..TRIES {
        if answer["working"] != true {
            break;
        }
        std::thread::sleep(PAUSE);
        answer = server.get(&path)?.body;
    }
    Ok(answer)
}

fn show(answer: &Value, out: &mut dyn Write) -> io::Result<()> {
    if answer["working"] == true {
        return writeln!(out, "it is still being found out; ask again in a while");
    }
    if let Some(why) = answer["failed"].as_str() {
        return writeln!(out, "{}", plain(why));
    }
    for one in list(&answer["candidates"]) {
        let [confidence, commit, subject] =
            ["confidence", "commit", "subject"].map(|field| plain(&text(&one[field])));
        writeln!(out, "{confidence:<8}  {commit:.12}  {:>3} %  {subject}", text(&one["share"]))?;
    }
    writeln!(out, "{}", plain(&text(&answer["limits"])))?;
    for (field, what) in [("affected_tags", "affected"), ("fixed_tags", "fixed")] {
        let tags: Vec<String> = list(&answer[field]).iter().map(|tag| plain(&text(tag))).collect();
        writeln!(out, "{} {what} tags  {}", tags.len(), tags.join(" "))?;
    }
    for (name, state) in answer["branches"].as_object().into_iter().flatten() {
        writeln!(out, "{}  {}", plain(name), text(state))?;
    }
    Ok(())
}
