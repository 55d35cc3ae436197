//! Facts about references beyond the types that the code declares: that they are not null, and the types that they were
//! cast to.
//!
//! A fact concerns an SSA value and holds at all points dominated by the point where it was learnt. Control flow is
//! structured, so it is enough to truncate the log wherever branches meet.

use crate::jit::ir::Value;
use crate::module::{AbstractHeapType as H, CompositeInnerType, HeapType, Module, RefType};
use crate::runtime::types::is_abstract_subtype;
use foldhash::HashMap;

/// The facts that currently hold.
#[derive(Default)]
pub(super) struct Facts {
    known: HashMap<Value, RefType>,
    /// Values to restore when the facts learnt since then are forgotten.
    log: Vec<(Value, Option<RefType>)>,
}

impl Facts {
    /// The most precise known type of a value.
    pub fn get(&self, v: Value) -> Option<RefType> {
        self.known.get(&v).copied()
    }

    /// Whether a value is known not to be null.
    pub fn is_non_null(&self, v: Value) -> bool {
        self.get(v).is_some_and(|ty| !ty.is_nullable())
    }

    /// Records that `v` is of type `ty` from here on, in addition to the known facts.
    pub fn learn(&mut self, module: &Module, v: Value, ty: RefType) {
        let before = self.get(v);
        let both = before.map_or(ty, |before| {
            let heap = if matches(module, before.heap_type(), ty.heap_type()) { before } else { ty };
            let nullable = before.is_nullable() && ty.is_nullable();
            RefType::new(nullable, heap.heap_type()).expect("the heap type is unchanged")
        });
        if before != Some(both) {
            self.known.insert(v, both);
            self.log.push((v, before));
        }
    }

    /// Replaces the facts about `v` by its type.
    pub fn replace(&mut self, v: Value, ty: RefType) {
        let before = self.known.insert(v, ty);
        self.log.push((v, before));
    }

    /// The current length of the log, for [`Facts::forget`].
    pub fn mark(&self) -> usize {
        self.log.len()
    }

    /// Forgets all facts learnt since the mark.
    pub fn forget(&mut self, mark: usize) {
        for (v, before) in self.log.drain(mark..).rev() {
            match before {
                Some(ty) => self.known.insert(v, ty),
                None => self.known.remove(&v),
            };
        }
    }
}

