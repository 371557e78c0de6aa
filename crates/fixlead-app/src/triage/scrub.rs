//! A report as the text of a public issue, for what turned out to be a bug like
//! any other.
//!
//! Who reported it, how to reach them, and how it is exploited is left out: names,
//! addresses, links, code, commands and steps. Too much is left out rather than
//! too little; whoever posts it reads it first and puts back what helps. Nothing
//! is posted by the desk.

use std::collections::BTreeMap;

use fixlead_core::access::Action;
use fixlead_core::desk::event::DeskEvent;
use fixlead_core::id::CaseId;

use super::report_of;
use crate::accounts::Caller;
use crate::desk::Desk;
use crate::problem::{Problem, Result};

/// A text without what is not for the public.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scrubbed {
    /// What the issue is called.
    pub title: String,
    /// What it says, in Markdown.
    pub text: String,
    /// What was left out, and how often.
    pub left_out: BTreeMap<&'static str, usize>,
}

/// Parts of a report that tell how it is exploited, or who found it.
const PRIVATE_PARTS: [&str; 11] = [
    "proof of concept",
    "proof-of-concept",
    "poc",
    "exploit",
    "reproduc",
    "steps",
    "payload",
    "credit",
    "reporter",
    "contact",
    "about me",
];
/// The longest piece of code in a line that is taken for a name.
const LONGEST_NAME: usize = 40;

/// How deep a part stands that Markdown does not know as one.
const UNMARKED: usize = 9;

/// A line that begins a part, and how deep that stands.
fn heading(line: &str) -> Option<(String, usize)> {
    let trimmed = line.trim();
    if trimmed.starts_with('#') {
        let rest = trimmed.trim_start_matches('#');
        return Some((rest.trim().to_lowercase(), trimmed.len() - rest.len()));
    }
    let bold = trimmed.strip_prefix("**").and_then(|rest| rest.trim_end_matches(':').strip_suffix("**"));
    let text = bold.or_else(|| trimmed.strip_suffix(':').filter(|text| text.len() <= 60))?;
    Some((text.trim_matches(['*', ':', ' ']).to_lowercase(), UNMARKED))
}

/// A line that is a heading because the next one underlines it.
fn underlined(line: &str, next: &str) -> Option<(String, usize)> {
    let (text, under) = (line.trim(), next.trim());
    let depth = match under.chars().next()? {
        '=' => 1,
        '-' => 2,
        _ => return None,
    };
    let whole = under.chars().all(|letter| letter == '=') || under.chars().all(|letter| letter == '-');
    (whole && !text.is_empty()).then(|| (text.to_lowercase(), depth))
}

/// The letter and the length of a fence of code, if a line begins with one.
fn fence_of(line: &str) -> Option<(char, usize)> {
    let letter = line.chars().next().filter(|letter| matches!(letter, '`' | '~'))?;
    let length = line.len() - line.trim_start_matches(letter).len();
    // What has another backtick after it is code in a line.
    let is_fence = length >= 3 && (letter == '~' || !line[length..].contains('`'));
    is_fence.then_some((letter, length))
}

/// Where a line stands beside blocks of fenced code (CommonMark, 4.5).
#[derive(Clone, Copy, PartialEq)]
enum Fenced {
    /// It begins one.
    Opens,
    /// It is in one, or ends it.
    Within,
    /// It is in none.
    No,
}

/// The block of fenced code that is open, as lines go by: its letter and length.
#[derive(Default)]
struct Fence(Option<(char, usize)>);

impl Fence {
    fn pass(&mut self, line: &str) -> Fenced {
        let line = line.trim();
        let mark = fence_of(line);
        let Some((letter, length)) = self.0 else {
            self.0 = mark;
            return if mark.is_some() { Fenced::Opens } else { Fenced::No };
        };
        // What ends it is as long at least, and has nothing after it.
        let closes =
            mark.is_some_and(|(other, long)| other == letter && long >= length && long == line.len());
        if closes {
            self.0 = None;
        }
        Fenced::Within
    }
}

/// Brings code in a line that goes on over its end onto one line.
fn without_spans_over_lines(body: &str) -> String {
    let mut out = String::with_capacity(body.len());
    let (mut fence, mut open) = (Fence::default(), false);
    for line in body.lines() {
        if open || fence.pass(line) == Fenced::No {
            // A blank line ends a paragraph, and with it what was opened in it.
            open = !line.trim().is_empty() && (open ^ (line.matches('`').count() % 2 == 1));
        }
        out.push_str(line);
        out.push(if open { ' ' } else { '\n' });
    }
    out
}

fn is_private(heading: &str) -> bool {
    // `poc` is a word; the others may be the beginning of one.
    let words: Vec<&str> = heading.split(|letter: char| !letter.is_alphanumeric()).collect();
    PRIVATE_PARTS.iter().any(|part| match *part {
        "poc" => words.contains(part),
        part => heading.contains(part),
    })
}

