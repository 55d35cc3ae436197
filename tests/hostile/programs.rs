//! Modules designed to be expensive, by size: the binary's size is proportional to `n`.

use std::slice;
use wasm_encoder::{
    BlockType, Catch, CodeSection, CompositeInnerType, CompositeType, ConstExpr, CustomSection, DataSection,
    DataSegment, DataSegmentMode, ElementSection, Elements, Encode as _, EntityType, ExportKind, ExportSection,
    FieldType, Function, FunctionSection, GlobalSection, GlobalType, HeapType, ImportSection, Instruction as I,
    MemorySection, MemoryType, Module, NameMap, NameSection, RawSection, RefType, SectionId, StorageType, StructType,
    SubType, TableSection, TableType, TagKind, TagSection, TagType, TypeSection, ValType,
};

/// Makes a module of a given size.
pub type Make = fn(u32) -> Vec<u8>;

/// The name, the size at which it is tested (quadratic time would take minutes or longer), and the function that makes it.
pub const PROGRAMS: &[(&str, u32, Make)] = &[
    ("blocks in sequence", 100_000, blocks_in_sequence),
    ("nested blocks", 100_000, nested_blocks),
    ("nested loops", 100_000, nested_loops),
    ("nested ifs", 100_000, nested_ifs),
    ("nested tries", 123_000, nested_tries),
    ("nested tries with a clause", 123_000, nested_tries_with_a_clause),
    ("ifs in sequence that assign", 60_000, ifs_that_assign),
    ("branch table, one target", 1_000_000, table_of_one),
    ("branch table, as many targets", 60_000, table_of_many),
    ("branch tables with values", 60_000, tables_with_values),
    ("locals, all live", 49_000, locals),
    ("locals, live across calls", 49_000, locals_across_calls),
    ("straight line", 1_000_000, straight_line),
    ("one expression", 300_000, expression),
    ("operands and local writes", 300_000, operands_and_writes),
    ("loads and stores", 400_000, loads_and_stores),
    ("calls", 200_000, calls),
    ("calls that may throw", 30_000, throwing_calls),
    ("nested handlers", 1_000, nested_handlers),
    ("constants", 300_000, constants),
    ("divisions", 200_000, divisions),
    ("truncations", 103_000, truncations),
    ("functions", 30_000, functions),
    ("types", 200_000, types),
    ("types of one group", 200_000, types_of_a_group),
    ("globals", 20_000, globals),
    ("exports", 90_000, exports),
    ("imports", 90_000, imports),
    ("imports of one group", 400_000, imports_of_a_group),
    ("imports of one name", 400_000, imports_of_one_name),
    ("data segments", 20_000, data),
    ("names", 200_000, names),
    ("long names", 100, long_names),
    ("elements", 1_000_000, elements),
    ("one constant round a loop", 20_000, constant_round_a_loop),
    ("branch table, one target with locals", 20_000, table_with_locals),
    ("maxima of lanes", 60_000, maxima),
    ("a lane behind others", 500_000, lane_behind_others),
    ("signs that are copied", 1_000_000, signs),
    ("terms on both sides", 800_000, terms),
    ("branches to a jump with values", 20_000, branches_to_a_jump),
    ("loops around an assignment", 80_000, loops_around_an_assignment),
    ("loops around blocks", 100_000, loops_around_blocks),
    ("accesses to a wide structure", 300_000, accesses_to_a_structure),
    ("functions around a wide structure", 30_000, functions_around_a_structure),
];

/// A module of one function of type `params -> results`, with a memory, a global, and an empty function `1`.
fn module(
    params: &[ValType],
    results: &[ValType],
    locals: &[(u32, ValType)],
    body: impl FnOnce(&mut Function),
) -> Vec<u8> {
    let mut module = Module::new();
    let mut types = TypeSection::new();
    types.ty().function(params.iter().copied(), results.iter().copied());
    types.ty().function([], []);
    module.section(&types);
    let mut functions = FunctionSection::new();
    functions.function(0).function(1);
    module.section(&functions);
    let mut memories = MemorySection::new();
    memories.memory(MemoryType { minimum: 1, maximum: None, memory64: false, shared: false, page_size_log2: None });
    module.section(&memories);
    let mut tags = TagSection::new();
    tags.tag(TagType { kind: TagKind::Exception, func_type_idx: 1 });
    module.section(&tags);
    let mut globals = GlobalSection::new();
    globals.global(GlobalType { val_type: ValType::I32, mutable: true, shared: false }, &ConstExpr::i32_const(1));
    module.section(&globals);
    let mut exports = ExportSection::new();
    exports.export("f", ExportKind::Func, 0);
    module.section(&exports);
    let mut f = Function::new(locals.iter().copied());
    body(&mut f);
    f.instruction(&I::End);
    let mut code = CodeSection::new();
    let mut empty = Function::new([]);
    empty.instruction(&I::End);
    code.function(&f).function(&empty);
    module.section(&code);
    module.finish()
}

/// A module of one function, `f`, of type 0, with a tag of another type if one is given.
fn of_one_function(types: &TypeSection, tag: Option<u32>, f: &Function) -> Vec<u8> {
    let mut module = Module::new();
    module.section(types);
    let mut functions = FunctionSection::new();
    functions.function(0);
    module.section(&functions);
    if let Some(func_type_idx) = tag {
        let mut tags = TagSection::new();
        tags.tag(TagType { kind: TagKind::Exception, func_type_idx });
        module.section(&tags);
    }
    let mut exports = ExportSection::new();
    exports.export("f", ExportKind::Func, 0);
    module.section(&exports);
    let mut code = CodeSection::new();
    code.function(f);
    module.section(&code);
    module.finish()
}

const I32: ValType = ValType::I32;

