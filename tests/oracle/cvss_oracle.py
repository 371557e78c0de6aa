"""The comparison that cvss.sh runs. Usage: cvss_oracle.py COMMAND [SEED]"""

import json
import subprocess
import sys
from fractions import Fraction
from math import floor

from cvss import CVSS2, CVSS3, CVSS4

from cvss_vectors import MORE, VERSIONS, every_base, some

BASE_COUNT = {"2.0": 729, "3.0": 2592, "3.1": 2592, "4.0": 104_976}
RANDOM_COUNT = 25_000
NOTHING = {"2.0": "ND", "3.0": "X", "3.1": "X", "4.0": "X"}
TEMPORAL = {"E", "RL", "RC"}
SUPPLEMENTAL = {"S", "AU", "R", "V", "RE", "U"}


def metrics_of(vector):
    return dict(part.split(":") for part in vector.split("/") if not part.startswith("CVSS:"))


def defined(version, metrics):
    """The optional metrics that say something, as (temporal or threat, environmental)."""
    given = {
        name
        for name, _ in MORE[version]
        if metrics.get(name, NOTHING[version]) != NOTHING[version]
    }
    if version == "4.0":
        return given & {"E"}, given - {"E"} - SUPPLEMENTAL
    return given & TEMPORAL, given - TEMPORAL


def expected(version, vector):
    """What the peer says, in our words. It gives version 3 vectors all three
    scores; a group in which nothing is defined has none here."""
    temporal, environmental = defined(version, metrics_of(vector))
    if version == "4.0":
        peer = CVSS4(vector)
        return {
            "score": peer.scores()[0],
            "nomenclature": "CVSS-B" + "T" * bool(temporal) + "E" * bool(environmental),
            "severity": peer.severities()[0].lower(),
        }
    peer = CVSS2(vector) if version == "2.0" else CVSS3(vector)
    scores, words = peer.scores(), peer.severities()
    last = 2 if environmental else 1 if temporal else 0
    return {
        "base": scores[0],
        "temporal": scores[1] if temporal else None,
        "environmental": scores[2] if environmental else None,
        "severity": words[last].lower(),
    }


# --- The one known difference ------------------------------------------------
#
# Version 2.0, environmental score. AdjustedTemporal is the temporal score
# computed anew with the adjusted impact, and so contains a base score. For
# AV:L/AC:H/Au:M with one partial impact whose requirement is low, the base
# equation gives
#
#     Impact          = 10.41 * (1 - (1 - 0.275 * 0.5))  =  1.431375
#     Exploitability  = 20 * 0.395 * 0.35 * 0.45         =  1.24425
#     (0.6 * 1.431375 + 0.4 * 1.24425 - 1.5) * 1.176     = -0.1687266 -> -0.2
#
# which is no score: what the equations give ranges from 0 to 10 (guide,
# sections 1.3 and 3.2). We take 0.0. The peer lets -0.2 through
# into (AdjustedTemporal + (10 - AdjustedTemporal) * CDP) * TD, where it counts
# against the score: with CDP:H and TD:H it gets 4.9 instead of 5.0, so that
# a vulnerability with an impact scores below one whose impact is none at all.

V2 = {
    "AV": {"L": "0.395", "A": "0.646", "N": "1"},
    "AC": {"H": "0.35", "M": "0.61", "L": "0.71"},
    "Au": {"M": "0.45", "S": "0.56", "N": "0.704"},
    "CIA": {"N": "0", "P": "0.275", "C": "0.66"},
    "E": {"U": "0.85", "POC": "0.9", "F": "0.95", "H": "1", "ND": "1"},
    "RL": {"OF": "0.87", "TF": "0.9", "W": "0.95", "U": "1", "ND": "1"},
    "RC": {"UC": "0.9", "UR": "0.95", "C": "1", "ND": "1"},
    "CDP": {"N": "0", "L": "0.1", "LM": "0.3", "MH": "0.4", "H": "0.5", "ND": "0"},
    "TD": {"N": "0", "L": "0.25", "M": "0.75", "H": "1", "ND": "1"},
    "R": {"L": "0.5", "M": "1", "H": "1.51", "ND": "1"},
}


