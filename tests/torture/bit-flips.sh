#!/usr/bin/env bash
# 1,000 bits turn over in the files of a database, one at a time. Each is found out
# or makes no difference.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
export FIXLEAD_FLIPS="${FIXLEAD_FLIPS:-1000}"
exec cargo test --release --locked -p fixlead-store --features test-hooks --test durability -- bit-flips
