"""A stand-in for CVE Services: the part of its API, version 2, that a CNA works with.

It enforces what the published description demands: the three headers, who owns an id,
the states that an id goes through, the quota, and the schema of a container, which
comes with PyPI `cvelib`. Started with no port it takes a free one and prints it.

    python3 cve_services.py [PORT]
"""

import json
import sys
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from urllib.parse import parse_qs, urlparse

from cvelib.cve_api import CveRecord, CveRecordValidationError

PAGE = 3
ORGS = {
    "example": {"UUID": "3fa85f64-5717-4562-b3fc-2c963f66afa6", "short_name": "example", "quota": 10},
    "other": {"UUID": "6ba7b810-9dad-41d1-80b4-00c04fd430c8", "short_name": "other", "quota": 10},
}
USERS = {("example", "ana@example.org"): "key-of-ana", ("other", "eve@other.org"): "key-of-eve"}
IDS, RECORDS, LOCK = {}, {}, Lock()


class Refused(Exception):
    def __init__(self, status, error, message, **more):
        self.status, self.body = status, {"error": error, "message": message, **more}


def now():
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def reserved(org):
    return sum(1 for one in IDS.values() if one["owning_cna"] == org and one["state"] == "RESERVED")


class Services(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.answer("GET")

    def do_POST(self):
        self.answer("POST")

    def do_PUT(self):
        self.answer("PUT")

    def answer(self, method):
        length = int(self.headers.get("content-length") or 0)
        sent = self.rfile.read(length)
        try:
            with LOCK:
                status, body = 200, self.route(method, sent)
        except Refused as refused:
            status, body = refused.status, refused.body
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json; charset=utf-8")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def who(self):
        headers = {}
        for name in ("CVE-API-ORG", "CVE-API-USER", "CVE-API-KEY"):
            headers[name] = self.headers.get(name)
            if not headers[name]:
                raise Refused(400, "BAD_REQUEST", f"{name} header field required")
        org, user = headers["CVE-API-ORG"], headers["CVE-API-USER"]
        if USERS.get((org, user)) != headers["CVE-API-KEY"]:
            raise Refused(401, "UNAUTHORIZED", "Unauthorized")
        return org, user

    def route(self, method, sent):
        address = urlparse(self.path)
        asked = {name: values[-1] for name, values in parse_qs(address.query).items()}
        parts = address.path.strip("/").split("/")
        if parts[0] != "api":
            raise Refused(404, "NOT_FOUND", "no such address")
        match [method, *parts[1:]]:
            case ["GET", "health-check"]:
                return {}
            case ["GET", "cve", id]:
                if id not in RECORDS:
                    raise Refused(404, "CVE_RECORD_DNE", f"The cve record for the cve id '{id}' does not exist.")
                return RECORDS[id]
        org, user = self.who()
        match [method, *parts[1:]]:
            case ["GET", "org", name]:
                self.same(org, name)
                return {key: ORGS[name][key] for key in ("UUID", "short_name")}
            case ["GET", "org", name, "id_quota"]:
                self.same(org, name)
                quota, taken = ORGS[name]["quota"], reserved(name)
                return {"id_quota": quota, "total_reserved": taken, "available": quota - taken}
            case ["GET", "cve-id"]:
                return self.listed(org, asked)
            case ["POST", "cve-id"]:
                return self.reserve(org, user, asked)
            case ["GET", "cve-id", id]:
                return self.own(org, id)
            case ["PUT", "cve-id", id]:
                return self.change(org, id, asked)
            case ["POST" | "PUT", "cve", id, "cna" | "reject" as what]:
                return self.record(method, org, user, id, what, sent)
        raise Refused(404, "NOT_FOUND", "no such address")

    def same(self, org, name):
        if org != name:
            raise Refused(403, "NOT_SAME_ORG_OR_SECRETARIAT", "This information can only be viewed by the users of the same organization or the Secretariat.")

    def own(self, org, id):
        if id not in IDS:
            raise Refused(404, "CVE_ID_DNE", f"The CVE ID '{id}' does not exist.")
        if IDS[id]["owning_cna"] != org:
            raise Refused(403, "UNAUTHORIZED", f"The organization '{org}' does not own {id}.")
        return IDS[id]

    def listed(self, org, asked):
        found = [one for one in IDS.values() if one["owning_cna"] == org]
        if "state" in asked:
            if asked["state"] not in ("RESERVED", "PUBLISHED", "REJECTED"):
                raise Refused(400, "BAD_INPUT", "Parameters were invalid")
            found = [one for one in found if one["state"] == asked["state"]]
        if "cve_id_year" in asked:
            found = [one for one in found if one["cve_year"] == asked["cve_id_year"]]
        if len(found) <= PAGE:
            return {"cve_ids": found}
        page = int(asked.get("page", 1))
        pages = -(-len(found) // PAGE)
        return {
            "totalCount": len(found), "itemsPerPage": PAGE, "pageCount": pages, "currentPage": page,
            "prevPage": page - 1 if page > 1 else None, "nextPage": page + 1 if page < pages else None,
            "cve_ids": found[(page - 1) * PAGE : page * PAGE],
        }

    def reserve(self, org, user, asked):
        missing = [name for name in ("cve_year", "amount", "short_name") if not asked.get(name)]
        if missing:
            raise Refused(400, "BAD_INPUT", "Parameters were invalid", details=[{"param": name, "msg": "Invalid value"} for name in missing])
        self.same(org, asked["short_name"])
        if not asked["amount"].isdigit() or int(asked["amount"]) < 1:
            raise Refused(400, "INVALID_AMOUNT", "The amount is not a positive number.")
        amount, year = int(asked["amount"]), asked["cve_year"]
        if amount > 1 and asked.get("batch_type") not in ("sequential", "nonsequential"):
            raise Refused(400, "NO_BATCH_TYPE", "The batch_type must be sequential or nonsequential.")
        if reserved(org) + amount > ORGS[org]["quota"]:
            raise Refused(403, "EXCEEDED_ID_QUOTA", f"You have exceeded your organization's quota of {ORGS[org]['quota']}.")
        step = 7 if asked.get("batch_type") == "nonsequential" else 1
        number = 1000 + step * len(IDS) + len(IDS)
        ids = []
        for place in range(amount):
            while f"CVE-{year}-{number + place * step}" in IDS:
                number += 1
            id = f"CVE-{year}-{number + place * step}"
            IDS[id] = {
                "cve_id": id, "cve_year": year, "owning_cna": org, "state": "RESERVED", "reserved": now(),
                "requested_by": {"cna": org, "user": user}, "time": {"created": now(), "modified": now()},
            }
            ids.append(IDS[id])
        return {"cve_ids": ids, "meta": {"remaining_quota": ORGS[org]["quota"] - reserved(org)}}

    def change(self, org, id, asked):
        one = self.own(org, id)
        if not asked or set(asked) - {"org", "state"}:
            raise Refused(400, "BAD_INPUT", "Parameters were invalid")
        if "org" in asked:
            if asked["org"] not in ORGS:
                raise Refused(404, "ORG_DNE_PARAM", f"The '{asked['org']}' organization does not exist.")
            one["owning_cna"] = asked["org"]
        if "state" in asked:
            if id in RECORDS or asked["state"] not in ("RESERVED", "REJECTED"):
                raise Refused(400, "BAD_INPUT", "Parameters were invalid")
            one["state"] = asked["state"]
        return {"message": f"{id} was successfully updated.", "updated": one}

    def record(self, method, org, user, id, what, sent):
        one = self.own(org, id)
        try:
            body = json.loads(sent)
        except ValueError:
            raise Refused(400, "BAD_INPUT", "The body is no JSON.")
        if set(body) != {"cnaContainer"}:
            raise Refused(400, "BAD_INPUT", "cnaContainer is required, and nothing else")
        container = body["cnaContainer"]
        schema = CveRecord.Schemas.CNA_PUBLISHED if what == "cna" else CveRecord.Schemas.CNA_REJECTED
        try:
            CveRecord.validate(container, schema)
        except CveRecordValidationError as wrong:
            errors = [{"instancePath": "/" + "/".join(map(str, error.path)), "message": error.message[:200]} for error in wrong.errors]
            raise Refused(400, "INVALID_JSON_SCHEMA", "CVE JSON schema validation FAILED.", details={"errors": errors})
        if container["providerMetadata"]["orgId"] != ORGS[org]["UUID"]:
            raise Refused(400, "BAD_INPUT", "orgId is not that of the organization")
        if method == "POST" and id in RECORDS:
            raise Refused(403, "CVE_RECORD_EXISTS", f"The cve record for the cve id '{id}' already exists.")
        if method == "PUT" and id not in RECORDS:
            raise Refused(403, "CVE_RECORD_DNE", f"The cve record for the cve id '{id}' does not exist.")
        if what == "cna" and one["state"] == "REJECTED":
            raise Refused(400, "BAD_INPUT", f"{id} is rejected")
        one["state"] = "PUBLISHED" if what == "cna" else "REJECTED"
        container["providerMetadata"].update(shortName=org, dateUpdated=now())
        RECORDS[id] = {
            "dataType": "CVE_RECORD", "dataVersion": "5.1",
            "cveMetadata": {"cveId": id, "assignerOrgId": ORGS[org]["UUID"], "state": one["state"], "serial": RECORDS.get(id, {}).get("cveMetadata", {}).get("serial", 0) + 1},
            "containers": {"cna": container},
        }
        done = "created" if method == "POST" else "updated"
        return {"message": f"{id} record was successfully {done}.", done: RECORDS[id]}


def serve(port=0):
    return ThreadingHTTPServer(("127.0.0.1", port), Services)


if __name__ == "__main__":
    server = serve(int(sys.argv[1]) if len(sys.argv) > 1 else 0)
    print(server.server_address[1], flush=True)
    server.serve_forever()
