"""Generators of scripts: a module for each theme of wast-extra/ that has generated files.

Expected values are computed here, by construction, and never by wasmoon. A module has a function `make`, which writes the
files of its theme with `script.write`. `wast-extra/generate` runs it.
"""
