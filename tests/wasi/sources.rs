//! WASI preview 1 programs, as text.

/// Copies its input to its output, reports that on standard error, and exits with 7.
pub const COPY: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (data (i32.const 32) "done\n")
    (func (export "_start")
        (loop $more
            (i32.store (i32.const 0) (i32.const 64))
            (i32.store (i32.const 4) (i32.const 1000))
            (if (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)) (then (unreachable)))
            (i32.store (i32.const 4) (i32.load (i32.const 8)))
            (if (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 12)) (then (unreachable)))
            (br_if $more (i32.load (i32.const 8))))
        (i32.store (i32.const 0) (i32.const 32))
        (i32.store (i32.const 4) (i32.const 5))
        (drop (call $write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 12)))
        (call $exit (i32.const 7))
        (unreachable)))"#;

/// Sleeps for an hour.
pub const SLEEP: &str = r#"(module
    (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "_start")
        (i64.store (i32.const 24) (i64.const 3600000000000))
        (i32.store (i32.const 16) (i32.const 1))
        (loop (br_if 0 (call $poll (i32.const 0) (i32.const 100) (i32.const 1) (i32.const 200))))))"#;

/// Adds 40 to its argument, once it is initialized.
pub const LIBRARY: &str = r#"(module (global $g (mut i32) (i32.const 0))
    (func (export "_initialize") (global.set $g (i32.add (global.get $g) (i32.const 40))))
    (func (export "get") (param i32) (result i32) (i32.add (global.get $g) (local.get 0))))"#;

/// Prints a list of strings returned by another function, each with a newline in place of its NUL.
pub fn printer(get: &str) -> String {
    format!(
        r#"(module
    (import "wasi_snapshot_preview1" "{get}_sizes_get" (func $sizes (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "{get}_get" (func $get (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "_start") (local $i i32)
        (drop (call $sizes (i32.const 0) (i32.const 4)))
        (drop (call $get (i32.const 64) (i32.const 1024)))
        (local.set $i (i32.load (i32.const 4)))
        (block $end (loop $next
            (br_if $end (i32.eqz (local.get $i)))
            (local.set $i (i32.sub (local.get $i) (i32.const 1)))
            (if (i32.eqz (i32.load8_u offset=1024 (local.get $i)))
                (then (i32.store8 offset=1024 (local.get $i) (i32.const 10))))
            (br $next)))
        (i32.store (i32.const 0) (i32.const 1024))
        (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 12)))))"#
    )
}
