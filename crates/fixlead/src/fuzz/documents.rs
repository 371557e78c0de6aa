//! Advisories: the source, drafts, every format, packages and versions; who
//! publishes, keys and signatures.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::sync::OnceLock;

use fixlead_core::text::is_harmful;
use fixlead_core::time::Instant;
use fixlead_formats::check::check;
use fixlead_formats::facts;
use fixlead_formats::format::{Format, Options, build};
use fixlead_formats::html;
use fixlead_formats::import::{From, import};
use fixlead_formats::lint::{Insiders, lint};
use fixlead_formats::purl::Purl;
use fixlead_formats::source;
use fixlead_formats::source::draft::Draft;
use fixlead_formats::validate::validate;
use fixlead_formats::version::Scheme;
use fixlead_publish::openpgp::{self, Key, PublicKey, Zeroizing};
use fixlead_publish::provider::Provider;
use fixlead_publish::tree::Tree;
use fixlead_publish::{verify, zip};

use super::{Target, armored, halves, is_presentable, text};
use crate::web::markdown;

pub const TARGETS: &[Target] = &[
    ("advisory", advisory),
    ("advisory-draft", draft),
    ("archive", archive),
    ("document", document),
    ("import", imported),
    ("markdown", marked),
    ("package-url", package_url),
    ("provider", provider),
    ("published-tree", published_tree),
    ("signature", signature),
    ("signing-key", signing_key),
    ("version", version),
];

fn advisory(data: &[u8]) {
    let Some(text) = text(data) else { return };
    match source::read(text) {
        Ok(source) => {
            for finding in lint(&source.advisory, &Insiders::default()) {
                is_presentable(&finding.message);
                is_presentable(&source.complaint(&finding.path, &finding.message).to_string());
            }
            let written = source::write(&source.advisory);
            let again = source::read(&written)
                .unwrap_or_else(|_| panic!("what is written cannot be read:\n{written}"));
            assert!(again.advisory == source.advisory, "what is written is read otherwise:\n{written}");
            for format in Format::ALL {
                // Also what the lint objects to is made without breaking.
                if let Ok(document) = build(&source.advisory, *format, Options::default()) {
                    assert!(
                        document.len() <= 100_000 + 400 * text.len(),
                        "{format:?}: {} bytes",
                        document.len()
                    );
                    facts::compare(&source.advisory, *format, Options::default(), &document)
                        .unwrap_or_else(|why| panic!("{format:?} cannot be read back: {why}"));
                }
            }
        }
        Err(complaints) => complaints.iter().for_each(|complaint| is_presentable(&complaint.to_string())),
    }
}

fn document(data: &[u8]) {
    let Some(text) = text(data) else { return };
    match validate(text) {
        Ok(verdict) => {
            assert!(verdict.errors.len() <= 500 && verdict.warnings.len() <= 500);
            for problem in verdict.errors.iter().chain(&verdict.warnings) {
                is_presentable(&problem.message);
                assert!(problem.pointer.len() < 2_000 && !problem.pointer.chars().any(is_harmful));
            }
        }
        Err(wrong) => is_presentable(&wrong),
    }
    for format in Format::ALL {
        if let Err(wrong) = facts::read(*format, text) {
            is_presentable(&wrong);
        }
    }
}

fn imported(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let _ = From::of(text);
    for from in From::ALL {
        match import(*from, text) {
            Ok(import) => {
                import.notes.iter().for_each(|note| is_presentable(note));
                // What is printed can be read again, or a place says why not.
                let printed = source::write(&import.advisory);
                match source::read(&printed) {
                    Ok(again) => {
                        assert!(again.advisory == import.advisory, "printed and read otherwise:\n{printed}")
                    }
                    Err(wrong) => {
                        assert!(wrong.iter().all(|complaint| complaint.spot.is_some()), "{printed}")
                    }
                }
            }
            Err(wrong) => is_presentable(&wrong),
        }
    }
}

fn draft(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let pairs = || text.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let mut draft = Draft::from_fields(pairs());
    for (path, _) in pairs().take(64) {
        draft.add(path);
        draft.remove(path);
    }
    let written = draft.write();
    // What a form has made is read again as it was.
    let again = Draft::read(&written).unwrap_or_else(|error| panic!("{error}:\n{written}"));
    assert_eq!(again.write(), written);
    check(&written, &Insiders::default()).remarks.iter().for_each(|one| is_presentable(&one.message));
    // The text of a source is read as a draft too.
    if let Ok(draft) = Draft::read(text) {
        let written = draft.write();
        let again = Draft::read(&written).unwrap_or_else(|error| panic!("{error}:\n{written}"));
        assert_eq!(again.write(), written);
    }
}

fn package_url(data: &[u8]) {
    let Some(text) = text(data) else { return };
    match Purl::parse(text) {
        Ok(purl) => {
            let written = purl.to_string();
            let again = Purl::parse(&written).unwrap_or_else(|why| panic!("{written}: {why}"));
            assert_eq!(again.to_string(), written, "{text}");
        }
        Err(wrong) => is_presentable(&wrong),
    }
}

