#!/usr/bin/env bash
# Looks for bytes that break a reader of what strangers write: a program that
# sees which code each input reaches (libFuzzer) changes inputs until they reach
# more. Each reader says what has to hold; the program is built with every check
# of a debug build. A reader that panics, fails its own check, takes longer than
# ten seconds or more than 4 GiB is broken.
#
# It begins with what lies in tests/fuzz/corpora and goes on with what it found
# the last time. What breaks a reader is kept and named, with the command that
# tries it again; once that is mended, put it into tests/fuzz/corpora, where
# ./test tries it from then on.
#
#   FIXLEAD_FUZZ_SECONDS   how long each reader (default: 600)
#   FIXLEAD_FUZZ_TARGETS   only these readers, by their names (default: all)
#   FIXLEAD_FUZZ_AT_ONCE   how many at a time (default: 2)
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds="${FIXLEAD_FUZZ_SECONDS:-600}" at_once="${FIXLEAD_FUZZ_AT_ONCE:-2}"

command -v c++ >/dev/null || {
    echo "missing: a C++ compiler, for libFuzzer itself (Debian: apt-get install g++)" >&2
    exit 1
}
target="${CARGO_TARGET_DIR:-target}"
case "$target" in /*) ;; *) target="$PWD/$target" ;; esac
host="$(rustc -vV | sed -n 's/^host: //p')"
place="$target/fuzz"
# What cargo-fuzz sets too, but for the sanitizers that need a nightly compiler.
export RUSTFLAGS="--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares"
# A target of its own keeps the flags from build scripts and macros.
cargo build --locked --profile fuzz -p fixlead --target "$host" --target-dir "$place"
program="$place/$host/fuzz/fixlead"

mapfile -t names < <(FIXLEAD_FUZZ='' "$program" 2>/dev/null | sort)
[ ${#names[@]} -ge 50 ] || { echo "only ${#names[@]} readers are known; is this the right program?" >&2; exit 1; }
if [ -n "${FIXLEAD_FUZZ_TARGETS:-}" ]; then read -ra chosen <<<"$FIXLEAD_FUZZ_TARGETS"; else chosen=("${names[@]}"); fi
for name in "${chosen[@]}"; do
    printf '%s\n' "${names[@]}" | grep -qxF -- "$name" || {
        echo "there is no reader \`$name\`; there are ${names[*]}" >&2
        exit 2
    }
done

# Runs one; says how often it was tried, how much code that reached, and what broke.
fuzz() {
    local name="$1" log="$place/logs/$1" status=0 reached tried
    mkdir -p "$place/corpora/$name" "$place/found/$name" "$place/logs"
    : >"$log.began"
    # What lies elsewhere in the tree and need not be there twice.
    local more=()
    case "$name" in
    policy) more=(policies) ;;
    history) more=(crates/fixlead-core/tests/histories examples) ;;
    esac
    FIXLEAD_FUZZ="$name" "$program" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=4096 -print_final_stats=1 \
        -dict=tests/fuzz/words -artifact_prefix="$place/found/$name/" \
        "$place/corpora/$name" "tests/fuzz/corpora/$name" "${more[@]}" >"$log" 2>&1 || status=$?
    tried="$(sed -n 's/^stat::number_of_executed_units: *//p' "$log" | tail -n1)"
    reached="$(grep -o 'cov: [0-9]* ft: [0-9]*' "$log" | tail -n1 | sed 's/cov: \([0-9]*\) ft: \([0-9]*\)/\1 places in \2 ways/')"
    if [ "$status" = 0 ]; then
        printf '%-18s tried %10s times, reached %s\n' "$name" "$tried" "${reached:-nothing}"
        return
    fi
    printf '%-18s BROKE after %s tries\n' "$name" "${tried:-some}"
    grep -m1 -A1 -E "panicked at|ERROR: libFuzzer" "$log" | cut -c1-300 | sed 's/^/    /' || true
    find "$place/found/$name" -type f -newer "$log.began" -printf "    again: FIXLEAD_FUZZ=$name $program %p\n"
    return 1
}
export -f fuzz
export place program seconds

broken=0
printf '%s\n' "${chosen[@]}" | xargs -P "$at_once" -I{} bash -c 'fuzz "$1"' fuzz {} || broken=1
[ "$broken" = 0 ] || echo "what broke them is in $place/found"
exit "$broken"
