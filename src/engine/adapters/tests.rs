//! Hand-assembled native functions, entered and left through the adapters: the convention, traps, exceptions, stack
//! walks, exhaustion and interrupts. The few instruction sequences that depend on the CPU are in `cpu::assembly`.

use super::cpu::assembly::{Asm, changed};
use super::*;
use crate::module::{BodyIndex, UnpackedIndex, ValType};
use crate::runtime::code::{CallSite, CodeTables, FunctionKind, FunctionRange, Handler, SiteKind, TrapSite};
use crate::runtime::heap::layout::EXCEPTION_PAYLOAD;
use crate::runtime::heap::{self, Heap};
use crate::runtime::libcalls::{Libcall, exceptions, exits};
use crate::runtime::stacks::activation::{self, Stack};
use crate::runtime::stacks::limit::StackLimit;
use crate::runtime::sys::mmap;
use crate::runtime::trap::TrapCode;
use crate::runtime::trap::raise;
use crate::runtime::vm::*;
use crate::runtime::{abi, types};
use std::os::unix::process::ExitStatusExt;
use std::ptr::null_mut;
use std::sync::atomic::AtomicUsize;

const MEMORY_LEN: usize = 64 << 10;
const RESERVED: usize = (1 << 32) + GUARD_BYTES as usize;
/// Also inaccessible, but not a memory's guard.
const BEYOND: usize = 64 << 10;

/// A store with one instance, made by hand. Everything has a stable address.
#[expect(clippy::vec_box, reason = "their addresses are stored elsewhere")]
struct Fixture {
    adapters: AdapterSet,
    store: Box<VMStore>,
    ctx: Box<VMContext>,
    _stack: Stack,
    _tables: (Vec<*mut VMMemory>, Vec<*mut VMTag>),
    memory: Box<VMMemory>,
    tags: Vec<Box<VMTag>>,
    code: Vec<Arc<CodeObject>>,
    funcs: Vec<Box<VMFunc>>,
}

impl Fixture {
    fn new(registers: Option<u8>, poison: bool) -> Fixture {
        let mut stack = Stack::new(1 << 16).unwrap();
        let mut store = Box::new(VMStore::new(&mut stack, Heap::new(1 << 24, false)));
        let base = mmap::reserve(RESERVED + BEYOND).unwrap();
        // SAFETY: the reservation is new and ours.
        unsafe { mmap::commit(base.as_ptr(), MEMORY_LEN).unwrap() };
        let memory = Box::new(VMMemory {
            base: base.as_ptr(),
            byte_len: AtomicUsize::new(MEMORY_LEN),
            page_shift: 16,
            guarded: 1,
            shared: 0,
        });
        let tags: Vec<_> = [vec![ValType::I64], vec![], vec![ValType::EXTERNREF, ValType::V128]]
            .into_iter()
            .map(|params| Box::new(VMTag::new(0, &FuncType::new(params, []))))
            .collect();
        let memories = vec![(&raw const *memory).cast_mut()];
        let tag_pointers: Vec<_> = tags.iter().map(|t| (&raw const **t).cast_mut()).collect();
        let ctx = Box::new(VMContext {
            memories: memories.as_ptr(),
            tags: tag_pointers.as_ptr(),
            memory0: memories[0],
            memory0_base: memory.base,
            // This is not a host function's context.
            instance: std::ptr::dangling_mut(),
            ..VMContext::new(&raw mut *store)
        });
        Fixture {
            adapters: AdapterSet::new(registers, poison),
            store,
            ctx,
            _stack: stack,
            _tables: (memories, tag_pointers),
            memory,
            tags,
            code: Vec::new(),
            funcs: Vec::new(),
        }
    }

    fn func(&mut self, ty: &FuncType, native: *const u8, array: *const u8, data: usize) -> *const VMFunc {
        let func = Box::new(VMFunc::new(&raw mut *self.ctx, types::register_func(ty).unwrap(), 0));
        func.native_entry.publish(native.cast_mut());
        func.array_entry.publish(array.cast_mut().cast());
        func.data.publish(data as *mut _);
        let address = &raw const *func;
        self.funcs.push(func);
        address
    }

    fn host(&mut self, ty: &FuncType, entry: ArrayEntry, data: usize) -> *const VMFunc {
        let native = self.adapters.native_to_array(ty).expect("address space");
        self.func(ty, native, entry as *const u8, data)
    }

    fn native(&mut self, ty: &FuncType, asm: Asm) -> *const VMFunc {
        let body = self.code.len() as u32;
        let code = asm.publish(body);
        let func = self.func(ty, code.base(), self.adapters.array_to_native(ty).expect("address space"), 0);
        self.code.push(code);
        func
    }

