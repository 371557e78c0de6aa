//! How the command line speaks to people: colour, clocks in words, pictures.
//!
//! Colour only helps: nothing is said by colour alone, and there is none when
//! the output is no terminal or `NO_COLOR` is set.

pub mod clock;
pub mod picture;
pub mod report;

use std::fmt;
use std::io::{self, IsTerminal, Write};

pub use fixlead_core::text::plain;

/// Whether to colour what is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    colour: bool,
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
}

impl Style {
    /// Colours if standard output is a terminal that wants them.
    pub fn of_stdout() -> Self {
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Style { colour: io::stdout().is_terminal() && !unwanted }
    }

    /// A text in a tone.
    pub fn paint<T: fmt::Display>(self, tone: Tone, text: T) -> String {
        if !self.colour {
            return text.to_string();
        }
        let code = match tone {
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
