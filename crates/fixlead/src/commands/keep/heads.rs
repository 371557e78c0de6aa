//! Heads that are kept of other installations, and timestamps that a head
//! covers.

use std::io::{self, Write};
use std::sync::Arc;

use fixlead_app::witness::{self, Known};
use fixlead_core::time::Instant;
use fixlead_store::Store;
use fixlead_store::log::{SignedHead, Timestamp};
use serde_json::json;

use super::{KeptArgs, refuse};
use crate::commands::Outcome;
use crate::configuration::environment;
use crate::configuration::values::{Known as Setting, bytes};
use crate::serve::installation::{self, SystemClock};

/// Runs `fixlead log kept`.
pub(super) fn kept(args: &KeptArgs, out: &mut impl Write, messages: &mut impl Write) -> io::Result<Outcome> {
    let chosen = match args.installation.as_deref().map(chosen) {
        Some(None) => {
            return refuse(messages, "an installation is 32 hexadecimal digits, as `witness.keep` names it");
        }
        chosen => chosen.flatten(),
    };
    let settings = match args.kept.settings(true) {
        Ok(settings) => settings,
        Err(why) => return refuse(messages, &why),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
    let store = match runtime.block_on(installation::open(&settings, &environment, Arc::new(SystemClock))) {
        Ok(opened) => opened.store,
        Err(why) => return refuse(messages, &why),
    };
    let Some(installation) = chosen else {
        for known in &settings.keys.witness_keep {
            match runtime.block_on(about(&store, &known.0)) {
                Ok(line) => writeln!(out, "{line}")?,
                Err(why) => return refuse(messages, &why),
            }
        }
        return Ok(Outcome::Done);
    };
    match runtime.block_on(witness::heads(&store, &installation)) {
        Ok((heads, refused)) => {
            for head in if args.refused { &refused } else { &heads } {
                serde_json::to_writer(&mut *out, head)?;
                writeln!(out)?;
            }
            if !args.refused && !refused.is_empty() {
                let many = refused.len();
                writeln!(messages, "fixlead: {many} heads contradict these; --refused prints them")?;
            }
            Ok(Outcome::Done)
        }
        Err(problem) => refuse(messages, &problem.to_string()),
    }
}

/// The id of an installation, alone or with its key.
fn chosen(text: &str) -> Option<[u8; 16]> {
    bytes(text.split(':').next().unwrap_or_default())
}

async fn about(store: &Store, known: &Known) -> Result<String, String> {
    let holding =
        witness::holding(store, &known.installation).await.map_err(|problem| problem.to_string())?;
    let until = match &holding.last {
        Some(last) => format!("up to entry {} at {}", last.number, Instant::from_millis(last.at)),
        None => "none yet".to_owned(),
    };
    let (heads, contradictions) = (holding.heads, holding.contradictions);
    Ok(format!("{}  {heads} heads, {until}, {contradictions} refused", Setting::written(known)))
}

/// Says whether a timestamp is right, as far as it and a witness can say.
pub(super) fn timestamp(
    timestamp: &Timestamp,
    witness: &[SignedHead],
    as_json: bool,
    out: &mut impl Write,
) -> io::Result<Outcome> {
    let head = &timestamp.head;
    use fixlead_core::text::hex;
    let rewritten = witness.iter().any(|kept| {
        (kept.installation, kept.number) == (head.installation, head.number)
            && (kept.hash, kept.key) != (head.hash, head.key)
    });
    let contradicted = "the witness kept another hash for its head: the log was rewritten";
    let fault = timestamp.fault().or(rewritten.then_some(contradicted));
    let recorded = Instant::from_millis(timestamp.recorded);
    let (report, key) = (hex(&timestamp.report), hex(&head.key));
    if as_json {
        let told = json!({
            "right": fault.is_none(), "what": fault, "report": report, "recorded": recorded.to_string(),
            "position": timestamp.position, "head": head.number, "installation": hex(&head.installation), "key": key,
        });
        writeln!(out, "{told}")?;
    } else if let Some(fault) = fault {
        writeln!(out, "the timestamp is wrong: {fault}")?;
    } else {
        let signed = Instant::from_millis(head.at);
        writeln!(
            out,
            "the timestamp is right: recorded at {recorded}, signed with head {} at {signed}",
            head.number
        )?;
        writeln!(out, "the report's title, a line feed and its text have the SHA-256 {report}")?;
        writeln!(out, "signed by {key}; compare it with the key that the desk publishes")?;
    }
    Ok(if fault.is_none() { Outcome::Done } else { Outcome::No })
}
