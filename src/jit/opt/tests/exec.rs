//! Executes a whole function for tests, using the oracle: slow and simple. Calls are events whose results follow from
//! their arguments and which change all memory that calls may change; memory is a map.

use super::oracle::{is_nan, moves_bits, oracle};
use crate::jit::ir::{Access, Function, Imm, Inst, Op, Region, Type, Value};
use crate::runtime::libcalls::Libcall;
use std::collections::BTreeMap;

/// The observable effects of an execution.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    pub end: End,
    /// Calls with their arguments, in order.
    pub events: Vec<(String, Vec<u64>)>,
    pub heap: Vec<u8>,
    /// Fields outside linear memory that were written: address to bits.
    pub fields: BTreeMap<u64, u64>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum End {
    Return(Vec<u64>),
    Trap(String, Option<u64>),
    /// A guarded operation was executed where it is undefined, so the function is wrong.
    Undefined(String),
    OutOfSteps,
}

/// Value of the context pointer.
const CTX: u64 = 0x1000;
const HEAP_BYTES: usize = 64;

struct Executor<'f> {
    f: &'f Function,
    env: Vec<Option<u64>>,
    outcome: Outcome,
    /// Constant fields that were stored: address to bits.
    constants: BTreeMap<u64, u64>,
    /// Incremented by each call: afterwards, memory that calls may change reads differently.
    epoch: u64,
    lengths: u64,
    steps: u32,
}

/// Runs `f` on the bits of its parameters (except the context).
pub fn run(f: &Function, args: &[u64]) -> Outcome {
    let mut machine = Executor {
        f,
        env: vec![None; f.values.len()],
        outcome: Outcome {
            end: End::OutOfSteps,
            events: Vec::new(),
            heap: (0..HEAP_BYTES as u8).map(|i| i.wrapping_mul(37)).collect(),
            fields: BTreeMap::new(),
        },
        constants: BTreeMap::new(),
        epoch: 0,
        lengths: 0,
        steps: 0,
    };
    machine.outcome.end = machine.execute(args);
    machine.outcome
}

