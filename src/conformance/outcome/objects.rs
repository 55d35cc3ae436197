//! What lies in a store's heap: excerpts of it to be shown, and what can be reached in it.
//!
//! An excerpt is a graph whose nodes are numbered in the order in which they are come across, so addresses do not show,
//! but sharing and cycles do. Two stores are not held against each other by excerpts, but by [`super::walk`].

use super::values::{Seen, list};
use crate::conformance::compare::walk::Offsets;
use crate::runtime::store::{Cont, InstanceId, Shape, Store, TagId};
use crate::runtime::types::TypeId;
use crate::runtime::value::{GcRef, Ref, Val};
use std::collections::HashMap;
use std::fmt;

/// Most nodes of an excerpt.
const NODES: usize = 64;
/// Most fields and elements in it, of all nodes together.
const VALUES: usize = 256;

/// An object and some of what it leads to; never empty, and the object is the first.
#[derive(Clone, Debug, PartialEq)]
pub struct Graph {
    nodes: Vec<Node>,
    /// There is more than this.
    cut: bool,
}

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
    cut: bool,
}

impl Graph {
    /// Copies the beginning of a structure, an array or an exception. Panics if it is none of them.
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
            Shape::Struct(ty) => (NodeKind::Struct(ty), self.values(values.into_iter())),
            Shape::Exception(tag) => (NodeKind::Exception(tag), self.values(values.into_iter())),
            Shape::Array(ty, len) => {
                (NodeKind::Array(ty, len), self.values((0..len).map(|i| store.array_element(object, i))))
            }
            Shape::HostExtern(_) | Shape::I31(_) | Shape::Cont(..) => unreachable!("these are no nodes"),
        };
        Node { kind, values }
    }

    fn values(&mut self, values: impl Iterator<Item = Val>) -> Vec<Seen> {
        values.map_while(|value| self.value(value)).collect()
    }

    /// `None` if there are enough of them.
    fn value(&mut self, value: Val) -> Option<Seen> {
        self.values += 1;
        if self.values > VALUES {
            self.cut = true;
            return None;
        }
        let Val::Ref(Ref::Gc(object)) = value else { return Some(Seen::of(value, self.store)) };
        if let Some(&number) = self.numbers.get(&object) {
            return Some(Seen::Node(number));
        }
        Some(match self.store.shape(object, &mut Vec::new()) {
            Shape::HostExtern(_) | Shape::I31(_) | Shape::Cont(..) => Seen::object(object, self.store),
            Shape::Struct(_) | Shape::Array(..) | Shape::Exception(_) if self.objects.len() == NODES => {
                self.cut = true;
                Seen::Node(u32::MAX)
            }
            Shape::Struct(_) | Shape::Array(..) | Shape::Exception(_) => {
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

/// Adds the instances whose functions can be reached from a value, through however many objects.
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
            Shape::Array(_, len) if store.array_bytes(object).is_none() => {
                (0..len).for_each(|i| see(store.array_element(object, i), &mut work));
            }
            Shape::Cont(_, Cont::Fresh { func, .. }) => see(Val::Ref(Ref::Func(func)), &mut work),
            _ => {}
        }
        values.iter().for_each(|value| see(*value, &mut work));
    }
}
