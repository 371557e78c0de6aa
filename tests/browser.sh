#!/usr/bin/env bash
# What people do in a browser, end to end: a real desk and Debian's Chromium,
# pages of every kind looked at by axe, in light and dark, wide and narrow.
#
#   tests/browser.sh [JOURNEY…]   (default: all)
#
#   FIXLEAD_BIN    the command to test (default: a release build of this tree)
#   FIXLEAD_SHOTS  a directory for pictures of every page (default: none are kept)
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
target="${CARGO_TARGET_DIR:-$here/../target}"
if [ -z "${FIXLEAD_BIN:-}" ]; then
    (cd "$here" && cargo build --release --quiet --package fixlead)
    FIXLEAD_BIN="$target/release/fixlead"
fi
# Packages are installed outside the tree, so the scripts go where they are.
place="$target/browser"
mkdir -p "$place"
rm -rf "$place/journeys"
cp -r "$here"/browser/. "$place"
(cd "$place" && npm ci --silent --no-audit --no-fund --ignore-scripts)
exec node "$place/run.mjs" "$FIXLEAD_BIN" "${FIXLEAD_SHOTS:-}" "$@"
