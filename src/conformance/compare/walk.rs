//! The comparison of values of two stores, in place.
//!
//! References are compared by isomorphism. A [`Walk`] pairs each object of the left heap with one of the right when it comes
//! across them, and from then on each of the two corresponds to the other alone. One walk serves for everything that is compared
//! after a directive, results as well as state: if two globals share an object on one side, they have to share it on the other.
//! Nothing is copied, and nothing recurses: a walk takes a few bytes for each object of the heaps, however they are linked.
//! comes across them, and from then on each of the two stands for the other alone. One walk serves all that is compared
//! after a directive, results as well as state; so what two globals share on one side, they have to share on the other.
//! Nothing is copied, and nothing recurses: a walk takes some bytes for each object of the heaps, however they are
//! linked.

use crate::conformance::outcome::equality::{Correspondence, Equality};
use crate::conformance::outcome::observed::Observed;
use crate::conformance::outcome::pattern::Pattern;
use crate::runtime::store::{Cont, GlobalId, InstanceId, MemoryId, ObjectShape, Store, TableId};
use crate::runtime::value::{FuncRef, GcRef, Ref, Val};
use std::collections::HashMap;
use std::fmt;
use std::ops::Range;

/// Objects of one heap that stand for objects of another, or a set of objects of one heap, if only their presence matters.
#[derive(Default)]
pub struct Offsets {
    /// Stretches of [`STRETCH`] granules, by number; 0 for a granule without a partner.
    stretches: HashMap<u32, Box<[u32; STRETCH]>>,
}

/// The number of granules in a stretch.
const STRETCH: usize = 256;

impl Offsets {
    /// The stretch and granule of an object. Objects are at least 8 bytes apart.
    fn place(object: GcRef) -> (u32, usize) {
        let granule = object.0.get() >> 3;
        (granule / STRETCH as u32, granule as usize % STRETCH)
    }

    /// The partner of an object.
    pub fn get(&self, object: GcRef) -> Option<GcRef> {
        let (stretch, at) = Offsets::place(object);
        std::num::NonZeroU32::new(self.stretches.get(&stretch)?[at]).map(GcRef)
    }

    /// Sets the partner of an object, and returns the previous one.
    pub fn insert(&mut self, object: GcRef, partner: GcRef) -> Option<GcRef> {
        self.set(object, partner.0.get())
    }

    fn remove(&mut self, object: GcRef) {
        self.set(object, 0);
    }

    fn set(&mut self, object: GcRef, partner: u32) -> Option<GcRef> {
        let (stretch, at) = Offsets::place(object);
        let stretch = self.stretches.entry(stretch).or_insert_with(|| Box::new([0; STRETCH]));
        std::num::NonZeroU32::new(std::mem::replace(&mut stretch[at], partner)).map(GcRef)
    }
}

/// The places that a comparison looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ComparedPlace {
    /// The end of a directive.
    End,
    /// A result of a call.
    Result,
    /// A call of a host function.
    HostCall,
    /// An instance.
    Instance,
    /// A memory.
    Memory,
    /// A table.
    Table,
    /// A global.
    Global,
    /// A data segment.
    DataSegment,
    /// An element segment.
    ElementSegment,
    /// Inside an object.
    Field,
    /// An element of an array.
    Element,
    /// A payload of an exception.
    Payload,
    /// An argument that is bound to a continuation.
    BoundArgument,
}

