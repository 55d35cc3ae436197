//! The instructions seen so far, by their computation: used to merge equal ones during construction and value
//! numbering.

use super::super::ir::{Effect, Function, Imm, Inst, Op, Region, Type, Value};

/// Whether equal instructions compute equal values wherever the first dominates the second.
pub fn is_mergeable(op: Op, imm: Imm) -> bool {
    match op.effect() {
        Effect::Pure | Effect::Guarded => true,
        _ => op == Op::Load && matches!(imm, Imm::Field { region: Region::Immutable | Region::Constant, .. }),
    }
}

/// A hash table of instructions with scopes: [`ValueTable::release`] removes the entries inserted after
/// [`ValueTable::mark`].
pub struct ValueTable {
    /// Newest entry of each bucket; the number of buckets is a power of two.
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
    /// A table for about this many instructions.
    pub fn new(size: usize) -> ValueTable {
        ValueTable { heads: vec![END; size.next_power_of_two().clamp(64, 1 << 16)], entries: Vec::new() }
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
        (hash >> 40) as usize & (self.heads.len() - 1)
    }

    /// Hash of an instruction; arguments must be resolved.
    pub fn hash(op: Op, ty: Type, imm: Imm, args: &[Value]) -> u64 {
        let mut hasher = Mix(u64::from(op as u8) << 8 | ty as u64);
        std::hash::Hash::hash(&imm, &mut hasher);
        match args {
            [a, b] if op.row().commutes => {
                hasher.add(u64::from(a.0.min(b.0)));
                hasher.add(u64::from(a.0.max(b.0)));
            }
            _ => args.iter().for_each(|arg| hasher.add(u64::from(arg.0))),
        }
        hasher.0
    }

    /// The newest instruction with this content.
    pub fn find(&self, f: &Function, hash: u64, op: Op, ty: Type, imm: Imm, args: &[Value]) -> Option<Inst> {
        let mut at = self.heads[self.bucket(hash)];
        while at != END {
            let entry = &self.entries[at as usize];
            if entry.hash == hash {
                let data = f.inst(entry.inst);
                let exchanged = || op.row().commutes && data.args[0] == args[1] && data.args[1] == args[0];
                // Constants of equal bits and different types, and comparisons at different widths, differ by `ty`.
                let same = data.op == op && data.ty == ty && data.imm == imm;
                if same && (data.args[..] == *args || exchanged()) {
                    return Some(entry.inst);
                }
            }
            at = entry.next;
        }
        None
    }

    /// Quadruples the buckets: lists stay short in functions of any size.
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

/// A fixed multiplicative hash: the same in every process.
struct Mix(u64);

impl Mix {
    fn add(&mut self, n: u64) {
        self.0 = (self.0.rotate_left(5) ^ n).wrapping_mul(0x517c_c1b7_2722_0a95);
    }
}

impl std::hash::Hasher for Mix {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.add(u64::from_le_bytes(word));
        }
    }

    fn write_u32(&mut self, n: u32) {
        self.add(n.into());
    }

    fn write_u64(&mut self, n: u64) {
        self.add(n);
    }
}
