#!/bin/sh
# What a desk costs with a thousand, a hundred thousand and a million cases:
# reports taken in (beside Roundup, and beside what SQLite alone commits on the
# same disk), pages, memory, start, sealing. Writes docs/benchmarks/desk.md,
# desk.json and desk.svg. Takes about a quarter of an hour and 15 GB of disk.
#
#   FIXLEAD_BIN          the command to measure (default: a release build of this tree)
#   FIXLEAD_BENCH_CASES  cases of the largest database (default: 1000000; the
#                        middle one has a tenth of it)
#   FIXLEAD_BENCH_DIR    a directory on the disk to measure (default: that for
#                        temporary files, which must not be in memory)
#   FIXLEAD_PEERS        where Roundup is installed; `none` leaves it out
#                        (default: target/peers; needs PyPI the first time)
set -eu
root="$(cd "$(dirname "$0")/.." && pwd)"
cd "$root"
if [ -z "${FIXLEAD_BIN:-}" ]; then
    cargo build --release --quiet --package fixlead
    FIXLEAD_BIN="${CARGO_TARGET_DIR:-$root/target}/release/fixlead"
fi
export FIXLEAD_BIN FIXLEAD_PEERS="${FIXLEAD_PEERS:-${CARGO_TARGET_DIR:-$root/target}/peers}"
exec python3 "$root/benches/desk.py" "$root/docs/benchmarks"
