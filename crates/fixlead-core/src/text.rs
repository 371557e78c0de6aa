//! Text from outside, made fit to stand in a message or on a terminal.

use std::fmt;

/// The longest value from outside that a complaint repeats, in letters.
const MOST_ECHOED: usize = 60;

/// Whether a letter would be obeyed by a terminal, ends a line where people see
/// none, turns the reading direction round, or is not seen at all: controls,
/// separators, what Unicode calls default ignorable, apart from the selectors
/// of a variant, which stand in ordinary text, and noncharacters, two of which
/// no XML document may hold (XML 1.0, production 2).
pub fn is_harmful(letter: char) -> bool {
    (letter.is_control() && letter != '\t')
        || u32::from(letter) & 0xfffe == 0xfffe
        || matches!(
            letter,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
                | '\u{fdd0}'..='\u{fdef}'
                | '\u{fff0}'..='\u{fffb}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// The text on one line, with everything escaped that a terminal would obey or
/// that nobody would see: `\u{202e}`.
pub fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for letter in text.chars() {
        push_plain(&mut plain, letter);
    }
    plain
}

fn push_plain(plain: &mut String, letter: char) {
    match letter {
        '\t' => plain.push(' '),
        harmful if is_harmful(harmful) => plain.extend(harmful.escape_default()),
        other => plain.push(other),
    }
}

/// The same, cut to so many letters, escapes included.
pub fn short(text: &str, most: usize) -> String {
    let mut short = String::new();
    let mut count = 0;
    for letter in text.chars() {
        let kept = short.len();
        push_plain(&mut short, letter);
        count += short[kept..].chars().count();
        if count > most {
            short.truncate(kept);
            short.push('…');
            break;
        }
    }
    short
}

/// A value from outside as a complaint repeats it, however long it is.
pub fn echo(text: &str) -> String {
    short(text, MOST_ECHOED)
}

/// The name of a file as a complaint repeats it. Of a long one both ends are
/// kept, which tell files apart; one that is empty is seen to be.
pub fn file(name: &str) -> String {
    if name.is_empty() {
        return "(empty)".to_owned();
    }
    middle(&plain(name), 3 * MOST_ECHOED)
}

/// A text of at most so many letters, without its middle if it is longer.
pub fn middle(text: &str, most: usize) -> String {
    let count = text.chars().count();
    if count <= most {
        return text.to_owned();
    }
    let tail = most.saturating_sub(1) / 2;
    let head = most.saturating_sub(1) - tail;
    text.chars().take(head).chain(['…']).chain(text.chars().skip(count - tail)).collect()
}

/// Bytes in hexadecimal, two small digits each.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |half: u8| char::from(DIGITS[usize::from(half)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// A text as a part of an address or a value of a form: all but unreserved letters escaped
/// (RFC 3986, section 2.3).
pub fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                encoded.push(char::from(byte));
            }
            _ => {
                encoded.push('%');
                encoded.push_str(&hex(&[byte]).to_ascii_uppercase());
            }
        }
    }
    encoded
}

/// A TOML basic string (TOML 1.0, section String).
pub fn toml_string(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            control if control.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(control))),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

/// The longest excerpt of a line, in characters.
const MOST_EXCERPT: usize = 100;

/// A place in a text, as a complaint shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The text of that line around the place.
    pub excerpt: String,
    /// Where in the excerpt the place is, in characters from 0.
    pub mark: usize,
}

impl Spot {
    /// The place so many bytes after the beginning of a text, or its end.
    pub fn of(source: &str, place: usize) -> Spot {
        let place = (0..=place.min(source.len())).rev().find(|at| source.is_char_boundary(*at)).unwrap_or(0);
        let before = &source[..place];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        // A byte order mark takes no column.
        let mark = if source.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let line_start = line_start + if line_start == 0 && place > 0 { mark } else { 0 };
        let column = source[line_start..place].chars().count();
        // A long line is shown around its place.
        let skipped = column.saturating_sub(MOST_EXCERPT / 2);
        let line = source[line_start..].lines().next().unwrap_or_default();
        let shown: String = line.chars().skip(skipped).take(MOST_EXCERPT).collect();
        Spot {
            line: before.matches('\n').count() + 1,
            column: column + 1,
            excerpt: short(&shown, MOST_EXCERPT),
            mark: column - skipped,
        }
    }
}

/// A text of which only the length is told, in the place of what it says: what is
/// printed for those who look for a mistake gets into logs.
pub struct Untold<'a>(pub &'a str);

impl fmt::Debug for Untold<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_obeyed_or_hidden() {
        let hostile = "a\u{1b}[2J\u{200b}\u{2028}\u{202e}\u{feff}\u{7f}\u{9b}\r\n\tb";
        let expected = r"a\u{1b}[2J\u{200b}\u{2028}\u{202e}\u{feff}\u{7f}\u{9b}\r\n b";
        assert_eq!(plain(hostile), expected);
        assert_eq!(plain("é – 東京 \u{1f512}\u{fe0f} C:\\"), "é – 東京 \u{1f512}\u{fe0f} C:\\");
    }

    #[test]
    fn what_is_cut_says_so_and_an_escape_stays_whole() {
        assert_eq!(short("abcd", 4), "abcd");
        assert_eq!(short("abcde", 4), "abcd…");
        assert_eq!(short("ab\u{202e}c", 5), "ab…");
        assert_eq!(short("ab\u{202e}c", 10), r"ab\u{202e}…");
        assert_eq!(echo(&"x".repeat(60_000)).chars().count(), 61);
        assert_eq!(short(&"\u{1b}".repeat(60_000), 60).chars().count(), 61);
    }

    #[test]
    fn both_ends_of_a_long_name_are_kept() {
        assert_eq!(middle("release/v0.102.x", 9), "rele…02.x");
        assert_eq!(middle("main", 4), "main");
        assert_eq!(middle("main", 1), "…");
    }
}
