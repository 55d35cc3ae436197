//! The states of two stores, held against each other: memories, tables, globals, dropped segments, host calls.
//!
//! Only what both sides made in the same directive is compared. What may legitimately differ from some directive on
//! (after an exhaustion, or where one side crashed) is poisoned: everything reachable from that call, and every
//! instance that shares an entity with it.

use super::reach::{Components, Node};
use super::session::Session;
use super::values::{Correspondence, Same, Seen, SeenCont, list};
use crate::runtime::store::{Extern, GlobalId, InstanceId, MemoryId, Store, TableId};
use crate::runtime::value::{Ref, Val};
use std::collections::HashSet;
use std::ops::Range;

/// After how many comparisons of what a directive can reach everything is compared: what is out of reach changes by a
/// wild store only.
const PARTIAL: u32 = 128;

/// Bytes of the pages that [`Store::touched_pages`] counts.
const PAGE: usize = 4096;

/// What the left store has in common with the right one.
#[derive(Clone, Default)]
pub struct Pairing {
    pub map: Correspondence,
    memories: Vec<Pair<MemoryId>>,
    tables: Vec<Pair<TableId>>,
    globals: Vec<Pair<GlobalId>>,
    instances: Vec<Pair<InstanceId>>,
    seen: HashSet<Extern>,
    components: Components,
    poisoned: Poisoned,
    /// Comparisons since the last one of everything.
    partial: u32,
    /// Memories of the left store that threads are writing: what can reach them is not looked at.
    racing: Vec<MemoryId>,
    /// Nothing is looked at but what can reach these.
    only: Option<Vec<MemoryId>>,
}

/// Two of a kind.
#[derive(Clone, Copy)]
struct Pair<T> {
    left: T,
    right: T,
    /// The left one among the components.
    node: Node,
}

#[derive(Clone, Default)]
struct Poisoned {
    instances: HashSet<InstanceId>,
    entities: HashSet<Extern>,
}

/// How two states compare.
#[derive(Clone, Debug, PartialEq)]
pub enum Compared {
    Same {
        /// Globals that hold two different NaNs.
        nans: u64,
    },
    /// What differs first.
    Different(String),
}

impl Pairing {
    /// Pairs what the spectest module consists of.
    pub fn new(left: &Session, right: &Session) -> Pairing {
        let mut pairing = Pairing::default();
        for (a, b) in left.spectest.externs().zip(right.spectest.externs()) {
            pairing.pair(a, b);
        }
        pairing
    }

    fn pair(&mut self, left: Extern, right: Extern) {
        // An entity that an earlier instance brought is paired already.
        if matches!(left, Extern::Func(_)) || !self.seen.insert(left) {
            return;
        }
        let node = self.components.entity(left);
        match (left, right) {
            (Extern::Memory(left), Extern::Memory(right)) => self.memories.push(Pair { left, right, node }),
            (Extern::Table(left), Extern::Table(right)) => self.tables.push(Pair { left, right, node }),
            (Extern::Global(left), Extern::Global(right)) => self.globals.push(Pair { left, right, node }),
            (Extern::Tag(a), Extern::Tag(b)) => {
                self.map.tags.insert(a, b);
            }
            _ => {}
        }
    }

    /// Pairs instances that the last directive made, given the numbers of instances before it. If the sides made
    /// different numbers, those are left unpaired.
    pub fn pair_new(&mut self, left: &Store, right: &Store, before: (u32, u32)) {
        self.pair_made((left, before.0..left.instances()), (right, before.1..right.instances()));
    }

    /// The same of a directive that others came after.
    pub fn pair_made(&mut self, (left, made): (&Store, Range<u32>), (right, others): (&Store, Range<u32>)) {
        if made.len() != others.len() {
            return;
        }
        for (a, b) in made.zip(others) {
            let (a, b) = (InstanceId(a), InstanceId(b));
            self.map.instances.insert(a, b);
            let node = self.components.instance(a);
            self.instances.push(Pair { left: a, right: b, node });
            let externs = left.instance_externs(a);
            for (x, y) in externs.iter().zip(right.instance_externs(b)) {
                match x {
                    Extern::Func(f) => {
                        if let Some((owner, _)) = left.func_origin(*f) {
                            let owner = self.components.instance(owner);
                            self.components.join(node, owner);
                        }
                    }
                    _ => {
                        let entity = self.components.entity(*x);
                        self.components.join(node, entity);
                    }
                }
                self.pair(*x, y);
            }
            // What imports from the poisoned may differ too.
            if externs.iter().any(|e| self.poisoned.entities.contains(e) || self.calls_poisoned(left, e)) {
                self.poison(left, a);
            }
        }
    }

