//! The module that stands between an engine and one action of a script: the call of an exported function, or the reading of an
//! exported global. Like a probe (`probe.rs`), it moves values as bits between a memory and the subject.
//!
//! It imports `"wasmoon" "p"`, a memory that all actions share ([`area`]), the export from `"m"`, and if needed the host's
//! functions from `"host"`. It exports `c: [] -> [i32]`, which returns [`RECEIPT`]. Arguments are read from [`ARGS`] and results
//! written to [`RESULTS`], one slot each. A reference is a [`Shape`] as an argument, and a kind with a number as a result.
//!
//! Before a call, [`RESULTS`] should be filled with [`UNWRITTEN`], so that results are those of this call and no other.

use super::abilities::Abilities;
use super::probe::{ARGS, JobError, RESULTS, SLOT, Types, at, encoded};
use crate::module::{AbstractHeapType, CompositeInnerType, ExternKind, HeapType, Module, RefType, ValType};
use wasm_encoder::{BlockType, CodeSection, EntityType, ExportKind, ExportSection, Function, FunctionSection};
use wasm_encoder::{ImportSection, InstructionSink, MemoryType, RawSection, SectionId};

/// The module name of the shared memory.
pub const AREA: &str = "wasmoon";
/// The module name of the subject.
pub const SUBJECT: &str = super::probe::SUBJECT;
/// The module name of the host's functions.
pub const HOST: &str = "host";

/// The result of `c`, which shows that it was called and ran to its end.
pub const RECEIPT: u32 = 0x600d_ca11;
/// The value of each byte of results that were not written. No kind of reference has such bytes.
pub const UNWRITTEN: u8 = 0xa5;

/// How an argument is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shape {
    /// A number or a vector: the bits in its slot.
    Bits,
    /// The null of the parameter's type.
    Null,
    /// The host reference with the number in its slot, as an `externref`.
    Extern,
    /// The same reference as an `anyref`.
    Any,
}

/// A reference that was returned. Its slot has its code, followed by its number if it is a host reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeenRef {
    /// A null.
    Null = 0,
    /// A function.
    Func,
    /// An external reference that is not a host reference, or cannot be distinguished from one.
    Extern,
    /// A small integer.
    I31,
    /// A structure.
    Struct,
    /// An array.
    Array,
    /// An exception.
    Exn,
    /// A continuation.
    Cont,
    /// A host reference with a number, as an `externref`.
    HostExtern,
    /// A host reference with a number, as an `anyref`.
    HostAny,
    /// Another reference in the hierarchy of `any`.
    Any,
}

impl SeenRef {
    const ALL: [SeenRef; 11] = {
        use SeenRef::*;
        [Null, Func, Extern, I31, Struct, Array, Exn, Cont, HostExtern, HostAny, Any]
    };
}

/// A result as it was returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeenValue {
    /// The bits of a number or a vector of this type.
    Bits(ValType, u128),
    /// A reference in the hierarchy of this top type, and its number if it is a host reference.
    Ref(AbstractHeapType, SeenRef, u32),
}

/// The type of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResultType {
    /// A number or a vector.
    Bits(ValType),
    /// A reference in the hierarchy of this top type.
    Ref(AbstractHeapType),
}

impl ResultType {
    fn of(ty: ValType, module: &Module) -> Result<ResultType, JobError> {
        use AbstractHeapType::*;
        let ValType::Ref(reference) = ty else { return Ok(ResultType::Bits(ty)) };
        Ok(ResultType::Ref(match reference.heap_type() {
            HeapType::Abstract { ty, .. } => match ty {
                Func | NoFunc => Func,
                Extern | NoExtern => Extern,
                Exn | NoExn => Exn,
                Cont | NoCont => Cont,
                Any | None | Eq | Struct | Array | I31 => Any,
            },
            HeapType::Concrete(_) | HeapType::Exact(_) => match defined(module, reference)? {
                CompositeInnerType::Func(_) => Func,
                CompositeInnerType::Struct(_) | CompositeInnerType::Array(_) => Any,
                CompositeInnerType::Cont(_) => Cont,
            },
        }))
    }
}

