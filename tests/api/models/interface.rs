//! Sequences of interface calls, well typed and ill typed, with two stores mixed and collections in between. They are chosen by
//! bytes: random ones in a test, or those of a fuzzer.

use arbitrary::Unstructured;
use std::panic::{AssertUnwindSafe, catch_unwind};
use wasmoon::{
    AnyRef, ArrayRef, ArrayType, AsContextMut, Caller, Engine, Error, ExnRef, ExternRef, FieldType, Func, FuncType,
    Global, GlobalType, HeapType, Instance, Linker, Memory, MemoryType, Module, Mutability, OwnedRooted, RefType,
    Rooted, StorageType, Store, StoreLimitsBuilder, StructRef, StructType, Table, TableType, Tag, TagType, V128, Val,
    ValType,
};

/// Entities of every kind, and functions that take and return values of every type, call the host, throw and trap.
const MODULE: &str = r#"(module
    (type $s (struct (field (mut i32)) (field (mut anyref)) (field i64)))
    (type $a (array (mut i16)))
    (import "host" "swap" (func $swap (param i32 anyref) (result anyref i32)))
    (tag $e (export "e0") (param i32 anyref))
    (memory (export "m0") 1 3)
    (table (export "t0") 4 8 funcref)
    (table (export "t1") 2 4 externref)
    (table (export "t2") 2 4 (ref null $s))
    (global (export "g0") (mut i64) (i64.const 1))
    (global (export "g1") (mut anyref) (ref.null any))
    (global (export "g2") i32 (i32.const 7))
    (global (export "g3") (mut (ref null $s)) (ref.null $s))
    (func (export "f0") (param i32) (result i32) (i32.div_u (i32.const 100) (local.get 0)))
    (func (export "f1") (param i32 i64 f32 f64 v128) (result v128 f64 i64)
        (local.get 4) (local.get 3) (local.get 1))
    (func (export "f2") (param i32 anyref) (result (ref $s))
        (struct.new $s (local.get 0) (local.get 1) (i64.const 3)))
    (func (export "f3") (param (ref $s)) (result i32 anyref)
        (struct.get $s 0 (local.get 0)) (struct.get $s 1 (local.get 0)))
    (func (export "f4") (param i32) (result (ref $a)) (array.new $a (i32.const 5) (i32.and (local.get 0) (i32.const 1023))))
    (func (export "f5") (param (ref null $a) i32) (result i32) (array.get_u $a (local.get 0) (local.get 1)))
    (func (export "f6") (param i32 anyref) (throw $e (local.get 0) (local.get 1)))
    (func (export "f7") (param exnref) (result i32 anyref)
        (block $h (result i32 anyref) (try_table (catch $e $h) (throw_ref (local.get 0))) (unreachable)))
    (func (export "f8") (param i32 anyref) (result anyref i32) (call $swap (local.get 0) (local.get 1)))
    (func (export "f9") (param funcref externref) (result externref funcref) (local.get 1) (local.get 0))
    (func (export "f10") (param i32) (result i32) (call_indirect (param i32) (result i32) (local.get 0) (local.get 0)))
    (func (export "f11") (param i32 i32) (i32.store (local.get 0) (local.get 1)))
    (func (export "f12") (param i32) (result i32) (memory.grow (local.get 0)))
    (func (export "f13") (param externref) (result anyref) (any.convert_extern (local.get 0)))
    (func (export "f14") (param anyref) (result externref) (extern.convert_any (local.get 0)))
    (func $f15 (export "f15") (param $n i32) (result i32)
        ;; Few calls, or far too many: how many are too many is a matter of the backend.
        (if (i32.gt_s (local.get $n) (i32.const 1000)) (then (local.set $n (i32.const 1000))))
        (if (result i32) (local.get $n) (then (call $f15 (i32.sub (local.get $n) (i32.const 1)))) (else (i32.const 9)))))"#;

