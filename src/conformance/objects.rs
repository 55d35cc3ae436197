//! Copies of what lies in a store's heap: an object with all that it leads to, as a graph whose nodes are numbered in the
//! order in which they are come across. So two graphs have the same form exactly if their lists of nodes are equal:
//! addresses do not matter, but sharing and cycles do.

use super::values::{Correspondence, Same, Seen};
use crate::runtime::store::{Object, Store, TagId};
use crate::runtime::types::TypeId;
use crate::runtime::value::{GcRef, Ref, Val};
use std::collections::HashMap;
use std::fmt;

/// Most nodes of a graph: from there on, objects are only said to be there.
const NODES: usize = 1 << 16;
/// Most fields and elements that are copied, of all nodes together.
const VALUES: usize = 1 << 18;

/// An object and what it leads to; never empty, and the object is the first.
#[derive(Clone, Debug, PartialEq)]
pub struct Graph(Vec<Node>);

/// One object of a graph. [`Seen::Node`] in its values is another one, by number.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    pub kind: NodeKind,
    /// Fields, elements or payload: the first of them, where there are too many.
    pub values: Vec<Seen>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// Canonical type, which is the same in all stores of a process.
    Struct(TypeId),
    /// Canonical type and length.
    Array(TypeId, u32),
    Exception(TagId),
}

/// A graph in the making.
struct Builder<'s> {
    store: &'s Store,
    nodes: Vec<Node>,
    numbers: HashMap<GcRef, u32>,
    /// Objects by number; those from `nodes.len()` on are not copied yet.
    objects: Vec<GcRef>,
    values: usize,
}

impl Graph {
    /// Copies a structure or an array. Panics if it is neither.
    pub fn of(object: GcRef, store: &Store) -> Graph {
        let mut b = Builder {
            store,
            nodes: Vec::new(),
            numbers: HashMap::from([(object, 0)]),
            objects: vec![object],
            values: 0,
        };
        while b.nodes.len() < b.objects.len() {
            let node = b.node(b.objects[b.nodes.len()]);
            b.nodes.push(node);
        }
        Graph(b.nodes)
    }

    pub fn root(&self) -> &Node {
        &self.0[0]
    }

    /// All values in it.
    pub fn values(&self) -> impl Iterator<Item = &Seen> {
        self.0.iter().flat_map(|node| &node.values)
    }

    /// Compares the graph of an object in the left store with one of the right.
    pub fn same(&self, other: &Graph, map: &Correspondence) -> Same {
        if self.0.len() != other.0.len() {
            return Same::No;
        }
        self.0.iter().zip(&other.0).fold(Same::Yes, |so_far, (x, y)| {
            let kinds = match (x.kind, y.kind) {
                (NodeKind::Exception(a), NodeKind::Exception(b)) => map.same_tag(a, b),
                (a, b) if a == b => Same::Yes,
                _ => Same::No,
            };
            so_far.and(kinds).and(map.all_same(&x.values, &y.values))
        })
    }
}

impl Builder<'_> {
    fn node(&mut self, object: GcRef) -> Node {
        match self.store.object(object) {
            Object::Struct(ty, fields) => {
                Node { kind: NodeKind::Struct(ty), values: fields.into_iter().map_while(|v| self.value(v)).collect() }
            }
            Object::Array(ty, len) => {
                let store = self.store;
                let values = (0..len).map_while(|i| self.value(store.array_element(object, i))).collect();
                Node { kind: NodeKind::Array(ty, len), values }
            }
            Object::Exception { tag, payload } => {
                let values = payload.into_iter().map_while(|v| self.value(v)).collect();
                Node { kind: NodeKind::Exception(tag), values }
            }
            Object::HostExtern(_) | Object::I31(_) | Object::Cont(_) => unreachable!("these are no nodes"),
        }
    }

    /// `None` if there are enough of them.
    fn value(&mut self, value: Val) -> Option<Seen> {
        self.values += 1;
        if self.values > VALUES {
            return None;
        }
        let Val::Ref(Ref::Gc(object)) = value else { return Some(Seen::of(value, self.store)) };
        if let Some(&number) = self.numbers.get(&object) {
            return Some(Seen::Node(number));
        }
        Some(match self.store.object(object) {
            Object::HostExtern(n) => Seen::Extern(n),
            Object::I31(n) => Seen::I31(n),
            Object::Cont(_) => Seen::object(object, self.store),
            _ if self.objects.len() == NODES => Seen::Node(u32::MAX),
            _ => {
                let number = self.objects.len() as u32;
                self.numbers.insert(object, number);
                self.objects.push(object);
                Seen::Node(number)
            }
        })
    }
}

/// The object and what is in it; other objects by their numbers.
impl fmt::Display for Graph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 4;
        for (i, node) in self.0.iter().take(SHOWN).enumerate() {
            if i > 0 {
                write!(f, ", object {i} = ")?;
            }
            match node.kind {
                NodeKind::Struct(_) => f.write_str("struct")?,
                NodeKind::Array(_, len) => write!(f, "array of {len}")?,
                NodeKind::Exception(tag) => write!(f, "exception tag {}", tag.0)?,
            }
            let shown: Vec<String> = node.values.iter().take(SHOWN).map(ToString::to_string).collect();
            let more = if node.values.len() > SHOWN { ", …" } else { "" };
            write!(f, " ({}{more})", shown.join(", "))?;
        }
        if self.0.len() > SHOWN { write!(f, ", {} more objects", self.0.len() - SHOWN) } else { Ok(()) }
    }
}
