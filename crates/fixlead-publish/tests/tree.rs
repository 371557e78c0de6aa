//! Trees of made-up advisories: what is in them, that building on what was
//! there gives the same as building anew, and that every alteration is found.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

#[path = "../../fixlead-formats/tests/generate/mod.rs"]
mod generate;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use fixlead_core::time::{DAY, Instant};
use fixlead_formats::source::{self, Advisory};
use fixlead_formats::validate::validate;
use fixlead_publish::content::{Content, digest};
use fixlead_publish::openpgp::{self, Key, PublicKey};
use fixlead_publish::provider::Provider;
use fixlead_publish::tree::{self, Before, Source, Tree};
use fixlead_publish::verify::verify;
use fixlead_publish::{checker, zip};
use serde_json::Value;
use zeroize::Zeroizing;

const PROVIDER: &str = "name = \"Example & Söhne Project\"\nnamespace = \"https://security.example.org\"\n\
    base-url = \"https://security.example.org\"\ncontact = [\"mailto:security@example.org\"]\nexpires = 2027-11-23T00:00:00Z\n\
    insiders = [\"https://desk.example.org\"]\n";

type Files = BTreeMap<String, Vec<u8>>;

fn provider() -> Provider {
    let (mut provider, _) = Provider::read(PROVIDER).unwrap();
    let at = Instant::parse("2026-01-01T00:00:00Z").unwrap();
    let key = Key::new(&Zeroizing::new([7; 32]), "Example <security@example.org>", at);
    provider.key = Some(key.unwrap());
    provider
}

/// Builds on what is there, and says which files were put.
fn publish(
    provider: &Provider,
    texts: &[String],
    tree: &Tree,
    files: &mut Files,
) -> Result<(Tree, BTreeSet<String>), Vec<String>> {
    let sources: Vec<Source> = texts
        .iter()
        .enumerate()
        .map(|(place, text)| Source { name: format!("{place}.toml"), hash: tree::hash(text) })
        .collect();
    let old = files.clone();
    let before = Before { tree: tree.clone(), file: &|path| old.get(path).map(Into::into) };
    let both = Mutex::new((BTreeSet::new(), files));
    let put = |path: String, content: Option<Content<'_>>| {
        let (touched, files) = &mut *both.lock().unwrap();
        assert!(touched.insert(path.clone()), "{path} is put twice");
        match content {
            Some(content) => drop(files.insert(path, content.into_bytes())),
            None => assert!(files.remove(&path).is_some(), "{path} is removed and was not there"),
        }
        Ok(())
    };
    let tree = tree::build(provider, &sources, &|place| Ok(texts[place].clone()), Some(before), &put)?;
    Ok((tree, both.into_inner().unwrap().0))
}

fn anew(provider: &Provider, texts: &[String]) -> (Tree, Files) {
    let mut files = Files::new();
    let (tree, _) =
        publish(provider, texts, &Tree::default(), &mut files).unwrap_or_else(|wrong| panic!("{wrong:#?}"));
    (tree, files)
}

fn made(seed: u64) -> Advisory {
    let mut advisory = generate::advisory(seed);
    // Made-up ids may be the same.
    advisory.cve = advisory.cve.map(|_| format!("CVE-2026-{}", 10_000 + seed));
    advisory.aliases.clear();
    advisory
}

fn texts(seeds: impl Iterator<Item = u64>) -> Vec<String> {
    seeds.map(|seed| source::write(&made(seed))).collect()
}

fn text<'a>(files: &'a Files, path: &str) -> &'a str {
    let bytes = files.get(path).unwrap_or_else(|| panic!("{path} is missing"));
    std::str::from_utf8(bytes).unwrap()
}

fn json(files: &Files, path: &str) -> Value {
    serde_json::from_str(text(files, path)).unwrap()
}

