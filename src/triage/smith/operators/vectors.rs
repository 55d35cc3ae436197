//! The vector operators. They come from the decoder's table, so that none is forgotten, and a new one is used as soon as it can be
//! decoded.

use crate::module::relaxed::makes_nans;
use crate::random::Random;
use crate::triage::smith::values::{bits, drawn, integer};
use std::sync::LazyLock;
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{Instruction as I, ValType as V};
use wasmparser::{MemArg, MemArgTarget, Operator, V128};

/// Makes an operator of this name; an access is one to this memory, with this offset.
type Make = fn(&str, &mut Random, (u32, u64)) -> Operator<'static>;

/// An operator: how to make it, the types of its operands, and the type of its result.
pub struct Row {
    make: Make,
    pub name: &'static str,
    pub operands: Vec<V>,
    pub result: Option<V>,
    /// The format of the lanes in which it may make NaNs with arbitrary bits.
    pub nans: Option<Lanes>,
    /// Whether its first operand is an address.
    pub accesses: bool,
}

/// The shapes in names of operators, with the number of lanes.
const SHAPES: [(&str, u64); 6] = [("I8x16", 16), ("I16x8", 8), ("I32x4", 4), ("I64x2", 2), ("F32x4", 4), ("F64x2", 2)];

impl Row {
    /// Whether its second operand is a number of bits.
    pub fn shifts(&self) -> bool {
        ["Shl", "ShrS", "ShrU"].iter().any(|shift| self.name.ends_with(shift))
    }

    /// The number of lanes in its operands, and whether they are floats: the last shape in its name says so.
    pub fn takes(&self) -> (u64, bool) {
        let last = SHAPES.into_iter().filter_map(|(shape, count)| Some((self.name.rfind(shape)?, shape, count))).max();
        last.map_or((16, false), |(_, shape, count)| (count, shape.starts_with('F')))
    }

    /// The same of its result: the first shape.
    pub fn makes(&self) -> (u64, bool) {
        let first = SHAPES.into_iter().find(|(shape, _)| self.name.starts_with(shape));
        first.map_or((16, false), |(shape, count)| (count, shape.starts_with('F')))
    }

    /// The number of bytes that it accesses.
    pub fn bytes(&self) -> u64 {
        let name = self.name.trim_start_matches("V128Load").trim_start_matches("V128Store");
        let digits = name.trim_end_matches(|c: char| !c.is_ascii_digit());
        match digits.split_once('x') {
            Some(_) => 8,
            None => digits.parse().map_or(16, |bits: u64| bits / 8),
        }
    }