    fn call(&mut self, func: *const VMFunc, slots: &mut [u64]) -> Status {
        // SAFETY: functions of this store; tests pass slots that fit.
        let status = unsafe { activation::call(&raw mut *self.store, func, slots.as_mut_ptr(), 1 << 19) };
        // SAFETY: the stack belongs to the fixture.
        assert!(unsafe { (*self.store.stack).activation.is_null() }, "an activation was left linked");
        status
    }

    fn trap(&self) -> Option<TrapCode> {
        TrapCode::from_u8(self.store.pending_trap as u8)
    }

    /// Returns the body and module offset of each frame in the backtrace.
    fn frames(&self) -> Vec<(u32, Option<u32>)> {
        self.store.backtrace.inner.iter().map(|f| (f.body, f.module_offset)).collect()
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        // SAFETY: reserved by `new`, and nothing runs any more.
        unsafe { mmap::release(std::ptr::NonNull::new(self.memory.base).unwrap(), RESERVED + BEYOND) };
    }
}

/// The parts that do not depend on the CPU.
impl Asm {
    /// Notes that the next instruction may trap.
    fn site(&mut self, kind: SiteKind, code: TrapCode) -> u32 {
        let offset = self.here();
        self.tables.traps.push(TrapSite { offset, kind, code, wasm_offset: 1000 + offset });
        1000 + offset
    }

    fn called(&mut self, handlers: Vec<Handler>) -> u32 {
        let return_offset = self.here();
        self.tables.calls.push(CallSite { return_offset, wasm_offset: 1000 + return_offset, handlers });
        1000 + return_offset
    }

    /// Calls a function.
    fn call(&mut self, func: *const VMFunc) -> u32 {
        self.call_func(func);
        self.called(vec![])
    }

    /// Calls a libcall; the context is in the register in which functions receive it.
    fn libcall(&mut self, libcall: Libcall) -> u32 {
        self.call_libcall(libcall);
        self.called(vec![])
    }

    fn publish(self, body: u32) -> Arc<CodeObject> {
        let (bytes, tables) = self.finish();
        let functions =
            vec![FunctionRange { start: 0, end: bytes.len() as u32, kind: FunctionKind::Body(BodyIndex(body)) }];
        CodeObject::publish(&bytes, CodeTables { functions, ..tables }).unwrap()
    }
}

fn ty(params: &[ValType], results: &[ValType]) -> FuncType {
    FuncType::new(params.iter().copied(), results.iter().copied())
}

fn mixed(n: usize) -> Vec<ValType> {
    use ValType::*;
    let cycle = [I32, F64, I64, F32, V128, ValType::EXTERNREF, ValType::FUNCREF, I32, I64, F64, V128];
    (0..n).map(|i| cycle[(i * 7 + i / 5) % cycle.len()]).collect()
}

/// Returns the bits of a value that a slot of this type keeps.
fn mask(ty: ValType) -> u64 {
    match ty {
        ValType::I32 | ValType::F32 | ValType::EXTERNREF => u64::from(u32::MAX),
        _ => u64::MAX,
    }
}

/// Returns the arguments in reverse order. `data` is the type.
unsafe extern "C" fn reverse(func: *const VMFunc, slots: *mut u64) -> Status {
    // SAFETY: `data` was made from a type that outlives the call; `slots` holds its arguments.
    unsafe {
        let ty = &*(*func).data.get().cast::<FuncType>();
        let mut values = Vec::new();
        let mut at = 0;
        for &param in ty.params() {
            let n = abi::slots_of(param);
            let value: Vec<u64> = (at..at + n).map(|i| slots.add(i).read()).collect();
            assert_eq!(value[0] & !mask(param), 0, "upper bits of a {param:?} in an array");
            values.push(value);
            at += n;
        }
        for (i, v) in values.into_iter().rev().flatten().enumerate() {
            slots.add(i).write(v);
        }
    }
    Status::Ok
}

/// Creates a native function that tail-calls another of the same type, leaving its arguments in place.
fn tail_call(func: *const VMFunc) -> Asm {
    let mut asm = Asm::bare();
    asm.jump_func(func);
    asm
}

