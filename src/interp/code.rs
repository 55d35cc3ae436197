//! Translated code of one body, and walks over the frames that run it.

use super::frame::HEADER;
use crate::module::BodyIndex;
use crate::runtime::observe::post_mortem::RawSlots;
use crate::runtime::vm::{RawFrame, VMActivation, VMContext};
use std::cmp::Reverse;
use std::ffi::c_void;
use std::ops::ControlFlow;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// The bytecode of one body with its tables. `VMFunc::interp_code` holds its address: it must live, unmoved, as long as
/// any function that it was installed in.
#[derive(Debug)]
pub struct InterpCode {
    /// First instruction.
    pub(super) entry: *const u64,
    /// Slots of the locals: from the first argument to the frame pointer.
    pub(super) locals: u32,
    /// Slots from the frame pointer to the end of the frame, the header that publishes it included.
    pub(super) extent: u32,
    /// Locals to zero at entry: the last `zeroed` ones.
    pub(super) zeroed: u32,
    /// Slots of the locals below the frame pointer and above the header, without those that are there for results only.
    pub(super) below: u32,
    pub(super) above: u32,
    /// Slots of the parameters and of the results.
    pub(super) params: u32,
    pub(super) results: u32,
    /// Whether heads are addresses of chained handlers, not opcodes.
    pub(super) chained: bool,
    pub(super) body: BodyIndex,
    /// The first words are `exit`, which entry frames return to, `call.out`, `return_call.out` and `heated`.
    pub(super) words: Box<[u64]>,
    /// Handlers, in the order of their ends; of nested ranges, the inner comes first.
    pub(super) handlers: Box<[Handler]>,
    /// Which handlers cover a word.
    pub(super) nesting: Nesting,
    /// The beginnings of operators: word index, and byte offset in the module's binary. Ascending.
    pub(super) offsets: Box<[(u32, u32)]>,
    /// How often `count` may still be executed before something has to happen. Several threads may execute the code; it
    /// does no harm if one of them loses a count.
    pub(super) passings: AtomicU32,
    /// How often the function was entered, if that is counted.
    pub(super) entered: AtomicU32,
    /// The loops whose beginnings are counted, by the operand of `count`.
    pub(super) loops: Box<[CountedLoop]>,
    /// The branches that can be watched.
    pub(super) sites: Box<[Site]>,
    /// A copy of this code, with heads that watch, once it has been watched.
    pub(super) watching: OnceLock<Box<InterpCode>>,
    /// Whether that copy is to be executed now.
    pub(super) is_watched: AtomicBool,
    /// For code that watches: what was seen. Its tables are those of the code that it is made from.
    pub(super) watch: Option<Watch>,
}

// SAFETY: immutable but for atomic numbers and what is set once; `entry` points into `words`, a `Watch` to the owner.
unsafe impl Send for InterpCode {}
// SAFETY: as above.
unsafe impl Sync for InterpCode {}

/// Index of `call.out` in the words of any code, of `return_call.out`, of `heated`, and of the first instruction.
pub(super) const CALL_OUT: usize = 1;
pub(super) const TAIL_OUT: usize = 2;
pub(super) const HEATED: usize = 3;
pub(super) const ENTRY: usize = 4;

/// The operand of the `count` at the entry of a function.
pub(super) const AT_ENTRY: u32 = u32::MAX;

/// A loop whose beginnings are counted.
#[derive(Debug)]
pub(super) struct CountedLoop {
    /// Byte offset of the operator in the module's binary.
    pub offset: u32,
    /// Slots of the operand stack at its beginning.
    pub height: u32,
    /// Entries of the operand stack that are not in their slots, because they are constants: height and bits.
    pub constants: Box<[(u32, u64)]>,
}

/// A conditional branch, or a table of branches.
#[derive(Clone, Copy, Debug)]
pub(super) struct Site {
    /// Where its instruction is, and its opcode.
    pub word: u32,
    pub op: u16,
    /// The value of its operator's condition for which it jumps.
    pub jumps_if: bool,
    /// Byte offset of the operator in the module's binary.
    pub offset: u32,
}

/// What code that [watches](super::watch) has seen.
#[derive(Debug)]
pub(super) struct Watch {
    /// By word: for a branch, how often it did not jump and how often it did; for a table, how often it led to each target, by
    /// the word of the target.
    pub cells: Box<[AtomicU32]>,
    /// How often the function had been entered before.
    pub entered: u32,
    /// The code that it is made from, which owns it.
    pub plain: *const InterpCode,
}

