#!/bin/sh
# Compares `fixlead cvss score -` with an independent implementation: every
# base vector of every version and 25,000 random vectors a version with
# optional metrics. Fails at the first kind of difference that is not listed
# in cvss_oracle.py with its arithmetic.
#
#   FIXLEAD_BIN   the command to test    (default: a release build of this tree)
#   FIXLEAD_VENV  where the peer lives   (default: target/venv; made when missing)
set -eu
cd "$(dirname "$0")/../.."

if [ -z "${FIXLEAD_BIN:-}" ]; then
    cargo build --release --quiet --package fixlead
    FIXLEAD_BIN="${CARGO_TARGET_DIR:-target}/release/fixlead"
fi
venv="${FIXLEAD_VENV:-target/venv}"
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/python" -c 'from importlib.metadata import version; assert version("cvss") == "3.6"' 2>/dev/null ||
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check cvss==3.6

exec "$venv/bin/python" tests/oracle/cvss_oracle.py "$FIXLEAD_BIN" "$@"
