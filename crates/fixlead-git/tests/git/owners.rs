//! Who is named for a path, as each house reads its files.

use fixlead_git::owners::{Named, Owners, PathOwners, owners, paths};

use crate::repo::Repo;

fn ask(repo: &Repo, asked: &[&str]) -> Owners {
    let workspace = repo.workspace();
    let asked: Vec<String> = asked.iter().map(|path| (*path).to_owned()).collect();
    owners(&workspace, repo.head(), &asked).unwrap()
}

/// `name file:line`, in order.
fn told(named: &[Named]) -> Vec<String> {
    named.iter().map(|named| format!("{} {}:{}", named.name, named.file, named.line)).collect()
}

fn approvers(of: &PathOwners) -> Vec<&str> {
    of.approvers.iter().map(|named| named.name.as_str()).collect()
}

#[test]
fn owners_up_the_tree_agree_until_one_says_no_more() {
    let repo = Repo::new();
    repo.write("OWNERS", "approvers:\n- Root\nreviewers:\n  - looker\nemeritus_approvers:\n- old\nsecurity_contacts:\n- secure\n");
    repo.write("OWNERS_ALIASES", "aliases:\n  net-team:\n    - Ana\n    - bo\n");
    repo.write("SECURITY_CONTACTS", "# who\nchen\n");
    repo.write("net/OWNERS", "# comment\napprovers:\n  - net-team\n  - dee # she knows\n");
    repo.write("net/own/OWNERS", "options:\n  no_parent_owners: true\nfilters:\n  \"\\\\.go$\":\n    approvers: [eli]\n  \".*\":\n    reviewers: [fay]\n");
    repo.write("net/bad/OWNERS", "approvers: [\n");
    repo.commit("owners");
    let answer = ask(&repo, &["Makefile", "net/a.go", "net/own/deep/a.go", "net/own/a.md", "net/bad/x"]);
    let [root, net, go, text, bad] = &answer.paths[..] else { panic!() };
    assert_eq!(told(&root.approvers), ["root OWNERS:2"]);
    assert_eq!(
        told(&net.approvers),
        ["ana net/OWNERS:3", "bo net/OWNERS:3", "dee net/OWNERS:4", "root OWNERS:2"]
    );
    assert_eq!(net.approvers[0].alias.as_deref(), Some("net-team"));
    assert_eq!(net.governing.as_deref(), Some("net/OWNERS"));
    assert_eq!(told(&net.reviewers), ["looker OWNERS:4"]);
    assert_eq!((approvers(go), told(&go.reviewers)), (vec!["eli"], vec!["fay net/own/OWNERS:7".to_owned()]));
    assert_eq!((approvers(text), text.governing.as_deref()), (vec![], None));
    assert_eq!(approvers(bad), ["ana", "bo", "dee", "root"]);
    assert_eq!(told(&answer.security_contacts), ["chen SECURITY_CONTACTS:2", "secure OWNERS:8"]);
    let problems: Vec<&str> = answer.problems.iter().map(|problem| problem.file.as_str()).collect();
    assert_eq!(problems, ["net/bad/OWNERS"]);
}

#[test]
fn filters_beside_names_for_everything_do_not_count() {
    let repo = Repo::new();
    repo.change("OWNERS", "approvers: [ana]\nfilters:\n  \"x\":\n    approvers: [bo]\n", "owners");
    let answer = ask(&repo, &["x"]);
    assert_eq!(approvers(&answer.paths[0]), ["ana"]);
    assert_eq!(answer.problems[0].line, 3);
}

#[test]
fn the_last_line_that_fits_wins_at_github() {
    let repo = Repo::new();
    repo.write(
        ".github/CODEOWNERS",
        "# all\n*       @global @org/team\n*.js    @js # inline\n/docs/  docs@example.org\n/docs/private/\n!x @no\n",
    );
    repo.write("CODEOWNERS", "* @nobody\n");
    repo.commit("owners");
    let answer = ask(&repo, &["a/b.js", "docs/x.js", "docs/private/x", "main.c"]);
    let found: Vec<Vec<&str>> = answer.paths.iter().map(approvers).collect();
    assert_eq!(found, [vec!["@js"], vec!["docs@example.org"], vec![], vec!["@global", "@org/team"]]);
    assert_eq!(told(&answer.paths[0].approvers), ["@js .github/CODEOWNERS:3"]);
    assert_eq!(answer.problems[0].line, 6);
}

#[test]
fn sections_are_each_asked_at_gitlab() {
    let repo = Repo::new();
    let text = "* @all\n[Docs][2] @writers\ndocs/\n*.md @md\n^[Optional]\n*.md @maybe\n[Code] @code\n*\n!*.md\n[DOCS]\n/last.md @last\n";
    repo.change(".gitlab/CODEOWNERS", text, "owners");
    let answer = ask(&repo, &["docs/a.txt", "docs/a.md", "last.md"]);
    let found: Vec<Vec<&str>> = answer.paths.iter().map(approvers).collect();
    assert_eq!(
        found,
        [vec!["@all", "@writers", "@code"], vec!["@all", "@md", "@maybe"], vec!["@all", "@last", "@maybe"]]
    );
    let writers = &answer.paths[0].approvers[1];
    assert_eq!(
        (writers.section.as_deref(), writers.approvals, writers.optional),
        (Some("Docs"), Some(2), false)
    );
    assert!(answer.paths[1].approvers[2].optional);
}