    /// Draws its immediates. An access is one to this memory, with this offset.
    pub fn instruction(&self, random: &mut Random, (memory, offset): (u32, u64)) -> I<'static> {
        let operator = (self.make)(self.name, random, (memory, offset));
        RoundtripReencoder.instruction(operator).expect("an operator without references to sections")
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Lanes {
    F32x4,
    F64x2,
}

impl Lanes {
    /// Turns the NaNs among the lanes of the vector on the stack into the canonical one, by way of this local.
    pub fn canonical(self, helper: u32) -> [I<'static>; 6] {
        let (nans, same) = match self {
            Lanes::F32x4 => (u128::from(f32::NAN.to_bits()) * 0x1_0000_0001_0000_0001_0000_0001, I::F32x4Eq),
            Lanes::F64x2 => (u128::from(f64::NAN.to_bits()) << 64 | u128::from(f64::NAN.to_bits()), I::F64x2Eq),
        };
        let (tee, get) = (I::LocalTee(helper), I::LocalGet(helper));
        [tee, I::V128Const(nans as i128), get.clone(), get, same, I::V128Bitselect]
    }
}

/// An immediate of an operator of this name.
trait Immediate {
    fn drawn(name: &str, random: &mut Random, place: (u32, u64)) -> Self;
}

impl Immediate for u8 {
    fn drawn(name: &str, random: &mut Random, _: (u32, u64)) -> u8 {
        random.below(lanes(name)) as u8
    }
}

/// The lanes of a shuffle: any, or those of a pattern that a CPU has an instruction for.
impl Immediate for [u8; 16] {
    fn drawn(_: &str, random: &mut Random, _: (u32, u64)) -> [u8; 16] {
        let (first, width) = (random.below(32) as usize, 1 << random.below(4));
        let kind = random.below(8);
        let (any, rare): ([usize; 16], usize) =
            (std::array::from_fn(|_| random.below(32) as usize), random.below(16) as usize);
        std::array::from_fn(|i| {
            let lane = match kind {
                // Consecutive lanes, from anywhere.
                0 => first + i,
                // One lane everywhere.
                1 => first / width * width + i % width,
                // Interleaved lanes of both operands.
                2 => i / (2 * width) * width + i % width + if i / width % 2 == 1 { 16 } else { 0 } + first % 2 * 8,
                // Every second lane.
                3 => i / width * 2 * width + i % width + first % 2 * width,
                // Lanes of one operand or the other, in their own positions.
                4 => i + if first >> (i / width % 5) & 1 == 1 { 16 } else { 0 },
                // Any wider lanes.
                5 => any[i / width] / width * width + i % width,
                // The same of one operand, but for one lane of the other.
                6 => {
                    any[i / width] / width * width % 16
                        + i % width
                        + if (i / width == rare / width) == (first < 16) { 16 } else { 0 }
                }
                _ => any[i],
            };
            lane as u8 % 32
        })
    }
}

impl Immediate for MemArg {
    fn drawn(_: &str, _: &mut Random, (memory, offset): (u32, u64)) -> MemArg {
        MemArg { align: 0, max_align: 0, offset, target: MemArgTarget::Memory(memory), ordering: None }
    }
}

impl Immediate for V128 {
    fn drawn(_: &str, random: &mut Random, _: (u32, u64)) -> V128 {
        vector(random).into()
    }
}

/// The number of lanes in the operator's name, given by its shape or the width of its access.
pub fn lanes(name: &str) -> u64 {
    let has = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
    match () {
        _ if has(&["8x16", "Load8Lane", "Store8Lane"]) => 16,
        _ if has(&["16x8", "Load16Lane", "Store16Lane"]) => 8,
        _ if has(&["32x4", "Load32Lane", "Store32Lane"]) => 4,
        _ => 2,
    }
}

/// The type of one lane.
fn scalar(name: &str) -> V {
    let of = [("I64x2", V::I64), ("F32x4", V::F32), ("F64x2", V::F64)];
    of.into_iter().find(|(shape, _)| name.starts_with(shape)).map_or(V::I32, |(_, ty)| ty)
}

/// The row of an operator: its types follow from its name and its arity, which the decoder's table writes as `arity 2 -> 1`.
fn row(name: &'static str, arity: &str, make: Make) -> Row {
    let count = arity.split_whitespace().find_map(|word| word.parse().ok()).unwrap_or(0);
    let accesses = ["V128Load", "V128Store"].iter().any(|access| name.starts_with(access));
    let mut operands = vec![V::V128; count];
    let mut result = Some(V::V128);
    if accesses {
        operands[0] = V::I32;
        result = (!name.starts_with("V128Store")).then_some(V::V128);
    } else if name.ends_with("Splat") {
        operands[0] = scalar(name);
    } else if name.contains("ExtractLane") {
        result = Some(scalar(name));
    } else if name.ends_with("ReplaceLane") {
        operands[1] = scalar(name);
    } else if ["AllTrue", "AnyTrue", "Bitmask"].iter().any(|test| name.ends_with(test)) {
        result = Some(V::I32);
    }
    let nans = makes_nans(&make(name, &mut Random::new(0), (0, 0)));
    let nans = nans.then_some(if name.starts_with("F32") { Lanes::F32x4 } else { Lanes::F64x2 });
    let mut row = Row { make, name, operands, result, nans, accesses };
    if row.shifts() {
        row.operands[1] = V::I32;
    }
    row
}

/// The operators of the proposal, whose results are all determined except for NaNs.
pub static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| rows("simd"));
/// The relaxed ones, whose results the deterministic profile determines.
pub static RELAXED: LazyLock<Vec<Row>> = LazyLock::new(|| rows("relaxed_simd"));

fn rows(of: &str) -> Vec<Row> {
    macro_rules! rows {
        ($(@$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {
            [$((
                stringify!($proposal),
                stringify!($op),
                stringify!($($ann)*),
                (|_name, _random, _place| Operator::$op $({ $($arg: <$argty as Immediate>::drawn(_name, _random, _place)),* })?)
                    as Make,
            )),*]
        };
    }
    let all = wasmparser::for_each_visit_simd_operator!(rows);
    all.into_iter()
        .filter(|(proposal, ..)| *proposal == of)
        .map(|(_, name, arity, make)| row(name, arity, make))
        .collect()
}

/// Draws a vector whose lanes are edge values of one width, all equal or not.
pub fn vector(random: &mut Random) -> u128 {
    let kind = random.below(6);
    let width: u32 = [32, 64, 8, 16, 32, 64][kind as usize];
    let lane = |random: &mut Random| match kind {
        0 => bits(random, V::F32),
        1 => bits(random, V::F64),
        5 => integer(random),
        _ if random.below(6) == 0 => random.next(),
        // 0 and 1, the ends of signed and unsigned numbers, and their neighbours.
        _ => {
            let near = drawn(random, &[0, 0, 1, 2, u64::MAX, u64::MAX - 1]);
            near.wrapping_add(drawn(random, &[0, 1 << (width - 1)]))
        }
    };
    let alike = (random.below(4) == 0).then(|| lane(random));
    let mask = u64::MAX >> (64 - width);
    (0..128 / width).fold(0, |v, i| {
        let lane = alike.unwrap_or_else(|| lane(random));
        v | u128::from(lane & mask) << (i * width)
    })
}
