#!/usr/bin/env python3
"""Measures what a report costs Roundup, the lightest of the general trackers.

Installs Roundup from PyPI into a virtual environment, makes a tracker from its
classic template on SQLite, starts its own server, and creates issues over its
REST interface, one client after another request. Prints one JSON object: the
CPU time that the server's processes took for each issue, in milliseconds.

    roundup.py DIRECTORY [COUNT]

DIRECTORY keeps the installation for the next time.
"""

import base64
import http.client
import json
import os
import pathlib
import pwd
import re
import shutil
import subprocess
import sys
import time

VERSION = "2.6.0"
PORT = 8917


def run(*command, **options):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, **options)


def install(home: pathlib.Path) -> pathlib.Path:
    environment = home / "environment"
    if not (environment / "bin" / "roundup-server").exists():
        run(sys.executable, "-m", "venv", str(environment))
        run(str(environment / "bin" / "pip"), "install", "--quiet", f"roundup=={VERSION}")
    return environment / "bin"


def new_tracker(binaries: pathlib.Path, tracker: pathlib.Path) -> None:
    shutil.rmtree(tracker, ignore_errors=True)
    admin = str(binaries / "roundup-admin")
    run(admin, "-i", str(tracker), "install", "classic", "sqlite", input=b"y\n")
    settings = tracker / "config.ini"
    text = settings.read_text()
    text = re.sub(r"(?m)^#?web = .*", f"web = http://127.0.0.1:{PORT}/t/", text)
    text = re.sub(r"(?m)^#?domain = .*", "domain = example.org", text)
    text = re.sub(r"(?m)^#?host = NO DEFAULT", "host = localhost", text)
    # Every request carries the password. Checking it slowly is right, but would
    # be counted as the cost of an issue.
    text = re.sub(r"(?m)^#?(password_pbkdf2_default_rounds) = .*", r"\1 = 1000", text)
    settings.write_text(text)
    run(admin, "-i", str(tracker), "initialise", "password")


def as_nobody(tracker: pathlib.Path) -> list[str]:
    """Roundup's server refuses to run as root."""
    if os.geteuid() != 0:
        return []
    nobody = pwd.getpwnam("nobody")
    for path in [tracker, *tracker.rglob("*")]:
        os.chown(path, nobody.pw_uid, nobody.pw_gid)
    return ["setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups"]


def processes(root: int) -> list[int]:
    """A process and its children."""
    found = [root]
    for parent in found:
        try:
            children = pathlib.Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        except OSError:
            continue
        found.extend(int(child) for child in children)
    return found


def cpu_seconds(root: int) -> float:
    ticks = 0
    for process in processes(root):
        try:
            fields = pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        ticks += sum(int(field) for field in fields[11:15])
    return ticks / os.sysconf("SC_CLK_TCK")


def main() -> None:
    home = pathlib.Path(sys.argv[1]).resolve()
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 500
    home.mkdir(parents=True, exist_ok=True)
    binaries = install(home)
    tracker = home / "tracker"
    new_tracker(binaries, tracker)
    prefix = as_nobody(tracker)
    server = subprocess.Popen(
        [*prefix, str(binaries / "roundup-server"), "-p", str(PORT), "-n", "127.0.0.1", f"t={tracker}"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "HOME": str(tracker)},
    )
    headers = {
        "Authorization": "Basic " + base64.b64encode(b"admin:password").decode(),
        "Content-Type": "application/json",
        "X-Requested-With": "rest",
        "Origin": f"http://127.0.0.1:{PORT}",
    }

    def create(number: int) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=30)
        body = json.dumps({"title": f"A parser reads past the end of its input, report {number}"})
        connection.request("POST", "/t/rest/data/issue", body, headers)
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer.status

    try:
        for _ in range(100):
            try:
                if create(0) == 201:
                    break
            except OSError:
                time.sleep(0.1)
        else:
            raise SystemExit("roundup.py: Roundup's server did not create an issue within ten seconds")
        for number in range(20):
            create(number)
        before = cpu_seconds(server.pid)
        started = time.monotonic()
        refused = sum(create(number) != 201 for number in range(count))
        wall = time.monotonic() - started
        cpu = cpu_seconds(server.pid) - before
    finally:
        server.terminate()
        server.wait()
    print(
        json.dumps(
            {
                "version": VERSION,
                "creates": count,
                "refused": refused,
                "cpu_ms": round(cpu * 1000 / count, 3),
                "wall_ms": round(wall * 1000 / count, 3),
            }
        )
    )


main()
