//! A buffer for machine code with labels, and with references of limited reach to them.
//!
//! An instruction that refers to a place in the code has a field for it. The field's encoding and reach depend on the CPU
//! and are described by its [`Fixup`] kind. A field that refers to a later label is pending until the label is bound. If
//! the code in between grows beyond the field's reach, the field refers to a *veneer* instead: a jump with a longer
//! reach. Veneers are grouped in *islands*, which the emission driver inserts into the code before the first deadline
//! passes:
//!
//! ```text
//!   if.zero L ---+       a field with a short reach
//!   ...          |
//!   jump over    |       around the island
//!   jump L <-----+ --+   its veneer
//! over:              |
//!   ...              |
//! L: <---------------+
//! ```
//!
//! Deadlines and islands follow Cranelift's `MachBuffer`. A CPU whose jumps all reach far enough has no kinds with
//! veneers and never needs an island.

use std::fmt::Debug;

/// A place in the code that may be referred to before its position is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label(u32);

/// Kinds of fields that refer to labels; each CPU has its own.
pub trait Fixup: Copy + Debug + 'static {
    /// The greatest distances that fit in the field.
    fn reach(self) -> Reach;

    /// Makes the field at offset `at` in `code` refer to the place `distance` bytes after the start of the field, which
    /// must be within reach.
    fn patch(self, code: &mut [u8], at: u32, distance: i64);

    /// A jump that the field may refer to if its label is too far away; `None` if this kind cannot use a veneer.
    fn veneer(self) -> Option<Veneer<Self>>;
}

/// The distances in bytes from the start of a field to the farthest places before and after it that it can refer to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    /// Greatest distance backwards.
    pub behind: u32,
    /// Greatest distance forwards.
    pub ahead: u32,
}

impl Reach {
    /// Whether this distance is within reach.
    pub fn includes(self, distance: i64) -> bool {
        (-i64::from(self.behind)..=i64::from(self.ahead)).contains(&distance)
    }
}

/// A jump with a longer reach.
#[derive(Clone, Copy, Debug)]
pub struct Veneer<K> {
    /// Its machine code.
    pub code: &'static [u8],
    /// Offset of its own field in the code.
    pub at: u32,
    /// Kind of that field.
    pub kind: K,
}

/// A field whose label is not bound yet or is out of reach.
#[derive(Clone, Copy, Debug)]
struct Pending<K> {
    at: u32,
    kind: K,
    label: Label,
    /// See [`CodeBuffer::limit_reach`].
    most: u32,
}

impl<K: Fixup> Pending<K> {
    fn reach(&self) -> Reach {
        let reach = self.kind.reach();
        if self.kind.veneer().is_none() {
            return reach;
        }
        Reach { behind: reach.behind.min(self.most), ahead: reach.ahead.min(self.most) }
    }

    fn reaches(&self, to: u32) -> bool {
        self.reach().includes(distance(self.at, to))
    }

    /// The last position where the field's veneer can begin.
    fn deadline(&self) -> u32 {
        self.at.saturating_add(self.reach().ahead)
    }
}

/// Pending fields with the same reach.
#[derive(Clone, Debug)]
struct Waiting<K> {
    /// See [`Reach`].
    ahead: u32,
    /// The earliest of their deadlines.
    deadline: u32,
    /// The size of their veneers in bytes.
    veneers: u32,
    fields: Vec<Pending<K>>,
}

/// A reference whose target is out of reach and that cannot use a veneer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfReach {
    /// Offset of the field.
    pub at: u32,
    /// Distance in bytes from the start of the field to its target.
    pub distance: i64,
}

impl std::fmt::Display for OutOfReach {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the reference at {:#x} cannot reach {} bytes far", self.at, self.distance)
    }
}

impl std::error::Error for OutOfReach {}

fn distance(from: u32, to: u32) -> i64 {
    i64::from(to) - i64::from(from)
}

