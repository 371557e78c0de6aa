//! Advisories for everybody: written for a web server, and given by the desk.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::desk::{Desk, directory, messages, run};
use crate::house::{Answer, call};

const PROVIDER: &str = "name = \"Example\"\nnamespace = \"https://example.org\"\nbase-url = \"https://example.org\"\n\
    checker = \"https://example.org/advisories/check\"\nkey-file = \"key.asc\"\n\
    contact = [\"mailto:security@example.org\"]\nexpires = 2027-11-23T00:00:00Z\n";

fn source(number: u32, fixed: &str) -> String {
    format!(
        "id = \"{number}\"\ncve = \"CVE-2026-1000{number}\"\naliases = [\"x_example-{number}\"]\ntitle = \"Flaw <{number}>\"\nsummary = \"Flaw {number}.\"\n\
         description = \"What it is.\"\npublished = 2026-11-0{number}T16:00:00Z\n[[affected]]\npackage = \"pkg:npm/%40example/server\"\n\
         status = \"affected\"\n[[affected.range]]\nintroduced = \"0\"\nfixed = \"{fixed}\"\n[[reference]]\nkind = \"fix\"\n\
         url = \"https://example.org/{number}\"\n[publisher]\nname = \"Example\"\nnamespace = \"https://example.org\"\ncategory = \"vendor\"\n"
    )
}

fn say(place: &Path, number: u32, fixed: &str) {
    fs::write(place.join(format!("sources/{number}.toml")), source(number, fixed)).unwrap();
}

/// A directory with a key, who publishes, and two sources.
fn place(name: &str) -> std::path::PathBuf {
    let place = directory(&format!("publishing-{name}"));
    fs::create_dir(place.join("sources")).unwrap();
    fs::write(place.join("provider.toml"), PROVIDER).unwrap();
    say(&place, 1, "1.2.0");
    say(&place, 2, "1.3.0");
    let made = run(&place, &["advisory", "key", "key.asc", "--owner", "Example <security@example.org>"]);
    assert!(made.status.success(), "{}", messages(&made));
    assert!(String::from_utf8_lossy(&made.stdout).starts_with("-----BEGIN PGP PUBLIC KEY BLOCK-----"));
    place
}

const PUBLISH: &[&str] = &["publish", "site", "--from", "sources", "--provider", "provider.toml"];

/// What a command says, and how it ended.
fn says(place: &Path, arguments: &[&str]) -> (String, i32) {
    let output = run(place, arguments);
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &messages(&output);
    (said, output.status.code().unwrap())
}

#[test]
fn a_publication_can_be_checked_and_one_with_an_error_does_not_happen() {
    let place = place("files");
    assert!(says(&place, PUBLISH).0.starts_with("site/public: 2 advisories, "));
    assert_eq!(says(&place, PUBLISH), ("site/public: 2 advisories, 0 files changed\n".to_owned(), 0));
    let check = &["publish", "site", "--check", "--provider", "provider.toml"];
    assert_eq!(
        says(&place, check),
        ("site/public: 2 advisories, all as they were published\n".to_owned(), 0)
    );

    say(&place, 2, "1.0.0.0");
    let (said, code) = says(&place, PUBLISH);
    assert!(
        code == 1 && said.contains("2.toml: line") && said.ends_with("nothing was published\n"),
        "{said}"
    );
    assert_eq!(says(&place, check).1, 0);
    say(&place, 2, "1.3.1");
    assert_eq!(says(&place, PUBLISH).1, 0);

    let page = place.join("site/public/advisories/CVE-2026-10002/index.html");
    let text = fs::read_to_string(&page).unwrap();
    assert!(text.contains("1.3.1") && text.contains("Flaw &lt;2&gt;"), "{text}");
    fs::remove_file(&page).unwrap();
    fs::write(&page, text.replace("1.3.1", "1.3.0")).unwrap();
    let (said, code) = says(&place, check);
    assert!(code == 1 && said.contains("one of the files of CVE-2026-10002 was altered"), "{said}");

    let (said, code) = says(&place, &["publish", "site", "--from", "nothing", "--provider", "provider.toml"]);
    assert!(code == 1 && said.contains("nothing: cannot be read"), "{said}");
    let (said, code) =
        says(&place, &["publish", "sources", "--from", "sources", "--provider", "provider.toml"]);
    assert!(code == 2 && said.contains("which no publication made"), "{said}");
    let (said, code) = says(&place, &["advisory", "key", "key.asc", "--owner", "Example"]);
    assert!(code == 2 && said.contains("key.asc: cannot be made"), "a key is never written over: {said}");
    let key = fs::metadata(place.join("key.asc")).unwrap();
    assert_eq!(std::os::unix::fs::MetadataExt::mode(&key) & 0o777, 0o600);
}

