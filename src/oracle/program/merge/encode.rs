//! Re-encodes what an instance defines, with other indices.

use super::places::{AREA, Merge, MergeError, Width};
use super::sections::Sections;
use crate::module::{BodyIndex, ElementItems, ElementMode, Module};
use std::convert::Infallible;
use std::sync::Arc;
use wasm_encoder::reencode::{self, Reencode};
use wasm_encoder::{ConstExpr, Elements, Function, Instruction, TypeSection};
use wasmparser::{BinaryReader, FunctionBody, Operator, OperatorsReader, Parser, Payload};

/// The encoder for one instance.
pub(super) struct Encoder<'m, 'p> {
    pub(super) merge: &'m mut Merge<'p>,
    pub(super) part: usize,
}

impl Encoder<'_, '_> {
    fn module(&self) -> Arc<Module> {
        Arc::clone(&self.merge.parts[self.part].module)
    }

    /// Assigns places to the types of the instance, and adds those that are new.
    fn types(&mut self, types: &mut TypeSection) -> Result<(), MergeError> {
        // Marks types of a group whose place is not known yet.
        const INSIDE: u32 = 1 << 30;
        let module = self.module();
        for payload in Parser::new(0).parse_all(&module.bytes) {
            let Payload::TypeSection(section) = payload? else { continue };
            for group in section {
                let group = group?;
                let places = &mut self.merge.places[self.part].types;
                let (first, count) = (places.len(), group.types().len());
                places.extend((0..count as u32).map(|n| INSIDE + n));
                let printed = group.types().map(|ty| self.sub_type(ty.clone())).collect::<Result<Vec<_>, _>>()?;
                let printed = format!("{} {printed:?}", group.is_explicit_rec_group());
                let next = self.merge.next_type;
                let known = self.merge.groups.get(&printed).copied();
                let base = known.unwrap_or(next);
                let places = &mut self.merge.places[self.part].types;
                places.splice(first.., (0..count as u32).map(|n| base + n));
                if known.is_none() {
                    self.merge.groups.insert(printed, base);
                    self.merge.next_type += count as u32;
                    self.parse_recursive_type_group(types.ty(), group)?;
                }
            }
        }
        Ok(())
    }