/// Everything that the sequence has obtained, from both stores and of any age.
#[derive(Default)]
struct Pool {
    values: Vec<Val>,
    owned: Vec<OwnedRooted<AnyRef>>,
    structs: Vec<Rooted<StructRef>>,
    arrays: Vec<Rooted<ArrayRef>>,
    exceptions: Vec<Rooted<ExnRef>>,
    funcs: Vec<Func>,
    memories: Vec<Memory>,
    tables: Vec<Table>,
    globals: Vec<Global>,
    tags: Vec<Tag>,
    instances: Vec<Instance>,
}

struct Sequence<'a> {
    choices: Unstructured<'a>,
    engine: &'a Engine,
    module: Module,
    linker: Linker<u64>,
    stores: [Store<u64>; 2],
    pool: Pool,
}

fn types() -> (StructType, ArrayType) {
    let var = |storage| FieldType::new(Mutability::Var, storage);
    let fixed = FieldType::new(Mutability::Const, StorageType::Val(ValType::I64));
    let fields = [var(StorageType::Val(ValType::I32)), var(StorageType::Val(ValType::ANYREF)), fixed];
    (StructType::new(fields), ArrayType::new(var(StorageType::I16)))
}

/// The part of a value that can be compared between two runs: of a reference, the kind and whether it is null.
fn shown(value: &Val) -> String {
    match value {
        Val::FuncRef(v) => format!("func {}", v.is_some()),
        Val::ExternRef(v) => format!("extern {}", v.is_some()),
        Val::AnyRef(v) => format!("any {}", v.is_some()),
        Val::ExnRef(v) => format!("exn {}", v.is_some()),
        other => format!("{other:?}"),
    }
}

