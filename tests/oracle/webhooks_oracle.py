"""Checks what a desk sends to webhooks; webhooks.sh says how it is run."""

import http.server
import json
import subprocess
import sys
import threading
import time

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

import api_desk

EVENTS = ["report.received", "case.updated", "case.released", "case.closed", "duty.due-soon", "duty.overdue"]
# What is in the reports, and may be in no message.
CANARIES = ("canary", "parser", "Gus", "ana", "example.org")


class Receiver(http.server.BaseHTTPRequestHandler):
    heard = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        Receiver.heard.append((dict(self.headers.items()), body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


def until(what, look):
    began = time.monotonic()
    while time.monotonic() - began < 60:
        found = look()
        if found:
            return found
        time.sleep(0.1)
    raise SystemExit(f"{what} did not come; heard {[body for _, body in Receiver.heard]}")


def accepted(secret, headers, body):
    try:
        Webhook(secret).verify(body, headers)
        return True
    except WebhookVerificationError:
        return False


def altered(headers, body):
    """The message with one thing about it changed, each in turn."""
    name = {key.lower(): key for key in headers}
    yield "body", headers, body.replace(b'"type"', b'"tyqe"')
    yield "id", {**headers, name["webhook-id"]: headers[name["webhook-id"]][:-1] + "_"}, body
    later = str(int(headers[name["webhook-timestamp"]]) + 1)
    yield "timestamp", {**headers, name["webhook-timestamp"]: later}, body
    signature = headers[name["webhook-signature"]]
    other = "v1," + ("A" if signature[3] != "A" else "B") + signature[4:].split(" ")[0]
    yield "signature", {**headers, name["webhook-signature"]: other}, body
    yield "version", {**headers, name["webhook-signature"]: signature.replace("v1,", "v9,")}, body


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    api_desk.CONFIGURATION += 'webhook.allowed-networks = ["127.0.0.1"]\n'
    desk = api_desk.Desk(sys.argv[1])
    try:
        olga = desk.enrol(desk.link, "olga@example.org")
        operator = desk.sign_in(olga)
        organisation = desk.post("/api/v1/organisations", operator, {"name": "Example"})["organisation"]
        # A ladder whose first rung lies a second after a case is opened.
        policy = subprocess.run([sys.argv[1], "policy", "show", "opentelemetry"], check=True, capture_output=True, text=True).stdout
        policy += '\n[[ladder]]\nid = "hurried"\nclauses = ["OT-23"]\nduties = ["fix-team"]\nbefore = ["PT23H59M59S"]\nsay = "At once."\n'
        sent = {"organisation": organisation, "name": "tool", "policy": policy}
        project = desk.post("/api/v1/projects", operator, sent)["project"]
        ana = desk.invite(operator, "ana")
        shows = desk.sign_in(ana)
        role = {"person": ana["person"], "role": "responder", "reach": {"project": project}, "reason": "on the team"}
        desk.post("/api/v1/roles", operator, role)
        add = {"reach": {"project": project}, "url": f"http://127.0.0.1:{server.server_port}/in", "events": EVENTS}
        made = desk.post("/api/v1/webhooks", shows, add)
        at, first = f"/api/v1/webhooks/{made['webhook']}", made["secret"]
        report = {"title": "canary in the parser", "body": "canary-body", "credit": "Gus"}
        desk.post(f"/api/v1/projects/{project}/reports", None, report)
        until("a report and a reminder", lambda: len(Receiver.heard) >= 2)
        second = desk.post(f"{at}/secret", shows, {}, 200)["secret"]
        before = len(Receiver.heard)
        desk.post(f"{at}/test", shows, {}, 202)
        until("a test", lambda: len(Receiver.heard) > before)
        heard = list(Receiver.heard)
        refused = 0
        for place, (headers, body) in enumerate(heard):
            if not accepted(first, headers, body):
                raise SystemExit(f"the library refuses {headers} {body}")
            # Once there are two secrets, either of them is enough.
            if accepted(second, headers, body) != (place >= before):
                raise SystemExit(f"the second secret signs at the wrong time: {headers}")
            if accepted("whsec_" + "A" * 43 + "=", headers, body):
                raise SystemExit("the library takes any secret")
            for what, headers_then, body_then in altered(headers, body):
                if accepted(first, headers_then, body_then) or accepted(second, headers_then, body_then):
                    raise SystemExit(f"a message with another {what} is taken")
                refused += 1
            document = json.loads(body)
            if set(document) != {"type", "timestamp", "data"}:
                raise SystemExit(f"no envelope of Standard Webhooks: {document}")
            for canary in CANARIES:
                if canary in body.decode():
                    raise SystemExit(f"a message tells {canary}: {body}")
        kinds = sorted({json.loads(body)["type"] for _, body in heard})
        if not {"report.received", "webhook.test"} <= set(kinds) or not any(kind.startswith("duty.") for kind in kinds):
            raise SystemExit(f"only {kinds} came")
        print(f"{len(heard)} messages ({', '.join(kinds)}) taken, {refused} altered ones refused by standardwebhooks")
    finally:
        desk.stop()


if __name__ == "__main__":
    main()
