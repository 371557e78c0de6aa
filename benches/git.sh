#!/bin/sh
# CPU time of `fixlead patch affected` and of asking `git tag --contains` commit
# by commit, in turns in one run, and whether both say the same. Writes
# docs/benchmarks/git.md and git.json.
#
#   FIXLEAD_BIN          the command to measure (default: a release build of this tree)
#   FIXLEAD_BENCH_REPOS  repositories, separated by colons; they are only read
#                        (default: a history made up on the spot)
set -eu
root="$(cd "$(dirname "$0")/.." && pwd)"
if [ -z "${FIXLEAD_BIN:-}" ]; then
    (cd "$root" && cargo build --release --quiet --package fixlead)
    FIXLEAD_BIN="${CARGO_TARGET_DIR:-$root/target}/release/fixlead"
fi
exec python3 "$root/benches/git.py" "$FIXLEAD_BIN" "$root/docs/benchmarks" "${FIXLEAD_BENCH_REPOS:-}"
