;; Loops with code in them that is seldom reached, and hints that say so. Each takes a number of rounds, and returns
;; a part of its computation.
(module
  (memory (export "memory") 1)
  (global $errors (mut i32) (i32.const 0))
  ;; 4096 numbers; one in 1024 is 0.
  (func $init (local $i i32)
    (loop $l
      (i32.store (i32.shl (local.get $i) (i32.const 2)) (i32.and (local.get $i) (i32.const 1023)))
      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 4096)))))
  (start $init)
  (func $seldom (param $at i32) (param $what i32) (result i32)
    (global.set $errors (i32.add (global.get $errors) (i32.const 1)))
    (i32.add (local.get $at) (local.get $what)))
  ;; Checks whose failure is handled in place.
  (func (export "checks") (param $rounds i32) (result i32) (local $i i32) (local $v i32) (local $sum i32)
    loop $r
      i32.const 0
      local.set $i
      loop $l
        local.get $i
        i32.load
        local.tee $v
        i32.eqz
        (@metadata.code.branch_hint "\00") if
          local.get $i
          i32.const 7
          i32.rem_u
          local.get $sum
          i32.const 3
          i32.rotl
          i32.xor
          local.set $sum
          i32.const 20000
          local.get $sum
          i32.store
        end
        local.get $v
        i32.const 2000
        i32.gt_u
        (@metadata.code.branch_hint "\00") if
          local.get $v
          local.get $i
          i32.const 11
          i32.div_u
          i32.mul
          local.set $v
          i32.const 20004
          local.get $v
          i32.store
        end
        local.get $sum
        local.get $v
        i32.add
        local.set $sum
        local.get $sum
        i32.const 0x7fffffff
        i32.eq
        (@metadata.code.branch_hint "\00") if
          i32.const 20008
          local.get $i
          i32.const 13
          i32.rem_u
          i32.store
          i32.const 1
          local.set $sum
        end
        local.get $i
        i32.const 4
        i32.add
        local.tee $i
        i32.const 16384
        i32.lt_u
        br_if $l
      end
      local.get $rounds
      i32.const 1
      i32.sub
      local.tee $rounds
      br_if $r
    end
    local.get $sum)
  ;; A call that is seldom made, with many values live across it.
  (func (export "outside") (param $rounds i32) (result i32)
    (local $i i32) (local $v i32) (local $a i32) (local $b i32) (local $c i32) (local $d i32)
    loop $r
      i32.const 0
      local.set $i
      loop $l
        local.get $i
        i32.load
        local.tee $v
        i32.eqz
        (@metadata.code.branch_hint "\00") if
          local.get $i
          local.get $a
          call $seldom
          local.set $v
        end
        (local.set $a (i32.add (local.get $a) (local.get $v)))
        (local.set $b (i32.xor (local.get $b) (local.get $a)))
        (local.set $c (i32.add (local.get $c) (i32.rotl (local.get $b) (i32.const 5))))
        (local.set $d (i32.sub (local.get $d) (local.get $c)))
        local.get $i
        i32.const 4
        i32.add
        local.tee $i
        i32.const 16384
        i32.lt_u
        br_if $l
      end
      local.get $rounds
      i32.const 1
      i32.sub
      local.tee $rounds
      br_if $r
    end
    (i32.xor (i32.xor (local.get $a) (local.get $b)) (i32.xor (local.get $c) (local.get $d))))
  ;; The same, for a branch that mostly skips the call.
  (func (export "skipped") (param $rounds i32) (result i32)
    (local $i i32) (local $v i32) (local $a i32) (local $b i32) (local $c i32) (local $d i32)
    loop $r
      i32.const 0
      local.set $i
      loop $l
        block $skip
          local.get $i
          i32.load
          local.tee $v
          (@metadata.code.branch_hint "\01") br_if $skip
          local.get $i
          local.get $b
          call $seldom
          local.set $v
        end
        (local.set $a (i32.add (local.get $a) (local.get $v)))
        (local.set $b (i32.xor (local.get $b) (local.get $a)))
        (local.set $c (i32.add (local.get $c) (i32.rotl (local.get $b) (i32.const 5))))
        (local.set $d (i32.sub (local.get $d) (local.get $c)))
        local.get $i
        i32.const 4
        i32.add
        local.tee $i
        i32.const 16384
        i32.lt_u
        br_if $l
      end
      local.get $rounds
      i32.const 1
      i32.sub
      local.tee $rounds
      br_if $r
    end
    (i32.xor (i32.xor (local.get $a) (local.get $b)) (i32.xor (local.get $c) (local.get $d)))))
