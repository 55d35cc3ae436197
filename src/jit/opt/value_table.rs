//! A table of the instructions seen so far, keyed by their computation: used to merge equal ones during construction and
//! value numbering.

use super::super::ir::{Effect, Function, Imm, Inst, Op, Region, Type, Value};
use foldhash::fast::RandomState;
use std::hash::{BuildHasher, Hash, Hasher};

/// Whether equal instructions compute equal values wherever the first dominates the second.
pub fn is_mergeable(op: Op, imm: Imm) -> bool {
    match op.effect() {
        Effect::Pure | Effect::Guarded => true,
        _ => {
            let never_changes =
                |region| matches!(region, Region::Immutable | Region::ImmutableGlobal | Region::Constant);
            op == Op::Load && matches!(imm, Imm::Field { region, .. } if never_changes(region))
        }
    }
}

/// A scoped hash table of instructions: [`ValueTable::release`] removes the entries inserted after [`ValueTable::mark`].
pub struct ValueTable {
    /// Each table has its own seed, so nobody can write a module whose computations all share a bucket.
    hashes: RandomState,
    /// The newest entry of each bucket; the number of buckets is a power of two.
    heads: Vec<u32>,
    entries: Vec<ValueEntry>,
}

struct ValueEntry {
    hash: u64,
    inst: Inst,
    next: u32,
}

const END: u32 = u32::MAX;

impl ValueTable {
    /// Returns a table for about this many instructions.
    pub fn new(size: usize) -> ValueTable {
        let size = size.next_power_of_two().clamp(64, 1 << 16);
        ValueTable { hashes: RandomState::default(), heads: vec![END; size], entries: Vec::with_capacity(size) }
    }

    /// The current number of entries, for [`ValueTable::release`].
    pub fn mark(&self) -> usize {
        self.entries.len()
    }

    /// Removes the entries inserted after `mark`.
    pub fn release(&mut self, mark: usize) {
        while self.entries.len() > mark {
            let entry = self.entries.pop().expect("more than `mark`");
            let bucket = self.bucket(entry.hash);
            self.heads[bucket] = entry.next;
        }
    }

    fn bucket(&self, hash: u64) -> usize {
        hash as usize & (self.heads.len() - 1)
    }

    /// Returns the hash of an instruction for this table; arguments must be resolved.
    pub fn hash(&self, op: Op, ty: Type, imm: Imm, args: &[Value]) -> u64 {
        let mut hasher = self.hashes.build_hasher();
        hasher.write_u16(u16::from(op as u8) << 8 | ty as u16);
        // The operation determines the kind of immediate; for most kinds, no more needs to be hashed.
        match imm {
            Imm::None => {}
            Imm::Const(bits) => hasher.write_u64(bits),
            Imm::IntCond(cond) => hasher.write_u8(cond as u8),
            _ => imm.hash(&mut hasher),
        }
        match args {
            [a, b] if op.row().commutes => {
                hasher.write_u32(a.0.min(b.0));
                hasher.write_u32(a.0.max(b.0));
            }
            _ => args.iter().for_each(|arg| hasher.write_u32(arg.0)),
        }
        hasher.finish()
    }

    /// Returns the newest instruction with this content.
    pub fn find(&self, f: &Function, hash: u64, op: Op, ty: Type, imm: Imm, args: &[Value]) -> Option<Inst> {
        let mut at = self.heads[self.bucket(hash)];
        while at != END {
            let entry = &self.entries[at as usize];
            if entry.hash == hash {
                let data = f.inst(entry.inst);
                let exchanged = || op.row().commutes && data.args[0] == args[1] && data.args[1] == args[0];
                // Constants with equal bits but different types, and comparisons at different widths, differ in `ty`.
                let same = data.op == op && data.ty == ty && data.imm == imm;
                if same && (data.args[..] == *args || exchanged()) {
                    return Some(entry.inst);
                }
            }
            at = entry.next;
        }
        None
    }

    /// Quadruples the number of buckets, so that lists stay short in functions of any size.
    fn grow(&mut self) {
        self.heads = vec![END; self.heads.len() * 4];
        for i in 0..self.entries.len() {
            let bucket = self.bucket(self.entries[i].hash);
            self.entries[i].next = std::mem::replace(&mut self.heads[bucket], i as u32);
        }
    }

