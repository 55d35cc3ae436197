//! A module linked against a copy of itself.
//!
//! The copy, the *provider*, stays as it is. In the *linked* module some functions, tables, memories, globals and tags are not
//! defined but imported from the provider, under the names by which both export them. So calls, both direct and through tables
//! and references, cross between two instances that share some of their state; so do exceptions, suspensions and tail calls. The
//! types of both are equal, so that everything fits.
//!
//! Imports come first in each index space, so indices change. The rest keeps its order, so that an initializer may still name an
//! earlier global. Both modules count down the same fuel: the global of that name is always imported.

use super::RewriteError;
use crate::random::Random;
use crate::triage::subject::PROVIDER;
use std::convert::Infallible;
use wasm_encoder::reencode::{self, Reencode};
use wasm_encoder::{
    CodeSection, EntityType, FunctionSection, GlobalSection, Import, ImportCompact, ImportSection, Imports,
    MemorySection, Module, SectionId, TableSection, TagSection,
};
use wasmparser::{CustomSectionReader, ExternalKind, Parser, Payload, TypeRef};

/// The export name of the global that counts down to a module's end. A linked module shares its provider's.
pub const FUEL: &str = "fuel";

/// The items of one kind in a module.
#[derive(Default)]
struct Space {
    /// Their types, as imports need them.
    types: Vec<TypeRef>,
    /// The names of their exports; an item without a name cannot be imported.
    names: Vec<Option<String>>,
    imported: Vec<bool>,
    /// Their indices in the linked module.
    index: Vec<u32>,
}

/// Indices of the kinds in [`Linker::spaces`].
const FUNCS: usize = 0;
const TABLES: usize = 1;
const MEMORIES: usize = 2;
const GLOBALS: usize = 3;
const TAGS: usize = 4;

/// Makes the linked module.
struct Linker {
    spaces: [Space; 5],
    imports: ImportSection,
    /// Whether the import section has been written.
    written: bool,
}

/// Links a module, which must import nothing and export the global [`FUEL`], against a copy of itself. The imports are
/// drawn. With `groups`, imports may be written in groups, as in the compact imports proposal.
///
/// # Errors
/// The module cannot be read.
pub fn linked(bytes: &[u8], random: &mut Random, groups: bool) -> Result<Vec<u8>, RewriteError> {
    let mut linker = Linker { spaces: Default::default(), imports: ImportSection::new(), written: false };
    let exact = linker.read(bytes)? && random.below(2) == 0;
    let order = linker.draw(random);
    linker.import(&order, exact, groups && random.below(2) == 0, random)?;
    let mut module = Module::new();
    linker.parse_core_module(&mut module, Parser::new(0), bytes)?;
    Ok(module.finish())
}

impl Linker {
    /// Collects the module's items. Returns whether the module has descriptors, so that functions may be imported by
    /// exact types.
    fn read(&mut self, bytes: &[u8]) -> Result<bool, wasmparser::Error> {
        let mut descriptors = false;
        for payload in Parser::new(0).parse_all(bytes) {
            match payload? {
                Payload::TypeSection(groups) => {
                    for group in groups {
                        descriptors |= group?.types().any(|ty| ty.composite_type.descriptor_idx.is_some());
                    }
                }
                Payload::FunctionSection(all) => {
                    self.define(FUNCS, all.into_iter().map(|ty| Ok(TypeRef::Func(ty?))))?
                }
                Payload::TableSection(all) => {
                    self.define(TABLES, all.into_iter().map(|t| Ok(TypeRef::Table(t?.ty))))?
                }
                Payload::MemorySection(all) => {
                    self.define(MEMORIES, all.into_iter().map(|m| Ok(TypeRef::Memory(m?))))?
                }
                Payload::GlobalSection(all) => {
                    self.define(GLOBALS, all.into_iter().map(|g| Ok(TypeRef::Global(g?.ty))))?;
                }
                Payload::TagSection(all) => self.define(TAGS, all.into_iter().map(|t| Ok(TypeRef::Tag(t?))))?,
                Payload::ExportSection(all) => {
                    for export in all {
                        let export = export?;
                        let space = &mut self.spaces[place(export.kind)];
                        space.names[export.index as usize] = Some(export.name.to_string());
                    }
                }
                _ => {}
            }
        }
        Ok(descriptors)
    }

