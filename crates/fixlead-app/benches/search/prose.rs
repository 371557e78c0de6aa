//! Made-up cases with words as unevenly frequent as in real ones.
//!
//! A vocabulary of words that reports are made of, then of made-up ones that can
//! be pronounced; the n-th is drawn about n times less often than the first
//! (Zipf's law). Sown among them is what reports have too: paths, identifiers,
//! versions, CVE numbers, commits, names. Everything follows from a seed.

use fixlead_app::search::{Field, Room};
use fixlead_core::id::CaseId;

/// Words of real reports, roughly the most frequent first.
const FREQUENT: &str = "the to a of and is in that it for this with on be as not can are an if we by from or at which \
    when was have but will has request attacker server version code memory file user input fix data process client \
    vulnerability security report issue patch release could would should may one only also after before no there they \
    then than more all any so its into out other been does did what how where because while without through over \
    buffer overflow heap stack pointer read write bounds length size parser header body token password session cookie \
    authentication authorization permission role access control remote local network connection socket timeout retry \
    denial service crash panic exception error log message thread lock race condition use free double leak exposure \
    information disclosure injection sql command shell path traversal directory symlink redirect cross site scripting \
    forgery origin policy certificate key signature encryption decryption hash cipher random seed entropy handshake \
    proxy gateway collector exporter receiver processor pipeline batch queue storage cluster shard tablet query \
    statement transaction database table index column row schema migration backup restore snapshot replica primary \
    compression decompression gzip bomb limit quota rate memory allocation recursion depth regular expression \
    backtracking unicode encoding decoding escape quote format string integer truncation sign conversion cast type \
    confusion deserialization prototype pollution template sandbox escape container image registry dependency supply \
    chain build workflow branch commit merge review test reproduce steps expected actual behaviour impact severity \
    score vector affected supported backport embargo disclosure advisory credit reporter maintainer thanks please \
    confirm attached proof concept exploit payload example configuration default option flag environment variable \
    privilege escalation bypass validation sanitization check missing incorrect improper unsafe uninitialized null";
const SYLLABLES: [&str; 40] = [
    "ba", "ber", "cal", "con", "da", "del", "dis", "e", "en", "fi", "fo", "ga", "gra", "hel", "in", "jo",
    "ka", "la", "len", "ma", "men", "mo", "na", "nor", "o", "par", "pre", "ra", "re", "ro", "sa", "ser",
    "ta", "tel", "ter", "tion", "u", "ver", "vi", "zo",
];
const NAMES: [&str; 24] = [
    "Ana", "Bruno", "Chen", "Daria", "Emeka", "Farah", "Goran", "Hana", "Ines", "Jonas", "Keiko", "Lena",
    "Malik", "Nora", "Omar", "Petra", "Quentin", "Rosa", "Sven", "Tariq", "Ulla", "Viktor", "Wanda", "Yusuf",
];
/// How many words there are to draw from.
const VOCABULARY: usize = 120_000;

/// Numbers that look drawn (SplitMix64; Steele, Lea and Flood 2014).
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Chance(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ bits >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ bits >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ bits >> 31
    }

    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }
}

/// A text of a case.
pub type Text = (Field, String);

/// The maker of cases.
pub struct Prose {
    words: Vec<String>,
    /// What the frequencies of the words add up to, word by word.
    sums: Vec<f64>,
    chance: Chance,
}

impl Prose {
    pub fn new(seed: u64) -> Self {
        let mut words: Vec<String> = Vec::with_capacity(VOCABULARY);
        let mut known = std::collections::HashSet::new();
        for word in FREQUENT.split_whitespace() {
            if known.insert(word.to_owned()) {
                words.push(word.to_owned());
            }
        }
        let mut chance = Chance::new(seed);
        while words.len() < VOCABULARY {
            let word: String =
                (0..2 + chance.below(3)).map(|_| SYLLABLES[chance.below(SYLLABLES.len())]).collect();
            if known.insert(word.clone()) {
                words.push(word);
            }
        }
        let mut sum = 0.0;
        let sums = (0..words.len())
            .map(|rank| {
                sum += 1.0 / (rank as f64 + 2.7);
                sum
            })
            .collect();
        Prose { words, sums, chance }
    }

