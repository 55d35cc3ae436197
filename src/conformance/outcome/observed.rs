//! Values copied out of a store, which outlive it. References are described by their origin instead of their address, so that
//! values of two stores can be compared.
//! address, so that values of two stores can be compared.
//!
//! An excerpt of a heap ([`Graph`]) has its nodes numbered in the order in which they are reached, so it does not show addresses,
//! but does show sharing and cycles. Two stores are not compared by excerpts, but by [`walk`](crate::conformance::compare::walk).
//! not show, but sharing and cycles do. Two stores are not compared by excerpts, but by
//! [`walk`](crate::conformance::compare::walk).

use super::numbers::{VectorShape, f32_text, f64_text, list, vector_text};
use crate::runtime::store::{Cont, Extern, InstanceId, ObjectShape, Store, TagId};
use crate::runtime::types::TypeId;
use crate::runtime::value::{GcRef, Ref, Val};
use crate::text::counted;
use std::collections::HashMap;
use std::fmt;

/// The maximum number of nodes in an excerpt.
const NODES: usize = 64;
/// The maximum number of fields and elements in an excerpt, over all nodes.
const VALUES: usize = 256;

/// A value copied out of a store.
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
        /// For a result, the indices that it has in the called instance, which may have imported it.
        here: Vec<u32>,
    },
    /// A function of the host.
    HostFunc {
        /// Its name.
        name: String,
        /// See [`Observed::Func::here`].
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
    /// A reference of another engine, of which only the kind is known.
    Kind(RefKind),
}

/// The kinds of references that are neither null nor host values.
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
    /// The name of the heap type that stands for it, without the `ref`.
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
    /// Not yet resumed: its canonical type, the function that it will call, and the number of argument slots that it holds.
    Fresh(TypeId, Box<Observed>, usize),
    /// It has been suspended, and can be resumed.
    Suspended,
    /// It has been resumed, and cannot be resumed again.
    Consumed,
}

/// An object, which comes first, and some of the objects that it leads to. Never empty.
#[derive(Clone, Debug, PartialEq)]
pub struct Graph {
    nodes: Vec<Node>,
    /// Whether there is more than this.
    cut: bool,
}

/// One object of a graph. An [`Observed::Node`] in its values refers to another one, by number.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The kind of the object.
    pub kind: NodeKind,
    /// Fields, elements or payload; only the first ones if there are too many.
    pub values: Vec<Observed>,
}

/// The kinds of objects in a graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// A struct with this canonical type, which is the same in all stores of a process.
    Struct(TypeId),
    /// An array with this canonical type and length.
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

