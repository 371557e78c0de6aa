//! iCalendar (RFC 5545), as much of it as a feed of instants needs: lines that
//! end with CR LF and are folded at 75 octets, text escaped, instants in UTC.

use fixlead_core::time::Instant;

/// Most octets of a line (section 3.1).
const LINE: usize = 75;

/// An event of the feed.
pub struct Entry {
    /// Its name, the same every time.
    pub uid: String,
    /// When.
    pub at: Instant,
    /// What it is called.
    pub summary: String,
    /// More about it.
    pub description: String,
    /// Where it leads.
    pub url: String,
}

/// Text as a property has it (section 3.3.11).
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\\' => out.push_str("\\\\"),
            ';' => out.push_str("\\;"),
            ',' => out.push_str("\\,"),
            '\n' => out.push_str("\\n"),
            letter if letter.is_control() => {}
            letter => out.push(letter),
        }
    }
    out
}

/// An instant in UTC (section 3.3.5): `20270122T160000Z`.
fn instant(at: Instant) -> String {
    let text = at.to_string();
    let whole = text.split(['.', 'Z']).next().unwrap_or_default();
    let digits: String = whole.chars().filter(|letter| letter.is_ascii_digit() || *letter == 'T').collect();
    format!("{digits}Z")
}

/// Adds a line, folded where it is too long, never within a letter.
fn line(out: &mut String, text: &str) {
    let mut room = LINE;
    for letter in text.chars() {
        if letter.len_utf8() > room {
            out.push_str("\r\n ");
            // The space counts.
            room = LINE - 1;
        }
        room -= letter.len_utf8();
        out.push(letter);
    }
    out.push_str("\r\n");
}

/// A whole calendar, as of an instant.
pub fn write(name: &str, entries: &[Entry], now: Instant) -> String {
    let mut out = String::new();
    let mut put = |text: String| line(&mut out, &text);
    put("BEGIN:VCALENDAR".to_owned());
    put("VERSION:2.0".to_owned());
    put("PRODID:-//Fixlead//Fixlead//EN".to_owned());
    put("CALSCALE:GREGORIAN".to_owned());
    put("METHOD:PUBLISH".to_owned());
    put(format!("X-WR-CALNAME:{}", escaped(name)));
    put("REFRESH-INTERVAL;VALUE=DURATION:PT1H".to_owned());
    for entry in entries {
        put("BEGIN:VEVENT".to_owned());
        put(format!("UID:{}", escaped(&entry.uid)));
        put(format!("DTSTAMP:{}", instant(now)));
        put(format!("DTSTART:{}", instant(entry.at)));
        put("DURATION:PT15M".to_owned());
        put(format!("SUMMARY:{}", escaped(&entry.summary)));
        put(format!("DESCRIPTION:{}", escaped(&entry.description)));
        // An address is no text: it is not escaped.
        put(format!("URL:{}", entry.url));
        put("CLASS:PRIVATE".to_owned());
        put("TRANSP:TRANSPARENT".to_owned());
        put("END:VEVENT".to_owned());
    }
    put("END:VCALENDAR".to_owned());
    out
}

#[cfg(test)]
mod tests {
    use super::{Entry, write};
    use fixlead_core::time::Instant;

    #[test]
    fn lines_are_folded_between_letters_and_text_is_escaped() {
        let at = Instant::parse("2027-01-22T16:00:00.500Z").unwrap_or(Instant::EPOCH);
        let description = format!("{}; a, b\\c\nnext", "ü".repeat(60));
        let entry = Entry {
            uid: "x".to_owned(),
            at,
            summary: "Fixlead: release step".to_owned(),
            description: description.clone(),
            url: "https://desk.example.org/inbox".to_owned(),
        };
        let text = write("Fixlead", &[entry], at);
        assert!(text.split("\r\n").all(|line| line.len() <= 75 && !line.contains(['\r', '\n'])));
        assert!(text.contains("DTSTART:20270122T160000Z\r\n"));
        let unfolded = text.replace("\r\n ", "");
        assert!(unfolded.contains(&format!("DESCRIPTION:{}\\; a\\, b\\\\c\\nnext\r\n", "ü".repeat(60))));
    }
}
