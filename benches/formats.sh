#!/bin/sh
# How long it takes to make every document of an advisory, and to judge CSAF
# 2.0 documents beside npm `@secvisogram/csaf-validator-lib` and PyPI `csaf`, in
# one run; then how long it takes to publish ten thousand advisories, one that
# changed among them, and how many reads a second a desk that gives them to
# everybody answers. Writes docs/benchmarks/formats.md and formats.json.
#
#   FIXLEAD_BIN           the command to measure (default: a release build of this tree)
#   FIXLEAD_BENCH_ADVISORIES  how many are published (default: 10000)
#   FIXLEAD_FORMATS_VENV  where the peers live (default: target/venv-formats; made when missing)
set -eu
root="$(cd "$(dirname "$0")/.." && pwd)"
python="$("$root/tests/oracle/formats_python.sh")"
peers="$("$root/tests/oracle/formats_node.sh")"
made="$(mktemp -d)"
trap 'rm -rf "$made"' EXIT
(cd "$root" && cargo bench --quiet --locked --package fixlead-formats --bench formats -- "$made") >"$made/ours.txt"
if [ -z "${FIXLEAD_BIN:-}" ]; then
    (cd "$root" && cargo build --release --quiet --package fixlead)
    FIXLEAD_BIN="${CARGO_TARGET_DIR:-$root/target}/release/fixlead"
fi
(cd "$root" && cargo run --release --quiet --locked --package fixlead-formats --example documents -- \
    "$made/sources" "${FIXLEAD_BENCH_ADVISORIES:-10000}" sources)
"$python" "$root/benches/publish.py" "$FIXLEAD_BIN" "$made" >"$made/published.txt"
"$python" "$root/benches/formats.py" "$made" "$peers" "$root/docs/benchmarks"