    /// Adds what the instance defines; returns its functions, and their types.
    pub(super) fn define(&mut self, all: &mut Sections) -> Result<Vec<(u32, Function)>, MergeError> {
        let module = self.module();
        self.types(&mut all.types)?;
        for table in &module.tables[module.num_imported_tables as usize..] {
            let ty = self.table_type(table.ty)?;
            match table.init {
                Some(init) => all.tables.table_with_init(ty, &self.constant(init)?),
                None => all.tables.table(ty),
            };
        }
        for tag in &module.tags[module.num_imported_tags as usize..] {
            let kind = wasm_encoder::TagKind::Exception;
            all.tags.tag(wasm_encoder::TagType { kind, func_type_idx: self.type_index(*tag)? });
        }
        for global in &module.globals[module.num_imported_globals as usize..] {
            let init = global.init.ok_or_else(|| MergeError::Encode("a global without a value".into()))?;
            all.globals.global(self.global_type(global.ty)?, &self.constant(init)?);
        }
        for segment in &module.elements {
            let ty = self.ref_type(segment.ty)?;
            let mut add = |items: Elements<'_>| match segment.mode {
                ElementMode::Declared => drop(all.elements.declared(items)),
                ElementMode::Passive | ElementMode::Active { .. } => drop(all.elements.passive(items)),
            };
            match &segment.items {
                ElementItems::Functions(list) => {
                    let list = list.iter().map(|f| self.function_index(*f)).collect::<Result<Vec<_>, _>>()?;
                    add(Elements::Functions(list.into()));
                }
                ElementItems::Expressions(list) => {
                    let list = list.iter().map(|e| self.constant(*e)).collect::<Result<Vec<_>, _>>()?;
                    add(Elements::Expressions(ty, list.into()));
                }
            }
        }
        for segment in &module.data {
            all.data.passive(module.bytes[segment.range.clone()].iter().copied());
        }
        let types = &module.functions[module.num_imported_functions as usize..];
        let defined = types.iter().zip(&module.bodies).map(|(ty, body)| {
            let bytes = &module.bytes[body.range.clone()];
            let body = FunctionBody::new(BinaryReader::new(bytes, body.range.start as u64));
            Ok((self.type_index(*ty)?, self.function(&body)?))
        });
        defined.collect()
    }

    /// The operators of a constant expression, without its end.
    fn operators(&mut self, body: BodyIndex) -> Result<Vec<u8>, reencode::Error<Infallible>> {
        let module = self.module();
        let range = module.bodies[body.0 as usize].range.clone();
        let mut reader = OperatorsReader::new(BinaryReader::new(&module.bytes[range.clone()], range.start as u64));
        let mut bytes = Vec::new();
        while !reader.is_end_then_eof() {
            let operator = reader.read()?;
            if let Operator::GlobalGet { global_index } = operator
                && let Some(value) = self.value(global_index)?
            {
                bytes.extend(value);
            } else {
                self.merge.computes |= !is_constant(&operator) && !matches!(operator, Operator::GlobalGet { .. });
                wasm_encoder::Encode::encode(&self.instruction(operator)?, &mut bytes);
            }
        }
        Ok(bytes)
    }

    /// The constant that a global holds: constant expressions may refer to globals of the same module only since version 3.0.
    fn value(&mut self, global: u32) -> Result<Option<Vec<u8>>, reencode::Error<Infallible>> {
        let (part, index) = self.merge.global(self.part, global);
        let module = Arc::clone(&self.merge.parts[part].module);
        let Some(init) = module.globals[index as usize].init else { return Ok(None) };
        let range = module.bodies[init.0 as usize].range.clone();
        let mut reader = OperatorsReader::new(BinaryReader::new(&module.bytes[range.clone()], range.start as u64));
        let only = reader.read()?;
        let alone = reader.is_end_then_eof();
        if !alone || !is_constant(&only) {
            return Ok(None);
        }
        self.merge.encoder(part).operators(init).map(Some)
    }

    fn constant(&mut self, body: BodyIndex) -> Result<ConstExpr, reencode::Error<Infallible>> {
        Ok(ConstExpr::raw(self.operators(body)?))
    }

    /// The function that writes the segments of the instance, and calls its start function.
    pub(super) fn make(&mut self) -> Result<Function, MergeError> {
        let module = self.module();
        let places = self.merge.places[self.part].clone();
        let mut f = Function::new([]);
        let length = |f: &mut Function, len: usize| {
            f.instruction(&Instruction::I32Const(0)).instruction(&Instruction::I32Const(len as i32));
        };
        for (n, segment) in module.elements.iter().enumerate() {
            let ElementMode::Active { table, offset } = segment.mode else { continue };
            f.raw(self.operators(offset)?);
            let len = match &segment.items {
                ElementItems::Functions(list) => list.len(),
                ElementItems::Expressions(list) => list.len(),
            };
            length(&mut f, len);
            let elem_index = places.elements + n as u32;
            f.instruction(&Instruction::TableInit { elem_index, table: self.table_index(table)? });
            f.instruction(&Instruction::ElemDrop(elem_index));
        }
        for (n, segment) in module.data.iter().enumerate() {
            let Some((memory, offset)) = segment.active else { continue };
            f.raw(self.operators(offset)?);
            length(&mut f, segment.range.len());
            let data_index = places.data + n as u32;
            f.instruction(&Instruction::MemoryInit { mem: self.memory_index(memory)?, data_index });
            f.instruction(&Instruction::DataDrop(data_index));
        }
        if let Some(start) = module.start {
            f.instruction(&Instruction::Call(self.function_index(start)?));
        }
        f.instruction(&Instruction::End);
        Ok(f)
    }

    /// A function, with cells in place of the area.
    fn function(&mut self, body: &FunctionBody<'_>) -> Result<Function, MergeError> {
        let mut f = self.new_function_with_parsed_locals(body)?;
        let mut reader = body.get_operators_reader()?;
        while !reader.eof() {
            let operator = reader.read()?;
            match self.of_area(&operator) {
                Some((true, at, width)) => {
                    let cell = self.merge.cell(at, width);
                    f.instruction(&Instruction::Drop).instruction(&Instruction::GlobalGet(cell));
                }
                Some((false, at, width)) => {
                    let cell = self.merge.cell(at, width);
                    self.merge.stored[self.part].insert((at, width));
                    f.instruction(&Instruction::GlobalSet(cell)).instruction(&Instruction::Drop);
                }
                None => drop(f.instruction(&self.instruction(operator)?)),
            }
        }
        Ok(f)
    }

    /// Whether an operator loads from the area (or stores to it), with the offset and the width. Its address is always zero.
    fn of_area(&self, operator: &Operator<'_>) -> Option<(bool, u64, Width)> {
        let (memarg, load, width) = match operator {
            Operator::I32Load { memarg } => (memarg, true, Width::I32),
            Operator::I64Load { memarg } => (memarg, true, Width::I64),
            Operator::F32Load { memarg } => (memarg, true, Width::F32),
            Operator::F64Load { memarg } => (memarg, true, Width::F64),
            Operator::V128Load { memarg } => (memarg, true, Width::V128),
            Operator::I32Store { memarg } => (memarg, false, Width::I32),
            Operator::I64Store { memarg } => (memarg, false, Width::I64),
            Operator::F32Store { memarg } => (memarg, false, Width::F32),
            Operator::F64Store { memarg } => (memarg, false, Width::F64),
            Operator::V128Store { memarg } => (memarg, false, Width::V128),
            _ => return None,
        };
        let wasmparser::MemArgTarget::Memory(memory) = memarg.target else { return None };
        let memory = self.merge.places[self.part].memories.get(memory as usize)?;
        (*memory == AREA).then_some((load, memarg.offset, width))
    }
}

