#!/usr/bin/env bash
# Creates initial corpora: fuzz/corpus/decode from the modules in seeds/, fuzz/corpus/wast from wast-extra/. The other
# targets begin with random bytes, which are as good as any modules.
#
#   fuzz/seeds.sh [PROGRAM]     PROGRAM: a built `wasmoon`; default: target/release/wasmoon
set -eu
here=$(cd "$(dirname "$0")" && pwd)
program=${1:-$here/../target/release/wasmoon}
[ -x "$program" ] || { echo "no program $program; run cargo build --release, or give the path of one" >&2; exit 2; }
mkdir -p "$here/corpus/decode" "$here/corpus/wast"
for wat in "$here"/seeds/decode/*.wat; do
    "$program" wat2wasm "$wat" -o "$here/corpus/decode/$(basename "$wat" .wat).wasm"
done
find "$here/../wast-extra" -name '*.wast' -size -64k | while read -r wast; do
    cp "$wast" "$here/corpus/wast/$(basename "$(dirname "$wast")")-$(basename "$wast")"
done
echo "$(ls "$here/corpus/decode" | wc -l) modules, $(ls "$here/corpus/wast" | wc -l) scripts"