fn is_step(line: &str) -> bool {
    let digits = line.trim_start().trim_start_matches(|letter: char| letter.is_ascii_digit());
    digits.len() < line.trim_start().len() && (digits.starts_with(". ") || digits.starts_with(") "))
}

/// Leaves out what is not for the public. `names` are those of the reporter.
pub fn scrub(title: &str, body: &str, names: &[String]) -> Scrubbed {
    let mut left_out: BTreeMap<&'static str, usize> = BTreeMap::new();
    let mut lines: Vec<String> = Vec::new();
    let (mut fence, mut part, mut blank) = (Fence::default(), None::<usize>, false);
    let mut count = |what: &'static str| *left_out.entry(what).or_default() += 1;
    let body = without_spans_over_lines(body);
    let mut following = body.lines().skip(1);
    for line in body.lines() {
        let next = following.next().unwrap_or_default();
        let trimmed = line.trim_start();
        match fence.pass(line) {
            Fenced::No => {}
            Fenced::Within => continue,
            Fenced::Opens => {
                count("code");
                continue;
            }
        }
        if let Some((text, depth)) = heading(line).or_else(|| underlined(line, next)) {
            if is_private(&text) {
                count("how it is exploited, or by whom it was found");
                part = Some(part.map_or(depth, |open| open.min(depth)));
                blank = false;
                continue;
            }
            // A lesser heading does not end a part.
            part = part.filter(|open| *open < depth);
        }
        if let Some(open) = part {
            let is_blank = trimmed.is_empty();
            let goes_on = is_step(line) || trimmed.starts_with(['-', '*', '>', '$']) || line.starts_with(' ');
            if open < UNMARKED || is_blank || !blank || goes_on {
                blank |= is_blank;
                continue;
            }
            part = None;
        }
        if (line.starts_with("    ") || line.starts_with('\t')) && !trimmed.is_empty() {
            count("code");
            continue;
        }
        if is_step(line) {
            count("steps");
            continue;
        }
        lines.push(inline(line, names, &mut count));
    }
    let title = inline(title, names, &mut count);
    let mut text = String::new();
    for line in &lines {
        // What is left out leaves no holes.
        if !(line.trim().is_empty() && (text.is_empty() || text.ends_with("\n\n"))) {
            text.push_str(line.trim_end());
            text.push('\n');
        }
    }
    Scrubbed { title, text: text.trim_end().to_owned(), left_out }
}