    fn define(
        &mut self,
        kind: usize,
        types: impl Iterator<Item = Result<TypeRef, wasmparser::Error>>,
    ) -> Result<(), wasmparser::Error> {
        let space = &mut self.spaces[kind];
        space.types = types.collect::<Result<_, _>>()?;
        space.names = vec![None; space.types.len()];
        space.imported = vec![false; space.types.len()];
        Ok(())
    }

    /// Draws the imports and their order: kinds and indices.
    fn draw(&mut self, random: &mut Random) -> Vec<(usize, usize)> {
        let mut order = Vec::new();
        for (kind, space) in self.spaces.iter_mut().enumerate() {
            // None, all, or some of each kind.
            let share = [0, 1, 2, 2, 3, 4][random.below(6) as usize];
            for (i, imported) in space.imported.iter_mut().enumerate() {
                let drawn = random.below(4) < share;
                *imported = match &space.names[i] {
                    None => false,
                    Some(name) => drawn || kind == GLOBALS && name == FUEL,
                };
            }
            // A module without its own code would be the provider by another name.
            if kind == FUNCS && !space.imported.is_empty() && space.imported.iter().all(|&imported| imported) {
                let kept = random.below(space.imported.len() as u64) as usize;
                space.imported[kept] = false;
            }
            order.extend((0..space.imported.len()).filter(|&i| space.imported[i]).map(|i| (kind, i)));
        }
        for i in (1..order.len()).rev() {
            order.swap(i, random.below(i as u64 + 1) as usize);
        }
        for (kind, space) in self.spaces.iter_mut().enumerate() {
            let imported = order.iter().filter(|(k, _)| *k == kind).map(|(_, i)| *i);
            let defined = (0..space.imported.len()).filter(|&i| !space.imported[i]);
            let all: Vec<usize> = imported.chain(defined).collect();
            space.index = vec![0; all.len()];
            for (new, old) in all.into_iter().enumerate() {
                space.index[old] = new as u32;
            }
        }
        order
    }

    /// Writes the imports, in groups or individually.
    fn import(
        &mut self,
        order: &[(usize, usize)],
        exact: bool,
        groups: bool,
        random: &mut Random,
    ) -> Result<(), reencode::Error> {
        let mut all = Vec::with_capacity(order.len());
        for &(kind, i) in order {
            let ty = match self.spaces[kind].types[i] {
                TypeRef::Func(ty) if exact => TypeRef::FuncExact(ty),
                ty => ty,
            };
            let ty = self.entity_type(ty)?;
            all.push((self.spaces[kind].names[i].clone().unwrap_or_default(), ty));
        }
        let module = PROVIDER;
        while !all.is_empty() {
            let most = if groups { 1 + random.below(6) as usize } else { 1 };
            let group: Vec<(String, EntityType)> = all.drain(..most.min(all.len())).collect();
            let first = group[0].1;
            let same = group.iter().all(|(_, ty)| *ty == first);
            let items: Vec<ImportCompact<'_>> =
                group.iter().map(|(name, ty)| ImportCompact { name, ty: *ty }).collect();
            let names: Vec<&str> = group.iter().map(|(name, _)| name.as_str()).collect();
            self.imports.imports(match (groups, random.below(4)) {
                (true, 0..2) if same => Imports::Compact2 { module, ty: first, names: names.into() },
                (true, 2) => Imports::Compact1 { module, items: items.into() },
                (true, _) if names.len() > 1 => Imports::Compact1 { module, items: items.into() },
                _ => Imports::Single(Import { module, name: names[0], ty: first }),
            });
        }
        Ok(())
    }

    /// Returns whether an item of the original is still defined in the linked module.
    fn is_defined(&self, kind: usize, index: usize) -> bool {
        !self.spaces[kind].imported[index]
    }
}

fn place(kind: ExternalKind) -> usize {
    match kind {
        ExternalKind::Func | ExternalKind::FuncExact => FUNCS,
        ExternalKind::Table => TABLES,
        ExternalKind::Memory => MEMORIES,
        ExternalKind::Global => GLOBALS,
        ExternalKind::Tag => TAGS,
    }
}

impl Reencode for Linker {
    type Error = Infallible;

    fn function_index(&mut self, index: u32) -> Result<u32, reencode::Error> {
        Ok(self.spaces[FUNCS].index[index as usize])
    }

    fn table_index(&mut self, index: u32) -> Result<u32, reencode::Error> {
        Ok(self.spaces[TABLES].index[index as usize])
    }

