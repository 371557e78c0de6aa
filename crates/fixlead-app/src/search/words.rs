//! A text cut into words.
//!
//! The same scanner reads what is indexed, what is asked, and what is shown, so
//! that they agree. Letters are folded: compatibility forms to plain ones
//! (Unicode NFKC), capitals to small letters. What has no width is left out, so
//! that nobody hides a word from a search by sowing it with invisible letters.
//!
//! - A word is a run of letters and digits. Everything else divides, so that a
//!   path, an address or `an_identifier` is a row of words; asked for as one
//!   piece, it is found where its words follow each other.
//! - `1.2.3` is one word, without a leading `v`. So is `CVE-2026-1234`.
//! - `readConfig` is three: `read`, `config`, and both joined.
//! - Scripts that write without spaces are cut letter by letter.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// The longest word in bytes; of a longer one the beginning counts.
pub const LONGEST_WORD: usize = 64;
/// The most words of one text; what comes after is not read.
pub const MOST_WORDS: usize = 20_000;
/// The most bytes of one text; what comes after is not read.
pub const MOST_BYTES: usize = 1 << 20;
/// The most parts of an identifier in mixed case. What changes case more often
/// is encoded data, and its shreds are no words.
const MOST_PARTS: usize = 8;
/// The most letters that stand above and below another one.
const MOST_MARKS: usize = 8;

/// How identifiers in mixed case are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identifiers {
    /// As their parts and as a whole: for what is indexed and shown.
    Divided,
    /// As a whole: for what is asked, because who asks for `OpenSSL` wants
    /// `openssl` too.
    Whole,
}

/// What a word is among its neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The next word.
    Next,
    /// So many of the words that follow, joined.
    Joined(u8),
}

/// A word of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word<'a> {
    /// The word, folded. Never empty and at most [`LONGEST_WORD`] bytes.
    pub text: &'a str,
    /// The bytes of the text that it was read from.
    pub place: Range<usize>,
    /// What it is among its neighbours.
    pub part: Part,
}

