//! What is accessed by an address or an index, the operators that access it, and modules that contain it.

use crate::forms::{FORMS_32, FORMS_64, Form, PARAMS, W, X, Y, c32, c64};
use crate::operators::{TYPES, encoded};
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, ElementSection, Elements, ExportKind, ExportSection, Function, FunctionSection,
    GlobalSection, GlobalType, HeapType, Instruction as I, MemorySection, MemoryType, RefType, StorageType,
    TableSection, TableType, TypeSection, ValType as V,
};
use wasmoon::module::features;
use wasmparser::{MemArg, MemArgTarget, Operator, Validator};

/// The first of the locals after the parameters: a counter, a 32-bit and a 64-bit address, then the results.
pub const COUNT: u32 = PARAMS.len() as u32;
pub const ADDRESS: [u32; 2] = [COUNT + 1, COUNT + 2];
pub const RESULTS: u32 = COUNT + 3;

/// The types of the functions in tables, and the type of arrays.
const OF_I32: u32 = 0;
const OF_I64: u32 = 1;
const OF_NONE: u32 = 2;
const ARRAY: u32 = 3;

/// The number of elements of an array, and of the one that replaces it.
const ELEMENTS: u64 = 100;
const OTHER_ELEMENTS: u64 = 110;
/// The initial and the maximum number of table elements.
const ENTRIES: [u64; 2] = [20, 24];
/// The number of functions in a table: two of one type, and one of another.
const FUNCTIONS: u32 = 3;

/// What is accessed.
#[derive(Clone, Copy)]
pub enum Subject {
    /// A memory. Memories of lower indices are not accessed.
    Memory { ty: MemoryType, index: u32 },
    /// An array in a global.
    Array { element: StorageType },
    /// A table of functions.
    Table { table64: bool },
}

/// A subject with its name: each has operators or addresses of its own.
pub struct Kind {
    pub name: String,
    pub subject: Subject,
}

/// All kinds of memories.
pub fn memories() -> Vec<Kind> {
    let ty = MemoryType { minimum: 1, maximum: Some(2), memory64: false, shared: false, page_size_log2: None };
    let bytes = MemoryType { minimum: 70_001, maximum: Some(70_040), page_size_log2: Some(0), ..ty };
    let memory = |name: &str, ty, index| Kind { name: name.into(), subject: Subject::Memory { ty, index } };
    vec![
        memory("32 bits", ty, 0),
        memory("32 bits, behind another", ty, 1),
        memory("32 bits, of any size", MemoryType { maximum: None, ..ty }, 0),
        memory("32 bits, shared", MemoryType { shared: true, ..ty }, 0),
        memory("32 bits, pages of a byte", bytes, 0),
        memory("64 bits", MemoryType { memory64: true, ..ty }, 0),
        memory("64 bits, shared, behind another", MemoryType { memory64: true, shared: true, ..ty }, 1),
        memory("64 bits, pages of a byte", MemoryType { memory64: true, ..bytes }, 0),
        memory("empty", MemoryType { minimum: 0, ..ty }, 0),
    ]
}

/// Arrays of all numeric element types, and tables of functions.
pub fn arrays_and_tables() -> Vec<Kind> {
    let array = |element| Kind { name: format!("array of {element:?}"), subject: Subject::Array { element } };
    let table = |name: &str, table64| Kind { name: name.into(), subject: Subject::Table { table64 } };
    let mut kinds = vec![table("table of 32 bits", false), table("table of 64 bits", true)];
    kinds.extend([StorageType::I8, StorageType::I16].map(array));
    kinds.extend(TYPES.map(|ty| array(StorageType::Val(ty))));
    kinds
}

/// An operator that accesses something by an address or an index.
pub struct Access {
    pub name: String,
    /// The instructions before the address.
    before: Vec<u8>,
    /// The types of the operands after the address.
    pub operands: Vec<V>,
    how: How,
    pub result: Option<V>,
}

type Make = Box<dyn Fn(MemArg) -> Operator<'static> + Send + Sync>;
/// Makes an operator once for each lane.
type Makes = fn() -> Vec<Make>;

