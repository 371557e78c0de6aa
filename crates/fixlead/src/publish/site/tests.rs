//! Publishing into a directory, as it goes and as it fails.

use super::*;

const PROVIDER: &str =
    "name = \"Example\"\nnamespace = \"https://example.org\"\nbase-url = \"https://example.org\"\n";

fn source(number: u32, more: &str) -> String {
    format!(
        "id = \"{number}\"\ncve = \"CVE-2026-{}\"\ntitle = \"Flaw {number}\"\nsummary = \"Flaw {number}.{more}\"\ndescription = \"What it is.\"\n\
         published = 2026-11-{:02}T16:00:00Z\n[[affected]]\npackage = \"pkg:npm/thing{}\"\nstatus = \"affected\"\n\
         [[affected.range]]\nintroduced = \"0\"\nfixed = \"1.{number}.0\"\n[[reference]]\nkind = \"fix\"\nurl = \"https://example.org/{number}\"\n\
         [publisher]\nname = \"Example\"\nnamespace = \"https://example.org\"\ncategory = \"vendor\"\n",
        10_000 + number,
        1 + number % 28,
        number % 3
    )
}

/// A directory of its own, which goes with the test, what the provider's file says, and how it
/// is published.
struct Place(PathBuf, String, How);

impl Place {
    fn new() -> Place {
        let name = format!("fixlead-publish-{}", crate::serve::world::random_id());
        let place = Place(std::env::temp_dir().join(name), PROVIDER.to_owned(), How::default());
        fs::create_dir_all(place.sources()).unwrap();
        place
    }

    fn sources(&self) -> PathBuf {
        self.0.join("sources")
    }

    fn say(&self, number: u32, more: &str) {
        fs::write(self.sources().join(format!("{number}.toml")), source(number, more)).unwrap();
    }

    fn publish(&self) -> Result<Published, Vec<String>> {
        let (provider, _) = Provider::read(&self.1).unwrap();
        let now = crate::serve::world::now();
        Site::take(&self.out()).unwrap().publish(&provider, &[self.sources()], now, self.2)
    }

    fn out(&self) -> PathBuf {
        self.0.join("out")
    }