/// Machine code under construction.
#[derive(Debug)]
pub struct CodeBuffer<K> {
    bytes: Vec<u8>,
    /// Offset of each label; `u32::MAX` if it is not bound.
    labels: Vec<u32>,
    /// Fields that can have veneers, grouped by reach.
    waiting: Vec<Waiting<K>>,
    /// Fields that cannot have veneers: they wait until the end.
    rigid: Vec<Pending<K>>,
    /// The position that the code before the next island must not exceed.
    limit: u32,
    /// A limit on the reach of references that can have a veneer, if it is less than their fields allow.
    most: u32,
}

const UNBOUND: u32 = u32::MAX;

impl<K: Fixup> Default for CodeBuffer<K> {
    fn default() -> Self {
        CodeBuffer {
            bytes: Vec::new(),
            labels: Vec::new(),
            waiting: Vec::new(),
            rigid: Vec::new(),
            limit: u32::MAX,
            most: u32::MAX,
        }
    }
}

impl<K: Fixup> CodeBuffer<K> {
    /// Returns an empty buffer with room for this many bytes and labels.
    pub fn with_capacity(bytes: usize, labels: usize) -> CodeBuffer<K> {
        CodeBuffer { bytes: Vec::with_capacity(bytes), labels: Vec::with_capacity(labels), ..CodeBuffer::default() }
    }

    /// Limits the reach of later references that can have veneers, for tests of veneers.
    pub fn limit_reach(&mut self, most: u32) {
        self.most = most;
    }

    /// The position of the next byte.
    pub fn position(&self) -> u32 {
        self.bytes.len() as u32
    }

