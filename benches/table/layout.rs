//! The same module, laid out differently.
//!
//! The position of code determines its alignment, which branches share a predictor entry, and which cache sets it uses.
//! That changes times by up to 15 %, unrelated to the code itself. So each module is measured in several layouts: its
//! functions in random order, with unused functions of random size between them.

use std::convert::Infallible;
use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{CodeSection, Function, FunctionSection, Instruction, Module, TypeSection, ValType};
use wasmoon::random::Random;
use wasmparser::{CodeSectionReader, FunctionSectionReader, Parser, Payload, TypeRef, TypeSectionReader};

/// Function `i` of the new module.
#[derive(Clone, Copy)]
enum Place {
    /// A defined function of the old one.
    Old(u32),
    /// An unused function with this many operations.
    Padding(u32),
}

struct Layout {
    imported: u32,
    /// The type of paddings: the first one after the old module's types.
    padding: u32,
    places: Vec<Place>,
    /// Index of each defined function in the new module.
    index: Vec<u32>,
}

impl Layout {
    fn of(bytes: &[u8], arrange: impl FnOnce(u32) -> Vec<Place>) -> Result<Layout, Error> {
        let (mut imported, mut defined, mut types) = (0, 0, 0);
        for payload in Parser::new(0).parse_all(bytes) {
            match payload? {
                Payload::TypeSection(section) => {
                    for group in section {
                        types += group?.types().len() as u32;
                    }
                }
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        imported += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                    }
                }
                Payload::FunctionSection(section) => defined = section.count(),
                _ => {}
            }
        }
        let places = arrange(defined);
        let mut index = vec![0; defined as usize];
        for (i, place) in places.iter().enumerate() {
            if let Place::Old(old) = place {
                // Of several copies, the first is the function.
                let slot = &mut index[*old as usize];
                if *slot == 0 {
                    *slot = imported + i as u32;
                }
            }
        }
        Ok(Layout { imported, padding: types, places, index })
    }

    fn apply(mut self, bytes: &[u8]) -> Result<Vec<u8>, Error> {
        let mut module = Module::new();
        utils::parse_core_module(&mut self, &mut module, Parser::new(0), bytes)?;
        Ok(module.finish())
    }
}

impl Reencode for Layout {
    type Error = Infallible;

    fn function_index(&mut self, function: u32) -> Result<u32, Error> {
        Ok(match function.checked_sub(self.imported) {
            Some(defined) => self.index[defined as usize],
            None => function,
        })
    }

    fn parse_type_section(&mut self, types: &mut TypeSection, section: TypeSectionReader<'_>) -> Result<(), Error> {
        utils::parse_type_section(self, types, section)?;
        types.ty().function([ValType::I32], [ValType::I32]);
        Ok(())
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> Result<(), Error> {
        let old = section.into_iter().collect::<Result<Vec<u32>, _>>()?;
        for place in &self.places {
            functions.function(match place {
                Place::Old(i) => old[*i as usize],
                Place::Padding(_) => self.padding,
            });
        }
        Ok(())
    }

    fn parse_code_section(&mut self, code: &mut CodeSection, section: CodeSectionReader<'_>) -> Result<(), Error> {
        let bodies = section.into_iter().collect::<Result<Vec<_>, _>>()?;
        for place in self.places.clone() {
            match place {
                Place::Old(i) => self.parse_function_body(code, bodies[i as usize].clone())?,
                Place::Padding(operations) => {
                    code.function(&padding(operations));
                }
            }
        }
        Ok(())
    }

    fn parse_custom_section(&mut self, _: &mut Module, _: wasmparser::CustomSectionReader<'_>) -> Result<(), Error> {
        // Names and debugging information are not needed here.
        Ok(())
    }
}

/// A function that cannot be folded away.
fn padding(operations: u32) -> Function {
    let mut function = Function::new([]);
    function.instruction(&Instruction::LocalGet(0));
    for i in 0..operations {
        function.instruction(&Instruction::LocalGet(0));
        function.instruction(&Instruction::I32Const(i as i32 * 77 + 3));
        function.instruction(&Instruction::I32Mul);
        function.instruction(&Instruction::I32Xor);
    }
    function.instruction(&Instruction::End);
    function
}

/// Returns the module without its custom sections and with its functions in the order of this seed; 0 keeps their
/// order.
pub fn shuffled(bytes: &[u8], seed: u64) -> Result<Vec<u8>, String> {
    let arrange = |defined: u32| {
        let mut order: Vec<u32> = (0..defined).collect();
        if seed == 0 {
            return order.into_iter().map(Place::Old).collect();
        }
        let mut random = Random::new(seed);
        for i in (1..defined).rev() {
            order.swap(i as usize, random.below(u64::from(i) + 1) as usize);
        }
        let mut places = Vec::new();
        for old in order {
            // In a module of a thousand functions, not after each one, or the module would change too much.
            if defined < 64 || random.below(16) == 0 {
                places.push(Place::Padding(1 + random.below(24) as u32));
            }
            places.push(Place::Old(old));
        }
        places
    };
    Layout::of(bytes, arrange).and_then(|l| l.apply(bytes)).map_err(|e| format!("cannot lay out the module: {e}"))
}

/// Returns the module with unused copies of its functions, until it has about `size` bytes.
pub fn repeated(bytes: &[u8], size: usize) -> Result<Vec<u8>, String> {
    let plain = shuffled(bytes, 0)?;
    let copies = (size / plain.len()).max(1) as u32;
    let arrange = |defined: u32| (0..copies).flat_map(|_| (0..defined).map(Place::Old)).collect();
    Layout::of(&plain, arrange).and_then(|l| l.apply(&plain)).map_err(|e| format!("cannot repeat the module: {e}"))
}
