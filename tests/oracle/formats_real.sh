#!/bin/sh
# Imports public advisories of others (OSV, GHSA, CVE and CSAF documents, as JSON), makes every
# document of each anew, and has other implementations accept those: PyPI `csaf` and `cvelib`,
# npm `@secvisogram/csaf-validator-lib`, `osv-utils` and `vexipy`. Of what is not taken over it
# tells how many and why; nothing of their texts is kept. It is no part of ./test, for the
# documents are not in the tree: github.com/golang/vulndb has OSV entries and CVE records,
# github.com/cisagov/CSAF has CSAF documents.
#
#   tests/oracle/formats_real.sh DIRECTORY
#
#   FIXLEAD_BIN           the command to test    (default: a release build of this tree)
#   FIXLEAD_FORMATS_VENV  where the peers live   (default: target/venv-formats; made when missing)
set -eu
here="$(cd "$(dirname "$0")" && pwd)"
[ -d "${1:-}" ] || {
    echo "$0: name a directory of advisories in JSON" >&2
    exit 2
}
from="$(cd "$1" && pwd)"
root="$(cd "$here/../.." && pwd)"
target="${CARGO_TARGET_DIR:-$root/target}"
if [ -z "${FIXLEAD_BIN:-}" ]; then
    (cd "$root" && cargo build --release --quiet --package fixlead)
    FIXLEAD_BIN="$target/release/fixlead"
fi
python="$("$here/formats_python.sh")"
peers="$("$here/formats_node.sh")"
made="$(mktemp -d)"
trap 'rm -rf "$made"' EXIT
exec "$python" "$here/formats_real.py" "$FIXLEAD_BIN" "$from" "$made" "$peers"
