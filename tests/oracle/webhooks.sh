#!/bin/sh
# Has a desk tell a receiver what happens, and the receiver check every message
# with the library that Standard Webhooks publishes for receivers. Each message
# is then altered, and the library has to refuse it.
#
#   FIXLEAD_BIN            the command to test    (default: a release build of this tree)
#   FIXLEAD_WEBHOOKS_VENV  where the peer lives   (default: target/venv-webhooks; made when missing)
set -eu
here="$(cd "$(dirname "$0")" && pwd)"
if [ -z "${FIXLEAD_BIN:-}" ]; then
    (cd "$here" && cargo build --release --quiet --package fixlead)
    FIXLEAD_BIN="${CARGO_TARGET_DIR:-$here/../../target}/release/fixlead"
fi
python="$("$here/webhooks_python.sh")"
exec "$python" "$here/webhooks_oracle.py" "$FIXLEAD_BIN"
