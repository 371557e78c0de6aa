#!/usr/bin/env bash
# Rehearses both policies with many seeds. Each drill has to close its case; its
# history, replayed on its own, has to give the answer that the drill got; and
# every tenth seed, drilled twice, has to tell the same story.
#
#   SEEDS         how many (default: 200)
#   FIXLEAD_BIN   the command (default: a release build of this tree)
set -euo pipefail
cd "$(dirname "$0")/../.."
if [ -z "${FIXLEAD_BIN:-}" ]; then
    cargo build --release --quiet --locked
    FIXLEAD_BIN="${CARGO_TARGET_DIR:-$PWD/target}/release/fixlead"
fi
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT

canonical() { python3 -c 'import json, sys; print(json.dumps(json.load(sys.stdin), sort_keys=True))'; }

drills=0 broken=0
complain() {
    echo "$1" >&2
    broken=$((broken + 1))
}
for policy in opentelemetry vitess; do
    for ((seed = 0; seed < ${SEEDS:-200}; seed++)); do
        drills=$((drills + 1))
        name="fixlead drill $policy --seed $seed"
        if ! "$FIXLEAD_BIN" drill "$policy" --seed "$seed" --out "$scratch/one" --json >/dev/null 2>"$scratch/errors"; then
            complain "$name: $(tail -n1 "$scratch/errors")"
        elif [ "$("$FIXLEAD_BIN" policy replay --json "$scratch/one/history.json" | canonical)" != "$(canonical <"$scratch/one/replay.json")" ]; then
            complain "$name: the replay of its history is another"
        elif ((seed % 10 == 0)); then
            "$FIXLEAD_BIN" drill "$policy" --seed "$seed" --out "$scratch/two" --json >/dev/null
            diff -q "$scratch/one/history.json" "$scratch/two/history.json" >/dev/null || complain "$name: twice, and two histories"
        fi
        rm -rf "$scratch/one" "$scratch/two"
    done
done
echo "$drills drills, $broken broken"
[ $broken = 0 ]