    /// Poisons those of the new instances that have relaxed operators: the sides do not choose alike.
    pub fn poison_relaxed(&mut self, left: &Store, made: Range<u32>) {
        for instance in made.map(InstanceId) {
            if left.module(instance).has_relaxed_operators() {
                self.poison(left, instance);
            }
        }
    }

    fn calls_poisoned(&self, store: &Store, e: &Extern) -> bool {
        match e {
            Extern::Func(f) => store.func_origin(*f).is_some_and(|(i, _)| self.poisoned.instances.contains(&i)),
            _ => false,
        }
    }

    /// Whether a call into this instance (of the left store) may legitimately differ.
    pub fn is_poisoned(&self, instance: InstanceId) -> bool {
        self.poisoned.instances.contains(&instance)
    }

    /// Poisons everything reachable from an instance of the left store, and every instance that shares a mutable
    /// entity with what is reachable.
    pub fn poison(&mut self, store: &Store, instance: InstanceId) {
        let mut work = vec![instance];
        while let Some(instance) = work.pop() {
            if !self.poisoned.instances.insert(instance) {
                continue;
            }
            for e in store.instance_externs(instance) {
                match e {
                    Extern::Func(f) => work.extend(store.func_origin(f).map(|(i, _)| i)),
                    Extern::Table(t) => {
                        self.poisoned.entities.insert(e);
                        for i in 0..store.table_len(t) {
                            instances_in(store.table_get(t, i).map(|r| Seen::of_ref(r, store)).as_ref(), &mut work);
                        }
                    }
                    Extern::Global(g) => {
                        if store.global_type(g).mutable {
                            self.poisoned.entities.insert(e);
                        }
                        instances_in(Some(&Seen::of(store.global_get(g), store)), &mut work);
                    }
                    Extern::Memory(_) => {
                        self.poisoned.entities.insert(e);
                    }
                    Extern::Tag(_) => {}
                }
            }
            if work.is_empty() {
                // Whoever shares an entity with the poisoned sees it.
                let sharing = self.instances.iter().map(|p| p.left).filter(|a| {
                    !self.poisoned.instances.contains(a)
                        && store.instance_externs(*a).iter().any(|e| self.poisoned.entities.contains(e))
                });
                work.extend(sharing);
            }
        }
        let entities = &self.poisoned.entities;
        self.memories.retain(|p| !entities.contains(&Extern::Memory(p.left)));
        self.tables.retain(|p| !entities.contains(&Extern::Table(p.left)));
        self.globals.retain(|p| !entities.contains(&Extern::Global(p.left)));
        let poisoned = &self.poisoned.instances;
        self.instances.retain(|p| !poisoned.contains(&p.left));
    }

    /// Poisons what the left store shares with an instance that only the right store has.
    pub fn poison_right(&mut self, left: &Store, right: &Store, instance: InstanceId) {
        let externs = right.instance_externs(instance);
        let mut touched = Vec::new();
        for Pair { left: a, right: b, .. } in &self.instances {
            let shared = |e: &Extern| !matches!(e, Extern::Func(_) | Extern::Tag(_)) && externs.contains(e);
            if *b == instance || right.instance_externs(*b).iter().any(shared) {
                touched.push(*a);
            }
        }
        for a in touched {
            self.poison(left, a);
        }
    }

    /// Says which memories of the left store threads are writing. What can reach them is not compared until they are not.
    pub fn set_racing(&mut self, memories: Vec<MemoryId>) {
        self.racing = memories;
    }

    fn roots(&self, memories: &[MemoryId]) -> Vec<Node> {
        memories.iter().filter_map(|m| self.components.component_of(Extern::Memory(*m))).collect()
    }

