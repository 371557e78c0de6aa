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

/// The lines of a stream in which something stands; `\n` and `\r\n` end one,
/// and so does the end of the stream. A byte order mark before the first is no
/// part of it.
pub struct Lines<R> {
    input: BufReader<R>,
    line: Vec<u8>,
    began: bool,
}

/// What some editors put in front of a text.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

impl<R: Read> Lines<R> {
    pub fn new(input: BufReader<R>) -> Self {
        Lines { input, line: Vec::with_capacity(MAX_VECTOR_LENGTH + 5), began: false }
    }

    /// Whether the next line may have to wait for whoever writes.
    pub fn would_wait(&self) -> bool {
        !self.input.buffer().contains(&b'\n')
    }

    /// The next line that is not blank, `None` at the end of the stream.
    pub fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        while self.read_line()? {
            if !self.line.trim_ascii().is_empty() {
                return Ok(Some(self.judged()));
            }
        }
        Ok(None)
    }

    /// Reads a line, whether or not something stands in it; not more of it than
    /// tells that it is too long. False at the end of the stream.
    fn read_line(&mut self) -> io::Result<bool> {
        self.line.clear();
        let mark = if self.began { 0 } else { BYTE_ORDER_MARK.len() };
        let limit = (MAX_VECTOR_LENGTH + 2 + mark) as u64;
        let read = (&mut self.input).take(limit).read_until(b'\n', &mut self.line)?;
        if read == 0 {
            return Ok(false);
        }
        if self.line.last() == Some(&b'\n') {
            self.line.pop();
        } else if read as u64 == limit {
            self.input.skip_until(b'\n')?;
        }
        if self.line.last() == Some(&b'\r') {
            self.line.pop();
        }
        if !std::mem::replace(&mut self.began, true) && self.line.starts_with(BYTE_ORDER_MARK) {
            self.line.drain(..BYTE_ORDER_MARK.len());
        }
        Ok(true)
    }

    /// What the line is.
    fn judged(&self) -> Line<'_> {
        if self.line.len() > MAX_VECTOR_LENGTH {
            let beginning = String::from_utf8_lossy(&self.line[..SHOWN]);
            return Line::TooLong(format!("{beginning}…"));
        }
        match str::from_utf8(&self.line) {
            Ok(text) => Line::Text(text),
            Err(_) => Line::NotText(String::from_utf8_lossy(&self.line).into_owned()),
        }
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
        assert_eq!(read(b"a\nb\r\nc"), ["a", "b", "c"]);
        assert_eq!(read(b"a\n"), ["a"]);
        assert!(read(b"").is_empty());
        assert_eq!(read(b"a\xff\nb"), ["not text: a\u{fffd}", "b"]);
    }

    #[test]
    fn nothing_is_said_of_blank_lines_and_a_byte_order_mark() {
        assert_eq!(read(b"\n \t\r\na\n\n\r\nb\n\n"), ["a", "b"]);
        assert!(read(b"\n\r\n  ").is_empty());
        assert!(read(format!("{}\n", " ".repeat(300)).as_bytes()).is_empty());
        assert_eq!(read(b"\xef\xbb\xbfa\n\xef\xbb\xbfb"), ["a", "\u{feff}b"]);
        assert!(read(b"\xef\xbb\xbf").is_empty());
        let longest = format!("\u{feff}{}\r\nb", "x".repeat(512));
        assert_eq!(read(longest.as_bytes()), ["x".repeat(512).as_str(), "b"]);
        assert_eq!(read(format!("\u{feff}{}\nb", "x".repeat(513)).as_bytes()), ["too long: 65", "b"]);
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
