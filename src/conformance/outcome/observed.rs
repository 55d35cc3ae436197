//! Values that came out of a store: copies that outlive it. References are described by their origin instead of by
//! address, so that values of two stores can be compared.
//!
//! An excerpt of a heap ([`Graph`]) has its nodes numbered in the order in which they are come across, so addresses do
//! not show, but sharing and cycles do. Two stores are not compared by excerpts, but by
//! [`walk`](crate::conformance::compare::walk).

use super::numbers::{VectorShape, f32_text, f64_text, list, vector_text};
use crate::runtime::store::{Cont, Extern, InstanceId, ObjectShape, Store, TagId};
use crate::runtime::types::TypeId;
use crate::runtime::value::{GcRef, Ref, Val};
use std::collections::HashMap;
use std::fmt;

/// Most nodes of an excerpt.
const NODES: usize = 64;
/// Most fields and elements in it, of all nodes together.
const VALUES: usize = 256;

/// A value that came out of a store.
#[derive(Clone, Debug, PartialEq)]
pub enum Observed {
    /// An i32.
    I32(u32),
    /// An i64.
    I64(u64),
    /// The bits of an f32.
    F32(u32),
    /// The bits of an f64.
    F64(u64),
    /// A v128; lane 0 is in the lowest bits.
    V128(u128),
    /// A null reference.
    Null,
    /// A function of an instance.
    Func {
        /// The instance that defines it.
        instance: InstanceId,
        /// Its index there.
        index: u32,
        /// Of a result: the indices that it has in the instance that was asked, which may have imported it.
        here: Vec<u32>,
    },
    /// A function of the host.
    HostFunc {
        /// Its name.
        name: String,
        /// As [`Observed::Func::here`].
        here: Vec<u32>,
    },
    /// A host value, by its number.
    Extern(u64),
    /// An exception: objects in its payload, exceptions among them, are excerpts.
    Exception(TagId, Vec<Observed>),
    /// A continuation.
    Cont(ObservedCont),
    /// 31 bits.
    I31(u32),
    /// A structure or an array, with some of the objects that it leads to.
    Object(Graph),
    /// Inside such a graph: one of its objects.
    Node(u32),
    /// A reference of another engine, of which the kind alone is known.
    Kind(RefKind),
}

/// The kinds of references that are neither null nor a value of the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RefKind {
    /// A function.
    Func,
    /// An `externref` that was made from another reference by `extern.convert_any`.
    Extern,
    /// A small integer.
    I31,
    /// A structure.
    Struct,
    /// An array.
    Array,
    /// An exception.
    Exn,
    /// A continuation.
    Cont,
}

impl RefKind {
    /// The type that is written in its place, without the `ref`.
    pub fn name(self) -> &'static str {
        match self {
            RefKind::Func => "func",
            RefKind::Extern => "extern",
            RefKind::I31 => "i31",
            RefKind::Struct => "struct",
            RefKind::Array => "array",
            RefKind::Exn => "exn",
            RefKind::Cont => "cont",
        }
    }
}

/// The observable part of a continuation, without the contents of its stacks.
#[derive(Clone, Debug, PartialEq)]
pub enum ObservedCont {
    /// Canonical type, the function that it will call, and how many slots of its arguments it has.
    Fresh(TypeId, Box<Observed>, usize),
    /// It has been suspended, and can be resumed.
    Suspended,
    /// It has been resumed, and cannot be resumed again.
    Consumed,
}

/// An object and some of the objects that it leads to; never empty, and the object is the first.
#[derive(Clone, Debug, PartialEq)]
pub struct Graph {
    nodes: Vec<Node>,
    /// There is more than this.
    cut: bool,
}

/// One object of a graph. [`Observed::Node`] in its values is another one, by number.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The kind of the object.
    pub kind: NodeKind,
    /// Fields, elements or payload: the first of them, where there are too many.
    pub values: Vec<Observed>,
}

