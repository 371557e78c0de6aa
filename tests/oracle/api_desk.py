"""A desk that was set up over its API: people, a project, a case with something
of everything in it. It runs on a port and in a directory of its own."""

import base64
import hashlib
import hmac
import json
import os
import struct
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from datetime import datetime, timedelta, timezone

PASSWORD = "four unrelated words here"
SCOPES = ["read", "post", "record", "intake", "directory", "audit"]
# What bounds a rate is looked at by the command's own tests; here it would only
# hide what a request is answered with otherwise.
CONFIGURATION = """listen = "127.0.0.1:0"
limits.reports-per-hour = 1000000
limits.reports-per-project = 1000000
limits.messages-per-hour = 1000000
limits.sign-ins-per-minute = 1000000
"""


# What everybody here calls themselves.
AGENT = "oracle"


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)


def code_of(secret):
    """What an authenticator shows that was told this secret (RFC 6238)."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
    place = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[place:place + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


class Desk:
    def __init__(self, command):
        self.place = tempfile.TemporaryDirectory(prefix="fixlead-api-")
        with open(os.path.join(self.place.name, "desk.toml"), "w") as file:
            file.write(CONFIGURATION)
        self.log = open(os.path.join(self.place.name, "log"), "wb")
        names = ("FIXLEAD_KEY", "FIXLEAD_DATABASE_URL", "CREDENTIALS_DIRECTORY", "NOTIFY_SOCKET")
        environment = {name: value for name, value in os.environ.items() if name not in names}
        self.process = subprocess.Popen(
            [command, "serve", "--config", "desk.toml"], cwd=self.place.name, env=environment,
            stdout=subprocess.PIPE, stderr=self.log, text=True)
        first, second = self.process.stdout.readline(), self.process.stdout.readline()
        if "http://" not in first or "/setup#" not in second:
            raise SystemExit(f"the desk did not start: {first}{second}{self.said()}")
        self.address = first.split()[-1]
        self.link = second.split("/setup#")[1].strip()
        self.count = 0

    def said(self):
        with open(os.path.join(self.place.name, "log"), errors="replace") as file:
            return file.read()

    def stop(self):
        self.process.terminate()
        self.process.wait(60)
        self.log.close()
        self.place.cleanup()

    def ask(self, method, path, who=None, body=None, expected=None, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        headers.update(who or {})
        data = None
        if isinstance(body, bytes):
            data = body
        elif body is not None:
            data = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        if method == "POST":
            self.count += 1
            headers.setdefault("Idempotency-Key", f"set-up-{self.count:08}")
        # A session belongs to the program that began it; whoever goes on with it says the same.
        headers = {"User-Agent": AGENT} | dict(headers or {})
        request = urllib.request.Request(self.address + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                answer = Answer(response.status, response.headers, response.read())
        except urllib.error.HTTPError as error:
            answer = Answer(error.code, error.headers, error.read())
        if expected is not None and answer.status != expected:
            raise SystemExit(f"{method} {path}: {answer.status} instead of {expected}: {answer.body.decode()}")
        return answer

    def post(self, path, who, body, expected=201, **headers):
        return self.ask("POST", path, who, body, expected, **headers).json()

    def enrol(self, link, login):
        """Somebody who came in by a link, and their recovery codes."""
        shows = {"Authorization": f"Bearer {link}"}
        welcome = self.ask("GET", "/api/v1/enrolment", shows, expected=200).json()
        sent = {"login": login, "password": PASSWORD, "code": code_of(welcome["totp_secret"])}
        enrolled = self.post("/api/v1/enrolment", shows, sent)
        return {"person": enrolled["person"], "login": login, "codes": enrolled["recovery_codes"]}

    def sign_in(self, member):
        """The headers of a new session."""
        sent = {"login": member["login"], "password": PASSWORD, "recovery_code": member["codes"].pop()}
        answer = self.ask("POST", "/api/v1/session", None, sent, 201)
        cookie = answer.headers["Set-Cookie"].split(";")[0]
        return {"Cookie": cookie, "Sec-Fetch-Site": "same-origin"}

    def invite(self, operator, name):
        link = self.post("/api/v1/invitations", operator, {"name": name})["link"]
        return self.enrol(link, f"{name}@example.org")

    def fill(self):
        """What there is to be asked about; the names it goes by."""
        olga = self.enrol(self.link, "olga@example.org")
        operator = self.sign_in(olga)
        organisation = self.post("/api/v1/organisations", operator, {"name": "Example"})["organisation"]
        sent = {"organisation": organisation, "name": "tool", "policy": "opentelemetry"}
        project = self.post("/api/v1/projects", operator, sent)["project"]
        ana, bo, eli = (self.invite(operator, name) for name in ("ana", "bo", "eli"))
        ana_shows, bo_shows = self.sign_in(ana), self.sign_in(bo)

        def role(person, role, reach, confirmed_by=None):
            sent = {"person": person["person"], "role": role, "reach": reach, "reason": "on the team"}
            offer = self.post("/api/v1/roles", operator, sent)["offer"]
            if confirmed_by:
                self.post(f"/api/v1/offers/{offer}/confirm", confirmed_by, {}, 200)

        role(ana, "responder", {"project": project})
        role(bo, "responder", {"project": project}, ana_shows)
        role(ana, "operator", "installation", bo_shows)
        at = f"/api/v1/projects/{project}"
        known = self.ask("GET", "/api/v1/directory", ana_shows, expected=200).headers["ETag"]
        self.post(f"{at}/rota", ana_shows, {"people": [ana["person"], bo["person"]]}, 200, If_Match=known)
        facts = {"branches": [{"name": "main", "class": "development"}, {"name": "release-1", "class": "supported"}]}
        known = self.ask("GET", "/api/v1/directory", ana_shows, expected=200).headers["ETag"]
        self.post(f"{at}/facts", ana_shows, {"facts": facts}, 200, If_Match=known)
        report = {"title": "a flaw in the parser", "body": "steps to reproduce", "credit": "Gus"}
        receipt = self.post(f"{at}/reports", None, report)["receipt"]
        self.post(f"{at}/reports", None, {"title": "another flaw", "body": "more steps"})
        items = self.ask("GET", "/api/v1/inbox", ana_shows, expected=200).json()["items"]
        case = next(item["case"] for item in items if item["title"] == report["title"])
        second = next(item["case"] for item in items if item["case"] != case)
        at = f"/api/v1/cases/{case}"
        self.post(f"{at}/lead", ana_shows, {})
        message = {"room": "internal", "body": "the parser reads past the end"}
        self.post(f"{at}/messages", ana_shows, message)
        self.post(f"{at}/messages", ana_shows, {"room": "reporter", "body": "we are looking into it"})
        self.post("/api/v1/report/messages", {"Authorization": f"Bearer {receipt}"}, {"body": "any news?"})
        self.post(f"{at}/notes", ana_shows, {"text": "see the fuzzer's log"})
        self.post(f"{at}/attachments?room=internal&name=proof.txt", ana_shows, b"proof")
        given = {"person": eli["person"], "role": "fix-team", "reason": "knows the parser"}
        grant = self.post(f"{at}/grants", ana_shows, given)["grant"]
        offer = self.post(f"{at}/hand-off", ana_shows, {"to": bo["person"], "reason": "away"})["offer"]
        affected = {"event": {"type": "affected.set", "branches": ["main", "release-1"]}}
        version = self.ask("GET", at, ana_shows, expected=200).headers["ETag"]
        self.post(f"{at}/events", ana_shows, affected, If_Match=version)
        view = self.ask("GET", at, ana_shows, expected=200).json()
        internal = next(room for room in view["rooms"] if room["room"] == "internal")
        ends = (datetime.now(timezone.utc) + timedelta(days=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
        sent = {"name": "comparison", "scopes": SCOPES, "ends": ends}
        token = self.post("/api/v1/tokens", ana_shows, sent)
        hook = {"reach": {"project": project}, "url": "https://hooks.example.invalid/in", "events": ["case.updated"]}
        webhook = self.post("/api/v1/webhooks", ana_shows, hook)["webhook"]
        message = self.post(f"/api/v1/webhooks/{webhook}/test", ana_shows, {}, 202)["message"]
        invited = self.post("/api/v1/invitations", operator, {"name": "fay"})["link"]
        proposed = {"person": eli["person"], "role": "responder", "reach": {"project": project}, "reason": "soon"}
        proposal = self.post("/api/v1/roles", operator, proposed)["offer"]
        seen = self.ask("GET", "/api/v1/directory", ana_shows, expected=200).json()
        role = next(role["grant"] for role in seen["roles"] if role["person"] == bo["person"])
        spare, shown, leaving = (self.sign_in(ana)["Cookie"].split("=", 1)[1] for _ in range(3))
        listed = self.ask("GET", "/api/v1/sessions", {"Cookie": f"fixlead={spare}"}, expected=200).json()["items"]
        return {
            "person": bo["person"], "people": [ana["person"], bo["person"], eli["person"]],
            "project": project, "organisation": organisation, "case": case, "second": second,
            "webhook": webhook, "message": message,
            "grant": grant, "offer": offer, "proposal": proposal, "role": role,
            "file": internal["files"][0]["blob"], "token": token["token"], "bearer": token["secret"],
            "session": next(item["session"] for item in listed if item["this"]),
            "shown": shown, "leaving": leaving, "receipt": receipt, "link": invited,
        }
