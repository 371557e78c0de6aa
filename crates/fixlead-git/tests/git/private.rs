//! The repository of a fix: made from a public one, pushed to, and held against
//! what git itself says of it.

use fixlead_git::private::Move;
use fixlead_git::private::receive::{self, rewritten};
use fixlead_git::private::serve::Fetch;
use fixlead_git::{Id, Limits, Mirror, Private, Source};

use super::repo::Repo;

fn ground(name: &str) -> (Repo, std::path::PathBuf, Source, Mirror, Private) {
    let public = Repo::new();
    public.write("a.txt", "one\ntwo\nthree\n");
    public.commit("first");
    public.git(&["branch", "release-1"]);
    public.git(&["tag", "v1"]);
    let place = std::env::temp_dir().join(format!("fixlead-private-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&place);
    let source = Source::Path(public.path());
    let mirror = Mirror::open(&place.join("upstream.git"), &source, Limits::default()).unwrap();
    mirror.refresh(&source).unwrap();
    let private = Private::make(&place.join("case.git"), &mirror, Limits::default()).unwrap();
    (public, place, source, mirror, private)
}

/// What a git that pushes one commit to `name` sends.
fn push(public: &Repo, name: &str, commit: &str, known: &str) -> Vec<u8> {
    let command = format!("{} {commit} {name}\0 report-status side-band-64k", "0".repeat(commit.len()));
    let mut body = format!("{:04x}{command}0000", command.len() + 4).into_bytes();
    let base = public.place.0.join("pack");
    let hash = public
        .feed(&["pack-objects", "--revs", "-q", base.to_str().unwrap()], &format!("{commit}\n^{known}\n"));
    body.extend(std::fs::read(format!("{}-{hash}.pack", base.display())).unwrap());
    body
}

#[test]
fn it_follows_what_is_public_and_keeps_what_is_pushed_apart() {
    let (public, place, source, mirror, private) = ground("follow");
    let base = public.git(&["rev-parse", "main"]);
    assert_eq!(private.ends().unwrap().public.into_keys().collect::<Vec<_>>(), ["main", "release-1"]);
    public.write("a.txt", "one\n2\nthree\n");
    let fix = public.commit("Mend the second line").to_string();
    public.git(&["reset", "--hard", "-q", &base]);
    let body = push(&public, "refs/heads/fix/main", &fix, &base);
    let asked = receive::read(&body).unwrap();
    assert_eq!(asked.updates[0].branch(), Some("main"));
    let incoming = private.take_in(&body, &asked, Limits::default()).unwrap();
    let end = Id::from_hex(&fix).unwrap();
    let series = incoming.private.series(&end).unwrap();
    assert_eq!(series.iter().map(|one| one.subject()).collect::<Vec<_>>(), ["Mend the second line"]);
    // Not kept, it is gone.
    drop(incoming);
    assert!(private.series(&end).is_err());
    let incoming = private.take_in(&body, &asked, Limits::default()).unwrap();
    incoming.keep().unwrap();
    let move_main = [Move { branch: "main".to_owned(), from: None, to: end }];
    private.move_ends(&move_main).unwrap();
    assert!(private.move_ends(&move_main).is_err(), "it was there already");
    assert_eq!(private.paths(&private.series(&end).unwrap(), 1).unwrap()[&end], ["a.txt"]);
    let (patch, cut) = private.patch(&end, 30).unwrap();
    assert!(cut && patch.len() == 30);
    // The public branches go on; the private one stays, and stands in no mirror.
    public.write("b.txt", "b\n");
    public.commit("second");
    public.git(&["branch", "-D", "release-1"]);
    mirror.refresh(&source).unwrap();
    private.follow(&mirror).unwrap();
    assert_eq!(private.ends().unwrap().public.into_keys().collect::<Vec<_>>(), ["main"]);
    assert_eq!(private.ends().unwrap().private.into_iter().collect::<Vec<_>>(), [("main".to_owned(), end)]);
    let mirrored = format!("--git-dir={}", mirror.directory().display());
    assert_eq!(public.git(&[&mirrored, "for-each-ref", "refs/heads"]).lines().count(), 1);
    // Picked onto what is public now, it says the same; git agrees that it is one
    // commit more.
    let onto = private.ends().unwrap().public["main"];
    let picked = private.pick(&private.series(&end).unwrap(), onto, 7).unwrap();
    let series = private.series(&picked).unwrap();
    assert_eq!((series.len(), series[0].parents[0], series[0].subject()), (1, onto, "Mend the second line"));
    assert_eq!(private.patch(&picked, 9999).unwrap().0, private.patch(&end, 9999).unwrap().0);
    std::fs::remove_dir_all(place).unwrap();
}

#[test]
fn a_push_that_is_broken_or_too_large_leaves_nothing_behind() {
    let (public, place, _, _, private) = ground("broken");
    let base = public.git(&["rev-parse", "main"]);
    public.write("big.bin", &"0123456789abcdef".repeat(20_000));
    let fix = public.commit("big").to_string();
    let body = push(&public, "refs/heads/fix/main", &fix, &base);
    let asked = receive::read(&body).unwrap();
    let small = Limits { bytes: 200, ..Limits::default() };
    assert!(private.take_in(&body, &asked, small).is_err(), "larger than it may be");
    let mut broken = body.clone();
    let middle = broken.len() - 40;
    broken[middle] ^= 1;
    assert!(private.take_in(&broken, &asked, Limits::default()).is_err(), "not what was sent");
    // A commit whose parent nobody has.
    public.write("c.txt", "c\n");
    let later = public.commit("later").to_string();
    let lacking = push(&public, "refs/heads/fix/main", &later, &fix);
    let asked = receive::read(&lacking).unwrap();
    assert!(private.take_in(&lacking, &asked, Limits::default()).is_err(), "its parent is missing");
    let left = std::fs::read_dir(place.join("case.git/objects")).unwrap().count();
    assert_eq!(left, 1, "only what says where objects are borrowed");
    for bad in [&b"zzzz"[..], b"0010short", b"0009a b\n0000", b""] {
        assert!(receive::read(bad).is_err(), "{bad:?}");
    }
    std::fs::remove_dir_all(place).unwrap();
}

#[test]
fn who_asks_which_branches_there_are_is_told_by_git_itself() {
    let (public, place, _, _, private) = ground("serve");
    let fetch = Fetch { body: None, gzip: false, protocol: String::new() };
    let (mut kind, mut bytes) = (String::new(), Vec::new());
    private
        .serve(
            &fetch,
            |said| {
                kind = said.to_owned();
                true
            },
            |part| {
                bytes.extend(part);
                true
            },
        )
        .unwrap();
    assert_eq!(kind, "application/x-git-upload-pack-advertisement");
    let text = String::from_utf8_lossy(&bytes);
    assert!(text.contains(&format!("{} refs/heads/main", public.git(&["rev-parse", "main"]))), "{text}");
    assert!(private.serve(&fetch, |_| true, |_| false).is_err(), "nobody reads on");
    let nonsense = Fetch { body: Some(b"0032want nothing".to_vec()), ..fetch };
    let mut all = Vec::new();
    let _ = private.serve(
        &nonsense,
        |_| true,
        |part| {
            all.extend(part);
            true
        },
    );
    assert!(!String::from_utf8_lossy(&all).contains("PACK"));
    std::fs::remove_dir_all(place).unwrap();
}

#[test]
fn sources_are_paths_and_https_alone() {
    for bad in [
        "ext::sh -c x",
        "git://example.org/x",
        "http://example.org/x",
        "file:///etc",
        "https://a:b@example.org/",
        "-u",
        "",
        "ssh://x/y",
    ] {
        assert!(Source::parse(bad).is_err(), "{bad}");
    }
    assert!(matches!(Source::parse("https://example.org/x.git"), Ok(Source::Https(_))));
    assert!(matches!(Source::parse("/srv/mirror.git"), Ok(Source::Path(_))));
}

#[test]
fn a_commit_takes_the_place_of_the_one_it_was() {
    let (public, place, _, _, private) = ground("rewritten");
    let base = public.git(&["rev-parse", "main"]);
    let make = |names: &[(&str, &str)]| {
        public.git(&["reset", "--hard", "-q", &base]);
        for (file, subject) in names {
            public.write(file, subject);
            public.commit(subject);
        }
        let end = public.git(&["rev-parse", "HEAD"]);
        let body = push(&public, "refs/heads/fix/main", &end, &base);
        private.take_in(&body, &receive::read(&body).unwrap(), Limits::default()).unwrap().keep().unwrap();
        private.series(&Id::from_hex(&end).unwrap()).unwrap()
    };
    let before = make(&[("x", "first part"), ("y", "second part"), ("z", "third part")]);
    let after = make(&[("y", "second part, better"), ("w", "first part")]);
    let pairs = rewritten(&before, &after);
    assert_eq!(pairs[&before[0].id], after[1].id, "the same first line");
    assert_eq!(pairs.len(), 3, "none is lost");
    assert!(pairs.values().all(|id| after.iter().any(|new| new.id == *id)));
    assert!(rewritten(&before, &before).is_empty());
    std::fs::remove_dir_all(place).unwrap();
}

/// A commit with one file of so many bytes of nothing, as a push.
fn push_of_nothing(public: &Repo, bytes: usize) -> Vec<u8> {
    let base = public.git(&["rev-parse", "main"]);
    std::fs::write(public.path().join("zeros"), vec![0; bytes]).unwrap();
    let fix = public.commit("zeros").to_string();
    let body = push(public, "refs/heads/fix/main", &fix, &base);
    public.git(&["reset", "--hard", "-q", &base]);
    assert!(body.len() < 1 << 20, "{} bytes are small", body.len());
    body
}

#[test]
fn what_is_small_when_it_is_packed_alone_is_refused() {
    let (public, place, _, _, private) = ground("inflates");
    let take = |body: &[u8], limits| {
        let asked = receive::read(body).unwrap();
        private.take_in(body, &asked, limits).map(drop).map_err(|error| error.to_string())
    };
    let large = push_of_nothing(&public, 51 << 20);
    let why = take(&large, Limits::default()).unwrap_err();
    assert!(why.contains("a file of 52224 KiB; 51200 KiB are taken"), "{why}");
    // git itself has no more memory than it is given.
    let other = push_of_nothing(&public, 40 << 20);
    take(&other, Limits::default()).unwrap();
    let little = Limits { memory: 32 << 20, ..Limits::default() };
    take(&other, little).unwrap_err();
    // Nor does it begin with more objects than a fix has.
    let mut many = other;
    let pack = many.windows(4).position(|four| four == b"PACK").unwrap();
    many[pack + 8..pack + 12].copy_from_slice(&20_001_u32.to_be_bytes());
    let why = take(&many, Limits::default()).unwrap_err();
    assert!(why.contains("holds 20001 objects"), "{why}");
    let left = std::fs::read_dir(place.join("case.git/objects")).unwrap().count();
    assert_eq!(left, 1, "only what says where objects are borrowed");
    std::fs::remove_dir_all(place).unwrap();
}

#[test]
fn a_few_trees_that_stand_for_ten_thousand_million_paths_are_told_at_once() {
    let (public, place, _, _, private) = ground("bomb");
    let base = public.git(&["rev-parse", "main"]);
    let blob = public.feed(&["hash-object", "-w", "--stdin"], "x");
    let names: Vec<String> = (0..10).map(|number| format!("f{number}")).collect();
    let listed = |kind: &str, id: &str| -> String {
        names.iter().map(|name| format!("{kind} {id}\t{name}\n")).collect()
    };
    let mut tree = public.feed(&["mktree"], &listed("100644 blob", &blob));
    for _ in 0..9 {
        tree = public.feed(&["mktree"], &listed("040000 tree", &tree));
    }
    let fix = public.git(&["commit-tree", &tree, "-p", &base, "-m", "many"]);
    let body = push(&public, "refs/heads/fix/main", &fix, &base);
    let asked = receive::read(&body).unwrap();
    let short = Limits { time: std::time::Duration::from_secs(20), ..Limits::default() };
    let incoming = private.take_in(&body, &asked, short).unwrap();
    let end = Id::from_hex(&fix).unwrap();
    let series = incoming.private.series(&end).unwrap();
    let why = incoming.private.paths(&series, 200).unwrap_err().to_string();
    assert!(why.contains("changes more than 200 paths"), "{why}");
    std::fs::remove_dir_all(place).unwrap();
}

#[test]
fn branches_move_together_or_not_at_all() {
    let (public, place, _, _, private) = ground("together");
    let base = public.id("main");
    let to = |branch: &str, from, to| Move { branch: branch.to_owned(), from, to };
    private.move_ends(&[to("main", None, base)]).unwrap();
    let both = [to("release-1", None, base), to("main", None, base)];
    assert!(private.move_ends(&both).is_err(), "main was there already");
    assert_eq!(private.ends().unwrap().private.into_keys().collect::<Vec<_>>(), ["main"]);
    let line = |text: &str| format!("{:04x}{text}", text.len() + 4);
    let (none, end) = ("0".repeat(40), base.to_string());
    let twice = [
        line(&format!("{none} {end} refs/heads/fix/main")),
        line(&format!("{end} {none} refs/heads/fix/main")),
    ];
    let said = receive::read(format!("{}{}0000", twice[0], twice[1]).as_bytes());
    assert_eq!(said, Err("a branch is named twice; push it once"));
    std::fs::remove_dir_all(place).unwrap();
}

#[test]
fn what_a_push_left_behind_that_was_cut_off_is_swept_away() {
    let (_public, place, _, _, private) = ground("swept");
    let objects = place.join("case.git/objects");
    std::fs::create_dir_all(objects.join("fixlead-1-2/pack")).unwrap();
    std::fs::write(objects.join("fixlead-1-2/pack/half"), "x").unwrap();
    private.sweep().unwrap();
    let left: Vec<_> = std::fs::read_dir(&objects).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["info"]);
    std::fs::remove_dir_all(place).unwrap();
}

#[test]
fn the_paths_of_a_commit_are_those_that_git_lists() {
    for format in ["sha1", "sha256"] {
        let public = Repo::with_format(format);
        public.write("a/b/c.txt", "1\n");
        public.write("a/b/d.txt", "1\n");
        public.write("gone/x/y.txt", "1\n");
        public.write("was-file", "1\n");
        public.write("was-directory/z.txt", "1\n");
        public.write("same/s.txt", "1\n");
        public.commit("first");
        let place = public.place.0.join("private");
        let source = Source::Path(public.path());
        let mirror = Mirror::open(&place.join("upstream.git"), &source, Limits::default()).unwrap();
        mirror.refresh(&source).unwrap();
        let private = Private::make(&place.join("case.git"), &mirror, Limits::default()).unwrap();
        let base = public.git(&["rev-parse", "main"]);
        public.git(&["rm", "-rq", "gone", "was-file", "was-directory"]);
        public.write("was-file/now/deep.txt", "2\n");
        public.write("was-directory", "2\n");
        public.write("a/b/c.txt", "2\n");
        public.write("new/\u{fc}.txt", "2\n");
        public.commit("second");
        public.change("a/b/d.txt", "3\n", "third");
        let end = public.head();
        let body = push(&public, "refs/heads/fix/main", &end.to_string(), &base);
        let asked = receive::read(&body).unwrap();
        let incoming = private.take_in(&body, &asked, Limits::default()).unwrap();
        let series = incoming.private.series(&end).unwrap();
        let found = incoming.private.paths(&series, 200).unwrap();
        for commit in &series {
            let id = commit.id.to_string();
            let listed =
                public.git(&["diff-tree", "-r", "-z", "--no-commit-id", "--name-only", "--no-renames", &id]);
            let mut listed: Vec<&str> = listed.split_terminator('\0').collect();
            listed.sort_unstable();
            assert_eq!(found[&commit.id], listed);
        }
    }
}

#[test]
fn a_commit_that_is_small_to_send_and_large_on_a_disk_is_not_written_down() {
    let (public, place, source, mirror, private) = ground("export");
    let there = place.join("small");
    std::fs::create_dir(&there).unwrap();
    private.export(&Id::from_hex(&public.git(&["rev-parse", "main"])).unwrap(), &there).unwrap();
    assert_eq!(std::fs::read_to_string(there.join("tree/a.txt")).unwrap(), "one\ntwo\nthree\n");
    // One file under a hundred names.
    std::fs::write(place.join("zeros"), vec![0; 45 << 20]).unwrap();
    let zeros = public.git(&["hash-object", "-w", place.join("zeros").to_str().unwrap()]);
    let names: String = (0..100).map(|name| format!("100644 blob {zeros}\t{name}\n")).collect();
    let tree = public.feed(&["mktree"], &names);
    let commit = public.git(&["commit-tree", &tree, "-m", "Mend it"]);
    public.git(&["update-ref", "refs/heads/large", &commit]);
    mirror.refresh(&source).unwrap();
    let there = place.join("large");
    std::fs::create_dir(&there).unwrap();
    let refused = private.export(&Id::from_hex(&commit).unwrap(), &there);
    assert!(matches!(refused, Err(fixlead_git::Error::TooMuch { .. })), "{refused:?}");
    assert!(!there.join("tree").exists());
    std::fs::remove_dir_all(place).unwrap();
}
