//! The `spectest` module that the official testsuite imports from.