/// The kinds of objects in a graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// Canonical type, which is the same in all stores of a process.
    Struct(TypeId),
    /// Canonical type and length.
    Array(TypeId, u32),
    /// An exception with this tag.
    Exception(TagId),
}

impl Observed {
    /// Copies a value out of a store.
    pub fn of(value: Val, store: &Store) -> Observed {
        match value {
            Val::I32(v) => Observed::I32(v),
            Val::I64(v) => Observed::I64(v),
            Val::F32(v) => Observed::F32(v),
            Val::F64(v) => Observed::F64(v),
            Val::V128(v) => Observed::V128(v),
            Val::Ref(r) => Observed::of_ref(r, store),
        }
    }

    /// Copies a reference out of a store.
    pub fn of_ref(r: Ref, store: &Store) -> Observed {
        match r {
            Ref::Null => Observed::Null,
            Ref::Func(f) => match store.func_origin(f) {
                Some((instance, index)) => Observed::Func { instance, index, here: Vec::new() },
                None => {
                    Observed::HostFunc { name: store.host_func_name(f).unwrap_or_default().into(), here: Vec::new() }
                }
            },
            Ref::Gc(object) => Observed::object(object, store),
        }
    }

    /// Copies a result of a function, or the value of a global, that an instance exports.
    pub fn of_result(value: Val, store: &Store, asked: InstanceId) -> Observed {
        let mut seen = Observed::of(value, store);
        if let (Observed::Func { here, .. } | Observed::HostFunc { here, .. }, Val::Ref(Ref::Func(func))) =
            (&mut seen, value)
        {
            let externs = store.instance_externs(asked);
            let functions = externs.iter().take_while(|e| matches!(e, Extern::Func(_)));
            here.extend((0..).zip(functions).filter(|(_, f)| **f == Extern::Func(func)).map(|(index, _)| index));
        }
        seen
    }

    /// Copies a heap object, with some of the objects that it refers to.
    pub fn object(object: GcRef, store: &Store) -> Observed {
        let mut values = Vec::new();
        match store.shape(object, &mut values) {
            ObjectShape::HostExtern(n) => Observed::Extern(n),
            ObjectShape::I31(v) => Observed::I31(v),
            ObjectShape::Struct(..) | ObjectShape::Array(..) => Observed::Object(Graph::of(object, store)),
            ObjectShape::Exception(tag) => {
                let within = |value: Val| match value {
                    Val::Ref(Ref::Gc(object)) if store.is_exception(object) => {
                        Observed::Object(Graph::of(object, store))
                    }
                    value => Observed::of(value, store),
                };
                Observed::Exception(tag, values.into_iter().map(within).collect())
            }
            ObjectShape::Cont(_, cont) => Observed::Cont(match cont {
                Cont::Fresh { ty, func, bound } => {
                    ObservedCont::Fresh(ty, Box::new(Observed::of_ref(Ref::Func(func), store)), bound)
                }
                Cont::Suspended => ObservedCont::Suspended,
                Cont::Consumed => ObservedCont::Consumed,
            }),
        }
    }
}

impl fmt::Display for Observed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Observed::I32(v) => write!(f, "i32 {}", *v as i32),
            Observed::I64(v) => write!(f, "i64 {}", *v as i64),
            Observed::F32(v) => f.write_str(&f32_text(*v)),
            Observed::F64(v) => f.write_str(&f64_text(*v)),
            Observed::V128(v) => f.write_str(&vector_text(VectorShape::I32x4, *v)),
            Observed::Null => f.write_str("null"),
            Observed::Func { instance, index, .. } => write!(f, "func {index} of instance {}", instance.0),
            Observed::HostFunc { name, .. } => write!(f, "host func {name}"),
            Observed::Extern(n) => write!(f, "extern {n}"),
            Observed::I31(v) => write!(f, "i31 {}", (v << 1) as i32 >> 1),
            Observed::Object(graph) => write!(f, "{graph}"),
            Observed::Node(number) => write!(f, "object {number}"),
            Observed::Kind(RefKind::Exn) => f.write_str("exception"),
            Observed::Kind(kind) => f.write_str(kind.name()),
            Observed::Cont(ObservedCont::Fresh(_, func, 0)) => write!(f, "continuation of {func}"),
            Observed::Cont(ObservedCont::Fresh(_, func, bound)) => {
                write!(f, "continuation of {func}, {bound} slots bound")
            }
            Observed::Cont(ObservedCont::Suspended) => f.write_str("suspended continuation"),
            Observed::Cont(ObservedCont::Consumed) => f.write_str("consumed continuation"),
            Observed::Exception(tag, payload) => write!(f, "exception tag {} ({})", tag.0, list(payload)),
        }
    }
}

