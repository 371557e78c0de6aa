//! Repositories that want something else than to be asked.

use fixlead_git::affected::{Affected, Query, Reach};
use fixlead_git::{Cache, Error, Limits, Workspace};

use crate::repo::{Repo, exists};

fn ask(workspace: &Workspace, introduced: &str) -> Result<(), Error> {
    let queries = [Query { id: "q".to_owned(), introduced: vec![introduced.to_owned()], fixed: Vec::new() }];
    let mut affected = Affected::open(workspace, Reach::Everything, &queries)?;
    let mut error = None;
    let taken = affected.answer(&queries, |_, answer| {
        error = answer.err().map(ToString::to_string);
        Ok::<(), ()>(())
    })?;
    taken.unwrap();
    match error {
        Some(error) => Err(Error::Series(introduced.to_owned(), error)),
        None => Ok(()),
    }
}

#[test]
fn no_setting_of_a_repository_runs_a_command() {
    let repo = Repo::new();
    let mark = repo.place.0.join("was-run");
    let run = format!("touch {}", mark.display());
    repo.write(".gitattributes", "* diff=bad merge=bad filter=bad\n");
    repo.write("f", "1\n");
    let flaw = repo.commit("a feature");
    let pick = repo.change("f", "2\n", "more");
    for (key, value) in [
        ("core.fsmonitor", run.as_str()),
        ("core.pager", &run),
        ("core.editor", &run),
        ("core.sshCommand", &run),
        ("core.alternateRefsCommand", &run),
        ("core.gitProxy", &run),
        ("core.askPass", &run),
        ("diff.external", &run),
        ("diff.bad.command", &run),
        ("diff.bad.textconv", &run),
        ("merge.bad.driver", &run),
        ("filter.bad.smudge", &run),
        ("filter.bad.process", &run),
        ("gpg.program", &run),
        ("log.showSignature", "true"),
        ("credential.helper", &format!("!{run}")),
        ("alias.log", &format!("!{run}")),
        ("remote.origin.promisor", "true"),
        ("remote.origin.url", &format!("ext::sh -c '{run}'")),
        ("remote.origin.partialCloneFilter", "blob:none"),
    ] {
        repo.git(&["config", key, value]);
    }
    for hook in ["post-index-change", "reference-transaction", "pre-auto-gc", "post-checkout"] {
        let hook = repo.path().join(".git/hooks").join(hook);
        std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
        std::fs::write(&hook, format!("#!/bin/sh\n{run}\n")).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(&hook, mode).unwrap();
    }
    let workspace = repo.workspace();
    ask(&workspace, &flaw.to_string()).unwrap();
    ask(&workspace, "main").unwrap();
    ask(&workspace, &pick.to_string()).unwrap();
    assert!(!exists(&mark));
    // A missing object is not fetched by whatever the remote's address runs.
    let error = ask(&workspace, &"1".repeat(40)).unwrap_err();
    assert!(error.to_string().contains("no commit of that name"), "{error}");
    assert!(!exists(&mark));
    // The settings are as bad as they look.
    let _ = repo.try_git(&["diff", "HEAD~1"]);
    assert!(exists(&mark), "the test would notice");
}

#[test]
fn nothing_is_written_into_the_repository() {
    let repo = Repo::new();
    let flaw = repo.change("f", "1\n", "a feature");
    let files = || {
        let list = std::process::Command::new("find").arg(repo.path()).output().unwrap();
        let mut list: Vec<String> =
            String::from_utf8(list.stdout).unwrap().lines().map(str::to_owned).collect();
        list.sort();
        list
    };
    let before = files();
    ask(&repo.workspace(), &flaw.to_string()).unwrap();
    assert_eq!(files(), before);
}