impl Sequence<'_> {
    fn new<'a>(engine: &'a Engine, bytes: &'a [u8]) -> Sequence<'a> {
        let module = Module::new(engine, MODULE).expect("a module");
        let mut linker = Linker::new(engine);
        let swap = |mut caller: Caller<'_, u64>, n: i32, object: Option<Rooted<AnyRef>>| -> Result<_, Error> {
            *caller.data_mut() += 1;
            if n == 5 {
                return Err(Error::new("five"));
            }
            if n == 4 {
                caller.gc();
            }
            Ok((object, n))
        };
        linker.func_wrap("host", "swap", swap).expect("a new name");
        let limits = StoreLimitsBuilder::new().heap_size(4 << 20).instances(20).build();
        let stores = [0, 1].map(|n| Store::with_limits(engine, n, limits));
        let mut all =
            Sequence { choices: Unstructured::new(bytes), engine, module, linker, stores, pool: Pool::default() };
        for store in 0..2 {
            all.instantiate(store).expect("within the limits");
        }
        all
    }

    /// A number below `n`; 0 after the last byte.
    fn below(&mut self, n: usize) -> usize {
        self.choices.int_in_range(0..=n - 1).expect("a number")
    }

    /// A number that is small or at an edge.
    fn number(&mut self) -> u64 {
        match self.below(8) {
            0 => self.choices.arbitrary().expect("a number"),
            1 => u64::MAX,
            2 => u64::from(u32::MAX),
            3 => 65_534,
            _ => self.below(6) as u64,
        }
    }

    fn instantiate(&mut self, store: usize) -> Result<String, Error> {
        let store = &mut self.stores[store];
        let instance = self.linker.instantiate(&mut *store, &self.module)?;
        for (_, item) in instance.exports(&mut *store) {
            match item {
                wasmoon::Extern::Func(it) => self.pool.funcs.push(it),
                wasmoon::Extern::Memory(it) => self.pool.memories.push(it),
                wasmoon::Extern::Table(it) => self.pool.tables.push(it),
                wasmoon::Extern::Global(it) => self.pool.globals.push(it),
                wasmoon::Extern::Tag(it) => self.pool.tags.push(it),
                wasmoon::Extern::SharedMemory(_) => {}
            }
        }
        self.pool.instances.push(instance);
        Ok("an instance".into())
    }

    /// Any value: a number, null, or something from the pool, whatever its type, store and age.
    fn any_value(&mut self) -> Val {
        let n = self.number();
        if !self.pool.values.is_empty() && self.below(3) > 0 {
            return *self.choices.choose(&self.pool.values).expect("not empty");
        }
        match self.below(10) {
            0 => Val::I64(n as i64),
            1 => Val::F32(n as u32),
            2 => Val::F64(n),
            3 => Val::V128(V128::from(u128::from(n) << 32)),
            4 => Val::FuncRef(None),
            5 => Val::ExternRef(None),
            6 => Val::AnyRef(None),
            7 => Val::FuncRef(Some(self.func())),
            _ => Val::I32(n as i32),
        }
    }

    /// A value of the given type, if the pool has one, so that most calls are well typed.
    fn value(&mut self, ty: ValType) -> Val {
        let n = self.number();
        if self.below(8) == 0 {
            return self.any_value();
        }
        match ty {
            ValType::I32 => Val::I32(n as i32),
            ValType::I64 => Val::I64(n as i64),
            ValType::F32 => Val::F32(n as u32),
            ValType::F64 => Val::F64(n),
            ValType::V128 => Val::V128(V128::from(u128::from(n))),
            ValType::Ref(ty) => match ty.heap_type() {
                HeapType::Func => Val::FuncRef(Some(self.func())),
                HeapType::Concrete(ty) if ty.as_struct().is_some() && !self.pool.structs.is_empty() => {
                    self.choices.choose(&self.pool.structs).expect("not empty").to_any().into()
                }
                HeapType::Concrete(_) if !self.pool.arrays.is_empty() => {
                    self.choices.choose(&self.pool.arrays).expect("not empty").to_any().into()
                }
                HeapType::Exn if !self.pool.exceptions.is_empty() => {
                    (*self.choices.choose(&self.pool.exceptions).expect("not empty")).into()
                }
                _ => self.any_value(),
            },
        }
    }

    fn func(&mut self) -> Func {
        *self.choices.choose(&self.pool.funcs).expect("not empty")
    }

    fn keep(&mut self, values: &[Val]) {
        self.pool.values.extend(values);
        // Drop the oldest, so that most belong to live stores and scopes.
        let excess = self.pool.values.len().saturating_sub(64);
        self.pool.values.drain(..excess);
    }

    /// Makes one call of the interface, and returns its result as text.
    fn step(&mut self) -> Result<String, Error> {
        let s = self.below(2);
        let (struct_type, array_type) = types();
        let n = self.number();
        match self.below(30) {
            0..8 => {
                let func = self.func();
                // The signature is from the function's own store; the call may use the other.
                let own = if catch_unwind(AssertUnwindSafe(|| func.ty(&self.stores[0]))).is_ok() { 0 } else { 1 };
                let ty = func.ty(&self.stores[own]);
                let target = if self.below(10) == 0 { s } else { own };
                let args: Vec<Val> = ty.params().map(|ty| self.value(ty)).collect();
                let cut = if self.below(20) == 0 { args.len().saturating_sub(1) } else { args.len() };
                let mut results = vec![Val::I32(0); ty.results().len()];
                func.call(&mut self.stores[target], &args[..cut], &mut results)?;
                self.keep(&results);
                for result in results.iter().filter_map(|r| r.any_ref().flatten()) {
                    self.pool.structs.extend(result.as_struct(&self.stores[target])?);
                    self.pool.arrays.extend(result.as_array(&self.stores[target])?);
                }
                Ok(results.iter().map(shown).collect::<Vec<_>>().join(" "))
            }
            8 => {
                let fields = [ValType::I32, ValType::ANYREF, ValType::I64].map(|ty| self.value(ty));
                let object = StructRef::new(&mut self.stores[s], &struct_type, &fields)?;
                self.pool.structs.push(object);
                self.keep(&[object.to_any().into()]);
                Ok("a structure".into())
            }
            9 => {
                let elements: Vec<Val> = (0..n % 20).map(|_| self.value(ValType::I32)).collect();
                let array = ArrayRef::new(&mut self.stores[s], &array_type, &elements)?;
                self.pool.arrays.push(array);
                Ok(format!("an array of {}", array.len(&self.stores[s])?))
            }
            10 | 11 if !self.pool.structs.is_empty() => {
                let object = *self.choices.choose(&self.pool.structs).expect("not empty");
                let (value, field) = (self.any_value(), self.below(4));
                object.set_field(&mut self.stores[s], field, value)?;
                Ok("set".into())
            }
            12 | 13 if !self.pool.structs.is_empty() => {
                let object = *self.choices.choose(&self.pool.structs).expect("not empty");
                let field = self.below(4);
                let value = object.field(&mut self.stores[s], field)?;
                self.keep(&[value]);
                Ok(shown(&value))
            }
            14 if !self.pool.arrays.is_empty() => {
                let array = *self.choices.choose(&self.pool.arrays).expect("not empty");
                let value = self.value(ValType::I32);
                array.set(&mut self.stores[s], n as u32, value)?;
                Ok(shown(&array.get(&mut self.stores[s], n as u32)?))
            }
            15 => {
                let tag = *self.choices.choose(&self.pool.tags).expect("not empty");
                let payload = [ValType::I32, ValType::ANYREF].map(|ty| self.value(ty));
                let exception = ExnRef::new(&mut self.stores[s], &tag, &payload)?;
                self.pool.exceptions.push(exception);
                Ok(format!("{:?}", exception.payload(&mut self.stores[s])?.iter().map(shown).collect::<Vec<_>>()))
            }
            16 => {
                let memory = *self.choices.choose(&self.pool.memories).expect("not empty");
                memory.write(&mut self.stores[s], n as usize, &[1, 2, 3])?;
                let mut bytes = [0; 5];
                memory.read(&self.stores[s], n as usize, &mut bytes)?;
                Ok(format!("{bytes:?} {}", memory.data(&self.stores[s]).len()))
            }
            17 => {
                let memory = *self.choices.choose(&self.pool.memories).expect("not empty");
                Ok(format!("grown {}", memory.grow(&mut self.stores[s], n)?))
            }
            18 | 19 => {
                let table = *self.choices.choose(&self.pool.tables).expect("not empty");
                let value = self.any_value();
                table.set(&mut self.stores[s], n, value)?;
                Ok("set".into())
            }
            20 => {
                let table = *self.choices.choose(&self.pool.tables).expect("not empty");
                let value = table.get(&mut self.stores[s], n);
                self.keep(&value.into_iter().collect::<Vec<_>>());
                Ok(value.as_ref().map_or("none".into(), shown))
            }
            21 => {
                let (table, value) = (*self.choices.choose(&self.pool.tables).expect("not empty"), self.any_value());
                Ok(format!("grown {}", table.grow(&mut self.stores[s], n, value)?))
            }
            22 | 23 => {
                let (global, value) = (*self.choices.choose(&self.pool.globals).expect("not empty"), self.any_value());
                global.set(&mut self.stores[s], value)?;
                let value = global.get(&mut self.stores[s]);
                self.keep(&[value]);
                Ok(shown(&value))
            }
            24 => {
                self.stores[s].gc();
                Ok("collected".into())
            }
            25 => {
                let value = self.any_value();
                match value.any_ref().flatten() {
                    Some(object) => {
                        self.pool.owned.push(object.to_owned_rooted(&mut self.stores[s])?);
                        Ok("owned".into())
                    }
                    None if self.pool.owned.is_empty() => Ok("nothing".into()),
                    None => {
                        let place = self.below(self.pool.owned.len());
                        let owned = self.pool.owned.swap_remove(place);
                        let object = owned.to_rooted(&mut self.stores[s])?;
                        self.keep(&[object.into()]);
                        Ok(format!("{:?}", object.as_i31(&self.stores[s])?))
                    }
                }
            }
            26 => {
                let value = ExternRef::new(&mut self.stores[s], n)?;
                self.keep(&[value.into(), value.to_any().into()]);
                Ok(format!("{:?}", value.data(&self.stores[s])?.and_then(|data| data.downcast_ref::<u64>())))
            }
            27 => {
                let value = AnyRef::from_i31(&mut self.stores[s], n as u32);
                self.keep(&[value.into()]);
                Ok(format!("{:?}", value.as_i31(&self.stores[s])?))
            }
            28 => self.make(s),
            _ => self.replace(s),
        }
    }

    /// Creates an entity.
    fn make(&mut self, s: usize) -> Result<String, Error> {
        let (small, value, kind) = (self.below(4) as u32, self.any_value(), self.below(6));
        let mut store = self.stores[s].as_context_mut();
        match kind {
            0 => self.pool.memories.push(Memory::new(&mut store, MemoryType::new(small, Some(2)))?),
            1 => {
                let ty = TableType::new(RefType::FUNCREF, small, Some(2));
                self.pool.tables.push(Table::new(&mut store, ty, value)?);
            }
            2 => {
                let ty = GlobalType::new(ValType::ANYREF, Mutability::Var);
                self.pool.globals.push(Global::new(&mut store, ty, value)?);
            }
            3 => {
                let ty = FuncType::new([ValType::I32, ValType::ANYREF], []);
                self.pool.tags.push(Tag::new(&mut store, TagType::new(ty)));
            }
            4 => self.pool.funcs.push(Func::wrap(&mut store, move |n: i32| n.wrapping_add(small as i32))),
            _ => {
                let ty = FuncType::new([ValType::I32], [ValType::ANYREF]);
                let f = Func::new(&mut store, ty, move |_, _, results| {
                    // Of any type, any store and any age.
                    results[0] = value;
                    Ok(())
                });
                self.pool.funcs.push(f);
            }
        }
        Ok("made".into())
    }

    /// Creates another instance, or replaces a store, whose handles are invalid from then on.
    fn replace(&mut self, s: usize) -> Result<String, Error> {
        if self.below(8) > 0 {
            return self.instantiate(s);
        }
        let (sum, engine) = (*self.stores[s].data(), self.engine);
        let limits = StoreLimitsBuilder::new().heap_size(4 << 20).instances(20).build();
        self.stores[s] = Store::with_limits(engine, sum, limits);
        self.instantiate(s)?;
        Ok("a new store".into())
    }
}