fn blocks_in_sequence(n: u32) -> Vec<u8> {
    module(&[I32], &[], &[], |f| {
        for _ in 0..n {
            f.instruction(&I::Block(BlockType::Empty)).instruction(&I::LocalGet(0)).instruction(&I::BrIf(0));
            f.instruction(&I::GlobalGet(0)).instruction(&I::GlobalSet(0)).instruction(&I::End);
        }
    })
}

fn nested(f: &mut Function, n: u32, open: &I<'_>, inside: &[I<'_>]) {
    for _ in 0..n {
        f.instruction(open);
    }
    for _ in 0..n {
        inside.iter().for_each(|i| {
            f.instruction(i);
        });
        f.instruction(&I::End);
    }
}

fn nested_blocks(n: u32) -> Vec<u8> {
    module(&[I32], &[], &[], |f| {
        nested(f, n, &I::Block(BlockType::Empty), &[I::LocalGet(0), I::BrIf(0), I::GlobalGet(0), I::GlobalSet(0)]);
    })
}

fn nested_loops(n: u32) -> Vec<u8> {
    module(&[I32], &[], &[], |f| {
        let step = [I::LocalGet(0), I::I32Const(1), I::I32Sub, I::LocalTee(0), I::BrIf(0)];
        nested(f, n, &I::Loop(BlockType::Empty), &step);
    })
}

fn nested_tries(n: u32) -> Vec<u8> {
    module(&[I32], &[], &[], |f| nested(f, n, &I::Try(BlockType::Empty), &[]))
}

fn nested_tries_with_a_clause(n: u32) -> Vec<u8> {
    module(&[I32], &[], &[], |f| nested(f, n, &I::Try(BlockType::Empty), &[I::CatchAll]))
}

fn nested_ifs(n: u32) -> Vec<u8> {
    module(&[I32], &[], &[], |f| {
        for _ in 0..n {
            f.instruction(&I::LocalGet(0)).instruction(&I::If(BlockType::Empty));
            f.instruction(&I::GlobalGet(0)).instruction(&I::LocalSet(0));
        }
        for _ in 0..n {
            f.instruction(&I::End);
        }
    })
}

fn ifs_that_assign(n: u32) -> Vec<u8> {
    let locals = 1000.min(n);
    module(&[I32], &[I32], &[(locals, I32)], |f| {
        for i in 0..n {
            f.instruction(&I::LocalGet(0)).instruction(&I::If(BlockType::Empty));
            f.instruction(&I::LocalGet(i % locals)).instruction(&I::LocalSet(1 + (i * 7 + 3) % locals));
            f.instruction(&I::Else).instruction(&I::I32Const(i as i32)).instruction(&I::LocalSet(1 + i % locals));
            f.instruction(&I::End);
        }
        f.instruction(&I::LocalGet(1));
    })
}

fn table_of_one(n: u32) -> Vec<u8> {
    module(&[I32], &[], &[], |f| {
        f.instruction(&I::Block(BlockType::Empty)).instruction(&I::LocalGet(0));
        f.instruction(&I::BrTable(vec![0; n as usize].into(), 0)).instruction(&I::End);
    })
}

fn table_of_many(n: u32) -> Vec<u8> {
    module(&[I32], &[], &[], |f| {
        (0..n).for_each(|_| {
            f.instruction(&I::Block(BlockType::Empty));
        });
        let targets: Vec<u32> = (0..n).collect();
        f.instruction(&I::LocalGet(0)).instruction(&I::BrTable(targets.into(), 0));
        for i in 0..n {
            f.instruction(&I::End).instruction(&I::I32Const(i as i32)).instruction(&I::GlobalSet(0));
        }
    })
}

fn tables_with_values(n: u32) -> Vec<u8> {
    module(&[I32], &[I32], &[], |f| {
        for _ in 0..n {
            f.instruction(&I::Block(BlockType::Result(I32))).instruction(&I::Block(BlockType::Result(I32)));
            f.instruction(&I::LocalGet(0)).instruction(&I::LocalGet(0));
            f.instruction(&I::BrTable(vec![0, 1, 0, 1].into(), 1));
            f.instruction(&I::End).instruction(&I::I32Const(1)).instruction(&I::I32Add);
            f.instruction(&I::End).instruction(&I::LocalSet(0));
        }
        f.instruction(&I::LocalGet(0));
    })
}

/// A table in which all targets but one are the same block; the number of locals passed to it grows with the table.
fn table_with_locals(n: u32) -> Vec<u8> {
    let locals = n / 100;
    module(&[I32], &[], &[(locals, I32)], |f| {
        f.instruction(&I::Block(BlockType::Empty)).instruction(&I::Block(BlockType::Empty));
        for local in 1..=locals {
            f.instruction(&I::LocalGet(0)).instruction(&I::I32Const(local as i32)).instruction(&I::I32Xor);
            f.instruction(&I::LocalSet(local));
        }
        f.instruction(&I::LocalGet(0)).instruction(&I::BrTable(vec![0; n as usize].into(), 1));
        f.instruction(&I::End);
        assign_all(f, locals);
        f.instruction(&I::End);
        for local in 1..=locals {
            f.instruction(&I::LocalGet(local)).instruction(&I::GlobalSet(0));
        }
    })
}

/// A local set to the same constant in both arms of an `if`, before each of many branches back.
fn constant_round_a_loop(n: u32) -> Vec<u8> {
    module(&[I32], &[I32], &[(1, I32)], |f| {
        f.instruction(&I::I32Const(5)).instruction(&I::LocalSet(1)).instruction(&I::Loop(BlockType::Empty));
        for _ in 0..n {
            f.instruction(&I::LocalGet(0)).instruction(&I::If(BlockType::Result(I32)));
            f.instruction(&I::I32Const(5)).instruction(&I::Else).instruction(&I::I32Const(5)).instruction(&I::End);
            f.instruction(&I::LocalSet(1)).instruction(&I::LocalGet(0)).instruction(&I::BrIf(0));
        }
        f.instruction(&I::End).instruction(&I::LocalGet(1));
    })
}

