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
import referencing
import referencing.jsonschema
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


def alterations(document):
    """The document with one value after the other taken away or replaced."""

    def walk(value):
        if isinstance(value, dict):
            for key in list(value):
                kept = value[key]
                for other in (None, 7, "", "x", [], {}):
                    value[key] = other
                    yield json.dumps(document)
                del value[key]
                yield json.dumps(document)
                value[key] = kept
                yield from walk(kept)
        elif isinstance(value, list):
            for place, kept in enumerate(value):
                value[place] = 7
                yield json.dumps(document)
                value[place] = kept
                yield from walk(kept)
            if value:
                value.append(value[0])
                yield json.dumps(document)
                value.pop()

    return list(walk(document))


def falsified(tally, command, made, what, document, validator, structure):
    """What a schema refuses has to be refused here, and nothing else is wrong in the structure."""
    place = Path(made) / f"altered-{what}"
    place.mkdir()
    paths = []
    for number, text in enumerate(alterations(document)):
        paths.append(str(place / f"{number:05}.json"))
        Path(paths[-1]).write_text(text)
    verdicts = {}
    for start in range(0, len(paths), 500):
        verdicts |= judged(command, paths[start : start + 500])
    wrong = []
    for path in paths:
        theirs = [error.message[:100] for error in validator.iter_errors(json.load(open(path)))]
        errors = verdicts[path]["errors"]
        ours = [error for error in errors if structure(error["rule"])]
        if (theirs and not errors) or (ours and not theirs):
            wrong.append(f"{path}: they say {theirs[:1]}, we say {ours[:1] or errors[:1]}")
    tally.compare(f"altered {what} documents against its schema", len(paths), wrong)


def schemas(tally, command, made):
    home = Path(cvelib.__file__).parent / "schemas" / "CVE_JSON_bundled_5.1.1.json"
    checker = jsonschema.FormatChecker()
    validator = jsonschema.Draft7Validator(json.loads(home.read_text()), format_checker=checker)
    document = json.load(open(sorted(glob.glob(f"{made}/*/cve.json"))[0]))
    for affected in document["containers"]["cna"]["affected"]:
        # Newer than the schema in cvelib.
        affected.pop("packageURL", None)
    falsified(tally, command, made, "cve", document, validator, lambda rule: rule == "structure")
    home = Path(csaf.csaf.v20.__file__).parent / "schema"
    resources = [json.loads(path.read_text()) for path in sorted((home / "referenced").glob("*.json"))]
    for resource in resources:
        # The name under which the schema of CSAF asks for it.
        version = resource["properties"]["version"]["enum"][0]
        resource["$id"] = f"https://www.first.org/cvss/cvss-v{version}.json"
    registry = referencing.Registry().with_resources(
        [(one["$id"], referencing.Resource.from_contents(one, referencing.jsonschema.DRAFT7)) for one in resources]
    )
    schema = json.loads((home / "csaf.json").read_text())
    validator = jsonschema.Draft202012Validator(schema, registry=registry, format_checker=checker)
    document = json.load(open(f"{made}/0001/csaf.json"))
    falsified(tally, command, made, "csaf", document, validator, lambda rule: rule in ("structure", "6.1.8"))


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
    schemas(tally, command, made)
    sys.exit(1 if tally.failed else 0)


if __name__ == "__main__":
    os.environ["NO_COLOR"] = "1"
    main()
