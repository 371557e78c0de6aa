#!/usr/bin/env bash
# Runs every `fixlead` command line that stands in a `sh` block of the documents
# for readers, and demands the exit code that the line states: `# exit 1` at its
# end, otherwise 0. `cargo run --release --` stands for the command. Scripts
# that are named, such as ./test, have to exist. Nothing is written to the tree.
#
#   FIXLEAD_BIN   the command (default: a release build of this tree)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root="$PWD"
if [ -z "${FIXLEAD_BIN:-}" ]; then
    cargo build --release --quiet --locked
    FIXLEAD_BIN="${CARGO_TARGET_DIR:-$root/target}/release/fixlead"
fi
documents=("$@")
[ ${#documents[@]} != 0 ] || documents=(README.md CONTRIBUTING.md docs/*.md docs/formats/*.md)

scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/bin" "$scratch/here"
ln -s "$FIXLEAD_BIN" "$scratch/bin/fixlead"
# Commands see the tree's files by their usual names and write beside them.
for name in examples policies docs; do ln -s "$root/$name" "$scratch/here/$name"; done
export PATH="$scratch/bin:$PATH"

ran=0 failed=0
complain() {
    echo "$1" >&2
    failed=$((failed + 1))
}
for document in "${documents[@]}"; do
    number=0 inside=no
    while IFS= read -r line; do
        number=$((number + 1))
        case "$line" in
        '```sh') inside=yes && continue ;;
        '```'*) inside=no && continue ;;
        esac
        [ "$inside" = yes ] || continue
        wanted=0
        [[ ! "$line" =~ \#\ exit\ ([0-9]+) ]] || wanted="${BASH_REMATCH[1]}"
        command="${line/cargo run --release --/fixlead}"
        case "$command" in
        *fixlead\ *)
            status=0
            (cd "$scratch/here" && timeout 120 bash -c "$command") </dev/null >"$scratch/out" 2>&1 || status=$?
            ran=$((ran + 1))
            if [ $status != "$wanted" ]; then
                complain "$document:$number: exit $status instead of $wanted: $command"
                tail -n 5 "$scratch/out" >&2
            fi
            ;;
        ./* | .ci/*)
            script="${command%% *}"
            [ -x "$script" ] || complain "$document:$number: $script is not there or cannot be run"
            ;;
        esac
    done <"$document"
done
echo "$ran commands of ${#documents[@]} documents ran, $failed were wrong"
[ $ran -gt 0 ] && [ $failed = 0 ]