#[test]
fn maintainers_are_read_in_both_forms() {
    let repo = Repo::new();
    repo.write(
        "MAINTAINERS",
        "List of maintainers\n\nNETWORK\nM:\tAna <ana@example.org>\nR:\tBo <bo@example.org>\nS:\tMaintained\nF:\tnet/\nX:\tnet/odd/\nN:\tnetty\n\nTHE REST\nM:\tChen <chen@example.org>\nF:\t*\nF:\t*/\n",
    );
    repo.write(
        "MAINTAINERS.md",
        "# Maintainers\n\n| Name | GitHub ID | Paths |\n|---|---|---|\n| Dee | [@dee](https://example.org/dee) | |\n| Eli | eli | `net/`, `fs/*` |\n\n## Emeritus\n\n| Name | GitHub |\n|--|--|\n| Fay | @fay |\n\n## Reviewers\n\n* Gus (@gus)\n* mail@example.org\n",
    );
    repo.commit("maintainers");
    let answer = ask(&repo, &["net/a.c", "net/odd/a.c", "lib/netty.c"]);
    let [net, odd, named] = &answer.paths[..] else { panic!() };
    assert_eq!(
        told(&net.approvers),
        [
            "Ana <ana@example.org> MAINTAINERS:4",
            "Chen <chen@example.org> MAINTAINERS:12",
            "dee MAINTAINERS.md:5",
            "eli MAINTAINERS.md:6"
        ]
    );
    assert_eq!(net.approvers[0].section.as_deref(), Some("NETWORK"));
    assert_eq!(told(&net.reviewers), ["Bo <bo@example.org> MAINTAINERS:5", "gus MAINTAINERS.md:16"]);
    assert_eq!(approvers(odd), ["Chen <chen@example.org>", "dee", "eli"]);
    assert_eq!(approvers(named), ["Ana <ana@example.org>", "Chen <chen@example.org>", "dee"]);
}

#[test]
fn a_line_that_names_nobody_is_told_and_names_nobody() {
    let repo = Repo::new();
    repo.write("OWNERS", "approvers:\n- eli\n- # nobody\nreviewers: [\"@\"]\n");
    repo.write("MAINTAINERS", "NET\nM:\tAda <ada@example.org>\nR: \nF: src/\nN: \n");
    repo.commit("owners");
    let answer = ask(&repo, &["src/a.rs", "other"]);
    assert_eq!(told(&answer.paths[0].approvers), ["eli OWNERS:2", "Ada <ada@example.org> MAINTAINERS:2"]);
    assert_eq!(told(&answer.paths[1].approvers), ["eli OWNERS:2"], "an empty line names no path");
    assert!(answer.paths.iter().all(|path| path.reviewers.is_empty()));
    let told: Vec<(&str, usize)> = answer.problems.iter().map(|one| (one.file.as_str(), one.line)).collect();
    assert_eq!(told, [("MAINTAINERS", 3), ("MAINTAINERS", 5), ("OWNERS", 3), ("OWNERS", 4)]);
}

#[test]
fn paths_come_from_a_series_or_a_file_and_owners_from_before() {
    let repo = Repo::new();
    repo.write("OWNERS", "approvers: [ana]\n");
    repo.write("old", "1\n2\n3\n4\n");
    repo.commit("base");
    repo.git(&["mv", "old", "new"]);
    repo.commit("rename");
    repo.change("OWNERS", "approvers: [mallory]\n", "make me an owner");
    let workspace = repo.workspace();
    let (found, before) = paths(&workspace, "main~2..main").unwrap();
    assert_eq!(found, ["OWNERS", "new", "old"]);
    assert_eq!(before, Some(repo.id("main~2")));
    let answer = owners(&workspace, before.unwrap(), &found).unwrap();
    assert!(answer.paths.iter().all(|path| approvers(path) == ["ana"]));

    let list = repo.place.0.join("list");
    std::fs::write(&list, "a/b\n\n./c\n").unwrap();
    assert_eq!(
        paths(&workspace, list.to_str().unwrap()).unwrap(),
        (vec!["a/b".to_owned(), "c".to_owned()], None)
    );
    for bad in ["/etc/passwd", "a/../../b", "x\u{7}"] {
        std::fs::write(&list, format!("ok\n{bad}\n")).unwrap();
        let error = paths(&workspace, list.to_str().unwrap()).unwrap_err().to_string();
        assert!(error.contains("list:2: write a path from the root"), "{bad}: {error}");
    }
}

#[test]
fn a_link_or_a_bomb_names_nobody() {
    let repo = Repo::new();
    std::os::unix::fs::symlink("/etc/passwd", repo.path().join("OWNERS")).unwrap();
    repo.write("a/OWNERS", &format!("approvers: {}x{}\n", "[".repeat(5000), "]".repeat(5000)));
    repo.write("b/OWNERS", "x: &a [ana, ana]\napprovers: [*a, *a]\n");
    repo.write("c/OWNERS", "filters:\n  \"((x{1000}){1000}){1000}\":\n    approvers: [ana]\n");
    repo.write("d/OWNERS", &"x".repeat(5 << 20));
    repo.commit("bombs");
    let answer = ask(&repo, &["a/x", "b/x", "c/x", "d/x"]);
    assert!(answer.paths.iter().all(|path| path.approvers.is_empty()));
    let mut files: Vec<&str> = answer.problems.iter().map(|problem| problem.file.as_str()).collect();
    files.dedup();
    assert_eq!(files, ["OWNERS", "a/OWNERS", "b/OWNERS", "c/OWNERS", "d/OWNERS"]);
}