/// The kinds of differences.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DifferenceKind {
    /// A different end: a trap in place of a result, invalid in place of malformed.
    Kind,
    /// The same end with another text.
    Text,
    /// The same trap in another function, or with another call on the way there.
    Frames,
    /// A number of items.
    Number,
    /// A static type.
    Type,
    /// Of a call of a host function: the name of the function.
    Name,
    /// The entity that something is linked to.
    Link,
    /// A byte of a memory or an array.
    Byte,
    /// Of a segment: whether it is dropped.
    Dropped,
    /// An i32, by its bits.
    I32,
    /// An i64, by its bits.
    I64,
    /// An f32, by its bits.
    F32,
    /// An f64, by its bits.
    F64,
    /// A v128, by its bits.
    V128,
    /// One is null, the other is not.
    Null,
    /// Another function.
    Function,
    /// Another host function.
    HostFunction,
    /// Another host value.
    HostValue,
    /// Another i31.
    I31,
    /// Of objects: whether they are structs, arrays, exceptions or continuations, and their run-time types.
    ObjectType,
    /// Of an array: its length.
    Length,
    /// Of an exception: its tag.
    Tag,
    /// Fresh, suspended or consumed.
    Continuation,
    /// Shared here, copied there.
    Identity,
}

/// The kinds of difference of a place that holds values of any type, followed by its other kinds of difference.
macro_rules! values {
    ($($more:ident)*) => {{
        use DifferenceKind::*;
        &[
            $($more,)*
            I32, I64, F32, F64, V128,
            Null, Function, HostFunction, HostValue, I31, ObjectType, Tag, Continuation, Identity,
        ]
    }};
}

/// Everything that is compared. Each difference is one of these, and for each, the folder `tests/comparisons` has a difference
/// that must be found.
/// that has to be found.
pub const COMPARED: &[(ComparedPlace, &[DifferenceKind])] = {
    use DifferenceKind::*;
    &[
        (ComparedPlace::End, &[Kind, Text, Frames, Tag]),
        (ComparedPlace::Result, values!(Number Type)),
        (ComparedPlace::HostCall, &[Number, Name, I32, I64, F32, F64]),
        (ComparedPlace::Instance, &[Link]),
        (ComparedPlace::Memory, &[Number, Byte]),
        (
            ComparedPlace::Table,
            &[Number, Null, Function, HostFunction, HostValue, I31, ObjectType, Tag, Continuation, Identity],
        ),
        (ComparedPlace::Global, values!()),
        (ComparedPlace::DataSegment, &[Dropped]),
        (ComparedPlace::ElementSegment, &[Dropped, Number, Null, Function, HostFunction, I31, ObjectType, Identity]),
        (ComparedPlace::Field, values!()),
        (ComparedPlace::Element, values!(Length)),
        (ComparedPlace::Payload, values!()),
        (ComparedPlace::BoundArgument, values!(Number)),
    ]
};

/// A call of a host function, and its arguments.
pub type HostCall = (&'static str, Vec<Val>);

/// The place of a difference on the left side, so that it can be looked up again.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum At {
    /// The end of a directive, as a whole.
    #[default]
    End,
    /// A result of a call, or what it leads to.
    Result(usize),
    /// An uncaught exception; the one of the right side.
    Exception(Observed),
    /// The frames that a trap left.
    Frames,
    /// The calls of host functions; those of the right side.
    Calls(Vec<HostCall>),
    /// The size of a memory.
    Memory(MemoryId),
    /// These bytes of a memory, without those that are parts of NaNs on both sides.
    Bytes(MemoryId, Vec<Range<usize>>),
    /// The size of a table.
    Table(TableId),
    /// An element of a table, or what it leads to.
    Element(TableId, u64),
    /// A global, or what it leads to.
    Global(GlobalId),
    /// The segments of an instance.
    Segments(InstanceId),
}

/// A difference between the two sides.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The place that differs.
    pub place: ComparedPlace,
    /// The kind of the difference.
    pub what: DifferenceKind,
    /// A description of the place and the difference.
    pub text: String,
    /// The same place, on the left side.
    pub at: At,
    /// The two numbers or vectors, if that is what differs.
    pub numbers: Option<Box<[Val; 2]>>,
}