    /// Whether what an instance of the left store does may depend on threads that are running.
    pub fn races(&self, instance: InstanceId) -> bool {
        let component = self.components.component(instance);
        component.is_some_and(|component| self.roots(&self.racing).contains(&component))
    }

    /// The same of an instance that only the right store has.
    pub fn races_right(&self, right: &Store, instance: InstanceId) -> bool {
        let (externs, racing) = (right.instance_externs(instance), self.roots(&self.racing));
        let racing = |node: Node| racing.contains(&self.components.root(node));
        self.memories.iter().any(|p| externs.contains(&Extern::Memory(p.right)) && racing(p.node))
            || self.tables.iter().any(|p| externs.contains(&Extern::Table(p.right)) && racing(p.node))
            || self.globals.iter().any(|p| externs.contains(&Extern::Global(p.right)) && racing(p.node))
    }

    /// Leaves a memory of the left store to whoever compares another store that it belongs to.
    pub fn leave_out(&mut self, memory: MemoryId) {
        self.memories.retain(|p| p.left != memory);
    }

    /// Compares what can reach these memories of the left store, now that no thread writes them any more. What differs may
    /// do so because threads raced: the instances that can reach it are poisoned.
    pub fn compare_raced(&mut self, left: &Session, right: &Session, memories: &[MemoryId]) -> Compared {
        let before = self.paired();
        let partial = self.partial;
        self.only = Some(memories.to_vec());
        let compared = self.compare(left, right, None, true);
        (self.only, self.partial) = (None, partial);
        if matches!(compared, Compared::Different(_)) {
            let after = self.paired();
            for instance in before.0.iter().copied() {
                let externs = left.store.instance_externs(instance);
                let differs = |e: &Extern| before.1.contains(e) && !after.1.contains(e);
                if !after.0.contains(&instance) || externs.iter().any(differs) {
                    self.poison(&left.store, instance);
                }
            }
        }
        compared
    }

    /// Instances and entities of the left store that are compared.
    fn paired(&self) -> (HashSet<InstanceId>, HashSet<Extern>) {
        let memories = self.memories.iter().map(|p| Extern::Memory(p.left));
        let tables = self.tables.iter().map(|p| Extern::Table(p.left));
        let globals = self.globals.iter().map(|p| Extern::Global(p.left));
        (self.instances.iter().map(|p| p.left).collect(), memories.chain(tables).chain(globals).collect())
    }

    /// Compares what is paired and not poisoned: all of it now and then and where `whole` asks for it, else what code of
    /// this instance (of the left store) can reach. What differs is left out from then on: it is told once.
    pub fn compare(&mut self, left: &Session, right: &Session, instance: Option<InstanceId>, whole: bool) -> Compared {
        let (l, r) = (&left.store, &right.store);
        let component = instance.and_then(|i| self.components.component(i));
        self.partial += 1;
        let all = whole || component.is_none() || self.partial >= PARTIAL;
        if all {
            self.partial = 0;
        }
        let (mut nans, mut different) = (0, Vec::new());
        let (map, components) = (&self.map, &self.components);
        let near = |node: Node| component.is_none_or(|c| components.root(node) == c);
        let (racing, only) = (self.roots(&self.racing), self.only.as_ref().map(|memories| self.roots(memories)));
        let passed_over = |node: Node| {
            let among = |roots: &[Node]| !roots.is_empty() && roots.contains(&components.root(node));
            among(&racing) || only.as_ref().is_some_and(|only| !among(only))
        };
        // Keeps what does not differ.
        let mut keep = |node: Node, difference: &mut dyn FnMut() -> Option<String>| {
            if passed_over(node) {
                return true;
            }
            let near = near(node);
            let found = if all || near { difference() } else { None };
            let kept = found.is_none();
            let far = " (out of reach of this directive: since the last whole comparison)";
            different.extend(found.map(|what| if near { what } else { what + far }));
            kept
        };
        self.memories.retain(|p| keep(p.node, &mut || memory_difference(l, p.left, r, p.right)));
        self.tables.retain(|p| keep(p.node, &mut || table_difference(l, p.left, r, p.right, map)));
        self.globals.retain(|p| {
            keep(p.node, &mut || {
                let (x, y) = (l.global_get(p.left), r.global_get(p.right));
                if x == y && !matches!(x, Val::Ref(_)) {
                    return None;
                }
                let (x, y) = (Seen::of(x, l), Seen::of(y, r));
                match map.same(&x, &y) {
                    Same::Yes | Same::Unknown => None,
                    Same::NaNs => {
                        nans += 1;
                        None
                    }
                    Same::No => Some(format!("global {}: {x} / {y}", p.left.0)),
                }
            })
        });
        self.instances.retain(|p| {
            keep(p.node, &mut || {
                let (x, y) = (l.dropped(p.left), r.dropped(p.right));
                (x != y).then(|| format!("dropped segments of instance {}: {x:?} / {y:?}", p.left.0))
            })
        });
        if different.is_empty() { Compared::Same { nans } } else { Compared::Different(different.join("; ")) }
    }
}

