#!/bin/sh
# What the search index costs among 100,000 made-up cases: memory, texts that
# come and go, questions, the snapshot. Writes docs/benchmarks/search.md,
# search.json and search.svg.
set -eu
root="$(cd "$(dirname "$0")/.." && pwd)"
cd "$root"
figures="$(cargo bench --quiet --package fixlead-app --bench search)"
exec python3 "$root/benches/search.py" "$figures" "$root/docs/benchmarks"