/// Gives every word of a text, in order. False when the text was too long and
/// its end was not read.
pub fn scan(text: &str, identifiers: Identifiers, give: impl FnMut(Word<'_>)) -> bool {
    scan_by(text, identifiers, true, give)
}

/// The same, with or without the short way for plain words.
fn scan_by(text: &str, identifiers: Identifiers, short: bool, give: impl FnMut(Word<'_>)) -> bool {
    let whole = text.len();
    let text = &text[..text.floor_char_boundary(MOST_BYTES)];
    let mut scanner = Scanner {
        text,
        identifiers,
        short,
        give,
        run: Vec::new(),
        kind: Run::Plain,
        folded: String::new(),
        count: 0,
    };
    scanner.read() && text.len() == whole
}

/// Whether a letter has no width and no meaning of its own in a search.
fn is_invisible(letter: char) -> bool {
    matches!(letter,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Whether a letter is a word by itself: scripts without spaces.
fn is_alone(letter: char) -> bool {
    matches!(letter,
        '\u{e01}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3005}'..='\u{3007}'
        | '\u{3041}'..='\u{309f}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{3fffd}')
}

/// Whether a letter joins with the one before it.
fn is_attached(letter: char) -> bool {
    is_invisible(letter) || matches!(letter, '\u{1161}'..='\u{11ff}') || is_combining_mark(letter)
}

fn is_word(letter: char) -> bool {
    if letter.is_ascii() {
        letter.is_ascii_alphanumeric()
    } else {
        letter.is_alphanumeric() || is_combining_mark(letter)
    }
}

/// How long the word at the beginning is, if it is of ASCII letters and digits
/// alone, has no capital after its first letter, and what follows divides: no
/// version, no number of a CVE, no identifier in mixed case.
fn plain_word(bytes: &[u8]) -> Option<usize> {
    let length = bytes.iter().position(|byte| !byte.is_ascii_alphanumeric()).unwrap_or(bytes.len());
    let word = &bytes[..length];
    let ends = match bytes.get(length..).unwrap_or_default() {
        [] => true,
        // It joins with the letter before, or with what follows.
        [byte, ..] if !byte.is_ascii() => false,
        [b'.' | b'-', next, ..] => next.is_ascii() && !next.is_ascii_digit(),
        [_, next, ..] => next.is_ascii(),
        [_] => true,
    };
    let plain = 1..=LONGEST_WORD;
    (ends && plain.contains(&length) && !word[1..].iter().any(u8::is_ascii_uppercase)).then_some(length)
}

/// What a run of letters is so far.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Run {
    /// Letters and digits.
    Plain,
    /// Numbers with points between.
    Version,
    /// `CVE-` and a year, perhaps with a number.
    Cve,
}

/// A letter, not yet in lower case, and where it was read.
type Letter = (char, u32, u32);

struct Scanner<'a, F> {
    text: &'a str,
    identifiers: Identifiers,
    short: bool,
    give: F,
    /// The letters of the word that is being read.
    run: Vec<Letter>,
    kind: Run,
    /// Room for a folded word.
    folded: String,
    count: usize,
}

impl<F: FnMut(Word<'_>)> Scanner<'_, F> {
    /// False when there were too many words.
    fn read(&mut self) -> bool {
        let text = self.text;
        let bytes = text.as_bytes();
        let mut cluster = String::new();
        let mut at = 0;
        while at < bytes.len() {
            if self.count >= MOST_WORDS {
                return false;
            }
            let next = bytes.get(at + 1).copied();
            let alone = bytes[at].is_ascii() && next.is_none_or(|next| next.is_ascii());
            if self.short && self.run.is_empty() {
                // Most words are plain letters between spaces, and need no more.
                if alone && !bytes[at].is_ascii_alphanumeric() {
                    at += 1;
                    continue;
                }
                if let Some(end) = plain_word(&bytes[at..]).map(|length| at + length) {
                    self.plain(at, end);
                    at = end;
                    continue;
                }
            }
            if alone {
                self.letter(char::from(bytes[at]), at, at + 1);
                at += 1;
                continue;
            }
            // A letter with everything that joins with it, folded together.
            let start = at;
            cluster.clear();
            let mut marks = 0;
            for letter in text[start..].chars() {
                if at > start && !is_attached(letter) {
                    break;
                }
                at += letter.len_utf8();
                if !is_invisible(letter) && marks <= MOST_MARKS {
                    cluster.push(letter);
                    marks += 1;
                }
            }
            for letter in cluster.nfkc() {
                let letter =
                    if matches!(letter, '\u{2010}'..='\u{2015}' | '\u{2212}') { '-' } else { letter };
                self.letter(letter, start, at);
            }
        }
        self.finish();
        true
    }

    /// Gives a word that [`plain_word`] has seen.
    fn plain(&mut self, start: usize, end: usize) {
        let text = &self.text[start..end];
        self.count += 1;
        let word = |text| Word { text, place: start..end, part: Part::Next };
        if text.bytes().any(|letter| letter.is_ascii_uppercase()) {
            self.folded.clear();
            self.folded.push_str(text);
            self.folded.make_ascii_lowercase();
            (self.give)(word(&self.folded));
        } else {
            (self.give)(word(text));
        }
    }

    fn letter(&mut self, letter: char, start: usize, end: usize) {
        if is_alone(letter) {
            self.finish();
            self.run.push((letter, start as u32, end as u32));
            self.finish();
        } else if is_word(letter) || self.continues(letter, end) {
            // What is longer than any word only moves its end.
            if self.run.len() <= LONGEST_WORD {
                self.run.push((letter, start as u32, end as u32));
            } else if let Some(last) = self.run.last_mut() {
                last.2 = end as u32;
            }
        } else {
            self.finish();
        }
    }

    /// Whether a point or hyphen belongs to the version or CVE number that is
    /// being read.
    fn continues(&mut self, letter: char, end: usize) -> bool {
        let digit_follows = self.text.as_bytes().get(end).is_some_and(u8::is_ascii_digit);
        if !matches!(letter, '.' | '-') || !digit_follows || self.run.len() >= LONGEST_WORD {
            return false;
        }
        let is = |run: &[Letter], test: fn(char) -> bool| run.iter().all(|(letter, ..)| test(*letter));
        let kind = match (letter, self.kind, self.run.as_slice()) {
            ('.', Run::Plain, [('v' | 'V', ..), digits @ ..] | digits)
                if !digits.is_empty() && is(digits, |letter| letter.is_ascii_digit()) =>
            {
                Run::Version
            }
            ('.', Run::Version, run)
                if is(run, |letter| !letter.is_alphabetic() || matches!(letter, 'v' | 'V')) =>
            {
                Run::Version
            }
            ('-', Run::Plain, [('c' | 'C', ..), ('v' | 'V', ..), ('e' | 'E', ..)]) => Run::Cve,
            ('-', Run::Cve, run) if run.len() == 8 && is(&run[4..], |letter| letter.is_ascii_digit()) => {
                Run::Cve
            }
            _ => return false,
        };
        self.kind = kind;
        true
    }

    /// Gives the word that was being read.
    fn finish(&mut self) {
        let mut run = std::mem::take(&mut self.run);
        let kind = std::mem::replace(&mut self.kind, Run::Plain);
        if kind == Run::Version && run.first().is_some_and(|(letter, ..)| matches!(letter, 'v' | 'V')) {
            run.remove(0);
        }
        if !run.is_empty() {
            let divided = kind == Run::Plain && self.identifiers == Identifiers::Divided;
            let ends = if divided { parts(&run) } else { Vec::new() };
            if ends.is_empty() {
                self.word(&run, Part::Next);
                self.count += 1;
            } else {
                self.word(&run, Part::Joined(ends.len() as u8));
                let mut start = 0;
                for end in ends {
                    self.word(&run[start..end], Part::Next);
                    self.count += 1;
                    start = end;
                }
            }
        }
        run.clear();
        self.run = run;
    }

    fn word(&mut self, letters: &[Letter], part: Part) {
        let ([(_, start, _), ..], [.., (_, _, end)]) = (letters, letters) else { return };
        self.folded.clear();
        for (letter, ..) in letters {
            match letter {
                letter if letter.is_ascii() => self.folded.push(letter.to_ascii_lowercase()),
                'ß' | 'ẞ' => self.folded.push_str("ss"),
                'ς' => self.folded.push('σ'),
                letter => self.folded.extend(letter.to_lowercase()),
            }
        }
        if !self.folded.is_ascii() {
            // A small letter can join with a mark that its capital does not.
            self.folded = self.folded.nfkc().collect();
        }
        let length = self.folded.floor_char_boundary(LONGEST_WORD);
        let place = *start as usize..*end as usize;
        (self.give)(Word { text: &self.folded[..length], place, part });
    }
}

/// Where the parts of an identifier in mixed case end: `HTTPServer2` is `HTTP`
/// and `Server2`. Empty when it has none.
fn parts(run: &[Letter]) -> Vec<usize> {
    let mut ends = Vec::new();
    // Most words have no capital after their first letter.
    if !run.iter().skip(1).any(|(letter, ..)| letter.is_uppercase()) {
        return ends;
    }
    for place in 1..run.len() {
        let (before, here) = (run[place - 1].0, run[place].0);
        let next_is_small = run.get(place + 1).is_some_and(|(next, ..)| next.is_lowercase());
        if here.is_uppercase() && (!before.is_uppercase() || next_is_small) {
            ends.push(place);
        }
    }
    if ends.is_empty() || ends.len() >= MOST_PARTS {
        return Vec::new();
    }
    ends.push(run.len());
    ends
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(text: &str, short: bool) -> Vec<(String, Range<usize>, Part)> {
        let mut found = Vec::new();
        scan_by(text, Identifiers::Divided, short, |word| {
            found.push((word.text.to_owned(), word.place, word.part));
        });
        found
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn the_short_way_reads_what_the_long_one_does(
            pieces in prop::collection::vec(
                prop_oneof![
                    "[a-z]{1,4}", "[A-Z][a-z]{0,3}", "[0-9]{1,4}", "[-._ :/]", "CVE-2026-1", "v1\\.2",
                    "[\u{301}\u{200b}éß漢İ]", "[a-zA-Z0-9]{62,66}",
                ],
                0..24,
            )
        ) {
            let text = pieces.concat();
            prop_assert_eq!(words(&text, true), words(&text, false));
        }
    }
}