/// The defined type that a reference is to.
fn defined(module: &Module, ty: RefType) -> Result<&CompositeInnerType, JobError> {
    let index = match ty.heap_type() {
        HeapType::Concrete(index) | HeapType::Exact(index) => index.as_module_index(),
        HeapType::Abstract { .. } => None,
    };
    let defined = index.and_then(|index| module.types.get(index as usize));
    Ok(&defined.ok_or_else(|| JobError::Type(ty.to_string()))?.composite_type.inner)
}

/// What an action is about.
#[derive(Clone, Copy, Debug)]
pub enum Action<'a> {
    /// The call of an exported function, with arguments of these shapes.
    Call(&'a [Shape]),
    /// The reading of an exported global.
    Global,
}

/// The module of an action.
pub struct ActionModule {
    /// The binary.
    pub bytes: Vec<u8>,
    /// The types of the results.
    pub results: Vec<ResultType>,
}

/// The module that exports the memory `p`.
pub fn area() -> Vec<u8> {
    let mut memory = wasm_encoder::MemorySection::new();
    memory.memory(area_type());
    let mut exports = ExportSection::new();
    exports.export("p", ExportKind::Memory, 0);
    let mut module = wasm_encoder::Module::new();
    module.section(&memory).section(&exports);
    module.finish()
}

fn area_type() -> MemoryType {
    MemoryType { minimum: 1, maximum: None, memory64: false, shared: false, page_size_log2: None }
}

/// The parameters of an exported function; `None` if there is no such function.
pub fn parameters<'m>(module: &'m Module, export: &str) -> Option<&'m [ValType]> {
    let export = module.export(export).filter(|export| export.kind == ExternKind::Func)?;
    Some(module.function_signature(export.index).params())
}

/// The module for an action on an export of the subject. `None` if there is no such export.
///
/// # Errors
/// A type cannot be encoded, or a result is one that this engine cannot be asked about.
pub fn action(
    subject: &Module,
    export: &str,
    action: Action<'_>,
    abilities: Abilities,
) -> Result<Option<ActionModule>, JobError> {
    let mut imports = ImportSection::new();
    let mut types = Types::copied(&subject.bytes, subject.types.len())?;
    imports.import(AREA, "p", area_type());
    let exported = subject.export(export);
    let (params, results) = match (exported, action) {
        (Some(exported), Action::Call(_)) if exported.kind == ExternKind::Func => {
            let signature = subject.function_signature(exported.index);
            imports.import(SUBJECT, export, EntityType::Function(subject.functions[exported.index as usize]));
            (signature.params().to_vec(), signature.results().to_vec())
        }
        (Some(exported), Action::Global) if exported.kind == ExternKind::Global => {
            let ty = subject.globals[exported.index as usize].ty;
            imports.import(SUBJECT, export, encoded::<_, wasm_encoder::GlobalType>(ty)?);
            (Vec::new(), vec![ty.content_type])
        }
        _ => return Ok(None),
    };
    let makes =
        matches!(action, Action::Call(shapes) if shapes.iter().any(|s| matches!(s, Shape::Extern | Shape::Any)));
    let recognizes = abilities.host && results.iter().any(|ty| is_of_host(*ty));
    let mut imported = u32::from(matches!(action, Action::Call(_)));
    let mut host = |types: &mut Types, name, params: &[ValType], results: &[ValType]| {
        let ty = types.function(params, results)?;
        imports.import(HOST, name, EntityType::Function(ty));
        imported += 1;
        Ok::<_, JobError>(imported - 1)
    };
    let make = if makes { Some(host(&mut types, "extern", &[ValType::I32], &[ValType::EXTERNREF])?) } else { None };
    let number =
        if recognizes { Some(host(&mut types, "number", &[ValType::EXTERNREF], &[ValType::I32])?) } else { None };
    let own = types.function(&[], &[ValType::I32])?;

    // A local for each result, and an i32.
    let mut locals = results.iter().map(|&ty| Ok((1, encoded(ty)?))).collect::<Result<Vec<_>, JobError>>()?;
    let scratch = locals.len() as u32;
    locals.push((1, wasm_encoder::ValType::I32));
    let mut function = Function::new(locals);
    let mut code = function.instructions();
    match action {
        Action::Call(shapes) => {
            for (n, (shape, ty)) in shapes.iter().zip(&params).enumerate() {
                argument(&mut code, *shape, *ty, ARGS + (n * SLOT) as u64, make)?;
            }
            code.call(0);
        }
        Action::Global => drop(code.global_get(0)),
    }
    for n in (0..results.len()).rev() {
        code.local_set(n as u32);
    }
    for (n, &ty) in results.iter().enumerate() {
        result(&mut code, subject, ty, n as u32, scratch, RESULTS + (n * SLOT) as u64, number)?;
    }
    code.i32_const(RECEIPT as i32).end();

    let mut functions = FunctionSection::new();
    functions.function(own);
    let mut exports = ExportSection::new();
    exports.export("c", ExportKind::Func, imported);
    let mut bodies = CodeSection::new();
    bodies.function(&function);
    let mut module = wasm_encoder::Module::new();
    module.section(&RawSection { id: SectionId::Type as u8, data: &types.finish() });
    module.section(&imports).section(&functions).section(&exports).section(&bodies);
    let results = results.iter().map(|ty| ResultType::of(*ty, subject)).collect::<Result<_, _>>()?;
    Ok(Some(ActionModule { bytes: module.finish(), results }))
}

