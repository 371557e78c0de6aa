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
    "/api/v1/report/credit": "receipt",
    "/api/v1/report/messages": "receipt",
    "/api/v1/report/timestamp": "receipt",
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


def table(pairs):
    return "{ " + ", ".join(f"{quoted(name)} = {quoted(value)}" for name, value in pairs.items()) + " }"


def configuration(world, seed, examples, steps):
    """The file that schemathesis is set up by."""
    path = {f"path.{name}": world[name] for name in ("project", "case", "grant", "offer", "file", "person", "session", "token", "webhook", "message")}
    # These name something of the directory by a word that also names something
    # of a case; and what is closed in between would hide the rest.
    other = {
        "/api/v1/roles/{grant}/revoke": {"path.grant": world["role"]},
        "/api/v1/offers/{offer}/confirm": {"path.offer": world["proposal"]},
        "/api/v1/cases/{case}/close": {"path.case": world["second"]},
        "/api/v1/cases/{case}/reopen": {"path.case": world["second"]},
    }
    operations = [f"include-path = {quoted(address)}\nparameters = {table(own)}\n" for address, own in other.items()]
    # Whoever shows no receipt or link is answered 404, not 401; `secrets_are_alike`
    # looks at that, byte by byte.
    operations += [
        f"include-path = {quoted(address)}\nchecks.ignored_auth.enabled = false\n"
        "checks.missing_required_header.enabled = false\n"
        for address in SECRETS
    ]
    # This ends the session that it comes with, so it has one of its own.
    operations.append(
        'include-path = "/api/v1/session"\ninclude-method = "DELETE"\n'
        f'headers = {table({"User-Agent": "oracle", "Cookie": "fixlead=" + world["leaving"]})}\n'
    )
    return f"""seed = {seed}
hooks = "api_hooks"
headers = {{ "Sec-Fetch-Site" = "same-origin", "User-Agent" = "oracle" }}
continue-on-failure = true
# Two would be quicker, and trip over each other in Python 3.11's own parser.
workers = 1
request-timeout = 60.0
warnings = false

[auth.openapi.session]
api_key = {quoted(world["shown"])}
[auth.openapi.receipt]
bearer = {quoted(world["receipt"])}
[auth.openapi.link]
bearer = {quoted(world["link"])}

[parameters]
{"".join(f"{quoted(name)} = {quoted(value)}" + chr(10) for name, value in path.items())}
[generation]
max-examples = {examples}
database = "none"
no-shrink = true

[checks]
enabled = true
# What fits the description and is refused for what it means (a person whom
# nobody knows, a policy that is none) is told apart by `understood` in
# api_hooks.py, which takes no refusal for how a request is written.
positive_data_acceptance.enabled = false
# 428 is how RFC 6585 has it for a version that is missing.
missing_required_header.expected-statuses = [401, 403, 415, 422, 428]

[phases.stateful]
max-steps = {steps}

{"".join("[[operations]]" + chr(10) + operation for operation in operations)}"""


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
    environment = {
        **os.environ, "PYTHONPATH": HERE, "COLUMNS": "120", "FIXLEAD_WORLD": json.dumps({"address": desk.address, **world}),
    }
    done = subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def secrets_are_alike(desk, world):
    """What opens nothing is answered like what is not there, byte by byte."""
    nowhere = desk.ask("GET", "/api/v1/nothing", expected=404).body
    for address, kind in SECRETS.items():
        for method in ("GET", "POST"):
            for shows in ({}, {"Authorization": f"Bearer fixlead_{kind}_x"}, {"Authorization": f"Bearer {world['bearer']}"}):
                body = {"body": "x"} if method == "POST" else None
                answer = desk.ask(method, address, shows, body)
                if answer.status == 405:
                    continue
                if answer.status != 404 or answer.body != nowhere:
                    raise SystemExit(f"{method} {address} with {list(shows)} answers {answer.status}: {answer.body}")