    /// A word by its frequency, the first being the most frequent.
    pub fn word(&self, rank: usize) -> &str {
        &self.words[rank]
    }

    fn draw(&mut self) -> usize {
        let whole = self.sums.last().copied().unwrap_or(1.0);
        let point = self.chance.next() as f64 / u64::MAX as f64 * whole;
        self.sums.partition_point(|sum| *sum < point).min(self.words.len() - 1)
    }

    /// A word that says something, from the middle of the vocabulary.
    fn noun(&mut self) -> String {
        let rank = 60 + self.chance.below(4_000);
        self.words[rank].clone()
    }

    fn capital(word: &str) -> String {
        let mut letters = word.chars();
        letters
            .next()
            .map(|first| first.to_ascii_uppercase().to_string() + letters.as_str())
            .unwrap_or_default()
    }

    /// Something that is no plain word.
    fn special(&mut self) -> String {
        let (one, two) = (self.noun(), self.noun());
        match self.chance.below(9) {
            0 => format!("{one}/{two}/{}.go", self.noun()),
            1 => format!("{one}{}", Self::capital(&two)),
            2 => format!("{one}_{two}"),
            3 => format!("v{}.{}.{}", self.chance.below(3), self.chance.below(130), self.chance.below(9)),
            4 => format!("CVE-{}-{}", 2015 + self.chance.below(12), 1_000 + self.chance.below(48_000)),
            5 => format!("{:016x}", self.chance.next()),
            6 => format!("`{one}.{}({two})`", Self::capital(&two)),
            7 => format!("0x{:x}", self.chance.next() & 0xffff_ffff),
            _ => format!("https://example.org/{one}/{}", self.chance.below(90_000)),
        }
    }

    /// Text of about so many bytes.
    pub fn text(&mut self, bytes: usize) -> String {
        let mut text = String::with_capacity(bytes + 40);
        let mut begins = true;
        while text.len() < bytes {
            let special = self.chance.below(24) == 0;
            let word = if special {
                self.special()
            } else {
                let rank = self.draw();
                if begins { Self::capital(&self.words[rank]) } else { self.words[rank].clone() }
            };
            text.push_str(&word);
            begins = self.chance.below(11) == 0;
            text.push_str(if begins { ". " } else { " " });
        }
        text
    }

    fn person(&mut self) -> String {
        let first = NAMES[self.chance.below(NAMES.len())];
        let last = self.noun();
        format!("{first} {} <{}@example.org>", Self::capital(&last), first.to_ascii_lowercase())
    }

    /// A whole case: a report of some 1.5 kB, and several messages.
    pub fn case(&mut self) -> (CaseId, Vec<Text>) {
        let (high, low) = (self.chance.next(), self.chance.next());
        let id = CaseId::from_bytes((u128::from(high) << 64 | u128::from(low)).to_be_bytes());
        let bytes = 1_000 + self.chance.below(1_000);
        let mut texts = vec![(Field::Title, self.text(50)), (Field::Report, self.text(bytes))];
        for number in 0..3 + self.chance.below(5) {
            let room = match number % 4 {
                0 | 2 => Room::Reporter,
                1 => Room::Team,
                _ => Room::Guest,
            };
            let bytes = 100 + self.chance.below(400);
            texts.push((Field::Message(room), self.text(bytes)));
        }
        texts.push((Field::People, self.person()));
        texts.push((Field::Component, [self.noun(), self.noun()].join("/")));
        if self.chance.below(3) == 0 {
            let number = 1_000 + self.chance.below(48_000);
            texts.push((Field::Alias, format!("CVE-2026-{number}")));
        }
        if self.chance.below(2) == 0 {
            let name = self.noun();
            texts.push((Field::Attachment(Room::Reporter), format!("{name}.tar.gz")));
        }
        (id, texts)
    }
}