/// The clauses of one `try_table` or `try`.
#[derive(Debug)]
pub(super) struct Handler {
    /// The first word covered, and the end of the range.
    pub start: u32,
    pub end: u32,
    pub catches: Vec<Catch>,
    /// The number of blocks around it.
    pub level: u32,
    /// `delegate`: exceptions thrown in here bypass all handlers whose level is above this one.
    pub delegate: Option<u32>,
}

/// Which handlers cover a word, found by binary search: a body may have a handler for every six bytes, and a throw must not take
/// longer because of handlers elsewhere.
#[derive(Debug, Default)]
pub(super) struct Nesting {
    /// The words at which the innermost handler changes, ascending, with the new one. Of several at the same word, the last
    /// counts.
    pub sections: Box<[(u32, Option<u32>)]>,
    /// For each handler, the one around it.
    pub outer: Box<[Option<u32>]>,
}

impl Nesting {
    /// The nesting of handlers whose ranges are nested or disjoint, in the order of their ends.
    pub fn of(handlers: &[Handler]) -> Nesting {
        let mut opening: Vec<u32> = (0..handlers.len() as u32).collect();
        opening.retain(|&h| handlers[h as usize].start < handlers[h as usize].end);
        opening.sort_by_key(|&h| (handlers[h as usize].start, Reverse(h)));
        let (mut sections, mut outer) = (Vec::new(), vec![None; handlers.len()]);
        let mut open: Vec<u32> = Vec::new();
        let close = |open: &mut Vec<u32>, sections: &mut Vec<_>, until: u32| {
            while let Some(h) = open.pop_if(|&mut h| handlers[h as usize].end <= until) {
                sections.push((handlers[h as usize].end, open.last().copied()));
            }
        };
        for h in opening {
            let start = handlers[h as usize].start;
            close(&mut open, &mut sections, start);
            outer[h as usize] = open.last().copied();
            open.push(h);
            sections.push((start, Some(h)));
        }
        close(&mut open, &mut sections, u32::MAX);
        Nesting { sections: sections.into(), outer: outer.into() }
    }

    /// The handlers that cover a word, from the inside out.
    pub fn covering(&self, word: u32) -> impl Iterator<Item = usize> {
        let behind = self.sections.partition_point(|&(start, _)| start <= word);
        let innermost = self.sections[..behind].last().and_then(|&(_, handler)| handler);
        let up = |&handler: &u32| self.outer[handler as usize];
        std::iter::successors(innermost, up).map(|handler| handler as usize)
    }
}

/// One clause.
#[derive(Debug)]
pub(super) struct Catch {
    /// Tag index; `None` catches all.
    pub tag: Option<u32>,
    /// Slots of payload to deliver.
    pub payload: u32,
    /// First slot that the payload goes to, relative to the frame pointer.
    pub to: i16,
    /// Where to deliver the exnref: behind the payload, or, for `rethrow`, before it.
    pub ref_to: Option<i16>,
    /// Word index of the label.
    pub target: u32,
}

impl InterpCode {
    /// Size of the bytecode in bytes.
    pub fn bytes(&self) -> usize {
        size_of_val(&self.words[..])
    }

    /// Size of the bytecode and its tables in memory, in bytes.
    pub fn bytes_with_tables(&self) -> usize {
        let handlers: usize = self.handlers.iter().map(|h| size_of_val(&h.catches[..])).sum();
        let constants: usize = self.loops.iter().map(|l| size_of_val(&l.constants[..])).sum();
        let tables = size_of_val(&self.handlers[..]) + size_of_val(&self.offsets[..]) + size_of_val(&self.loops[..]);
        let nesting = size_of_val(&self.nesting.sections[..]) + size_of_val(&self.nesting.outer[..]);
        let sites = size_of_val(&self.sites[..]);
        size_of::<Self>() + self.bytes() + tables + handlers + nesting + constants + sites
    }

    /// How often the function was entered, if that is counted.
    pub fn entered(&self) -> u32 {
        self.entered.load(Ordering::Relaxed)
    }