/// Makes the calls that the bytes choose, and returns the outcome of each: results, errors and documented panics.
///
/// # Panics
/// With any other panic.
pub fn run(engine: &Engine, bytes: &[u8]) -> Vec<String> {
    let mut sequence = Sequence::new(engine, bytes);
    let mut all = Vec::new();
    while !sequence.choices.is_empty() {
        all.push(match catch_unwind(AssertUnwindSafe(|| sequence.step())) {
            Ok(Ok(text)) => text,
            Ok(Err(error)) => format!("error: {error}"),
            Err(panic) => {
                let text = panic.downcast_ref::<String>().cloned().unwrap_or_default();
                assert!(is_documented(&text), "a panic that is not documented: {text}");
                format!("panic: {text}")
            }
        });
    }
    all
}

/// Whether a panic is a documented part of the interface.
fn is_documented(panic: &str) -> bool {
    panic.ends_with(" belongs to another store")
}

/// Makes the calls on both backends, and returns the outcome of each.
///
/// # Panics
/// If the backends differ, or with a panic that is not documented.
pub fn compare(engines: &[Engine; 2], bytes: &[u8]) -> Vec<String> {
    let [jit, interpreter] = engines.each_ref().map(|engine| run(engine, bytes));
    for (step, (a, b)) in jit.iter().zip(&interpreter).enumerate() {
        assert_eq!(a, b, "step {step}: the JIT and the interpreter differ");
    }
    assert_eq!(jit.len(), interpreter.len());
    jit
}

/// Installs a panic hook that does not report documented panics, which are part of a sequence, and leaves others to the previous
/// hook.
pub fn report_other_panics() {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if !info.payload_as_str().is_some_and(is_documented) {
            hook(info);
        }
    }));
}
