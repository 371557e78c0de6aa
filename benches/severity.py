"""The measurement that severity.sh runs. Usage: severity.py COMMAND DIRECTORY"""

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from cvss import CVSS2, CVSS3, CVSS4

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "oracle"))
from cvss_vectors import VERSIONS, every_base, some  # noqa: E402

COUNT = 200_000
SAMPLE = 1_000
TURNS = 5
PEER = {"2.0": CVSS2, "3.0": CVSS3, "3.1": CVSS3, "4.0": CVSS4}
TARGET = {"3.1": 500_000, "4.0": 150_000}
TARGET_RATIO = 20


def base_only(version, count):
    dice = random.Random(version)
    return dice.choices(list(every_base(version)), k=count)


def ours(command, path):
    """CPU seconds of the whole process: start, reading, scoring, writing."""
    with open(path, "rb") as vectors, tempfile.TemporaryFile() as answers:
        process = subprocess.Popen([command, "cvss", "score", "-"], stdin=vectors, stdout=answers)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0, process.returncode
        answers.seek(0)
        lines = sum(chunk.count(b"\n") for chunk in iter(lambda: answers.read(1 << 20), b""))
        assert lines == COUNT, lines
    return usage.ru_utime + usage.ru_stime


def theirs(version, vectors):
    """CPU seconds of parsing and scoring alone: no start, no input, no output."""
    peer = PEER[version]
    begin = time.process_time()
    for vector in vectors:
        scored = peer(vector)
        scored.scores(), scored.severities()
    return time.process_time() - begin


def main():
    command, directory = sys.argv[1], Path(sys.argv[2])
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        for version in VERSIONS:
            for kind, make in (
                ("base metrics", lambda: base_only(version, COUNT)),
                ("optional metrics too", lambda: list(some(version, COUNT, "bench"))),
            ):
                vectors = make()
                path = Path(scratch) / "vectors"
                path.write_text("\n".join(vectors) + "\n")
                turns = [(ours(command, path), theirs(version, vectors[:SAMPLE])) for _ in range(TURNS)]
                us = [1e6 * seconds / COUNT for seconds, _ in turns]
                them = [1e6 * seconds / SAMPLE for _, seconds in turns]
                ratio = median(peer / own for own, peer in zip(us, them))
                per_second = 1e6 / median(us)
                rows.append(
                    {
                        "version": version,
                        "vectors": kind,
                        "microseconds_per_vector": us,
                        "peer_microseconds_per_vector": them,
                        "vectors_per_cpu_second": round(per_second),
                        "ratio": round(ratio, 1),
                        "target_per_second": TARGET.get(version),
                        "target_ratio": TARGET_RATIO,
                        "met": per_second >= TARGET.get(version, 0) and ratio >= TARGET_RATIO,
                    }
                )

    lines = [
        "# Severity",
        "",
        f"`fixlead cvss score -` reads vectors and writes a line of JSON for each; {COUNT:,} a run, CPU time of",
        "the whole process on one core. The peer is the Python package `cvss` 3.6, parsing and scoring"
        f" {SAMPLE:,} of the",
        "same vectors in memory, start and input and output not counted. Taken in turns, medians of"
        f" {TURNS}.",
        "",
        "| version | vectors | a CPU second | µs a vector | peer, µs | ratio | target | met |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        target = f"≥ {row['target_ratio']} ×"
        if row["target_per_second"]:
            target = f"≥ {row['target_per_second']:,}, {target}"
        lines.append(
            f"| {row['version']} | {row['vectors']} | {row['vectors_per_cpu_second']:,}"
            f" | {median(row['microseconds_per_vector']):.2f}"
            f" | {median(row['peer_microseconds_per_vector']):.1f}"
            f" | {row['ratio']:.0f} × | {target} | {'yes' if row['met'] else 'no'} |"
        )
    lines += ["", "Run it with `./bench severity`; the raw numbers are in `severity.json`.", ""]
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "severity.md").write_text("\n".join(lines))
    raw = {"count": COUNT, "peer_sample": SAMPLE, "turns": TURNS, "peer": "cvss 3.6", "rows": rows}
    (directory / "severity.json").write_text(json.dumps(raw, indent=2) + "\n")
    print("\n".join(lines))
    sys.exit(0 if all(row["met"] for row in rows) else 1)


if __name__ == "__main__":
    main()