enum How {
    /// A memory operator, and the log2 of a valid alignment.
    Memory(Make, u8),
    /// These instructions.
    Code(Vec<u8>),
}

impl Access {
    /// Whether it traps at addresses that are not multiples of its size.
    pub fn is_atomic(&self) -> bool {
        self.name.contains("Atomic")
    }

    /// The instructions for the address, the operands and the operator. `offset` is the immediate of memory operators.
    pub fn code(&self, address: &[u8], offset: u64, subject: Subject) -> Vec<u8> {
        let mut code = [&self.before, address].concat();
        code.extend(self.operands.iter().flat_map(|&ty| value(ty)));
        code.extend(self.operator(offset, subject));
        code
    }

    /// The instructions after the operands.
    pub fn operator(&self, offset: u64, subject: Subject) -> Vec<u8> {
        match (&self.how, subject) {
            (How::Memory(make, align), Subject::Memory { index, .. }) => {
                let target = MemArgTarget::Memory(index);
                let memarg = MemArg { align: *align, max_align: *align, offset, target, ordering: None };
                encoded(&RoundtripReencoder.instruction(make(memarg)).expect("no references to sections"))
            }
            (How::Memory(..), _) => panic!("{} is of memories", self.name),
            (How::Code(own), _) => own.clone(),
        }
    }
}

