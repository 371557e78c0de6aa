#!/usr/bin/env bash
# The clock jumps by a year, forwards and backwards, while a desk writes and starts
# again. Everything stays in order, and no work is given out before it is due.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
export FIXLEAD_JUMPS="${FIXLEAD_JUMPS:-200}"
exec cargo test --release --locked -p fixlead-store --features test-hooks --test durability -- clock-jumps
