#!/usr/bin/env bash
# A desk is killed 500 times while clients write. Nothing that was acknowledged may
# be missing, each start takes less than a second, and a desk that acknowledges
# too early must be caught.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
export FIXLEAD_KILLS="${FIXLEAD_KILLS:-500}"
exec cargo test --release --locked -p fixlead-store --features test-hooks --test durability -- \
    kills kills-are-noticed
