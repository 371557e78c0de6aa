//! `fixlead case`: the files of a case.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::case::{CaseArgs, Room};
use super::named::name;
use super::{list, minute, new_key, text, written};
use crate::client::{ClientError, Server};
use crate::commands::Outcome;
use crate::configuration::shown;
use crate::terminal::{Style, plain, table};

/// Its files.
#[derive(Subcommand)]
pub enum Command {
    /// Put a file into a room of a case.
    Attach(AttachArgs),
    /// List the files of a case.
    Files(CaseArgs),
    /// Save a file of a case.
    Download(DownloadArgs),
}

/// Which file goes in.
#[derive(Args)]
pub struct AttachArgs {
    #[command(flatten)]
    case: CaseArgs,
    /// The file, of at most 25 MiB.
    file: PathBuf,
    /// Who can read it.
    #[arg(long, value_enum, default_value = "internal")]
    room: Room,
    /// What to call it; as it is called here, if left out.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
}

/// Which file comes out.
#[derive(Args)]
pub struct DownloadArgs {
    #[command(flatten)]
    case: CaseArgs,
    /// Its id, or its name where only one has it.
    file: String,
    /// Where to save it; `-` writes it to standard output. Under its own name here, if left out.
    #[arg(long, value_name = "PATH")]
    to: Option<PathBuf>,
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
        Command::Attach(args) => args.case.asking.ask(out, messages, |server| attach(server, args), written),
        Command::Files(args) => args.asking.ask(
            out,
            messages,
            |server| {
                let case = server.get(&args.path(""))?.body;
                Ok(json!({ "items": files(&case) }))
            },
            |found, out| {
                let rows: Vec<[String; 6]> = list(&found["items"])
                    .iter()
                    .map(|file| {
                        let [id, room, size, name, by] =
                            ["blob", "room", "size", "name", "by_name"].map(|field| text(&file[field]));
                        [id, room, size, minute(&file["at"]), by, name]
                    })
                    .collect();
                if rows.is_empty() {
                    return writeln!(out, "no files that you may see");
                }
                let heads = ["!FILE", "ROOM", ">BYTES", "!AT (UTC)", "BY", "NAME"];
                table::write(style, heads, &rows, &mut { out })
            },
        ),
        Command::Download(args) => download(args, out, messages),
    }
}

/// The files of every room, with who put them there.
fn files(case: &Value) -> Vec<Value> {
    let mut found = Vec::new();
    for room in list(&case["rooms"]) {
        for file in list(&room["files"]) {
            let mut file = file.clone();
            file["room"] = room["room"].clone();
            file["by_name"] = json!(name(&case["names"], &file["by"]));
            found.push(file);
        }
    }
    found
}

fn attach(server: &Server, args: &AttachArgs) -> Result<Value, ClientError> {
    let fail =
        |error: io::Error| ClientError::Unclear(format!("{}: cannot be read: {error}", shown(&args.file)));
    let bytes = fs::read(&args.file).map_err(fail)?;
    let own = args.file.file_name().map(|name| name.to_string_lossy().into_owned());
    let name = args.name.clone().or(own).unwrap_or_default();
    let path = args.case.path(&format!("/attachments?room={}&name={}", args.room.name(), escaped(&name)));
    Ok(server.upload(&path, &bytes, &new_key())?.body)
}

/// A text as it stands in an address.
fn escaped(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

/// A name that is a file of this directory and nothing else, whatever a desk
/// calls it.
fn tame(name: &str) -> String {
    let letter =
        |letter: char| if letter.is_alphanumeric() || "._-+".contains(letter) { letter } else { '_' };
    let tamed: String = name.chars().map(letter).collect();
    let tamed = tamed.trim_start_matches('.');
    if tamed.is_empty() { "file".to_owned() } else { tamed.to_owned() }
}

fn download(args: &DownloadArgs, out: &mut impl Write, messages: &mut impl Write) -> io::Result<Outcome> {
    let mut got: Option<(String, Vec<u8>)> = None;
    let asks = |server: &Server| {
        let case = server.get(&args.case.path(""))?.body;
        let found = files(&case);
        let is = |file: &&Value| file["blob"] == args.file.as_str() || file["name"] == args.file.as_str();
        let found: Vec<&Value> = found.iter().filter(is).collect();
        let file = match found.as_slice() {
            [one] => *one,
            [] => {
                return Err(ClientError::Unclear(
                    "no such file that you may see; `case files` lists them".into(),
                ));
            }
            many => {
                return Err(ClientError::Unclear(format!(
                    "{} files have this name; give the id",
                    many.len()
                )));
            }
        };
        let bytes = server.download(&args.case.path(&format!("/attachments/{}", text(&file["blob"]))))?;
        let (name, size) = (text(&file["name"]), bytes.len());
        got = Some((name.clone(), bytes));
        let to = args.to.clone().unwrap_or_else(|| PathBuf::from(tame(&name)));
        Ok(json!({ "file": file["blob"], "name": name, "bytes": size, "to": to.to_string_lossy() }))
    };
    let mut answer = Vec::new();
    let outcome = args.case.asking.ask(&mut answer, messages, asks, |saved, out| {
        writeln!(out, "{} bytes in {}", text(&saved["bytes"]), plain(&text(&saved["to"])))
    })?;
    let Some((name, bytes)) = got else { return Ok(outcome) };
    let to = args.to.clone().unwrap_or_else(|| PathBuf::from(tame(&name)));
    if to.as_os_str() == "-" {
        out.write_all(&bytes)?;
        return Ok(outcome);
    }
    if let Err(error) = save(&to, &bytes) {
        writeln!(messages, "fixlead: {}: cannot be written: {error}", shown(&to))?;
        return Ok(Outcome::Unreadable);
    }
    out.write_all(&answer)?;
    Ok(outcome)
}

/// Writes a new file, for its owner alone: nothing is written over.
fn save(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_a_desk_gives_leads_nowhere_else() {
        assert_eq!(tame("../../etc/passwd"), "_.._etc_passwd");
        assert_eq!(tame(".bashrc"), "bashrc");
        assert_eq!(tame("…"), "_");
        assert_eq!(tame("..."), "file");
        assert_eq!(escaped("a b&name=c"), "a%20b%26name%3Dc");
    }
}
