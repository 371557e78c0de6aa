#!/bin/sh
# Prints the Python that has the peers for documents, from the virtual
# environment ${FIXLEAD_FORMATS_VENV:-target/venv-formats}; makes it when it is missing.
set -eu
cd "$(dirname "$0")/../.."
venv="${FIXLEAD_FORMATS_VENV:-${CARGO_TARGET_DIR:-target}/venv-formats}"
has_peers() {
    "$venv/bin/python" -c 'from importlib.metadata import version as v
assert (v("csaf"), v("cvelib"), v("osv-utils"), v("vexipy")) == ("2026.10.25", "1.8.0", "0.3.11", "0.3.0")
assert v("rfc3339-validator") == "0.1.4"' 2>/dev/null
}
[ -x "$venv/bin/python" ] || python3 -m venv "$venv" >&2
has_peers || "$venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    csaf==2026.10.25 cvelib==1.8.0 osv-utils==0.3.11 vexipy==0.3.0 rfc3339-validator==0.1.4 >&2
has_peers
case "$venv" in
/*) echo "$venv/bin/python" ;;
*) echo "$PWD/$venv/bin/python" ;;
esac
