//! Tracks which instances can reach each other: those that share an entity, or import from each other, directly or through
//! others.
//!
//! Scripts pass no function or exception references from outside, so whatever a call may change belongs to the component of the
//! called instance.
//! component of the instance that is called.

use crate::runtime::store::{Extern, InstanceId};
use std::collections::HashMap;

/// An instance or an entity, as a node of the components.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Node(usize);

/// Components of instances and entities of one store.
#[derive(Clone, Default)]
pub struct Components {
    instances: HashMap<InstanceId, Node>,
    entities: HashMap<Extern, Node>,
    parents: Vec<usize>,
}

impl Components {
    /// The node of an instance.
    pub fn instance(&mut self, instance: InstanceId) -> Node {
        *self.instances.entry(instance).or_insert_with(|| new(&mut self.parents))
    }

    /// The node of an entity that is not a function.
    pub fn entity(&mut self, entity: Extern) -> Node {
        *self.entities.entry(entity).or_insert_with(|| new(&mut self.parents))
    }

    /// Records that one can reach the other.
    pub fn join(&mut self, a: Node, b: Node) {
        let (a, b) = (self.root(a).0, self.root(b).0);
        // The older one becomes the root, which keeps chains short: many young instances join few old entities.
        self.parents[a.max(b)] = a.min(b);
    }

    /// The node that represents the component of this one.
    pub fn root(&self, node: Node) -> Node {
        let mut node = node.0;
        while self.parents[node] != node {
            node = self.parents[node];
        }
        Node(node)
    }

    /// The component of an instance, if the instance is known.
    pub fn component(&self, instance: InstanceId) -> Option<Node> {
        self.instances.get(&instance).map(|n| self.root(*n))
    }

    /// The component of an entity, if the entity is known.
    pub fn component_of(&self, entity: Extern) -> Option<Node> {
        self.entities.get(&entity).map(|n| self.root(*n))
    }
}

fn new(parents: &mut Vec<usize>) -> Node {
    parents.push(parents.len());
    Node(parents.len() - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::store::{MemoryId, TableId};

    #[test]
    fn sharing_joins() {
        let mut c = Components::default();
        let [a, b, d] = [0, 1, 2].map(|n| c.instance(InstanceId(n)));
        let [m, n] = [0, 1].map(|n| c.entity(Extern::Memory(MemoryId(n))));
        c.join(a, m);
        c.join(b, n);
        assert_ne!(c.root(a), c.root(n));
        c.join(d, b);
        let table = c.entity(Extern::Table(TableId(0)));
        c.join(d, table);
        assert_eq!(c.root(table), c.root(n));
        c.join(d, m);
        assert_eq!(c.root(a), c.root(n));
        assert_eq!(c.component(InstanceId(0)), Some(c.root(n)));
        assert_eq!(c.component(InstanceId(9)), None);
        assert_eq!(c.component_of(Extern::Memory(MemoryId(1))), Some(c.root(n)));
        assert_eq!(c.component_of(Extern::Memory(MemoryId(2))), None);
    }
}