fn all(instructions: &[I<'_>]) -> Vec<u8> {
    instructions.iter().flat_map(encoded).collect()
}

/// Pushes a value of the type, computed from the parameters.
fn value(ty: V) -> Vec<u8> {
    all(&match ty {
        V::I32 => vec![I::LocalGet(Y)],
        V::I64 => vec![I::LocalGet(W)],
        V::F32 => vec![I::LocalGet(Y), I::F32ReinterpretI32],
        V::F64 => vec![I::LocalGet(W), I::F64ReinterpretI64],
        _ => vec![I::LocalGet(W), I::I64x2Splat, I::LocalGet(Y), I::I32x4ReplaceLane(1)],
    })
}

/// A memory operator with its types, as found with the validator; `None` if it takes no 32-bit address.
fn typed(name: String, make: Make) -> Option<Access> {
    let kind = &memories()[0];
    let is_valid = |access: &Access, results: Vec<V>, behind: &[u8]| {
        let body = [&access.code(&encoded(&I::LocalGet(X)), 0, kind.subject), behind].concat();
        Validator::new_with_features(features::all()).validate_all(&kind.module(&[(results, body)])).is_ok()
    };
    let one = TYPES.map(|ty| vec![ty]);
    let two = TYPES.iter().flat_map(|&a| TYPES.map(|b| vec![a, b]));
    let lists: Vec<Vec<V>> = [Vec::new()].into_iter().chain(one).chain(two).collect();
    let how = How::Memory(make, 0);
    let mut access = Access { name, before: Vec::new(), operands: Vec::new(), how, result: None };
    for stated in 0..=4 {
        if let How::Memory(_, align) = &mut access.how {
            *align = stated;
        }
        for operands in &lists {
            access.operands.clone_from(operands);
            if is_valid(&access, Vec::new(), &[]) {
                return Some(access);
            }
            if is_valid(&access, Vec::new(), &encoded(&I::Drop)) {
                let kept = encoded(&I::LocalSet(RESULTS));
                access.result = TYPES.into_iter().find(|&ty| is_valid(&access, vec![ty], &kept));
                return Some(access);
            }
        }
    }
    None
}

/// All operators that access memory, except waits, which would block.
pub fn of_memories() -> Vec<Access> {
    macro_rules! operators {
        (@value $op:ident memarg) => { vec![Box::new(|memarg| Operator::$op { memarg }) as Make] };
        // Lanes that a shape does not have are dropped later, as invalid.
        (@value $op:ident memarg lane) => {
            [0, 1, 3, 7, 15].map(|lane| Box::new(move |memarg| Operator::$op { memarg, lane }) as Make).into()
        };
        (@value $op:ident $($arg:ident)*) => { Vec::new() };
        ($(@$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {
            // A function for each operator: one that makes all of them takes half a minute to compile.
            &[$((stringify!($op), || operators!(@value $op $($($arg)*)?))),*]
        };
    }
    let known: &[(&str, Makes)] = wasmparser::for_each_operator!(operators);
    let known = known.iter().map(|&(name, makes)| (name, makes()));
    let mut found = Vec::new();
    for (name, makes) in known.filter(|(name, makes)| !makes.is_empty() && !name.contains("AtomicWait")) {
        let lanes = makes.len() > 1;
        let named = |n| if lanes { format!("{name}, lane {n}") } else { name.to_string() };
        let mut typed: Vec<Access> =
            makes.into_iter().enumerate().filter_map(|(n, make)| typed(named(n), make)).collect();
        assert!(!typed.is_empty(), "{name} has no form that is valid");
        // Keep only the first and the last lane.
        if typed.len() > 2 {
            typed.drain(1..typed.len() - 1);
        }
        found.extend(typed);
    }
    found
}

/// The operators on an array with this element type.
fn of_arrays(element: StorageType) -> Vec<Access> {
    let ty = match element {
        StorageType::Val(ty) => ty,
        _ => V::I32,
    };
    let array = I::GlobalGet(0);
    let access = |name: &str, operands: Vec<V>, own: &[I<'_>], result| Access {
        name: name.into(),
        before: encoded(&array),
        operands,
        how: How::Code(all(own)),
        result,
    };
    let few = |n| [I::LocalGet(Y), c32(n), I::I32And];
    let mut found = vec![
        access("array.set", vec![ty], &[I::ArraySet(ARRAY)], None),
        access("array.fill", vec![ty], &[&few(7)[..], &[I::ArrayFill(ARRAY)]].concat(), None),
        access(
            "array.copy to",
            Vec::new(),
            &[
                &[I::GlobalGet(0)],
                &few(63)[..],
                &few(31),
                &[I::ArrayCopy { array_type_index_dst: ARRAY, array_type_index_src: ARRAY }],
            ]
            .concat(),
            None,
        ),
    ];
    if matches!(element, StorageType::Val(_)) {
        found.push(access("array.get", Vec::new(), &[I::ArrayGet(ARRAY)], Some(ty)));
    } else {
        found.push(access("array.get_s", Vec::new(), &[I::ArrayGetS(ARRAY)], Some(ty)));
        found.push(access("array.get_u", Vec::new(), &[I::ArrayGetU(ARRAY)], Some(ty)));
    }
    found
}

/// The operators on a table of functions.
fn of_tables(table64: bool) -> Vec<Access> {
    let access = |name: &str, own: &[I<'_>], result| Access {
        name: name.into(),
        before: Vec::new(),
        operands: Vec::new(),
        how: How::Code(all(own)),
        result,
    };
    let few = |n| if table64 { [I::LocalGet(W), c64(n), I::I64And] } else { [I::LocalGet(Y), c32(n), I::I32And] };
    let few32 = [I::LocalGet(Y), c32(3), I::I32And];
    let copy = I::TableCopy { src_table: 0, dst_table: 0 };
    let call = I::CallIndirect { type_index: OF_I32, table_index: 0 };
    vec![
        access("table.get", &[I::TableGet(0), I::RefIsNull], Some(V::I32)),
        access("table.set of null", &[I::RefNull(HeapType::FUNC), I::TableSet(0)], None),
        access("table.set of a function", &[I::RefFunc(1), I::TableSet(0)], None),
        access("table.set of another type", &[I::RefFunc(2), I::TableSet(0)], None),
        access("table.fill", &[&[I::RefFunc(0)], &few(3)[..], &[I::TableFill(0)]].concat(), None),
        access("table.copy to", &[&few(15)[..], &few(7), &[copy]].concat(), None),
        access("table.init", &[&few32[..], &few32, &[I::TableInit { elem_index: 1, table: 0 }]].concat(), None),
        access("call_indirect", &[call], Some(V::I32)),
    ]
}

impl Kind {
    /// The width of addresses in bits, and their forms.
    pub fn addresses(&self) -> (u32, &'static [Form]) {
        if self.is_wide() { (64, FORMS_64) } else { (32, FORMS_32) }
    }

    pub fn is_wide(&self) -> bool {
        match self.subject {
            Subject::Memory { ty, .. } => ty.memory64,
            Subject::Array { .. } => false,
            Subject::Table { table64 } => table64,
        }
    }

    /// The initial size, and the size after growth.
    pub fn sizes(&self) -> [u64; 2] {
        match self.subject {
            Subject::Memory { ty, .. } => {
                let page = 1 << ty.page_size_log2.unwrap_or(16);
                [ty.minimum * page, (ty.minimum + 1) * page]
            }
            Subject::Array { .. } => [ELEMENTS, OTHER_ELEMENTS],
            Subject::Table { .. } => ENTRIES,
        }
    }

    /// The operators that only this kind has; empty for memories.
    pub fn own_accesses(&self) -> Vec<Access> {
        match self.subject {
            Subject::Memory { .. } => Vec::new(),
            Subject::Array { element } => of_arrays(element),
            Subject::Table { table64 } => of_tables(table64),
        }
    }

    /// The instructions that grow the subject, if it can grow.
    pub fn growth(&self) -> Vec<u8> {
        // A memory without a maximum would grow at every call.
        let endless = matches!(self.subject, Subject::Memory { ty: MemoryType { maximum: None, .. }, .. });
        let more = i64::from(!endless);
        let one = if self.is_wide() { c64(more) } else { c32(more) };
        match self.subject {
            Subject::Memory { index, .. } => all(&[one, I::MemoryGrow(index), I::Drop]),
            Subject::Array { .. } => all(&[c32(OTHER_ELEMENTS as i64), I::ArrayNewDefault(ARRAY), I::GlobalSet(0)]),
            Subject::Table { .. } => all(&[I::RefFunc(0), one, I::TableGrow(0), I::Drop]),
        }
    }

    /// Instructions that write all elements to memory.
    fn state(&self) -> Vec<u8> {
        let at = |n: u64| wasm_encoder::MemArg {
            offset: n,
            align: 0,
            target: wasm_encoder::MemArgTarget::Memory(0),
            ordering: None,
        };
        let i = I::LocalGet(0);
        let (len, value, store) = match self.subject {
            Subject::Memory { .. } => return Vec::new(),
            Subject::Array { element } => {
                let (get, store) = match element {
                    StorageType::Val(V::I32) => (I::ArrayGet(ARRAY), I::I32Store(at(0))),
                    StorageType::Val(V::I64) => (I::ArrayGet(ARRAY), I::I64Store(at(0))),
                    StorageType::Val(V::F32) => (I::ArrayGet(ARRAY), I::F32Store(at(0))),
                    StorageType::Val(V::F64) => (I::ArrayGet(ARRAY), I::F64Store(at(0))),
                    StorageType::Val(_) => (I::ArrayGet(ARRAY), I::V128Store(at(0))),
                    _ => (I::ArrayGetU(ARRAY), I::I32Store(at(0))),
                };
                (vec![I::GlobalGet(0), I::ArrayLen], vec![I::GlobalGet(0), i.clone(), get], store)
            }
            Subject::Table { table64 } => {
                let index = if table64 { vec![i.clone(), I::I64ExtendI32U] } else { vec![i.clone()] };
                let len = if table64 { vec![I::TableSize(0), I::I32WrapI64] } else { vec![I::TableSize(0)] };
                let ty = HeapType::Concrete(OF_I32);
                let get = |after: &[I<'static>]| [&index[..], &[I::TableGet(0)], after].concat();
                let call = I::CallIndirect { type_index: OF_I32, table_index: 0 };
                let value = [
                    get(&[I::RefTestNonNull(ty), I::If(BlockType::Result(V::I32))]),
                    [&index[..], &[call, I::Else]].concat(),
                    get(&[I::RefIsNull, I::End]),
                ];
                (len, value.concat(), I::I32Store(at(0)))
            }
        };
        let begin = [I::Block(BlockType::Empty), I::Loop(BlockType::Empty), i.clone()];
        let end = [I::I32GeU, I::BrIf(1), i.clone(), c32(4), I::I32Shl];
        let next = [store, i, c32(1), I::I32Add, I::LocalSet(0), I::Br(0), I::End, I::End];
        all(&[&begin[..], &len, &end, &value, &next].concat())
    }

    /// A module with functions of these results and bodies, exported by their numbers. Its export `memory` is the memory that is
    /// accessed, or the one that the function `state` writes an array or table to.
    pub fn module(&self, bodies: &[(Vec<V>, Vec<u8>)]) -> Vec<u8> {
        let mut module = wasm_encoder::Module::new();
        let (mut types, mut functions, mut exports, mut code) =
            (TypeSection::new(), FunctionSection::new(), ExportSection::new(), CodeSection::new());
        let (mut tables, mut memories, mut globals, mut elements) =
            (TableSection::new(), MemorySection::new(), GlobalSection::new(), ElementSection::new());
        types.ty().function([], [V::I32]);
        types.ty().function([], [V::I64]);
        types.ty().function([], []);
        let plain = MemoryType { minimum: 3, maximum: None, memory64: false, shared: false, page_size_log2: None };
        match self.subject {
            Subject::Memory { ty, index } => {
                for _ in 0..index {
                    memories.memory(plain);
                }
                memories.memory(ty);
                exports.export("memory", ExportKind::Memory, index);
            }
            _ => {
                memories.memory(plain);
                exports.export("memory", ExportKind::Memory, 0);
            }
        }
        let element = if let Subject::Array { element } = self.subject { element } else { StorageType::I8 };
        types.ty().array(&element, true);
        let array = RefType { nullable: true, heap_type: HeapType::Concrete(ARRAY) };
        let init = ConstExpr::extended([c32(ELEMENTS as i64), I::ArrayNewDefault(ARRAY)]);
        globals.global(GlobalType { val_type: V::Ref(array), mutable: true, shared: false }, &init);
        let table64 = matches!(self.subject, Subject::Table { table64: true });
        let [minimum, maximum] = ENTRIES;
        tables.table(TableType {
            element_type: RefType::FUNCREF,
            table64,
            minimum,
            maximum: Some(maximum),
            shared: false,
        });
        let start = if table64 { ConstExpr::i64_const(0) } else { ConstExpr::i32_const(0) };
        let some: Vec<u32> = (0..minimum as u32 - 2).map(|n| n % FUNCTIONS).collect();
        elements.active(Some(0), &start, Elements::Functions((&some[..]).into()));
        elements.passive(Elements::Functions((&[1, 2, 0, 1][..]).into()));
        for (n, ty) in [OF_I32, OF_I32, OF_I64].into_iter().enumerate() {
            functions.function(ty);
            let mut function = Function::new([]);
            function.instruction(&if ty == OF_I32 { c32(10 + n as i64) } else { c64(n as i64) });
            code.function(function.instruction(&I::End));
        }
        functions.function(OF_NONE);
        exports.export("state", ExportKind::Func, FUNCTIONS);
        let mut state = Function::new([(1, V::I32)]);
        code.function(state.raw(self.state()).instruction(&I::End));
        for (number, (results, body)) in bodies.iter().enumerate() {
            types.ty().function(PARAMS, results.iter().copied());
            functions.function(ARRAY + 1 + number as u32);
            exports.export(&number.to_string(), ExportKind::Func, FUNCTIONS + 1 + number as u32);
            let locals = [V::I32, V::I32, V::I64].into_iter().chain(results.iter().copied());
            let mut function = Function::new_with_locals_types(locals);
            function.raw(body.iter().copied());
            for result in 0..results.len() as u32 {
                function.instruction(&I::LocalGet(RESULTS + result));
            }
            code.function(function.instruction(&I::End));
        }
        module.section(&types).section(&functions).section(&tables).section(&memories).section(&globals);
        module.section(&exports).section(&elements).section(&code);
        module.finish()
    }
}
