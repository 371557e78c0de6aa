//! Affected tags and branches.

use std::collections::{BTreeMap, BTreeSet};

use fixlead_git::affected::{Affected, Because, How, Query, Reach, State};
use fixlead_git::{Id, Kind, Limits, Workspace};

use crate::repo::{Dice, Repo, by_chance};

/// What was said of each name, and the rest of the answer as texts.
struct Said {
    states: BTreeMap<String, State>,
    introduced: BTreeSet<Id>,
    fixed: BTreeSet<Id>,
    same: Vec<(Id, Id, How)>,
    candidates: Vec<(Id, Id, Because)>,
}

fn ask(workspace: &Workspace, reach: Reach, introduced: &[Id], fixed: &[Id]) -> Said {
    let texts = |ids: &[Id]| ids.iter().map(Id::to_string).collect();
    let query = Query { id: "q".to_owned(), introduced: texts(introduced), fixed: texts(fixed) };
    let mut said = None;
    let queries = [query];
    let mut affected = Affected::open(workspace, reach, &queries).unwrap();
    affected
        .answer(&queries, |_, answer| {
            let answer = answer.map_err(ToString::to_string)?;
            let states = answer.names.iter().zip(answer.states.iter());
            said = Some(Said {
                states: states.filter_map(|(name, state)| Some((name.name.clone(), state?))).collect(),
                introduced: answer.introduced.iter().copied().collect(),
                fixed: answer.fixed.iter().copied().collect(),
                same: answer.same.iter().map(|same| (same.of, same.commit, same.how)).collect(),
                candidates: answer
                    .candidates
                    .iter()
                    .map(|other| (other.of, other.commit, other.because))
                    .collect(),
            });
            Ok::<(), String>(())
        })
        .unwrap()
        .unwrap();
    said.unwrap()
}

/// The same by asking git for each commit which names contain it.
fn by_force(repo: &Repo, introduced: &[Id], fixed: &[Id]) -> BTreeMap<String, State> {
    let containing = |id: &Id| -> BTreeSet<String> {
        let id = id.to_string();
        let tags = repo.git(&["tag", "--contains", &id]);
        let branches = repo.git(&["branch", "--format=%(refname:short)", "--contains", &id]);
        tags.lines().chain(branches.lines()).map(str::to_owned).collect()
    };
    let all = repo.git(&["for-each-ref", "--format=%(refname:lstrip=2)", "refs/tags", "refs/heads"]);
    let mut states: BTreeMap<String, State> =
        all.lines().map(|name| (name.to_owned(), State::Unaffected)).collect();
    for flaw in introduced {
        let mut open = containing(flaw);
        for name in &open {
            let state = states.get_mut(name).unwrap();
            *state = if *state == State::Affected { State::Affected } else { State::Fixed };
        }
        for fix in fixed {
            let arguments = ["merge-base", "--is-ancestor", &flaw.to_string(), &fix.to_string()];
            if repo.try_git(&arguments).0 == 0 {
                open = &open - &containing(fix);
            }
        }
        for name in open {
            states.insert(name, State::Affected);
        }
    }
    states
}

fn compare_by_chance(repo: &Repo, seed: u64, commits: &[Id], queries: usize, reach: Reach) {
    let workspace = repo.workspace();
    let mut dice = Dice::new(seed ^ 77);
    for _ in 0..queries {
        let mut some = |most: usize| -> Vec<Id> {
            (0..dice.below(most + 1)).map(|_| commits[dice.below(commits.len())]).collect()
        };
        let (mut introduced, fixed) = (some(2), some(3));
        introduced.push(commits[seed as usize % (commits.len() / 2)]);
        let said = ask(&workspace, reach, &introduced, &fixed);
        assert_eq!(said.states, by_force(repo, &introduced, &fixed), "seed {seed}: {introduced:?} {fixed:?}");
    }
}