/// Nested maxima with constants, each result also converted to integers.
fn maxima(n: u32) -> Vec<u8> {
    module(&[I32], &[I32], &[(2, ValType::V128)], |f| {
        for k in 0..n {
            let lane = u128::from((k as f32 + 1.0).to_bits());
            let lanes = (0..4).fold(0, |bits, at| bits | lane << (32 * at));
            f.instruction(&I::LocalGet(1)).instruction(&I::V128Const(lanes as i128)).instruction(&I::F32x4Max);
            f.instruction(&I::LocalTee(1)).instruction(&I::I32x4TruncSatF32x4S);
            f.instruction(&I::LocalGet(2)).instruction(&I::V128Xor).instruction(&I::LocalSet(2));
        }
        f.instruction(&I::LocalGet(2)).instruction(&I::I32x4ExtractLane(0));
    })
}

/// Many replacements of one lane, then many extractions of another, each from behind all replacements.
fn lane_behind_others(n: u32) -> Vec<u8> {
    module(&[I32], &[I32], &[(1, ValType::V128)], |f| {
        f.instruction(&I::LocalGet(1));
        for _ in 0..n {
            f.instruction(&I::LocalGet(0)).instruction(&I::I32x4ReplaceLane(0));
        }
        f.instruction(&I::LocalSet(1)).instruction(&I::I32Const(0));
        for _ in 0..n {
            f.instruction(&I::LocalGet(1)).instruction(&I::I32x4ExtractLane(1)).instruction(&I::I32Add);
        }
    })
}

/// Many sign changes, of which only the magnitude below them matters.
fn signs(n: u32) -> Vec<u8> {
    module(&[ValType::F32], &[ValType::F32], &[(1, ValType::F32)], |f| {
        f.instruction(&I::LocalGet(0));
        for _ in 0..n {
            f.instruction(&I::LocalGet(1)).instruction(&I::F32Copysign);
        }
        f.instruction(&I::F32Abs);
    })
}

/// A comparison with a constant whose other side has a long chain of constants.
fn terms(n: u32) -> Vec<u8> {
    module(&[I32], &[I32], &[], |f| {
        f.instruction(&I::LocalGet(0));
        for _ in 0..n / 2 {
            f.instruction(&I::I32Const(5)).instruction(&I::I32Xor).instruction(&I::I32Const(5)).instruction(&I::I32Add);
        }
        f.instruction(&I::I32Const(5)).instruction(&I::I32Eq);
    })
}

/// As many branches as locals, to a block that only jumps to one that has the locals as parameters.
fn branches_to_a_jump(n: u32) -> Vec<u8> {
    module(&[I32], &[], &[(n, I32)], |f| {
        f.instruction(&I::Block(BlockType::Empty)).instruction(&I::LocalGet(0)).instruction(&I::If(BlockType::Empty));
        for local in 1..=n {
            f.instruction(&I::LocalGet(0)).instruction(&I::LocalSet(local));
        }
        f.instruction(&I::Br(1)).instruction(&I::End).instruction(&I::Block(BlockType::Empty));
        for bit in 0..n {
            f.instruction(&I::LocalGet(0)).instruction(&I::I32Const(bit as i32)).instruction(&I::I32And);
            f.instruction(&I::BrIf(0));
        }
        f.instruction(&I::Unreachable).instruction(&I::End).instruction(&I::End);
        for local in 1..=n {
            f.instruction(&I::LocalGet(local)).instruction(&I::GlobalSet(0));
        }
    })
}

/// Many nested loops, with as many blocks in the innermost one, each with a branch out of it.
fn loops_around_blocks(n: u32) -> Vec<u8> {
    module(&[I32], &[], &[(1, I32)], |f| {
        (0..n).for_each(|_| {
            f.instruction(&I::Loop(BlockType::Empty));
        });
        for _ in 0..n {
            f.instruction(&I::Block(BlockType::Empty)).instruction(&I::LocalGet(1)).instruction(&I::BrIf(0));
            f.instruction(&I::End);
        }
        (0..n).for_each(|_| {
            f.instruction(&I::End);
        });
    })
}

/// Constants on the stack below many consecutive loops: each loop has to know all of them.
pub fn constants_below_loops(constants: u32, loops: u32) -> Vec<u8> {
    module(&[I32], &[], &[], |f| {
        for _ in 0..constants {
            f.instruction(&I::I32Const(0));
        }
        for _ in 0..loops {
            f.instruction(&I::Loop(BlockType::Empty)).instruction(&I::End);
        }
        for _ in 0..constants {
            f.instruction(&I::Drop);
        }
    })
}

/// Results of operations on the stack below many branches to one label.
pub fn results_below_branches(results: u32, branches: u32) -> Vec<u8> {
    module(&[I32], &[I32], &[(1, I32)], |f| {
        for _ in 0..results {
            f.instruction(&I::LocalGet(0)).instruction(&I::Call(0));
        }
        f.instruction(&I::Block(BlockType::Empty));
        for _ in 0..branches {
            f.instruction(&I::LocalGet(0)).instruction(&I::Call(0)).instruction(&I::BrIf(0));
        }
        f.instruction(&I::End);
        for _ in 1..results {
            f.instruction(&I::I32Add);
        }
    })
}

