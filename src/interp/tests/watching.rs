//! Code that counts its passings, and code that is watched.

use super::*;
use crate::config::profile::{FunctionProfile, Seen};
use crate::config::{Config, Mode};
use crate::interp::code::ENTRY;
use crate::interp::translate_with;
use crate::runtime::compile_error::Interrupt;
use crate::runtime::store::{Passing, Replacement};
use std::sync::Mutex;
use std::sync::atomic::Ordering;

/// Counts passings, each for 1.
const COUNTS: Mode = Mode::Tiered { seed: Some(1) };

/// Code that records what it is asked for, and has no other code to offer.
struct Asked {
    code: Interpreted,
    passings: Mutex<Vec<Passing>>,
}

impl Code for Asked {
    fn module(&self) -> &Arc<Module> {
        self.code.module()
    }

    fn install(&self, body: BodyIndex, func: &VMFunc) {
        self.code.install(body, func);
    }

    fn replacement(&self, body: BodyIndex, passing: Passing, _: Interrupt<'_>) -> Replacement {
        assert_eq!(body, BodyIndex(0));
        self.passings.lock().expect("nothing panics with it").push(passing);
        Replacement::default()
    }
}

/// A module with one function, `f`.
fn asked(text: &str, chained: bool, change: impl Fn(&mut InterpCode)) -> Arc<Asked> {
    let module = Arc::new(decode(text));
    let config = Config { mode: COUNTS, ..Config::default() };
    let mut body = translate_with(&module, BodyIndex(0), chained, &config, None).expect("it is supported");
    change(&mut body);
    Arc::new(Asked { code: Interpreted { module, bodies: vec![body] }, passings: Mutex::default() })
}

/// Calls `f`.
fn call(code: &Arc<Asked>, args: &[u32]) -> Result<Vec<Val>, Abort> {
    let mut store = store();
    let code: Arc<dyn Code> = code.clone();
    let instance = store.instantiate(code, &[]).expect("it has no imports");
    let f = export(&store, instance, "f");
    store.call(f, &args.iter().map(|&arg| Val::I32(arg)).collect::<Vec<_>>())
}

/// The sum of the numbers from 1 on: an entry, and a beginning of the loop for each number.
const SUM: &str = "(module (func (export \"f\") (param i32) (result i32) (local i32)
    (loop $l
      (local.set 1 (i32.add (local.get 1) (local.get 0)))
      (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get 1)))";

#[test]
fn each_passing_counts_until_none_is_left() {
    for &chained in dispatchers() {
        for (allowed, weight, left, asked_at_entry, asked_at_loop) in [
            (0, 1, 0, 1, 4),
            (1, 1, 0, 0, 4),
            (2, 1, 0, 0, 3),
            (4, 1, 0, 0, 1),
            (5, 1, 0, 0, 0),
            (9, 1, 4, 0, 0),
            // The entry may count for more than there are.
            (3, 7, 0, 0, 4),
            (9, 7, 0, 0, 2),
        ] {
            // The operands of the first instruction: where it counts, and the weight.
            let code = asked(SUM, chained, |body| {
                body.words[ENTRY + 1] = u64::from(u32::MAX) | weight << 32;
            });
            let body = &code.code.bodies[0];
            body.allow_passings(allowed);
            assert_eq!(call(&code, &[4]), Ok(vec![Val::I32(10)]));
            assert_eq!((body.passings_left(), body.entered()), (left, 1), "{allowed} {weight}");
            let at_loop = Passing::Loop(body.loops[0].offset);
            let expected = [vec![Passing::Entry; asked_at_entry], vec![at_loop; asked_at_loop]].concat();
            assert_eq!(*code.passings.lock().expect("nothing panics with it"), expected, "{allowed} {weight}");
        }
    }
}

/// Returns 30, 20, 15 or 10.
const BRANCHES: &str = "(module (func (export \"f\") (param i32 i32) (result i32)
    (block $a
      (block $b
        (block $c (br_table $a $b $c (local.get 0)))
        (return (i32.const 30)))
      (return (i32.const 20)))
    (if (local.get 1) (then (return (i32.const 15))))
    (i32.const 10)))";

#[test]
fn a_body_is_watched_once() {
    if !CHAIN {
        return println!("no chained dispatcher in this build");
    }
    let code = asked(BRANCHES, true, |_| {});
    let body = &code.code.bodies[0];
    assert_eq!(body.bytes_to_watch(), size_of::<InterpCode>() + 12 * body.words.len());
    assert_eq!((body.can_be_watched(), body.is_watched_on(), body.seen_so_far()), (true, false, None));
    assert_eq!(body.watch_no_more(), None);
    assert_eq!(call(&code, &[0, 0]), Ok(vec![Val::I32(10)]));
    assert_eq!(body.entered(), 1);

    assert!(body.begin_to_watch(7));
    assert_eq!((body.can_be_watched(), body.is_watched_on()), (false, true));
    assert_eq!((body.passings_left(), body.current().passings_left()), (0, 7));
    assert_eq!(body.seen_so_far(), Some(FunctionProfile { entered: 0, operators: vec![] }));
    assert!(!body.begin_to_watch(9));
    assert_eq!((body.passings_left(), body.current().passings_left()), (0, 7));
    for (args, result) in [([0, 0], 10), ([1, 0], 20), ([1, 0], 20), ([9, 0], 30), ([0, 1], 15), ([0, 0], 10)] {
        assert_eq!(call(&code, &args), Ok(vec![Val::I32(result)]), "{args:?}");
    }
    // As if other functions had entered there.
    body.current().entered.fetch_add(5, Ordering::Relaxed);
    let module = code.module();
    let range = module.bodies[0].range.clone();
    let place = |operator: &[u8]| {
        let at = module.bytes[range.clone()].windows(operator.len()).position(|bytes| bytes == operator);
        (range.start + at.expect("the operator")) as u32
    };
    let seen = FunctionProfile {
        entered: 5,
        operators: vec![
            (place(&[0x0e, 2]), Seen::Table(vec![3, 2, 1])),
            (place(&[0x04, 0x40]), Seen::Branch { held: 1, failed: 2 }),
        ],
    };
    assert_eq!(body.seen_so_far().as_ref(), Some(&seen));
    for (left, on) in [(1, true), (0, false), (3, true)] {
        body.current().allow_passings(left);
        assert_eq!(body.is_watched_on(), on, "{left}");
    }

    assert_eq!(body.watch_no_more(), Some(seen));
    let copy = body.watching.get().expect("it stays");
    assert_eq!((body.entered(), copy.entered(), copy.passings_left()), (6, 6, 0));
    assert_eq!((body.can_be_watched(), body.is_watched_on(), body.seen_so_far()), (false, false, None));
    assert_eq!(body.watch_no_more(), None);
    assert_eq!(call(&code, &[0, 1]), Ok(vec![Val::I32(15)]));
    assert_eq!(body.entered(), 7);
}