#[test]
fn any_history_is_answered_as_git_answers_name_by_name() {
    for seed in 0..6 {
        let repo = Repo::with_format(if seed % 3 == 2 { "sha256" } else { "sha1" });
        let commits = by_chance(&repo, seed, 120, 60);
        // Without a graph of its own, with one, and with one in layers that
        // lacks the newest commits.
        match seed % 3 {
            0 => {}
            1 => drop(repo.git(&["commit-graph", "write", "--reachable"])),
            _ => {
                for upto in [40, 80] {
                    repo.feed(
                        &["commit-graph", "write", "--stdin-commits", "--split=no-merge"],
                        &commits[upto].to_string(),
                    );
                }
            }
        }
        compare_by_chance(&repo, seed, &commits, 6, Reach::NamedOnly);
        // Every commit is a change of its own here, so nothing else counts.
        compare_by_chance(&repo, seed, &commits, 2, Reach::Everything);
    }
}

#[test]
fn two_thousand_branches_take_several_passes_and_no_mistake() {
    let repo = Repo::new();
    let commits = by_chance(&repo, 99, 700, 2600);
    let branches = repo.git(&["for-each-ref", "--format=x", "refs/heads"]).lines().count();
    assert!(branches > 500);
    compare_by_chance(&repo, 99, &commits, 3, Reach::NamedOnly);
}