def both_ways_in(desk, world, document):
    """What can be read with a session can be read with a token, unless it needs a person; nobody reads it."""
    session, token = {"User-Agent": "oracle", "Cookie": "fixlead=" + world["shown"]}, {"Authorization": f"Bearer {world['bearer']}"}
    read = 0
    for path, item in document["paths"].items():
        if "get" not in item or "security" in item["get"] or not path.startswith("/api/"):
            continue
        needed = [parameter for parameter in item["get"].get("parameters", []) if parameter["in"] == "path"]
        if any(parameter["name"] not in world for parameter in needed):
            continue
        for parameter in needed:
            path = path.replace("{" + parameter["name"] + "}", world[parameter["name"]])
        seen = [desk.ask("GET", path, shows).status for shows in (session, token, {})]
        if seen[1] not in (seen[0], 403) or seen[2] != 401:
            raise SystemExit(f"GET {path} answers session, token and nobody with {seen}")
        read += seen[1] == 200
    if read < 5:
        raise SystemExit(f"with a token only {read} addresses can be read")


def lied(document, lie):
    altered = copy.deepcopy(document)
    lie(altered)
    if altered == document:
        raise SystemExit("a lie of the negative control changes nothing")
    return altered


def without_title(document):
    item = document["components"]["schemas"]["CaseItem"]
    item["properties"].pop("title")
    item["required"].remove("title")


def pages_of_500(document):
    for parameter in document["paths"]["/api/v1/inbox"]["get"]["parameters"]:
        if parameter["name"] == "limit":
            parameter["schema"]["maximum"] = 500


# What is falsified, where it is seen, and what says so.
LIES = [
    ("a field of another type", "GET /api/v1/inbox", "ST108",
     lambda document: document["components"]["schemas"]["CaseItem"]["properties"].update(opened={"type": "integer"})),
    ("a field that is not described", "GET /api/v1/inbox", "ST108", without_title),
    ("a page that is too large", "GET /api/v1/inbox", "understood: refused", pages_of_500),
    ("a status that is not described", "GET /api/v1/cases/{case}", "ST103",
     lambda document: document["paths"]["/api/v1/cases/{case}"]["get"]["responses"].pop("200")),
    ("a header that is not given", "GET /api/v1/inbox", "ST107",
     lambda document: document["paths"]["/api/v1/inbox"]["get"]["responses"]["200"]["headers"].update(
         {"X-Total": {"required": True, "schema": {"type": "integer"}}})),
]


def main():
    command, seed = sys.argv[1], (sys.argv[2:] or [SEED])[0]
    began = time.monotonic()
    desk = Desk(command)
    try:
        world = desk.fill()
        document = closed(desk.ask("GET", "/api/v1/openapi.json", expected=200).json())
        secrets_are_alike(desk, world)
        both_ways_in(desk, world, document)
        # The lies first: what the comparison does to the desk would cover them.
        for name, operation, finding, lie in LIES:
            place = f"lie-{len(os.listdir(desk.place.name))}"
            false = lied(document, lie)
            # What narrows a list leaves nothing in it to see the lie by.
            inbox = false["paths"]["/api/v1/inbox"]["get"]
            inbox["parameters"] = [one for one in inbox["parameters"] if one["name"] not in ("whose", "severity", "project")]
            code, said = run(desk, world, false, place, "--include-name", operation,
                             "--phases", "fuzzing", seed=seed, examples=80)
            if code != 1 or finding not in said:
                raise SystemExit(f"negative control: {name} was not found\n{said}")
        print(f"{len(LIES)} lies in the description were found")
        code, said = run(desk, world, document, "whole", seed=seed)
        if code != 0:
            raise SystemExit(said)
        # Whoever was signed out in between would have seen nothing but 401.
        desk.ask("GET", "/api/v1/session", {"User-Agent": "oracle", "Cookie": "fixlead=" + world["shown"]}, expected=200)
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
