//! Lines of vectors from a stream, in a buffer that never grows.

use std::io::{self, BufRead, BufReader, Read};
use std::str;

use fixlead_core::severity::MAX_VECTOR_LENGTH;

/// What is said of a line that is too long.
pub const TOO_LONG: &str = "the line is longer than 512 bytes, more than any vector: give one vector a line";
/// What is said of a line that is no text.
pub const NOT_TEXT: &str = "the line is not valid UTF-8: give one vector a line, as plain text";

/// How much of a line that is too long is shown again, in bytes.
const SHOWN: usize = 64;

/// One line, without its end.
#[derive(Debug, PartialEq, Eq)]
pub enum Line<'a> {
    /// A line that may be a vector.
    Text(&'a str),
    /// The beginning of a line longer than any vector; the rest is skipped.
    TooLong(String),
    /// A line that is not UTF-8, with its bad bytes replaced.
    NotText(String),
}

/// The lines of a stream; `\n` and `\r\n` end one, and so does the end of the
/// stream unless nothing stands before it.
pub struct Lines<R> {
    input: BufReader<R>,
    line: Vec<u8>,
}

impl<R: Read> Lines<R> {
    pub fn new(input: BufReader<R>) -> Self {
        Lines { input, line: Vec::with_capacity(MAX_VECTOR_LENGTH + 2) }
    }

    /// Whether the next line may have to wait for whoever writes.
    pub fn would_wait(&self) -> bool {
        !self.input.buffer().contains(&b'\n')
    }

    /// The next line, `None` at the end of the stream.
    pub fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        self.line.clear();
        let limit = MAX_VECTOR_LENGTH as u64 + 2;
        let read = (&mut self.input).take(limit).read_until(b'\n', &mut self.line)?;
        if read == 0 {
            return Ok(None);
        }
        if self.line.last() == Some(&b'\n') {
            self.line.pop();
        } else if self.line.len() > MAX_VECTOR_LENGTH {
            self.input.skip_until(b'\n')?;
        }
        if self.line.last() == Some(&b'\r') {
            self.line.pop();
        }
        if self.line.len() > MAX_VECTOR_LENGTH {
            let beginning = String::from_utf8_lossy(&self.line[..SHOWN]);
            return Ok(Some(Line::TooLong(format!("{beginning}…"))));
        }
        Ok(Some(match str::from_utf8(&self.line) {
            Ok(text) => Line::Text(text),
            Err(_) => Line::NotText(String::from_utf8_lossy(&self.line).into_owned()),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Vec<String> {
        // A tiny buffer makes every line cross its edge.
        let mut lines = Lines::new(BufReader::with_capacity(3, bytes));
        let mut seen = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            seen.push(match line {
                Line::Text(text) => text.to_owned(),
                Line::TooLong(text) => format!("too long: {}", text.chars().count()),
                Line::NotText(text) => format!("not text: {text}"),
            });
        }
        seen
    }

    #[test]
    fn lines_end_as_on_any_system() {
        assert_eq!(read(b"a\nb\r\n\nc"), ["a", "b", "", "c"]);
        assert_eq!(read(b"a\n"), ["a"]);
        assert!(read(b"").is_empty());
        assert_eq!(read(b"a\xff\nb"), ["not text: a\u{fffd}", "b"]);
    }

    #[test]
    fn a_line_longer_than_any_vector_is_skipped_whole() {
        for (length, end, short) in [
            (512, "\n", true),
            (512, "\r\n", true),
            (512, "", true),
            (513, "\n", false),
            (513, "\r\n", false),
            (513, "", false),
            (514, "\n", false),
            (600, "", false),
            (100_000, "\r\n", false),
        ] {
            let line = "x".repeat(length);
            let rest = if end.is_empty() { "" } else { "next" };
            let seen = read(format!("{line}{end}{rest}").as_bytes());
            let first = if short { line } else { "too long: 65".to_owned() };
            assert_eq!(seen[0], first, "{length} {end:?}");
            assert_eq!(seen[1..].join(","), rest, "{length} {end:?}");
        }
    }
}
