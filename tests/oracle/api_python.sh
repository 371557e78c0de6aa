#!/bin/sh
# Prints the Python that has schemathesis 4.32.5, from the virtual environment
# ${FIXLEAD_API_VENV:-target/venv-api}; makes it when it is missing.
set -eu
cd "$(dirname "$0")/../.."
venv="${FIXLEAD_API_VENV:-${CARGO_TARGET_DIR:-target}/venv-api}"
has_peer() {
    "$venv/bin/python" -c 'from importlib.metadata import version; assert version("schemathesis") == "4.32.5"' 2>/dev/null
}
[ -x "$venv/bin/python" ] || python3 -m venv "$venv" >&2
has_peer || "$venv/bin/python" -m pip install --quiet --disable-pip-version-check schemathesis==4.32.5 >&2
has_peer
case "$venv" in
/*) echo "$venv/bin/python" ;;
*) echo "$PWD/$venv/bin/python" ;;
esac