    /// Appends one byte.
    pub fn put(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    /// Appends bytes.
    pub fn put_all(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Appends `padding` until the position is a multiple of `alignment`, which must be a multiple of the padding's size.
    pub fn align(&mut self, alignment: u32, padding: &[u8]) {
        while !self.position().is_multiple_of(alignment) {
            self.put_all(padding);
        }
    }

    /// A new label.
    pub fn label(&mut self) -> Label {
        self.labels.push(UNBOUND);
        Label(self.labels.len() as u32 - 1)
    }

    /// Binds a label to the current position.
    ///
    /// # Panics
    /// If it has been bound before.
    pub fn bind(&mut self, label: Label) {
        let to = self.position();
        self.bind_at(label, to);
    }

    /// Binds a label to a position.
    ///
    /// # Panics
    /// If it has been bound before.
    pub fn bind_at(&mut self, label: Label, to: u32) {
        let known = &mut self.labels[label.0 as usize];
        assert_eq!(*known, UNBOUND, "{label:?} is bound twice");
        *known = to;
    }

    /// The position of a label, if it is bound.
    pub fn offset_of(&self, label: Label) -> Option<u32> {
        Some(self.labels[label.0 as usize]).filter(|&to| to != UNBOUND)
    }

    /// Makes the field at `at`, which has already been written with any contents, refer to `label`.
    pub fn refer(&mut self, at: u32, kind: K, label: Label) {
        debug_assert!(at < self.position());
        let field = Pending { at, kind, label, most: self.most };
        match self.offset_of(label) {
            Some(to) if field.reaches(to) => kind.patch(&mut self.bytes, at, distance(at, to)),
            _ => self.wait(field),
        }
    }

    fn wait(&mut self, field: Pending<K>) {
        let Some(veneer) = field.kind.veneer() else {
            self.rigid.push(field);
            return;
        };
        let ahead = field.reach().ahead;
        let at = self.waiting.iter().position(|waiting| waiting.ahead == ahead).unwrap_or_else(|| {
            self.waiting.push(Waiting { ahead, deadline: u32::MAX, veneers: 0, fields: Vec::new() });
            self.waiting.len() - 1
        });
        let waiting = &mut self.waiting[at];
        waiting.deadline = waiting.deadline.min(field.deadline());
        waiting.veneers += veneer.code.len() as u32;
        waiting.fields.push(field);
        // Veneers are written in the order of their deadlines. So the veneers before a field's own belong at most to the
        // groups whose first deadline is no later than that of the field's group.
        self.waiting.sort_by_key(|waiting| waiting.deadline);
        let mut before = 0;
        let limits = self.waiting.iter().map(|waiting| {
            before += waiting.veneers;
            waiting.deadline.saturating_sub(before)
        });
        self.limit = limits.min().unwrap_or(u32::MAX);
    }

    /// Whether an island must be written now if `bytes` more bytes are written before the next opportunity.
    pub fn needs_island(&self, bytes: u32) -> bool {
        u64::from(self.position()) + u64::from(bytes) > u64::from(self.limit)
    }

    /// Writes the veneers for fields that have used up half of their reach, for fields that would go out of reach within
    /// the next `bytes` bytes, and for fields whose label is bound but out of reach. Control must not fall through to
    /// here.
    pub fn write_island(&mut self, bytes: u32) {
        let waiting = std::mem::take(&mut self.waiting);
        let veneers: u32 = waiting.iter().map(|waiting| waiting.veneers).sum();
        let end = u64::from(self.position()) + u64::from(veneers);
        self.limit = u32::MAX;
        let mut due = Vec::new();
        for field in waiting.into_iter().flat_map(|waiting| waiting.fields) {
            let to = self.offset_of(field.label);
            if let Some(to) = to.filter(|&to| field.reaches(to)) {
                field.kind.patch(&mut self.bytes, field.at, distance(field.at, to));
                continue;
            }
            let late = u64::from(field.deadline()) < end + u64::from(bytes.max(field.reach().ahead / 2));
            if late || to.is_some() {
                due.push(field);
            } else {
                self.wait(field);
            }
        }
        due.sort_by_key(Pending::deadline);
        for field in due {
            let start = self.position();
            match field.kind.veneer() {
                Some(Veneer { code, at, kind }) if field.reaches(start) => {
                    self.put_all(code);
                    field.kind.patch(&mut self.bytes, field.at, distance(field.at, start));
                    self.refer(start + at, kind, field.label);
                }
                _ => self.wait(field),
            }
        }
    }

    /// The code, with all its fields filled in.
    ///
    /// # Errors
    /// [`OutOfReach`] if a field does not reach its target.
    ///
    /// # Panics
    /// If a label was referred to but never bound.
    pub fn finish(mut self) -> Result<Vec<u8>, OutOfReach> {
        for field in self.waiting.iter().flat_map(|waiting| &waiting.fields).chain(&self.rigid) {
            let to = self.labels[field.label.0 as usize];
            assert_ne!(to, UNBOUND, "{:?} was never bound", field.label);
            if !field.reaches(to) {
                return Err(OutOfReach { at: field.at, distance: distance(field.at, to) });
            }
            field.kind.patch(&mut self.bytes, field.at, distance(field.at, to));
        }
        Ok(self.bytes)
    }
}

impl<K: Fixup> Extend<u8> for CodeBuffer<K> {
    fn extend<T: IntoIterator<Item = u8>>(&mut self, bytes: T) {
        self.bytes.extend(bytes);
    }
}

impl<'a, K: Fixup> Extend<&'a u8> for CodeBuffer<K> {
    fn extend<T: IntoIterator<Item = &'a u8>>(&mut self, bytes: T) {
        self.bytes.extend(bytes);
    }
}

/// A made-up CPU with two-byte instructions: an operation and a distance.
#[cfg(test)]
mod tests {
    use super::*;

    const NOP: u8 = 0;
    const BRANCH: u8 = 1;
    const FAR: u8 = 2;

    /// Fields of one byte with the given reach, and the four-byte fields of `FAR _ d d d d`.
    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Kind {
        /// At most this many bytes either way.
        Short(u8),
        /// The same, without a veneer.
        Rigid(u8),
        Far,
        /// Reaches farther than any code is long, but has a veneer nevertheless.
        Endless,
    }