#[test]
fn arguments_and_results_pass_both_adapters() {
    for registers in [None, Some(4), Some(5), Some(6)] {
        for poison in [false, true] {
            let mut fixture = Fixture::new(registers, poison);
            for n in [0, 1, 2, 5, 9, 10, 20, 40, 1000] {
                let params = mixed(n);
                let results: Vec<ValType> = params.iter().rev().copied().collect();
                let ty = ty(&params, &results);
                let host = fixture.host(&ty, reverse, &raw const ty as usize);
                let native = fixture.native(&ty, tail_call(host));
                let value = |i: usize, half: usize| 0x9e37_79b9_7f4a_7c15u64.wrapping_mul((2 * i + half + 1) as u64);
                let mut slots = Vec::new();
                for (i, &ty) in params.iter().enumerate() {
                    // Bits above 32 are undefined, and may be garbage.
                    slots.extend((0..abi::slots_of(ty)).map(|half| value(i, half)));
                }
                let mut expected = Vec::new();
                for (i, &ty) in params.iter().enumerate().rev() {
                    expected.extend((0..abi::slots_of(ty)).map(|half| value(i, half) & mask(ty)));
                }
                assert_eq!(fixture.call(native, &mut slots), Status::Ok);
                assert_eq!(slots, expected, "{n} values, {registers:?} registers, poison {poison}");
            }
        }
    }
}

/// A reference that may refer to a function must pass completely: an adapter does not know the types that a module
/// defines.
#[test]
fn references_to_functions_pass_whole() {
    let defined = UnpackedIndex::Module(types::register_func(&ty(&[], &[])).unwrap());
    let abstract_types = [RefType::FUNCREF, RefType::NULLFUNCREF].map(|ty| ty.heap_type());
    let heap_types = [HeapType::Concrete(defined), HeapType::Exact(defined)].into_iter().chain(abstract_types);
    for heap_type in heap_types {
        for (nullable, poison) in [(false, false), (false, true), (true, false), (true, true)] {
            let value = ValType::Ref(RefType::new(nullable, heap_type).unwrap());
            let mut fixture = Fixture::new(None, poison);
            // In registers, and beyond them.
            for n in [1, 2, 40] {
                let ty = ty(&vec![value; n], &vec![value; n]);
                let host = fixture.host(&ty, reverse, &raw const ty as usize);
                let native = fixture.native(&ty, tail_call(host));
                let mut slots: Vec<u64> = (0..n as u64).map(|i| (i + 1) << 36 | !i >> 32).collect();
                let expected: Vec<u64> = slots.iter().rev().copied().collect();
                assert_eq!(fixture.call(native, &mut slots), Status::Ok);
                assert_eq!(slots, expected, "{n} values of type {value}, poison {poison}");
            }
        }
    }
}

#[test]
fn arguments_are_where_the_table_says() {
    // The last integer is the first argument on the stack, so the callee pops 16 bytes.
    let registers = Target::native().unwrap().abi.int_args.len();
    let mut params = vec![ValType::I64; 2 + registers];
    (params[0], params[1]) = (ValType::I32, ValType::F64);
    let ty = ty(&params, &[ValType::I64]);
    let mut fixture = Fixture::new(None, true);
    let mut asm = Asm::new();
    asm.sum_and_pop_16();
    let func = fixture.native(&ty, asm);
    let mut slots = vec![0; params.len()];
    (slots[0], slots[1], slots[params.len() - 1]) = (1, 2.0f64.to_bits(), 40);
    assert_eq!(fixture.call(func, &mut slots), Status::Ok);
    assert_eq!(slots[0], 43);
    assert_eq!(fixture.store.native_entries, 1);
}

#[test]
fn an_explicit_trap_leaves_with_a_backtrace() {
    let mut fixture = Fixture::new(None, false);
    let mut asm = Asm::new();
    let at = asm.site(SiteKind::Explicit, TrapCode::IntegerOverflow);
    asm.trap();
    let inner = fixture.native(&ty(&[], &[]), asm);
    let mut asm = Asm::new();
    let from = asm.call(inner);
    asm.ret();
    let outer = fixture.native(&ty(&[], &[]), asm);
    for _ in 0..3 {
        assert_eq!(fixture.call(outer, &mut []), Status::Trap);
        assert_eq!(fixture.trap(), Some(TrapCode::IntegerOverflow));
        assert_eq!(fixture.frames(), [(0, Some(at)), (1, Some(from))]);
        assert_eq!(fixture.store.backtrace.inner[1].ctx, &raw mut *fixture.ctx);
    }
}

#[test]
fn a_libcall_traps_with_a_detail() {
    let mut fixture = Fixture::new(None, false);
    let mut asm = Asm::new();
    asm.set_args([TrapCode::UninitializedElement as u32, 7]);
    let at = asm.libcall(Libcall::Trap);
    asm.trap();
    let func = fixture.native(&ty(&[], &[]), asm);
    assert_eq!(fixture.call(func, &mut []), Status::Trap);
    assert_eq!((fixture.trap(), fixture.store.pending_trap_detail), (Some(TrapCode::UninitializedElement), 7));
    assert_eq!(fixture.frames(), [(0, Some(at))]);
}

