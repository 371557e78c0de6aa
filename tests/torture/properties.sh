#!/usr/bin/env bash
# Every test of the workspace, optimised, with those that ./test leaves out for
# their length, and with many more cases for each property.
#
#   PROPTEST_CASES   cases a property (default: 100000; ./test tries 256)
#   FIXLEAD_DAMAGE   damages a document (default: 100000)
set -euo pipefail
cd "$(dirname "$0")/../.."
export PROPTEST_CASES="${PROPTEST_CASES:-100000}" FIXLEAD_DAMAGE="${FIXLEAD_DAMAGE:-100000}"
cargo test --release --workspace --locked -- --include-ignored
