#!/bin/sh
# Holds the security.txt of a running desk against an independent reader of
# RFC 9116: PyPI `sectxt`. Then the file is spoilt in ways that break the RFC,
# and the same reader has to say so.
#
#   FIXLEAD_BIN          the command to test    (default: a release build of this tree)
#   FIXLEAD_SECTXT_VENV  where the peer lives   (default: target/venv-sectxt; made when missing)
set -eu
here="$(cd "$(dirname "$0")" && pwd)"
target="${CARGO_TARGET_DIR:-$here/../../target}"
if [ -z "${FIXLEAD_BIN:-}" ]; then
    (cd "$here" && cargo build --release --quiet --package fixlead)
    FIXLEAD_BIN="$target/release/fixlead"
fi
venv="${FIXLEAD_SECTXT_VENV:-$target/venv-sectxt}"
has_peer() {
    "$venv/bin/python" -c 'from importlib.metadata import version; assert version("sectxt") == "0.9.8"' 2>/dev/null
}
[ -x "$venv/bin/python" ] || python3 -m venv "$venv" >&2
has_peer || "$venv/bin/python" -m pip install --quiet --disable-pip-version-check sectxt==0.9.8 >&2
has_peer
exec "$venv/bin/python" "$here/security_txt_oracle.py" "$FIXLEAD_BIN"