    fn memory_index(&mut self, index: u32) -> Result<u32, reencode::Error> {
        Ok(self.spaces[MEMORIES].index[index as usize])
    }

    fn global_index(&mut self, index: u32) -> Result<u32, reencode::Error> {
        Ok(self.spaces[GLOBALS].index[index as usize])
    }

    fn tag_index(&mut self, index: u32) -> Result<u32, reencode::Error> {
        Ok(self.spaces[TAGS].index[index as usize])
    }

    /// Imports come after the types; a module without imports has no import section, or an empty one.
    fn intersperse_section_hook(
        &mut self,
        module: &mut Module,
        _: Option<SectionId>,
        before: Option<SectionId>,
    ) -> Result<(), reencode::Error> {
        if !self.written && !matches!(before, Some(SectionId::Type | SectionId::Import)) {
            module.section(&self.imports);
            self.written = true;
        }
        Ok(())
    }

    fn parse_import_section(
        &mut self,
        imports: &mut ImportSection,
        _: wasmparser::ImportSectionReader<'_>,
    ) -> Result<(), reencode::Error> {
        imports.clone_from(&self.imports);
        self.written = true;
        Ok(())
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: wasmparser::FunctionSectionReader<'_>,
    ) -> Result<(), reencode::Error> {
        for (i, ty) in section.into_iter().enumerate() {
            let ty = self.type_index(ty?)?;
            if self.is_defined(FUNCS, i) {
                functions.function(ty);
            }
        }
        Ok(())
    }

    fn parse_table_section(
        &mut self,
        tables: &mut TableSection,
        section: wasmparser::TableSectionReader<'_>,
    ) -> Result<(), reencode::Error> {
        for (i, table) in section.into_iter().enumerate() {
            let table = table?;
            if self.is_defined(TABLES, i) {
                self.parse_table(tables, table)?;
            }
        }
        Ok(())
    }

    fn parse_memory_section(
        &mut self,
        memories: &mut MemorySection,
        section: wasmparser::MemorySectionReader<'_>,
    ) -> Result<(), reencode::Error> {
        for (i, memory) in section.into_iter().enumerate() {
            let memory = self.memory_type(memory?)?;
            if self.is_defined(MEMORIES, i) {
                memories.memory(memory);
            }
        }
        Ok(())
    }

    fn parse_tag_section(
        &mut self,
        tags: &mut TagSection,
        section: wasmparser::TagSectionReader<'_>,
    ) -> Result<(), reencode::Error> {
        for (i, tag) in section.into_iter().enumerate() {
            let tag = self.tag_type(tag?)?;
            if self.is_defined(TAGS, i) {
                tags.tag(tag);
            }
        }
        Ok(())
    }

    fn parse_global_section(
        &mut self,
        globals: &mut GlobalSection,
        section: wasmparser::GlobalSectionReader<'_>,
    ) -> Result<(), reencode::Error> {
        for (i, global) in section.into_iter().enumerate() {
            let global = global?;
            if self.is_defined(GLOBALS, i) {
                self.parse_global(globals, global)?;
            }
        }
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: wasmparser::CodeSectionReader<'_>,
    ) -> Result<(), reencode::Error> {
        for (i, body) in section.into_iter().enumerate() {
            let body = body?;
            if self.is_defined(FUNCS, i) {
                self.parse_function_body(code, body)?;
            }
        }
        Ok(())
    }

