#!/usr/bin/env bash
# The disk fails in 1 to 20 of a hundred calls, then it is full, then it is well
# again. Nothing that was acknowledged may be missing, refusals say why, and the
# desk goes on without a restart.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
export FIXLEAD_SECONDS="${FIXLEAD_SECONDS:-20}"
exec cargo test --release --locked -p fixlead-store --features test-hooks --test durability -- \
    failing-disk full-disk
