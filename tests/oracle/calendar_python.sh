#!/bin/sh
# Prints the Python that has icalendar 6.3.2, from the virtual environment
# ${FIXLEAD_CALENDAR_VENV:-target/venv-calendar}; makes it when it is missing.
set -eu
cd "$(dirname "$0")/../.."
venv="${FIXLEAD_CALENDAR_VENV:-${CARGO_TARGET_DIR:-target}/venv-calendar}"
has_peer() {
    "$venv/bin/python" -c 'from importlib.metadata import version; assert version("icalendar") == "6.3.2"' 2>/dev/null
}
[ -x "$venv/bin/python" ] || python3 -m venv "$venv" >&2
has_peer || "$venv/bin/python" -m pip install --quiet --disable-pip-version-check icalendar==6.3.2 >&2
has_peer
case "$venv" in
/*) echo "$venv/bin/python" ;;
*) echo "$PWD/$venv/bin/python" ;;
esac
