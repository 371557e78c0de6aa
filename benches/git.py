"""The measurement that git.sh runs. Usage: git.py COMMAND DIRECTORY REPOSITORIES"""

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from statistics import median

PEER = Path(__file__).parent / "peers/breadth.rs"
QUERIES = 100
SERIES, BRANCHES = 5, 30
MANY = 10_000
TURNS = 5
CLOSED = dict(os.environ, GIT_CONFIG_GLOBAL="/dev/null", GIT_CONFIG_NOSYSTEM="1", LC_ALL="C")


def git(repository, *arguments, text=None):
    command = ["git", f"--git-dir={repository}", *arguments]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True, env=CLOSED).stdout


def cpu(command, output):
    """CPU seconds of a process and of those that it started."""
    with open(output, "wb") as out:
        process = subprocess.Popen(command, stdout=out, env=CLOSED)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, command
    return usage.ru_utime + usage.ru_stime


def made_up(place, commits=100_000, tags=500):
    """Branches that are merged back, with a tag now and then."""
    dice, stream = random.Random(1), []
    for number in range(1, commits + 1):
        stream.append(f"commit refs/heads/main\nmark :{number}\ncommitter A <a@b> {number} +0000\ndata 1\nx\n")
        if number > 1:
            stream.append(f"from :{max(1, number - dice.choice((1, 1, 1, 2, 9)))}\n")
            if dice.random() < 0.2:
                stream.append(f"merge :{max(1, number - dice.randrange(2, 60))}\n")
        stream.append(f"M 644 inline f{number % 50}\ndata 7\n{number:07}\n")
        if number % (commits // tags) == 0:
            stream.append(f"reset refs/tags/v{number:07}\nfrom :{number}\n\n")
    subprocess.run(["git", "init", "--quiet", "--bare", place], check=True, env=CLOSED)
    git(place, "fast-import", "--quiet", text="".join(stream))
    return place


def borrowed(place, repository):
    """A bare repository with the objects, tags and branches of another."""
    subprocess.run(["git", "init", "--quiet", "--bare", place], check=True, env=CLOSED)
    objects = next(p for p in (Path(repository, ".git/objects"), Path(repository, "objects")) if p.is_dir())
    Path(place, "objects/info/alternates").write_text(f"{objects.resolve()}\n")
    refs = git(objects.parent, "for-each-ref", "--format=%(objectname) %(refname)", "refs/tags", "refs/heads")
    git(place, "update-ref", "--stdin", text="".join("create {1} {0}\n".format(*line.split(" ")) for line in refs.splitlines()))
    return place


def by_force(repository, queries):
    """What git says, commit by commit: affected, fixed and unaffected tags."""
    every = set(git(repository, "tag").split())
    answers = []
    for query in queries:
        introduced, fixed = query["introduced"][0], query["fixed"][0]
        reached = set(git(repository, "tag", "--contains", introduced).split())
        base = subprocess.run(["git", f"--git-dir={repository}", "merge-base", "--is-ancestor", introduced, fixed], env=CLOSED)
        mended = set(git(repository, "tag", "--contains", fixed).split()) if base.returncode == 0 else set()
        answers.append((reached - mended, reached & mended, every - reached))
    return answers


def loop(repository, queries):
    """CPU seconds of the peer: `git tag --contains` for both commits of each query."""
    script = "".join(
        f"git --git-dir={repository} tag --contains {commit}\n" for query in queries for commit in query["introduced"] + query["fixed"]
    )
    return cpu(["sh", "-c", script], os.devnull)


def radar(command, original, scratch):
    """Seconds of a dry run of five commits in a row on thirty tags that lack them, and what became of it."""
    repository = scratch / "radar.git"
    subprocess.run(["git", "clone", "--quiet", "--bare", "--shared", original, repository], check=True)
    parents = dict(line.split(" ", 1) for line in git(repository, "rev-list", "--parents", "--tags", "--branches").splitlines() if " " in line)

    def row(commit):
        for _ in range(SERIES):
            commit = parents.get(commit, "")
            if not commit or " " in commit:
                return None
        return commit

    tags = git(repository, "for-each-ref", "--sort=-creatordate", "--format=%(refname:strip=2)", "refs/tags").split()
    last = next(commit for commit in parents if row(commit) and len(git(repository, "tag", "--no-contains", commit).split()) >= BRANCHES)
    without = set(git(repository, "tag", "--no-contains", last).split())
    chosen = [tag for tag in tags if tag in without][:BRANCHES]
    lines = "".join(f"create refs/heads/bench/{number} {git(repository, 'rev-parse', f'{tag}^{{commit}}')}" for number, tag in enumerate(chosen))
    git(repository, "update-ref", "--stdin", text=lines)
    tried = [command, "patch", "backports", "--repo", str(repository), "--fix", f"{row(last)}..{last}", "--onto", "bench/*", "--no-cache", "--json"]
    times = []
    for _ in range(TURNS):
        begun = time.monotonic()
        said = subprocess.run(tried, capture_output=True, text=True, env=CLOSED)
        times.append(time.monotonic() - begun)
        assert said.returncode in (0, 1), said.stderr
    shutil.rmtree(repository)
    return median(times), Counter(branch["outcome"] for branch in json.loads(said.stdout)["branches"].values())


def measure(command, peer, repository, name, scratch):
    git(repository, "commit-graph", "write", "--reachable")
    commits = git(repository, "rev-list", "--tags", "--branches").split()
    dice = random.Random(7)

    def queries(count):
        pairs = (sorted(dice.sample(range(len(commits)), 2), reverse=True) for _ in range(count))
        return [{"id": str(n), "introduced": [commits[a]], "fixed": [commits[b]]} for n, (a, b) in enumerate(pairs)]

    few, many = queries(QUERIES), queries(MANY)
    files = {}
    for label, some in (("few", few), ("many", many)):
        files[label] = scratch / f"{name}.{label}"
        files[label].write_text("".join(json.dumps(query) + "\n" for query in some))

    # Answers go where those of the peer go: a file that somebody reads would cost both the same.
    def ours(label, *more, output=os.devnull):
        batch = [command, "patch", "affected", "--repo", str(repository), "--batch", str(files[label]), *more]
        return cpu(batch, output)

    def search(label, output=os.devnull):
        return cpu([peer, str(repository), str(files[label])], output)

    turns = [(ours("few", "--exact", "--no-cache"), loop(repository, few), search("few")) for _ in range(TURNS)]
    ours("few", "--exact", "--no-cache", output=scratch / "answers")
    answers = [json.loads(line) for line in (scratch / "answers").read_text().splitlines()]
    keys = ("affected_tags", "fixed_tags", "unaffected_tags")
    wanted = by_force(repository, few)
    identical = sum(tuple(set(answer[key]) for key in keys) == want for answer, want in zip(answers, wanted))
    search("few", scratch / "searched")
    searched = [line.split(" ") for line in (scratch / "searched").read_text().splitlines()]
    as_searched = sum(answer["id"] == line[0] and set(answer["affected_tags"]) == set(line[1:]) for answer, line in zip(answers, searched))
    searched_many = median(search("many") for _ in range(TURNS))
    cache = scratch / f"{name}.cache"
    cold = ours("few", "--cache", str(cache))
    warm = median(ours("few", "--cache", str(cache)) for _ in range(TURNS))
    all_many = median(ours("many", "--exact", "--no-cache") for _ in range(TURNS))
    own, by_git, by_search = (median(turn[place] for turn in turns) for place in range(3))
    tried, outcome = radar(command, repository, scratch)
    return {
        "repository": name,
        "commits": len(commits),
        "tags": len(git(repository, "tag").split()),
        "identical": f"{identical} of {len(few)}",
        "seconds": round(own, 4),
        "git_seconds": round(by_git, 3),
        "ratio": round(median(by_git / own for own, by_git, _ in turns), 1),
        "search_identical": f"{as_searched} of {len(few)}",
        "search_seconds": round(by_search, 4),
        "search_ratio": round(median(by_search / own for own, _, by_search in turns), 1),
        "search_many_seconds": round(searched_many, 2),
        "search_many_ratio": round(searched_many / all_many, 1),
        "radar_seconds": round(tried, 2),
        "radar": dict(outcome),
        "many_seconds": round(all_many, 4),
        "many_ratio": round(all_many / own, 1),
        "equivalents_cold_seconds": round(cold, 2),
        "equivalents_warm_seconds": round(warm, 3),
    }


def main():
    command, directory, repositories = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
    with tempfile.TemporaryDirectory() as scratch:
        scratch = Path(scratch)
        places = [("made up", made_up(scratch / "made-up"))]
        if repositories:
            named = [(path, Path(path).parent.name if Path(path).name in (".git", "repo") else Path(path).name) for path in repositories.split(":")]
            places = [(name.split("+")[-1], borrowed(scratch / name, path)) for path, name in named]
        peer = scratch / "breadth"
        subprocess.run(["rustc", "-O", "--edition", "2024", "-o", peer, PEER], check=True)
        rows = [measure(command, peer, repository, name, scratch) for name, repository in places]
    (directory / "git.json").write_text(json.dumps(rows, indent=1) + "\n")
    lines = [
        "# Affected tags",
        "",
        f"`fixlead patch affected --batch` with {QUERIES} queries of two commits by chance, CPU time of the whole process and of every",
        "git it starts, against `git tag --contains` for each commit, both on a repository with git's commit graph. Taken in turns,",
        f"medians of {TURNS}. \"Identical\" compares affected, fixed and unaffected tags with what git says commit by commit.",
        "",
        f"| repository | commits | tags | identical | seconds | git, seconds | ratio (target ≥ 100 ×) | {MANY:,} queries, seconds | to {QUERIES} (target ≤ 3 ×) | with equivalents, cold / warm |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        lines.append(
            f"| {row['repository']} | {row['commits']:,} | {row['tags']:,} | {row['identical']} | {row['seconds']} | {row['git_seconds']} "
            f"| {row['ratio']} × | {row['many_seconds']} | {row['many_ratio']} × "
            f"| {row['equivalents_cold_seconds']} s / {row['equivalents_warm_seconds']} s |"
        )
    lines += [
        "",
        "## Against a breadth-first search",
        "",
        "The same queries and queries by the thousand, against a search of its own for each ([breadth.rs](../../benches/peers/breadth.rs),",
        "compiled with `rustc -O`), which reads the history from `git rev-list`. CPU time of whole processes, in the same turns.",
        "",
        f"| repository | same affected tags | {QUERIES} queries, seconds | search, seconds | ratio (target ≥ 10 ×) | search, {MANY:,} queries | ratio |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        lines.append(
            f"| {row['repository']} | {row['search_identical']} | {row['seconds']} | {row['search_seconds']} | {row['search_ratio']} × "
            f"| {row['search_many_seconds']} s | {row['search_many_ratio']} × |"
        )
    lines += [
        "",
        "# Radar",
        "",
        f"`fixlead patch backports` with the last {SERIES} commits in a row, on the {BRANCHES} newest tags without them as branches; what follows",
        f"a commit that cannot be picked is not tried on that branch. Wall time of the whole command, nothing cached, the median of {TURNS}.",
        "",
        "| repository | seconds (target ≤ 5) | branches |",
        "|---|---|---|",
    ]
    for row in rows:
        said = ", ".join(f"{count} {word}" for word, count in row["radar"].items())
        lines.append(f"| {row['repository']} | {row['radar_seconds']} | {said} |")
    lines += ["", "Run it with `./bench git`, on repositories of your own with `FIXLEAD_BENCH_REPOS`; the raw numbers are in `git.json`.", ""]
    (directory / "git.md").write_text("\n".join(lines))
    print("\n".join(lines))


main()