    /// Neither generator makes custom sections; names and hints would need renumbering.
    fn parse_custom_section(&mut self, _: &mut Module, _: CustomSectionReader<'_>) -> Result<(), reencode::Error> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::NanProfile;
    use crate::module::ExternKind;
    use crate::triage::smith::features::Features;
    use crate::triage::smith::generate::generate;
    use crate::triage::witness::without_groups;
    use std::collections::BTreeMap;

    /// Counts the forms of the entries of an import section: single, one type each, one common type.
    fn forms(bytes: &[u8]) -> [usize; 3] {
        let mut forms = [0; 3];
        for payload in Parser::new(0).parse_all(bytes) {
            let Payload::ImportSection(section) = payload.unwrap() else { continue };
            for imports in section {
                forms[match imports.unwrap() {
                    wasmparser::Imports::Single(..) => 0,
                    wasmparser::Imports::Compact1 { .. } => 1,
                    wasmparser::Imports::Compact2 { .. } => 2,
                }] += 1;
            }
        }
        forms
    }

    #[test]
    fn all_kinds_are_imported_in_all_forms() {
        let (mut kinds, mut linked, mut groups) = (BTreeMap::<String, u32>::new(), [0; 2], [0; 3]);
        for seed in 0..700 {
            let subject = generate(seed, Features::supported(), NanProfile::Native).unwrap();
            assert_eq!(subject, generate(seed, Features::supported(), NanProfile::Native).unwrap(), "seed {seed}");
            let Some(provider) = &subject.provider else { continue };
            let prepared = subject.prepare().unwrap_or_else(|e| panic!("seed {seed}: {e}"));
            linked[seed as usize % 2] += 1;
            let (module, copy) = (&prepared.module, prepared.provider.as_ref().unwrap());
            let functions = [module, copy].map(|module| module.num_defined_functions() > 0);
            assert_eq!(functions[0], functions[1], "seed {seed}");
            let exports = |module: &crate::module::Module| {
                let names = module.exports.iter().map(|e| (e.name.clone(), e.kind));
                names.collect::<Vec<(String, ExternKind)>>()
            };
            assert_eq!(exports(module), exports(copy), "seed {seed}");
            assert!(module.imports.iter().any(|i| i.name == FUEL), "seed {seed}");
            for import in &module.imports {
                let again = module.export(&import.name).unwrap();
                assert_eq!(again.kind, import.ty.kind(), "seed {seed}");
                *kinds.entry(format!("{:?}", again.kind)).or_default() += 1;
            }
            let forms = forms(&subject.bytes);
            groups.iter_mut().zip(forms).for_each(|(sum, n)| *sum += n);
            let single = without_groups(&subject.bytes).unwrap();
            assert_eq!(self::forms(&single), [module.imports.len(), 0, 0], "seed {seed}");
            let plain = Features::parse(&["-compact-imports"]).unwrap();
            assert_eq!(
                self::forms(&generate(seed, plain, NanProfile::Native).unwrap().bytes)[1..],
                [0, 0],
                "seed {seed}"
            );
            assert_eq!(
                generate(seed, plain, NanProfile::Native).unwrap().provider.as_ref(),
                Some(provider),
                "seed {seed}"
            );
        }
        assert!(linked.iter().all(|&n| (50..100).contains(&n)), "{linked:?}");
        assert!(kinds.len() == 5 && kinds.values().all(|&n| n > 20), "{kinds:?}");
        assert!(groups.iter().all(|&n| n > 30), "{groups:?}");
    }

    #[test]
    fn what_is_imported_is_the_same_thing_by_another_index() {
        let text = r#"(module
            (type $t (func (param i32) (result i32)))
            (memory (export "m0") 1) (memory 1) (table (export "t0") 2 funcref)
            (global (export "g0") i32 (i32.const 5)) (global (export "g1") (mut i32) (global.get 0))
            (global (export "fuel") (mut i32) (i32.const 9))
            (func (export "f0") (type $t) (i32.load 1 (local.get 0)))
            (func (export "f1") (type $t) (call 0 (local.get 0)))
            (func (export "f2") (type $t) (global.set 1 (call_indirect (type $t) (local.get 0) (i32.const 0))) (global.get 0))
            (elem (i32.const 0) func 1 2) (data (memory 1) (i32.const 4) "abc"))"#;
        let bytes = wat::parse_str(text).unwrap();
        let mut seen = std::collections::BTreeSet::new();
        for seed in 0..100 {
            let bytes = linked(&bytes, &mut Random::new(seed), false).unwrap();
            let module = crate::module::Module::new(&bytes, wasmparser::WasmFeatures::all()).unwrap();
            assert!(module.imports.iter().all(|import| *import.module == *PROVIDER));
            // A memory that is not exported is never imported either.
            assert!(module.num_imported_memories < 2);
            assert_eq!(module.memories.len(), 2);
            seen.insert(module.imports.iter().map(|import| import.name.clone()).collect::<Vec<_>>());
            if module.num_imported_functions == 0 {
                continue;
            }
            // The call of the first function still calls it, whatever its index is now.
            let text = wasmprinter::print_bytes(&bytes).unwrap();
            let (first, second) = (module.export("f0").unwrap().index, module.export("f1").unwrap().index);
            if second >= module.num_imported_functions {
                assert!(text.contains(&format!("call {first}\n")), "{text}");
            }
        }
        assert!(seen.len() > 40, "{}", seen.len());
    }
}
