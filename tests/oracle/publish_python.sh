#!/bin/sh
# Prints the Python that has the peers for what is published, from the virtual
# environment ${FIXLEAD_PUBLISH_VENV:-target/venv-publish}; makes it when it is missing.
set -eu
cd "$(dirname "$0")/../.."
venv="${FIXLEAD_PUBLISH_VENV:-${CARGO_TARGET_DIR:-target}/venv-publish}"
has_peers() {
    "$venv/bin/python" -c 'from importlib.metadata import version as v
assert (v("csaf"), v("osv-utils"), v("feedparser"), v("sectxt")) == ("2026.10.25", "0.3.11", "6.0.12", "0.9.8")' 2>/dev/null
}
[ -x "$venv/bin/python" ] || python3 -m venv "$venv" >&2
has_peers || "$venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    csaf==2026.10.25 osv-utils==0.3.11 feedparser==6.0.12 sectxt==0.9.8 >&2
has_peers
case "$venv" in
/*) echo "$venv/bin/python" ;;
*) echo "$PWD/$venv/bin/python" ;;
esac
