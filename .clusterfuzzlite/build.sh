#!/bin/bash -eu
# Runs in the image: builds the targets and puts them, with their dictionaries and seeds, into $OUT.
exec "$SRC/wasmoon/fuzz/oss-fuzz/build.sh"