/// A local that is assigned to itself in the innermost of many loops, and so is a parameter of each.
fn loops_around_an_assignment(n: u32) -> Vec<u8> {
    module(&[I32], &[I32], &[(1, I32)], |f| {
        (0..n).for_each(|_| {
            f.instruction(&I::Loop(BlockType::Empty));
        });
        f.instruction(&I::LocalGet(0)).instruction(&I::LocalSet(0));
        for _ in 0..n {
            f.instruction(&I::LocalGet(1)).instruction(&I::BrIf(0)).instruction(&I::End);
        }
        f.instruction(&I::LocalGet(0));
    })
}

const KINDS: [ValType; 4] = [ValType::I32, ValType::I64, ValType::F32, ValType::F64];

/// Sets the locals, whose types alternate, from the parameter.
fn set_locals(f: &mut Function, n: u32) {
    for i in 0..n {
        f.instruction(&I::LocalGet(0)).instruction(&I::I32Const(i as i32)).instruction(&I::I32Add);
        match KINDS[i as usize % 4] {
            ValType::I64 => f.instruction(&I::I64ExtendI32S),
            ValType::F32 => f.instruction(&I::F32ConvertI32S),
            ValType::F64 => f.instruction(&I::F64ConvertI32S),
            _ => f,
        };
        f.instruction(&I::LocalSet(1 + i));
    }
}

/// Adds up all locals.
fn sum_locals(f: &mut Function, n: u32) {
    f.instruction(&I::I32Const(0));
    for i in 0..n {
        f.instruction(&I::LocalGet(1 + i));
        match KINDS[i as usize % 4] {
            ValType::I64 => f.instruction(&I::I32WrapI64),
            ValType::F32 => f.instruction(&I::I32TruncSatF32S),
            ValType::F64 => f.instruction(&I::I32TruncSatF64S),
            _ => f,
        };
        f.instruction(&I::I32Add);
    }
}

fn local_kinds(n: u32) -> Vec<(u32, ValType)> {
    (0..n).map(|i| (1, KINDS[i as usize % 4])).collect()
}

fn locals(n: u32) -> Vec<u8> {
    module(&[I32], &[I32], &local_kinds(n), |f| {
        set_locals(f, n);
        sum_locals(f, n);
    })
}

pub fn locals_across_calls(n: u32) -> Vec<u8> {
    module(&[I32], &[I32], &local_kinds(n), |f| {
        set_locals(f, n);
        f.instruction(&I::Call(1));
        f.instruction(&I::Loop(BlockType::Empty)).instruction(&I::Call(1)).instruction(&I::LocalGet(0));
        f.instruction(&I::BrIf(0)).instruction(&I::End);
        sum_locals(f, n);
    })
}

fn straight_line(n: u32) -> Vec<u8> {
    module(&[I32], &[I32], &[(8, I32)], |f| {
        for i in 0..n / 4 {
            f.instruction(&I::LocalGet(i % 8)).instruction(&I::LocalGet((i + 3) % 8));
            f.instruction(if i % 3 == 0 { &I::I32Add } else { &I::I32Xor });
            f.instruction(&I::LocalSet((i * 5 + 1) % 8));
        }
        f.instruction(&I::LocalGet(0));
    })
}

/// One block of `n` operators, each on the result of the previous one.
pub fn chain(n: u32) -> Vec<u8> {
    module(&[ValType::I64], &[ValType::I64], &[], |f| {
        f.instruction(&I::LocalGet(0));
        for _ in 0..n {
            f.instruction(&I::I64Popcnt);
        }
    })
}

fn expression(n: u32) -> Vec<u8> {
    // As deep as frames allow, repeatedly.
    let depth = 5_000.min(n);
    module(&[I32], &[I32], &[(1, I32)], |f| {
        for _ in 0..n / depth {
            for i in 0..depth {
                f.instruction(&I::LocalGet(0)).instruction(&I::I32Const(i as i32)).instruction(&I::I32Mul);
            }
            for _ in 1..depth {
                f.instruction(&I::I32Xor);
            }
            f.instruction(&I::LocalSet(0));
        }
        f.instruction(&I::LocalGet(0));
    })
}

fn operands_and_writes(n: u32) -> Vec<u8> {
    let depth = 20_000.min(n / 2);
    module(&[I32], &[I32], &[(1, I32)], |f| {
        for _ in 0..depth {
            f.instruction(&I::LocalGet(0));
        }
        for i in 0..n {
            f.instruction(&I::I32Const(i as i32)).instruction(&I::LocalSet(1));
        }
        for _ in 1..depth {
            f.instruction(&I::I32Add);
        }
    })
}

fn loads_and_stores(n: u32) -> Vec<u8> {
    let at = |offset: u32| wasm_encoder::MemArg {
        offset: (offset % 60_000 * 4).into(),
        align: 0,
        target: wasm_encoder::MemArgTarget::Memory(0),
        ordering: None,
    };
    module(&[I32], &[], &[], |f| {
        for i in 0..n {
            f.instruction(&I::LocalGet(0)).instruction(&I::LocalGet(0)).instruction(&I::I32Load(at(i * 17)));
            f.instruction(&I::I32Store(at(i * 31)));
        }
    })
}

fn calls(n: u32) -> Vec<u8> {
    module(&[I32], &[I32], &[(16, I32)], |f| {
        for i in 0..n {
            f.instruction(&I::Call(1)).instruction(&I::LocalGet(i % 16)).instruction(&I::GlobalGet(0));
            f.instruction(&I::I32Add).instruction(&I::LocalSet((i * 3 + 1) % 16));
        }
        f.instruction(&I::LocalGet(5));
    })
}

