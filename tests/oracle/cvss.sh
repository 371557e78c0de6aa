#!/bin/sh
# Compares `fixlead cvss score -` with an independent implementation: every
# base vector of every version and 25,000 random vectors a version with
# optional metrics. Fails at any difference that is not listed in
# cvss_oracle.py with its arithmetic. An argument is another seed.
#
#   FIXLEAD_BIN   the command to test    (default: a release build of this tree)
#   FIXLEAD_VENV  where the peer lives   (default: target/venv; made when missing)
set -eu
here="$(cd "$(dirname "$0")" && pwd)"
if [ -z "${FIXLEAD_BIN:-}" ]; then
    (cd "$here" && cargo build --release --quiet --package fixlead)
    FIXLEAD_BIN="${CARGO_TARGET_DIR:-$here/../../target}/release/fixlead"
fi
python="$("$here/cvss_python.sh")"
exec "$python" "$here/cvss_oracle.py" "$FIXLEAD_BIN" "$@"