fn argument(
    code: &mut InstructionSink<'_>,
    shape: Shape,
    ty: ValType,
    slot: u64,
    make: Option<u32>,
) -> Result<(), JobError> {
    let slot = at(slot);
    match (shape, ty) {
        (Shape::Bits, ValType::I32) => code.i32_const(0).i32_load(slot),
        (Shape::Bits, ValType::I64) => code.i32_const(0).i64_load(slot),
        (Shape::Bits, ValType::F32) => code.i32_const(0).f32_load(slot),
        (Shape::Bits, ValType::F64) => code.i32_const(0).f64_load(slot),
        (Shape::Bits, ValType::V128) => code.i32_const(0).v128_load(slot),
        (Shape::Null, ValType::Ref(ty)) => code.ref_null(encoded::<RefType, wasm_encoder::RefType>(ty)?.heap_type),
        (Shape::Extern | Shape::Any, ValType::Ref(ty)) => {
            code.i32_const(0).i32_load(slot).call(make.expect("imported where it is needed"));
            let code = if shape == Shape::Any { code.any_convert_extern() } else { code };
            if ty.is_nullable() { code } else { code.ref_as_non_null() }
        }
        (shape, ty) => return Err(JobError::Type(format!("{shape:?} as an argument of type {ty}"))),
    };
    Ok(())
}

/// Whether a value of this type may be a host reference.
fn is_of_host(ty: ValType) -> bool {
    let ValType::Ref(ty) = ty else { return false };
    let any = |ty| matches!(ty, AbstractHeapType::Extern | AbstractHeapType::Any);
    matches!(ty.heap_type(), HeapType::Abstract { shared: false, ty } if any(ty))
}