fn throwing_calls(n: u32) -> Vec<u8> {
    module(&[I32], &[I32], &[(8, I32)], |f| {
        for i in 0..n {
            f.instruction(&I::Block(BlockType::Empty));
            f.instruction(&I::TryTable(
                BlockType::Empty,
                vec![Catch::One { tag: 0, label: 0 }, Catch::All { label: 0 }].into(),
            ));
            f.instruction(&I::Call(1)).instruction(&I::I32Const(i as i32)).instruction(&I::LocalSet(i % 8));
            f.instruction(&I::Call(1)).instruction(&I::End).instruction(&I::End);
        }
        f.instruction(&I::LocalGet(5));
    })
}

fn nested_handlers(n: u32) -> Vec<u8> {
    module(&[I32], &[], &[], |f| {
        for _ in 0..n {
            f.instruction(&I::Block(BlockType::Empty));
            f.instruction(&I::TryTable(BlockType::Empty, vec![Catch::One { tag: 0, label: 0 }].into()));
        }
        (0..n).for_each(|_| {
            f.instruction(&I::Call(1));
        });
        for _ in 0..n {
            f.instruction(&I::End).instruction(&I::End).instruction(&I::Call(1));
        }
    })
}

fn constants(n: u32) -> Vec<u8> {
    module(&[ValType::F64], &[ValType::F64], &[], |f| {
        for i in 0..n {
            f.instruction(&I::LocalGet(0)).instruction(&I::F64Const((f64::from(i) + 0.5).into()));
            f.instruction(&I::F64Add).instruction(&I::LocalSet(0));
        }
        f.instruction(&I::LocalGet(0));
    })
}

fn divisions(n: u32) -> Vec<u8> {
    module(&[I32], &[I32], &[(1, I32)], |f| {
        for i in 0..n {
            f.instruction(&I::LocalGet(0)).instruction(&I::LocalGet(1));
            f.instruction(if i % 2 == 0 { &I::I32DivS } else { &I::I32RemU }).instruction(&I::LocalSet(i % 2));
        }
        f.instruction(&I::LocalGet(0));
    })
}

/// Truncations that may trap, each of a number converted from the previous result: no other two-byte operators generate more
/// code.
fn truncations(n: u32) -> Vec<u8> {
    module(&[ValType::I64], &[ValType::I64], &[], |f| {
        f.instruction(&I::LocalGet(0));
        for i in 0..n {
            let [convert, truncate] = match i % 2 {
                0 => [I::F32ConvertI64U, I::I64TruncF32U],
                _ => [I::F64ConvertI64U, I::I64TruncF64U],
            };
            f.instruction(&convert).instruction(&truncate);
        }
    })
}

fn functions(n: u32) -> Vec<u8> {
    let mut module = Module::new();
    let mut types = TypeSection::new();
    types.ty().function([I32], [I32]);
    module.section(&types);
    let mut functions = FunctionSection::new();
    let mut code = CodeSection::new();
    for i in 0..n {
        functions.function(0);
        let mut f = Function::new([]);
        f.instruction(&I::LocalGet(0)).instruction(&I::I32Const(i as i32)).instruction(&I::I32Add).instruction(&I::End);
        code.function(&f);
    }
    module.section(&functions);
    module.section(&code);
    module.finish()
}

/// The maximum number of fields of a structure.
const MOST_FIELDS: u32 = 10_000;

/// The types of `f` and of a structure with this many fields.
fn with_structure(fields: u32) -> TypeSection {
    let field = FieldType { element_type: StorageType::Val(I32), mutable: true };
    let mut types = TypeSection::new();
    types.ty().function([I32], []);
    types.ty().struct_(vec![field; fields as usize]);
    types
}

/// `n` reads of a structure with as many fields.
fn accesses_to_a_structure(n: u32) -> Vec<u8> {
    let fields = n.min(MOST_FIELDS);
    let structure = RefType { nullable: true, heap_type: HeapType::Concrete(1) };
    let mut f = Function::new([(1, ValType::Ref(structure))]);
    f.instruction(&I::StructNewDefault(1)).instruction(&I::LocalSet(1));
    for i in 0..n {
        f.instruction(&I::LocalGet(1));
        f.instruction(&I::StructGet { struct_type_index: 1, field_index: i % fields }).instruction(&I::Drop);
    }
    f.instruction(&I::End);
    of_one_function(&with_structure(fields), None, &f)
}

/// `n` functions that each create a structure with several times as many fields, and write to it.
fn functions_around_a_structure(n: u32) -> Vec<u8> {
    let fields = (8 * n).min(MOST_FIELDS);
    let mut module = Module::new();
    module.section(&with_structure(fields));
    let mut functions = FunctionSection::new();
    let mut exports = ExportSection::new();
    exports.export("f", ExportKind::Func, 0);
    let mut code = CodeSection::new();
    for i in 0..n {
        functions.function(0);
        let mut f = Function::new([]);
        f.instruction(&I::StructNewDefault(1)).instruction(&I::LocalGet(0));
        f.instruction(&I::StructSet { struct_type_index: 1, field_index: i % fields }).instruction(&I::End);
        code.function(&f);
    }
    module.section(&functions).section(&exports).section(&code);
    module.finish()
}

fn types(n: u32) -> Vec<u8> {
    let mut module = Module::new();
    let mut types = TypeSection::new();
    for i in 0..n {
        let list: Vec<ValType> = (0..20).filter(|b| i >> b & 1 != 0).map(|b| KINDS[b % 4]).collect();
        types.ty().function(list, []);
    }
    module.section(&types);
    module.finish()
}

/// A group of types, of two bytes each.
fn types_of_a_group(n: u32) -> Vec<u8> {
    let structure = SubType {
        is_final: true,
        supertype_idxs: Vec::new(),
        composite_type: CompositeType {
            inner: CompositeInnerType::Struct(StructType { fields: Box::new([]) }),
            shared: false,
            descriptor: None,
            describes: None,
        },
    };
    let mut types = TypeSection::new();
    types.ty().rec(vec![structure; n as usize]);
    let mut module = Module::new();
    module.section(&types);
    module.finish()
}

