//! Which instances can reach which: those that share an entity, or import from each other, directly or through others.
//!
//! Scripts pass no function or exception reference from the outside, so that whatever a call may change belongs to the
//! component of the instance that is called.

use crate::runtime::store::{Extern, InstanceId};
use std::collections::HashMap;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Node {
    Instance(InstanceId),
    Entity(Extern),
}

/// Components of instances and entities of one store.
#[derive(Clone, Default)]
pub struct Components {
    nodes: HashMap<Node, usize>,
    parents: Vec<usize>,
}

impl Components {
    fn node(&mut self, node: Node) -> usize {
        let parents = &mut self.parents;
        *self.nodes.entry(node).or_insert_with(|| {
            parents.push(parents.len());
            parents.len() - 1
        })
    }

    fn root(&self, mut node: usize) -> usize {
        while self.parents[node] != node {
            node = self.parents[node];
        }
        node
    }

    fn join(&mut self, a: Node, b: Node) {
        let (a, b) = (self.node(a), self.node(b));
        let (a, b) = (self.root(a), self.root(b));
        // The older one leads, so that chains stay short: many young instances join few old entities.
        self.parents[a.max(b)] = a.min(b);
    }

    /// An instance has an entity.
    pub fn join_entity(&mut self, instance: InstanceId, entity: Extern) {
        self.join(Node::Instance(instance), Node::Entity(entity));
    }

    /// An instance has a function of another.
    pub fn join_instance(&mut self, a: InstanceId, b: InstanceId) {
        self.join(Node::Instance(a), Node::Instance(b));
    }

    /// The component of an instance, if it was ever joined with anything.
    pub fn of_instance(&self, instance: InstanceId) -> Option<usize> {
        self.nodes.get(&Node::Instance(instance)).map(|n| self.root(*n))
    }

    /// The component of an entity.
    pub fn of_entity(&self, entity: Extern) -> Option<usize> {
        self.nodes.get(&Node::Entity(entity)).map(|n| self.root(*n))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::store::{MemoryId, TableId};

    #[test]
    fn sharing_joins() {
        let mut c = Components::default();
        let memory = |n| Extern::Memory(MemoryId(n));
        c.join_entity(InstanceId(0), memory(0));
        c.join_entity(InstanceId(1), memory(1));
        assert_ne!(c.of_instance(InstanceId(0)), c.of_entity(memory(1)));
        c.join_instance(InstanceId(2), InstanceId(1));
        c.join_entity(InstanceId(2), Extern::Table(TableId(0)));
        assert_eq!(c.of_entity(Extern::Table(TableId(0))), c.of_entity(memory(1)));
        c.join_entity(InstanceId(2), memory(0));
        assert_eq!(c.of_instance(InstanceId(0)), c.of_entity(memory(1)));
        assert_eq!(c.of_instance(InstanceId(9)), None);
    }
}
