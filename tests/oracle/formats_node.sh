#!/bin/sh
# Prints the directory in which npm's `@secvisogram/csaf-validator-lib` 2.0.10
# lives beside the script that asks it; makes it when it is missing.
set -eu
here="$(cd "$(dirname "$0")" && pwd)"
cd "$here/../.."
place="${CARGO_TARGET_DIR:-target}/node-formats"
mkdir -p "$place"
cp "$here/formats_node.mjs" "$place/formats_node.mjs"
cd "$place"
has_peer() {
    grep -q '"version": "2.0.10"' node_modules/@secvisogram/csaf-validator-lib/package.json 2>/dev/null
}
has_peer || npm install --silent --no-audit --no-fund --ignore-scripts --no-save \
    @secvisogram/csaf-validator-lib@2.0.10 >&2
has_peer
pwd