/// Whether one heap type is known to be a subtype of another. (Types that are equal but have different indices are not
/// known to be.)
pub(super) fn matches(module: &Module, a: HeapType, b: HeapType) -> bool {
    let inner = |index: u32| &module.types[index as usize].composite_type.inner;
    match (a, b) {
        _ if a == b => true,
        (HeapType::Concrete(a) | HeapType::Exact(a), HeapType::Concrete(b)) => {
            let (mut a, b) = (a.as_module_index(), b.as_module_index());
            while a.is_some() && a != b {
                let above = a.and_then(|a| module.types[a as usize].supertype_idxs.first());
                a = above.and_then(|s| s.as_module_index());
            }
            a.is_some()
        }
        (HeapType::Concrete(a) | HeapType::Exact(a), HeapType::Abstract { ty, .. }) => {
            matches!(
                (a.as_module_index().map(inner), ty),
                (Some(CompositeInnerType::Struct(_)), H::Struct | H::Eq | H::Any)
                    | (Some(CompositeInnerType::Array(_)), H::Array | H::Eq | H::Any)
                    | (Some(CompositeInnerType::Func(_)), H::Func)
                    | (Some(CompositeInnerType::Cont(_)), H::Cont)
            )
        }
        (HeapType::Abstract { shared: sa, ty: a }, HeapType::Abstract { shared: sb, ty: b }) => {
            sa == sb && is_abstract_subtype(a, b)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::module::{ValType, WasmFeatures};
    use crate::random::next;
    use std::collections::HashMap as Map;

    const TYPES: &str = "(type $f (func)) (type $s (sub (struct))) (type $s1 (sub $s (struct (field i32)))) \
                         (type $s2 (sub $s1 (struct (field i32 i64)))) (type $t (sub $s (struct (field i64)))) \
                         (type $a (sub (array i8))) (type $b (sub $a (array i8))) (type $g (sub (func (param i32)))) \
                         (type $h (sub $g (func (param i32)))) (type $c (cont $f)) (type $d (cont $g))";
    const HEAP_TYPES: &[&str] = &[
        "any",
        "eq",
        "i31",
        "struct",
        "array",
        "none",
        "func",
        "nofunc",
        "extern",
        "noextern",
        "exn",
        "noexn",
        "cont",
        "nocont",
        "$f",
        "$s",
        "$s1",
        "$s2",
        "$t",
        "$a",
        "$b",
        "$g",
        "$h",
        "$c",
        "$d",
        "(exact $s)",
        "(exact $s1)",
        "(exact $a)",
        "(exact $g)",
    ];

    fn module(text: &str) -> Option<Module> {
        Module::new(&wat::parse_str(text).expect("well-formed"), WasmFeatures::all()).ok()
    }

    /// A known subtype is a subtype for the validator, and vice versa: a value of the one type may be returned as one of
    /// the other. (Bottom types are also below concrete types; a test discovers that no value has a bottom type.)
    #[test]
    fn known_subtypes_are_those_of_the_language() {
        let parameters: String = HEAP_TYPES.iter().map(|ty| format!("(param (ref null {ty}))")).collect();
        let all = module(&format!("(module {TYPES} (func {parameters}))")).unwrap();
        let heaps: Vec<HeapType> = all
            .function_signature(0)
            .params()
            .iter()
            .map(|ty| match ty {
                ValType::Ref(ty) => ty.heap_type(),
                other => panic!("{other:?}"),
            })
            .collect();
        let mut subtypes = 0;
        for (a, &from) in HEAP_TYPES.iter().zip(&heaps) {
            for (b, &to) in HEAP_TYPES.iter().zip(&heaps) {
                let text =
                    format!("(module {TYPES} (func (param (ref null {a})) (result (ref null {b})) (local.get 0)))");
                let valid = module(&text).is_some();
                let bottom = matches!(from, HeapType::Abstract { .. }) && !matches!(to, HeapType::Abstract { .. });
                assert_eq!(matches(&all, from, to), valid && !bottom, "{a} as {b}");
                subtypes += u32::from(valid && !bottom);
            }
        }
        assert!(subtypes > 2 * HEAP_TYPES.len() as u32, "{subtypes}");
    }

    /// The facts are those learnt since and before the part that was forgotten: compared with a model that is copied at
    /// each mark.
    #[test]
    fn what_is_forgotten_is_what_was_learnt_since() {
        let module = module(&format!("(module {TYPES})")).unwrap();
        let abstract_type = |ty| HeapType::Abstract { shared: false, ty };
        // Each is a subtype of the one before.
        let chain = [H::Any, H::Eq, H::Struct, H::None].map(abstract_type);
        let mut state = 7;
        let mut random = |n: u64| (next(&mut state) % n) as usize;
        let mut facts = Facts::default();
        // For each value: how far down the chain its type is, and whether it may be null.
        type Model = Map<u32, (usize, bool)>;
        let mut model = Model::new();
        let mut marks: Vec<(usize, Model)> = Vec::new();
        let mut forgotten = 0;
        for _ in 0..20_000 {
            let value = random(6) as u32;
            let (rank, nullable) = (random(chain.len() as u64), random(2) == 0);
            let ty = RefType::new(nullable, chain[rank]).unwrap();
            match random(8) {
                0..=3 => {
                    facts.learn(&module, Value(value), ty);
                    let known = model.entry(value).or_insert((rank, nullable));
                    *known = (known.0.max(rank), known.1 && nullable);
                }
                4 => {
                    facts.replace(Value(value), ty);
                    model.insert(value, (rank, nullable));
                }
                5 | 6 if marks.len() < 6 => marks.push((facts.mark(), model.clone())),
                _ => {
                    // Back to any of the marks: the ends of several structures may be passed at once.
                    if !marks.is_empty() {
                        let to = random(marks.len() as u64);
                        let (mark, before) = marks[to].clone();
                        marks.truncate(to);
                        facts.forget(mark);
                        model = before;
                        forgotten += 1;
                    }
                }
            }
            for value in 0..6 {
                let known = model.get(&value).map(|&(rank, nullable)| RefType::new(nullable, chain[rank]).unwrap());
                assert_eq!(facts.get(Value(value)), known);
                assert_eq!(facts.is_non_null(Value(value)), known.is_some_and(|ty| !ty.is_nullable()));
            }
        }
        assert!(forgotten > 1000, "{forgotten}");
    }
}