/// A graph under construction.
struct Builder<'s> {
    store: &'s Store,
    nodes: Vec<Node>,
    numbers: HashMap<GcRef, u32>,
    /// Objects by number; those from `nodes.len()` on have not been copied yet.
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

    /// The nodes, in the order in which they were reached.
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

    /// Copies a value; `None` if there are enough of them.
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
            more => write!(f, ", {}", counted(more, "more object")),
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
        for (objects, shown, more) in [(1, 1, ""), (4, 4, ""), (5, 4, ", 1 more object"), (9, 4, ", 5 more objects")] {
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

    /// An instance of a module, in a store that the interpreter runs.
    fn instantiate(store: &mut Store, engine: &Engine, text: &str, imports: &[Extern]) -> InstanceId {
        let bytes = wat::parse_str(text).expect("a module");
        let module = Arc::new(Module::new(&bytes, WasmFeatures::WASM3).expect("a valid module"));
        store.instantiate(engine.compile(&module).expect("code"), imports).expect("an instance")
    }

    fn engine() -> Engine {
        Engine::new(Config { mode: Mode::All(Tier::Interp), ..Config::default() }).expect("an engine")
    }

    /// The text of an excerpt: its objects, each with the first of its values, and how many are left out.
    #[test]
    fn a_graph_has_this_text() {
        let array = "(array.new $bytes (i32.const 7) (local.get 0))";
        let list = "(loop $more (local.set $last (struct.new $cell (local.get $last)))
            (br_if $more (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (local.get $last)";
        let itself = "(local.set $last (struct.new $cell (ref.null $cell)))
            (struct.set $cell 0 (local.get $last) (local.get $last)) (local.get $last)";
        let circle = "(local.set $last (struct.new $cell (struct.new $cell (ref.null $cell))))
            (struct.set $cell 0 (struct.get $cell 0 (local.get $last)) (local.get $last)) (local.get $last)";
        let four = "struct (object 1), object 1 = struct (object 2), object 2 = struct (object 3), object 3 = struct";
        for (function, number, text) in [
            (array, 0, "array of 0 ()".to_string()),
            (array, 1, "array of 1 (i32 7)".into()),
            (array, 4, "array of 4 (i32 7, i32 7, i32 7, i32 7)".into()),
            (array, 5, "array of 5 (i32 7, i32 7, i32 7, i32 7, \u{2026})".into()),
            (list, 1, "struct (null)".into()),
            (list, 2, "struct (object 1), object 1 = struct (null)".into()),
            (list, 4, format!("{four} (null)")),
            (list, 5, format!("{four} (object 4), 1 more object")),
            (list, NODES, format!("{four} (object 4), 60 more objects")),
            (list, NODES + 1, format!("{four} (object 4), more objects")),
            (itself, 0, "struct (object 0)".into()),
            (circle, 0, "struct (object 1), object 1 = struct (object 0)".into()),
        ] {
            assert_eq!(graph(function, number).to_string(), text);
        }
        let cut = graph(list, NODES + 1);
        assert_eq!(cut.nodes()[NODES - 2].values, [Observed::Node(NODES as u32 - 1)]);
        assert_eq!(cut.nodes()[NODES - 1].values, [Observed::Node(u32::MAX)], "an object without a number");
        let vector = Observed::V128(1 << 96 | 2);
        assert_eq!(vector.to_string(), "v128 i32x4 0x00000002 0x00000000 0x00000000 0x00000001");
    }

    /// A function is identified by the instance that defines it, and has each index that the called instance has for it.
    #[test]
    fn a_function_has_the_indices_of_the_instance_that_was_asked() {
        let engine = engine();
        let mut store = engine.store(Limits::default());
        let first = instantiate(&mut store, &engine, r#"(module (func) (func (export "f")))"#, &[]);
        let Some(Extern::Func(own)) = store.export(first, "f") else { panic!("no function") };
        let host = store.new_host_func("h", wasmparser::FuncType::new([], []), Box::new(|_, _| Ok(Vec::new())));
        let second = instantiate(
            &mut store,
            &engine,
            r#"(module (import "a" "f" (func)) (import "a" "h" (func)) (import "a" "f" (func))
                 (func) (table 1 funcref))"#,
            &[Extern::Func(own), Extern::Func(host), Extern::Func(own)],
        );
        let of = |func, asked| Observed::of_result(Val::Ref(Ref::Func(func)), &store, asked);
        let func = |here: &[u32]| Observed::Func { instance: first, index: 1, here: here.to_vec() };
        let host_func = |here: &[u32]| Observed::HostFunc { name: "h".into(), here: here.to_vec() };
        assert_eq!([of(own, first), of(own, second)], [func(&[1]), func(&[0, 2])]);
        assert_eq!([of(host, first), of(host, second)], [host_func(&[]), host_func(&[1])]);
        assert_eq!(Observed::of(Val::Ref(Ref::Func(own)), &store), func(&[]), "nobody was asked");
    }

    /// The payload of an exception is copied; objects in it, including exceptions, become excerpts.
    #[test]
    fn the_payload_of_an_exception_is_copied() {
        let engine = engine();
        let mut store = engine.store(Limits::default());
        let text = r#"(module (type $cell (struct (field i32)))
            (tag $inner (param i32)) (tag $outer (param exnref anyref anyref externref i64 funcref))
            (func $caught (result exnref) (block $caught (result exnref)
              (try_table (catch_all_ref $caught) (throw $inner (i32.const 4))) (unreachable)))
            (func (export "f") (param externref) (result exnref) (block $caught (result exnref)
              (try_table (catch_all_ref $caught) (throw $outer (call $caught) (ref.i31 (i32.const 5))
                (struct.new $cell (i32.const 6)) (local.get 0) (i64.const 7) (ref.null func)))
              (unreachable))))"#;
        let instance = instantiate(&mut store, &engine, text, &[]);
        let Some(Extern::Func(f)) = store.export(instance, "f") else { panic!("no function") };
        let host = store.new_extern(8);
        let returned = store.call(f, &[host.into()]).expect("an exception");
        let Observed::Exception(tag, payload) = Observed::of(returned[0], &store) else { panic!("{returned:?}") };
        let [Observed::Object(inner), small, Observed::Object(cell), rest @ ..] = &payload[..] else {
            panic!("{payload:?}")
        };
        assert_eq!((tag, inner.root().kind), (TagId(1), NodeKind::Exception(TagId(0))));
        assert_eq!((inner.nodes().len(), &inner.root().values[..]), (1, &[Observed::I32(4)][..]));
        assert!(matches!(cell.root().kind, NodeKind::Struct(_)), "{cell}");
        assert_eq!((cell.nodes().len(), &cell.root().values[..]), (1, &[Observed::I32(6)][..]));
        assert_eq!(*small, Observed::I31(5));
        assert_eq!(rest, [Observed::Extern(8), Observed::I64(7), Observed::Null]);
    }

    fn excerpt(cut: bool, nodes: &[(NodeKind, &[Observed])]) -> Observed {
        let nodes = nodes.iter().map(|(kind, values)| Node { kind: *kind, values: values.to_vec() });
        Observed::Object(Graph { nodes: nodes.collect(), cut })
    }

    /// Objects of two stores are the same if everything in their excerpts is; nothing is known about what was cut off.
    #[test]
    fn excerpts_are_compared_object_by_object() {
        use crate::conformance::outcome::equality::{Correspondence, Equality};
        use NodeKind::{Array, Exception, Struct};
        let map = Correspondence { tags: [(TagId(1), TagId(9))].into(), ..Correspondence::default() };
        let lists = [vec![Observed::I32(1)], vec![Observed::I32(2)], vec![Observed::I32(1), Observed::Node(1)]];
        let [one, two, linked] = lists.each_ref().map(Vec::as_slice);
        let single = |cut: bool, kind: NodeKind, values: &[Observed]| excerpt(cut, &[(kind, values)]);
        let pair = |cut: bool, values: &[Observed]| excerpt(cut, &[(Struct(1), linked), (Array(2, 1), values)]);
        for (left, right, expected) in [
            (single(false, Struct(1), one), single(false, Struct(1), one), Equality::Yes),
            (single(false, Struct(1), one), single(false, Struct(1), two), Equality::No),
            (single(false, Struct(1), one), single(false, Struct(2), one), Equality::No),
            (single(false, Struct(1), one), single(false, Array(1, 1), one), Equality::No),
            (single(false, Array(1, 1), one), single(false, Array(1, 2), one), Equality::No),
            (single(false, Struct(1), one), single(false, Struct(1), linked), Equality::No),
            (single(false, Struct(1), linked), pair(false, one), Equality::No),
            (pair(false, one), single(false, Struct(1), linked), Equality::No),
            (pair(false, one), pair(false, one), Equality::Yes),
            (pair(false, one), pair(false, two), Equality::No),
            (pair(true, one), pair(false, one), Equality::Unknown),
            (pair(false, one), pair(true, one), Equality::Unknown),
            (pair(true, one), pair(true, one), Equality::Unknown),
            (pair(true, one), pair(true, two), Equality::No),
            (single(true, Struct(1), linked), pair(false, one), Equality::Unknown),
            (single(false, Exception(TagId(1)), one), single(false, Exception(TagId(9)), one), Equality::Yes),
            (single(false, Exception(TagId(1)), one), single(false, Exception(TagId(1)), one), Equality::No),
            (single(false, Exception(TagId(9)), one), single(false, Exception(TagId(1)), one), Equality::Unknown),
            (single(false, Exception(TagId(1)), one), single(false, Struct(1), one), Equality::No),
        ] {
            assert_eq!(map.same(&left, &right), expected, "{left:?} {right:?}");
        }
    }

    /// Structs and arrays match their patterns, but not once they have become host values.
    #[test]
    fn objects_match_the_patterns_of_their_kind() {
        use crate::conformance::outcome::pattern::Pattern;
        use wasmparser::{RefType, ValType};
        let nothing: &[Observed] = &[];
        let structure = excerpt(false, &[(NodeKind::Struct(1), nothing)]);
        let array = excerpt(false, &[(NodeKind::Array(1, 0), nothing)]);
        for (ty, seen, matched) in [
            (RefType::ANYREF, &structure, &[Pattern::RefAny, Pattern::RefEq, Pattern::RefStruct][..]),
            (RefType::ANYREF, &array, &[Pattern::RefAny, Pattern::RefEq, Pattern::RefArray]),
            (RefType::EXTERNREF, &structure, &[Pattern::RefExtern(None)]),
            (RefType::EXTERNREF, &array, &[Pattern::RefExtern(None)]),
            (RefType::FUNCREF, &structure, &[]),
            (RefType::FUNCREF, &array, &[]),
        ] {
            for pattern in [
                Pattern::RefAny,
                Pattern::RefEq,
                Pattern::RefStruct,
                Pattern::RefArray,
                Pattern::RefI31,
                Pattern::RefExtern(None),
                Pattern::RefExtern(Some(1)),
                Pattern::RefHost(1),
                Pattern::RefNull(None),
                Pattern::RefFunc(None),
                Pattern::RefExn,
                Pattern::RefCont,
            ] {
                let expected = matched.contains(&pattern);
                assert_eq!(pattern.matches(seen, ValType::Ref(ty)), expected, "{pattern}: {seen} of {ty}");
            }
        }
    }
}
