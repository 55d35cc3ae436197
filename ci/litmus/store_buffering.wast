;;! threads = true
;; Of two threads that store and then look at the other's cell, one sees the other's store. Not in wast-extra/: emulators of AArch64
;; on x86-64 get it wrong (docs/memory-model.md). The rest is as in wast-extra/threads/litmus_*.wast, which are generated; here are
;; four passes, there one.

(module $Mem
  (memory (export "shared") 1 1 shared))
(register "mem" $Mem)
(thread $T1 (shared (module $Mem))
  (register "mem" $Mem)
  (module
    (memory (import "mem" "shared") 1 1 shared)
    ;; Waits until this many arrivals were counted, then for some turns of a loop more: the last to arrive is ahead, now less
    ;; and now more. A thread that spins for long gives up its processor, and is not woken: that would order accesses, too.
    (func $meet (param $arrivals i32) (param $delay i32)
      (local $seen i32) (local $turns i32)
      (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))
      (loop $again
        (local.set $seen (i32.atomic.load (i32.const 0)))
        (if (i32.lt_u (local.get $seen) (local.get $arrivals)) (then
          (local.set $turns (i32.add (local.get $turns) (i32.const 1)))
          (if (i32.gt_u (local.get $turns) (i32.const 2000)) (then
            (drop (memory.atomic.wait32 (i32.const 0) (local.get $seen) (i64.const 50000)))))
          (br $again))))
      (loop $later (br_if $later (i32.gt_s (local.tee $delay (i32.sub (local.get $delay) (i32.const 1))) (i32.const 0)))))
    (func (export "run") (result i32)
      (local $at i32) (local $arrivals i32) (local $passes i32) (local $forbidden i32)
      (local $a i32) (local $b i32) (local $c i32) (local $d i32)
      (loop $pass
        (local.set $at (i32.const 0))
        (loop $cell
          (if (i32.eqz (i32.and (local.get $at) (i32.const 7))) (then
            (call $meet (local.tee $arrivals (i32.add (local.get $arrivals) (i32.const 2)))
              (i32.and (i32.shr_u (local.get $at) (i32.const 2)) (i32.const 127)))))
          (i32.atomic.store offset=12288 (local.get $at) (i32.const 1))
          (local.set $b (i32.atomic.load offset=4096 (local.get $at)))
          (i32.store offset=24576 (local.get $at) (local.get $b))
          (local.set $at (i32.add (local.get $at) (i32.const 4)))
          (br_if $cell (i32.lt_u (local.get $at) (i32.const 2048))))
        (call $meet (local.tee $arrivals (i32.add (local.get $arrivals) (i32.const 2))) (i32.const 0))
        (call $meet (local.tee $arrivals (i32.add (local.get $arrivals) (i32.const 2))) (i32.const 0))
        (br_if $pass (i32.lt_u (local.tee $passes (i32.add (local.get $passes) (i32.const 1))) (i32.const 4))))
      (local.get $forbidden)))
  (assert_return (invoke "run") (i32.const 0)))
(module
  (memory (import "mem" "shared") 1 1 shared)
  ;; Waits until this many arrivals were counted, then for some turns of a loop more: the last to arrive is ahead, now less
  ;; and now more. A thread that spins for long gives up its processor, and is not woken: that would order accesses, too.
  (func $meet (param $arrivals i32) (param $delay i32)
    (local $seen i32) (local $turns i32)
    (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))
    (loop $again
      (local.set $seen (i32.atomic.load (i32.const 0)))
      (if (i32.lt_u (local.get $seen) (local.get $arrivals)) (then
        (local.set $turns (i32.add (local.get $turns) (i32.const 1)))
        (if (i32.gt_u (local.get $turns) (i32.const 2000)) (then
          (drop (memory.atomic.wait32 (i32.const 0) (local.get $seen) (i64.const 50000)))))
        (br $again))))
    (loop $later (br_if $later (i32.gt_s (local.tee $delay (i32.sub (local.get $delay) (i32.const 1))) (i32.const 0)))))
  ;; The number of cells with the forbidden outcome. Afterwards all cells and results are 0.
  (func $count (result i32)
    (local $at i32) (local $n i32)
    (loop $cell
      (local.set $n (i32.add (local.get $n)
        (i32.and (i32.eq (i32.load offset=20480 (local.get $at)) (i32.const 0))
          (i32.eq (i32.load offset=24576 (local.get $at)) (i32.const 0)))))
      (local.set $at (i32.add (local.get $at) (i32.const 4)))
      (br_if $cell (i32.lt_u (local.get $at) (i32.const 2048))))
    (memory.fill (i32.const 4096) (i32.const 0) (i32.const 24576))
    (local.get $n))
  (func (export "run") (result i32)
    (local $at i32) (local $arrivals i32) (local $passes i32) (local $forbidden i32)
    (local $a i32) (local $b i32) (local $c i32) (local $d i32)
    (loop $pass
      (local.set $at (i32.const 0))
      (loop $cell
        (if (i32.eqz (i32.and (local.get $at) (i32.const 7))) (then
          (call $meet (local.tee $arrivals (i32.add (local.get $arrivals) (i32.const 2)))
            (i32.and (i32.shr_u (local.get $at) (i32.const 0)) (i32.const 127)))))
        (i32.atomic.store offset=4096 (local.get $at) (i32.const 1))
        (local.set $a (i32.atomic.load offset=12288 (local.get $at)))
        (i32.store offset=20480 (local.get $at) (local.get $a))
        (local.set $at (i32.add (local.get $at) (i32.const 4)))
        (br_if $cell (i32.lt_u (local.get $at) (i32.const 2048))))
      (call $meet (local.tee $arrivals (i32.add (local.get $arrivals) (i32.const 2))) (i32.const 0))
      (local.set $forbidden (i32.add (local.get $forbidden) (call $count)))
      (call $meet (local.tee $arrivals (i32.add (local.get $arrivals) (i32.const 2))) (i32.const 0))
      (br_if $pass (i32.lt_u (local.tee $passes (i32.add (local.get $passes) (i32.const 1))) (i32.const 4))))
    (local.get $forbidden)))
(assert_return (invoke "run") (i32.const 0))
(wait $T1)
