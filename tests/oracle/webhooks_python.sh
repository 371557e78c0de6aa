#!/bin/sh
# Prints the Python that has standardwebhooks 1.1.0, from the virtual environment
# ${FIXLEAD_WEBHOOKS_VENV:-target/venv-webhooks}; makes it when it is missing.
set -eu
cd "$(dirname "$0")/../.."
venv="${FIXLEAD_WEBHOOKS_VENV:-${CARGO_TARGET_DIR:-target}/venv-webhooks}"
has_peer() {
    "$venv/bin/python" -c 'from importlib.metadata import version; assert version("standardwebhooks") == "1.1.0"' 2>/dev/null
}
[ -x "$venv/bin/python" ] || python3 -m venv "$venv" >&2
has_peer || "$venv/bin/python" -m pip install --quiet --disable-pip-version-check standardwebhooks==1.1.0 >&2
has_peer
case "$venv" in
/*) echo "$venv/bin/python" ;;
*) echo "$PWD/$venv/bin/python" ;;
esac