/// The values are read from the registers after a fault.
#[test]
fn a_preserving_libcall_changes_no_register_but_the_scratch_one() {
    use wasmparser::{ArrayType, CompositeInnerType, FieldType, StorageType};
    let mut fixture = Fixture::new(None, false);
    let bytes = ArrayType(FieldType { element_type: StorageType::I8, mutable: true });
    let type_ids = [types::register_final(CompositeInnerType::Array(bytes)).unwrap()];
    fixture.ctx.type_ids = type_ids.as_ptr();
    let cpu = Target::native().unwrap().abi;
    let value = |n: u8| 0x9e37_79b9_7f4a_7c15u64.wrapping_mul(u64::from(n) + 1);
    let mut asm = Asm::new();
    for &reg in cpu.float_order {
        asm.set_vector(reg, value(100 + reg));
    }
    for &reg in cpu.int_order.iter().filter(|&&reg| reg != cpu.ctx) {
        asm.set_int(reg, value(reg));
    }
    // The type, and the number of elements.
    let args = [0, 10];
    asm.set_args(args);
    asm.libcall(Libcall::Allocate);
    asm.site(SiteKind::Explicit, TrapCode::Unreachable);
    asm.trap();
    let func = fixture.native(&ty(&[], &[]), asm);
    assert_eq!(fixture.call(func, &mut []), Status::Trap);
    assert_eq!(fixture.trap(), Some(TrapCode::Unreachable));
    let registers = fixture.store.fault_registers;
    for &reg in cpu.int_order {
        let expected = match cpu.int_args.iter().take(2).position(|&arg| arg == reg) {
            Some(i) => u64::from(args[i]),
            None if reg == cpu.ctx => &raw mut *fixture.ctx as u64,
            None => value(reg),
        };
        assert_eq!(registers.general[usize::from(reg)], expected, "general register {reg}");
    }
    for &reg in cpu.float_order {
        let half = u128::from(value(100 + reg));
        assert_eq!(registers.vector[usize::from(reg)], half << 64 | half, "vector register {reg}");
    }
    let result = registers.general[usize::from(cpu.int_scratch)];
    assert!(fixture.store.heap.is_object(result as u32));
}

/// Functions preserve no registers, so adapters must preserve them for C callers, both when the function returns and
/// when it traps.
#[test]
fn callers_keep_their_registers() {
    for trap in [false, true] {
        let mut fixture = Fixture::new(None, false);
        let cpu = Target::native().unwrap().abi;
        let mut asm = Asm::new();
        cpu.float_order.iter().for_each(|&reg| asm.set_vector(reg, u64::MAX));
        cpu.int_order.iter().for_each(|&reg| asm.set_int(reg, u64::MAX));
        if trap {
            asm.site(SiteKind::Explicit, TrapCode::Unreachable);
            asm.trap();
        } else {
            asm.ret();
        }
        let none = ty(&[], &[]);
        let func = fixture.native(&none, asm);
        unsafe extern "C" fn look(func: *const VMFunc, slots: *mut u64) -> Status {
            // SAFETY: `data` is a function of the same type.
            unsafe {
                let callee: *const VMFunc = (*func).data.get().cast();
                let entry = (*callee).array_entry.get();
                let entry = std::mem::transmute::<*mut std::ffi::c_void, ArrayEntry>(entry);
                assert_eq!(changed(callee, slots, entry), 0);
            }
            Status::Ok
        }
        let caller = fixture.host(&none, look, func as usize);
        assert_eq!(fixture.call(caller, &mut []), Status::Ok);
        assert_eq!(fixture.trap(), trap.then_some(TrapCode::Unreachable));
    }
}

/// Creates a function `i64 address -> i32`, a load that may trap.
fn load(kind: SiteKind) -> Asm {
    let mut asm = Asm::new();
    asm.memory_base();
    asm.site(kind, TrapCode::MemoryOutOfBounds);
    asm.load_memory();
    asm.ret();
    asm
}

#[test]
fn a_fault_in_the_guard_is_a_trap() {
    let mut fixture = Fixture::new(None, false);
    let func = fixture.native(&ty(&[ValType::I64], &[ValType::I32]), load(SiteKind::Memory(0)));
    // SAFETY: inside the memory.
    unsafe { fixture.memory.base.add(MEMORY_LEN - 4).cast::<u32>().write(77) };
    let mut slots = [MEMORY_LEN as u64 - 4];
    assert_eq!(fixture.call(func, &mut slots), Status::Ok);
    assert_eq!(slots, [77]);
    for address in [MEMORY_LEN as u64 - 3, MEMORY_LEN as u64, 1 << 20, RESERVED as u64 - 4] {
        assert_eq!(fixture.call(func, &mut [address]), Status::Trap, "{address:#x}");
        assert_eq!(fixture.trap(), Some(TrapCode::MemoryOutOfBounds));
    }
}

