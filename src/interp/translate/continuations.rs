//! Stack switching.

use super::control::Fixup;
use super::*;
use crate::interp::continuations::{handler, most_handlers};
use crate::interp::encoding::{Dax, Daxn, P16, P32, Resumption, Suspension};
use crate::module::{CompositeInnerType, FuncType, syntax};
use crate::runtime::stacks::continuations::SUPPORTED;
use wasmparser::{Handle, Operator, ResumeTable};

impl<'m> Translator<'m> {
    /// Translates operators on continuations.
    pub fn continuation(&mut self, operator: &Operator<'_>) -> TranslateResult {
        if !SUPPORTED {
            return Err(self.unsupported(syntax::proposal(operator)));
        }
        match *operator {
            Operator::ContNew { cont_type_index: index } => {
                let [a] = self.operands();
                let dst = self.temp(self.height());
                self.result(Op::ContNew, Dax { dst, a, index }, dst, ValueClass::Int32, ValueClass::Int32)
            }
            Operator::ContBind { argument_index, result_index } => {
                let (params, left) =
                    (self.function_of(argument_index).params(), self.function_of(result_index).params());
                let slots = Val::slots(&params[..params.len() - left.len()]);
                let a = self.settle_top(slots + 1);
                self.truncate(self.height() - slots - 1);
                let dst = self.temp(self.height());
                let operands = Daxn { dst, a, pad: P32, index: result_index, count: slots as u32 };
                self.result(Op::ContBind, operands, dst, ValueClass::Int32, ValueClass::Int32)
            }
            Operator::Suspend { tag_index: tag } => {
                let ty = self.module.tag_signature(tag);
                let slots = Val::slots(ty.params());
                debug_assert!(self.has_on_top(&classes_of(self.module, ty.params()), 0), "values of other types");
                self.leave(Op::Suspend, tag, slots, slots, ty.results())
            }
            Operator::Switch { cont_type_index, tag_index: tag } => {
                let params = self.function_of(cont_type_index).params();
                let (next, args) = params.split_last().expect("the module is valid");
                let ValType::Ref(next) = next else { unreachable!("the module is valid") };
                let index = next.type_index().and_then(|i| i.unpack().as_module_index()).expect("the module is valid");
                let results = self.function_of(index).params();
                let slots = Val::slots(args);
                debug_assert!(self.has_on_top(&classes_of(self.module, args), 1), "values of other types");
                self.leave(Op::Switch, tag, slots, slots + 1, results)
            }
            Operator::Resume { cont_type_index, ref resume_table } => {
                let params = self.function_of(cont_type_index).params();
                debug_assert!(self.has_on_top(&classes_of(self.module, params), 1), "values of other types");
                let slots = Val::slots(params);
                self.resume(Op::Resume, cont_type_index, resume_table, (slots, 0))
            }
            Operator::ResumeThrow { cont_type_index, tag_index: tag, ref resume_table } => {
                let params = self.module.tag_signature(tag).params();
                debug_assert!(self.has_on_top(&classes_of(self.module, params), 1), "values of other types");
                let slots = Val::slots(params);
                self.resume(Op::ResumeThrow, cont_type_index, resume_table, (slots, tag))
            }
            Operator::ResumeThrowRef { cont_type_index, ref resume_table } => {
                self.resume(Op::ResumeThrowRef, cont_type_index, resume_table, (1, 0))
            }
            _ => Err(self.unsupported(syntax::proposal(operator))),
        }
    }

    /// The type of the function that a continuation of a type runs.
    fn function_of(&self, ty: u32) -> &'m FuncType {
        match &self.module.types[ty as usize].composite_type.inner {
            CompositeInnerType::Cont(cont) => {
                self.module.func_type(cont.0.unpack().as_module_index().expect("a module's types refer by index"))
            }
            other => unreachable!("the module is valid: {other:?}"),
        }
    }

    /// Leaves the stack with `slots` slots, the first of the `taken` ones.
    fn leave(&mut self, op: Op, tag: u32, slots: usize, taken: usize, results: &[ValType]) -> TranslateResult {
        let a = self.settle_top(taken);
        let operands = Suspension { a, pad: P16, tag, count: slots as u32, results: Val::slots(results) as u32 };
        self.emit(op, operands);
        self.returned(taken, results)
    }

    /// Resumes the continuation on top, with `slots` slots below it.
    fn resume(&mut self, op: Op, ty: u32, table: &ResumeTable, (slots, tag): (usize, u32)) -> TranslateResult {
        let results = self.function_of(ty).results().to_vec();
        let handlers = table.handlers.len();
        // An exception is not passed in the slots that the handlers are in.
        let passed = if op == Op::Resume { slots } else { 0 };
        if handlers > most_handlers(passed) {
            return Err(self.over(Limit::Handlers));
        }
        let a = self.settle_top(slots + 1);
        let start = self.emit(
            op,
            Resumption {
                a,
                pad: P16,
                count: slots as u32,
                results: Val::slots(&results) as u32,
                handlers: handlers as u32,
                tag,
                pad2: P32,
            },
        );
        for handle in &table.handlers {
            match *handle {
                Handle::OnSwitch { tag } => self.words.extend([u64::from(tag) | handler::ON_SWITCH, 0]),
                Handle::OnLabel { tag, label } => {
                    let control = &self.control[self.control.len() - 1 - label as usize];
                    let (to, count) = (self.temp(control.base), control.label_classes().len());
                    self.words.extend([u64::from(tag), handler::label(to.0, count as u16)]);
                    self.connect(Fixup::Handler(self.words.len() - 1, start), label);
                }
            }
        }
        self.returned(slots + 1, &results)
    }

    /// The state after an instruction that went to another stack: results are where the arguments were, and nothing is
    /// in an accumulator.
    fn returned(&mut self, taken: usize, results: &[ValType]) -> TranslateResult {
        self.called(taken, results)?;
        self.mirrors = Mirrors::default();
        Ok(())
    }
}
