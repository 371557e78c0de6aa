#!/bin/sh
# CPU time of the policy engine: a case from nothing, one more event, a million
# cases on two threads, a whole process. Writes docs/benchmarks/engine.md,
# engine.json and engine.svg.
#
#   FIXLEAD_BIN   the command to measure (default: a release build of this tree)
set -eu
root="$(cd "$(dirname "$0")/.." && pwd)"
cd "$root"
if [ -z "${FIXLEAD_BIN:-}" ]; then
    cargo build --release --quiet --package fixlead
    FIXLEAD_BIN="${CARGO_TARGET_DIR:-$root/target}/release/fixlead"
fi
figures="$(cargo bench --quiet --package fixlead-core --bench engine)"
exec python3 "$root/benches/engine.py" "$FIXLEAD_BIN" "$figures" "$root/docs/benchmarks"