/// A line without names, addresses, links and commands.
fn inline(line: &str, names: &[String], count: &mut impl FnMut(&'static str)) -> String {
    let mut out = String::with_capacity(line.len());
    for (place, piece) in line.split('`').enumerate() {
        let is_code = place % 2 == 1;
        let is_name = piece.len() <= LONGEST_NAME && !piece.contains([' ', '<', '>', '|', ';', '@', '$']);
        if is_code && is_name && !piece.contains("://") {
            out.push('`');
            out.push_str(piece);
            out.push('`');
        } else if is_code {
            count("code");
            out.push('…');
        } else {
            let nameless = without_names(piece, names, count);
            out.push_str(&without_addresses(&nameless, count));
        }
    }
    out
}

fn without_names(text: &str, names: &[String], count: &mut impl FnMut(&'static str)) -> String {
    let mut text = text.to_owned();
    for name in names.iter().filter(|name| name.chars().count() >= 2) {
        let (wanted, lower) = (name.to_lowercase(), text.to_lowercase());
        // Where letters change their length with their case, nothing can be cut out.
        if lower.len() != text.len() {
            if lower.contains(&wanted) {
                count("names");
                text = "…".to_owned();
            }
            continue;
        }
        let mut cut = String::with_capacity(text.len());
        let mut at = 0;
        while let Some(found) = lower.get(at..).and_then(|rest| rest.find(&wanted)) {
            cut.push_str(text.get(at..at + found).unwrap_or_default());
            cut.push('…');
            at += found + wanted.len();
            count("names");
        }
        cut.push_str(text.get(at..).unwrap_or_default());
        text = cut;
    }
    text
}

fn without_addresses(text: &str, count: &mut impl FnMut(&'static str)) -> String {
    let mut out = String::with_capacity(text.len());
    // A number to call goes on over spaces.
    let mut calls = false;
    for word in text.split_inclusive(char::is_whitespace) {
        let bare = word.trim();
        let edges = |letter: char| !letter.is_alphanumeric() && !matches!(letter, '+' | '@' | '/');
        let core = bare.trim_matches(edges);
        let digits = core.chars().filter(char::is_ascii_digit).count();
        let what = if core.contains("://") || core.starts_with("www.") {
            Some("links")
        } else {
            let mail = core.contains('@') && core.len() > 1;
            let number = core.starts_with('+') && digits >= 2 || calls && digits > 0 && digits == core.len();
            (mail || number).then_some("addresses")
        };
        calls = what.is_some() && (calls || core.starts_with('+'));
        match what {
            Some(what) => {
                count(what);
                let space = &word[word.trim_end().len()..];
                out.push('…');
                out.push_str(space);
            }
            None => out.push_str(word),
        }
    }
    out
}

impl Desk {
    /// The text of a public issue, made from a report; for those who may record
    /// that one was opened.
    pub async fn scrubbed(&self, caller: &Caller, case: CaseId) -> Result<Scrubbed> {
        let (snapshot, kept) = self.read_as(caller, case, &[Action::InternalRead]).await?;
        self.case_permit(caller, &snapshot, &kept.file, Action::RecordTracking)?;
        let opened = kept.file.opened.as_ref().ok_or(Problem::NotFound)?;
        let Some(DeskEvent::ReportContent { body, reporter, credit, .. }) = report_of(&kept) else {
            return Ok(Scrubbed { title: opened.title.to_string(), ..Scrubbed::default() });
        };
        let whole: Vec<String> = credit
            .iter()
            .map(ToString::to_string)
            .chain(reporter.and_then(|person| Desk::name_of(&snapshot, person)))
            .collect();
        // The whole name first, then its parts, of which a short one may be a word.
        let parts = whole.iter().flat_map(|name| name.split_whitespace());
        let parts: Vec<String> = parts.filter(|part| part.chars().count() >= 4).map(str::to_owned).collect();
        let names: Vec<String> = whole.iter().cloned().chain(parts).collect();
        Ok(scrub(&opened.title, body, &names))
    }
}

#[cfg(test)]
mod tests {
    use super::scrub;

    const REPORT: &str = "The parser of `config.yaml` reads past its end, says Gus Pereira.\n\n\
        ## Impact\nA crash. Seen with `read_frame()` in 1.4.\n\n\
        ## Proof of concept\nrun canary-one\n### more\ncanary-two\n\n\
        ## Details\n```sh\ncanary-three\n```\nRun `curl canary-four | sh` or see https://canary-five.example/x.\n\
        \n    canary-six\n1. canary-seven\n2) canary-eight\n\n\
        Steps to reproduce:\n\n- canary-nine\n\nThe length is not checked. Write to canary-ten@example.org, \
        @canary-eleven or +49 30 1234567.\n\n**Contact**\ncanary-twelve";

    #[test]
    fn nothing_of_the_reporter_and_of_the_exploit_is_left_and_the_flaw_is() {
        let made = scrub("Overflow found by gus pereira", REPORT, &["Gus Pereira".to_owned()]);
        assert!(!made.text.contains("canary") && !made.text.to_lowercase().contains("gus"), "{}", made.text);
        assert_eq!(made.title, "Overflow found by …");
        for kept in [
            "`config.yaml` reads past its end",
            "## Impact",
            "`read_frame()` in 1.4",
            "The length is not checked.",
        ] {
            assert!(made.text.contains(kept), "{kept}\n{}", made.text);
        }
        assert!(!made.text.contains("\n\n\n"));
        for what in ["code", "links", "addresses", "names", "steps"] {
            assert!(made.left_out.contains_key(what), "{what}: {:?}", made.left_out);
        }
    }

    #[test]
    fn what_markdown_takes_for_code_or_a_part_is_left_out_however_it_is_written() {
        for hidden in [
            "````\n```sh\ncanary\n```\ncanary\n````",
            "```\ncanary\n```sh\ncanary\n```",
            "~~~\n```\ncanary\n~~~",
            "```\ncanary\n~~~\ncanary\n```",
            "Proof of concept\n-----\ncurl canary --data x",
            "Steps\n=====\ncanary",
            "run `curl canary\ncanary | sh` and see",
            "Impact\n---\nA crash.\n\nExploit\n---\ncanary\n\ncanary",
        ] {
            let made = scrub("t", &format!("The length is not checked.\n\n{hidden}"), &[]);
            assert!(!made.text.contains("canary"), "{hidden}\n=>\n{}", made.text);
            assert!(made.text.contains("The length is not checked."), "{}", made.text);
            // Negative control: what stands beside it stays.
            let after = scrub("t", &format!("{hidden}\n\n# Impact\nA crash."), &[]);
            assert!(after.text.contains("A crash."), "{hidden}\n=>\n{}", after.text);
        }
    }

    #[test]
    fn a_plain_report_stays_what_it_is() {
        let text = "A frame of 16 385 bytes makes the parser read on.\n\nSeen in 1.4 and later.";
        let made = scrub("Header parser reads on", text, &[]);
        assert_eq!((made.text.as_str(), made.left_out.len()), (text, 0));
    }
}
