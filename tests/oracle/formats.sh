#!/bin/sh
# Holds documents against other implementations. Made-up advisories, which use
# every branch of the source, become documents that PyPI `csaf` and `cvelib`,
# npm `@secvisogram/csaf-validator-lib`, `osv-utils` and `vexipy` have to accept;
# then `fixlead advisory validate` has to judge the fixtures of OASIS as OASIS
# does: everything that is invalid is found under its own rule, and nothing that
# is valid is complained about. An argument is how many advisories are made up.
#
#   FIXLEAD_BIN           the command to test    (default: a release build of this tree)
#   FIXLEAD_FORMATS_VENV  where the peers live   (default: target/venv-formats; made when missing)
set -eu
here="$(cd "$(dirname "$0")" && pwd)"
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
(cd "$root" && cargo run --quiet --locked --package fixlead-formats --example documents -- "$made" "${1:-240}")
"$python" "$here/formats_oracle.py" "$FIXLEAD_BIN" "$made" "$peers"
