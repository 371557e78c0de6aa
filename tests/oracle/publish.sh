#!/bin/sh
# Holds what is published against other implementations: made-up advisories are
# published as files and by a desk, and both have to be the same bytes. PyPI
# `csaf` audits the tree and judges its documents, GnuPG checks signatures,
# `sha256sum` and `sha512sum` hashes, `sectxt` the signed security.txt,
# `osv-utils` and Python's zipfile the OSV entries, `feedparser` the feed. An
# argument is how many advisories are made up.
#
#   FIXLEAD_BIN           the command to test    (default: a release build of this tree)
#   FIXLEAD_PUBLISH_VENV  where the peers live   (default: target/venv-publish; made when missing)
set -eu
here="$(cd "$(dirname "$0")" && pwd)"
root="$(cd "$here/../.." && pwd)"
target="${CARGO_TARGET_DIR:-$root/target}"
if [ -z "${FIXLEAD_BIN:-}" ]; then
    (cd "$root" && cargo build --release --quiet --package fixlead)
    FIXLEAD_BIN="$target/release/fixlead"
fi
command -v gpg >/dev/null || {
    echo "gpg is missing: apt-get install gnupg" >&2
    exit 1
}
python="$("$here/publish_python.sh")"
made="$(mktemp -d)"
trap 'rm -rf "$made"' EXIT
(cd "$root" && cargo run --quiet --locked --package fixlead-formats --example documents -- "$made/documents" "${1:-60}")
"$python" "$here/publish_oracle.py" "$FIXLEAD_BIN" "$made"