/// Whether an operator pushes a known value.
pub fn is_constant(operator: &Operator<'_>) -> bool {
    matches!(
        operator,
        Operator::I32Const { .. }
            | Operator::I64Const { .. }
            | Operator::F32Const { .. }
            | Operator::F64Const { .. }
            | Operator::V128Const { .. }
            | Operator::RefNull { .. }
            | Operator::RefFunc { .. }
    )
}

impl Reencode for Encoder<'_, '_> {
    type Error = Infallible;

    fn type_index(&mut self, ty: u32) -> Result<u32, reencode::Error<Infallible>> {
        Ok(self.merge.places[self.part].types[ty as usize])
    }

    fn function_index(&mut self, function: u32) -> Result<u32, reencode::Error<Infallible>> {
        Ok(self.merge.places[self.part].functions[function as usize])
    }

    fn table_index(&mut self, table: u32) -> Result<u32, reencode::Error<Infallible>> {
        Ok(self.merge.places[self.part].tables[table as usize])
    }

    fn memory_index(&mut self, memory: u32) -> Result<u32, reencode::Error<Infallible>> {
        let index = self.merge.places[self.part].memories[memory as usize];
        if let Some(defined) = self.merge.memories.get(index as usize) {
            self.merge.used.insert(*defined);
        }
        Ok(index)
    }

    fn global_index(&mut self, global: u32) -> Result<u32, reencode::Error<Infallible>> {
        Ok(self.merge.places[self.part].globals[global as usize])
    }

    fn tag_index(&mut self, tag: u32) -> Result<u32, reencode::Error<Infallible>> {
        Ok(self.merge.places[self.part].tags[tag as usize])
    }

    fn element_index(&mut self, element: u32) -> Result<u32, reencode::Error<Infallible>> {
        Ok(element + self.merge.places[self.part].elements)
    }

    fn data_index(&mut self, data: u32) -> Result<u32, reencode::Error<Infallible>> {
        Ok(data + self.merge.places[self.part].data)
    }

    fn instruction<'a>(&mut self, operator: Operator<'a>) -> Result<Instruction<'a>, reencode::Error<Infallible>> {
        if let Operator::RefFunc { function_index } = operator {
            let function = self.function_index(function_index)?;
            self.merge.referred.insert(function);
        }
        reencode::utils::instruction(self, operator)
    }
}
