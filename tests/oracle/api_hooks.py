"""What schemathesis has to know of this API beside its description."""

import json
import re

import schemathesis
from hypothesis import strategies as st

# The profile of RFC 3339 that the desk reads (docs/formats/history.md): to a
# millisecond, from 1970 on, without leap seconds.
schemathesis.openapi.format(
    "date-time",
    st.datetimes(
        min_value=__import__("datetime").datetime(1971, 1, 1), max_value=__import__("datetime").datetime(8999, 1, 1),
    ).map(lambda instant: instant.replace(microsecond=0).isoformat() + "Z"),
)
schemathesis.openapi.format(
    "date",
    st.dates(
        min_value=__import__("datetime").date(1971, 1, 1), max_value=__import__("datetime").date(8999, 1, 1),
    ).map(lambda day: day.isoformat()),
)

# A request that fits the description may still mean what cannot be. Each line
# is what such a refusal says, and why no description can rule it out.
MEANINGS = [
    # It names what is not there, or is not so now.
    r"nobody here is called so", r"there is no such", r"is not one of",
]


@schemathesis.check
def understood(ctx, response, case):
    """Takes a refusal of what fits the description only if it is about what it means."""
    if case.meta is None or not case.meta.generation.mode.is_positive or response.status_code != 422:
        return
    document = response.json()
    for error in document.get("errors", []):
        if not any(re.search(meaning, error["message"]) for meaning in MEANINGS):
            place = error["pointer"] or "the request"
            raise AssertionError(f"understood: refused although it fits the description: {place}: {error['message']}")


def json_of(text):
    return json.loads(text)