#[test]
fn what_is_no_whole_repository_is_refused_with_the_remedy() {
    let repo = Repo::new();
    let flaw = repo.change("f", "1\n", "a feature");
    repo.change("f", "2\n", "more");
    let open = |path: &std::path::Path| Workspace::open(&[path.to_owned()], &Cache::None, Limits::default());
    let shallow = repo.place.0.join("shallow");
    let url = format!("file://{}", repo.path().display());
    repo.git(&["clone", "--quiet", "--depth=1", &url, shallow.to_str().unwrap()]);
    let error = open(&shallow).unwrap_err().to_string();
    assert!(error.contains("shallow clone") && error.contains("fetch --unshallow"), "{error}");

    let error = open(&repo.place.0).unwrap_err().to_string();
    assert!(error.contains("no git repository"), "{error}");
    assert!(open(&repo.path().join("f")).is_err());
    assert!(open(&repo.path().join(".git")).is_ok());

    let other = Repo::with_format("sha256");
    other.change("f", "1\n", "a feature");
    let both = [repo.path(), other.path()];
    let error = Workspace::open(&both, &Cache::None, Limits::default()).unwrap_err().to_string();
    assert!(error.contains("sha256"), "{error}");

    // Of a partial clone the history is whole, and the files are missing.
    repo.git(&["config", "uploadpack.allowFilter", "true"]);
    let partial = repo.place.0.join("partial");
    repo.git(&["clone", "--quiet", "--bare", "--filter=blob:none", &url, partial.to_str().unwrap()]);
    let error = ask(&open(&partial).unwrap(), &flaw.to_string()).unwrap_err().to_string();
    assert!(error.contains("is missing, as in a partial clone"), "{error}");
}

#[test]
fn a_linked_worktree_and_a_lender_are_followed() {
    let repo = Repo::new();
    let flaw = repo.change("f", "1\n", "a feature");
    let linked = repo.place.0.join("linked");
    repo.git(&["worktree", "add", "--quiet", linked.to_str().unwrap()]);
    let shared = repo.place.0.join("shared");
    repo.git(&[
        "clone",
        "--quiet",
        "--shared",
        "--bare",
        repo.path().to_str().unwrap(),
        shared.to_str().unwrap(),
    ]);
    for path in [linked, shared] {
        let workspace = Workspace::open(&[path], &Cache::None, Limits::default()).unwrap();
        ask(&workspace, &flaw.to_string()).unwrap();
    }
}

#[test]
fn names_that_are_none_are_refused() {
    let repo = Repo::new();
    repo.change("f", "1\n", "a feature");
    let workspace = repo.workspace();
    for name in ["", "--all", "-x", "no such", "HEAD\nHEAD", "../../etc/passwd", "HEAD:f", "\u{1b}[31m"] {
        let error = workspace.commit(name).unwrap_err().to_string();
        assert!(error.contains("no commit of that name") && !error.contains('\u{1b}'), "{name}: {error}");
    }
}

#[test]
fn what_takes_too_long_or_says_too_much_is_stopped() {
    let repo = Repo::new();
    let flaw = repo.change("f", "1\n", "a feature");
    let little = Limits { bytes: 10, ..Limits::default() };
    let workspace = Workspace::open(&[repo.path()], &Cache::None, little).unwrap();
    let error = ask(&workspace, &flaw.to_string()).unwrap_err().to_string();
    assert!(error.contains("wrote more than 10 bytes"), "{error}");
    let short = Limits { time: std::time::Duration::ZERO, ..Limits::default() };
    let workspace = Workspace::open(&[repo.path()], &Cache::None, short).unwrap();
    let error = ask(&workspace, &flaw.to_string()).unwrap_err().to_string();
    assert!(error.contains("took longer than 0 s"), "{error}");
}

#[test]
fn a_damaged_graph_is_an_error_or_does_no_harm() {
    let repo = Repo::new();
    let commits = crate::repo::by_chance(&repo, 3, 40, 10);
    repo.git(&["commit-graph", "write", "--reachable"]);
    let path = repo.path().join(".git/objects/info/commit-graph");
    let sound = std::fs::read(&path).unwrap();
    let mut dice = crate::repo::Dice::new(5);
    let mode: std::fs::Permissions = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    std::fs::set_permissions(&path, mode).unwrap();
    let mut refused = 0;
    for _ in 0..60 {
        let mut damaged = sound.clone();
        match dice.below(3) {
            0 => damaged.truncate(dice.below(sound.len())),
            _ => (0..1 + dice.below(4)).for_each(|_| damaged[dice.below(sound.len())] ^= 1 << dice.below(8)),
        }
        std::fs::write(&path, damaged).unwrap();
        let workspace = Workspace::open(&[repo.path()], &Cache::None, Limits::default()).unwrap();
        refused += u32::from(ask(&workspace, &commits[0].to_string()).is_err());
    }
    assert!(refused > 5, "only {refused} were noticed");
}
