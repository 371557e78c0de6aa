"""The measurement that formats.sh runs. Usage: formats.py MADE PEERS DIRECTORY"""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

# What was aimed at: seconds, and how many times as fast as each peer.
MOST_TO_MAKE = 0.002
LEAST_NODE = 10
LEAST_PYTHON = 30
# Seconds, seconds, and reads a second.
MOST_TO_PUBLISH = 60
MOST_TO_REPUBLISH = 0.1
LEAST_READS = 5000


def node(peers, paths):
    answer = subprocess.run(
        ["node", f"{peers}/formats_node.mjs"], input="\n".join(paths), capture_output=True, text=True, cwd=peers, check=True
    )
    return json.loads(answer.stdout.splitlines()[-1])["cpu"] / len(paths)


def python(paths):
    """CPU of the whole process, less that of one document: starting it is not judging."""

    def spent(some):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        command = [sys.executable, "-m", "csaf", "validate", "--spec-version", "v20", "--preset", "full", "--no-network"]
        command += ["--format", "deprecated-json", " ".join(f'"{path}"' for path in some)]
        subprocess.run(command, capture_output=True, check=False)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    return (spent(paths) - spent(paths[:1])) / (len(paths) - 1)


def main():
    made, peers, directory = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
    ours = json.loads((made / "ours.txt").read_text().splitlines()[-1])
    paths = sorted(str(path) for path in made.glob("*.json"))
    assert len(paths) == ours["documents"], len(paths)
    theirs = {"node": node(peers, paths), "python": python(paths)}
    make, judge = ours["make_all_of_one"], ours["validate_csaf"]
    ratios = {name: seconds / judge for name, seconds in theirs.items()}

    published = json.loads((made / "published.txt").read_text())
    whole, one, reads = published["whole"], published["one"], published["reads"]

    def met(reached):
        return "yes" if reached else "**no**"

    lines = [
        "# Documents",
        "",
        f"`./bench formats`: {len(paths)} made-up advisories, one thread, medians of five turns; the peers in the same run.",
        f"The machine has {os.cpu_count()} cores and is shared: ratios count.",
        "",
        "| what | measured | aim | reached |",
        "|---|---|---|---|",
        f"| all documents of one advisory | {make * 1000:.2f} ms | ≤ {MOST_TO_MAKE * 1000:.0f} ms | {met(make <= MOST_TO_MAKE)} |",
        f"| judging a CSAF 2.0 document, all tests | {judge * 1e6:.0f} µs | | |",
        f"| beside csaf-validator-lib, structure and mandatory tests ({theirs['node'] * 1e6:.0f} µs) | {ratios['node']:.1f} × | ≥ {LEAST_NODE} × | {met(ratios['node'] >= LEAST_NODE)} |",
        f"| beside PyPI csaf, all tests ({theirs['python'] * 1e6:.0f} µs) | {ratios['python']:.1f} × | ≥ {LEAST_PYTHON} × | {met(ratios['python'] >= LEAST_PYTHON)} |",
        f"| publishing {published['advisories']} advisories as a whole tree, {published['files']} files | {whole:.1f} s | ≤ {MOST_TO_PUBLISH} s | {met(whole <= MOST_TO_PUBLISH)} |",
        f"| publishing one that changed among them, the whole command | {one * 1000:.0f} ms | ≤ {MOST_TO_REPUBLISH * 1000:.0f} ms | {met(one <= MOST_TO_REPUBLISH)} |",
        f"| reads of the public pages of a desk that gives all of them ({published['microseconds']:.0f} µs CPU each) | {reads:.0f}/s | ≥ {LEAST_READS}/s | {met(reads >= LEAST_READS)} |",
        "",
    ]
    (directory / "formats.md").write_text("\n".join(lines))
    (directory / "formats.json").write_text(json.dumps({**ours, "peers": theirs, "ratios": ratios, "published": published}, indent=2) + "\n")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
