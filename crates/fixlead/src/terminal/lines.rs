//! Lines that fit: texts wrapped between words, names without their middle.
//!
//! A width is in columns of a terminal; a letter may take none, one or two.

use std::io::{self, Write};

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::{Style, Tone};

/// How many columns a text takes.
pub fn columns(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// The text with spaces up to a width.
pub fn pad(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(columns(text))))
}

/// The text, or both its ends, in at most so many columns.
pub fn elided(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let tail = width.saturating_sub(1) / 2;
    let mut end: Vec<char> = fitting(text.chars().rev(), tail).collect();
    end.reverse();
    let head = fitting(text.chars(), width.saturating_sub(1 + tail));
    head.chain(['…']).chain(end).collect()
}

/// The first letters that fit.
fn fitting(letters: impl Iterator<Item = char>, width: usize) -> impl Iterator<Item = char> {
    let mut used = 0;
    letters.take_while(move |letter| {
        used += letter.width().unwrap_or(0);
        used <= width
    })
}

/// The text in lines, the first of at most `first` columns (which may be too
/// few for anything, and then stays empty), the others of `rest`. A word that
/// fits in no line is broken.
pub fn filled(text: &str, first: usize, rest: usize) -> Vec<String> {
    let rest = rest.max(2);
    let mut lines = vec![String::new()];
    let mut room = first;
    for word in text.split_whitespace() {
        let long = columns(word);
        let gap = usize::from(lines.last().is_some_and(|line| !line.is_empty()));
        if gap + long <= room {
            if let Some(line) = lines.last_mut() {
                line.extend((gap > 0).then_some(' '));
                line.push_str(word);
            }
            room -= gap + long;
            continue;
        }
        lines.push(String::new());
        room = rest;
        for letter in word.chars() {
            let wide = letter.width().unwrap_or(0);
            if wide > room {
                lines.push(String::new());
                room = rest;
            }
            if let Some(line) = lines.last_mut() {
                line.push(letter);
            }
            room -= wide;
        }
    }
    lines
}

/// Something in front of a text: as it is printed, and how wide it is.
pub struct Head {
    printed: String,
    columns: usize,
}

impl Head {
    /// A head without colour.
    pub fn plain(text: impl Into<String>) -> Self {
        let printed = text.into();
        Head { columns: columns(&printed), printed }
    }

    /// Adds a text in a tone.
    #[must_use]
    pub fn and(mut self, style: Style, tone: Tone, text: &str) -> Self {
        self.columns += columns(text);
        self.printed.push_str(&style.paint(tone, text));
        self
    }

    /// As it is printed.
    pub fn printed(&self) -> &str {
        &self.printed
    }

    /// How wide it is.
    pub fn columns(&self) -> usize {
        self.columns
    }
}

/// Writes a text behind a head; what does not fit goes on below, indented.
///
/// # Errors
/// When the output cannot be written.
pub fn write(
    out: &mut impl Write,
    style: Style,
    head: &Head,
    indent: usize,
    text: &str,
    tone: Option<Tone>,
) -> io::Result<()> {
    let first = style.width().saturating_sub(head.columns);
    let lines = filled(text, first, style.width().saturating_sub(indent));
    for (place, line) in lines.iter().enumerate() {
        let before = if place == 0 { head.printed.clone() } else { " ".repeat(indent) };
        match tone {
            _ if line.is_empty() => writeln!(out, "{}", before.trim_end())?,
            Some(tone) => writeln!(out, "{before}{}", style.paint(tone, line))?,
            None => writeln!(out, "{before}{line}")?,
        }
    }
    Ok(())
}

/// Writes a text with every line indented.
///
/// # Errors
/// When the output cannot be written.
pub fn indented(
    out: &mut impl Write,
    style: Style,
    indent: usize,
    text: &str,
    tone: Option<Tone>,
) -> io::Result<()> {
    let room = style.width().saturating_sub(indent);
    for line in filled(text, room, room).iter().filter(|line| !line.is_empty()) {
        let line = tone.map_or_else(|| line.clone(), |tone| style.paint(tone, line));
        writeln!(out, "{:indent$}{line}", "")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_breaks_between_words_and_a_long_word_anywhere() {
        assert_eq!(filled("one two three", 7, 5), ["one two", "three"]);
        assert_eq!(filled("one two", 2, 5), ["", "one", "two"]);
        assert_eq!(filled("abcdefgh ij", 5, 5), ["", "abcde", "fgh", "ij"]);
        assert_eq!(filled("abcdefgh i", 5, 5), ["", "abcde", "fgh i"]);
        assert_eq!(filled("", 5, 5), [""]);
        assert_eq!(filled("東京都港区", 4, 4), ["", "東京", "都港", "区"]);
    }

    #[test]
    fn both_ends_of_an_elided_name_are_kept_in_its_columns() {
        assert_eq!(elided("release/v0.102.x", 9), "rele…02.x");
        assert_eq!(elided("main", 4), "main");
        let wide = elided("東京都港区芝公園", 8);
        assert!(columns(&wide) <= 8 && wide.starts_with('東') && wide.ends_with('園'), "{wide}");
        assert_eq!(columns(&pad("東京", 8)), 8);
    }
}
