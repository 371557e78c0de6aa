"""`fixlead cve` beside PyPI `cvelib` at one stand-in; see cve.sh."""

import json
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import requests
from cvelib.cve_api import CveApi

import cve_services

BINARY = sys.argv[1]
server = cve_services.serve()
threading.Thread(target=server.serve_forever, daemon=True).start()
URL = f"http://127.0.0.1:{server.server_address[1]}/api"
peer = CveApi(username="ana@example.org", org="example", api_key="key-of-ana", url=URL + "/")
ANA = {"CVE_ORG": "example", "CVE_USER": "ana@example.org", "CVE_API_KEY": "key-of-ana", "CVE_API_URL": URL}

SOURCE = """id = "one"
cve = "%s"
title = "Striped headers stop the parser"
summary = "%s"
description = "A header in stripes stops the parser."
published = 2026-01-01T00:00:00Z
cwe = ["CWE-20"]
[[score]]
vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"
[[affected]]
package = "pkg:cargo/parser"
status = "affected"
[[affected.range]]
introduced = "0"
fixed = "1.2.0"
[[reference]]
kind = "fix"
url = "https://example.org/fix"
[publisher]
name = "Example"
namespace = "https://example.org"
category = "vendor"
"""


def run(*arguments, code=0, who=ANA, text=None):
    done = subprocess.run([BINARY, "cve", *arguments], capture_output=True, text=True, env={**os.environ, **who}, input=text)
    said = done.stdout + done.stderr
    assert done.returncode == code, (arguments, done.returncode, said)
    assert "key-of" not in said, said
    return json.loads(done.stdout) if "--json" in arguments else said


def refused(call, status):
    try:
        call()
    except requests.HTTPError as error:
        assert error.response.status_code == status, error.response.text
        return error.response.json()["error"]
    raise AssertionError("it was not refused")


# The stand-in does what the peer expects of the service, refusals included.
assert peer.ping() is None
assert peer.quota() == {"id_quota": 10, "total_reserved": 0, "available": 10}
[first] = [one["cve_id"] for one in peer.reserve(1, False, "2026")["cve_ids"]]
assert peer.show_cve_id(first)["state"] == "RESERVED"
assert refused(lambda: CveApi("ana@example.org", "example", "wrong", url=URL + "/").quota(), 401) == "UNAUTHORIZED"
assert refused(lambda: peer.reserve(11, False, "2026"), 403) == "EXCEEDED_ID_QUOTA"
assert requests.get(URL + "/cve-id").status_code == 400

# Both reserve, and each sees the ids of both.
assert run("quota", "--json") == {"quota": 10, "reserved": 1, "available": 9}
mine = run("reserve", "4", "--year", "2026", "--json")
assert len(mine["ids"]) == 4 and mine["available"] == 5, mine
scattered = run("reserve", "2", "--year", "2025", "--scattered", "--json")["ids"]
numbers = [int(id.split("-")[2]) for id in scattered]
assert numbers[1] - numbers[0] > 1, "they are scattered"
both = [one["cve_id"] for one in peer.list_cves()]
listed = run("list", "--json")["items"]
assert [one["id"] for one in listed] == both and len(both) == 7, (listed, both)
assert [one["id"] for one in run("list", "--year", "2025", "--state", "reserved", "--json")["items"]] == scattered
assert "EXCEEDED_ID_QUOTA" in run("reserve", "4", "--year", "2026", code=1)
assert "do not know these credentials" in run("quota", code=1, who={**ANA, "CVE_API_KEY": "key-of-nobody"})
assert "CVE_ORG" in run("quota", code=2, who={**ANA, "CVE_ORG": ""})
assert "not encrypted" in run("quota", code=2, who={**ANA, "CVE_API_URL": "http://cve.example.org/api"})

with tempfile.TemporaryDirectory() as place:
    source = Path(place, "CASE.toml")
    id = mine["ids"][0]
    # A record is published once, and then written anew; the peer reads what was written.
    source.write_text(SOURCE % (id, "It stops."))
    run("update", str(source), code=1)
    run("publish", str(source))
    record = peer.show_cve_record(id)
    assert record["containers"]["cna"]["title"] == "Striped headers stop the parser"
    assert record["containers"]["cna"]["providerMetadata"]["orgId"] == cve_services.ORGS["example"]["UUID"]
    assert peer.show_cve_id(id)["state"] == "PUBLISHED"
    assert "update it" in run("publish", str(source), code=1)
    source.write_text((SOURCE % (id, "It stops.")).replace("Striped", "Spotted"))
    run("update", "-", text=source.read_text())
    assert peer.show_cve_record(id)["containers"]["cna"]["title"].startswith("Spotted")
    # What the peer publishes is written anew here, and the other way round.
    peer.publish(first, record["containers"]["cna"])
    source.write_text(SOURCE % (first, "It stops."))
    run("update", str(source))
    peer.update_published(id, record)
    # A record of another organisation, one that is invalid, an id that is nobody's.
    source.write_text((SOURCE % (id, "It stops.")) + f'cna_org = "{cve_services.ORGS["other"]["UUID"]}"\n')
    assert "correct cna_org" in run("update", str(source), code=2)
    broken = {**record, "containers": {"cna": {**record["containers"]["cna"], "descriptions": []}}}
    source.write_text(json.dumps(broken))
    assert "invalid" in run("update", str(source), code=2)
    source.write_text(SOURCE % ("CVE-2020-4444", "It stops."))
    assert "CVE_ID_DNE" in run("publish", str(source), code=1)

# Rejected with and without a record before, and given away.
run("reject", id, "--reason", "It is no flaw.")
run("reject", mine["ids"][1], "--reason", "It was not needed.")
for rejected in (id, mine["ids"][1]):
    assert peer.show_cve_id(rejected)["state"] == "REJECTED"
    assert peer.show_cve_record(rejected)["containers"]["cna"]["rejectedReasons"][0]["lang"] == "en"
peer.reject(mine["ids"][2], {"rejectedReasons": [{"lang": "en", "value": "It was not needed."}]})
run("reject", mine["ids"][2], "--reason", "It was not needed at all.")
run("transfer", mine["ids"][3], "other")
other = CveApi("eve@other.org", "other", "key-of-eve", url=URL + "/")
assert other.show_cve_id(mine["ids"][3])["owning_cna"] == "other"
assert "does not own" in run("transfer", mine["ids"][3], "example", code=1)
assert "ORG_DNE" in run("transfer", scattered[0], "nobody", code=1)
assert "CVE-2026-12345" in run("transfer", "../org/example", "other", code=2)
print("cve: reserved, listed, published, updated, rejected and transferred as cvelib does, at one stand-in")
