;; A program (WASI preview 1): prints the lines of a file in order; with -r as last argument, in reverse order. The file is
;; at most 64 KiB long, in the first folder that the program is given.
;;
;;   wasmoon run --dir examples::/ examples/sort.wat /in.txt -r
(module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  ;; 0: number and length of arguments, 8: an iovec, 16: a count of bytes, 20: a file descriptor, 64: messages,
  ;; 1024: pointers to arguments, 4096: their text, 65536: the file, 131072: for each line its address and length.
  (memory (export "memory") 10)
  (data (i32.const 64) "usage: sort FILE [-r]\n")
  (data (i32.const 96) "sort: the file cannot be opened\n")
  (global $lines (mut i32) (i32.const 0))

  (func $write (param $fd i32) (param $text i32) (param $length i32)
    (i32.store (i32.const 8) (local.get $text))
    (i32.store (i32.const 12) (local.get $length))
    (drop (call $fd_write (local.get $fd) (i32.const 8) (i32.const 1) (i32.const 16))))

  (func $fail (param $text i32) (param $length i32)
    (call $write (i32.const 2) (local.get $text) (local.get $length))
    (call $proc_exit (i32.const 2)))

  (func $length (param $text i32) (result i32) (local $end i32)
    (local.set $end (local.get $text))
    (loop $next
      (if (i32.load8_u (local.get $end))
        (then (local.set $end (i32.add (local.get $end) (i32.const 1))) (br $next))))
    (i32.sub (local.get $end) (local.get $text)))

  ;; The file's length.
  (func $read (param $path i32) (result i32) (local $end i32)
    ;; Paths are relative to the folder.
    (if (i32.eq (i32.load8_u (local.get $path)) (i32.const 47))
      (then (local.set $path (i32.add (local.get $path) (i32.const 1)))))
    (if (call $path_open (i32.const 3) (i32.const 0) (local.get $path) (call $length (local.get $path)) (i32.const 0)
          (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 20))
      (then (call $fail (i32.const 96) (i32.const 32))))
    (local.set $end (i32.const 65536))
    (loop $next
      (i32.store (i32.const 8) (local.get $end))
      (i32.store (i32.const 12) (i32.sub (i32.const 131072) (local.get $end)))
      (drop (call $fd_read (i32.load (i32.const 20)) (i32.const 8) (i32.const 1) (i32.const 16)))
      (local.set $end (i32.add (local.get $end) (i32.load (i32.const 16))))
      (br_if $next (i32.load (i32.const 16))))
    (i32.sub (local.get $end) (i32.const 65536)))

  ;; The place of the n-th line's address and length.
  (func $line (param $n i32) (result i32)
    (i32.add (i32.const 131072) (i32.shl (local.get $n) (i32.const 3))))

  ;; Whether a line precedes another one, byte by byte; a shorter one precedes what it is the start of.
  (func $precedes (param $a i32) (param $a_length i32) (param $b i32) (param $b_length i32) (result i32)
    (local $i i32) (local $difference i32)
    (loop $next
      (if (i32.ge_u (local.get $i) (local.get $b_length)) (then (return (i32.const 0))))
      (if (i32.ge_u (local.get $i) (local.get $a_length)) (then (return (i32.const 1))))
      (local.set $difference
        (i32.sub (i32.load8_u (i32.add (local.get $a) (local.get $i)))
                 (i32.load8_u (i32.add (local.get $b) (local.get $i)))))
      (if (local.get $difference) (then (return (i32.lt_s (local.get $difference) (i32.const 0)))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $next))
    (unreachable))

  ;; Puts a line where it belongs among those before.
  (func $insert (param $text i32) (param $length i32) (local $n i32) (local $before i32)
    (local.set $n (global.get $lines))
    (global.set $lines (i32.add (local.get $n) (i32.const 1)))
    (block $found
      (loop $next
        (br_if $found (i32.eqz (local.get $n)))
        (local.set $before (call $line (i32.sub (local.get $n) (i32.const 1))))
        (br_if $found
          (i32.eqz
            (call $precedes (local.get $text) (local.get $length)
              (i32.load (local.get $before)) (i32.load offset=4 (local.get $before)))))
        (i64.store offset=8 (local.get $before) (i64.load (local.get $before)))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br $next)))
    (i32.store (call $line (local.get $n)) (local.get $text))
    (i32.store offset=4 (call $line (local.get $n)) (local.get $length)))

  (func $sort (param $length i32) (local $start i32) (local $at i32) (local $end i32)
    (local.set $start (i32.const 65536))
    (local.set $at (i32.const 65536))
    (local.set $end (i32.add (i32.const 65536) (local.get $length)))
    (loop $next
      (if (i32.lt_u (local.get $at) (local.get $end))
        (then
          (if (i32.eq (i32.load8_u (local.get $at)) (i32.const 10))
            (then
              (call $insert (local.get $start)
                (i32.sub (i32.add (local.get $at) (i32.const 1)) (local.get $start)))
              (local.set $start (i32.add (local.get $at) (i32.const 1)))))
          (local.set $at (i32.add (local.get $at) (i32.const 1)))
          (br $next)))))

  (func (export "_start") (local $reverse i32) (local $n i32) (local $line i32)
    (drop (call $args_sizes_get (i32.const 0) (i32.const 4)))
    (drop (call $args_get (i32.const 1024) (i32.const 4096)))
    (if (i32.lt_u (i32.load (i32.const 0)) (i32.const 2)) (then (call $fail (i32.const 64) (i32.const 22))))
    (if (i32.gt_u (i32.load (i32.const 0)) (i32.const 2))
      (then
        ;; "-r", and the zero at its end.
        (if (i32.ne (i32.load16_u (i32.load offset=1032 (i32.const 0))) (i32.const 0x722d))
          (then (call $fail (i32.const 64) (i32.const 22))))
        (local.set $reverse (i32.const 1))))
    (call $sort (call $read (i32.load offset=1028 (i32.const 0))))
    (loop $next
      (if (i32.lt_u (local.get $n) (global.get $lines))
        (then
          (local.set $line
            (call $line
              (select
                (i32.sub (i32.sub (global.get $lines) (local.get $n)) (i32.const 1))
                (local.get $n)
                (local.get $reverse))))
          (call $write (i32.const 1) (i32.load (local.get $line)) (i32.load offset=4 (local.get $line)))
          (local.set $n (i32.add (local.get $n) (i32.const 1)))
          (br $next))))))
