"""The comparison that formats.sh runs. Usage: formats_oracle.py COMMAND MADE PEERS"""

import glob
import json
import os
import subprocess
import sys
import warnings
from pathlib import Path

import csaf.csaf.v20
import cvelib
import jsonschema
import vexipy
from osvutils.types.osv import OSV

# Registered since osv-utils was written.
NEWER = {"ConanCenter", "Julia", "opam", "SwiftURL", "Hackage", "Bitnami", "CRAN", "Pub", "Hex"}


# The exact temporal score is 2.3; a ceiling of floating point makes it 2.4.
ROUNDED_UP = "CVSS:3.0/AV:L/AC:H/PR:H/UI:N/S:C/C:N/I:N/A:L/E:H/RC:U"


def asked_of_csaf(version, paths):
    """The errors of PyPI csaf, full preset apart from advice."""
    command = [sys.executable, "-m", "csaf", "validate", "--spec-version", version, "--preset", "full"]
    command += ["--no-network", "--format", "deprecated-json", " ".join(f'"{path}"' for path in paths)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    assert answer.returncode in (0, 1), answer.stderr
    documents = [json.loads(text) for text in answer.stdout.split("\x1e") if text.strip()]
    found = []
    for document in documents:
        for test in document["tests"]:
            found += [f"{test['name']}: {error['instancePath']}: {error['message']}" for error in test["errors"]]
    return len(documents), found


def asked_of_node(peers, paths):
    answer = subprocess.run(
        ["node", f"{peers}/formats_node.mjs"], input="\n".join(paths), capture_output=True, text=True, cwd=peers, check=True
    )
    lines = [json.loads(line) for line in answer.stdout.splitlines()]
    return [line for line in lines if "path" in line]


def judged(command, paths):
    """What our command says of files, whatever they are."""
    answer = subprocess.run([command, "advisory", "validate", "--json", *paths], capture_output=True, text=True, check=False)
    assert answer.returncode in (0, 1), answer.stderr
    return {line["file"]: line for line in map(json.loads, answer.stdout.splitlines())}


class Tally:
    def __init__(self):
        self.failed = 0

    def compare(self, what, count, wrong):
        print(f"{what}: {count} documents, {len(wrong)} complaints")
        for line in wrong[:10]:
            print(f"    {line}")
        self.failed += bool(wrong) or count == 0


def records(tally, made):
    bundled = Path(cvelib.__file__).parent / "schemas" / "CVE_JSON_bundled_5.1.1.json"
    validator = jsonschema.Draft7Validator(json.loads(bundled.read_text()), format_checker=jsonschema.FormatChecker())
    paths = sorted(glob.glob(f"{made}/*/cve.json"))
    wrong = [f"{path}: {error.message[:200]}" for path in paths for error in validator.iter_errors(json.load(open(path)))]
    tally.compare("CVE records against the schema in cvelib", len(paths), wrong)
    tool = Path(sys.executable).parent / "cve"
    wrong = []
    for path in paths[:10]:
        answer = subprocess.run([tool, "validate", "-s", "full", "-f", path], capture_output=True, text=True, check=False)
        wrong += [answer.stdout + answer.stderr] if answer.returncode else []
    tally.compare("CVE records against cve validate", len(paths[:10]), wrong)


def entries(tally, made):
    paths, wrong = sorted(glob.glob(f"{made}/*/osv.json")), []
    for path in paths:
        entry = json.load(open(path))
        for affected in entry.get("affected", []):
            if affected.get("package", {}).get("ecosystem") in NEWER:
                affected["package"]["ecosystem"] = "npm"
        try:
            OSV(**entry)
        except Exception as error:  # whatever the peer raises is a complaint
            wrong.append(f"{path}: {error}"[:300])
    tally.compare("OSV entries against osv-utils", len(paths), wrong)
    paths, wrong = sorted(glob.glob(f"{made}/*/openvex.json")), []
    for path in paths:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                vexipy.Document(**json.load(open(path)))
        except Exception as error:
            wrong.append(f"{path}: {error}"[:300])
    tally.compare("OpenVEX documents against vexipy", len(paths), wrong)


def advisories(tally, made, peers):
    for version, name in (("v20", "csaf.json"), ("v21", "csaf-2.1.json")):
        paths = sorted(glob.glob(f"{made}/*/{name}"))
        count, wrong = asked_of_csaf(version, paths)
        assert count == len(paths)
        tally.compare(f"CSAF {version} against PyPI csaf", count, wrong)
    paths = sorted(glob.glob(f"{made}/*/csaf.json"))
    answers = asked_of_node(peers, paths)
    wrong = []
    for answer in answers:
        rounded = ROUNDED_UP in Path(answer["path"]).read_text()
        known = [error for error in answer["errors"] if rounded and error.startswith("mandatoryTest_6_1_9 ")]
        wrong += [f"{answer['path']}: {error}" for error in answer["errors"] if error not in known]
    tally.compare("CSAF 2.0 against csaf-validator-lib", len(answers), wrong)


def fixtures(tally, command):
    home = Path(csaf.csaf.v20.__file__).parent
    catalog = json.loads((home / "rules" / "catalog.json").read_text())
    paths = sorted(str(path) for path in (home / "data").glob("*/*.json"))
    verdicts = judged(command, paths)
    missed, alarms = [], []
    for test in catalog["tests"]:
        of = test.get("fixtures", {"failing": [], "valid": []})
        group = "errors" if test["group"] == "mandatory" else "warnings"

        def own(problem):
            return problem["rule"] == test["id"] or problem["rule"].startswith(test["id"] + ".")

        for name in of["failing"]:
            verdict = verdicts[str(home / "data" / name)]
            if not any(own(problem) for problem in verdict[group]):
                missed.append(f"{test['id']} {test['title']}: not found in {name}")
        for name in of["valid"]:
            verdict = verdicts[str(home / "data" / name)]
            if verdict["errors"] or any(own(problem) for problem in verdict[group]):
                alarms.append(f"{test['id']} {test['title']}: a false alarm in {name}: {verdict['errors'][:1]}")
    tally.compare("fixtures of OASIS that have to be found", len(verdicts), missed)
    tally.compare("fixtures of OASIS that are valid", len(verdicts), alarms)


def falsified(tally, command, made):
    """What the peers refuse has to be refused here, too: one key is taken away at a time."""
    path = next(p for p in sorted(glob.glob(f"{made}/*/cve.json")))
    bundled = Path(cvelib.__file__).parent / "schemas" / "CVE_JSON_bundled_5.1.1.json"
    validator = jsonschema.Draft7Validator(json.loads(bundled.read_text()), format_checker=jsonschema.FormatChecker())
    document = json.load(open(path))
    for affected in document["containers"]["cna"]["affected"]:
        # Newer than the schema in cvelib.
        affected.pop("packageURL", None)
    altered = []

    def walk(value, replace):
        if isinstance(value, dict):
            for key in list(value):
                for other in (None, 7, "", []):
                    kept = value[key]
                    value[key] = other
                    altered.append(json.dumps(document))
                    value[key] = kept
                kept = value.pop(key)
                altered.append(json.dumps(document))
                value[key] = kept
                walk(kept, replace)
        elif isinstance(value, list):
            for item in value:
                walk(item, replace)

    walk(document, None)
    place = Path(made) / "altered"
    place.mkdir()
    for number, text in enumerate(altered):
        (place / f"{number}.json").write_text(text)
    paths = [str(place / f"{number}.json") for number in range(len(altered))]
    verdicts = judged(command, paths)
    wrong = []
    for path in paths:
        theirs = [error.message[:100] for error in validator.iter_errors(json.load(open(path)))]
        ours = verdicts[path]["errors"]
        if bool(theirs) != bool(ours):
            wrong.append(f"{path}: they say {theirs[:1]}, we say {ours[:1]}")
    tally.compare("altered CVE records, against cvelib's schema", len(paths), wrong)


def main():
    command, made, peers = sys.argv[1:]
    tally = Tally()
    records(tally, made)
    entries(tally, made)
    advisories(tally, made, peers)
    own = sorted(path for name in ("cve", "osv", "csaf", "openvex") for path in glob.glob(f"{made}/*/{name}.json"))
    wrong = [f"{path}: {verdict['errors'][0]}" for path, verdict in judged(command, own).items() if not verdict["valid"]]
    tally.compare("our own documents, by our own command", len(own), wrong)
    fixtures(tally, command)
    falsified(tally, command, made)
    sys.exit(1 if tally.failed else 0)


if __name__ == "__main__":
    os.environ["NO_COLOR"] = "1"
    main()
