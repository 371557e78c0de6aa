"""The security.txt of a running desk, read by another implementation."""
import re
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

from sectxt import Parser

SET = """public-url = "https://desk.example.org"
security-txt.contact = ["mailto:security@example.org", "tel:+1-201-555-0123"]
security-txt.languages = ["en", "pt-BR"]
"""


def served(binary):
    with tempfile.TemporaryDirectory() as place:
        settings = Path(place, "fixlead.toml")
        settings.write_text(SET)
        arguments = [binary, "serve", "--config", settings, "--data", Path(place, "data"), "--listen", "127.0.0.1:0"]
        desk = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            for line in desk.stderr:
                if found := re.search(r"address=(\S+)", line):
                    break
            with urllib.request.urlopen(f"http://{found[1]}/.well-known/security.txt", timeout=20) as answer:
                assert answer.headers["content-type"] == "text/plain; charset=utf-8", answer.headers
                return answer.read().decode()
        finally:
            desk.terminate()
            desk.wait()


def said(text):
    parser = Parser(text.encode())
    return sorted({found["code"] for found in parser._errors})


def main():
    text = served(sys.argv[1])
    found = said(text)
    if found:
        sys.exit(f"the file is wrong: {found}\n{text}")
    spoilt = {
        "no_contact": re.sub(r"(?m)^Contact: .*\n", "", text),
        "no_expire": re.sub(r"(?m)^Expires: .*\n", "", text),
        "no_https": text.replace("https://desk", "http://desk"),
        "expired": re.sub(r"(?m)^Expires: 20", "Expires: 19", text),
        "multi_lang": text + "Preferred-Languages: fr\n",
    }
    for code, wrong in spoilt.items():
        if code not in said(wrong):
            sys.exit(f"the reader does not notice `{code}`: {said(wrong)}\n{wrong}")
    print(f"security.txt: no error; {len(spoilt)} spoilt files noticed")


main()
