#!/bin/sh
# Has `fixlead cve` and PyPI `cvelib`, the client that CNAs use, do the same at one
# stand-in for CVE Services, and each see what the other did: the stand-in is like the
# service as far as `cvelib` relies on it, and so is what `fixlead cve` asks of it.
#
#   FIXLEAD_BIN           the command to test    (default: a release build of this tree)
#   FIXLEAD_FORMATS_VENV  where the peer lives   (default: target/venv-formats; made when missing)
set -eu
here="$(cd "$(dirname "$0")" && pwd)"
if [ -z "${FIXLEAD_BIN:-}" ]; then
    (cd "$here" && cargo build --release --quiet --package fixlead)
    FIXLEAD_BIN="${CARGO_TARGET_DIR:-$here/../../target}/release/fixlead"
fi
python="$("$here/formats_python.sh")"
exec "$python" "$here/cve_oracle.py" "$FIXLEAD_BIN"