#[test]
fn a_tree_has_everything_that_a_trusted_provider_needs_and_every_address_leads_to_a_file() {
    let provider = provider();
    let (tree, files) = anew(&provider, &texts(0..12));
    let key = PublicKey::read(text(&files, ".well-known/csaf/openpgp-key.asc")).unwrap();
    assert_eq!(key, provider.key.as_ref().unwrap().public);
    let metadata = json(&files, ".well-known/csaf/provider-metadata.json");
    assert_eq!(metadata["role"], "csaf_trusted_provider");
    assert_eq!(metadata["public_openpgp_keys"][0]["fingerprint"], key.fingerprint());

    let local = |url: &str| url.strip_prefix("https://security.example.org/").unwrap().to_owned();
    let distribution = &metadata["distributions"][0];
    let top = local(distribution["directory_url"].as_str().unwrap());
    let feed = json(&files, &local(distribution["rolie"]["feeds"][0]["url"].as_str().unwrap()));
    json(&files, &local(distribution["rolie"]["services"][0].as_str().unwrap()));
    json(&files, &local(distribution["rolie"]["categories"][0].as_str().unwrap()));
    let entries = feed["feed"]["entry"].as_array().unwrap();
    assert_eq!(entries.len(), 12);
    let mut updated: Vec<&str> = entries.iter().map(|entry| entry["updated"].as_str().unwrap()).collect();
    assert!(updated.is_sorted_by(|one, other| one >= other), "{updated:?}");
    updated.dedup();
    for entry in entries {
        for link in entry["link"].as_array().unwrap() {
            assert!(files.contains_key(&local(link["href"].as_str().unwrap())), "{link}");
        }
    }
    let index: Vec<String> =
        text(&files, &format!("{top}index.txt")).lines().map(|line| format!("{top}{line}")).collect();
    assert_eq!(index.len(), 12);
    for path in &index {
        let document = text(&files, path);
        assert!(validate(document).unwrap().is_valid(), "{path}");
        let document: Value = serde_json::from_str(document).unwrap();
        let tracking = &document["document"]["tracking"];
        let year = tracking["initial_release_date"].as_str().unwrap().get(..4).unwrap();
        assert!(path.contains(&format!("/{year}/")), "{path}");
        openpgp::verify(&key, files[path].as_slice(), text(&files, &format!("{path}.asc"))).unwrap();
        assert_eq!(
            text(&files, &format!("{path}.sha512")).split("  ").nth(1),
            path.rsplit('/').next().map(|name| format!("{name}\n")).as_deref()
        );
    }
    let changes = text(&files, &format!("{top}changes.csv"));
    let times: Vec<&str> = changes.lines().map(|line| line.split("\",\"").nth(1).unwrap()).collect();
    assert!(times.len() == 12 && times.is_sorted_by(|one, other| one >= other), "{times:?}");
    let security = openpgp::verify_clear(&key, text(&files, ".well-known/security.txt")).unwrap();
    assert!(
        security.contains("\nCSAF: https://security.example.org/.well-known/csaf/provider-metadata.json\n"),
        "{security}"
    );

    // OSV: every entry, alone and in the archives.
    let archive = &files["osv/all.zip"];
    let all = zip::entries(archive).unwrap();
    assert_eq!(all.len(), 12);
    for (name, kept) in &all {
        assert_eq!(zip::open(archive, kept).unwrap(), files[&format!("osv/{name}")], "{name}");
    }
    for line in text(&files, "osv/modified_id.csv").lines() {
        let (_, place) = line.split_once(',').unwrap();
        assert!(files.contains_key(&format!("osv/{place}.json")), "{line}");
    }
    for ecosystem in text(&files, "osv/ecosystems.txt").lines() {
        let part = &files[&format!("osv/{ecosystem}/all.zip")];
        let some = zip::entries(part).unwrap();
        let same = |(name, kept)| zip::open(part, kept) == zip::open(archive, &all[name]);
        assert!(!some.is_empty() && some.iter().all(same), "{ecosystem}");
    }

    // Links of pages are relative, and lead somewhere.
    let pages: Vec<&String> =
        files.keys().filter(|path| path.ends_with(".html") && path.starts_with("advisories/")).collect();
    for page in &pages {
        let html = text(&files, page);
        assert!(!html.contains("<script") && !html.contains("javascript:"), "{page}");
        for link in html.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            if link.contains("://") {
                continue;
            }
            let mut parts: Vec<&str> = page.split('/').collect();
            parts.pop();
            for part in link.split('/') {
                match part {
                    ".." => drop(parts.pop()),
                    "." | "" => {}
                    part => parts.push(part),
                }
            }
            let mut at = parts.join("/");
            if link.ends_with('/') {
                at.push_str("/index.html");
            }
            assert!(files.contains_key(&at), "{page} leads to {link}, and {at} is not there");
        }
    }
    assert!(pages.len() > 24, "{}", pages.len());
    assert_eq!(
        verify(&tree, None, &files.keys().cloned().collect(), &|path| files.get(path).cloned()),
        [""; 0]
    );
}

