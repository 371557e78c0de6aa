#!/bin/sh
# Prints the Python that has the peer `cvss` 3.6, from the virtual environment
# ${FIXLEAD_VENV:-target/venv}; makes it when it is missing.
set -eu
cd "$(dirname "$0")/../.."
venv="${FIXLEAD_VENV:-target/venv}"
has_peer() {
    "$venv/bin/python" -c 'from importlib.metadata import version; assert version("cvss") == "3.6"' 2>/dev/null
}
[ -x "$venv/bin/python" ] || python3 -m venv "$venv" >&2
has_peer || "$venv/bin/python" -m pip install --quiet --disable-pip-version-check cvss==3.6 >&2
has_peer
case "$venv" in
/*) echo "$venv/bin/python" ;;
*) echo "$PWD/$venv/bin/python" ;;
esac
