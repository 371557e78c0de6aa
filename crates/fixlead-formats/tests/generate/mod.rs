//! Advisories made up by a seeded generator: every branch of the model, and
//! texts that are hard to write. The same seed makes the same advisory.

use fixlead_core::severity::Vector;
use fixlead_core::time::{DAY, Instant};
use fixlead_formats::purl::{ECOSYSTEMS, Purl};
use fixlead_formats::source::{
    Advisory, Affected, Category, Credit, Justification, Kind, Publisher, Range, Reference, Revision, Role,
    Score, Status,
};
use fixlead_formats::version::Scheme;

/// Marsaglia's xorshift: small, and the same everywhere.
pub struct Chance(pub u64);

impl Chance {
    pub fn of(seed: u64) -> Chance {
        Chance(0x9e37_79b9_7f4a_7c15 ^ (seed + 1).wrapping_mul(0xd134_2543_de82_ef95))
    }

    pub fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % below.max(1) as u64) as usize
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.next(of.len())]
    }

    fn sometimes(&mut self) -> bool {
        self.next(2) == 0
    }

    fn digits(&mut self, count: usize, letters: &str) -> String {
        let letters: Vec<char> = letters.chars().collect();
        (0..count).map(|_| self.one(&letters)).collect()
    }
}

const WORDS: &[&str] = &[
    "a",
    "request",
    "with",
    "too",
    "many",
    "headers",
    "stops",
    "the",
    "collector",
    "<script>",
    "&amp;",
    "\"quoted\"",
    "it's",
    "naïve",
    "東京",
    "100%",
    "C:\\path",
    "`code`",
    "**strong**",
    "[link](https://example.org/a?b=c&d=e)",
    "--",
    "x:y",
    "(see",
    "below)",
    "\\u0041",
    "🔒",
    "$(id)",
    "'''",
    "/*",
    "#heading",
    "|",
    "e\u{301}",
];

const PARAGRAPHS: &[&str] = &[
    "```\ncurl -H 'X: 1'  https://example.org/\n```",
    "- first\n- second with `code`\n- third",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "## Impact\n\nAnybody who can reach the port.",
    "<details>raw & markup</details>",
];

const VECTORS: &[&str] = &[
    "AV:N/AC:L/Au:N/C:N/I:N/A:C",
    "AV:L/AC:M/Au:S/C:P/I:C/A:N/E:POC/RL:OF/RC:UC",
    "CVSS:3.0/AV:N/AC:L/PR:H/UI:R/S:C/C:L/I:H/A:N",
    "CVSS:3.0/AV:L/AC:H/PR:H/UI:N/S:C/C:N/I:N/A:L/E:H/RC:U",
    "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H",
    "CVSS:3.1/AV:P/AC:H/PR:N/UI:N/S:U/C:H/I:H/A:H/E:P/RC:R/MS:C/MC:L",
    "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N",
    "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N",
    "CVSS:4.0/AV:N/AC:L/AT:P/PR:L/UI:A/VC:H/VI:L/VA:N/SC:N/SI:H/SA:L/E:P/CR:M/MAV:L/MSI:S/S:P/AU:Y/U:Amber",
];

/// Whole sentences without a line break.
fn sentence(chance: &mut Chance, words: usize) -> String {
    let mut text: Vec<&str> =
        (0..words.max(1)).map(|_| -> &'static str { chance.one::<&'static str>(WORDS) }).collect();
    text.insert(0, "Reading");
    format!("{}.", text.join(" "))
}

fn markdown(chance: &mut Chance) -> String {
    let mut parts = Vec::new();
    for _ in 0..=chance.next(3) {
        let length = 1 + chance.next(40);
        parts.push(sentence(chance, length));
        if chance.next(3) == 0 {
            parts.push((chance.one(PARAGRAPHS)).to_owned());
        }
    }
    parts.join("\n\n")
}

fn version(scheme: Scheme, number: usize, chance: &mut Chance) -> String {
    let (major, minor) = (number / 7 + 1, number % 7);
    match scheme {
        Scheme::Semver if chance.next(4) == 0 => format!("{major}.{minor}.0-rc.{number}"),
        Scheme::Python if chance.next(4) == 0 => format!("{major}.{minor}rc{number}"),
        Scheme::Maven if chance.next(4) == 0 => format!("{major}.{minor}.0-sp"),
        _ => format!("{major}.{minor}.0"),
    }
}

fn ranges(scheme: Scheme, has_repo: bool, chance: &mut Chance) -> Vec<Range> {
    let mut ranges = Vec::new();
    let mut number = chance.next(3);
    let branches = 1 + chance.next(4);
    for branch in 0..branches {
        let introduced =
            if branch == 0 && chance.sometimes() { "0".to_owned() } else { version(scheme, number, chance) };
        number += 2 + chance.next(3);
        let end = version(scheme, number, chance);
        number += 2 + chance.next(3);
        let (fixed, last_affected) = match chance.next(6) {
            0 => (None, Some(end)),
            1 if branch + 1 == branches => (None, None),
            _ => (Some(end), None),
        };
        let commit = |chance: &mut Chance, wanted: bool| {
            (wanted && has_repo).then(|| chance.digits(40, "0123456789abcdef"))
        };
        let wanted = chance.next(3);
        let introduced_commit = commit(chance, wanted == 1);
        let fixed_commit = commit(chance, wanted > 0 && fixed.is_some());
        ranges.push(Range { introduced, fixed, last_affected, introduced_commit, fixed_commit });
    }
    ranges
}

