"""What schemathesis has to know of this API beside its description."""

import datetime
import hashlib
import json
import os
import re
import urllib.error
import urllib.request

import schemathesis
from hypothesis import strategies as st

WORLD = json.loads(os.environ["FIXLEAD_WORLD"])

# The profile of RFC 3339 that the desk reads (docs/formats/history.md): to a
# millisecond, from 1970 on, without leap seconds.
FIRST, LAST = datetime.datetime(1971, 1, 1), datetime.datetime(8999, 1, 1)
INSTANTS = st.datetimes(FIRST, LAST).map(lambda instant: instant.replace(microsecond=0).isoformat() + "Z")
schemathesis.openapi.format("date-time", INSTANTS)
schemathesis.openapi.format("date", st.dates(FIRST.date(), LAST.date()).map(lambda day: day.isoformat()))

# A request that fits the description may still mean what cannot be: it names
# somebody who is not there, or does again what was done. How it is written is
# all that a description promises, so these complaints are never taken.
HOW_IT_IS_WRITTEN = [
    r"^expected ", r"unknown field", r"the field `.*` is missing", r"this key stands twice", r"the field `.*` stands twice", r"is none of",
    r"is not JSON", r"not UTF-8", r"out of (its )?range", r"too large$", r"nested deeper", r"more than \d+ values",
    r"needs content: write", r"too many items", r"an id (has|is made of|begins)", r"is not an instant", r"is not a date",
    r"lies outside the years", r"a day is written like", r"longer than 300 letters", r"the text is empty",
    r"control or direction characters", r"unknown word", r"unknown name after", r"after `\?`", r"the header `",
    r"`limit` is", r"`shelf` is", r"`room` is", r"`project` is", r"`name` is", r"no such scope", r"send either",
    r"unknown event type",
]


def is_positive(case):
    return case.meta is not None and case.meta.generation.mode.is_positive


def coin(case):
    """Heads or tails, the same for the same request."""
    return hashlib.sha256(repr((case.path, case.body)).encode()).digest()[0] % 2 == 0


def named(value, key=None):
    """The same, with ids that name somebody or something."""
    if isinstance(value, dict):
        return {name: named(item, name) for name, item in value.items()}
    if isinstance(value, list):
        return [named(item, key) for item in value]
    known = {"person": "person", "to": "person", "people": "person", "organisation": "organisation", "project": "project"}
    return WORLD[known[key]] if key in known and isinstance(value, str) and len(value) == 26 else value


@schemathesis.hook
def before_call(context, case, kwargs):
    """Has every other request that fits name what is there, so that it gets further."""
    if not is_positive(case) or not coin(case):
        return
    if isinstance(case.body, dict):
        case.body = named(case.body)
    if case.headers and "If-Match" in case.headers and "case" in (case.path_parameters or {}):
        address = f"{WORLD['address']}/api/v1/cases/{case.path_parameters['case']}"
        shows = {"User-Agent": "oracle", "Cookie": "fixlead=" + WORLD["shown"]}
        try:
            with urllib.request.urlopen(urllib.request.Request(address, headers=shows), timeout=60) as response:
                case.headers["If-Match"] = response.headers["ETag"]
        except urllib.error.HTTPError:
            # The case was erased, or taken over by a project that she may not see.
            pass


@schemathesis.check
def understood(ctx, response, case):
    """Takes no refusal of what fits the description that is about how it is written."""
    # What fills an optional header without regard to its pattern is no request that fits.
    if not re.fullmatch(r'"[0-9]{1,18}"', (case.headers or {}).get("If-Match", '"0"')):
        return
    if not is_positive(case) or response.status_code not in (400, 415, 422):
        return
    document = response.json()
    said = [(error["pointer"], error["message"]) for error in document.get("errors", [])]
    if document["type"] not in ("/problems/invalid", "/problems/repeated-with-other-content"):
        raise AssertionError(f"understood: refused although it fits the description: {document['detail']}")
    for pointer, message in said:
        if any(re.search(how, message) for how in HOW_IT_IS_WRITTEN):
            place = pointer or "the request"
            raise AssertionError(f"understood: refused although it fits the description: {place}: {message}")