    /// Every file that everybody sees, checked against a tree that is made anew.
    fn seen(&self) -> Vec<(String, Vec<u8>)> {
        assert_eq!(check(&self.out(), None, crate::serve::world::now()).unwrap().1, [""; 0]);
        let root = self.out().join(PUBLIC);
        let read = |path: String| (path.clone(), fs::read(root.join(&path)).unwrap());
        files(&root).unwrap().into_iter().map(read).collect()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn each_publication_is_what_one_made_anew_would_be_whatever_came_before() {
    let mut place = Place::new();
    (0..8).for_each(|number| place.say(number, ""));
    assert_eq!(place.publish().unwrap().advisories, 8);
    for turn in 0..9 {
        match turn {
            0 => place.say(3, " More is known."),
            1 => place.say(9, ""),
            2 => fs::remove_file(place.sources().join("1.toml")).unwrap(),
            // What is remembered of the tree that nobody sees is lost.
            3 => {
                let half = if fs::read_link(place.out().join(PUBLIC)).unwrap() == Path::new("a") {
                    "b"
                } else {
                    "a"
                };
                fs::remove_file(place.out().join(format!("{half}.json"))).unwrap();
                place.say(4, " More is known.");
            }
            // And what is remembered of the one that everybody sees.
            4 => {
                for half in HALVES {
                    fs::write(place.out().join(format!("{half}.json")), "{").unwrap();
                }
            }
            5 => place.say(9, " More is known."),
            // Another provider's file; then what follows on that, with an advisory that is gone.
            6 => {
                place.1 = PROVIDER.replace("\"Example\"", "\"Another\"");
                fs::remove_file(place.sources().join("5.toml")).unwrap();
            }
            7 => fs::remove_file(place.sources().join("6.toml")).unwrap(),
            _ => place.say(9, " All is known."),
        }
        let published = place.publish().unwrap();
        assert!(published.files > 0, "turn {turn}");
        assert!([4, 6].contains(&turn) || published.files < 60, "turn {turn}: {published:?}");
        assert_eq!(place.publish().unwrap().files, 0, "turn {turn}: nothing changed");
        let seen = place.seen();
        let mut anew = Place::new();
        anew.1.clone_from(&place.1);
        for entry in fs::read_dir(place.sources()).unwrap() {
            let path = entry.unwrap().path();
            fs::copy(&path, anew.sources().join(path.file_name().unwrap())).unwrap();
        }
        anew.publish().unwrap();
        assert!(seen == anew.seen(), "turn {turn}");
    }
}

#[test]
fn whoever_reads_sees_the_old_publication_until_the_new_one_is_whole() {
    let place = Place::new();
    (0..3).for_each(|number| place.say(number, ""));
    place.publish().unwrap();
    let before = place.seen();
    place.say(1, " See https://192.168.1.1/secret.");
    place.say(2, " More is known.");
    let wrong = place.publish().unwrap_err();
    assert!(wrong[0].contains("1.toml: line"), "{wrong:?}");
    assert!(place.seen() == before, "an error in a source changed what everybody sees");
    // The disk fails in the middle: a directory stands where a file would go.
    place.say(1, "");
    assert_eq!(fs::read_link(place.out().join(PUBLIC)).unwrap(), Path::new("a"));
    let hit = place.out().join("b").join("advisories/feed.json");
    fs::remove_file(&hit).unwrap();
    fs::create_dir(&hit).unwrap();
    assert!(place.publish().is_err());
    assert!(place.seen() == before, "a failure in the middle changed what everybody sees");
    assert!(place.publish().unwrap().files > 0, "and the next publication mends it");
    assert!(place.seen() != before);
}

#[test]
fn what_becomes_public_later_is_not_published_before_unless_that_is_meant() {
    let place = Place::new();
    place.say(1, "");
    place.publish().unwrap();
    let before = place.seen();
    let path = place.sources().join("2.toml");
    fs::write(&path, source(2, "").replace("2026-11-03T", "2999-11-03T")).unwrap();
    let wrong = place.publish().unwrap_err();
    assert!(wrong[0].starts_with("CVE-2026-10002: it becomes public at 2999-11-03T16:00:00Z"), "{wrong:?}");
    assert!(place.seen() == before);
    let (provider, _) = Provider::read(&place.1).unwrap();
    let now = crate::serve::world::now();
    let ahead = Site::take(&place.out()).unwrap().publish(
        &provider,
        &[place.sources()],
        now,
        How { ahead: true, ..How::default() },
    );
    assert_eq!(ahead.unwrap().advisories, 2);
}

#[test]
fn nothing_is_published_into_a_directory_of_something_else_or_by_two_at_once() {
    let place = Place::new();
    let wrong = Site::take(&place.0).map(drop).unwrap_err();
    assert!(wrong.contains("`sources` is there"), "{wrong}");
    let _site = Site::take(&place.out()).unwrap();
    assert!(Site::take(&place.out()).map(drop).unwrap_err().contains("another process publishes"));
}

#[test]
fn what_was_altered_is_mended_by_a_publication_that_makes_everything_anew() {
    let mut place = Place::new();
    (0..3).for_each(|number| place.say(number, ""));
    place.publish().unwrap();
    let before = place.seen();
    let hit = place.out().join(PUBLIC).join("advisories/CVE-2026-10001/index.html");
    fs::write(&hit, "altered").unwrap();
    let look = || check(&place.out(), None, crate::serve::world::now()).unwrap().1;
    assert!(look()[0].contains("altered"), "{:?}", look());
    assert_eq!(place.publish().unwrap().files, 0, "it is not looked at without need");
    place.2.anew = true;
    assert!(place.publish().unwrap().files > 0);
    assert!(place.seen() == before);
}

#[test]
fn nothing_leads_a_publication_or_its_checker_out_of_the_directory() {
    let place = Place::new();
    place.say(1, "");
    place.publish().unwrap();
    let elsewhere = place.0.join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    let tree = place.out().join(fs::read_link(place.out().join(PUBLIC)).unwrap());
    // A directory of both trees that leads elsewhere, with the same files in it.
    for half in HALVES {
        let pages = place.out().join(half).join("osv");
        if half == tree.file_name().unwrap() {
            for entry in fs::read_dir(&pages).unwrap().flatten() {
                fs::copy(entry.path(), elsewhere.join(entry.file_name())).ok();
            }
        }
        fs::remove_dir_all(&pages).unwrap();
        symlink(&elsewhere, &pages).unwrap();
    }
    let before = fs::read_dir(&elsewhere).unwrap().count();
    let wrong = check(&place.out(), None, crate::serve::world::now()).unwrap().1;
    assert!(wrong.iter().any(|wrong| wrong.contains("osv/CVE-2026-10001.json")), "{wrong:?}");
    place.say(2, "");
    let refused = place.publish().unwrap_err();
    assert!(refused[0].contains("publish with --anew"), "{refused:?}");
    assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), before, "nothing is written there");
    let anew = Place(place.0.join("."), PROVIDER.to_owned(), How { anew: true, ..How::default() });
    anew.publish().unwrap();
    place.seen();
    assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), before, "nor is anything removed");
    mem::forget(anew);

    // Nor is a pipe read, which nobody may ever write to, or another half than a directory taken.
    let half = place.out().join(fs::read_link(place.out().join(PUBLIC)).unwrap());
    let file = half.join("osv/CVE-2026-10001.json");
    fs::remove_file(&file).unwrap();
    let made = std::process::Command::new("mkfifo").arg(&file).status().unwrap();
    assert!(made.success());
    assert!(!check(&place.out(), None, crate::serve::world::now()).unwrap().1.is_empty());
    let feed = half.join("osv/all.zip");
    fs::remove_file(&feed).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(&feed).status().unwrap().success());
    place.say(3, "");
    place.publish().unwrap();
    fs::remove_file(place.out().join(PUBLIC)).unwrap();
    fs::create_dir(place.out().join(PUBLIC)).unwrap();
    let refused = Site::take(&place.out()).err().unwrap();
    assert!(refused.contains("`public` is there, which no publication made"), "{refused}");
}

