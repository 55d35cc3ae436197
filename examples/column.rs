//! An engine as a column: the embedding interface, judged by a script of the testsuite next to our own interpreter.
//!
//!     cargo run --example column

use wasmoon::scripts::{Column, Failure, Hierarchy, Imports, Matrix, Scripts, Value, Verdict};
use wasmoon::{Engine, ExternRef, Instance, Module, Store, Val};

struct Embedded(Engine, Store<()>);

impl Column for Embedded {
    type Module = Module;
    type Instance = Instance;

    fn module(&mut self, bytes: &[u8]) -> Result<Module, Failure> {
        // `Module::new` would also take text.
        Module::validate(&self.0, bytes)?;
        Ok(Module::new(&self.0, bytes)?)
    }

    fn instantiate(&mut self, module: &Module, imports: &Imports<'_, Instance>) -> Result<Instance, Failure> {
        let mut items = Vec::new();
        for import in module.imports() {
            let from = imports.get(import.module(), import.name());
            let item = from.and_then(|from| from.get_export(&mut self.1, import.name()));
            items.push(item.ok_or(Failure::Unlinkable("unknown import".into()))?);
        }
        Ok(Instance::new(&mut self.1, module, &items)?)
    }

    fn call(&mut self, instance: &Instance, export: &str, args: &[Value]) -> Result<Vec<Value>, Failure> {
        let func = instance.get_func(&mut self.1, export).ok_or(Failure::Error("no such function".into()))?;
        let args = args.iter().map(|arg| lower(*arg, &mut self.1)).collect::<Result<Vec<_>, _>>()?;
        let mut results = vec![Val::I32(0); func.ty(&self.1).results().len()];
        func.call(&mut self.1, &args, &mut results)?;
        results.into_iter().map(raise).collect()
    }

    fn global(&mut self, instance: &Instance, export: &str) -> Result<Value, Failure> {
        let global = instance.get_global(&mut self.1, export).ok_or(Failure::Error("no such global".into()))?;
        raise(global.get(&mut self.1))
    }
}

fn lower(value: Value, store: &mut Store<()>) -> Result<Val, Failure> {
    Ok(match value {
        Value::I32(v) => Val::I32(v as i32),
        Value::I64(v) => Val::I64(v as i64),
        Value::F32(bits) => Val::F32(bits),
        Value::F64(bits) => Val::F64(bits),
        Value::Null(Hierarchy::Extern) => Val::ExternRef(None),
        Value::Extern(n) => Val::ExternRef(Some(ExternRef::new(store, n)?)),
        other => return Err(Failure::Unsupported(format!("{other:?} as an argument"))),
    })
}

fn raise(value: Val) -> Result<Value, Failure> {
    Ok(match value {
        Val::I32(v) => Value::I32(v as u32),
        Val::I64(v) => Value::I64(v as u64),
        Val::F32(bits) => Value::F32(bits),
        Val::F64(bits) => Value::F64(bits),
        other => return Err(Failure::Unsupported(format!("{other:?} as a result"))),
    })
}

fn main() -> Result<(), wasmoon::scripts::Error> {
    let engine = Engine::default();
    let mut matrix = Matrix::new(&["interp"])?;
    matrix.column("embedded", move |_| Ok(Embedded(engine.clone(), Store::new(&engine, ()))));
    let summary = matrix.run(&Scripts::embedded()?.filter("table_get")?, |record| {
        if record.verdict != Verdict::Pass {
            println!("line {}: {:?}", record.line, record.got);
        }
    })?;
    println!("\n{summary}");
    assert!(summary.count("embedded", Verdict::Pass) > 5 && summary.count("embedded", Verdict::Fail) == 0);
    Ok(())
}
