//! Passes every row of the operation table to each of its consumers: if a consumer does not cover a new row, a test here
//! fails and names it.
//!
//! The verifier, builder, printer, parser and lowering see every row at every type. The folder, the evaluators, the
//! oracle and random programs cover operations that compute, and the prover covers those that the rules name. In the
//! evaluator, memory accesses, calls and control flow need a store: the conformance suite runs them.

use super::ir::builder::Builder;
use super::ir::eval_value::evaluate;
use super::ir::eval_vector::evaluate_vector;
use super::ir::ops::{Arg, Args, ImmKind, OpClass, Results};
use super::ir::parse::parse;
use super::ir::verify::{Rule, verify};
use super::ir::{
    Access, ArgList, Block, Catch, Control, FloatCond, Function, Imm, Inst, IntCond, Op, Region, Shape, Sig, Signature,
    Target, Type, Value,
};
use super::opt::rules::{self, Pat, Rhs};
use super::opt::tests::{oracle, random};
use super::{DirectCalls, backend, opt};
use crate::config::Config;
use crate::module::{FuncType, RefType, ValType};
use crate::runtime::heap::layout::OBJECT_TYPE;
use crate::runtime::libcalls::Libcall;
use crate::runtime::trap::TrapCode;
use crate::target::{Capability, CpuLevel};
use std::collections::BTreeSet;

/// Returns a WebAssembly type that is represented as `ty`.
fn wasm_type(ty: Type) -> ValType {
    match ty {
        Type::I32 => ValType::I32,
        Type::I64 => ValType::I64,
        Type::F32 => ValType::F32,
        Type::F64 => ValType::F64,
        Type::V128 => ValType::V128,
        Type::Ref32 => ValType::Ref(RefType::EXTERNREF),
        Type::Ptr => ValType::Ref(RefType::FUNCREF),
    }
}

/// One way to use an operation.
#[derive(Clone, Debug)]
struct Case {
    op: Op,
    ty: Type,
    imm: Imm,
    args: Vec<Type>,
}

const SIG_PARAM: Type = Type::I64;
const SIG_RESULT: Type = Type::F64;
const INDICES: u128 = 0x1f00_1e01_1d02_1c03_1b04_1a05_1906_1807;

/// Returns immediates of a kind. `Imm::Vector(0)` is [`INDICES`]; `Sig(0)` is the signature with one parameter and one
/// result.
fn immediates(op: Op, ty: Type) -> Vec<Imm> {
    let form = op.form(ty);
    let shapes = form.map_or(&[][..], |form| form.shapes).iter().copied();
    let accepted = |imm: Imm| form.is_none_or(|form| form.accepts(imm)).then_some(imm);
    match op.imm_kind(ty) {
        ImmKind::None => vec![Imm::None],
        ImmKind::Const => vec![Imm::Const(0), Imm::Const(ty.truncate(u64::MAX / 3))],
        ImmKind::Vector | ImmKind::Indices => vec![Imm::Vector(0)],
        ImmKind::IntCond => IntCond::ALL.map(Imm::IntCond).to_vec(),
        ImmKind::FloatCond => FloatCond::ALL.map(Imm::FloatCond).to_vec(),
        ImmKind::Field => vec![Imm::Field { offset: 8, access: Access::Full, region: Region::Transfer }],
        ImmKind::Heap => vec![Imm::Heap { offset: 4, access: Access::Full, memory: 0, guard: !op.is_atomic() }],
        ImmKind::Header => [false, true].map(|i31| Imm::Header { offset: OBJECT_TYPE, i31 }).to_vec(),
        ImmKind::Alloc => vec![Imm::Alloc { ty: 0, word: 1, len: 0 }],
        ImmKind::Trap => vec![Imm::Trap(TrapCode::Unreachable)],
        ImmKind::Func => vec![Imm::Func { func: 0, sig: Sig(0) }],
        ImmKind::Sig => vec![Imm::Sig(Sig(0))],
        ImmKind::Libcall if op.is_throwing() => vec![Imm::Libcall(Libcall::Suspend)],
        ImmKind::Libcall => vec![Imm::Libcall(Libcall::MemoryGrow)],
        ImmKind::Shape => shapes.map(Imm::Shape).collect(),
        ImmKind::Lane => shapes.flat_map(|s| [0, s.lanes() - 1].map(|lane| Imm::Lane(s, lane as u8))).collect(),
        ImmKind::LaneIntCond => {
            shapes.flat_map(|s| IntCond::ALL.map(|c| Imm::LaneIntCond(s, c))).filter_map(accepted).collect()
        }
        ImmKind::LaneFloatCond => shapes.flat_map(|s| FloatCond::ALL.map(|c| Imm::LaneFloatCond(s, c))).collect(),
    }
}