fn mix(a: u64, b: u64) -> u64 {
    let mut z = (a ^ b.rotate_left(32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ z >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z ^ z >> 32
}

/// Bits of a value of a type, derived from a number; floats are small whole numbers.
fn made(ty: Type, n: u64) -> u64 {
    match ty {
        Type::F32 => u64::from(((n % 1000) as f32).to_bits()),
        Type::F64 => ((n % 1000) as f64).to_bits(),
        _ => ty.truncate(n),
    }
}

impl Executor<'_> {
    fn get(&self, value: Value) -> u64 {
        let value = self.f.resolve(value);
        self.env[value.index()].unwrap_or_else(|| panic!("{value} is used before it is defined"))
    }

    fn execute(&mut self, args: &[u64]) -> End {
        let f = self.f;
        let mut block = f.entry();
        let mut passed: Vec<u64> = std::iter::once(CTX).chain(args.iter().copied()).collect();
        loop {
            let params = &f.blocks[block.index()].params;
            assert_eq!(params.len(), passed.len());
            for (&param, bits) in params.iter().zip(passed) {
                self.env[param.index()] = Some(bits);
            }
            let mut next = None;
            for &inst in &f.blocks[block.index()].insts {
                self.steps += 1;
                if self.steps > 20_000 {
                    return End::OutOfSteps;
                }
                let data = f.inst(inst);
                let target = match data.op {
                    Op::Jump => 0,
                    Op::BrIf => usize::from(self.get(data.args[0]) as u32 == 0),
                    Op::BrTable => (self.get(data.args[0]) as u32 as usize).min(f.targets(inst).len() - 1),
                    _ => match self.step(inst) {
                        Some(end) => return end,
                        None => continue,
                    },
                };
                next = Some(&f.targets(inst)[target]);
            }
            let target = next.expect("a terminator");
            passed = target.args.iter().map(|&arg| self.get(arg)).collect();
            block = target.block;
        }
    }

    /// Executes an instruction; returns the end of the execution if the instruction ends it.
    fn step(&mut self, inst: Inst) -> Option<End> {
        let f = self.f;
        let data = f.inst(inst);
        let args: Vec<u64> = data.args.iter().map(|&arg| self.get(arg)).collect();
        let result = match data.op {
            Op::Const => match data.imm {
                Imm::Const(bits) => bits,
                _ => panic!("a constant without bits"),
            },
            Op::Load if args[0] < CTX => return Some(End::Undefined(format!("a load from null: {inst:?}"))),
            Op::Load => self.load(data.imm, data.ty, args[0]),
            Op::Header => {
                let Imm::Header { offset, i31 } = data.imm else { panic!("a header without its immediate") };
                match args[1] as u32 {
                    0 => args[0],
                    reference if reference & 1 == 0 => made(Type::I32, mix(args[2], offset as u64)),
                    _ if i31 => 0,
                    _ => return Some(End::Undefined(format!("a header of an i31: {inst:?}"))),
                }
            }
            Op::Store => {
                let Imm::Field { offset, region, .. } = data.imm else { panic!() };
                let fields = if region == Region::Constant { &mut self.constants } else { &mut self.outcome.fields };
                fields.insert(args[1].wrapping_add(offset as u64), args[0]);
                return None;
            }
            Op::HeapLoad | Op::HeapStore => match self.heap(inst, &args) {
                Ok(Some(bits)) => bits,
                Ok(None) => return None,
                Err(end) => return Some(end),
            },
            Op::TrapZ | Op::TrapNz => {
                if (args[0] as u32 == 0) == (data.op == Op::TrapZ) {
                    return Some(End::Trap(format!("{:?}", data.imm), args.get(1).copied()));
                }
                return None;
            }
            Op::TrapNow => return Some(End::Trap(format!("{:?}", data.imm), args.first().copied())),
            Op::Return => return Some(End::Return(args)),
            Op::Poll => return None,
            Op::Call | Op::ReturnCall => {
                self.outcome.events.push((format!("{:?}", data.imm), args.clone()));
                self.epoch += 1;
                self.lengths += 1;
                self.outcome.fields.clear();
                let seed = args.iter().fold(self.epoch, |a, &b| mix(a, b));
                for (i, byte) in self.outcome.heap.iter_mut().enumerate() {
                    *byte = byte.wrapping_add(mix(seed, i as u64) as u8);
                }
                if data.op == Op::ReturnCall {
                    return Some(End::Return(Vec::new()));
                }
                for (i, value) in f.results(inst).enumerate() {
                    self.env[value.index()] = Some(made(f.ty(value), mix(seed, i as u64)));
                }
                return None;
            }
            Op::Libcall => {
                let Imm::Libcall(libcall) = data.imm else { panic!() };
                self.outcome.events.push((format!("{:?}", data.imm), args.clone()));
                match libcall {
                    Libcall::MemoryGrow => self.lengths += 1,
                    Libcall::MemoryFill => self.outcome.heap.iter_mut().for_each(|b| *b = b.wrapping_add(1)),
                    other => panic!("{other:?} is not modelled"),
                }
                self.lengths
            }
            op => {
                let typed: Vec<_> = data.args.iter().map(|&arg| f.ty(arg)).zip(args).collect();
                let Some(bits) = oracle(op, data.ty, data.imm, &typed) else {
                    return Some(End::Undefined(f.display_inst(inst).to_string()));
                };
                let ty = op.result_type(data.ty).expect("a result");
                // It is unspecified which NaN results, so NaNs are not compared; their signs are.
                match ty {
                    _ if moves_bits(op) || !is_nan(ty, bits) => bits,
                    Type::F32 => 0x7fc0_0000,
                    _ => 0x7ff8_0000_0000_0000,
                }
            }
        };
        self.env[data.first_result.index()] = Some(result);
        None
    }

    fn load(&mut self, imm: Imm, ty: Type, base: u64) -> u64 {
        let Imm::Field { offset, region, .. } = imm else { panic!("a load without field") };
        let address = base.wrapping_add(offset as u64);
        match region {
            Region::Immutable => made(ty, mix(address, 1)) | if ty == Type::Ptr { CTX } else { 0 },
            // Every second one is null.
            Region::ImmutableGlobal if ty == Type::Ptr && address & 8 == 0 => 0,
            Region::ImmutableGlobal => made(ty, mix(address, 1)) | if ty == Type::Ptr { CTX } else { 0 },
            // Calls do not change it.
            Region::Constant => match self.constants.get(&address) {
                Some(&bits) => bits,
                None => made(ty, mix(address, 1)),
            },
            Region::MemoryLen(_) => made(ty, mix(address, 2 + self.lengths)),
            _ => match self.outcome.fields.get(&address) {
                Some(&bits) => bits,
                None => made(ty, mix(address, self.epoch << 8)),
            },
        }
    }

    fn heap(&mut self, inst: Inst, args: &[u64]) -> Result<Option<u64>, End> {
        let data = self.f.inst(inst);
        let Imm::Heap { offset, access, .. } = data.imm else { panic!("a heap access without its immediate") };
        let bytes = match access {
            Access::S8 | Access::U8 => 1,
            Access::S16 | Access::U16 => 2,
            Access::S32 | Access::U32 => 4,
            Access::U64 => 8,
            Access::Full => data.ty.bytes() as usize,
        };
        let address = args[args.len() - 1].wrapping_add(u64::from(offset));
        if address.checked_add(bytes as u64).is_none_or(|end| end > HEAP_BYTES as u64) {
            return Err(End::Trap("heap".into(), None));
        }
        let place = &mut self.outcome.heap[address as usize..][..bytes];
        if data.op == Op::HeapStore {
            place.copy_from_slice(&args[0].to_le_bytes()[..bytes]);
            return Ok(None);
        }
        let mut word = [0; 8];
        word[..bytes].copy_from_slice(place);
        let bits = u64::from_le_bytes(word);
        let signed = matches!(access, Access::S8 | Access::S16 | Access::S32);
        let top = 1u64 << (8 * bytes - 1);
        let extended = if signed && bits & top != 0 { bits.wrapping_sub(top << 1) } else { bits };
        // A 64-bit access has no bit above its top bit to subtract.
        let extended = if bytes == 8 { bits } else { extended };
        Ok(Some(data.ty.truncate(extended)))
    }
}
