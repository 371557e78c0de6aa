//! `fixlead cvss score`: what vectors score, for people and for programs.

pub(crate) mod lines;
#[cfg(test)]
mod tests;
mod text;

use std::io::{self, BufReader, BufWriter, Read, Write};

use clap::{Args, Subcommand};
use fixlead_core::severity::{Scores, Vector};

use super::Outcome;
use crate::terminal::Style;
use lines::{Line, Lines};

/// What `fixlead cvss` can do.
#[derive(Subcommand)]
pub enum Command {
    /// Score CVSS 2.0, 3.0, 3.1 and 4.0 vectors.
    Score(ScoreArgs),
}

/// What to score.
#[derive(Args)]
#[command(after_long_help = HELP)]
pub struct ScoreArgs {
    /// Vectors such as CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H (version
    /// 2.0 has no prefix), or `-` alone to read one a line from standard input.
    #[arg(value_name = "VECTOR", required = true)]
    vectors: Vec<String>,
    /// Print one JSON object a line; always so with `-`.
    #[arg(long)]
    json: bool,
}

const HELP: &str = "\
A JSON object has the vector, its version, its scores and the severity:
  versions 2.0 to 3.1   base, temporal, environmental; null for a group in
                        which no metric is defined
  version 4.0           score, nomenclature (CVSS-B, -BT, -BE or -BTE)
The severity is the word for the score that takes most into account:
environmental before temporal before base. What is no vector becomes an object
with the text and an error.

From standard input every line is answered by one line, in order. Blank lines
are passed over, and so is a byte order mark before the first.

Exit code: 0 when every vector was scored, 2 when one could not be read; the
others are scored all the same.";

/// The argument that stands for standard input.
const STANDARD_INPUT: &str = "-";

/// Room for results before they are written.
const OUTPUT_BUFFER: usize = 64 * 1024;
const INPUT_BUFFER: usize = 64 * 1024;

/// Runs `fixlead cvss`.
///
/// # Errors
/// When a stream cannot be read or written.
pub fn run(
    command: &Command,
    style: Style,
    input: impl Read,
    out: &mut impl Write,
    messages: &mut impl Write,
) -> io::Result<Outcome> {
    let Command::Score(arguments) = command;
    if arguments.vectors == [STANDARD_INPUT] {
        return score_lines(input, out, messages);
    }
    if arguments.vectors.iter().any(|vector| vector == STANDARD_INPUT) {
        writeln!(
            messages,
            "fixlead: `-` reads every vector from standard input: give it alone, or leave it out"
        )?;
        return Ok(Outcome::Unreadable);
    }
    score_arguments(arguments, style, out, messages)
}

fn score_arguments(
    arguments: &ScoreArgs,
    style: Style,
    out: &mut impl Write,
    messages: &mut impl Write,
) -> io::Result<Outcome> {
    let mut outcome = Outcome::Done;
    let mut scored = Vec::new();
    let mut json = Vec::new();
    for given in &arguments.vectors {
        match Vector::parse(given) {
            Ok(vector) => {
                let scores = vector.scores();
                write_scores(&mut json, given, &vector, &scores);
                scored.push((vector, scores));
            }
            Err(error) => {
                let error = error.to_string();
                write_error(&mut json, given, &error);
                writeln!(messages, "fixlead: {}: {error}", text::one_line(given))?;
                outcome = Outcome::Unreadable;
            }
        }
    }
    match scored.as_slice() {
        _ if arguments.json => out.write_all(&json)?,
        [(vector, scores)] if arguments.vectors.len() == 1 => text::one(out, vector, scores)?,
        several => text::several(out, style, several)?,
    }
    out.flush()?;
    Ok(outcome)
}

/// Scores one vector a line and answers each with a line of JSON.
fn score_lines(input: impl Read, out: &mut impl Write, messages: &mut impl Write) -> io::Result<Outcome> {
    let mut lines = Lines::new(BufReader::with_capacity(INPUT_BUFFER, input));
    let mut out = BufWriter::with_capacity(OUTPUT_BUFFER, out);
    let mut json = Vec::new();
    let mut total: u64 = 0;
    let mut unreadable: u64 = 0;
    loop {
        // Whoever sends one vector and waits for the answer gets it.
        if lines.would_wait() {
            out.flush()?;
        }
        let Some(line) = lines.next()? else { break };
        total += 1;
        json.clear();
        match line {
            Line::Text(line) => match Vector::parse(line) {
                Ok(vector) => write_scores(&mut json, line, &vector, &vector.scores()),
                Err(error) => {
                    unreadable += 1;
                    write_error(&mut json, line, &error.to_string());
                }
            },
            Line::TooLong(beginning) => {
                unreadable += 1;
                write_error(&mut json, &beginning, lines::TOO_LONG);
            }
            Line::NotText(lossy) => {
                unreadable += 1;
                write_error(&mut json, &lossy, lines::NOT_TEXT);
            }
        }
        out.write_all(&json)?;
    }
    out.flush()?;
    if unreadable == 0 {
        return Ok(Outcome::Done);
    }
    writeln!(
        messages,
        "fixlead: {unreadable} of {total} lines on standard input could not be read as vectors: \
         see the lines with \"error\""
    )?;
    Ok(Outcome::Unreadable)
}

/// Appends the JSON line for a vector. The text was read as a vector, so it
/// holds nothing that JSON would have escaped.
fn write_scores(json: &mut Vec<u8>, text: &str, vector: &Vector, scores: &Scores) {
    let version = vector.version();
    json.extend_from_slice(b"{\"vector\":\"");
    json.extend_from_slice(text.as_bytes());
    json.extend_from_slice(b"\",\"version\":\"");
    json.extend_from_slice(version.as_str().as_bytes());
    match *scores {
        Scores::Grouped { base, temporal, environmental } => {
            json.extend_from_slice(b"\",\"base\":");
            write_score(json, base.tenths());
            json.extend_from_slice(b",\"temporal\":");
            write_group(json, temporal.map(|score| score.tenths()));
            json.extend_from_slice(b",\"environmental\":");
            write_group(json, environmental.map(|score| score.tenths()));
        }
        Scores::Combined { score, nomenclature } => {
            json.extend_from_slice(b"\",\"score\":");
            write_score(json, score.tenths());
            json.extend_from_slice(b",\"nomenclature\":\"");
            json.extend_from_slice(nomenclature.as_str().as_bytes());
            json.push(b'"');
        }
    }
    let (_, overall) = scores.overall();
    json.extend_from_slice(b",\"severity\":\"");
    json.extend_from_slice(overall.band(version).as_str().as_bytes());
    json.extend_from_slice(b"\"}\n");
}

fn write_group(json: &mut Vec<u8>, tenths: Option<u8>) {
    match tenths {
        Some(tenths) => write_score(json, tenths),
        None => json.extend_from_slice(b"null"),
    }
}

/// Appends tenths as a number with one decimal.
fn write_score(json: &mut Vec<u8>, tenths: u8) {
    if tenths >= 100 {
        json.push(b'1');
    }
    json.extend_from_slice(&[b'0' + tenths / 10 % 10, b'.', b'0' + tenths % 10]);
}

/// Appends the JSON line for a text that is no vector.
fn write_error(json: &mut Vec<u8>, text: &str, error: &str) {
    json.extend_from_slice(b"{\"vector\":");
    json.extend_from_slice(serde_json::Value::from(text).to_string().as_bytes());
    json.extend_from_slice(b",\"error\":");
    json.extend_from_slice(serde_json::Value::from(error).to_string().as_bytes());
    json.extend_from_slice(b"}\n");
}