/// A graph in the making.
struct Builder<'s> {
    store: &'s Store,
    nodes: Vec<Node>,
    numbers: HashMap<GcRef, u32>,
    /// Objects by number; those from `nodes.len()` on are not copied yet.
    objects: Vec<GcRef>,
    values: usize,
    cut: bool,
}

impl Graph {
    /// Copies the beginning of a structure, an array or an exception.
    ///
    /// # Panics
    /// If the object is of another kind.
    pub fn of(object: GcRef, store: &Store) -> Graph {
        let mut b = Builder {
            store,
            nodes: Vec::new(),
            numbers: HashMap::from([(object, 0)]),
            objects: vec![object],
            values: 0,
            cut: false,
        };
        while b.nodes.len() < b.objects.len() {
            let node = b.node(b.objects[b.nodes.len()]);
            b.nodes.push(node);
        }
        Graph { nodes: b.nodes, cut: b.cut }
    }

    /// The object that the graph begins with.
    pub fn root(&self) -> &Node {
        &self.nodes[0]
    }

    /// Whether there is more than it shows.
    pub fn is_cut(&self) -> bool {
        self.cut
    }

    /// The nodes, in the order in which they were come across.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }
}

impl Builder<'_> {
    fn node(&mut self, object: GcRef) -> Node {
        let store = self.store;
        let mut values = Vec::new();
        let (kind, values) = match store.shape(object, &mut values) {
            ObjectShape::Struct(ty) => (NodeKind::Struct(ty), self.values(values.into_iter())),
            ObjectShape::Exception(tag) => (NodeKind::Exception(tag), self.values(values.into_iter())),
            ObjectShape::Array(ty, len) => {
                (NodeKind::Array(ty, len), self.values((0..len).map(|i| store.array_element(object, i))))
            }
            ObjectShape::HostExtern(_) | ObjectShape::I31(_) | ObjectShape::Cont(..) => {
                unreachable!("these are not nodes")
            }
        };
        Node { kind, values }
    }

    fn values(&mut self, values: impl Iterator<Item = Val>) -> Vec<Observed> {
        values.map_while(|value| self.value(value)).collect()
    }

    /// `None` if there are enough of them.
    fn value(&mut self, value: Val) -> Option<Observed> {
        self.values += 1;
        if self.values > VALUES {
            self.cut = true;
            return None;
        }
        let Val::Ref(Ref::Gc(object)) = value else { return Some(Observed::of(value, self.store)) };
        if let Some(&number) = self.numbers.get(&object) {
            return Some(Observed::Node(number));
        }
        Some(match self.store.shape(object, &mut Vec::new()) {
            ObjectShape::HostExtern(_) | ObjectShape::I31(_) | ObjectShape::Cont(..) => {
                Observed::object(object, self.store)
            }
            ObjectShape::Struct(_) | ObjectShape::Array(..) | ObjectShape::Exception(_)
                if self.objects.len() == NODES =>
            {
                self.cut = true;
                Observed::Node(u32::MAX)
            }
            ObjectShape::Struct(_) | ObjectShape::Array(..) | ObjectShape::Exception(_) => {
                let number = self.objects.len() as u32;
                self.numbers.insert(object, number);
                self.objects.push(object);
                Observed::Node(number)
            }
        })
    }
}