    /// Sets how often the function may be entered and its loops begin again before the store's code is asked for a
    /// [replacement](crate::runtime::store::Code::replacement). A passing counts for its [weight](crate::config::Mode::weight).
    /// Without effect on code that does not count.
    pub fn allow_passings(&self, passings: u32) {
        self.passings.store(passings, Ordering::Relaxed);
    }

    /// How many passings are left.
    pub fn passings_left(&self) -> u32 {
        self.passings.load(Ordering::Relaxed)
    }

    /// Byte offset, in the module's binary, of the operator that a word belongs to.
    pub(super) fn wasm_offset(&self, word: u32) -> Option<u32> {
        let offsets = &self.tables().offsets;
        let after = offsets.partition_point(|&(start, _)| start <= word);
        offsets[..after].last().map(|&(_, offset)| offset)
    }

    /// What the record of a function holds as its `interp_code`.
    pub fn address(&self) -> *const c_void {
        std::ptr::from_ref(self).cast()
    }

    /// The code to execute now: this, or the copy that watches.
    pub fn current(&self) -> &InterpCode {
        let watching = self.watching.get().filter(|_| self.is_watched.load(Ordering::Acquire));
        watching.map_or(self, |watching| watching)
    }

    /// The code whose tables say where things are: this, or the code that it is made from.
    pub(super) fn tables(&self) -> &InterpCode {
        match &self.watch {
            None => self,
            // SAFETY: the owner lives longer, and does not move, since functions lead to it.
            Some(watch) => unsafe { &*watch.plain },
        }
    }

    /// The code in which a frame of this code continues after a `count`, and the address there of the word that `pc` is here.
    pub(super) fn successor(&self, pc: *const u64) -> (&InterpCode, *const u64) {
        let next = self.tables().current();
        // The words are the same except for heads.
        let word = (pc as usize - self.words.as_ptr() as usize) / 8;
        (next, &raw const next.words[word])
    }

    /// Index of the word before an address: for a return address, a word of the call.
    pub(super) fn word_before(&self, pc: *const u64) -> u32 {
        ((pc as usize - self.words.as_ptr() as usize) / 8).saturating_sub(1) as u32
    }
}

/// Lists the frames of an interpreter activation, innermost first: its [`VMActivation::walk`].
///
/// # Safety
/// The activation belongs to the interpreter, and its innermost frame is published.
pub(super) unsafe fn walk(
    activation: &VMActivation,
    visit: &mut dyn FnMut(RawFrame) -> ControlFlow<()>,
) -> ControlFlow<()> {
    // SAFETY: a published activation's headers are linked down to its root, whose code is null; the code of a frame
    // lives while the frame does.
    unsafe {
        let mut header = activation.frame as *const u64;
        loop {
            let pc = *header as *const u64;
            let fp = *header.add(1) as *const u64;
            debug_assert!(!fp.is_null(), "a frame is published before anything looks at it");
            let Some(code) = (*fp.add(3) as *const InterpCode).as_ref() else { return ControlFlow::Continue(()) };
            visit(RawFrame {
                ctx: *fp.add(2) as *mut VMContext,
                body: code.body.0,
                module_offset: code.wasm_offset(code.word_before(pc)),
                tier: "interp",
                code_offset: None,
                slots: Some(RawSlots {
                    locals: fp.sub(code.locals as usize),
                    num_locals: code.locals,
                    temporaries: fp.add(HEADER),
                    num_temporaries: code.extent - 2 * HEADER as u32,
                }),
            })?;
            header = fp;
        }
    }
}

/// The place of the header that publishes a frame.
///
/// # Safety
/// `fp` is a frame of the running activation, not its root.
pub(super) unsafe fn header_of(fp: *mut u64) -> *mut u64 {
    // SAFETY: the caller's promise.
    unsafe { fp.add((*(*fp.add(3) as *const InterpCode)).extent as usize - HEADER) }
}

/// Writes the header that publishes a frame; returns its address and its end.
///
/// # Safety
/// `fp` is a frame of the running activation, not its root.
pub(super) unsafe fn publish_header(pc: *const u64, fp: *mut u64) -> (*mut u64, *mut u64) {
    // SAFETY: the extent of a frame has room for this header.
    unsafe {
        let header = header_of(fp);
        *header = pc as u64;
        *header.add(1) = fp as u64;
        *header.add(2) = *fp.add(2);
        *header.add(3) = 0;
        (header, header.add(HEADER))
    }
}
