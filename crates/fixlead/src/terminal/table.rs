//! Tables for people: columns as wide as they need, and a line no wider than
//! the terminal.

use std::io::{self, Write};

use super::lines::{columns, elided, pad};
use super::{Style, Tone, plain};

/// The space between two columns.
const GAP: usize = 2;
/// The narrowest that a column is made.
const LEAST: usize = 6;

/// Writes rows below their headings. A column whose heading begins with `>` is
/// set to the right, as numbers are; one whose heading begins with `!` is never
/// made narrower, as what people copy.
///
/// # Errors
/// When the stream cannot be written.
pub fn write<const N: usize>(
    style: Style,
    heads: [&str; N],
    rows: &[[String; N]],
    out: &mut impl Write,
) -> io::Result<()> {
    let right = heads.map(|head| head.starts_with('>'));
    let whole = heads.map(|head| head.starts_with('!'));
    let heads = heads.map(|head| head.trim_start_matches(['>', '!']));
    let rows: Vec<[String; N]> = rows.iter().map(|row| row.each_ref().map(|cell| plain(cell))).collect();
    let mut widths = heads.map(columns);
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(columns(cell));
        }
    }
    // The widest gives way first.
    let gaps = GAP * N.saturating_sub(1);
    while widths.iter().sum::<usize>() + gaps > style.width() {
        let may = widths.iter_mut().zip(whole).filter(|(_, whole)| !whole).map(|(width, _)| width);
        match may.max() {
            Some(widest) if *widest > LEAST => *widest -= 1,
            _ => break,
        }
    }
    let line = |cells: [&str; N]| -> String {
        let set = cells.iter().zip(widths).zip(right).map(|((cell, width), right)| {
            let cell = elided(cell, width);
            match right {
                true => " ".repeat(width - columns(&cell)) + &cell,
                false => pad(&cell, width),
            }
        });
        set.collect::<Vec<_>>().join(&" ".repeat(GAP)).trim_end().to_owned()
    };
    writeln!(out, "{}", style.paint(Tone::Quiet, line(heads)))?;
    for row in &rows {
        writeln!(out, "{}", line(row.each_ref().map(String::as_str)))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(width: usize, rows: &[[String; 3]]) -> Vec<String> {
        let mut out = Vec::new();
        write(Style::plain(width), ["NAME", ">DUE", "TITLE"], rows, &mut out).unwrap();
        String::from_utf8(out).unwrap().lines().map(str::to_owned).collect()
    }

    #[test]
    fn a_table_is_as_wide_as_it_needs_and_no_wider_than_the_terminal() {
        let row = |name: &str, due: &str, title: &str| [name.to_owned(), due.to_owned(), title.to_owned()];
        let rows = [row("a", "7", "short"), row("b\u{1b}[2J", "1234", &"long ".repeat(30))];
        let lines = written(60, &rows);
        assert_eq!(
            lines[0],
            format!("NAME{}DUE  TITLE", " ".repeat(written(60, &rows)[0].find("DUE").unwrap() - 4))
        );
        assert!(lines.iter().all(|line| columns(line) <= 60), "{lines:?}");
        assert!(lines[2].contains('…') && !lines[2].contains('\u{1b}'), "{}", lines[2]);
        assert!(lines[1].contains("     7  short"), "numbers stand to the right: {}", lines[1]);
    }
}