/// Runs the test named `name` in its own process, where [`in_child`] is true. Returns the signal that kills it.
fn signal_of_child(name: &str, case: &str) -> Option<i32> {
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture", "--test-threads=1"])
        .env("WASMOON_TEST_CRASH", case)
        .output()
        .unwrap();
    output.status.signal()
}

#[test]
fn other_faults_are_crashes() {
    let cases = ["beyond", "below", "accessible", "unguarded", "wrong kind", "no site", "illegal load", "host"];
    let Ok(case) = std::env::var("WASMOON_TEST_CRASH") else {
        for case in cases {
            let name = "engine::adapters::tests::other_faults_are_crashes";
            let expected = if matches!(case, "no site" | "illegal load") { 4 } else { 11 };
            assert_eq!(signal_of_child(name, case), Some(expected), "{case}");
        }
        return;
    };
    let mut fixture = Fixture::new(None, false);
    let signature = ty(&[ValType::I64], &[ValType::I32]);
    let mut address = MEMORY_LEN as u64;
    let asm = match case.as_str() {
        "beyond" => {
            address = RESERVED as u64;
            load(SiteKind::Memory(0))
        }
        "below" => {
            address = (fixture.memory.base as u64).wrapping_neg().wrapping_add(8);
            load(SiteKind::Memory(0))
        }
        "accessible" => {
            // A fault inside the current length does not belong to a bounds check. SAFETY: the memory is the fixture's.
            unsafe { mmap::protect(fixture.memory.base, 4096, mmap::Access::None).unwrap() };
            address = 0;
            load(SiteKind::Memory(0))
        }
        "unguarded" => {
            fixture.memory.guarded = 0;
            load(SiteKind::Memory(0))
        }
        "wrong kind" => load(SiteKind::Explicit),
        "no site" | "illegal load" => {
            let mut asm = Asm::new();
            if case == "illegal load" {
                asm.site(SiteKind::Memory(0), TrapCode::MemoryOutOfBounds);
            }
            asm.trap();
            asm
        }
        "host" => {
            unsafe extern "C" fn wild(_: *const VMFunc, slots: *mut u64) -> Status {
                // SAFETY: unsound on purpose: this is the crash.
                unsafe { std::ptr::without_provenance::<u64>(slots.read() as usize | 8).read_volatile() };
                Status::Ok
            }
            address = fixture.memory.base as u64 + MEMORY_LEN as u64;
            let host = fixture.host(&signature, wild, 0);
            tail_call(host)
        }
        other => panic!("no case {other}"),
    };
    let func = fixture.native(&signature, asm);
    let status = fixture.call(func, &mut [address]);
    println!("ended with {status:?}");
}

/// Creates a function `i64 -> i64` that calls `callee` and, if one of these tags is thrown, returns the exnref plus the
/// tag's number times 2^32.
fn catching(callee: *const VMFunc, tags: &[Option<u32>]) -> Asm {
    let mut asm = Asm::new();
    asm.call(callee);
    let call = asm.tables.calls.len() - 1;
    asm.ret();
    for (i, &tag) in tags.iter().enumerate() {
        let offset = asm.here();
        asm.tables.calls[call].handlers.push(Handler { tag, offset });
        asm.pending_exception(i as u16 + 1);
        asm.ret();
    }
    asm
}

/// Throws tag number `data` with the argument as its first payload slot.
unsafe extern "C" fn thrower(func: *const VMFunc, slots: *mut u64) -> Status {
    // SAFETY: called by the fixture's code, which has these tags.
    unsafe {
        let ctx = (*func).ctx;
        let tag = (*func).data.get() as u64;
        let exnref = exceptions::exception_new(ctx, tag, 0, 0, 0, 0).value;
        let payload = (*(*ctx).store).gc_base.add(exnref as usize + EXCEPTION_PAYLOAD as usize);
        if (**(*ctx).tags.add(tag as usize)).slots > 0 {
            payload.cast::<u64>().write(slots.read());
        }
        exceptions::throw(ctx, exnref, 0, 0, 0, 0).status
    }
}

/// Re-enters through the array entry of the function in `data`.
unsafe extern "C" fn reenter(func: *const VMFunc, slots: *mut u64) -> Status {
    // SAFETY: `data` is a function of the same type.
    unsafe { exits::invoke((*func).data.get().cast(), slots) }
}