fn affected(place: usize, chance: &mut Chance) -> Affected {
    let kinds: Vec<&str> =
        ECOSYSTEMS.iter().map(|ecosystem| ecosystem.kind).chain(["generic", "deb", "github"]).collect();
    let kind = chance.one(&kinds);
    let name = match kind {
        "golang" => format!("pkg:golang/example.org/Project/module{place}"),
        "npm" => format!("pkg:npm/%40scope/name{place}"),
        "maven" => format!("pkg:maven/org.example/artifact{place}"),
        "swift" => format!("pkg:swift/github.com/example/name{place}"),
        "composer" | "github" | "deb" => format!("pkg:{kind}/vendor/name{place}"),
        other => format!("pkg:{other}/name{place}"),
    };
    let scheme = Purl::parse(&name).expect("a package").scheme();
    let status = match chance.next(6) {
        0 => Status::NotAffected,
        1 => Status::UnderInvestigation,
        2 => Status::Fixed,
        _ => Status::Affected,
    };
    let repo = chance.sometimes().then(|| "https://git.example.org/project.git".to_owned());
    let mut own = match status {
        Status::Affected | Status::Fixed => ranges(scheme, repo.is_some(), chance),
        _ => Vec::new(),
    };
    if status == Status::Fixed {
        own.retain(|range| range.fixed.is_some());
    }
    let status = if status == Status::Fixed && own.is_empty() { Status::UnderInvestigation } else { status };
    let none = status == Status::NotAffected;
    let justification = (none && chance.sometimes()).then(|| chance.one(Justification::ALL));
    let impact = (none && (justification.is_none() || chance.sometimes())).then(|| sentence(chance, 6));
    Affected { package: name, repo, status, justification, impact, ranges: own }
}

/// The advisory of a seed; the lint finds no error in it.
pub fn advisory(seed: u64) -> Advisory {
    let chance = &mut Chance::of(seed);
    let published = Instant::from_millis(
        1_790_000_000_000 + chance.next(400) as i64 * DAY + chance.next(86_400) as i64 * 1000,
    );
    let later = |days: usize| Instant::from_millis(published.millis() + days as i64 * DAY);
    let modified = chance.sometimes().then(|| later(1 + chance.next(20)));
    let withdrawn = (chance.next(8) == 0).then(|| later(30));
    let cve = (chance.next(4) > 0).then(|| format!("CVE-2026-{}", 10_000 + chance.next(80_000)));
    let mut aliases = Vec::new();
    if chance.sometimes() {
        let letters = "23456789cfghjmpqrvwx";
        let parts: Vec<String> = (0..3).map(|_| chance.digits(4, letters)).collect();
        aliases.push(format!("GHSA-{}", parts.join("-")));
    }
    if chance.next(4) == 0 {
        aliases.push("EXAMPLE-2026-7".to_owned());
    }
    let mut scores: Vec<Score> = Vec::new();
    for _ in 0..chance.next(4) {
        let vector = Vector::parse(chance.one(VECTORS)).expect("a vector");
        if !scores.iter().any(|score| score.vector.version() == vector.version()) {
            scores.push(Score { vector, by: chance.sometimes().then(|| "Ana Lead".to_owned()) });
        }
    }
    let changed = [modified, withdrawn].into_iter().flatten().max().unwrap_or(published);
    let mut revisions = Vec::new();
    if chance.sometimes() {
        let semantic = chance.sometimes();
        let number = |number: usize| if semantic { format!("{number}.0.0") } else { number.to_string() };
        revisions.push(Revision {
            date: published,
            number: number(1),
            summary: "initial publication".to_owned(),
        });
        if changed != published {
            revisions.push(Revision { date: changed, number: number(2), summary: sentence(chance, 3) });
        }
    }
    let count = 1 + chance.next(3);
    let affected: Vec<Affected> = (0..count).map(|place| affected(place, chance)).collect();
    let references = 1 + chance.next(4);
    let references = (0..references).map(|place| Reference {
        kind: chance.one(Kind::ALL),
        url: format!("https://example.org/{place}/a%20b?x=1&y=%27{}#part", chance.next(1000)),
    });
    let references = references.collect();
    let credits = (0..chance.next(4)).map(|place| Credit {
        name: (chance.one(&[
            "Ana",
            "Bo “the” Reviewer",
            "陳大文",
            "O'Neill & Sons <security>",
            "Dee (team)",
        ]))
        .to_owned(),
        role: chance.one(Role::ALL),
        contact: if chance.next(3) == 0 {
            vec!["https://example.org/~ana".to_owned(), "mailto:ana@example.org".to_owned()]
        } else {
            Vec::new()
        },
        login: chance.sometimes().then(|| format!("someone-{place}")),
    });
    let credits = credits.collect();
    let words = ["low", "Moderate", "high", "critical", "grave"];
    Advisory {
        id: format!("case-{seed}"),
        cve,
        aliases,
        title: sentence(chance, 5).trim_end_matches('.').to_owned(),
        summary: sentence(chance, 12),
        description: markdown(chance),
        published,
        modified,
        withdrawn,
        severity: chance.sometimes().then(|| (chance.one(&words)).to_owned()),
        cwe: [&[][..], &["CWE-79"], &["CWE-409", "CWE-770"], &["CWE-20", "CWE-22", "CWE-1321"]]
            [chance.next(4)]
        .iter()
        .map(|id| (*id).to_owned())
        .collect(),
        scores,
        affected,
        mitigations: (0..chance.next(3)).map(|_| markdown(chance)).collect(),
        references,
        credits,
        revisions,
        publisher: Publisher {
            name: "Example & Söhne Project".to_owned(),
            namespace: "https://security.example.org".to_owned(),
            category: chance.one(&[
                Category::Vendor,
                Category::Coordinator,
                Category::Discoverer,
                Category::Other,
                Category::User,
            ]),
            cna_org: chance.sometimes().then(|| "a0819718-46f1-4df5-94e2-005712e83aaa".to_owned()),
        },
    }
}
