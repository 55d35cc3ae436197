#!/bin/bash -eu
# Runs in the image: builds the targets and puts them, with their dictionaries and seeds, into $OUT.
cd "$SRC/wasmoon"
cargo fuzz build -O --debug-assertions
for target in differential decode wast seeds ir_rules assembler api wasi; do
    cp "fuzz/target/x86_64-unknown-linux-gnu/release/$target" "$OUT/"
    printf '[libfuzzer]\nmax_len = 8192\n' > "$OUT/$target.options"
    if [ -f "fuzz/dictionaries/$target.dict" ]; then
        cp "fuzz/dictionaries/$target.dict" "$OUT/"
        printf 'dict = %s.dict\n' "$target" >> "$OUT/$target.options"
    fi
done
# The program writes the modules of `decode`.
cargo build --release --locked
fuzz/seeds.sh
for target in decode wast; do
    (cd "fuzz/corpus/$target" && zip -q -r "$OUT/${target}_seed_corpus.zip" .)
done
