"""The comparison that formats_real.sh runs. Usage: formats_real.py COMMAND FROM MADE PEERS"""

import collections
import json
import os
import re
import subprocess
import sys
from pathlib import Path

from formats_oracle import Tally, advisories, entries, judged, records

# Who publishes, and when: most documents do not say, and whoever imports has to.
PUBLISHER = ("Unknown publisher", "Somebody")


def kind_of(path):
    try:
        document = json.loads(path.read_text())
    except ValueError:
        return None
    if not isinstance(document, dict):
        return None
    if document.get("dataType") == "CVE_RECORD":
        return "cve"
    if "csaf_version" in document.get("document", {}):
        return "csaf"
    if "ghsa_id" in document:
        return "ghsa"
    return "osv" if "id" in document and "modified" in document else None


def run(command, *arguments):
    return subprocess.run([command, *arguments], capture_output=True, text=True, check=False)


def reason(said):
    """A complaint without what is this document's alone."""
    lines = [line for line in said.splitlines() if "error" in line or line.startswith("fixlead:")] or [said[:200]]
    rule = re.search(r"\[([a-z]+)\]\s*$", lines[0])
    if rule:
        return f"the lint: {rule[1]}"
    return re.sub(r"`[^`]*`|\S*\.(json|toml)\S*|\d+", "…", lines[0])[:120]


def main():
    command, source, made, peers = sys.argv[1:]
    found, imported, built, why = collections.Counter(), collections.Counter(), collections.Counter(), collections.Counter()
    for path in sorted(Path(source).rglob("*.json")):
        kind = kind_of(path)
        if kind is None:
            continue
        found[kind] += 1
        answer = run(command, "import", kind, str(path))
        assert answer.returncode in (0, 2), (str(path), answer)
        if answer.returncode:
            why[f"{kind}: not imported: {reason(answer.stderr)}"] += 1
            continue
        imported[kind] += 1
        place = Path(made) / f"{sum(found.values()):05}"
        place.mkdir()
        case = place / "CASE.toml"
        case.write_text(answer.stdout.replace(*PUBLISHER))
        answer = run(command, "advisory", "build", str(case), "--format", "all", "--out", str(place))
        assert answer.returncode in (0, 1, 2), (str(path), answer)
        if answer.returncode:
            why[f"{kind}: no documents: {reason(answer.stderr)}"] += 1
            continue
        answer = run(command, "advisory", "build", str(case), "--format", "csaf", "--csaf", "2.1")
        if answer.returncode == 0:
            (place / "csaf-2.1.json").write_text(answer.stdout)
        built[kind] += 1
    for kind in sorted(found):
        print(f"{kind}: {found[kind]} found, {imported[kind]} imported, {built[kind]} made into every document")
    for line, count in why.most_common(40):
        print(f"    {count:5} {line}")
    tally = Tally()
    records(tally, made)
    entries(tally, made)
    advisories(tally, made, peers)
    own = sorted(str(path) for name in ("cve", "osv", "csaf", "openvex") for path in Path(made).glob(f"*/{name}.json"))
    wrong = []
    for start in range(0, len(own), 500):
        verdicts = judged(command, own[start : start + 500])
        wrong += [f"{path}: {verdict['errors'][0]}" for path, verdict in verdicts.items() if not verdict["valid"]]
    tally.compare("our own documents, by our own command", len(own), wrong)
    sys.exit(1 if tally.failed else 0)


if __name__ == "__main__":
    os.environ["NO_COLOR"] = "1"
    main()