#[test]
fn the_same_change_on_another_branch_counts() {
    let repo = Repo::new();
    let base = repo.change("f", "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "base");
    repo.git(&["branch", "old"]);
    repo.git(&["branch", "older"]);
    let flaw = repo.change("f", "1\n2\n3\n4\nflaw\n6\n7\n8\n9\n", "a feature");
    let fix = repo.change("f", "1\n2\n3\n4\nmended\n6\n7\n8\n9\n", "mend it");
    repo.git(&["tag", "v2"]);
    repo.git(&["switch", "--quiet", "old"]);
    repo.change("g", "other", "something else");
    // Without -x: only the patch id tells.
    repo.git(&["cherry-pick", &flaw.to_string()]);
    let flaw_on_old = repo.head();
    repo.git(&["tag", "v1.0"]);
    // With -x, and changed while it was picked: only the message tells.
    repo.git(&["cherry-pick", "--no-commit", &fix.to_string()]);
    repo.write("g", "changed too");
    let fix_on_old = repo.commit(&format!("mend it here\n\n(cherry picked from commit {fix})"));
    repo.git(&["tag", "v1.1"]);

    let said = ask(&repo.workspace(), Reach::Everything, &[flaw], &[fix]);
    assert_eq!(said.introduced, BTreeSet::from([flaw, flaw_on_old]));
    assert_eq!(said.fixed, BTreeSet::from([fix, fix_on_old]));
    assert_eq!(
        said.same,
        [(flaw, flaw_on_old, How::PatchId), (fix, fix_on_old, How::Trailer)]
            .into_iter()
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect::<Vec<_>>()
    );
    let states = [
        ("main", State::Fixed),
        ("old", State::Fixed),
        ("older", State::Unaffected),
        ("v1.0", State::Affected),
        ("v1.1", State::Fixed),
        ("v2", State::Fixed),
    ];
    assert_eq!(said.states, states.map(|(name, state)| (name.to_owned(), state)).into());

    // Named by the pick, the original is found as well.
    let other = ask(&repo.workspace(), Reach::Everything, &[flaw_on_old], &[fix_on_old]);
    assert_eq!((other.states, other.fixed), (said.states, said.fixed));
    let exact = ask(&repo.workspace(), Reach::NamedOnly, &[flaw], &[fix]);
    assert_eq!(exact.states["v1.0"], State::Unaffected);
    assert_ne!(base, flaw);
}

#[test]
fn a_squash_that_names_two_picks_brings_both_and_is_neither() {
    let repo = Repo::new();
    repo.change("f", "1\n", "base");
    repo.git(&["branch", "old"]);
    let flaw = repo.change("f", "flaw\n", "flaw");
    let fix = repo.change("f", "mended\n", "mend");
    let other = repo.change("g", "other\n", "other");
    repo.git(&["switch", "--quiet", "old"]);
    repo.write("f", "flaw\n");
    let flaw_on_old = repo.commit(&format!("flaw\n\n(cherry picked from commit {flaw})"));
    repo.write("f", "mended\n");
    repo.write("g", "other\n");
    let squash = repo
        .commit(&format!("both\n\n(cherry picked from commit {fix})\n(cherry picked from commit {other})"));
    let said = ask(&repo.workspace(), Reach::Everything, &[flaw], &[fix]);
    assert_eq!(said.fixed, BTreeSet::from([fix, squash]), "the other change is no fix");
    assert_eq!(said.introduced, BTreeSet::from([flaw, flaw_on_old]));
    assert_eq!(said.states["old"], State::Fixed);

    // A pick of a pick names both too, and is the same as both.
    repo.git(&["switch", "--quiet", "--orphan", "oldest"]);
    repo.write("f", "mended here\n");
    let message = format!("m\n\n(cherry picked from commit {fix})\n(cherry picked from commit {squash})");
    let _ = repo.commit(&message);
    let chain = repo.commit(&format!(
        "c\n\n(cherry picked from commit {flaw})\n(cherry picked from commit {flaw_on_old})"
    ));
    let said = ask(&repo.workspace(), Reach::Everything, &[chain], &[]);
    assert_eq!(said.introduced, BTreeSet::from([flaw, flaw_on_old, chain]));
}

#[test]
fn a_revert_mends_or_opens_again() {
    let repo = Repo::new();
    repo.change("f", "1\n", "base");
    let flaw = repo.change("f", "flaw\n", "a feature");
    let fix = repo.change("f", "mended\n", "mend it");
    repo.git(&["tag", "mended"]);
    repo.git(&["branch", "kept"]);
    repo.git(&["revert", "--no-edit", &fix.to_string()]);
    let opened = repo.head();
    repo.git(&["tag", "open-again"]);
    repo.git(&["revert", "--no-edit", &opened.to_string()]);
    repo.git(&["tag", "mended-again"]);
    repo.git(&["revert", "--no-edit", &fix.to_string()]);
    repo.git(&["revert", "--no-edit", &flaw.to_string()]);
    repo.git(&["tag", "taken-out"]);
    let said = ask(&repo.workspace(), Reach::Everything, &[flaw], &[fix]);
    let states = ["mended", "open-again", "mended-again", "taken-out"].map(|name| said.states[name]);
    assert_eq!(states, [State::Fixed, State::Affected, State::Fixed, State::Fixed]);
    assert!(said.same.contains(&(fix, opened, How::Reverts)));

    // What one branch took back is taken back after a merge, as git merges.
    repo.git(&["switch", "--quiet", "--detach", "open-again"]);
    repo.git(&["merge", "--no-ff", "--quiet", "-m", "merge", "kept"]);
    repo.git(&["tag", "open-merged"]);
    assert_eq!(repo.git(&["show", "HEAD:f"]), "flaw", "so git merges");
    let said = ask(&repo.workspace(), Reach::Everything, &[flaw], &[fix]);
    assert_eq!(said.states["open-merged"], State::Affected);
    let exact = ask(&repo.workspace(), Reach::NamedOnly, &[flaw], &[fix]);
    assert_eq!(exact.states["open-again"], State::Fixed, "reverts are not looked for");
}

#[test]
fn a_revert_elsewhere_does_not_reach_this_branch() {
    let repo = Repo::new();
    repo.change("f", "1\n2\n3\n", "base");
    let flaw = repo.change("f", "flaw\n2\n3\n", "a feature");
    repo.git(&["branch", "release"]);
    let fix = repo.change("f", "mended\n2\n3\n", "mend it");
    repo.git(&["revert", "--no-edit", &fix.to_string()]);
    let revert = repo.head();
    repo.git(&["switch", "--quiet", "release"]);
    repo.git(&["cherry-pick", &fix.to_string()]);
    let said = ask(&repo.workspace(), Reach::Everything, &[flaw], &[fix]);
    assert_eq!((said.states["main"], said.states["release"]), (State::Affected, State::Fixed));
    // The revert is picked to the release, where it takes back the pick.
    repo.git(&["cherry-pick", &revert.to_string()]);
    let said = ask(&repo.workspace(), Reach::Everything, &[flaw], &[fix]);
    assert_eq!(said.states["release"], State::Affected);
}

#[test]
fn a_fix_that_was_made_before_the_flaw_mends_nothing() {
    let repo = Repo::new();
    let early = repo.change("f", "1\n", "base");
    let flaw = repo.change("f", "flaw\n", "a feature");
    let said = ask(&repo.workspace(), Reach::Everything, &[flaw], &[early]);
    assert_eq!(said.states["main"], State::Affected);
    let both = ask(&repo.workspace(), Reach::Everything, &[flaw], &[flaw]);
    assert_eq!(both.states["main"], State::Fixed);
}

#[test]
fn a_look_alike_is_shown_and_does_not_count() {
    let repo = Repo::new();
    repo.change("f", "1\n", "base");
    repo.git(&["branch", "old"]);
    let flaw = repo.change("f", "flaw\n", "a feature");
    let fix = repo.change("f", "mended\n", "mend it (#1200000)");
    repo.git(&["switch", "--quiet", "old"]);
    repo.write("f", "flaw\n");
    repo.commit(&format!("x\n\n(cherry picked from commit {flaw})"));
    let alike = repo.change("f", "mended otherwise\n", "[old] Mend it (#1400000)");
    let reverting = repo.change("f", "who knows\n", "Revert \"mend it\"");
    let said = ask(&repo.workspace(), Reach::Everything, &[flaw], &[fix]);
    let wanted: BTreeSet<_> =
        [(fix, alike, Because::AuthorAndSubject), (fix, reverting, Because::RevertSubject)].into();
    assert_eq!(said.candidates.into_iter().collect::<BTreeSet<_>>(), wanted);
    assert_eq!(said.states["old"], State::Affected);
}

#[test]
fn what_came_since_is_read_and_nothing_else_changes() {
    let repo = Repo::new();
    repo.change("f", "1\n2\n3\n", "base");
    let flaw = repo.change("f", "flaw\n2\n3\n", "a feature");
    repo.git(&["branch", "old"]);
    let fix = repo.change("f", "mended\n2\n3\n", "mend it");
    let before = ask(&repo.workspace(), Reach::Everything, &[flaw], &[fix]);
    assert_eq!(before.states["old"], State::Affected);
    repo.git(&["switch", "--quiet", "old"]);
    repo.change("g", "x", "more");
    repo.git(&["cherry-pick", &fix.to_string()]);
    let after = ask(&repo.workspace(), Reach::Everything, &[flaw], &[fix]);
    assert_eq!(after.states["old"], State::Fixed);
    // Rewritten: what was known of the old commits does no harm, though the
    // graph that is kept still has them.
    std::fs::remove_dir_all(repo.place.0.join("cache")).unwrap();
    ask(&repo.workspace(), Reach::Everything, &[flaw], &[fix]);
    repo.git(&["reset", "--quiet", "--hard", "HEAD~2"]);
    repo.git(&["reflog", "expire", "--expire=all", "--all"]);
    repo.git(&["gc", "--quiet", "--prune=now"]);
    let rewritten = ask(&repo.workspace(), Reach::Everything, &[flaw], &[fix]);
    assert_eq!(rewritten.states["old"], State::Affected);
    assert_eq!(rewritten.fixed, BTreeSet::from([fix]));
}

#[test]
fn patch_ids_are_those_of_git() {
    let repo = Repo::new();
    repo.change("f", "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "base");
    repo.git(&["branch", "other"]);
    let changes: [(&str, &[u8]); 4] = [
        ("f", b"1\n2\n3\nx\n5\n6\n7\n8\n9\n"),
        ("name with spaces", b"text\n"),
        ("binary", b"\0one"),
        ("f", b"1\n2\n3\nx\n5\n6\n7\n8\nlast"),
    ];
    let mut originals = Vec::new();
    for (path, bytes) in changes {
        std::fs::write(repo.path().join(path), bytes).unwrap();
        originals.push(repo.commit("change"));
    }
    repo.git(&["switch", "--quiet", "other"]);
    let mut picks = BTreeSet::new();
    for original in &originals {
        repo.change("noise", &original.to_string(), "noise");
        repo.git(&["cherry-pick", &original.to_string()]);
        picks.insert(repo.head());
    }
    // The same binary file with other bytes is another change.
    repo.git(&["switch", "--quiet", "--orphan", "third"]);
    std::fs::write(repo.path().join("binary"), b"\0two").unwrap();
    let different = repo.commit("binary");
    for original in originals {
        let said = ask(&repo.workspace(), Reach::Everything, &[original], &[]);
        let patch = |id: &Id| {
            let diff = repo.git(&["diff-tree", "-p", "--full-index", "--root", &id.to_string()]) + "\n";
            repo.feed(&["patch-id", "--stable"], &diff).split(' ').next().unwrap().to_owned()
        };
        let same: Vec<&Id> = picks.iter().filter(|pick| patch(pick) == patch(&original)).collect();
        assert_eq!(same.len(), 1);
        assert_eq!(said.introduced, BTreeSet::from([original, *same[0]]));
        assert!(!said.introduced.contains(&different));
    }
}

#[test]
fn names_of_every_kind_are_told_apart() {
    let repo = Repo::new();
    let flaw = repo.change("f", "1\n", "a feature");
    repo.git(&["tag", "light"]);
    repo.git(&["tag", "-a", "-m", "m", "heavy"]);
    repo.git(&["tag", "-a", "-m", "m", "tag-of-tag", "heavy"]);
    repo.git(&["tag", "api/v3.6.14"]);
    repo.git(&["tag", "file", "HEAD:f"]);
    repo.git(&["tag", "directory", "HEAD^{tree}"]);
    repo.git(&["update-ref", "refs/remotes/origin/release", "HEAD"]);
    repo.git(&["symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/release"]);
    repo.git(&["pack-refs", "--all"]);
    let workspace = repo.workspace();
    let refs = workspace.refs(&workspace.repositories()[0]).unwrap();
    let remote: Vec<&str> =
        refs.iter().filter(|name| name.kind == Kind::RemoteBranch).map(|name| name.name.as_str()).collect();
    assert_eq!(remote, ["origin/release"]);
    let said = ask(&workspace, Reach::Everything, &[flaw], &[]);
    let names: Vec<&str> = said.states.keys().map(String::as_str).collect();
    assert_eq!(names, ["api/v3.6.14", "heavy", "light", "main", "origin/release", "tag-of-tag"]);
    assert!(said.states.values().all(|state| *state == State::Affected));
}

#[test]
fn several_repositories_are_one_store_with_names_of_their_own() {
    let public = Repo::new();
    public.change("f", "1\n2\n3\n", "base");
    let flaw = public.change("f", "flaw\n2\n3\n", "a feature");
    let private = Repo::new();
    private.git(&["pull", "--quiet", public.path().to_str().unwrap(), "main"]);
    let fix = private.change("f", "mended\n2\n3\n", "mend it");
    public.change("g", "x", "more");
    public.git(&["fetch", "--quiet", private.path().to_str().unwrap(), "main"]);
    public.git(&["cherry-pick", "FETCH_HEAD"]);
    let paths = [public.path(), private.path()];
    let workspace = Workspace::open(&paths, &public.cache(), Limits::default()).unwrap();
    let queries =
        [Query { id: "q".to_owned(), introduced: vec![flaw.to_string()], fixed: vec![fix.to_string()] }];
    let mut answers = Vec::new();
    let mut affected = Affected::open(&workspace, Reach::Everything, &queries).unwrap();
    let taken = affected.answer(&queries, |_, answer| {
        let answer = answer.map_err(ToString::to_string)?;
        answers.push((answer.repository.path.clone(), answer.states.iter().collect::<Vec<_>>()));
        Ok::<(), String>(())
    });
    taken.unwrap().unwrap();
    assert_eq!(answers, paths.map(|path| (path, vec![Some(State::Fixed)])));
    let error = workspace.commit("main").unwrap_err().to_string();
    assert!(error.contains("names different commits"), "{error}");
}

#[test]
fn a_flaw_from_the_beginning_is_in_every_root() {
    let repo = Repo::new();
    repo.change("f", "1\n", "base");
    repo.git(&["switch", "--quiet", "--orphan", "second"]);
    repo.change("f", "1\n", "another base");
    let fix = repo.change("f", "2\n", "mend");
    let queries =
        [Query { id: "q".to_owned(), introduced: vec!["0".to_owned()], fixed: vec![fix.to_string()] }];
    let workspace = repo.workspace();
    let mut states = Vec::new();
    let taken =
        Affected::open(&workspace, Reach::NamedOnly, &queries).unwrap().answer(&queries, |_, answer| {
            states = answer.map_err(ToString::to_string)?.states.iter().collect();
            Ok::<(), String>(())
        });
    taken.unwrap().unwrap();
    assert_eq!(states, [Some(State::Affected), Some(State::Fixed)]);
}