fn read(desk: &Desk, path: &str, headers: &str) -> Answer {
    call(desk, "GET", path, headers, None)
}

/// Waits until something is so.
#[allow(clippy::disallowed_methods, reason = "a test that waits for ever says nothing")]
pub fn until(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(30), "never {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_desk_gives_everybody_what_is_published_and_answers_whether_a_version_is_affected() {
    let place = place("served");
    assert_eq!(says(&place, PUBLISH).1, 0);
    let desk = Desk::start_in(
        place.clone(),
        "advisories.provider = \"provider.toml\"\nadvisories.from = [\"sources\"]\n",
    );
    until("published", || read(&desk, "/advisories/", "").text.contains("Flaw &lt;2&gt;"));
    for path in [
        "/advisories/CVE-2026-10001/",
        "/advisories/packages/npm/@example/server/",
        "/advisories/feed.atom",
        "/osv/npm/CVE-2026-10002.json",
        "/cve/CVE-2026-10001.json",
        "/openvex/CVE-2026-10001.json",
        "/.well-known/csaf/provider-metadata.json",
        "/.well-known/csaf/white/2026/cve-2026-10001.json.asc",
    ] {
        let answer = read(&desk, path, "").is(200);
        let file = if path.ends_with('/') { format!("{path}index.html") } else { path.to_owned() };
        let kept = fs::read_to_string(place.join("site/public").join(&file[1..])).unwrap();
        assert_eq!(answer.text, kept, "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{path}");
        let tag = format!("if-none-match: {}\r\n", answer.header("etag").unwrap());
        assert_eq!(read(&desk, path, &tag).is(304).text, "");
    }
    assert_eq!(read(&desk, "/osv/all.zip", "").is(200).header("content-type"), Some("application/zip"));
    assert_eq!(read(&desk, "/advisories", "").is(308).header("location"), Some("/advisories/"));
    for path in ["/advisories/x_example-1", "/advisories/X_EXAMPLE-1/"] {
        let answer = read(&desk, path, "").is(307);
        assert_eq!(answer.header("location"), Some("/advisories/CVE-2026-10001/"), "{path}");
    }
    for path in ["/advisories/x", "/osv/../cve/x", "/advisories/%2e%2e/%2e%2e/etc/passwd", "/osv/%ff"] {
        read(&desk, path, "").is(404);
    }
    let security = read(&desk, "/.well-known/security.txt", "").is(200).text;
    assert!(security.starts_with("-----BEGIN PGP SIGNED MESSAGE-----"), "{security}");
    assert!(
        security.contains("\nCSAF: https://example.org/.well-known/csaf/provider-metadata.json\n"),
        "{security}"
    );

    let ask = |query: &str| read(&desk, &format!("/advisories/check?{query}"), "").is(200).text;
    let both = ask("package=%40example%2Fserver&version=v1.1.0");
    assert!(
        both.contains("<strong>Affected.</strong>") && both.contains("Upgrade to 1.3.0 or later."),
        "{both}"
    );
    let one = ask("package=server&version=1.2.0");
    assert!(one.contains("CVE-2026-10002/") && !one.contains("CVE-2026-10001/"), "{one}");
    assert!(ask("package=server&version=1.3.0").contains("<strong>Not affected.</strong>"));
    assert!(ask("package=server&version=new").contains("is no version of @example/server"));
    assert!(ask("package=%3Cscript%3E&version=1").contains("<code>&lt;script&gt;</code>"));
    assert!(ask("").contains("Am I affected?"));
    let twice = read(&desk, "/advisories/check?package=a&package=b", "").is(422);
    assert_eq!(twice.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(twice.text.contains("each name once"), "{}", twice.text);
    // A package URL with its version is enough; of a part of a name it is told what may be meant.
    let whole = ask("package=pkg%3Anpm%2F%2540example%2Fserver%401.2.0");
    assert!(whole.contains("<strong>Affected.</strong> 1.2.0 of @example/server"), "{whole}");
    assert!(ask("package=server").contains("@example/server: no version was given; write one."));
    let part = ask("package=erve&version=1.2.0");
    assert!(part.contains("Did you mean") && part.contains("packages/npm/@example/server/"), "{part}");

    // Whoever runs the desk is told what of it would not work.
    let doctor =
        || String::from_utf8_lossy(&run(&place, &["doctor", "--config", "desk.toml"]).stdout).into_owned();
    let line = |what: &str| doctor().lines().find(|line| line.contains(what)).unwrap_or_default().to_owned();
    assert!(line("advisories").starts_with("warn") && doctor().contains("set `base-url`"), "{}", doctor());
    assert!(line("private fixes").starts_with("ok"), "{}", doctor());

    // What changes in a source is given within seconds; what is wrong changes nothing.
    say(&place, 2, "1.0.0.0");
    say(&place, 1, "1.2.1");
    until("noticed", || desk.log().contains("sources have errors"));
    assert!(read(&desk, "/advisories/CVE-2026-10001/", "").text.contains("1.2.0"));
    assert!(line("advisories").starts_with("fail"), "{}", doctor());
    assert!(!desk.log().contains("1.0.0.0"), "what sources say stays out of the log");
    say(&place, 2, "1.3.0");
    until("mended", || read(&desk, "/advisories/CVE-2026-10001/", "").text.contains("1.2.1"));
}

#[test]
fn a_desk_on_which_nobody_publishes_has_no_advisories() {
    let desk = Desk::start("publishing-none", "");
    for path in
        ["/advisories/", "/advisories/check", "/osv/all.zip", "/.well-known/csaf/provider-metadata.json"]
    {
        read(&desk, path, "").is(404);
    }
    let place = directory("publishing-half");
    fs::write(place.join("desk.toml"), "advisories.from = [\"sources\"]\n").unwrap();
    let (said, code) = says(&place, &["serve", "--config", "desk.toml"]);
    assert!(code == 2 && said.contains("`advisories.provider` is not"), "{said}");
}

#[test]
fn an_advisory_of_fifty_megabytes_is_refused_in_words() {
    let place = directory("publishing-large");
    let sources = ["title = \"", "{\"document\":{\"csaf_version\":\"2.0\",\"title\":\""];
    for (name, begin) in ["large.toml", "large.json"].into_iter().zip(sources) {
        fs::write(place.join(name), format!("{begin}{}\"", "x".repeat(50_000_000))).unwrap();
    }
    for arguments in [
        &["advisory", "validate", "large.json"][..],
        &["advisory", "build", "large.toml", "--format", "osv"],
        &["import", "csaf", "large.json"],
        &["import", "case", "large.toml"],
    ] {
        let (said, code) = says(&place, arguments);
        assert_eq!(code, 2, "{arguments:?}: {said}");
        assert!(said.contains("large.") && said.contains("bytes, at most"), "{arguments:?}: {said}");
        assert!(said.len() < 300 && said.lines().count() == 1, "{arguments:?}: {said}");
    }
}
