;; Stack switching: a generator resumed, two continuations that switch to each other, and one made, run and finished.
(module
  (type $task (func))
  (type $cont (cont $task))
  (tag $yield (param i32))
  (rec
    (type $player (func (param (ref null $turn))))
    (type $turn (cont $player)))
  (tag $game)
  (global $left (mut i32) (i32.const 0))
  (elem declare func $count $play $once)

  (func $count (local $i i32)
    (loop $next
      (suspend $yield (local.get $i))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $next)))

  ;; The sum of a generator's values.
  (func (export "generator") (param $n i32) (result i32) (local $rest (ref null $cont)) (local $sum i32)
    (local.set $rest (cont.new $cont (ref.func $count)))
    (loop $next
      (block $on (result i32 (ref null $cont))
        (resume $cont (on $yield $on) (local.get $rest))
        (unreachable))
      (local.set $rest)
      (local.set $sum (i32.add (local.get $sum)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))

  (func $play (type $player) (param $other (ref null $turn))
    (loop $next
      (if (i32.eqz (global.get $left)) (then (return)))
      (global.set $left (i32.sub (global.get $left) (i32.const 1)))
      (local.set $other (switch $turn $game (local.get $other)))
      (br $next)))

  ;; Two that take turns: the first of them starts the second.
  (func (export "turns") (param $n i32) (result i32)
    (global.set $left (local.get $n))
    (resume $turn (on $game switch) (cont.new $turn (ref.func $play)) (cont.new $turn (ref.func $play)))
    (i32.sub (local.get $n) (global.get $left)))

  (func $once (global.set $left (i32.add (global.get $left) (i32.const 1))))

  (func (export "started") (param $n i32) (result i32)
    (global.set $left (i32.const 0))
    (loop $next
      (resume $cont (cont.new $cont (ref.func $once)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (global.get $left)))