#[test]
fn what_was_altered_goes_into_no_other_tree() {
    let provider = provider();
    let mut texts = texts(0..12);
    let (tree, before) = anew(&provider, &texts);
    texts[3] = source::write(&Advisory { title: "Another title".to_owned(), ..made(3) });
    let whole = anew(&provider, &texts).1;
    let shared: Vec<&String> = tree
        .shared
        .keys()
        .filter(|path| before[*path] != whole[*path] && before[*path].len() > 200)
        .collect();
    assert!(shared.len() > 5, "{shared:?}");
    for path in shared {
        let mut files = before.clone();
        let bytes = files.get_mut(path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] = if bytes[middle] == b'x' { b'y' } else { b'x' };
        let (next, _) = publish(&provider, &texts, &tree, &mut files).unwrap();
        assert_eq!(files[path], whole[path], "{path} has what somebody wrote into it before");
        assert_eq!(next.shared[path].digest, digest(&whole[path]));
    }
}

#[test]
fn building_on_what_is_there_gives_the_same_tree_and_touches_little() {
    let provider = provider();
    let mut chance = generate::Chance::of(3);
    let mut seeds: BTreeMap<u64, i64> = (0..130).map(|seed| (seed, 0)).collect();
    let all = |seeds: &BTreeMap<u64, i64>| -> Vec<String> {
        let one = |(seed, later): (&u64, &i64)| {
            let mut advisory = made(*seed);
            if *later > 0 {
                let at = Instant::from_millis(advisory.changed().millis() + later * DAY);
                (advisory.modified, advisory.withdrawn) = (Some(at), None);
                advisory.revisions.clear();
                advisory.summary = format!("Changed {later} times.");
            }
            source::write(&advisory)
        };
        seeds.iter().map(one).collect()
    };
    let (mut tree, mut files) = anew(&provider, &all(&seeds));
    for turn in 0..8 {
        match turn % 4 {
            0 => drop(seeds.insert(200 + turn, 0)),
            1 => drop(seeds.remove(&(chance.next(130) as u64))),
            2 => *seeds.values_mut().nth(chance.next(100)).unwrap() += 1,
            _ => {}
        }
        let before = files.clone();
        let (next, touched) = publish(&provider, &all(&seeds), &tree, &mut files).unwrap();
        let (fresh, expected) = anew(&provider, &all(&seeds));
        assert_eq!(next, fresh, "turn {turn}");
        assert!(files == expected, "turn {turn}: the files differ");
        let kept = before.iter().filter(|(path, _)| !touched.contains(*path));
        assert!(kept.clone().all(|(path, bytes)| expected.get(path) == Some(bytes)), "turn {turn}");
        match turn % 4 {
            3 => assert!(touched.is_empty(), "nothing changed, and {touched:?}"),
            2 => assert!((10..60).contains(&touched.len()), "{} files: {touched:?}", touched.len()),
            _ => {}
        }
        tree = next;
    }
    // Of another provider nothing is taken over.
    let mut other = provider;
    other.name = "Other".to_owned();
    let (_, touched) = publish(&other, &all(&seeds), &tree, &mut files).unwrap();
    assert!(touched.contains("advisories/style.css") && touched.len() > 1_000, "{}", touched.len());
}

#[test]
fn one_source_with_an_error_and_nothing_is_published() {
    let provider = provider();
    let refused = |texts: &[String]| {
        let mut files = Files::new();
        let wrong =
            publish(&provider, texts, &Tree::default(), &mut files).map(|(tree, _)| tree).unwrap_err();
        assert!(files.is_empty(), "{:?}", files.keys());
        wrong.join("\n")
    };
    let good = texts(0..3);
    let mut inside = made(3);
    inside.references[0].url = "https://desk.example.org/cases/1".to_owned();
    let mut nameless = made(4);
    (nameless.cve, nameless.aliases) = (None, vec!["x_../../etc".to_owned()]);
    for (text, says) in [
        (source::write(&inside), "3.toml: line"),
        (source::write(&nameless), "3.toml: "),
        ("id = 7".to_owned(), "3.toml: line 1"),
        (format!("{}# the same\n", good[0]), "published by"),
    ] {
        let wrong = refused(&[good.clone(), vec![text]].concat());
        assert!(wrong.contains(says), "{wrong}");
    }
}