/// Returns a case for every type and kind of immediate of an operation.
fn cases(op: Op) -> Vec<Case> {
    let types = if op.is_typed() { &Type::ALL[..] } else { &[Type::I32] };
    let mut cases = Vec::new();
    for &ty in types {
        for imm in immediates(op, ty).into_iter().filter(|&imm| op.has_type(ty, imm)) {
            let mut case = |args| cases.push(Case { op, ty, imm, args });
            let exact = |args: &[Arg]| args.iter().filter_map(|arg| arg.exact(ty)).collect::<Vec<_>>();
            match (op.form(ty), op.row().args) {
                (Some(form), _) => case((0..form.args.len()).map(|i| form.arg_type(i, imm)).collect()),
                (None, Args::Fixed(_)) if ty != Type::V128 => {
                    op.scalar_shapes().into_iter().filter(|shape| shape.0 == ty).for_each(|shape| case(shape.1));
                }
                (None, Args::Fixed(args)) => case(exact(args)),
                (None, Args::Detail(args)) => {
                    case(exact(args));
                    [Type::I32, Type::I64].into_iter().for_each(|detail| case([exact(args), vec![detail]].concat()));
                }
                (None, Args::Sig(args)) => case([exact(args), vec![SIG_PARAM]].concat()),
                (None, Args::Libcall) => {
                    let Imm::Libcall(libcall) = imm else { unreachable!("its immediate") };
                    case(vec![Type::I32; libcall.args().len()]);
                }
                (None, Args::Results) => case(Vec::new()),
            }
        }
    }
    cases
}

/// Returns a function that consists of this instruction only, and the instruction.
fn function_of(case: &Case) -> (Function, Inst) {
    let Case { op, ty, imm, ref args } = *case;
    let results: Vec<Type> = match op.results() {
        Results::Sig => vec![SIG_RESULT],
        _ => op.result_type(ty).into_iter().collect(),
    };
    // A tail call returns the function's own results.
    let tail = op.class() == OpClass::Exit && matches!(op.row().args, Args::Sig(_));
    let returned = if tail { vec![SIG_RESULT] } else { results.clone() };
    let wasm = FuncType::new(args.iter().copied().map(wasm_type), returned.iter().copied().map(wasm_type));
    let mut f = Function::new(op.name().into(), 0, Signature { wasm });
    f.vectors.push(INDICES);
    f.signatures.push(Signature { wasm: FuncType::new([wasm_type(SIG_PARAM)], [wasm_type(SIG_RESULT)]) });
    let entry = f.entry();
    let params: ArgList = f.blocks[entry.index()].params[1..].into();
    let catches: Vec<Catch> = if op.is_throwing() { vec![Catch::All] } else { Vec::new() };
    let normal = match op {
        Op::Throw => 0,
        Op::Jump => 1,
        Op::BrIf => 2,
        Op::BrTable => 3,
        _ => usize::from(op.is_throwing()),
    };
    let blocks: Vec<Block> = (0..normal + catches.len()).map(|_| f.new_block()).collect();
    let targets: Vec<Target> = blocks.iter().map(|&block| Target { block, args: Vec::new() }).collect();
    let control = (!targets.is_empty()).then(|| Box::new(Control { targets, catches }));
    let (landings, terminates) = (blocks.len() - normal, op.effect() == super::ir::Effect::Terminator);
    let inst = f.new_inst(op, ty, imm, params, results, 0, control);
    f.blocks[entry.index()].insts.push(inst);
    let defined: ArgList = f.results(inst).collect();
    let end = |f: &mut Function, block: Block, values: ArgList| {
        let op = if values.len() == returned.len() { Op::Return } else { Op::TrapNow };
        let imm = if op == Op::Return { Imm::None } else { Imm::Trap(TrapCode::Unreachable) };
        let values = if op == Op::Return { values } else { ArgList::new() };
        let last = f.new_inst(op, Type::I32, imm, values, None, 0, None);
        f.blocks[block.index()].insts.push(last);
    };
    if !terminates {
        end(&mut f, entry, defined.clone());
    }
    for (i, &block) in blocks.iter().enumerate() {
        f.layout.push(block);
        let landing = i + landings >= blocks.len();
        if landing {
            let pad = f.new_inst(Op::LandingPad, Type::I32, Imm::None, ArgList::new(), [Type::Ref32], 0, None);
            f.blocks[block.index()].insts.push(pad);
        }
        end(&mut f, block, if landing { ArgList::new() } else { defined.clone() });
    }
    (f, inst)
}