#[test]
fn no_source_at_all_and_an_expired_security_txt_are_mistakes() {
    let mut place = Place::new();
    place.say(1, "");
    place.publish().unwrap();
    let before = place.seen();
    fs::remove_file(place.sources().join("1.toml")).unwrap();
    assert!(place.publish().unwrap_err()[0].contains("say --empty"));
    assert!(place.seen() == before);
    place.2.empty = true;
    assert_eq!(place.publish().unwrap().advisories, 0);
    let dated = |date: &str| format!("{PROVIDER}contact = [\"mailto:a@example.org\"]\nexpires = {date}\n");
    place.1 = dated("2026-01-01T00:00:00Z");
    assert!(place.publish().unwrap_err()[0].contains("expires: security.txt held until"));
    place.1 = dated("2099-01-01T00:00:00Z");
    place.publish().unwrap();
    let later = Instant::parse("2099-06-01T00:00:00Z").unwrap();
    assert!(check(&place.out(), None, later).unwrap().1[0].contains("held until 2099-01-01"));
}

#[test]
fn advisories_of_another_publisher_have_no_place() {
    let place = Place::new();
    let path = place.sources().join("1.toml");
    let other =
        source(1, "").replace("namespace = \"https://example.org\"", "namespace = \"https://else.example\"");
    fs::write(&path, other).unwrap();
    let wrong = place.publish().unwrap_err();
    assert!(wrong[0].contains("`https://else.example` publishes it"), "{wrong:?}");
}