fn instances_in(value: Option<&Seen>, out: &mut Vec<InstanceId>) {
    match value {
        Some(Seen::Func(instance, _)) => out.push(*instance),
        Some(Seen::Cont(SeenCont::Fresh(_, func, _))) => instances_in(Some(func), out),
        Some(Seen::Exception(_, payload)) => payload.iter().for_each(|v| instances_in(Some(v), out)),
        Some(Seen::Object(graph)) => graph.values().for_each(|v| instances_in(Some(v), out)),
        _ => {}
    }
}

fn memory_difference(l: &Store, a: MemoryId, r: &Store, b: MemoryId) -> Option<String> {
    let (x, y) = (l.memory_bytes(a), r.memory_bytes(b));
    if x.len() != y.len() {
        return Some(format!("memory {}: {} / {} bytes", a.0, x.len(), y.len()));
    }
    let mut pages = l.touched_pages(a);
    pages.extend(r.touched_pages(b));
    pages.sort_unstable();
    pages.dedup();
    for page in pages {
        let start = page as usize * PAGE;
        let end = (start + PAGE).min(x.len());
        if start < end && x[start..end] != y[start..end] {
            let at = (start..end).find(|&i| x[i] != y[i]).unwrap_or(start);
            return Some(format!("memory {} at {at:#x}: {:#04x} / {:#04x}", a.0, x[at], y[at]));
        }
    }
    None
}

fn table_difference(l: &Store, a: TableId, r: &Store, b: TableId, map: &Correspondence) -> Option<String> {
    let (x, y) = (l.table_len(a), r.table_len(b));
    if x != y {
        return Some(format!("table {}: {x} / {y} elements", a.0));
    }
    for i in 0..x {
        let (p, q) = (l.table_get(a, i), r.table_get(b, i));
        if (p, q) == (Some(Ref::Null), Some(Ref::Null)) {
            continue;
        }
        let see = |v: Option<Ref>, s: &Store| v.map_or(Seen::Null, |v| Seen::of_ref(v, s));
        let (p, q) = (see(p, l), see(q, r));
        if map.same(&p, &q) == Same::No {
            return Some(format!("table {} element {i}: {p} / {q}", a.0));
        }
    }
    None
}

/// Calls of host functions with their arguments, in order.
pub type HostCalls = Vec<(&'static str, Vec<Seen>)>;

/// Compares what two sides told the host.
pub fn compare_calls(left: &HostCalls, right: &HostCalls, map: &Correspondence) -> Compared {
    let text = |calls: &HostCalls| calls.iter().map(|(n, a)| format!("{n}({})", list(a))).collect::<Vec<_>>().join(" ");
    let different = || Compared::Different(format!("host calls: {} / {}", text(left), text(right)));
    if left.len() != right.len() {
        return different();
    }
    let mut nans = 0;
    for ((f, x), (g, y)) in left.iter().zip(right) {
        if f != g || x.len() != y.len() {
            return different();
        }
        for (p, q) in x.iter().zip(y) {
            match map.same(p, q) {
                Same::Yes | Same::Unknown => {}
                Same::NaNs => nans += 1,
                Same::No => return different(),
            }
        }
    }
    Compared::Same { nans }
}