def tenth(value):
    """To the nearest tenth, halves up."""
    return Fraction(floor(value * 10 + Fraction(1, 2)), 10)


def environmental_v2(vector):
    """The environmental score in fractions, and whether the adjusted base
    equation went below zero."""
    given = metrics_of(vector)

    def weight(metric, kind=None):
        return Fraction(V2[kind or metric][given.get(metric, "ND")])

    spared = 1
    for metric in "CIA":
        spared *= 1 - weight(metric, "CIA") * weight(metric + "R", "R")
    impact = min(Fraction(10), Fraction("10.41") * (1 - spared))
    exploitability = 20 * weight("AV") * weight("AC") * weight("Au")
    base = Fraction(0)
    if impact:
        base = (
            Fraction("0.6") * impact + Fraction("0.4") * exploitability - Fraction("1.5")
        ) * Fraction("1.176")
    negative = tenth(base) < 0
    base = max(Fraction(0), tenth(base))
    temporal = tenth(base * weight("E") * weight("RL") * weight("RC"))
    score = tenth((temporal + (10 - temporal) * weight("CDP")) * weight("TD"))
    return float(score), negative


def is_known(version, vector, ours, theirs):
    """Whether a difference is the known one, and ours is the exact value."""
    if version != "2.0" or ours["environmental"] is None:
        return False
    exact, negative = environmental_v2(vector)
    word = "low" if exact < 4 else "medium" if exact < 7 else "high"
    same = all(ours[key] == theirs[key] for key in ("base", "temporal"))
    return negative and same and ours["environmental"] == exact and ours["severity"] == word


def main():
    command, seed = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "1"
    vectors = []
    for version in VERSIONS:
        base = list(every_base(version))
        assert len(base) == BASE_COUNT[version], (version, len(base))
        drawn = list(some(version, RANDOM_COUNT, seed))
        assert len(drawn) == RANDOM_COUNT
        vectors += [(version, vector) for vector in base + drawn]

    process = subprocess.run(
        [command, "cvss", "score", "-"],
        input="\n".join(vector for _, vector in vectors) + "\n",
        capture_output=True,
        text=True,
    )
    lines = process.stdout.splitlines()
    if process.returncode != 0 or len(lines) != len(vectors):
        print(process.stderr, end="", file=sys.stderr)
        sys.exit(f"{len(vectors)} vectors in, {len(lines)} lines out, exit {process.returncode}")

    compared = dict.fromkeys(VERSIONS, 0)
    known, wrong = [], []
    for (version, vector), line in zip(vectors, lines):
        ours = json.loads(line)
        theirs = expected(version, vector)
        assert theirs, "the peer said nothing"
        if ours.pop("vector") != vector or ours.pop("version") != version:
            wrong.append((vector, line, "another vector or version"))
            continue
        compared[version] += 1
        if ours == theirs:
            continue
        (known if is_known(version, vector, ours, theirs) else wrong).append((vector, ours, theirs))

    for vector, ours, theirs in wrong[:20]:
        print(f"differs: {vector}\n   ours: {ours}\n  peer: {theirs}")
    for version in VERSIONS:
        if compared[version] < BASE_COUNT[version] + RANDOM_COUNT:
            wrong.append((version, "too few compared", compared[version]))
        print(f"version {version}: {compared[version]:>7} vectors compared")
    print(f"known difference (2.0, adjusted base below zero): {len(known)} vectors")
    for vector, ours, theirs in known[:3]:
        print(f"  {vector}: {ours['environmental']}, peer {theirs['environmental']}")
    if wrong:
        sys.exit(f"{len(wrong)} unexplained differences")
    print("everything else is identical")


if __name__ == "__main__":
    main()