impl Difference {
    /// A difference of this kind at this place.
    ///
    /// # Panics
    /// In test builds, if the kind is not listed in [`COMPARED`].
    pub fn new(place: ComparedPlace, what: DifferenceKind, text: impl Into<String>) -> Difference {
        let known = || COMPARED.iter().any(|(p, whats)| *p == place && whats.contains(&what));
        debug_assert!(known(), "{place:?} {what:?} needs a case in tests/comparisons, too");
        Difference { place, what, text: text.into(), at: At::End, numbers: None }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Everything that a comparison finds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Findings {
    /// The differences, in the order in which they were found.
    pub differences: Vec<Difference>,
    /// The number of excused differences between the bits of NaNs of one type.
    pub nans: u64,
    /// The first of them.
    pub first_nan: Option<String>,
    /// The first place that refers to something that only one side has.
    pub unknown: Option<String>,
}

impl Findings {
    /// What the sides agree on apart from what is excused, and what that is; `None` if nothing had to be excused.
    pub fn excused(&self) -> Option<(String, String)> {
        let first = self.first_nan.as_ref()?;
        let nans = format!("NaNs that differ by their bits: {}, the first one {first}", self.nans);
        Some(("the same except for bits of NaNs".to_string(), nans))
    }
}

/// Whether two values are equal and refer to nothing. A function or an object of one store is never the same as one of the other.
fn settled(x: Val, y: Val) -> bool {
    x == y && !matches!(x, Val::Ref(Ref::Func(_) | Ref::Gc(_)))
}

/// How two values compare, apart from their referents.
enum Plain {
    Same,
    Nans,
    Unknown,
    Different(DifferenceKind),
    /// Two objects that are still to be compared.
    Objects(GcRef, GcRef),
}

/// Objects that were paired on the way through a value, and the place that held each.
type Trail = Vec<(GcRef, GcRef, ComparedPlace)>;

/// A comparison of two stores after a directive.
pub struct Walk<'s> {
    /// The left store.
    pub left: &'s Store,
    /// The right store.
    pub right: &'s Store,
    map: &'s Correspondence,
    forth: Offsets,
    back: Offsets,
    /// The place that is being compared.
    pub at: At,
    /// The findings so far.
    pub findings: Findings,
}

impl<'s> Walk<'s> {
    /// A comparison that has found nothing yet.
    pub fn new(left: &'s Store, right: &'s Store, map: &'s Correspondence) -> Walk<'s> {
        let (forth, back) = (Offsets::default(), Offsets::default());
        Walk { left, right, map, forth, back, at: At::End, findings: Findings::default() }
    }

    /// Whether these instances, of the left store and of the right, may be counterparts. One that was never paired, because its
    /// start function trapped, may be the counterpart of any.
    pub fn may_correspond(&self, left: InstanceId, right: InstanceId) -> bool {
        self.map.instances.get(&left).is_none_or(|paired| *paired == right)
    }

    /// Records a difference. Returns `false`.
    pub fn differs(&mut self, difference: Difference) -> bool {
        self.findings.differences.push(Difference { at: self.at.clone(), ..difference });
        false
    }

    /// Compares a value of the left store with one of the right, and everything that they lead to. Returns whether they are the
    /// same, or excused. `name` says where they are.
    /// or excused. `name` says where they are.
    pub fn value(&mut self, place: ComparedPlace, name: &dyn Fn() -> String, x: Val, y: Val) -> bool {
        if settled(x, y) {
            return true;
        }
        let mut trail = Vec::new();
        let Err(difference) = self.follow(place, name, x, y, &mut trail) else { return true };
        // Objects that were paired on the way there are not pairs.
        for (a, b, _) in trail {
            self.forth.remove(a);
            self.back.remove(b);
        }
        self.differs(difference)
    }

    /// Like [`Walk::value`], for a result that a script has an expectation for: vector lanes that it expects to be NaNs are
    /// excused.
    /// excused.
    pub fn result(&mut self, number: usize, expected: Option<&Pattern>, x: Val, y: Val) -> bool {
        let name = || format!("result {number}");
        if let (Val::V128(a), Val::V128(b), Some(pattern)) = (x, y, expected)
            && a != b
            && self.map.excused_vector(pattern, a, b)
        {
            self.excuse(&name, x, y);
            return true;
        }
        self.value(ComparedPlace::Result, &name, x, y)
    }

    fn excuse(&mut self, name: &dyn Fn() -> String, x: Val, y: Val) {
        self.findings.nans += 1;
        if self.findings.first_nan.is_none() {
            let (x, y) = (Observed::of(x, self.left), Observed::of(y, self.right));
            self.findings.first_nan = Some(format!("{}: {x} / {y}", name()));
        }
    }

    fn follow(
        &mut self,
        place: ComparedPlace,
        name: &dyn Fn() -> String,
        x: Val,
        y: Val,
        trail: &mut Trail,
    ) -> Result<(), Difference> {
        self.one(place, name, x, y, trail)?;
        let (mut xs, mut ys) = (Vec::new(), Vec::new());
        let mut next = 0;
        while let Some(&(a, b, held)) = trail.get(next) {
            let number = next;
            next += 1;
            xs.clear();
            ys.clear();
            let (s, t) = (self.left.shape(a, &mut xs), self.right.shape(b, &mut ys));
            let inside = |what: &str| {
                if number == 0 {
                    format!("{}, {what}", name())
                } else {
                    format!("{}, {what} of object {number} in it", name())
                }
            };
            let place = match (s, t) {
                (ObjectShape::Struct(t), ObjectShape::Struct(u)) if t == u => ComparedPlace::Field,
                (ObjectShape::Array(t, m), ObjectShape::Array(u, n)) if t == u => {
                    if m != n {
                        let text = inside(&format!("length: {m} / {n}"));
                        return Err(Difference::new(ComparedPlace::Element, DifferenceKind::Length, text));
                    }
                    self.elements((a, b), m, &inside, trail)?;
                    continue;
                }
                (ObjectShape::Exception(p), ObjectShape::Exception(q)) => {
                    let tags = || inside(&format!("tag: {} / {}", p.0, q.0));
                    match self.map.same_tag(p, q) {
                        Equality::Yes => {}
                        Equality::Unknown => self.unknown(&tags),
                        Equality::No | Equality::NaNs => {
                            return Err(Difference::new(held, DifferenceKind::Tag, tags()));
                        }
                    }
                    ComparedPlace::Payload
                }
                (ObjectShape::Cont(t, p), ObjectShape::Cont(u, q)) => {
                    let states = || inside(&format!("continuation: {} / {}", state(p), state(q)));
                    match (p, q) {
                        (Cont::Fresh { func: f, bound: m, .. }, Cont::Fresh { func: g, bound: n, .. }) => {
                            if m != n {
                                let text = inside(&format!("slots of bound arguments: {m} / {n}"));
                                return Err(Difference::new(
                                    ComparedPlace::BoundArgument,
                                    DifferenceKind::Number,
                                    text,
                                ));
                            }
                            let (f, g) = (Val::Ref(Ref::Func(f)), Val::Ref(Ref::Func(g)));
                            self.one(held, &|| inside("function"), f, g, trail)?;
                        }
                        (Cont::Suspended, Cont::Suspended) | (Cont::Consumed, Cont::Consumed) => {}
                        _ => return Err(Difference::new(held, DifferenceKind::Continuation, states())),
                    }
                    if t != u {
                        let text = inside(&format!("type of a continuation: {t} / {u}"));
                        return Err(Difference::new(held, DifferenceKind::ObjectType, text));
                    }
                    ComparedPlace::BoundArgument
                }
                _ => {
                    let text = format!("{}: {} / {}", inside("type"), shape(s), shape(t));
                    return Err(Difference::new(held, DifferenceKind::ObjectType, text));
                }
            };
            for (i, (x, y)) in xs.iter().zip(&ys).enumerate() {
                if settled(*x, *y) {
                    continue;
                }
                let part = match place {
                    ComparedPlace::Field => "field",
                    ComparedPlace::Payload => "payload",
                    _ => "bound argument",
                };
                self.one(place, &|| inside(&format!("{part} {i}")), *x, *y, trail)?;
            }
        }
        Ok(())
    }

    /// Compares the elements of two arrays of the same type and length.
    fn elements(
        &mut self,
        (a, b): (GcRef, GcRef),
        len: u32,
        inside: &dyn Fn(&str) -> String,
        trail: &mut Trail,
    ) -> Result<(), Difference> {
        if let (Some(x), Some(y)) = (self.left.array_bytes(a), self.right.array_bytes(b))
            && x == y
        {
            return Ok(());
        }
        for i in 0..len {
            let (x, y) = (self.left.array_element(a, i), self.right.array_element(b, i));
            if settled(x, y) {
                continue;
            }
            self.one(ComparedPlace::Element, &|| inside(&format!("element {i}")), x, y, trail)?;
        }
        Ok(())
    }

    /// Compares two values; objects are paired and put on the trail.
    fn one(
        &mut self,
        place: ComparedPlace,
        name: &dyn Fn() -> String,
        x: Val,
        y: Val,
        trail: &mut Trail,
    ) -> Result<(), Difference> {
        match self.plain(x, y) {
            Plain::Same => Ok(()),
            Plain::Nans => {
                self.excuse(name, x, y);
                Ok(())
            }
            Plain::Unknown => {
                let (x, y) = (Observed::of(x, self.left), Observed::of(y, self.right));
                self.unknown(&|| format!("{}: {x} / {y}", name()));
                Ok(())
            }
            Plain::Different(what) => Err(self.different(place, what, name, x, y)),
            Plain::Objects(a, b) => match (self.forth.get(a), self.back.get(b)) {
                (None, None) => {
                    self.forth.insert(a, b);
                    self.back.insert(b, a);
                    trail.push((a, b, place));
                    Ok(())
                }
                (Some(b2), _) if b2 == b => Ok(()),
                (known, _) => {
                    let (shared, copied) = if known.is_some() { ("left", "right") } else { ("right", "left") };
                    let text = format!(
                        "{}: an object seen before on the {shared} side, but a different one on the {copied}",
                        name()
                    );
                    Err(Difference::new(place, DifferenceKind::Identity, text))
                }
            },
        }
    }

    fn different(
        &self,
        place: ComparedPlace,
        what: DifferenceKind,
        name: &dyn Fn() -> String,
        x: Val,
        y: Val,
    ) -> Difference {
        let numbers = match (x, y) {
            (Val::Ref(_), _) | (_, Val::Ref(_)) => None,
            _ => Some(Box::new([x, y])),
        };
        let (x, y) = (Observed::of(x, self.left), Observed::of(y, self.right));
        Difference { numbers, ..Difference::new(place, what, format!("{}: {x} / {y}", name())) }
    }

    fn unknown(&mut self, text: &dyn Fn() -> String) {
        if self.findings.unknown.is_none() {
            self.findings.unknown = Some(text());
        }
    }

    fn plain(&self, x: Val, y: Val) -> Plain {
        let same = |same: Equality, what: DifferenceKind| match same {
            Equality::Yes => Plain::Same,
            Equality::NaNs => Plain::Nans,
            Equality::Unknown => Plain::Unknown,
            Equality::No => Plain::Different(what),
        };
        let scalar = |what| same(self.map.scalars(x, y), what);
        match (x, y) {
            (Val::I32(_), Val::I32(_)) => scalar(DifferenceKind::I32),
            (Val::I64(_), Val::I64(_)) => scalar(DifferenceKind::I64),
            (Val::F32(_), Val::F32(_)) => scalar(DifferenceKind::F32),
            (Val::F64(_), Val::F64(_)) => scalar(DifferenceKind::F64),
            (Val::V128(_), Val::V128(_)) => scalar(DifferenceKind::V128),
            (Val::Ref(x), Val::Ref(y)) => match (x, y) {
                (Ref::Null, Ref::Null) => Plain::Same,
                (Ref::Null, _) | (_, Ref::Null) => Plain::Different(DifferenceKind::Null),
                (Ref::Func(f), Ref::Func(g)) => self.functions(f, g),
                (Ref::Gc(a), Ref::Gc(b)) => self.objects(a, b),
                (Ref::Func(_), Ref::Gc(_)) | (Ref::Gc(_), Ref::Func(_)) => Plain::Different(DifferenceKind::ObjectType),
            },
            _ => Plain::Different(DifferenceKind::Type),
        }
    }

    fn functions(&self, f: FuncRef, g: FuncRef) -> Plain {
        match (self.left.func_origin(f), self.right.func_origin(g)) {
            (Some((a, i)), Some((b, j))) => match self.map.instances.get(&a) {
                None => Plain::Unknown,
                Some(&paired) if paired == b && i == j => Plain::Same,
                Some(_) => Plain::Different(DifferenceKind::Function),
            },
            (None, None) if self.left.host_func_name(f) == self.right.host_func_name(g) => Plain::Same,
            (None, None) => Plain::Different(DifferenceKind::HostFunction),
            _ => Plain::Different(DifferenceKind::Function),
        }
    }

    /// Compares two references. Those without identity are compared by value; the rest is left to be followed.
    fn objects(&self, a: GcRef, b: GcRef) -> Plain {
        // Most objects that are met again are paired with each other.
        if self.forth.get(a) == Some(b) {
            return Plain::Same;
        }
        match (self.left.atom(a), self.right.atom(b)) {
            (None, None) => Plain::Objects(a, b),
            (Some(m), Some(n)) if m == n => Plain::Same,
            (Some(ObjectShape::I31(_)), Some(ObjectShape::I31(_))) => Plain::Different(DifferenceKind::I31),
            (Some(ObjectShape::HostExtern(_)), Some(ObjectShape::HostExtern(_))) => {
                Plain::Different(DifferenceKind::HostValue)
            }
            _ => Plain::Different(DifferenceKind::ObjectType),
        }
    }
}

fn state(cont: Cont) -> &'static str {
    match cont {
        Cont::Fresh { .. } => "fresh",
        Cont::Suspended => "suspended",
        Cont::Consumed => "consumed",
    }
}

fn shape(shape: ObjectShape) -> String {
    match shape {
        ObjectShape::HostExtern(_) => "host value".into(),
        ObjectShape::I31(_) => "i31".into(),
        ObjectShape::Struct(ty) => format!("struct of type {ty}"),
        ObjectShape::Array(ty, _) => format!("array of type {ty}"),
        ObjectShape::Exception(_) => "exception".into(),
        ObjectShape::Cont(..) => "continuation".into(),
    }
}

/// Adds the instances whose functions can be reached from a value, through any number of objects.
pub fn instances_in(value: Val, store: &Store, visited: &mut Offsets, out: &mut Vec<InstanceId>) {
    let mut work = Vec::new();
    let mut see = |value: Val, work: &mut Vec<GcRef>| match value {
        Val::Ref(Ref::Func(f)) => out.extend(store.func_origin(f).map(|(instance, _)| instance)),
        Val::Ref(Ref::Gc(object)) if visited.insert(object, object).is_none() => work.push(object),
        _ => {}
    };
    see(value, &mut work);
    let mut values = Vec::new();
    while let Some(object) = work.pop() {
        values.clear();
        match store.shape(object, &mut values) {
            ObjectShape::Array(_, len) if store.array_bytes(object).is_none() => {
                (0..len).for_each(|i| see(store.array_element(object, i), &mut work));
            }
            ObjectShape::Cont(_, Cont::Fresh { func, .. }) => see(Val::Ref(Ref::Func(func)), &mut work),
            _ => {}
        }
        values.iter().for_each(|value| see(*value, &mut work));
    }
}