/// Three versions, one a line: their order is one.
fn version(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let mut lines = text.splitn(3, '\n');
    let [one, two, three] = [(); 3].map(|()| lines.next().unwrap_or_default());
    for scheme in
        [Scheme::Semver, Scheme::Python, Scheme::Maven, Scheme::Gem, Scheme::Dotted, Scheme::Unknown]
    {
        if let Err(wrong) = scheme.check(one) {
            is_presentable(&wrong);
        }
        let places = scheme.places([one, two, three].into_iter());
        for (one, other) in [(one, two), (two, three), (three, one)] {
            let said = places[one].compare(places[other]);
            assert_eq!(said, scheme.compare(one, other), "{scheme:?} {one:?} {other:?}");
        }
        let order = scheme.compare(one, two);
        assert_eq!(scheme.compare(two, one).map(Ordering::reverse), order, "{scheme:?} {one:?} {two:?}");
        let (first, second) = (order, scheme.compare(two, three));
        if let (Some(first), Some(second)) = (first, second)
            && (first == second || second == Ordering::Equal)
        {
            assert_eq!(scheme.compare(one, three), Some(first), "{scheme:?} {one:?} {two:?} {three:?}");
        }
    }
}

/// The tags that a text of people may become.
const TAGS: &[&str] = &[
    "p",
    "br",
    "hr",
    "strong",
    "em",
    "del",
    "code",
    "pre",
    "ul",
    "ol",
    "li",
    "blockquote",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "a",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "sup",
    "div",
    "span",
];

/// Holds HTML against what a text may become: known tags, no attribute that runs
/// anything, no address but those of the web and of mail.
fn is_inert(html: &str, most: usize) {
    assert!(html.len() <= most, "{} bytes, at most {most}", html.len());
    for piece in html.split('<').skip(1) {
        let (tag, _) = piece.split_once('>').unwrap_or_else(|| panic!("a tag has no end: {piece:?}"));
        let name = tag.trim_start_matches('/').split([' ', '/', '\n']).next().unwrap_or_default();
        assert!(TAGS.contains(&name), "<{tag}>");
        let attributes = tag.to_ascii_lowercase();
        let mut quoted = false;
        let bare: String = attributes
            .chars()
            .filter(|letter| {
                quoted ^= *letter == '"';
                !quoted
            })
            .collect();
        assert!(!bare.contains(" on"), "<{tag}>");
        if let Some(address) = attributes.split("href=\"").nth(1) {
            let fits =
                ["https://", "http://", "mailto:", "#", "/"].iter().any(|one| address.starts_with(one));
            assert!(fits, "<{tag}>");
        }
    }
}

fn marked(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let most = 10_000 + 200 * text.len();
    is_inert(&html::markdown(text), most);
    is_inert(&markdown::inert(text).to_string(), most);
    is_inert(&markdown::document(text).to_string(), most);
}

fn provider(data: &[u8]) {
    let Some(text) = text(data) else { return };
    match Provider::read(text) {
        Ok((provider, _)) => drop(provider.mark()),
        Err(wrong) => is_presentable(&wrong),
    }
}

fn signing_key(data: &[u8]) {
    match PublicKey::read(&armored("PUBLIC KEY BLOCK", data)) {
        Ok(key) => {
            let again = PublicKey::read(&key.armored()).expect("what is armored can be read");
            assert_eq!(again.fingerprint(), key.fingerprint());
        }
        Err(wrong) => is_presentable(&wrong),
    }
    match Key::read(&armored("PRIVATE KEY BLOCK", data)) {
        Ok(key) => {
            let again = Key::read(&key.armored_secret()).expect("what is armored can be read");
            assert_eq!(again.public.fingerprint(), key.public.fingerprint());
        }
        Err(wrong) => is_presentable(&wrong),
    }
}

fn own_key() -> &'static Key {
    static KNOWN: OnceLock<Key> = OnceLock::new();
    KNOWN.get_or_init(|| {
        Key::new(
            &Zeroizing::new([7; 32]),
            "Example <security@example.org>",
            Instant::from_millis(1_700_000_000_000),
        )
        .expect("a key")
    })
}

/// What was signed with the key of the tests; everything else is refused.
fn signature(data: &[u8]) {
    let key = own_key();
    let own = key.sign(b"signed", Instant::from_millis(1_700_000_000_000));
    let given = armored("SIGNATURE", data);
    if openpgp::verify(&key.public, b"signed", &given).is_ok() {
        assert!(openpgp::verify(&key.public, b"another", &given).is_err(), "it is a signature of everything");
    }
    assert!(openpgp::verify(&key.public, data, &own).is_err() || data == b"signed");
    if let Some(text) = text(data)
        && let Err(why) = openpgp::verify_clear(&key.public, text)
    {
        is_presentable(why);
    }
}

fn archive(data: &[u8]) {
    let Some(entries) = zip::entries(data) else { return };
    assert!(entries.len() <= zip::MOST_ENTRIES);
    let mut names: Vec<String> = entries.keys().map(|name| (*name).to_owned()).collect();
    names.sort_unstable();
    if names.len() < 16 {
        let kept = |place: usize| entries.get(names[place].as_str()).cloned();
        let again = zip::archive(data, &names, kept, |_| Err("everything is there".to_owned()));
        let again = again.expect("everything is kept").into_bytes();
        let same = zip::entries(&again).expect("what is packed can be read");
        let holds = |name: &String| {
            zip::open(&again, &same[name.as_str()]) == zip::open(data, &entries[name.as_str()])
        };
        assert!(names.iter().all(holds));
    }
}

/// What is remembered of a tree, and one file of it.
fn published_tree(data: &[u8]) {
    let (tree, file) = halves(data);
    let Ok(tree) = serde_json::from_slice::<Tree>(tree) else { return };
    let paths: BTreeSet<String> = tree.shared.keys().cloned().collect();
    let wrong = verify::verify(&tree, Some(&own_key().public), &paths, &|_| Some(file.to_vec()));
    assert!(wrong.iter().all(|line| !line.is_empty()));
}