fn globals(n: u32) -> Vec<u8> {
    let mut module = Module::new();
    let mut globals = GlobalSection::new();
    for i in 0..n {
        let ty = GlobalType { val_type: I32, mutable: false, shared: false };
        let init = if i == 0 { ConstExpr::i32_const(7) } else { ConstExpr::global_get(i - 1) };
        globals.global(ty, &init);
    }
    module.section(&globals);
    module.finish()
}

fn exports(n: u32) -> Vec<u8> {
    let mut module = Module::new();
    let mut memories = MemorySection::new();
    memories.memory(MemoryType { minimum: 0, maximum: None, memory64: false, shared: false, page_size_log2: None });
    module.section(&memories);
    let mut exports = ExportSection::new();
    for i in 0..n {
        exports.export(&format!("e{i}"), ExportKind::Memory, 0);
    }
    module.section(&exports);
    module.finish()
}

fn imports(n: u32) -> Vec<u8> {
    let mut module = Module::new();
    let mut imports = ImportSection::new();
    for i in 0..n {
        let ty = GlobalType { val_type: I32, mutable: false, shared: false };
        imports.import("m", &format!("g{i}"), EntityType::Global(ty));
    }
    module.section(&imports);
    module.finish()
}

/// Imports of globals as one group: the module name, an empty name, the marker for groups of one type, the type, and the names of
/// the items.
pub fn group_of_imports(module: &str, names: impl ExactSizeIterator<Item: AsRef<str>>) -> Vec<u8> {
    let mut section = vec![1];
    module.encode(&mut section);
    section.extend([0, 0x7e]);
    EntityType::Global(GlobalType { val_type: I32, mutable: false, shared: false }).encode(&mut section);
    names.len().encode(&mut section);
    names.for_each(|name| name.as_ref().encode(&mut section));
    let mut module = Module::new();
    module.section(&RawSection { id: SectionId::Import.into(), data: &section });
    module.finish()
}

fn imports_of_a_group(n: u32) -> Vec<u8> {
    // Distinct names of four bytes each.
    let letter = |i: u32, at: u32| char::from(b'0' + (i >> (6 * at) & 63) as u8);
    group_of_imports("m", (0..n).map(|i| (0..4).map(|at| letter(i, at)).collect::<String>()))
}

/// Imports with an empty name, of one byte each.
fn imports_of_one_name(n: u32) -> Vec<u8> {
    group_of_imports("", (0..n).map(|_| ""))
}

fn data(n: u32) -> Vec<u8> {
    let mut module = Module::new();
    let mut memories = MemorySection::new();
    memories.memory(MemoryType { minimum: 1, maximum: None, memory64: false, shared: false, page_size_log2: None });
    module.section(&memories);
    let mut data = DataSection::new();
    for i in 0..n {
        let offset = ConstExpr::i32_const((i % 65_000) as i32);
        data.segment(DataSegment {
            mode: DataSegmentMode::Active { memory_index: 0, offset: &offset },
            data: [i as u8; 30],
        });
    }
    module.section(&data);
    module.finish()
}

fn elements(n: u32) -> Vec<u8> {
    let mut module = Module::new();
    let mut types = TypeSection::new();
    types.ty().function([], []);
    module.section(&types);
    let mut functions = FunctionSection::new();
    functions.function(0);
    module.section(&functions);
    let mut tables = TableSection::new();
    let ty =
        TableType { element_type: RefType::FUNCREF, table64: false, minimum: n.into(), maximum: None, shared: false };
    tables.table(ty);
    module.section(&tables);
    let mut elements = ElementSection::new();
    elements.active(None, &ConstExpr::i32_const(0), Elements::Functions(vec![0; n as usize].into()));
    module.section(&elements);
    let mut code = CodeSection::new();
    let mut f = Function::new([]);
    f.instruction(&I::End);
    code.function(&f);
    module.section(&code);
    module.finish()
}

/// Bodies whose SSA form is as large as the product of two numbers, both of which the body size permits.
#[allow(dead_code, reason = "unused by the benchmark")]
pub fn products() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("branches that pass locals", branches_with_locals(40_000, 100_000)),
        ("loops around locals", loops_with_locals(40_000, 10_000)),
        ("labels with values", labels_with_values(1000, 36_000)),
        ("returns of many values", ends_with_values(1000, 8_000, I::Return)),
        ("tail calls with many values", ends_with_values(1000, 8_000, I::ReturnCall(0))),
        ("exceptions with many values", ends_with_values(1000, 8_000, I::Throw(0))),
    ]
}

/// Many values, and many places where the function ends with all of them.
fn ends_with_values(values: u32, places: u32, end: I<'_>) -> Vec<u8> {
    let many = vec![I32; values as usize];
    let mut types = TypeSection::new();
    types.ty().function(many.clone(), many.clone());
    types.ty().function(many, []);
    let mut f = Function::new([]);
    (0..values).for_each(|i| _ = f.instruction(&I::LocalGet(i)));
    for place in 0..places {
        f.instruction(&I::LocalGet(0)).instruction(&I::I32Const(place as i32)).instruction(&I::I32Xor);
        f.instruction(&I::If(BlockType::FunctionType(0))).instruction(&end).instruction(&I::End);
    }
    f.instruction(&I::End);
    of_one_function(&types, Some(1), &f)
}

fn assign_all(f: &mut Function, locals: u32) {
    for i in 0..locals {
        f.instruction(&I::I32Const(i as i32)).instruction(&I::LocalSet(1 + i));
    }
}