    /// Inserts an instruction with this hash.
    pub fn insert(&mut self, hash: u64, inst: Inst) {
        if self.entries.len() > 2 * self.heads.len() {
            self.grow();
        }
        let bucket = self.bucket(hash);
        let entry = self.entries.len() as u32;
        self.entries.push(ValueEntry { hash, inst, next: std::mem::replace(&mut self.heads[bucket], entry) });
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::oracle::Random;
    use super::*;
    use crate::jit::ir::{ArgList, FloatCond, IntCond, Signature};
    use crate::module::FuncType;
    use std::collections::HashMap;

    fn function() -> Function {
        Function::new(String::new(), 0, Signature { wasm: FuncType::new([], []) })
    }

    fn make(f: &mut Function, op: Op, ty: Type, imm: Imm, args: &[Value]) -> Inst {
        f.new_inst(op, ty, imm, ArgList::from_slice(args), op.result_type(ty), 0, None)
    }

    /// Computations with minimal differences: in the operation, the type, the immediate, one operand, or the order of
    /// operands.
    fn computations() -> Vec<(Op, Type, Imm, Vec<Value>)> {
        let mut all = Vec::new();
        let pairs = (0..4).flat_map(|a| (0..4).map(move |b| vec![Value(a), Value(b)]));
        for args in pairs {
            for ty in [Type::I32, Type::I64] {
                for op in [Op::IAdd, Op::ISub, Op::Xor, Op::Shl] {
                    all.push((op, ty, Imm::None, args.clone()));
                }
                for cond in [IntCond::LtS, IntCond::LtU] {
                    all.push((Op::ICmp, ty, Imm::IntCond(cond), args.clone()));
                }
            }
            all.push((Op::FCmp, Type::F32, Imm::FloatCond(FloatCond::Lt), args));
        }
        for bits in 0..8 {
            all.extend([Type::I32, Type::I64, Type::F64].map(|ty| (Op::Const, ty, Imm::Const(bits << 28), Vec::new())));
        }
        all
    }

    /// Whether two computations are the same.
    fn same(f: &Function, one: Inst, (op, ty, imm, args): &(Op, Type, Imm, Vec<Value>)) -> bool {
        let data = f.inst(one);
        let exchanged = op.row().commutes && data.args.iter().rev().eq(args.iter());
        (data.op, data.ty, data.imm) == (*op, *ty, *imm) && (data.args[..] == args[..] || exchanged)
    }

    /// After random insertions and releases, the newest equal computation is found and no other; with the table's own
    /// hash, with a constant hash, and with a hash that has only a few values.
    #[test]
    fn the_newest_equal_computation_is_found() {
        let computations = computations();
        for (seed, mask) in [(1, u64::MAX), (2, 0), (3, 7), (4, 0xff)] {
            let mut random = Random(seed);
            let (mut f, mut table) = (function(), ValueTable::new(0));
            // The model of the table: its instructions, oldest first, and marks.
            let (mut model, mut marks) = (Vec::<Inst>::new(), vec![0]);
            let (mut found, mut most) = (0, 0);
            for _ in 0..if mask == 0 { 1500 } else { 4000 } {
                match random.below(40) {
                    0 if marks.len() < 8 => {
                        assert_eq!(table.mark(), model.len());
                        marks.push(model.len());
                    }
                    1 if marks.len() > 1 && random.below(3) == 0 => {
                        let mark = marks.pop().unwrap();
                        table.release(mark);
                        model.truncate(mark);
                    }
                    _ => {
                        let asked = computations[random.below(computations.len())].clone();
                        let (op, ty, imm, ref args) = asked;
                        let hash = table.hash(op, ty, imm, args) & mask;
                        let expected = model.iter().rev().copied().find(|&inst| same(&f, inst, &asked));
                        assert_eq!(table.find(&f, hash, op, ty, imm, args), expected, "{asked:?}");
                        found += u32::from(expected.is_some());
                        let inst = make(&mut f, op, ty, imm, args);
                        table.insert(hash, inst);
                        model.push(inst);
                        most = most.max(model.len());
                    }
                }
            }
            // The table has grown from its minimum size.
            assert!(found > 200 && most > 2 * 64 + 1, "{found} found, {most} entries");
            table.release(0);
            for (op, ty, imm, args) in &computations {
                let hash = table.hash(*op, *ty, *imm, args) & mask;
                assert_eq!(table.find(&f, hash, *op, *ty, *imm, args), None);
            }
        }
    }

    /// When the table grows, no entry is lost: not the first, the last or any other.
    #[test]
    fn growth_loses_nothing() {
        let (mut f, mut table) = (function(), ValueTable::new(0));
        let constant = |n: u64| (Op::Const, Type::I64, Imm::Const(n));
        for n in 0..1000 {
            let (op, ty, imm) = constant(n);
            let inst = make(&mut f, op, ty, imm, &[]);
            table.insert(table.hash(op, ty, imm, &[]), inst);
            for known in [0, n.min(1), n / 2, n] {
                let (op, ty, imm) = constant(known);
                let found = table.find(&f, table.hash(op, ty, imm, &[]), op, ty, imm, &[]);
                assert_eq!(found, Some(Inst(known as u32)), "{known} of {n}");
            }
        }
    }

    /// The constants of a module cannot make lists long, whatever pattern they follow: each table has its own hashes.
    #[test]
    fn nobody_can_choose_constants_that_share_a_bucket() {
        // The inverse of a multiplier that many hashes use: its multiples, multiplied by that one, follow the pattern.
        let inverse =
            (0..6).fold(1u64, |x, _| x.wrapping_mul(2u64.wrapping_sub(0x517c_c1b7_2722_0a95_u64.wrapping_mul(x))));
        for name in ["low", "high", "inverse"] {
            let pattern = |n: u64| match name {
                "low" => n,
                "high" => n.reverse_bits(),
                _ => (n << 3).wrapping_mul(inverse),
            };
            let (mut f, mut table) = (function(), ValueTable::new(0));
            for n in 0..2000 {
                let imm = Imm::Const(pattern(n));
                let inst = make(&mut f, Op::Const, Type::I64, imm, &[]);
                table.insert(table.hash(Op::Const, Type::I64, imm, &[]), inst);
            }
            let mut lengths = vec![0; table.heads.len()];
            table.entries.iter().for_each(|entry| lengths[table.bucket(entry.hash)] += 1);
            let longest = lengths.into_iter().max().unwrap();
            assert!(
                longest < 30,
                "{name}: {longest} of {} entries share one of {} buckets",
                table.entries.len(),
                table.heads.len()
            );
        }
        let (one, other) = (ValueTable::new(0), ValueTable::new(0));
        let hash = |table: &ValueTable| table.hash(Op::Const, Type::I64, Imm::Const(7), &[]);
        assert_eq!(hash(&one), hash(&one));
        assert_ne!(hash(&one), hash(&other));
    }

    /// Different computations seldom have equal hashes (otherwise every search would compare all of them); equal
    /// computations always do.
    #[test]
    fn hashes_tell_computations_apart() {
        let table = ValueTable::new(0);
        let mut by_hash = HashMap::<u64, Vec<usize>>::new();
        let computations = computations();
        for (number, (op, ty, imm, args)) in computations.iter().enumerate() {
            let hash = table.hash(*op, *ty, *imm, args);
            by_hash.entry(hash).or_default().push(number);
            if op.row().commutes {
                let exchanged: Vec<Value> = args.iter().rev().copied().collect();
                assert_eq!(table.hash(*op, *ty, *imm, &exchanged), hash);
            }
        }
        let mut f = function();
        for numbers in by_hash.values() {
            let (op, ty, imm, ref args) = computations[numbers[0]];
            let inst = make(&mut f, op, ty, imm, args);
            for &other in numbers {
                assert!(
                    same(&f, inst, &computations[other]),
                    "{:?}, {:?}",
                    computations[numbers[0]],
                    computations[other]
                );
            }
        }
    }

    /// Operations whose result depends only on their operands, and loads of memory that never changes after it has been read.
    #[test]
    fn what_may_be_merged() {
        use crate::jit::ir::Access;
        let field = |region| Imm::Field { offset: 0, access: Access::Full, region };
        for op in [Op::IAdd, Op::ICmp, Op::Const, Op::SDiv, Op::URem, Op::VSplat] {
            assert!(is_mergeable(op, Imm::None), "{}", op.name());
        }
        for op in [Op::HeapLoad, Op::HeapStore, Op::Libcall, Op::Call, Op::TrapZ, Op::Alloc, Op::LandingPad, Op::Poll] {
            assert!(!is_mergeable(op, Imm::None), "{}", op.name());
        }
        for region in [Region::Immutable, Region::ImmutableGlobal, Region::Constant] {
            assert!(is_mergeable(Op::Load, field(region)), "{region}");
            assert!(!is_mergeable(Op::Store, field(region)), "{region}");
        }
        let changing = [
            Region::MemoryLen(0),
            Region::Global(0, Type::I32),
            Region::TableDesc(0),
            Region::TableElem,
            Region::ExceptionPayload,
            Region::StoreState,
            Region::Fuel,
            Region::Transfer,
            Region::StructField(8, Type::I32),
            Region::Elements(Type::I32, 4),
        ];
        for region in changing {
            assert!(!is_mergeable(Op::Load, field(region)), "{region}");
        }
    }
}
