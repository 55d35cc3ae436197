//! wasmparser's own limits, which are not the specification's: a module that exceeds one is neither malformed nor
//! invalid, but too large for this implementation.
//!
//! wasmparser has no error kind for them, so they are recognized by their messages. A test exceeds each limit that can
//! be reached cheaply, so that changed messages in a newer version are noticed.

/// Where the words about a limit are in wasmparser's message.
#[derive(Clone, Copy)]
enum MessagePart {
    Start(&'static str),
    /// After the name of the counted items.
    Inside(&'static str),
    End(&'static str),
}

/// wasmparser's messages, and the constants in its `limits.rs` that they belong to. Sizes and numbers that the
/// specification also limits (pages of a memory, one memory without multi-memory, 2^32 - 1 locals) have other messages.
const LIMITS: &[MessagePart] = &[
    // MAX_WASM_TYPES, FUNCTIONS, IMPORTS, EXPORTS, GLOBALS, TAGS, TABLES, MEMORIES, ELEMENT_SEGMENTS, DATA_SEGMENTS and
    // FUNCTION_SIZE, while validating.
    MessagePart::Inside(" count exceeds limit of "),
    // MAX_WASM_DATA_SEGMENTS.
    MessagePart::Start("data count section specifies too many data segments"),
    // MAX_WASM_FUNCTION_PARAMS, FUNCTION_RETURNS, STRUCT_FIELDS, TYPES of a recursive group, SUPERTYPES,
    // SELECT_RESULT_SIZE, BR_TABLE_SIZE, CATCHES, HANDLERS, while decoding. More than one supertype or type of a select
    // is invalid, but only in a module that decodes, and this error ends decoding.
    MessagePart::End(" size is out of bounds"),
    // MAX_WASM_STRING_SIZE.
    MessagePart::Start("string size out of bounds"),
    // MAX_WASM_FUNCTION_LOCALS.
    MessagePart::Start("too many locals: locals exceed maximum"),
    // MAX_WASM_TABLE_ENTRIES, for an element segment.
    MessagePart::Start("number of elements is out of bounds"),
    // MAX_WASM_SUBTYPING_DEPTH.
    MessagePart::Start("sub type hierarchy too deep"),
    // MAX_WASM_TYPE_SIZE.
    MessagePart::Start("effective type size exceeds the limit"),
    // Indices and sizes of wasmparser's own data structures.
    MessagePart::Start("implementation limit: "),
    MessagePart::Start("implementation error: type index too large"),
    MessagePart::Start("Content too large to parse"),
    // The stack-switching proposal allows it.
    MessagePart::Start("constant expression required: non-constant operator: visit_cont_new"),
];

/// Returns whether a message of wasmparser is about one of its own limits.
pub(super) fn is_limit(message: &str) -> bool {
    LIMITS.iter().any(|words| match *words {
        MessagePart::Start(text) => message.starts_with(text),
        MessagePart::Inside(text) => message.contains(text),
        MessagePart::End(text) => message.ends_with(text),
    })
}

#[cfg(test)]
mod tests {
    use super::super::{DecodeError, Module, Phase, WasmFeatures};
    use wasm_encoder::{
        CodeSection, CompositeInnerType, CompositeType, ConstExpr, DataSection, ElementSection, Elements, EntityType,
        ExportKind, ExportSection, FieldType, Function, FunctionSection, GlobalSection, GlobalType, ImportSection,
        MemorySection, MemoryType, RawSection, RefType, StorageType, StructType, SubType, TableSection, TableType,
        TagKind, TagSection, TagType, TypeSection, ValType,
    };

    const MEMORY: MemoryType =
        MemoryType { minimum: 0, maximum: None, memory64: false, shared: false, page_size_log2: None };

    /// Checks a module to which `fill` adds sections.
    fn check(fill: impl FnOnce(&mut wasm_encoder::Module)) -> Option<DecodeError> {
        let mut module = wasm_encoder::Module::new();
        fill(&mut module);
        Module::new(&module.finish(), WasmFeatures::all()).err()
    }

    /// At the limit nothing is wrong, or at least something else is; beyond it, the limit is reported.
    fn reached(name: &str, at: u32, fill: impl Fn(&mut wasm_encoder::Module, u32)) {
        // The types of a million imports have a separate limit.
        if let Some(e) = check(|m| fill(m, at)).filter(|e| !e.message.starts_with("effective type size exceeds")) {
            panic!("{name}: {at} are refused: {e}");
        }
        let beyond = check(|m| fill(m, at + 1)).unwrap_or_else(|| panic!("{name}: no limit at {at}"));
        assert_eq!(beyond.phase, Phase::Limit, "{name}: {beyond}");
        assert!(beyond.to_string().starts_with("over a limit: "), "{beyond}");
    }

    fn one_type(m: &mut wasm_encoder::Module) {
        let mut types = TypeSection::new();
        types.ty().function([], []);
        m.section(&types);
    }

    /// Adds a function with this body.
    fn code(m: &mut wasm_encoder::Module, function: &Function) {
        let mut functions = FunctionSection::new();
        functions.function(0);
        let mut code = CodeSection::new();
        code.function(function);
        m.section(&functions).section(&code);
    }

    fn with_types(m: &mut wasm_encoder::Module, fill: impl FnOnce(&mut TypeSection)) {
        let mut types = TypeSection::new();
        fill(&mut types);
        m.section(&types);
    }

    fn structure(supertype: Option<u32>) -> SubType {
        let inner = CompositeInnerType::Struct(StructType { fields: Box::new([]) });
        let composite_type = CompositeType { inner, shared: false, descriptor: None, describes: None };
        SubType { is_final: false, supertype_idxs: supertype.into_iter().collect(), composite_type }
    }

    #[test]
    fn of_what_a_module_has() {
        reached("memories", 100, |m, n| {
            let mut memories = MemorySection::new();
            for _ in 0..n {
                memories.memory(MEMORY);
            }
            m.section(&memories);
        });
        reached("tables", 100_000, |m, n| {
            let mut tables = TableSection::new();
            let element_type = RefType::FUNCREF;
            let ty = TableType { element_type, table64: false, minimum: 0, maximum: None, shared: false };
            for _ in 0..n {
                tables.table(ty);
            }
            m.section(&tables);
        });
        reached("element segments", 100_000, |m, n| {
            let mut elements = ElementSection::new();
            for _ in 0..n {
                elements.passive(Elements::Functions((&[]).into()));
            }
            m.section(&elements);
        });
        reached("data segments", 100_000, |m, n| {
            let mut data = DataSection::new();
            for _ in 0..n {
                data.passive([]);
            }
            m.section(&data);
        });
        reached("data segments that are announced", 100_000, |m, n| {
            let mut data = DataSection::new();
            for _ in 0..n {
                data.passive([]);
            }
            m.section(&wasm_encoder::DataCountSection { count: n }).section(&data);
        });
        reached("imports", 1_000_000, |m, n| {
            one_type(m);
            let mut imports = ImportSection::new();
            for _ in 0..n {
                imports.import("", "", EntityType::Function(0));
            }
            m.section(&imports);
        });
        reached("tags", 1_000_000, |m, n| {
            one_type(m);
            let mut tags = TagSection::new();
            for _ in 0..n {
                tags.tag(TagType { kind: TagKind::Exception, func_type_idx: 0 });
            }
            m.section(&tags);
        });
        reached("globals", 1_000_000, |m, n| {
            let mut globals = GlobalSection::new();
            let ty = GlobalType { val_type: ValType::I32, mutable: false, shared: false };
            for _ in 0..n {
                globals.global(ty, &ConstExpr::i32_const(0));
            }
            m.section(&globals);
        });
    }

    #[test]
    fn of_types() {
        reached("parameters", 1000, |m, n| with_types(m, |t| t.ty().function(vec![ValType::I32; n as usize], [])));
        reached("results", 1000, |m, n| with_types(m, |t| t.ty().function([], vec![ValType::I32; n as usize])));
        reached("fields", 10_000, |m, n| {
            let field = FieldType { element_type: StorageType::I8, mutable: false };
            with_types(m, |t| t.ty().struct_(vec![field; n as usize]));
        });
        reached("depth of supertypes", 63, |m, n| {
            with_types(m, |t| (0..=n).for_each(|i| t.ty().subtype(&structure(i.checked_sub(1)))));
        });
        reached("types", 1_000_000, |m, n| with_types(m, |t| (0..n).for_each(|_| t.ty().function([], []))));
        reached("types of a group", 0, |m, n| {
            if n > 0 {
                let mut bytes = vec![1, 0x4e];
                wasm_encoder::Encode::encode(&1_000_001u32, &mut bytes);
                bytes.extend([0x60, 0, 0].repeat(1_000_001));
                m.section(&RawSection { id: 1, data: &bytes });
            }
        });
    }

    #[test]
    fn of_functions() {
        reached("locals", 50_000, |m, n| {
            one_type(m);
            let mut f = Function::new([(n, ValType::V128)]);
            f.instructions().end();
            code(m, &f);
        });
        reached("bytes of a function", 7_654_321, |m, n| {
            one_type(m);
            let mut f = Function::new([]);
            // No locals, `n - 3` times `nop`, and the end.
            for _ in 0..n - 2 {
                f.instructions().nop();
            }
            f.instructions().end();
            code(m, &f);
        });
        reached("catches", 10_000, |m, n| {
            one_type(m);
            let mut f = Function::new([]);
            let catches = vec![wasm_encoder::Catch::All { label: 0 }; n as usize];
            f.instructions().try_table(wasm_encoder::BlockType::Empty, catches).end().end();
            code(m, &f);
        });
    }

    #[test]
    fn of_names() {
        reached("bytes of a name", 100_000, |m, n| {
            let mut memories = MemorySection::new();
            memories.memory(MEMORY);
            let mut exports = ExportSection::new();
            exports.export(&"x".repeat(n as usize), ExportKind::Memory, 0);
            m.section(&memories).section(&exports);
        });
    }

    #[test]
    fn what_the_specification_bounds_is_no_limit_of_ours() {
        let phase = |e: Option<DecodeError>| e.map(|e| e.phase);
        let pages = |m: &mut wasm_encoder::Module| {
            let mut memories = MemorySection::new();
            memories.memory(MemoryType { minimum: 65_537, ..MEMORY });
            m.section(&memories);
        };
        assert_eq!(phase(check(pages)), Some(Phase::Invalid));
        let two = |m: &mut wasm_encoder::Module| {
            let mut memories = MemorySection::new();
            memories.memory(MEMORY).memory(MEMORY);
            m.section(&memories);
        };
        let mut module = wasm_encoder::Module::new();
        two(&mut module);
        let single = WasmFeatures::all() - WasmFeatures::MULTI_MEMORY;
        assert_eq!(phase(Module::new(&module.finish(), single).err()), Some(Phase::Invalid));
        let locals = |m: &mut wasm_encoder::Module| {
            one_type(m);
            let mut f = Function::new([(u32::MAX, ValType::I32), (2, ValType::I64)]);
            f.instructions().end();
            code(m, &f);
        };
        assert_eq!(phase(check(locals)), Some(Phase::Malformed));
        // A name longer than its section is not a name.
        let long = |m: &mut wasm_encoder::Module| {
            m.section(&RawSection { id: 7, data: &[1, 0xff, 0xff, 0x7f] });
        };
        assert_eq!(phase(check(long)), Some(Phase::Malformed));
    }
}
