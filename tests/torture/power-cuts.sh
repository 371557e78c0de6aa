#!/usr/bin/env bash
# The power goes 2,000 times while a desk writes: in its first start, around syncs,
# after kills, on a disk that works and on one that fails now and then. Nothing
# that was acknowledged may be missing, and a store that does not wait for the
# disk must be caught.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
export FIXLEAD_CUTS="${FIXLEAD_CUTS:-2000}"
exec cargo test --release --locked -p fixlead-store --features test-hooks --test durability -- \
    power-cuts power-cuts-are-noticed