#[test]
fn exceptions_find_their_handler() {
    let signature = ty(&[ValType::I64], &[ValType::I64]);
    let mut fixture = Fixture::new(None, false);
    let throw0 = fixture.host(&signature, thrower, 0);
    let throw1 = fixture.host(&signature, thrower, 1);
    // Through native frames, the border of an activation, and a host frame.
    let through = |fixture: &mut Fixture, func| {
        let inner = fixture.native(&signature, catching(func, &[]));
        let host = fixture.host(&signature, reenter, inner as usize);
        let other_tag = fixture.native(&signature, catching(host, &[Some(2)]));
        fixture.native(&signature, tail_call(other_tag))
    };
    for deep in [false, true] {
        let (mut t0, mut t1) = (throw0, throw1);
        if deep {
            (t0, t1) = (through(&mut fixture, t0), through(&mut fixture, t1));
        }
        let caught = |fixture: &mut Fixture, callee, tags: &[Option<u32>]| {
            let func = fixture.native(&signature, catching(callee, tags));
            let mut slots = [4711];
            let status = fixture.call(func, &mut slots);
            (status == Status::Ok).then_some(slots[0])
        };
        let found = caught(&mut fixture, t0, &[Some(1), Some(0)]).unwrap();
        assert_eq!(found >> 32, 2);
        let exception = crate::runtime::value::GcRef(std::num::NonZeroU32::new(found as u32).unwrap());
        assert_eq!(fixture.store.heap.exception_payload(exception), [4711]);
        assert!(std::ptr::eq(fixture.store.heap.exception_tag(exception), &raw const *fixture.tags[0]));
        assert_eq!(caught(&mut fixture, t1, &[Some(1), Some(0)]).unwrap() >> 32, 1);
        assert_eq!(caught(&mut fixture, t1, &[Some(0), None]).unwrap() >> 32, 2);
        assert_eq!(caught(&mut fixture, t1, &[None, Some(1)]).unwrap() >> 32, 1);
        assert_eq!(caught(&mut fixture, t0, &[Some(1), Some(2)]), None);
        assert_ne!(fixture.store.pending_exception, 0);
        // A trap is not an exception, so it is not caught.
        let mut asm = Asm::new();
        asm.site(SiteKind::Explicit, TrapCode::Unreachable);
        asm.trap();
        let trap = fixture.native(&signature, asm);
        let func = fixture.native(&signature, catching(trap, &[None]));
        assert_eq!(fixture.call(func, &mut [0]), Status::Trap);
    }
}

#[test]
fn a_throw_in_a_loop_leaks_nothing() {
    let signature = ty(&[ValType::I64], &[ValType::I64]);
    let mut fixture = Fixture::new(None, false);
    let throw = fixture.host(&signature, thrower, 0);
    let func = fixture.native(&signature, catching(throw, &[Some(0)]));
    for i in 0..200_000 {
        assert_eq!(fixture.call(func, &mut [i]), Status::Ok);
    }
    let stats = fixture.store.heap.stats();
    assert!(stats.collections > 0 && stats.allocated_objects == 200_000, "{stats:?}");
    assert!(fixture.store.heap.footprint() < 4 << 20, "{}", fixture.store.heap.footprint());
}

/// Creates a function that calls itself forever; its prologue compares.
fn recursive() -> Asm {
    let mut asm = Asm::new();
    let slow = asm.call_itself();
    asm.called(vec![Handler { tag: None, offset: 0 }]);
    asm.ret();
    asm.bind(slow);
    asm.libcall(Libcall::StackCheck);
    asm.trap();
    asm
}

#[test]
fn deep_recursion_ends_in_exhaustion() {
    let mut fixture = Fixture::new(None, false);
    let func = fixture.native(&ty(&[], &[]), recursive());
    for _ in 0..3 {
        assert_eq!(fixture.call(func, &mut []), Status::Trap);
        assert_eq!(fixture.trap(), Some(TrapCode::CallStackExhausted));
        assert_eq!(fixture.store.backtrace.inner.len(), 100);
    }
}

/// Creates a function that never ends by itself; its loop header compares.
fn endless() -> Asm {
    let mut asm = Asm::new();
    let header = asm.spin();
    asm.libcall(Libcall::StackCheck);
    asm.jump(header);
    asm
}