    impl Fixup for Kind {
        fn reach(self) -> Reach {
            match self {
                Kind::Short(n) | Kind::Rigid(n) => Reach { behind: n.into(), ahead: n.into() },
                Kind::Far => Reach { behind: 1 << 20, ahead: 1 << 20 },
                Kind::Endless => Reach { behind: u32::MAX, ahead: u32::MAX },
            }
        }

        fn patch(self, code: &mut [u8], at: u32, distance: i64) {
            match self {
                Kind::Short(_) | Kind::Rigid(_) => code[at as usize] = i8::try_from(distance).unwrap() as u8,
                Kind::Far | Kind::Endless => {
                    code[at as usize..at as usize + 4].copy_from_slice(&(distance as i32).to_le_bytes());
                }
            }
        }

        fn veneer(self) -> Option<Veneer<Kind>> {
            let far = Veneer { code: &[FAR, 0, 0, 0, 0, 0], at: 2, kind: Kind::Far };
            matches!(self, Kind::Short(_) | Kind::Endless).then_some(far)
        }
    }

    type Buffer = CodeBuffer<Kind>;

    fn branch(b: &mut Buffer, kind: Kind, to: Label) -> u32 {
        let at = b.position();
        b.put_all(&[BRANCH, 0]);
        b.refer(at + 1, kind, to);
        at
    }

    /// Writes no-ops as the emission driver does: inserts an island wherever one is needed, with a jump around it.
    fn nops(b: &mut Buffer, n: usize) {
        for _ in 0..n {
            // The jump around the island, and the instruction.
            make_room(b, 6 + 2);
            b.put_all(&[NOP, 0]);
        }
    }

    fn make_room(b: &mut Buffer, bytes: u32) {
        if b.needs_island(bytes) {
            let over = b.label();
            let at = b.position();
            b.put_all(&[FAR, 0, 0, 0, 0, 0]);
            b.refer(at + 2, Kind::Far, over);
            b.write_island(0);
            b.bind(over);
        }
    }

    /// The address that control reaches after a branch or a jump.
    fn follow(code: &[u8], mut at: usize) -> usize {
        loop {
            match code[at] {
                BRANCH => at = (at + 1).wrapping_add_signed((code[at + 1] as i8).into()),
                FAR => {
                    let field = at + 2;
                    let distance = i32::from_le_bytes(code[field..field + 4].try_into().unwrap());
                    at = field.wrapping_add_signed(distance as isize);
                }
                _ => return at,
            }
        }
    }

    /// The number of `NOP`s executed in straight-line code from `at` on, across islands.
    fn walk(code: &[u8], mut at: usize) -> usize {
        let mut nops = 0;
        while at < code.len() {
            match code[at] {
                FAR => at = follow(code, at),
                NOP => (nops, at) = (nops + 1, at + 2),
                _ => at += 2,
            }
        }
        nops
    }

    #[test]
    fn what_is_near_needs_nothing() {
        let mut b = Buffer::default();
        let (back, ahead) = (b.label(), b.label());
        b.bind(back);
        nops(&mut b, 2);
        let from = [branch(&mut b, Kind::Short(100), back), branch(&mut b, Kind::Short(100), ahead)];
        nops(&mut b, 3);
        b.bind(ahead);
        assert_eq!([b.offset_of(back), b.offset_of(ahead)], [Some(0), Some(14)]);
        nops(&mut b, 1);
        let code = b.finish().unwrap();
        assert_eq!(code.len(), 16, "no island");
        assert_eq!(from.map(|at| follow(&code, at as usize)), [0, 14]);
    }