/// Locals that are assigned in a block, and many branches out of it that pass them.
pub fn branches_with_locals(locals: u32, branches: u32) -> Vec<u8> {
    module(&[I32], &[], &[(locals, I32)], |f| {
        f.instruction(&I::Block(BlockType::Empty));
        assign_all(f, locals);
        for _ in 0..branches {
            f.instruction(&I::LocalGet(0)).instruction(&I::BrIf(0));
        }
        f.instruction(&I::End);
        (0..locals).for_each(|i| {
            f.instruction(&I::LocalGet(1 + i)).instruction(&I::GlobalSet(0));
        });
    })
}

/// Nested blocks with results, and a branch table that passes these to each.
pub fn labels_with_values(values: u32, labels: u32) -> Vec<u8> {
    let results = vec![I32; values as usize];
    let mut types = TypeSection::new();
    types.ty().function([I32], []);
    types.ty().function([], results);
    let mut f = Function::new([]);
    for _ in 0..=labels {
        f.instruction(&I::Block(BlockType::FunctionType(1)));
    }
    // One value below, so that no label has its results in place.
    f.instruction(&I::I32Const(7));
    for i in 0..values {
        f.instruction(&I::I32Const(i as i32));
    }
    f.instruction(&I::LocalGet(0)).instruction(&I::BrTable((0..labels).collect(), labels));
    f.instruction(&I::End);
    for _ in 0..labels {
        f.instruction(&I::Br(0)).instruction(&I::End);
    }
    (0..values).for_each(|_| {
        f.instruction(&I::Drop);
    });
    f.instruction(&I::End);
    of_one_function(&types, None, &f)
}

/// Many handlers in sequence, followed by a loop that throws as often as the argument says.
pub fn throws_beside_handlers(n: u32) -> Vec<u8> {
    let mut types = TypeSection::new();
    types.ty().function([I32], [I32]);
    types.ty().function([], []);
    let mut f = Function::new([]);
    for _ in 0..n {
        f.instruction(&I::TryTable(BlockType::Empty, [].as_slice().into())).instruction(&I::End);
    }
    f.instruction(&I::Loop(BlockType::Empty)).instruction(&I::Block(BlockType::Empty));
    let clauses = [Catch::All { label: 0 }];
    f.instruction(&I::TryTable(BlockType::Empty, clauses.as_slice().into())).instruction(&I::Throw(0));
    f.instruction(&I::End).instruction(&I::End);
    f.instruction(&I::LocalGet(0)).instruction(&I::I32Const(1)).instruction(&I::I32Sub);
    f.instruction(&I::LocalTee(0)).instruction(&I::BrIf(0)).instruction(&I::End);
    f.instruction(&I::LocalGet(0)).instruction(&I::End);
    of_one_function(&types, Some(1), &f)
}

/// Nested blocks with many results, which are never reached.
pub fn nested_blocks_with_results(values: u32, blocks: u32) -> Vec<u8> {
    let mut types = TypeSection::new();
    types.ty().function([], []);
    types.ty().function([], vec![I32; values as usize]);
    let mut f = Function::new([]);
    nested(&mut f, blocks, &I::Block(BlockType::FunctionType(1)), &[I::Unreachable]);
    f.instruction(&I::Unreachable).instruction(&I::End);
    of_one_function(&types, None, &f)
}

/// `n` types, each in its own group, and a function that leaves a value on the stack.
pub fn value_left_over(n: u32) -> Vec<u8> {
    let mut types = TypeSection::new();
    (0..n).for_each(|_| types.ty().function([], []));
    let mut f = Function::new([]);
    f.instruction(&I::I32Const(0)).instruction(&I::End);
    of_one_function(&types, None, &f)
}

/// Locals that are assigned in the innermost of nested loops.
pub fn loops_with_locals(locals: u32, loops: u32) -> Vec<u8> {
    module(&[I32], &[], &[(locals, I32)], |f| {
        (0..loops).for_each(|_| {
            f.instruction(&I::Loop(BlockType::Empty));
        });
        assign_all(f, locals);
        (0..loops).for_each(|_| {
            f.instruction(&I::LocalGet(0)).instruction(&I::BrIf(0)).instruction(&I::End);
        });
        (0..locals).for_each(|i| {
            f.instruction(&I::LocalGet(1 + i)).instruction(&I::GlobalSet(0));
        });
    })
}