#[test]
fn another_thread_interrupts_an_endless_loop() {
    struct Limit(*const StackLimit);
    // SAFETY: an atomic word of the store, which outlives the scope.
    unsafe impl Sync for Limit {}
    let mut fixture = Fixture::new(None, false);
    let func = fixture.native(&ty(&[], &[]), endless());
    let limit = Limit(&raw const fixture.store.stack_limit);
    let limit = &limit;
    for _ in 0..2 {
        std::thread::scope(|scope| {
            scope.spawn(move || {
                std::thread::sleep(std::time::Duration::from_millis(20));
                // SAFETY: see above.
                unsafe { (*limit.0).interrupt() };
            });
            assert_eq!(fixture.call(func, &mut []), Status::Trap);
        });
        assert_eq!(fixture.trap(), Some(TrapCode::Interrupt));
    }
    // An interrupt that came while nothing was running takes effect at the next entry.
    fixture.store.stack_limit.interrupt();
    assert_eq!(fixture.call(func, &mut []), Status::Trap);
    assert_eq!(fixture.trap(), Some(TrapCode::Interrupt));
    let recursive = fixture.native(&ty(&[], &[]), recursive());
    assert_eq!(fixture.call(recursive, &mut []), Status::Trap);
    assert_eq!(fixture.trap(), Some(TrapCode::CallStackExhausted));
}

/// Collects, then returns whether the object that the argument names is still there.
unsafe extern "C" fn collect_and_look(func: *const VMFunc, slots: *mut u64) -> Status {
    // SAFETY: called by the fixture's code.
    unsafe {
        let store = (*(*func).ctx).store;
        // None of our locals may hold the reference: it would be found on the stack.
        heap::collect(store);
        slots.write(u64::from((*store).heap.is_object(slots.read() as u32 ^ 0xffff)));
    }
    Status::Ok
}

#[test]
fn native_frames_keep_objects_alive() {
    let signature = ty(&[ValType::I64], &[ValType::I64]);
    let mut fixture = Fixture::new(None, false);
    let host = fixture.host(&signature, collect_and_look, 0);
    for keep in [true, false] {
        let mut asm = Asm::new();
        // The argument is a reference, disguised for everyone who reads it except this frame.
        asm.unmask(keep);
        asm.call(host);
        asm.ret();
        let func = fixture.native(&signature, asm);
        // SAFETY: nothing runs.
        let object = unsafe { heap::new_host_extern(&raw mut *fixture.store, 5) }.unwrap();
        let mut slots = [u64::from(object.0.get() ^ 0xffff)];
        scrub_stack();
        assert_eq!(fixture.call(func, &mut slots), Status::Ok);
        assert_eq!(slots[0], u64::from(keep));
    }
}

/// Overwrites the stack below: remains of the allocation there would be taken for references if frames have holes.
#[inline(never)]
fn scrub_stack() {
    std::hint::black_box([0u8; 64 << 10]);
}

/// An activation that is not native, like the interpreter's: `raise` in it lists its own frame and the surrounding
/// ones.
unsafe extern "C" fn interpreted(func: *const VMFunc, _: *mut u64) -> Status {
    // SAFETY: as the interpreter does it: linked while it runs, unlinked before it returns.
    unsafe {
        let ctx = (*func).ctx;
        let stack = (*(*ctx).store).stack;
        let mut activation = VMActivation {
            prev: (*stack).activation,
            kind: ActivationKind::Interp,
            frame: ctx as usize,
            landing_sp: 0,
            landing_pc: 0,
            saved_exit: [(*stack).exit_pc, (*stack).exit_sp, (*stack).exit_fp],
            walk: Some(|activation, visit| {
                let ctx = activation.frame as *mut VMContext;
                visit(RawFrame {
                    ctx,
                    body: 99,
                    module_offset: Some(5),
                    tier: "interp",
                    code_offset: None,
                    slots: None,
                })
            }),
        };
        (*stack).activation = &raw mut activation;
        let callee = (*func).data.get();
        let status = if callee.is_null() {
            raise::raise((*ctx).store, TrapCode::Unreachable, u64::MAX)
        } else {
            exits::invoke(callee.cast(), null_mut())
        };
        (*stack).activation = activation.prev;
        status
    }
}

#[test]
fn a_backtrace_lists_mixed_tiers_in_order() {
    let none = ty(&[], &[]);
    let mut fixture = Fixture::new(Some(4), false);
    let interp = fixture.host(&none, interpreted, 0);
    let mut asm = Asm::new();
    let first = asm.call(interp);
    asm.ret();
    let native = fixture.native(&none, asm);
    let interp = fixture.host(&none, interpreted, native as usize);
    let mut asm = Asm::new();
    asm.call(fixture.host(&none, reverse, &raw const none as usize));
    let second = asm.call(interp);
    asm.ret();
    let native = fixture.native(&none, asm);
    let outer = fixture.host(&none, interpreted, native as usize);
    assert_eq!(fixture.call(outer, &mut []), Status::Trap);
    assert_eq!(fixture.frames(), [(99, Some(5)), (0, Some(first)), (99, Some(5)), (1, Some(second)), (99, Some(5))]);
    assert_eq!(fixture.store.backtrace.inner.iter().filter(|f| f.tier == "jit").count(), 2);
}

