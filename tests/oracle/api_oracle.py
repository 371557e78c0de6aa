"""Compares a running desk with its own description; api.sh says how it is run."""

import copy
import json
import os
import subprocess
import sys
import time

from api_desk import Desk

HERE = os.path.dirname(os.path.abspath(__file__))
SEED = "20270115"
# Addresses that work with a secret of their own. Whoever shows another one, or
# none, is answered like somebody who asks for what is not there, with 404.
SECRETS = {
    "/api/v1/enrolment": "link",
    "/api/v1/report": "receipt",
    "/api/v1/report/messages": "receipt",
}


def closed(document):
    """The description with every shape closed: what an answer says and the
    description does not is found, too."""
    strict = copy.deepcopy(document)

    def close(shape):
        if isinstance(shape, dict):
            for value in shape.values():
                close(value)
            if shape.get("type") == "object" and isinstance(shape.get("properties"), dict):
                shape.setdefault("additionalProperties", False)
        elif isinstance(shape, list):
            for value in shape:
                close(value)

    for name, shape in strict["components"]["schemas"].items():
        close(shape)
    return strict


def quoted(text):
    return json.dumps(text)


def configuration(world, seed, examples, steps):
    """The file that schemathesis is set up by."""
    path = {name: world[name] for name in ("project", "case", "grant", "offer", "file", "person")}
    parameters = "".join(f'"path.{name}" = {quoted(value)}\n' for name, value in path.items())
    secrets = "".join(
        f'[[operations]]\ninclude-path = {quoted(address)}\n[operations.checks.ignored_auth]\nenabled = false\n'
        for address in SECRETS
    )
    return f"""seed = {seed}
hooks = "api_hooks"
headers = {{ "Sec-Fetch-Site" = "same-origin" }}
continue-on-failure = true
workers = 2
request-timeout = 30.0

[auth.openapi.token]
bearer = {quoted(world["token"])}
[auth.openapi.session]
api_key = {quoted(world["session"])}
[auth.openapi.receipt]
bearer = {quoted(world["receipt"])}
[auth.openapi.link]
bearer = {quoted(world["link"])}

[parameters]
{parameters}
[generation]
max-examples = {examples}
deterministic = false
database = "none"
no-shrink = true

[checks]
enabled = true
# What fits the description and is refused for what it means (a person whom
# nobody knows, a policy that is none) is told apart by `understood` in
# api_hooks.py, which takes a refusal only if it says so.
positive_data_acceptance.enabled = false

[phases.fuzzing]
enabled = true
[phases.coverage]
enabled = true
[phases.examples]
enabled = true
[phases.stateful]
enabled = true
max-steps = {steps}

{secrets}
# This one ends the session that it comes with, so it has one of its own.
[[operations]]
include-path = "/api/v1/session"
include-method = "DELETE"
headers = {{ "Cookie" = {quoted("fixlead=" + world["leaving"])} }}
"""


def run(desk, world, document, name, *arguments, seed=SEED, examples=12, steps=6):
    """One comparison: whether it found nothing, and what it said."""
    place = os.path.join(desk.place.name, name)
    os.makedirs(place)
    with open(os.path.join(place, "document.json"), "w") as file:
        json.dump(document, file)
    with open(os.path.join(place, "schemathesis.toml"), "w") as file:
        file.write(configuration(world, seed, examples, steps))
    command = [
        os.path.join(os.path.dirname(sys.executable), "schemathesis"), "--config-file", "schemathesis.toml", "--no-color",
        "run", "document.json", "--url", desk.address, *arguments,
    ]
    environment = {**os.environ, "PYTHONPATH": HERE, "COLUMNS": "120"}
    done = subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def secrets_are_alike(desk, world):
    """What opens nothing is answered like what is not there, byte by byte."""
    nowhere = desk.ask("GET", "/api/v1/nothing", expected=404).body
    for address, kind in SECRETS.items():
        for method in ("GET", "POST"):
            for shows in ({}, {"Authorization": f"Bearer fixlead_{kind}_x"}, {"Authorization": f"Bearer {world['token']}"}):
                body = {"body": "x"} if method == "POST" else None
                answer = desk.ask(method, address, shows, body)
                if answer.status == 405:
                    continue
                if answer.status != 404 or answer.body != nowhere:
                    raise SystemExit(f"{method} {address} with {list(shows)} answers {answer.status}: {answer.body}")


def lied(document, lie):
    altered = copy.deepcopy(document)
    lie(altered)
    if altered == document:
        raise SystemExit("a lie of the negative control changes nothing")
    return altered


LIES = [
    ("a field of another type", "GET /api/v1/inbox", "Response violates schema",
     lambda document: document["components"]["schemas"]["CaseItem"]["properties"].update(opened={"type": "integer"})),
    ("a field that is not described", "GET /api/v1/inbox", "Response violates schema",
     lambda document: document["components"]["schemas"]["CaseItem"]["properties"].pop("title")),
    ("a page that is too large", "GET /api/v1/inbox", "understood",
     lambda document: [parameter["schema"].update(maximum=500)
                       for parameter in document["paths"]["/api/v1/inbox"]["get"]["parameters"]
                       if parameter["name"] == "limit"]),
    ("a status that is not described", "GET /api/v1/cases/{case}", "Undocumented HTTP status code",
     lambda document: document["paths"]["/api/v1/cases/{case}"]["get"]["responses"].pop("200")),
]


def main():
    command, seed = sys.argv[1], (sys.argv[2:] or [SEED])[0]
    began = time.monotonic()
    desk = Desk(command)
    try:
        world = desk.fill()
        document = closed(desk.ask("GET", "/api/v1/openapi.json", expected=200).json())
        secrets_are_alike(desk, world)
        # The lies first: what the comparison does to the desk would cover them.
        for name, operation, finding, lie in LIES:
            place = f"lie-{len(os.listdir(desk.place.name))}"
            code, said = run(desk, world, lied(document, lie), place, "--include-name", operation,
                             "--phases", "coverage,fuzzing", seed=seed)
            if code != 1 or finding not in said:
                raise SystemExit(f"negative control: {name} was not found\n{said}")
        print(f"{len(LIES)} lies in the description were found")
        code, said = run(desk, world, document, "whole", seed=seed)
        if code != 0:
            raise SystemExit(said)
        operations = sum(len(item) for item in document["paths"].values())
        summary = [line.strip() for line in said.splitlines() if "generated" in line or "passed" in line]
        broken = [line for line in desk.said().splitlines() if "panicked" in line]
        if broken:
            raise SystemExit("the desk panicked: " + broken[0])
        print(f"{operations} operations of the API are as described in {time.monotonic() - began:.0f} s, seed {seed}")
        print("\n".join(summary))
    finally:
        desk.stop()


if __name__ == "__main__":
    main()
