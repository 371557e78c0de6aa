//! How the command line speaks to people: colour, clocks in words, pictures.
//!
//! Colour only helps: nothing is said by colour alone, and there is none when
//! the output is no terminal or `NO_COLOR` is set.

pub mod clock;
pub mod lines;
pub mod picture;
pub mod report;
pub mod table;

use std::fmt;
use std::io::{self, IsTerminal, Write};

pub use fixlead_core::text::plain;

/// How wide lines are when nobody says, in columns.
pub const USUAL_WIDTH: usize = 80;
/// The narrowest that lines are made.
const LEAST_WIDTH: usize = 40;

/// Whether to colour what is printed, and how wide its lines may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    colour: bool,
    width: usize,
}

/// A colour with a meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Done, allowed.
    Good,
    /// Late, held, to look at.
    Care,
    /// Violated, overdue, missed.
    Bad,
    /// Said in passing.
    Quiet,
    /// A heading.
    Strong,
    /// Nothing to say by it.
    Plain,
}

impl Style {
    /// Colours and the width of standard output if it is a terminal; without
    /// colours if that is not wanted.
    pub fn of_stdout() -> Self {
        let stdout = io::stdout();
        if !stdout.is_terminal() {
            return Style::plain(USUAL_WIDTH);
        }
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let size = terminal_size::terminal_size_of(&stdout);
        let width = size.map_or(USUAL_WIDTH, |(width, _)| usize::from(width.0));
        // A terminal that does not know its width says zero.
        let width = if width == 0 { USUAL_WIDTH } else { width };
        Style { colour: !unwanted, ..Style::plain(width) }
    }

    /// No colours, and lines of at most so many columns.
    pub fn plain(width: usize) -> Self {
        Style { colour: false, width: width.max(LEAST_WIDTH) }
    }

    /// Whether there is colour.
    pub fn is_coloured(self) -> bool {
        self.colour
    }

    /// The widest that a line may be, in columns.
    pub fn width(self) -> usize {
        self.width
    }

    /// A text in a tone.
    pub fn paint<T: fmt::Display>(self, tone: Tone, text: T) -> String {
        let code = match tone {
            _ if !self.colour => return text.to_string(),
            Tone::Plain => return text.to_string(),
            Tone::Good => "32",
            Tone::Care => "33",
            Tone::Bad => "31",
            Tone::Quiet => "2",
            Tone::Strong => "1",
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }
}

/// A stream of messages into which nothing gets that a terminal would obey,
/// whatever the arguments and files that they quote hold.
pub struct Plain<W>(pub W);

impl<W: Write> Write for Plain<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        for (place, line) in text.split('\n').enumerate() {
            if place > 0 {
                self.0.write_all(b"\n")?;
            }
            self.0.write_all(plain(line).as_bytes())?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