    /// Whatever the reach and the distance, branches arrive at their targets and all code in between is executed.
    #[test]
    fn deadlines_are_kept() {
        for reach in [40, 60, 100, 127] {
            for distance in 0..200 {
                let mut b = Buffer::default();
                let (near, far) = (b.label(), b.label());
                let mut from = Vec::new();
                for i in 0..4 {
                    from.push((branch(&mut b, Kind::Short(reach), if i == 2 { near } else { far }), i == 2));
                    nops(&mut b, 1);
                }
                nops(&mut b, 5);
                b.bind(near);
                nops(&mut b, distance);
                b.bind(far);
                nops(&mut b, 1);
                let (near, far) = (b.offset_of(near).unwrap() as usize, b.offset_of(far).unwrap() as usize);
                let code = b.finish().unwrap_or_else(|e| panic!("reach {reach}, distance {distance}: {e}"));
                let end = |at: usize| if code[at] == FAR { follow(&code, at) } else { at };
                for (at, is_near) in from {
                    assert_eq!(follow(&code, at as usize), end(if is_near { near } else { far }), "{reach} {distance}");
                }
                assert_eq!(walk(&code, 0), 4 + 5 + distance + 1);
            }
        }
    }

    /// The same for many branches at once, with different reaches and labels that are bound at any time.
    #[test]
    fn deadlines_of_all_reaches_are_kept() {
        let mut seed = 7_u32;
        let mut random = |n: u32| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 16) % n
        };
        let mut islands = 0;
        for round in 0..2000 {
            let mut b = Buffer::default();
            let (mut open, mut from) = (Vec::new(), Vec::new());
            for _ in 0..60 {
                match random(4) {
                    0 => nops(&mut b, random(12) as usize),
                    1 if !open.is_empty() => b.bind(open.swap_remove(random(open.len() as u32) as usize)),
                    _ => {
                        if open.is_empty() || random(2) == 0 {
                            open.push(b.label());
                        }
                        let to = open[random(open.len() as u32) as usize];
                        // Including its own veneer.
                        make_room(&mut b, 6 + 2 + 6);
                        let reach = [40, 41, 80, 120, 127][random(5) as usize];
                        from.push((branch(&mut b, Kind::Short(reach), to), to));
                    }
                }
            }
            for label in open {
                nops(&mut b, random(40) as usize);
                b.bind(label);
            }
            b.put_all(&[NOP, 0]);
            let ends: Vec<_> = from.iter().map(|&(at, to)| (at as usize, b.offset_of(to).unwrap() as usize)).collect();
            let code = b.finish().unwrap_or_else(|e| panic!("round {round}: {e}"));
            islands += code.iter().filter(|&&byte| byte == FAR).count();
            for (at, to) in ends {
                let end = if matches!(code[to], FAR | BRANCH) { follow(&code, to) } else { to };
                assert_eq!(follow(&code, at), end, "round {round}, branch at {at}");
            }
        }
        assert!(islands > 5000, "{islands}");
    }

    #[test]
    fn one_island_serves_many_and_comes_late() {
        let mut b = Buffer::default();
        let end = b.label();
        for _ in 0..5 {
            branch(&mut b, Kind::Short(100), end);
        }
        nops(&mut b, 20);
        assert_eq!(b.position(), 50, "still within reach");
        nops(&mut b, 100);
        b.bind(end);
        let code = b.finish().unwrap();
        assert_eq!(code.len(), 10 + 240 + 6 + 5 * 6, "one jump and five veneers");
        assert!(code[..64].iter().all(|&byte| byte != FAR));
    }

    /// A field that has much of its reach left gets no veneer yet.
    #[test]
    fn an_island_takes_what_is_late() {
        let mut b = Buffer::default();
        let end = b.label();
        branch(&mut b, Kind::Short(20), end);
        branch(&mut b, Kind::Short(120), end);
        assert!(!b.needs_island(0));
        assert!(b.needs_island(20));
        b.write_island(0);
        assert_eq!(b.position(), 4 + 6);
        assert!(!b.needs_island(20) && b.needs_island(120));
    }

    /// A field that does not reach beyond the bytes to come gets its veneer, however much of its reach is left.
    #[test]
    fn an_island_serves_what_ends_within_what_is_to_come() {
        for (bytes, served) in [(0, false), (60, false), (93, false), (94, true), (200, true)] {
            let mut b = Buffer::default();
            let end = b.label();
            let at = branch(&mut b, Kind::Short(100), end) + 1;
            let behind = b.position() + 6;
            assert!(at + 100 - behind >= 50);
            let before = b.position();
            b.write_island(bytes);
            let left = at + 100 - behind;
            assert_eq!(b.position() > before, served, "{bytes} bytes to come, {left} left");
        }
    }

    /// A field gets its veneer if half of its reach or less would be left after the island.
    #[test]
    fn late_is_what_has_used_up_half_of_its_reach() {
        let mut seen = [0; 2];
        for reach in [20, 21, 40, 101, 127_u8] {
            for between in 0..100 {
                let mut b = Buffer::default();
                let end = b.label();
                let at = branch(&mut b, Kind::Short(reach), end) + 1;
                (0..between).for_each(|_| b.put(NOP));
                // As long as all veneers together.
                let behind = b.position() + 6;
                if behind > at + u32::from(reach) {
                    continue;
                }
                let before = b.position();
                b.write_island(0);
                let left = at + u32::from(reach) - behind;
                let late = left < u32::from(reach) / 2;
                assert_eq!(b.position() - before, if late { 6 } else { 0 }, "{reach} {between}");
                seen[usize::from(late)] += 1;
                // A field that is not late stays pending and keeps its deadline.
                assert!(!b.needs_island(left), "{reach} {between}");
                assert_eq!(b.needs_island(left + 1), !late, "{reach} {between}");
            }
        }
        assert!(seen.iter().all(|&n| n > 100), "{seen:?}");
    }

    /// Neither the end of the address range nor the end of the code is a deadline.
    #[test]
    fn what_reaches_everything_is_never_late() {
        let mut b = Buffer::default();
        let end = b.label();
        b.put_all(&[FAR, 0, 0, 0, 0, 0]);
        b.refer(2, Kind::Endless, end);
        assert!(!b.needs_island(1 << 30));
        b.write_island(0);
        assert_eq!(b.position(), 6);
        b.bind(end);
        b.put_all(&[NOP, 0]);
        assert_eq!(follow(&b.finish().unwrap(), 0), 6);
    }

    #[test]
    fn without_fields_no_island_is_needed() {
        let mut b = Buffer::default();
        assert!(!b.needs_island(u32::MAX));
        b.write_island(0);
        assert!(!b.needs_island(u32::MAX));
        let here = b.label();
        b.bind(here);
        branch(&mut b, Kind::Short(20), here);
        b.write_island(0);
        assert!(!b.needs_island(u32::MAX - 2) && b.needs_island(u32::MAX - 1));
    }

    /// A veneer does not help a field that cannot reach it.
    #[test]
    fn what_does_not_reach_its_veneer_is_an_error() {
        let mut b = Buffer::default();
        let end = b.label();
        branch(&mut b, Kind::Short(20), end);
        // Nothing checked whether an island was needed.
        b.put_all(&[NOP; 60]);
        b.write_island(0);
        assert_eq!(b.position(), 62);
        b.bind(end);
        assert_eq!(b.finish(), Err(OutOfReach { at: 1, distance: 61 }));
    }

    #[test]
    fn a_label_too_far_behind_is_reached_by_a_veneer() {
        let mut b = Buffer::default();
        let back = b.label();
        b.bind(back);
        nops(&mut b, 80);
        let from = branch(&mut b, Kind::Short(100), back);
        b.write_island(0);
        let code = b.finish().unwrap();
        assert_eq!(follow(&code, from as usize), 0);
    }

    /// Forwards and backwards, with the label bound before or after: a field reaches exactly as far as it states. One
    /// byte farther, it needs a veneer if it may have one.
    #[test]
    fn reach_ends_where_it_is_stated() {
        let far_enough = |kind: Kind, between: u32, backwards: bool, most: u32| {
            let mut b = Buffer::default();
            b.limit_reach(most);
            let label = b.label();
            let pad = |b: &mut Buffer| (0..between).for_each(|_| b.put(NOP));
            // The field is the second byte of its instruction.
            if backwards {
                b.bind(label);
                pad(&mut b);
                branch(&mut b, kind, label);
            } else {
                branch(&mut b, kind, label);
                pad(&mut b);
                b.bind(label);
                b.put(NOP);
            }
            b.finish()
        };
        for reach in [1, 2, 10, 127_u8] {
            for between in 0..140 {
                for (backwards, distance) in [(true, -i64::from(between) - 1), (false, i64::from(between) + 1)] {
                    let at = if backwards { between + 1 } else { 1 };
                    let refused = Err(OutOfReach { at, distance });
                    let fits = distance.abs() <= i64::from(reach);
                    for kind in [Kind::Rigid(reach), Kind::Short(reach)] {
                        match far_enough(kind, between, backwards, u32::MAX) {
                            Ok(code) => {
                                assert!(fits && code[at as usize] as i8 == distance as i8, "{kind:?} {distance}")
                            }
                            refusal => assert!(!fits && refusal == refused, "{kind:?} {distance}"),
                        }
                    }
                    // The limit applies only to fields that may have a veneer.
                    let rigid = far_enough(Kind::Rigid(reach), between, backwards, 5);
                    assert_eq!(rigid.is_ok(), fits, "{reach} {distance}");
                    let short = far_enough(Kind::Short(reach), between, backwards, 5);
                    assert_eq!(short.is_ok(), fits && distance.abs() <= 5, "{reach} {distance}");
                }
            }
        }
    }

    /// An island is due exactly when the code before the next opportunity, plus the veneers of all fields that reach no
    /// farther than a given field, would end beyond that field's reach.
    #[test]
    fn an_island_is_due_at_the_last_moment() {
        for reaches in [&[50][..], &[50, 90], &[90, 50], &[120, 60, 80], &[60, 63], &[70, 60, 70, 70, 70]] {
            let mut b = Buffer::default();
            let end = b.label();
            let mut earliest = std::collections::BTreeMap::new();
            for &reach in reaches {
                let deadline = branch(&mut b, Kind::Short(reach), end) + 1 + u32::from(reach);
                let (first, fields) = earliest.entry(reach).or_insert((deadline, 0));
                (*first, *fields) = (deadline.min(*first), *fields + 1);
            }
            let ends = earliest.keys().map(|reach| {
                let (deadline, _) = earliest[reach];
                let before: u32 = earliest.values().filter(|other| other.0 <= deadline).map(|other| other.1).sum();
                deadline - 6 * before
            });
            let room = ends.min().unwrap() - b.position();
            assert!(!b.needs_island(room) && b.needs_island(room + 1), "{reaches:?}: {room}");
            assert!(b.needs_island(u32::MAX));
        }
        assert!(!Buffer::default().needs_island(u32::MAX - 1), "there is nothing to reach");
    }

    /// Pending fields with a long reach do not cause islands for fields with a short one.
    #[test]
    fn what_reaches_farther_is_not_in_the_way() {
        let mut b = Buffer::default();
        let end = b.label();
        (0..8).for_each(|_| _ = branch(&mut b, Kind::Short(127), end));
        branch(&mut b, Kind::Short(30), end);
        assert!(!b.needs_island(20), "eight veneers would be behind this one");
        nops(&mut b, 200);
        b.bind(end);
        b.put_all(&[NOP, 0]);
        let position = b.position() as usize - 2;
        let code = b.finish().unwrap();
        let end = |at: usize| if code[at] == FAR { follow(&code, at) } else { at };
        assert!((0..9).all(|i| end(follow(&code, 2 * i)) == position));
    }

    #[test]
    fn what_cannot_be_reached_is_reported() {
        let mut b = Buffer::default();
        let end = b.label();
        branch(&mut b, Kind::Rigid(10), end);
        nops(&mut b, 10);
        b.bind(end);
        assert_eq!(b.finish(), Err(OutOfReach { at: 1, distance: 21 }));
    }
}
