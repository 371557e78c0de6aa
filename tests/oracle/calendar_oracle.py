"""Reads the calendar that a desk writes; calendar.sh says how it is run."""

import sys
from datetime import datetime, timedelta, timezone

import icalendar

import api_desk


def fail(what):
    raise SystemExit(what)


def events(text):
    """The events of a calendar, as icalendar reads them."""
    if any(len(line) > 75 for line in text.split(b"\r\n")):
        fail("a line is longer than 75 octets")
    if text.replace(b"\r\n", b"").count(b"\n") or not text.endswith(b"END:VCALENDAR\r\n"):
        fail("lines end otherwise than with CR LF")
    calendar = icalendar.Calendar.from_ical(text)
    for name in ("VERSION", "PRODID"):
        if name not in calendar:
            fail(f"the calendar has no {name}")
    if calendar.errors:
        fail(f"icalendar complains: {calendar.errors}")
    found = list(calendar.walk("VEVENT"))
    for event in found:
        for name in ("UID", "DTSTAMP", "DTSTART", "SUMMARY"):
            if name not in event:
                fail(f"an event has no {name}")
        if event.errors or event.decoded("DTSTART").utcoffset() != timedelta(0):
            fail(f"an event is not in UTC, or wrong: {event.errors}")
    uids = [str(event["UID"]) for event in found]
    if len(set(uids)) != len(uids):
        fail("two events have one UID")
    return found


def main():
    desk = api_desk.Desk(sys.argv[1])
    try:
        names = desk.fill()
        ana = {"Cookie": f"fixlead={names['shown']}", "Sec-Fetch-Site": "same-origin"}
        bearer = {"Authorization": f"Bearer {names['bearer']}"}
        ends = (datetime.now(timezone.utc) + timedelta(days=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
        sent = {"name": "phone", "scopes": ["calendar"], "ends": ends}
        made = desk.post("/api/v1/tokens", ana, sent)
        at = f"/calendar/{made['secret']}.ics"

        answer = desk.ask("GET", at, expected=200)
        if not answer.headers["Content-Type"].startswith("text/calendar"):
            fail(f"it says that it is {answer.headers['Content-Type']}")
        found = events(answer.body)
        evaluation = desk.ask("GET", f"/api/v1/cases/{names['case']}/evaluation", bearer, expected=200).json()
        open_states = ("open", "held", "overdue")
        dues = {duty["due"] for duty in evaluation["duties"] if duty["state"] in open_states and duty["due"]}
        starts = {event.decoded("DTSTART") for event in found}
        for due in dues:
            exact = datetime.fromisoformat(due.replace("Z", "+00:00")).replace(microsecond=0)
            if exact not in starts:
                fail(f"{due} is missing among {sorted(starts)}")
        if not dues:
            fail("nothing was due, so nothing was compared")
        text = answer.body.decode().replace("\r\n ", "")
        secrets = [names["case"], names["second"], names["project"], "parser", "flaw", "fix-complete", "overview", "Gus"]
        for secret in secrets:
            if secret in text:
                fail(f"the calendar tells {secret}")

        # The address opens nothing but the calendar, and other tokens no calendar.
        own = {"Authorization": f"Bearer {made['secret']}"}
        for path in (f"/api/v1/cases/{names['case']}", "/api/v1/tokens", "/api/v1/directory"):
            if desk.ask("GET", path, own).status == 200:
                fail(f"the token of a calendar reads {path}")
        listed = desk.ask("GET", "/api/v1/inbox", own)
        if listed.status == 200 and listed.json()["items"]:
            fail("the token of a calendar lists cases")
        other = desk.ask("GET", f"/calendar/{names['bearer']}.ics")
        if other.status == 200 and events(other.body):
            fail("a token without the scope reads a calendar")
        # What is planned is there, and what a public case has is said.
        before = len(found)
        version = desk.ask("GET", f"/api/v1/cases/{names['case']}", bearer, expected=200).headers["ETag"]
        release = (datetime.now(timezone.utc) + timedelta(days=9)).strftime("%Y-%m-%dT16:00:00Z")
        planned = {"event": {"type": "release.scheduled", "for": release}, "source": "done"}
        desk.post(f"/api/v1/cases/{names['case']}/events", ana, planned, If_Match=version)
        found = events(desk.ask("GET", at, expected=200).body)
        summaries = [str(event["SUMMARY"]) for event in found]
        if len(found) <= before or "Fixlead: release step" not in summaries:
            fail(f"the planned release is not among {summaries}")
        desk.ask("DELETE", f"/api/v1/tokens/{made['token']}", ana, expected=204)
        desk.ask("GET", at, expected=404)
        desk.ask("GET", "/calendar/nothing.ics", expected=404)
        print(f"{len(found)} events read by icalendar {icalendar.__version__}; {len(dues)} dues compared")
    finally:
        desk.stop()


if __name__ == "__main__":
    main()