#[test]
fn whatever_is_altered_in_a_tree_is_found() {
    let (tree, files) = anew(&provider(), &texts(0..3));
    let paths: BTreeSet<String> = files.keys().cloned().collect();
    for path in &paths {
        let altered = |at: &str| {
            let mut bytes = files.get(at)?.clone();
            if at == path {
                let middle = bytes.len() / 2;
                *bytes.get_mut(middle)? ^= 1;
            }
            Some(bytes)
        };
        assert!(!verify(&tree, None, &paths, &altered).is_empty(), "{path} can be altered");
        let removed = |at: &str| files.get(at).filter(|_| at != path).cloned();
        assert!(!verify(&tree, None, &paths, &removed).is_empty(), "{path} can be removed");
    }
    let mut more = paths.clone();
    more.insert("advisories/more.html".to_owned());
    assert_eq!(verify(&tree, None, &more, &|path| files.get(path).cloned()).len(), 1);
    // Signed with a key of one's own is signed by somebody else.
    let key = Key::new(&Zeroizing::new([8; 32]), "Somebody", Instant::from_millis(0)).unwrap();
    let wrong = verify(&tree, Some(&key.public), &paths, &|path| files.get(path).cloned());
    assert!(wrong.iter().any(|line| line.contains(".asc: ")), "{wrong:?}");
}

#[test]
fn a_version_is_affected_where_its_range_says_so() {
    let mut one = made(0);
    let mut two = made(1);
    (one.withdrawn, two.withdrawn) = (None, None);
    for (advisory, ranges) in [
        (
            &mut one,
            "introduced = \"0\"\nfixed = \"1.2.3\"\n[[affected.range]]\nintroduced = \"2.0.0\"\nfixed = \"2.1.0\"\n",
        ),
        (
            &mut two,
            "introduced = \"1.2.0\"\nlast_affected = \"1.2.4\"\n[[affected.range]]\nintroduced = \"2.0.5\"\nfixed = \"2.2.0\"\n",
        ),
    ] {
        let plain = Advisory {
            affected: Vec::new(),
            mitigations: Vec::new(),
            references: Vec::new(),
            credits: Vec::new(),
            revisions: Vec::new(),
            scores: Vec::new(),
            ..advisory.clone()
        };
        let text = source::write(&plain).replace("[publisher]", &format!("[[affected]]\npackage = \"pkg:npm/%40example/server\"\nstatus = \"affected\"\n[[affected.range]]\n{ranges}[publisher]"));
        *advisory = source::read(&text).unwrap().advisory;
    }
    let all = [one.clone(), two.clone()];
    let ask = |package: &str, version: &str| {
        let mut answer = checker::ask(&all, package, version);
        assert_eq!(answer.packages.len(), 1, "{package} {version}");
        answer.packages.remove(0)
    };
    let (first, second) = (one.public_id(), two.public_id());
    for (version, hits, upgrade) in [
        ("1.1.0", vec![&first], Some("2.2.0")),
        ("1.2.0", vec![&first, &second], Some("2.2.0")),
        ("v1.2.4", vec![&second], Some("2.2.0")),
        ("1.2.5", vec![], None),
        ("2.0.0-rc.1", vec![], None),
        ("2.0.0", vec![&first], Some("2.2.0")),
        ("2.1.0", vec![&second], Some("2.2.0")),
        ("2.2.0", vec![], None),
    ] {
        for package in [
            "@example/server",
            "@Example/Server",
            "server",
            "pkg:npm/%40example/server",
            "pkg:npm/%40example/server@1.0.0",
        ] {
            assert!(all.iter().all(|one| checker::names(one).contains(&checker::word(package))), "{package}");
            let found = ask(package, version);
            let ids: Vec<&String> = found.hits.iter().map(|hit| &hit.id).collect();
            assert_eq!((ids, found.upgrade.as_deref()), (hits.clone(), upgrade), "{package} {version}");
        }
    }
    assert!(ask("server", "one").wrong.is_some());
    assert!(ask("server", "").wrong.is_some());
    assert!(checker::ask(&all, "serve", "1.0.0").packages.is_empty());
    one.withdrawn = Some(one.changed());
    assert_eq!(checker::ask(&[one], "server", "1.1.0").packages[0].hits, []);
}
