//! Text from outside, made fit to stand in a message or on a terminal.

/// Whether a letter would be obeyed by a terminal, or turns the reading
/// direction round (Unicode Bidirectional Algorithm, explicit formatting).
pub fn is_harmful(letter: char) -> bool {
    (letter.is_control() && letter != '\t')
        || matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The text without anything that a terminal would obey or that would turn
/// the reading direction round.
pub fn plain(text: &str) -> String {
    text.chars()
        .map(|letter| match letter {
            '\t' => ' ',
            harmful if is_harmful(harmful) => '\u{fffd}',
            other => other,
        })
        .collect()
}

/// The same, cut to so many letters.
pub fn short(text: &str, most: usize) -> String {
    let head: String = text.chars().take(most).collect();
    let mut short = plain(&head);
    if head.len() < text.len() {
        short.push('…');
    }
    short
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
