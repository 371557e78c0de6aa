#!/bin/sh
# Has a desk write somebody's calendar, and icalendar read it: what is due is there
# at its instant in UTC, the address opens nothing else, tells nothing of a case
# under embargo, and is worth nothing once it was ended.
#
#   FIXLEAD_BIN            the command to test    (default: a release build of this tree)
#   FIXLEAD_CALENDAR_VENV  where the peer lives   (default: target/venv-calendar; made when missing)
set -eu
here="$(cd "$(dirname "$0")" && pwd)"
if [ -z "${FIXLEAD_BIN:-}" ]; then
    (cd "$here" && cargo build --release --quiet --package fixlead)
    FIXLEAD_BIN="${CARGO_TARGET_DIR:-$here/../../target}/release/fixlead"
fi
python="$("$here/calendar_python.sh")"
exec "$python" "$here/calendar_oracle.py" "$FIXLEAD_BIN"
