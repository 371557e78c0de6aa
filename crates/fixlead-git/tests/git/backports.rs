//! Dry runs of cherry-picks, compared with `git merge-tree` and `git cherry-pick`.

use std::collections::BTreeMap;

use fixlead_git::Id;
use fixlead_git::backports::{Step, scan};

use crate::repo::{Dice, Repo};

fn patterns(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// Branches on which files are changed, renamed, made and taken away by chance.
fn branches_by_chance(seed: u64, branches: usize, commits: usize) -> Repo {
    let repo = Repo::new();
    let mut dice = Dice::new(seed);
    let text =
        |dice: &mut Dice| -> String { (0..30).map(|line| format!("{line} {}\n", dice.below(3))).collect() };
    for file in 0..4 {
        repo.write(&format!("f{file}"), &text(&mut dice));
    }
    repo.commit("base");
    repo.git(&["tag", "base"]);
    for branch in 0..=branches {
        repo.git(&["switch", "--quiet", "--create", &format!("b{branch}"), "base"]);
        for _ in 0..commits {
            let files = repo.git(&["ls-files"]);
            let files: Vec<&str> = files.lines().collect();
            let file = files[dice.below(files.len())];
            match dice.below(8) {
                0 => drop(repo.git(&["mv", file, &format!("r{}", dice.below(1000))])),
                1 if files.len() > 3 => drop(repo.git(&["rm", "--quiet", file])),
                2 => repo.write(&format!("n{}", dice.below(5)), &text(&mut dice)),
                _ => {
                    let path = repo.path().join(file);
                    let old = std::fs::read_to_string(&path).unwrap();
                    let mut lines: Vec<String> = old.lines().map(str::to_owned).collect();
                    for _ in 0..1 + dice.below(3) {
                        let place = dice.below(lines.len());
                        lines[place] = format!("changed {}", dice.below(4));
                    }
                    std::fs::write(path, lines.join("\n") + "\n").unwrap();
                }
            }
            repo.commit("change");
        }
    }
    repo
}

#[test]
fn a_dry_run_is_what_merge_tree_says_and_what_cherry_pick_does() {
    let (mut clean, mut conflicts, mut renamed) = (0, 0, 0);
    for seed in 1..6 {
        let repo = branches_by_chance(seed, 5, 3);
        for commit in ["b0", "b0~1", "b0~2"] {
            let workspace = repo.workspace();
            let radar = scan(&workspace, commit, &patterns(&["b?"])).unwrap();
            for standing in radar.standings.iter().filter(|standing| standing.branch.name != "b0") {
                let tip = standing.branch.target.to_string();
                let id = radar.series[0].id.to_string();
                let base = format!("--merge-base={id}^");
                let (code, said) =
                    repo.try_git(&["merge-tree", "--write-tree", "--name-only", &base, &tip, &id]);
                let tree = Id::from_hex(said.lines().next().unwrap());
                repo.git(&["switch", "--quiet", "--detach", &tip]);
                let (picked, _) =
                    repo.try_git(&["cherry-pick", "--allow-empty", "--keep-redundant-commits", &id]);
                match &standing.steps[0] {
                    Step::Clean => {
                        assert_eq!((code, picked, standing.tree), (0, 0, tree), "seed {seed}");
                        assert_eq!(repo.git(&["rev-parse", "HEAD^{tree}"]), tree.unwrap().to_string());
                        clean += 1;
                        renamed += u32::from(
                            repo.git(&["show", "--name-only", "--format=", "HEAD"])
                                != repo.git(&["show", "--name-only", "--format=", &id]),
                        );
                    }
                    Step::AlreadyApplied(_) => assert_eq!((code, tree), (0, standing.tree)),
                    Step::Conflict(files) | Step::MissingPrerequisite(_, files) => {
                        assert_eq!((code, standing.tree), (1, None), "seed {seed}");
                        assert_ne!(picked, 0);
                        let mut wanted: Vec<&str> =
                            said.lines().skip(1).take_while(|line| !line.is_empty()).collect();
                        let mut found: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
                        wanted.sort_unstable();
                        found.sort_unstable();
                        assert_eq!(found, wanted);
                        conflicts += 1;
                        repo.git(&["reset", "--quiet", "--hard"]);
                    }
                    Step::NotTried => panic!("one commit is always tried"),
                }
            }
        }
    }
    assert!(
        clean > 10 && conflicts > 10 && renamed > 0,
        "{clean} clean, {conflicts} conflicts, {renamed} renamed"
    );
}

const TEXT: &str = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";

#[test]
fn the_radar_names_what_stands_in_the_way() {
    let repo = Repo::new();
    repo.change("f", TEXT, "base");
    for branch in ["release-1", "release-2", "release-3", "release-4", "other"] {
        repo.git(&["branch", branch]);
    }
    let before = repo.change("f", &TEXT.replace("5\n", "five\n"), "five as a word");
    let fix = repo.change("f", &TEXT.replace("5\n", "FIVE\n"), "mend five");
    repo.change("g", "x\n", "second");
    // release-1 lacks what the fix stands on; release-2 has a line of its own;
    // release-3 has both already, the fix under other lines; release-4 is moved.
    repo.git(&["switch", "--quiet", "release-2"]);
    repo.change("f", &TEXT.replace("5\n", "5.0\n"), "own");
    repo.git(&["switch", "--quiet", "release-3"]);
    repo.git(&["cherry-pick", "main~2", "main~1"]);
    let same = repo.head();
    repo.change("f", &TEXT.replace("5\n", "FIVE!\n"), "later");
    repo.git(&["switch", "--quiet", "release-4"]);
    repo.git(&["cherry-pick", "main~2"]);
    repo.git(&["mv", "f", "moved"]);
    repo.commit("move");

    let workspace = repo.workspace();
    let radar = scan(&workspace, "main~2..main", &patterns(&["release-*"])).unwrap();
    assert_eq!(radar.series.len(), 2);
    let found: BTreeMap<&str, &'static str> =
        radar.standings.iter().map(|standing| (standing.branch.name.as_str(), standing.outcome())).collect();
    let wanted = [
        ("release-1", "missing-prerequisite"),
        ("release-2", "conflict"),
        ("release-3", "clean"),
        ("release-4", "clean"),
    ];
    assert_eq!(found, wanted.into());
    let steps =
        |name: &str| &radar.standings.iter().find(|standing| standing.branch.name == name).unwrap().steps;
    let Step::MissingPrerequisite(missing, files) = &steps("release-1")[0] else {
        panic!("{:?}", steps("release-1"))
    };
    assert_eq!(
        (missing.as_slice(), files[0].path.as_str(), files[0].kind.as_str()),
        (&[before][..], "f", "contents")
    );
    let Step::Conflict(files) = &steps("release-2")[0] else { panic!("{:?}", steps("release-2")) };
    let hunk = &files[0].hunks[0];
    assert_eq!(
        (hunk.line, hunk.ours.as_slice(), hunk.theirs.as_slice()),
        (5, &["5.0".to_owned()][..], &["FIVE".to_owned()][..])
    );
    assert_eq!(steps("release-2")[1], Step::NotTried);
    assert_eq!(steps("release-3"), &[Step::AlreadyApplied(Some(same)), Step::Clean]);

    // The tree of a series is the one that picking it makes.
    repo.git(&["switch", "--quiet", "--detach", "release-4"]);
    repo.git(&["cherry-pick", "main~2..main"]);
    let tree = radar.standings.iter().find(|standing| standing.branch.name == "release-4").unwrap().tree;
    assert_eq!(tree.unwrap().to_string(), repo.git(&["rev-parse", "HEAD^{tree}"]));
    assert_eq!(repo.git(&["show", "HEAD:moved"]).lines().nth(4), Some("FIVE"));

    // A revert of the fix on a branch has it offered again.
    repo.git(&["switch", "--quiet", "--create", "release-5", &same.to_string()]);
    repo.git(&["revert", "--no-edit", "HEAD"]);
    let again = scan(&workspace, &fix.to_string(), &patterns(&["release-5"])).unwrap();
    assert_eq!(again.standings[0].outcome(), "clean");
    let there = scan(&workspace, &fix.to_string(), &patterns(&["main"])).unwrap();
    assert_eq!(there.standings[0].outcome(), "already-applied");
}

#[test]
fn no_object_is_left_behind() {
    let repo = branches_by_chance(9, 3, 2);
    let count = || repo.git(&["count-objects", "-v"]);
    let before = count();
    let workspace = repo.workspace();
    scan(&workspace, "b0~2..b0", &patterns(&["b*"])).unwrap();
    assert_eq!(count(), before);
    let cache = repo.place.0.join("cache");
    let list =
        std::process::Command::new("find").arg(cache).args(["-path", "*/objects/??/*"]).output().unwrap();
    assert_eq!(String::from_utf8(list.stdout).unwrap(), "");
}

#[test]
fn a_merge_driver_of_the_repository_is_not_run() {
    let repo = Repo::new();
    repo.write(".gitattributes", "* merge=bad\n");
    repo.change("f", TEXT, "base");
    repo.git(&["branch", "release"]);
    let mark = repo.place.0.join("was-run");
    repo.git(&["config", "merge.bad.driver", &format!("touch {}", mark.display())]);
    repo.change("f", &TEXT.replace("5\n", "FIVE\n"), "mend");
    repo.git(&["switch", "--quiet", "release"]);
    repo.change("f", &TEXT.replace("1\n", "one\n"), "own");
    let workspace = repo.workspace();
    let radar = scan(&workspace, "main", &patterns(&["release"])).unwrap();
    assert_eq!(radar.standings[0].outcome(), "clean");
    assert!(!mark.exists());
    let _ = repo.try_git(&["cherry-pick", "main"]);
    assert!(mark.exists(), "the test would notice");
}

#[test]
fn what_is_not_there_is_named() {
    let repo = Repo::new();
    repo.change("f", TEXT, "base");
    repo.change("f", "1\n", "more");
    let workspace = repo.workspace();
    let error = scan(&workspace, "main", &patterns(&["main", "release-*"])).unwrap_err().to_string();
    assert!(error.contains("`release-*`: no branch of that name"), "{error}");
    // The first commit of all can be picked too.
    repo.git(&["switch", "--quiet", "--orphan", "empty"]);
    repo.git(&["rm", "--quiet", "-r", "--cached", "--ignore-unmatch", "."]);
    repo.git(&["commit", "--quiet", "--allow-empty", "-m", "nothing"]);
    let radar = scan(&workspace, "main~1", &patterns(&["empty"])).unwrap();
    assert_eq!(radar.standings[0].outcome(), "clean");
    assert_eq!(radar.standings[0].tree.unwrap().to_string(), repo.git(&["rev-parse", "main~1^{tree}"]));
}