/// Calls `ask` with every case; throwing operations have a `landing_pad`.
fn every_case(mut ask: impl FnMut(&Case, Function, Inst)) {
    for op in Op::ALL.iter().copied().filter(|&op| op != Op::LandingPad) {
        let cases = cases(op);
        assert!(!cases.is_empty(), "{}: the table has no case of it", op.name());
        for case in cases {
            let (f, inst) = function_of(&case);
            ask(&case, f, inst);
        }
    }
}

#[test]
fn the_verifier_accepts_every_row_and_no_other_types() {
    every_case(|case, f, inst| {
        verify(&f).unwrap_or_else(|e| panic!("{case:?}: {e}\n{f}"));
        for i in 0..case.args.len() {
            for ty in Type::ALL {
                // Any other type in its place is rejected, unless the table lists it as well.
                let mut other = case.clone();
                other.args[i] = ty;
                if cases(case.op).iter().any(|c| c.ty == other.ty && c.imm == other.imm && c.args == other.args) {
                    continue;
                }
                let is_libcall = matches!(case.op.row().args, Args::Libcall) && ty.is_int();
                let error = verify(&function_of(&other).0).err().map(|e| e.rule);
                let expected = if is_libcall { None } else { Some(Rule::ArgType) };
                assert_eq!(error, expected, "{other:?}");
            }
        }
        let mut fewer = f.clone();
        if fewer.insts[inst.index()].args.pop().is_some() && !matches!(case.op.row().args, Args::Detail(_)) {
            assert_eq!(verify(&fewer).map_err(|e| e.rule), Err(Rule::Arity), "{case:?}");
        }
    });
}

#[test]
fn every_row_is_printed_and_parsed() {
    every_case(|case, f, _| {
        let text = f.to_string();
        let read = parse(&text).unwrap_or_else(|e| panic!("{case:?}: {e}\n{text}"));
        assert_eq!(read.to_string(), text);
        verify(&read).unwrap_or_else(|e| panic!("{case:?}: {e}\n{text}"));
    });
}

/// Returns every region, with indices and types of each kind.
fn regions() -> Vec<Region> {
    let numbers = [0, 7, u32::MAX];
    let mut all = vec![
        Region::Immutable,
        Region::ImmutableGlobal,
        Region::TableElem,
        Region::ExceptionPayload,
        Region::StoreState,
        Region::Fuel,
        Region::Transfer,
        Region::Constant,
    ];
    all.extend(numbers.iter().flat_map(|&n| [Region::MemoryLen(n), Region::TableDesc(n)]));
    all.extend(Type::ALL.iter().flat_map(|&ty| [Region::Global(7, ty), Region::StructField(16, ty)]));
    all.extend(Type::ALL.iter().map(|&ty| Region::Elements(ty, ty.bytes())));
    all.extend([1, 2].map(|bytes| Region::Elements(Type::I32, bytes)));
    all
}