/// The object and its contents; other objects by their numbers.
impl fmt::Display for Graph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 4;
        for (i, node) in self.nodes.iter().take(SHOWN).enumerate() {
            if i > 0 {
                write!(f, ", object {i} = ")?;
            }
            match node.kind {
                NodeKind::Struct(_) => f.write_str("struct")?,
                NodeKind::Array(_, len) => write!(f, "array of {len}")?,
                NodeKind::Exception(tag) => write!(f, "exception tag {}", tag.0)?,
            }
            let shown = &node.values[..node.values.len().min(SHOWN)];
            let more = if node.values.len() > SHOWN { ", …" } else { "" };
            write!(f, " ({}{more})", list(shown))?;
        }
        match self.nodes.len().saturating_sub(SHOWN) {
            _ if self.cut => f.write_str(", more objects"),
            0 => Ok(()),
            more => write!(f, ", {more} more objects"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Config, Engine, Mode, Tier};
    use crate::module::{Module, WasmFeatures};
    use crate::runtime::store::{Extern, Limits};
    use std::sync::Arc;

    /// The graph of an object that a function returns for a number.
    fn graph(function: &str, number: usize) -> Graph {
        let text = format!(
            "(module (type $bytes (array (mut i8))) (type $cell (struct (field (mut (ref null $cell)))))
               (func (export \"f\") (param i32) (result anyref) (local $last (ref null $cell)) {function}))"
        );
        let module = Arc::new(Module::new(&wat::parse_str(text).unwrap(), WasmFeatures::WASM3).unwrap());
        let engine = Engine::new(Config { mode: Mode::All(Tier::Interp), ..Config::default() }).unwrap();
        let mut store = engine.store(Limits::default());
        let instance = store.instantiate(engine.compile(&module).unwrap(), &[]).unwrap();
        let Some(Extern::Func(f)) = store.export(instance, "f") else { panic!("no function") };
        let returned = store.call(f, &[Val::I32(number as u32)]).unwrap();
        let [Val::Ref(Ref::Gc(object))] = returned[..] else { panic!("{returned:?}") };
        Graph::of(object, &store)
    }

    /// Four values of each of four objects are printed.
    #[test]
    fn a_graph_is_printed_in_part() {
        let text = |values| graph("(array.new $bytes (i32.const 7) (local.get 0))", values).to_string();
        for (values, shown, more) in [(3, 3, false), (4, 4, false), (5, 4, true), (9, 4, true)] {
            let text = text(values);
            let inside = text.split_once('(').expect("values").1;
            assert_eq!((inside.matches('7').count(), inside.contains('…')), (shown, more), "{text}");
        }
        let list = "(loop $more (local.set $last (struct.new $cell (local.get $last)))
            (br_if $more (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (local.get $last)";
        for (objects, shown, more) in [(1, 1, ""), (4, 4, ""), (5, 4, ", 1 more objects"), (9, 4, ", 5 more objects")] {
            let text = graph(list, objects).to_string();
            assert_eq!(text.matches("struct").count(), shown, "{text}");
            assert!(text.ends_with(more) && text.contains("more") != more.is_empty(), "{text}");
        }
    }

    #[test]
    fn what_is_copied_of_a_large_object_has_an_end() {
        for values in [0, 1, VALUES - 1, VALUES, VALUES + 1, 4 * VALUES] {
            let graph = graph("(array.new_default $bytes (local.get 0))", values);
            assert_eq!((graph.root().values.len(), graph.is_cut()), (values.min(VALUES), values > VALUES), "{values}");
        }
        let list = "(loop $more (local.set $last (struct.new $cell (local.get $last)))
            (br_if $more (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (local.get $last)";
        for objects in [1, 2, NODES - 1, NODES, NODES + 1, 4 * NODES] {
            let graph = graph(list, objects);
            assert_eq!((graph.nodes().len(), graph.is_cut()), (objects.min(NODES), objects > NODES), "{objects}");
        }
    }
}
