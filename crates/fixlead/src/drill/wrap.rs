//! Long lines broken at spaces, for letters and for a terminal of 80 columns.

/// Breaks a line so that none is wider than `width` characters, unless one
/// word is. Every line after the first begins with `hang`.
pub fn broken(line: &str, width: usize, hang: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let indent: String = line.chars().take_while(|c| *c == ' ').collect();
    let mut current = indent;
    let mut empty = true;
    for word in line.split(' ').filter(|word| !word.is_empty()) {
        let gap = usize::from(!empty);
        if !empty && current.chars().count() + gap + word.chars().count() > width {
            lines.push(std::mem::replace(&mut current, hang.to_owned()));
            empty = true;
        }
        if !empty {
            current.push(' ');
        }
        current.push_str(word);
        empty = false;
    }
    lines.push(current);
    lines
}

/// Breaks the long lines of a letter. Quotations stay quoted and items stay
/// indented; rows of a table are left as they are.
pub fn letter(text: &str, width: usize) -> String {
    let lines = text.lines().flat_map(|line| {
        if line.chars().count() <= width || line.starts_with('|') {
            return vec![line.to_owned()];
        }
        let mark = line.len() - line.trim_start_matches(['>', ' ']).len();
        let (quote, rest) = line.split_at(mark);
        let item = if rest.starts_with("- ") {
            2
        } else if rest.starts_with(|c: char| c.is_ascii_digit()) && rest.get(1..3) == Some(". ") {
            3
        } else {
            0
        };
        let room = width.saturating_sub(quote.chars().count());
        let mut lines = broken(rest, room, &" ".repeat(item));
        for line in &mut lines {
            line.insert_str(0, quote);
        }
        lines
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_broken_and_keep_their_marks() {
        let text = "> - one two three four five\n> one two three four\n\n| a | table that is wide |\nhttps://a.example/long-long-long end";
        assert_eq!(
            letter(text, 16),
            "> - one two\n>   three four\n>   five\n> one two three\n> four\n\n| a | table that is wide |\nhttps://a.example/long-long-long\nend"
        );
    }

    #[test]
    fn a_line_that_fits_is_left_alone() {
        assert_eq!(broken("  as it  is", 80, ""), ["  as it is"]);
        assert_eq!(letter("  as it  is", 80), "  as it  is");
    }
}