/// Counts its first argument down to 0 by tail calls of the function in `data`, then returns the second.
unsafe extern "C" fn count_down(func: *const VMFunc, slots: *mut u64) -> Status {
    // SAFETY: `data` is a function of the same type.
    unsafe {
        match slots.read() {
            0 => {
                slots.write(slots.add(1).read());
                Status::Ok
            }
            n => {
                slots.write(n - 1);
                exits::tail_call((*func).data.get().cast(), slots)
            }
        }
    }
}

#[test]
fn tail_calls_across_tiers_take_no_stack() {
    let signature = ty(&[ValType::I64, ValType::I64], &[ValType::I64]);
    let mut fixture = Fixture::new(None, false);
    let interp = fixture.host(&signature, count_down, 0);
    let native = fixture.native(&signature, tail_call(interp));
    // SAFETY: the fixture's.
    unsafe { (*interp).data.publish(native as *mut _) };
    let mut asm = Asm::new();
    asm.call(native);
    asm.ret();
    let outer = fixture.native(&signature, asm);
    for func in [interp, native, outer] {
        let mut slots = [1_000_000, 4711];
        assert_eq!(fixture.call(func, &mut slots), Status::Ok);
        assert_eq!(slots[0], 4711);
    }
}

/// Adapters are never freed before their set, so a set with many adapters is not given to others.
#[test]
fn a_set_with_much_code_is_replaced() {
    // Settings that no other test uses.
    let shared = || AdapterSet::shared(Some(11), true);
    let set = shared();
    assert!(Arc::ptr_eq(&set, &shared()));
    let make = |n: usize| {
        let params = (0..13).map(|i| if n >> i & 1 == 0 { ValType::I32 } else { ValType::I64 });
        set.array_to_native(&ty(&params.collect::<Vec<_>>(), &[])).expect("room");
    };
    // An adapter created by itself takes a page.
    let most = MOST_BYTES / CodeObject::bytes_of_pages(1);
    (0..most).for_each(make);
    assert!(Arc::ptr_eq(&set, &shared()), "it may have so much");
    make(most);
    assert!(!Arc::ptr_eq(&set, &shared()));
}

/// Functions hold the addresses of adapters: what was created for one module is not created again for another.
#[test]
fn adapters_that_are_there_stay() {
    let set = AdapterSet::new(None, false);
    let prepare = |functions: &str| {
        let bytes = wat::parse_str(format!("(module {functions})")).unwrap();
        let module = Module::new(&bytes, crate::module::WasmFeatures::default()).unwrap();
        set.prepare(&module, CompileLimits::default());
    };
    let signature = ty(&[ValType::I32], &[ValType::I64]);
    let addresses = || [set.array_to_native(&signature), set.native_to_array(&signature)].map(|at| at.expect("room"));
    prepare("(func (param i32) (result i64) (i64.const 0))");
    let before = addresses();
    prepare("(func (param f64)) (func (param i32) (result i64) (i64.const 0)) (func (param f64))");
    assert_eq!((addresses(), set.pairs.lock().all.len()), (before, 2));
}

/// Much code is published in pieces, and no more once the time is over. Missing adapters are created on request.
#[test]
fn adapters_of_many_signatures_are_made_while_there_is_time() {
    const FUNCTIONS: usize = 1 << 12;
    let params = |n: usize| {
        let bits = (0..12).map(move |i| if n >> i & 1 == 0 { ValType::I32 } else { ValType::I64 });
        bits.chain([ValType::I64; 50]).collect::<Vec<_>>()
    };
    let words = |n: usize| params(n).iter().map(|ty| format!(" {ty}")).collect::<String>();
    let text: String = (0..FUNCTIONS).map(|n| format!("(func (param{}))", words(n))).collect();
    let bytes = wat::parse_str(format!("(module {text})")).unwrap();
    let module = Module::new(&bytes, crate::module::WasmFeatures::default()).unwrap();
    for (deadline, all) in [(None, true), (Some(std::time::Instant::now()), false)] {
        let set = AdapterSet::new(None, false);
        set.prepare(&module, CompileLimits { deadline, ..CompileLimits::default() });
        let made = set.pairs.lock().all.len();
        assert!(made > 0 && (made == FUNCTIONS) == all, "{made}");
        let objects = set
            .pairs
            .lock()
            .all
            .values()
            .map(|pair| pair.code.code.base() as usize)
            .collect::<std::collections::BTreeSet<_>>();
        assert_eq!(objects.len() > 1, all);
        for n in [0, FUNCTIONS - 1] {
            assert!(!set.array_to_native(&ty(&params(n), &[])).expect("room").is_null());
        }
    }
}
