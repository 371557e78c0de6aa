#!/bin/sh
# CPU time of `fixlead cvss score -` and of the peer, PyPI `cvss` 3.6, measured
# in turns in one run. Writes docs/benchmarks/severity.md and severity.json.
#
#   FIXLEAD_BIN   the command to measure (default: a release build of this tree)
#   FIXLEAD_VENV  where the peer lives   (default: target/venv; made when missing)
set -eu
root="$(cd "$(dirname "$0")/.." && pwd)"
if [ -z "${FIXLEAD_BIN:-}" ]; then
    (cd "$root" && cargo build --release --quiet --package fixlead)
    FIXLEAD_BIN="${CARGO_TARGET_DIR:-$root/target}/release/fixlead"
fi
python="$("$root/tests/oracle/cvss_python.sh")"
exec "$python" "$root/benches/severity.py" "$FIXLEAD_BIN" "$root/docs/benchmarks"
