//! WASI preview 1, over `cap-std`.
