"""The comparison that publish.sh runs. Usage: publish_oracle.py COMMAND MADE"""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

import feedparser
from osvutils.types.osv import OSV
from sectxt import Parser

PROVIDER = """name = "Example & Söhne Project"
namespace = "https://security.example.org"
base-url = "https://security.example.org"
key-file = "key.asc"
contact = ["mailto:security@example.org"]
languages = ["en", "de"]
policy = "https://security.example.org/policy"
checker = "https://security.example.org/advisories/check"
expires = {expires}
"""

# Registered since osv-utils was written.
NEWER = {"ConanCenter", "Julia", "opam", "SwiftURL", "Hackage", "Bitnami", "CRAN", "Pub", "Hex"}
OWNER = "Example & Söhne Project <security@example.org>"


class Oracle:
    def __init__(self, command, made):
        self.command = command
        self.made = Path(made)
        self.out = self.made / "site"
        self.site = self.out / "public"
        self.csaf = self.site / ".well-known/csaf/white"
        self.home = self.made / "gnupg"
        self.home.mkdir(mode=0o700)
        self.failed = 0

    def compare(self, what, count, wrong):
        print(f"{what}: {count}, {len(wrong)} complaints")
        for line in wrong[:10]:
            print(f"    {line}")
        self.failed += bool(wrong) or count == 0

    def run(self, *arguments, expect=0):
        answer = subprocess.run([self.command, *map(str, arguments)], capture_output=True, text=True, check=False)
        assert answer.returncode == expect, (arguments, answer.returncode, answer.stdout, answer.stderr)
        return answer.stdout

    def publish(self):
        self.run("advisory", "key", self.made / "key.asc", "--owner", OWNER)
        (self.made / "provider.toml").write_text(PROVIDER.format(expires=soon()))
        arguments = ["publish", self.out, "--from", self.made / "documents", "--provider", self.made / "provider.toml"]
        first = self.run(*arguments)
        again = self.run(*arguments)
        wrong = [] if again.endswith(" 0 files changed\n") else [again]
        self.run("publish", self.out, "--check")
        self.compare("published, and again, and checked", int(re.search(r"(\d+) advisories", first)[1]), wrong)

    def gpg(self, *arguments):
        command = ["gpg", "--homedir", self.home, "--batch", "--status-fd", "1", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def signatures(self):
        metadata = json.loads((self.site / ".well-known/csaf/provider-metadata.json").read_text())
        fingerprint = metadata["public_openpgp_keys"][0]["fingerprint"].upper()
        taken = self.gpg("--import", self.site / ".well-known/csaf/openpgp-key.asc")
        wrong = [] if f"IMPORT_OK 1 {fingerprint}" in taken.stdout else [taken.stdout + taken.stderr]
        listed = self.gpg("--list-keys", "--with-colons").stdout
        wrong += [] if any(line.startswith("uid:") and "Söhne" in line for line in listed.splitlines()) else [listed]
        found = sorted(self.csaf.rglob("*.asc"))
        for path in [*found, self.site / ".well-known/security.txt"]:
            apart = [path.with_suffix("")] if path.suffix == ".asc" else []
            said = self.gpg("--verify", path, *apart)
            if said.returncode or f"VALIDSIG {fingerprint}" not in said.stdout:
                wrong.append(f"{path}: {said.stdout}{said.stderr}")
        self.compare("signatures against GnuPG", len(found), wrong)
        document = found[0].with_suffix("")
        altered = self.made / "altered.json"
        altered.write_bytes(document.read_bytes().replace(b"csaf", b"CSAF", 1))
        assert self.gpg("--verify", found[0], altered).returncode, "an altered document verifies"
        # The secret key is one that GnuPG takes, so that it can be kept and revoked there.
        secret = self.gpg("--import", self.made / "key.asc")
        signed = self.gpg("--local-user", fingerprint, "--detach-sign", "--output", self.made / "by-gpg", altered)
        self.compare("secret keys that GnuPG signs with", 1, [] if signed.returncode == 0 else [secret.stderr + signed.stderr])

    def hashes(self):
        wrong, count = [], 0
        for ending, tool in ((".sha256", "sha256sum"), (".sha512", "sha512sum")):
            for path in sorted(self.csaf.rglob(f"*{ending}")):
                count += 1
                said = subprocess.run([tool, "--check", "--strict", "--quiet", path.name], cwd=path.parent, capture_output=True, text=True, check=False)
                wrong += [f"{path}: {said.stdout}{said.stderr}"] if said.returncode else []
        self.compare("hashes against coreutils", count, wrong)

    def audit(self):
        # The peer reads the columns of changes.csv in the other order than the
        # standard's own example (CSAF 2.0, section 7.1.13) has them.
        copy = self.made / "audited"
        shutil.copytree(self.csaf, copy)
        rows = list(csv.reader((copy / "changes.csv").read_text().splitlines()))
        (copy / "changes.csv").write_text("".join(f'"{time}","{path}"\n' for path, time in rows))

        def audited():
            command = [sys.executable, "-m", "csaf", "distribute", "audit", "--format", "json", copy]
            return subprocess.run(command, capture_output=True, text=True, check=False)

        said = audited()
        self.compare("CSAF trees against PyPI csaf", len(rows), [] if said.returncode == 0 else [said.stdout + said.stderr])
        (copy / "index.txt").write_text("2026/nothing.json\n")
        assert audited().returncode, "the peer does not notice a wrong index.txt"

    def security(self):
        parser = Parser((self.site / ".well-known/security.txt").read_bytes())
        self.compare("security.txt against sectxt", 1, [str(found) for found in parser._errors])
        signed = [line for line in parser._line_info if line["type"] == "pgp_envelope"]
        assert signed, "the peer saw no signature"

    def entries(self):
        wrong, count = [], 0
        for path in sorted(self.site.glob("osv/**/all.zip")):
            with zipfile.ZipFile(path) as archive:
                wrong += [f"{path}: {archive.testzip()}"] if archive.testzip() else []
                for name in archive.namelist():
                    count += 1
                    if archive.read(name) != (path.parent / name).read_bytes():
                        wrong.append(f"{path}: {name} is another one")
        for path in sorted(self.site.glob("osv/*.json")):
            entry = json.loads(path.read_text())
            for affected in entry.get("affected", []):
                if affected.get("package", {}).get("ecosystem") in NEWER:
                    affected["package"]["ecosystem"] = "npm"
            try:
                OSV(**entry)
            except Exception as error:  # whatever the peer raises is a complaint
                wrong.append(f"{path}: {error}"[:300])
        self.compare("OSV entries in archives against zipfile and osv-utils", count, wrong)

    def feed(self):
        feed = feedparser.parse((self.site / "advisories/feed.atom").read_bytes())
        wrong = [str(feed.get("bozo_exception"))] if feed.bozo else []
        wrong += [entry.id for entry in feed.entries if not (entry.get("updated_parsed") and entry.get("link"))]
        self.compare("entries of the feed against feedparser", len(feed.entries), wrong)

    def served(self):
        settings = self.made / "fixlead.toml"
        settings.write_text('public-url = "https://security.example.org"\n[advisories]\nprovider = "provider.toml"\nfrom = ["documents"]\n')
        arguments = [self.command, "serve", "--config", settings, "--data", self.made / "data", "--listen", "127.0.0.1:0"]
        with open(self.made / "log", "w+", encoding="utf-8") as log:
            desk = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=log)
            try:
                self.ask(self.made / "log", desk)
            finally:
                desk.terminate()
                desk.wait()

    def ask(self, log, desk):
        while "published" not in log.read_text():
            assert desk.poll() is None, log.read_text()
            try:
                desk.wait(0.1)
            except subprocess.TimeoutExpired:
                pass
        address = re.search(r"address=(\S+)", log.read_text())[1]

        def get(path, **headers):
            request = urllib.request.Request(f"http://{address}/{urllib.request.quote(path)}", headers=headers)
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.headers, answer.read()

        wrong, count = [], 0
        for path in sorted(path for path in self.site.rglob("*") if path.is_file()):
            name = str(path.relative_to(self.site))
            if name == ".well-known/security.txt":
                continue
            count += 1
            headers, body = get(name)
            if body != path.read_bytes():
                wrong.append(f"{name}: other bytes")
            if headers["access-control-allow-origin"] != "*" or "set-cookie" in headers:
                wrong.append(f"{name}: {headers}")
        try:
            get("osv/all.zip", **{"If-None-Match": get("osv/all.zip")[0]["etag"]})
            wrong.append("osv/all.zip: sent again to who has it")
        except urllib.error.HTTPError as error:
            assert error.code == 304, error.code
        _, text = get(".well-known/security.txt")
        (self.made / "served.txt").write_bytes(text)
        if self.gpg("--verify", self.made / "served.txt").returncode or b"\nCSAF: https://" not in text:
            wrong.append(f"security.txt: {text}")
        wrong += [str(found) for found in Parser(text)._errors]
        self.compare("files that a desk serves against those that are published", count, wrong)

    def altered(self):
        path = next(iter(sorted(self.csaf.rglob("cve-*.json"))))
        text = path.read_bytes()
        path.unlink()
        path.write_bytes(text.replace(b'"final"', b'"draft"'))
        said = self.run("publish", self.out, "--check", expect=1)
        wrong = [] if all(word in said for word in ("was altered", ".asc: ", ".sha512: ")) else [said]
        self.compare("altered trees that are noticed", 1, wrong)


def soon():
    year = int(subprocess.run(["date", "-u", "+%Y"], capture_output=True, text=True, check=True).stdout)
    month = subprocess.run(["date", "-u", "+%m"], capture_output=True, text=True, check=True).stdout.strip()
    # Less than a year from now, as RFC 9116 recommends.
    return f"{year}-12-28T00:00:00Z" if int(month) < 10 else f"{year + 1}-08-01T00:00:00Z"


def main():
    oracle = Oracle(*sys.argv[1:])
    for step in ("publish", "signatures", "hashes", "audit", "security", "entries", "feed", "served", "altered"):
        getattr(oracle, step)()
    sys.exit(1 if oracle.failed else 0)


if __name__ == "__main__":
    os.environ["NO_COLOR"] = "1"
    main()