/// Writes the value of a local to a slot.
fn result(
    code: &mut InstructionSink<'_>,
    subject: &Module,
    ty: ValType,
    local: u32,
    scratch: u32,
    slot: u64,
    number: Option<u32>,
) -> Result<(), JobError> {
    let ValType::Ref(reference) = ty else {
        code.i32_const(0).local_get(local);
        match ty {
            ValType::I32 => code.i32_store(at(slot)),
            ValType::I64 => code.i64_store(at(slot)),
            ValType::F32 => code.f32_store(at(slot)),
            ValType::F64 => code.f64_store(at(slot)),
            _ => code.v128_store(at(slot)),
        };
        return Ok(());
    };
    // A block that leaves the code of the kind on the stack.
    code.i32_const(0).block(BlockType::Result(wasm_encoder::ValType::I32));
    if reference.is_nullable() {
        code.i32_const(SeenRef::Null as i32).local_get(local).ref_is_null().br_if(0).drop();
    }
    // Leaves the block with the host's number, if there is one.
    let of_host = |code: &mut InstructionSink<'_>, kind: SeenRef| {
        if let Some(number) = number {
            code.local_get(local);
            if kind == SeenRef::HostAny {
                code.extern_convert_any();
            }
            code.call(number).local_set(scratch);
            code.i32_const(0).local_get(scratch).i32_store(at(slot + 4));
            code.i32_const(kind as i32).local_get(scratch).i32_const(0).i32_ge_s().br_if(0).drop();
        }
    };
    let kind = match reference.heap_type() {
        HeapType::Abstract { ty, shared } => {
            use AbstractHeapType::*;
            match ty {
                Func | NoFunc => SeenRef::Func,
                Exn | NoExn => SeenRef::Exn,
                Cont | NoCont => SeenRef::Cont,
                Struct => SeenRef::Struct,
                Array => SeenRef::Array,
                I31 => SeenRef::I31,
                Extern | NoExtern => {
                    of_host(code, SeenRef::HostExtern);
                    SeenRef::Extern
                }
                Any | Eq | None => {
                    use wasm_encoder::AbstractHeapType as Heap;
                    for (ty, kind) in
                        [(Heap::I31, SeenRef::I31), (Heap::Struct, SeenRef::Struct), (Heap::Array, SeenRef::Array)]
                    {
                        code.i32_const(kind as i32).local_get(local);
                        code.ref_test_non_null(wasm_encoder::HeapType::Abstract { shared, ty }).br_if(0).drop();
                    }
                    of_host(code, SeenRef::HostAny);
                    SeenRef::Any
                }
            }
        }
        HeapType::Concrete(_) | HeapType::Exact(_) => match defined(subject, reference)? {
            CompositeInnerType::Func(_) => SeenRef::Func,
            CompositeInnerType::Struct(_) => SeenRef::Struct,
            CompositeInnerType::Array(_) => SeenRef::Array,
            CompositeInnerType::Cont(_) => SeenRef::Cont,
        },
    };
    code.i32_const(kind as i32).end().i32_store(at(slot));
    Ok(())
}

/// Reads results from their slots; `None` if there are more or fewer bytes, or a kind that does not exist.
pub fn results(types: &[ResultType], bytes: &[u8]) -> Option<Vec<SeenValue>> {
    if bytes.len() != types.len() * SLOT {
        return None;
    }
    let slots = bytes.chunks_exact(SLOT);
    let read = |(slot, &ty): (&[u8], &ResultType)| {
        let bits = u128::from_le_bytes(slot.try_into().ok()?);
        Some(match ty {
            ResultType::Bits(ty @ (ValType::I32 | ValType::F32)) => SeenValue::Bits(ty, bits & u128::from(u32::MAX)),
            ResultType::Bits(ty @ (ValType::I64 | ValType::F64)) => SeenValue::Bits(ty, bits & u128::from(u64::MAX)),
            ResultType::Bits(ty) => SeenValue::Bits(ty, bits),
            ResultType::Ref(top) => {
                let kind = SeenRef::ALL.get(bits as u32 as usize)?;
                SeenValue::Ref(top, *kind, (bits >> 32) as u32)
            }
        })
    };
    slots.zip(types).map(read).collect()
}
