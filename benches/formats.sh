#!/bin/sh
# How long it takes to make every document of an advisory, and to judge CSAF
# 2.0 documents beside npm `@secvisogram/csaf-validator-lib` and PyPI `csaf`, in
# one run. Writes docs/benchmarks/formats.md and formats.json.
#
#   FIXLEAD_FORMATS_VENV  where the peers live (default: target/venv-formats; made when missing)
set -eu
root="$(cd "$(dirname "$0")/.." && pwd)"
python="$("$root/tests/oracle/formats_python.sh")"
peers="$("$root/tests/oracle/formats_node.sh")"
made="$(mktemp -d)"
trap 'rm -rf "$made"' EXIT
(cd "$root" && cargo bench --quiet --locked --package fixlead-formats --bench formats -- "$made") >"$made/ours.txt"
"$python" "$root/benches/formats.py" "$made" "$peers" "$root/docs/benchmarks"
