#!/bin/sh
# Holds a running desk against its own description: schemathesis sends what the
# description allows and what it forbids, one by one and in sequences, and
# looks at every answer. The desk is filled with a project, people and a case
# first. Then the description is falsified, and the same comparison has to
# find that. An argument is another seed.
#
#   FIXLEAD_BIN       the command to test    (default: a release build of this tree)
#   FIXLEAD_API_VENV  where the peer lives   (default: target/venv-api; made when missing)
set -eu
here="$(cd "$(dirname "$0")" && pwd)"
if [ -z "${FIXLEAD_BIN:-}" ]; then
    (cd "$here" && cargo build --release --quiet --package fixlead)
    FIXLEAD_BIN="${CARGO_TARGET_DIR:-$here/../../target}/release/fixlead"
fi
python="$("$here/api_python.sh")"
exec "$python" "$here/api_oracle.py" "$FIXLEAD_BIN" "$@"