/// Short functions whose operators take and return `values` values each, `count` times.
pub fn wide(values: u32, count: u32) -> Vec<(&'static str, Vec<u8>)> {
    let wide = vec![I32; values as usize];
    // Types: the function; values from nothing, to nothing, and to themselves; the same for a continuation.
    let make = |body: &dyn Fn(&mut Function)| {
        let mut module = Module::new();
        let mut types = TypeSection::new();
        types.ty().function([I32], []);
        types.ty().function([], wide.iter().copied());
        types.ty().function(wide.iter().copied(), []);
        types.ty().function(wide.iter().copied(), wide.iter().copied());
        module.section(&types);
        let mut functions = FunctionSection::new();
        functions.function(0).function(1).function(3);
        module.section(&functions);
        let mut tags = TagSection::new();
        tags.tag(TagType { kind: TagKind::Exception, func_type_idx: 2 });
        module.section(&tags);
        let mut exports = ExportSection::new();
        exports.export("f", ExportKind::Func, 0);
        module.section(&exports);
        let mut code = CodeSection::new();
        let mut f = Function::new([]);
        body(&mut f);
        f.instruction(&I::Unreachable).instruction(&I::End);
        code.function(&f);
        for _ in 0..2 {
            let mut f = Function::new([]);
            f.instruction(&I::Unreachable).instruction(&I::End);
            code.function(&f);
        }
        module.section(&code);
        module.finish()
    };
    let each = |f: &mut Function, instructions: &[I<'_>]| {
        for _ in 0..count {
            for instruction in instructions {
                f.instruction(instruction);
            }
        }
    };
    let [give, change] = [I::Call(1), I::Call(2)];
    let loop_ = I::Loop(BlockType::FunctionType(3));
    let if_ = I::If(BlockType::FunctionType(3));
    vec![
        ("calls with results", make(&|f| each(f, slice::from_ref(&give)))),
        (
            "calls with arguments and results",
            make(&|f| {
                f.instruction(&give);
                each(f, slice::from_ref(&change));
            }),
        ),
        (
            "loops with parameters",
            make(&|f| {
                f.instruction(&give);
                each(f, slice::from_ref(&loop_));
                each(f, &[I::LocalGet(0), I::BrIf(0), I::End]);
            }),
        ),
        (
            "ifs with parameters",
            make(&|f| {
                f.instruction(&give);
                each(f, &[I::LocalGet(0), if_.clone(), I::Else, change.clone(), I::End]);
            }),
        ),
        (
            "branches with values",
            make(&|f| {
                f.instruction(&I::Block(BlockType::FunctionType(1))).instruction(&give);
                each(f, &[I::LocalGet(0), I::BrIf(0)]);
                f.instruction(&I::End);
            }),
        ),
        (
            "clauses with payload",
            make(&|f| {
                let clauses = (0..count).map(|_| Catch::One { tag: 0, label: 0 }).collect::<Vec<_>>();
                f.instruction(&I::Block(BlockType::FunctionType(1)));
                f.instruction(&I::TryTable(BlockType::Empty, clauses.into()));
                f.instruction(&I::LocalGet(0))
                    .instruction(&I::Call(0))
                    .instruction(&I::End)
                    .instruction(&I::Unreachable)
                    .instruction(&I::End);
            }),
        ),
        (
            "handlers with payload",
            make(&|f| {
                each(
                    f,
                    &[
                        I::Block(BlockType::FunctionType(1)),
                        I::TryTable(BlockType::Empty, vec![Catch::One { tag: 0, label: 0 }].into()),
                        I::LocalGet(0),
                        I::Call(0),
                        I::End,
                        I::Unreachable,
                        I::End,
                    ],
                );
            }),
        ),
    ]
}

/// A module of functions with a name for each.
fn named(count: u32, name: &str) -> Vec<u8> {
    let mut module = Module::new();
    let mut types = TypeSection::new();
    types.ty().function([], []);
    module.section(&types);
    let mut functions = FunctionSection::new();
    let mut code = CodeSection::new();
    let mut names = NameMap::new();
    for i in 0..count {
        functions.function(0);
        let mut f = Function::new([]);
        f.instruction(&I::End);
        code.function(&f);
        names.append(i, name);
    }
    let mut section = NameSection::new();
    section.functions(&names);
    module.section(&functions).section(&code).section(&section);
    module.finish()
}

fn names(n: u32) -> Vec<u8> {
    named(n, "f")
}

fn long_names(n: u32) -> Vec<u8> {
    named(n, &"f".repeat(90_000))
}

/// DWARF with a unit that covers all code, for a function that traps, with this many file names, rows of the line table, and
/// abbreviations.
pub fn dwarf(files: u32, rows: u32, abbreviations: u32) -> Vec<u8> {
    let sized = |body: Vec<u8>| [(body.len() as u32).to_le_bytes().to_vec(), body].concat();
    let leb = |mut n: u32| {
        let mut bytes = Vec::new();
        while n >= 0x80 {
            bytes.push(n as u8 | 0x80);
            n >>= 7;
        }
        bytes.push(n as u8);
        bytes
    };
    // DW_TAG_compile_unit without children: DW_AT_low_pc, DW_AT_high_pc as a length, DW_AT_stmt_list.
    let mut abbrev = vec![1, 0x11, 0, 0x11, 0x01, 0x12, 0x06, 0x10, 0x17, 0, 0];
    for i in 0..abbreviations {
        abbrev.extend([leb(i + 2), vec![0x11, 0, 0, 0]].concat());
    }
    abbrev.push(0);
    // Version 4, abbreviations at 0, addresses of 4 bytes; the unit starts at 0, with the line table at 0.
    let unit = [&[4, 0, 0, 0, 0, 0, 4, 1][..], &[0; 4], &0x7fff_ffff_u32.to_le_bytes(), &[0; 4]].concat();
    let mut header = vec![1, 1, 1, 0xfb, 14, 13, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1, 0];
    header.extend(b"f\0\0\0\0".repeat(files as usize));
    header.push(0);
    // DW_LNE_set_address 0; rows that advance by a line; an end after all code.
    let program =
        [&[0, 5, 2, 0, 0, 0, 0][..], &[19].repeat(rows as usize), &[1, 2, 0xff, 0xff, 0xff, 0x7f, 0, 1, 1]].concat();
    let line = sized([vec![4, 0], sized(header), program].concat());
    let mut module = Module::new();
    let mut types = TypeSection::new();
    types.ty().function([], []);
    let mut functions = FunctionSection::new();
    functions.function(0);
    let mut exports = ExportSection::new();
    exports.export("_start", ExportKind::Func, 0);
    let mut code = CodeSection::new();
    let mut f = Function::new([]);
    f.instruction(&I::Unreachable).instruction(&I::End);
    code.function(&f);
    module.section(&types).section(&functions).section(&exports).section(&code);
    for (name, data) in [(".debug_abbrev", abbrev), (".debug_info", sized(unit)), (".debug_line", line)] {
        module.section(&CustomSection { name: name.into(), data: data.into() });
    }
    module.finish()
}