/// Returns every immediate of the kinds with too many immediates to try for every row; `true` if the verifier accepts it
/// with this type.
fn many_immediates(&Case { op, ty, imm, .. }: &Case) -> Vec<(Imm, bool)> {
    let flags = [false, true];
    match op.imm_kind(ty) {
        ImmKind::Field => {
            let every = regions().into_iter().flat_map(|region| Access::ALL.map(|access| (region, access)));
            let of = |(region, access): (Region, Access)| {
                // A region with a type accepts no other type; packed parts are held as i32, and only objects have them.
                let accepted = match (region, access) {
                    (Region::Elements(of, 1), Access::S8 | Access::U8) => of == ty,
                    (Region::Elements(of, 2), Access::S16 | Access::U16) => of == ty,
                    (Region::Elements(of, bytes), Access::Full) => of == ty && bytes == ty.bytes(),
                    (Region::Elements(..), _) => false,
                    (Region::StructField(_, of) | Region::Global(_, of), Access::Full) => of == ty,
                    (_, Access::Full) => true,
                    (Region::StructField(_, of), Access::S8 | Access::U8 | Access::S16 | Access::U16) => {
                        of == ty && ty == Type::I32
                    }
                    (Region::Constant, Access::S8 | Access::U8 | Access::S16 | Access::U16) => ty == Type::I32,
                    _ => false,
                };
                // Objects have nothing at negative offsets.
                let in_front = move |offset| region.is_of_objects() && offset < 0;
                let every = [0, -4, i32::MAX, i32::MIN];
                every.map(|offset| (Imm::Field { offset, access, region }, accepted && !in_front(offset)))
            };
            every.flat_map(of).collect()
        }
        ImmKind::Heap => {
            let bits = |access: Access| match access {
                Access::S8 | Access::U8 => 8,
                Access::S16 | Access::U16 => 16,
                Access::S32 | Access::U32 => 32,
                Access::U64 => 64,
                Access::Full => 0,
            };
            let signed = |access| matches!(access, Access::S8 | Access::S16 | Access::S32);
            // The last offset that has 16 guarded bytes after it, and the next offset.
            let last = (32 << 20) - 16;
            let every = Access::ALL.into_iter().flat_map(|access| flags.map(|guard| (access, guard)));
            let of = |(access, guard): (Access, bool)| {
                let narrower = match ty {
                    Type::I32 => bits(access) < 32,
                    Type::I64 => bits(access) < 64,
                    // The low lane of a vector.
                    Type::V128 => {
                        access == Access::Full || op == Op::HeapLoad && bits(access) >= 32 && access != Access::S32
                    }
                    _ => access == Access::Full,
                };
                let accepted = narrower && !(op.is_atomic() && (guard || signed(access)));
                [0, last, last + 1, u32::MAX].map(|offset| {
                    let memory = offset % 3;
                    (Imm::Heap { offset, access, memory, guard }, accepted && !(guard && offset > last))
                })
            };
            every.flat_map(of).collect()
        }
        ImmKind::Header => {
            let of = |offset: i32| flags.map(|i31| (Imm::Header { offset, i31 }, matches!(offset, 0 | 4)));
            [0, 4, 8, -4].into_iter().flat_map(of).collect()
        }
        // The size is in the low bits of the header word, in units of 16 bytes; objects larger than 1 KiB are made by the
        // runtime.
        ImmKind::Alloc => [(0, false), (1, true), (0x3000_0040, true), (0x3000_0041, false), (0x3000_0000, false)]
            .map(|(word, accepted)| (Imm::Alloc { ty: 5, word, len: u32::MAX }, accepted))
            .to_vec(),
        ImmKind::Lane => {
            let Imm::Lane(shape, _) = imm else { unreachable!("its immediate") };
            let count = shape.lanes() as u8;
            [0, count - 1, count, u8::MAX].map(|lane| (Imm::Lane(shape, lane), lane < count)).to_vec()
        }
        ImmKind::LaneIntCond => {
            let Imm::LaneIntCond(shape, _) = imm else { unreachable!("its immediate") };
            // WebAssembly has no unsigned comparison of 64-bit lanes.
            let fits = |cond: IntCond| !(shape == Shape::I64x2 && cond.name().ends_with("_u"));
            IntCond::ALL.into_iter().map(|cond| (Imm::LaneIntCond(shape, cond), fits(cond))).collect()
        }
        ImmKind::Trap => TrapCode::ALL.iter().map(|&code| (Imm::Trap(code), true)).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn every_immediate_is_printed_and_parsed_and_accepted_where_it_fits() {
    let mut accepted = 0;
    let mut refused = 0;
    for &op in Op::ALL.iter().filter(|op| !matches!(op, Op::LandingPad | Op::BrIf | Op::BrTable)) {
        for case in cases(op) {
            let (f, inst) = function_of(&case);
            for (imm, fits) in many_immediates(&case) {
                let mut f = f.clone();
                f.insts[inst.index()].imm = imm;
                let text = f.to_string();
                let read = parse(&text).unwrap_or_else(|e| panic!("{imm:?}: {e}\n{text}"));
                let first = read.blocks[read.entry().index()].insts[0];
                assert_eq!(read.inst(first).imm, imm, "{text}");
                assert_eq!(read.to_string(), text);
                let expected = if fits { Ok(()) } else { Err(Rule::Immediate) };
                assert_eq!(verify(&f).map_err(|e| e.rule), expected, "{text}");
                *if fits { &mut accepted } else { &mut refused } += 1;
            }
        }
    }
    assert!(accepted > 1000 && refused > 1000, "{accepted} accepted, {refused} refused");
}

#[test]
fn every_libcall_is_printed_and_parsed() {
    for &libcall in Libcall::ALL {
        let arguments = vec!["v1"; libcall.args().len()].join(", ");
        let text = format!(
            "function 0 \"f\" (i32) -> () {{\nb0(v0: ptr, v1: i32):\n  v2 = libcall {} {arguments}\n  return\n}}\n",
            libcall.name()
        )
        .replace(" \n  return", "\n  return");
        let read = parse(&text).unwrap_or_else(|e| panic!("{e}\n{text}"));
        let first = read.blocks[read.entry().index()].insts[0];
        assert_eq!(read.inst(first).imm, Imm::Libcall(libcall));
        assert_eq!(read.to_string(), text);
        verify(&read).unwrap_or_else(|e| panic!("{e}\n{text}"));
    }
}

#[test]
fn conditions_and_their_relatives_hold_for_what_they_should() {
    let numbers = [0, 1, 2, 0x7fff_fffe, 0x7fff_ffff, 0x8000_0000, 0x8000_0001, 0xffff_fffe, 0xffff_ffff_u32];
    let holds = |cond: IntCond, a: u32, b: u32| match cond.name() {
        "eq" => a == b,
        "ne" => a != b,
        "lt_s" => (a as i32) < b as i32,
        "lt_u" => a < b,
        "gt_s" => (a as i32) > b as i32,
        "gt_u" => a > b,
        "le_s" => a as i32 <= b as i32,
        "le_u" => a <= b,
        "ge_s" => a as i32 >= b as i32,
        "ge_u" => a >= b,
        other => panic!("{other}: no condition"),
    };
    for cond in IntCond::ALL {
        for (a, b) in numbers.iter().flat_map(|&a| numbers.map(|b| (a, b))) {
            assert_eq!(holds(cond.inverse(), a, b), !holds(cond, a, b), "the inverse of {cond:?}: {a:#x}, {b:#x}");
            assert_eq!(holds(cond.swapped(), b, a), holds(cond, a, b), "{cond:?}, exchanged: {a:#x}, {b:#x}");
        }
        assert_eq!(cond.holds_for_equals(), holds(cond, 5, 5), "{cond:?}");
        assert_eq!(cond.is_signed(), cond.name().ends_with("_s"), "{cond:?}");
        assert_eq!(cond.is_unsigned(), cond.name().ends_with("_u"), "{cond:?}");
    }
}

#[test]
fn types_shapes_and_accesses_have_their_widths() {
    for (ty, bytes, int, float) in [
        (Type::I32, 4, true, false),
        (Type::I64, 8, true, false),
        (Type::F32, 4, false, true),
        (Type::F64, 8, false, true),
        (Type::V128, 16, false, false),
        (Type::Ref32, 4, true, false),
        (Type::Ptr, 8, true, false),
    ] {
        assert_eq!((ty.bytes(), ty.is_int(), ty.is_float()), (bytes, int, float), "{ty:?}");
        let bits = 0xfedc_ba98_7654_3210;
        assert_eq!(ty.truncate(bits), if bytes == 4 { 0x7654_3210 } else { bits }, "{ty:?}");
        for (access, fixed) in Access::ALL.into_iter().zip([1, 1, 2, 2, 4, 4, 8, bytes]) {
            assert_eq!(access.bytes(ty), fixed, "{access:?} of {ty:?}");
        }
    }
    for (shape, bits, lane, half) in [
        (Shape::I8x16, 8, Type::I32, None),
        (Shape::I16x8, 16, Type::I32, Some(Shape::I8x16)),
        (Shape::I32x4, 32, Type::I32, Some(Shape::I16x8)),
        (Shape::I64x2, 64, Type::I64, Some(Shape::I32x4)),
        (Shape::F32x4, 32, Type::F32, None),
        (Shape::F64x2, 64, Type::F64, None),
    ] {
        assert_eq!((shape.bits(), shape.lane_type(), shape.half()), (bits, lane, half), "{shape:?}");
        assert_eq!(shape.lanes() * bits, 128, "{shape:?}");
        assert_eq!(shape.is_float(), lane.is_float(), "{shape:?}");
    }
}

#[test]
fn the_builder_makes_every_row_that_is_not_a_call_or_a_terminator() {
    let mut built = 0;
    every_case(|case, f, inst| {
        if matches!(case.op.class(), OpClass::Call | OpClass::Branch | OpClass::Exit | OpClass::Throwing) {
            return;
        }
        let mut b = Builder::new(Function::new(f.name.clone(), 0, f.signature.clone()), None);
        b.func.vectors = f.vectors.clone();
        b.func.signatures = f.signatures.clone();
        let args: Vec<Value> = b.func.blocks[0].params[1..].to_vec();
        let value = if case.op.results() == Results::None {
            b.effect(case.op, case.ty, case.imm, &args);
            None
        } else {
            Some(b.ins(case.op, case.ty, case.imm, &args))
        };
        assert_eq!(value.map(|v| b.ty(v)), f.results(inst).next().map(|v| f.ty(v)), "{case:?}");
        b.ret(value.as_slice());
        assert_eq!(b.finish().to_string(), f.to_string());
        built += 1;
    });
    assert!(built > 300, "{built}");
}

/// Operations that a back end supports only if the CPU has an instruction for them; the frontend asks first.
const CPU_SPECIFIC: &[(Op, Capability)] = &[
    (Op::VFma, Capability::FusedMultiplyAdd),
    (Op::VLaneSelect, Capability::SelectLanesBySign),
    (Op::VSwizzleLow, Capability::SwizzleByLowBits),
    (Op::VQ15Mulr, Capability::WrappingRoundingMultiply),
    (Op::VDotSU, Capability::DotUnsignedSigned),
    (Op::VDotAdd, Capability::DotSigned),
    (Op::VFToSMin, Capability::TruncateToLeast),
];

#[test]
fn every_row_is_lowered_for_every_cpu() {
    every_case(|case, f, _| {
        for cpu in CpuLevel::all() {
            if CPU_SPECIFIC.iter().any(|&(op, needs)| op == case.op && !cpu.has(needs)) {
                continue;
            }
            let options = Config { cpu: Some(cpu), verify: true, ..Config::default() };
            let mut generator = backend::for_target(cpu.target())
                .generator(&options, 0, DirectCalls::of(&options))
                .expect("the options are sound");
            if let Err(e) = generator.listing(&f, &|n| n.to_string()) {
                panic!("{case:?} for {cpu:?}: {e}");
            }
        }
    });
}

/// Values that most operations are defined for.
fn plain(ty: Type) -> u64 {
    match ty {
        Type::F32 => 3f32.to_bits().into(),
        Type::F64 => 3f64.to_bits(),
        _ => 3,
    }
}

#[test]
fn evaluators_oracle_and_folder_know_all_that_computes() {
    every_case(|case, _, _| {
        let Case { op, ty, imm, ref args } = *case;
        if op.class() != OpClass::Compute {
            return;
        }
        if ty == Type::V128 || args.contains(&Type::V128) {
            let value = evaluate_vector(op, ty, imm, INDICES, [3; 3]);
            assert!(value.is_some(), "{case:?}: not in the evaluator of vectors");
            // The scalar evaluator has no value for a vector, not even half of one.
            let scalar = (ty == Type::V128).then(|| evaluate(op, ty, imm, args[0], [3; 3])).flatten();
            assert_eq!(scalar, None, "{case:?}");
            return;
        }
        let typed: Vec<(Type, u64)> = args.iter().map(|&ty| (ty, plain(ty))).collect();
        let mut registers = [0; 3];
        typed.iter().zip(&mut registers).for_each(|(&(_, bits), register)| *register = bits);
        let value = evaluate(op, ty, imm, args[0], registers);
        assert!(value.is_some(), "{case:?}: not in the evaluator");
        assert_eq!(oracle::oracle(op, ty, imm, &typed), value, "{case:?}: not in the oracle");
        assert_eq!(opt::constant::constant(op, ty, imm, &typed), value, "{case:?}: not in the folder");
    });
}

/// Random programs use the four numeric types.
#[test]
fn random_programs_use_all_that_computes_numbers() {
    let number = |ty: &Type| random::TYPES.contains(ty);
    let expected: BTreeSet<Op> = Op::ALL
        .iter()
        .copied()
        .filter(|op| op.class() == OpClass::Compute)
        .filter(|op| op.scalar_shapes().iter().any(|(ty, args)| number(ty) && args.iter().all(number)))
        // Trapping conversions follow a check, which nothing here emits.
        .filter(|op| !matches!(op, Op::FToS | Op::FToU))
        .collect();
    let used = random::operations();
    let missing: Vec<&str> = expected.difference(&used).map(|op| op.name()).collect();
    assert!(missing.is_empty(), "no random program has {}", missing.join(", "));
}

/// Collects the operations that occur in an expression of a rule.
fn named(pattern: &Pat, replacement: &Rhs) -> BTreeSet<Op> {
    fn in_pattern(pat: &Pat, ops: &mut BTreeSet<Op>) {
        if let Pat::Op(op, _, args) = *pat {
            ops.insert(op);
            args.iter().for_each(|arg| in_pattern(arg, ops));
        }
    }
    fn in_replacement(rhs: &Rhs, ops: &mut BTreeSet<Op>) {
        if let Rhs::Op(op, _, args) = *rhs {
            ops.insert(op);
            args.iter().for_each(|arg| in_replacement(arg, ops));
        }
    }
    let mut ops = BTreeSet::new();
    in_pattern(pattern, &mut ops);
    in_replacement(replacement, &mut ops);
    ops
}

#[test]
fn the_prover_knows_what_rules_name() {
    let prover = include_str!("../../ci/proofs");
    // Divisions of floats have their own proof there.
    let by_rule = |op: Op| matches!(op, Op::FDiv | Op::FMul);
    for rule in rules::all() {
        for op in named(&rule.pattern, &rule.replacement).into_iter().filter(|&op| !by_rule(op)) {
            assert!(prover.contains(&format!("\"{}\"", op.name())), "{}: ci/proofs lacks {}", rule.name, op.name());
        }
    }
}

/// Swapping the arguments of a commutative operation changes nothing; for any other operation on integers, it changes
/// some result. No operation on floats is commutative: the order may decide which NaN results.
#[test]
fn operations_commute_as_the_table_says() {
    let mut random = oracle::Random(11);
    let mut commutative = 0;
    every_case(|case, _, _| {
        let Case { op, ty, imm, ref args } = *case;
        let [a, b] = args[..] else { return };
        let vector = ty == Type::V128 || a == Type::V128;
        let float = a.is_float() || matches!(super::ir::vector::shape_of(imm), Some(Shape::F32x4 | Shape::F64x2));
        assert!(!float || !op.row().commutes, "{case:?}: the payload of a NaN depends on the order of floats");
        if op.class() != OpClass::Compute || a != b || float {
            return;
        }
        let mut differs = false;
        for _ in 0..200 {
            let mut wide = || u128::from(random.next()) << 64 | u128::from(random.next());
            let (x, y) = if vector { (wide(), wide()) } else { (wide() & 63, wide() >> 64) };
            let value = |x: u128, y: u128| match vector {
                true => evaluate_vector(op, ty, imm, INDICES, [x, y, 0]),
                false => evaluate(op, ty, imm, a, [x as u64, y as u64, 0]).map(u128::from),
            };
            differs |= value(x, y) != value(y, x);
        }
        // Whether a comparison is commutative depends on its condition.
        let is_comparison = matches!(imm, Imm::IntCond(_) | Imm::LaneIntCond(..));
        assert!(is_comparison || differs != op.row().commutes, "{case:?}: commutes {}", op.row().commutes);
        commutative += u32::from(op.row().commutes);
    });
    assert!(commutative > 10, "{commutative}");
}
