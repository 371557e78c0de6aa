"""Publishing, measured for formats.sh. Usage: publish.py COMMAND MADE

MADE/sources has the sources. Prints a line of JSON."""

import json
import re
import resource
import socket
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

PROVIDER = """name = "Example"
namespace = "https://security.example.org"
base-url = "https://security.example.org"
key-file = "key.asc"
contact = ["mailto:security@example.org"]
expires = 2027-06-01T00:00:00Z
"""
TURNS = 7
READERS = 4
SECONDS = 5
AT_ONCE = 16


def timed(*arguments):
    begun = time.monotonic()
    subprocess.run(arguments, check=True, capture_output=True)
    return time.monotonic() - begun


def change(path, turn):
    """The same advisory with another summary: a second's difference in its source, as people make it."""
    text = path.read_text()
    path.write_text(re.sub(r"(?m)^summary = .*$", f'summary = "Changed for the {turn}th time."', text, count=1))


class Reader(threading.Thread):
    """Asks for pages, several at once, as browsers and scanners on one connection do."""

    def __init__(self, address, paths, until):
        super().__init__()
        host, port = address.rsplit(":", 1)
        self.line = socket.create_connection((host, int(port)))
        self.asked = "".join(f"HEAD {path} HTTP/1.1\r\nhost: x\r\n\r\n" for path in paths).encode()
        self.count, self.until, self.done = len(paths), until, 0

    def run(self):
        while time.monotonic() < self.until:
            self.line.sendall(self.asked)
            left = self.count
            rest = b""
            while left:
                rest += self.line.recv(1 << 20)
                left -= rest.count(b"\r\n\r\n")
                rest = rest[-3:] if not rest.endswith(b"\r\n\r\n") else b""
            self.done += self.count


def serve(command, made, ids):
    settings = made / "fixlead.toml"
    settings.write_text('log.level = "warn"\n[advisories]\nprovider = "provider.toml"\nfrom = ["sources"]\n')
    arguments = [command, "serve", "--config", settings, "--data", made / "data", "--listen", "127.0.0.1:0"]
    with open(made / "said", "w+", encoding="utf-8") as said:
        desk = subprocess.Popen(arguments, stdout=said, stderr=subprocess.DEVNULL)
        try:
            while not (found := re.search(r"at http://(\S+)\n", (made / "said").read_text())):
                time.sleep(0.05)
            address = found[1]
            wait_for(address, f"/advisories/{ids[-1]}/")
            paths = [f"/advisories/{id}/" for id in ids[:: max(1, len(ids) // (AT_ONCE - 4))]][: AT_ONCE - 4]
            paths += ["/advisories/", "/advisories/feed.atom", f"/osv/{ids[0]}.json", "/.well-known/csaf/provider-metadata.json"]
            spent = processor(desk.pid)
            begun = time.monotonic()
            readers = [Reader(address, paths, begun + SECONDS) for _ in range(READERS)]
            [reader.start() for reader in readers]
            [reader.join() for reader in readers]
            took = time.monotonic() - begun
            done = sum(reader.done for reader in readers)
            return done / took, (processor(desk.pid) - spent) / done * 1e6
        finally:
            desk.terminate()
            desk.wait()


def wait_for(address, path):
    host, port = address.rsplit(":", 1)
    while True:
        with socket.create_connection((host, int(port))) as line:
            line.sendall(f"HEAD {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".encode())
            if b" 200 " in line.recv(4096).split(b"\r\n")[0]:
                return
        time.sleep(0.2)


def processor(pid):
    """Seconds of CPU that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


def main():
    command, made = sys.argv[1], Path(sys.argv[2])
    (made / "provider.toml").write_text(PROVIDER)
    subprocess.run([command, "advisory", "key", made / "key.asc", "--owner", "Example"], check=True, capture_output=True)
    publish = [command, "publish", made / "site", "--from", made / "sources", "--provider", made / "provider.toml"]
    whole = timed(*publish)
    processor_time = resource.getrusage(resource.RUSAGE_CHILDREN)
    files = sum(1 for path in (made / "site/public").resolve().rglob("*") if path.is_file())
    sources = sorted((made / "sources").iterdir())
    # What was just written is looked at again, since its times could hide a change.
    time.sleep(3)
    timed(*publish)
    times = []
    for turn in range(TURNS):
        change(sources[(turn * 7919) % len(sources)], turn)
        times.append(timed(*publish))
        time.sleep(3)
        timed(*publish)
    ids = sorted(path.stem for path in (made / "site/public/cve").iterdir())
    reads, microseconds = serve(command, made, ids)
    print(
        json.dumps(
            {
                "advisories": len(sources),
                "files": files,
                "whole": whole,
                "whole_processor": processor_time.ru_utime + processor_time.ru_stime,
                "one": statistics.median(times),
                "reads": reads,
                "microseconds": microseconds,
            }
        )
    )


if __name__ == "__main__":
    main()
