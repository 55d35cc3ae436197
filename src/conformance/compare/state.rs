//! The comparison of the states of two stores: memories, tables, globals, segments, and everything reachable from them.
//!
//! Only what both sides made in the same directive is compared. What may legitimately differ after some directive (after an
//! exhaustion, or where one side crashed) is poisoned: everything reachable from that call, and every instance that shares an
//! entity with it or imports one of its functions.
//! (after an exhaustion, or where one side crashed) is poisoned: everything reachable from that call, and every
//! instance that shares an entity with it or imports a function of it.

use super::choice::bytes_but_nans;
use super::reach::{Components, Node};
use super::walk::{At, ComparedPlace, Difference, DifferenceKind, HostCall, Offsets, Walk, instances_in};
use crate::conformance::execute::session::Session;
use crate::conformance::outcome::equality::Correspondence;
use crate::runtime::memory::SharedMemory;
use crate::runtime::store::{Extern, GlobalId, InstanceId, MemoryId, Store, TableId};
use crate::runtime::value::{Ref, Val};
use std::collections::{HashMap, HashSet};
use std::ops::Range;

/// After this many comparisons of the places that a directive can reach, all places are compared: the other places can change
/// only by a wild store.
const PARTIAL: u32 = 128;

/// The correspondence of the left store and the right one.
#[derive(Clone, Default)]
pub struct Pairing {
    /// The correspondence of instances and tags.
    pub map: Correspondence,
    memories: Vec<Pair<MemoryId>>,
    tables: Vec<Pair<TableId>>,
    globals: Vec<Pair<GlobalId>>,
    instances: Vec<Pair<InstanceId>>,
    /// Entities other than functions: from the left store to the right, and back.
    partners: (HashMap<Extern, Extern>, HashMap<Extern, Extern>),
    components: Components,
    /// The places where the state differed before the directive under way, or had NaNs that were excused.
    unlike: Vec<Node>,
    /// The same, found since that directive began.
    found: Vec<Node>,
    poisoned: Poisoned,
    /// Whether something is no longer compared: it is poisoned, it differed before, or only one side has it.
    left_out: bool,
    /// The number of comparisons since the last full one.
    partial: u32,
    /// Memories of the left store that threads are writing: what can reach them is not compared.
    racing: Vec<MemoryId>,
    /// Memories that threads were writing until now: places that can reach them are compared, but may differ.
    raced: Vec<MemoryId>,
    /// If set, only what can reach these memories is compared.
    only: Option<Vec<MemoryId>>,
}

/// Two things of one kind.
#[derive(Clone, Copy, Debug)]
pub struct Pair<T> {
    left: T,
    right: T,
    /// The node of the left one among the components.
    node: Node,
}

#[derive(Clone, Default)]
struct Poisoned {
    instances: HashSet<InstanceId>,
    entities: HashSet<Extern>,
}

impl Pairing {
    /// Pairs the parts of the spectest module. `canonical`: both sides make canonical NaNs only.
    pub fn new(left: &Session, right: &Session, canonical: bool) -> Pairing {
        let mut pairing =
            Pairing { map: Correspondence { canonical, ..Correspondence::default() }, ..Pairing::default() };
        for (a, b) in left.spectest.externs().zip(right.spectest.externs()) {
            // Both are made in the same way, and host functions are identified by their names.
            if !matches!(a, Extern::Func(_)) {
                let paired = pairing.pair(a, b);
                debug_assert!(paired, "{a:?} / {b:?}");
            }
        }
        pairing
    }

    /// Pairs two entities that are not functions. Returns whether they are of the same kind, and neither has another partner.
    fn pair(&mut self, left: Extern, right: Extern) -> bool {
        match (self.partners.0.get(&left), self.partners.1.get(&right)) {
            (None, None) => {}
            (Some(partner), _) => return *partner == right,
            (None, Some(_)) => return false,
        }
        let node = self.components.entity(left);
        match (left, right) {
            (Extern::Memory(left), Extern::Memory(right)) => self.memories.push(Pair { left, right, node }),
            (Extern::Table(left), Extern::Table(right)) => self.tables.push(Pair { left, right, node }),
            (Extern::Global(left), Extern::Global(right)) => self.globals.push(Pair { left, right, node }),
            (Extern::Tag(a), Extern::Tag(b)) => {
                self.map.tags.insert(a, b);
            }
            _ => return false,
        }
        self.partners.0.insert(left, right);
        self.partners.1.insert(right, left);
        true
    }

    /// Records that neither a directive nor what it made was compared: from now on comparisons are partial.
    pub fn miss(&mut self) {
        self.left_out = true;
    }

    /// Pairs the instances that the last directive made, with all that they consist of, given the numbers of instances before it.
    /// If the sides made different numbers of instances, these are left unpaired.
    /// consist of. If the sides made different numbers, those are left unpaired.
    pub fn pair_new(&mut self, left: &Store, right: &Store, before: (u32, u32)) -> Vec<Difference> {
        self.pair_made((left, before.0..left.instances()), (right, before.1..right.instances()))
    }

    /// Like [`Pairing::pair_new`], for a directive that others came after.
    pub fn pair_made(
        &mut self,
        (left, made): (&Store, Range<u32>),
        (right, others): (&Store, Range<u32>),
    ) -> Vec<Difference> {
        let mut differences = Vec::new();
        if made.len() != others.len() {
            self.left_out = true;
            let text = format!("instances made: {} / {}", made.len(), others.len());
            return vec![Difference::new(ComparedPlace::End, DifferenceKind::Kind, text)];
        }
        for (a, b) in made.zip(others) {
            let (a, b) = (InstanceId(a), InstanceId(b));
            self.map.instances.insert(a, b);
            let node = self.components.instance(a);
            self.instances.push(Pair { left: a, right: b, node });
            let (externs, others) = (left.instance_externs(a), right.instance_externs(b));
            let mut linked = externs.len() == others.len();
            for (x, y) in externs.iter().zip(&others) {
                match (x, y) {
                    (Extern::Func(f), Extern::Func(g)) => {
                        let origins = (left.func_origin(*f), right.func_origin(*g));
                        if let Some((owner, _)) = origins.0 {
                            let owner = self.components.instance(owner);
                            self.components.join(node, owner);
                        }
                        linked &= match origins {
                            (Some((p, i)), Some((q, j))) => {
                                self.map.instances.get(&p).is_none_or(|p| *p == q && i == j)
                            }
                            (None, None) => left.host_func_name(*f) == right.host_func_name(*g),
                            _ => false,
                        };
                    }
                    _ => {
                        let entity = self.components.entity(*x);
                        self.components.join(node, entity);
                        linked &= self.pair(*x, *y);
                    }
                }
            }
            if !linked {
                let text = format!("instance {} is linked to different things", a.0);
                differences.push(Difference::new(ComparedPlace::Instance, DifferenceKind::Link, text));
            }
            // Importers of poisoned entities may differ as well.
            if !linked || externs.iter().any(|e| self.poisoned.entities.contains(e) || self.calls_poisoned(left, e)) {
                self.poison(left, a);
            }
        }
        differences
    }

    /// Poisons the new instances that have relaxed operators, since the sides do not make the same choices.
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

    /// Whether something that both stores have is no longer compared.
    pub fn leaves_out(&self) -> bool {
        self.left_out
    }

    /// Whether float operators can have caused a difference between the outcomes of a directive that ran in `instance` (of the
    /// left store), or in entities of these components.
    pub fn may_be_nans(&self, left: &Store, instance: Option<InstanceId>, differ: &[Node]) -> bool {
        let roots = self.concerned(instance, differ);
        (0..left.instances()).map(InstanceId).any(|i| {
            self.components.component(i).is_none_or(|root| roots.is_empty() || roots.contains(&root))
                && left.module(i).has_nan_operators()
        })
    }

    /// The components that are involved in differences between such outcomes, or in such entities.
    fn concerned(&self, instance: Option<InstanceId>, differ: &[Node]) -> HashSet<Node> {
        let acted = instance.and_then(|i| self.components.component(i));
        differ.iter().map(|node| self.components.root(*node)).chain(acted).collect()
    }

    /// Begins a directive: what was found so far was there before it.
    pub fn begin_directive(&mut self) {
        self.unlike.append(&mut self.found);
    }

    /// Whether the states already differed there before the directive under way, if only by NaNs that were excused: its effects
    /// may then differ for that reason alone.
    /// it does may differ for that alone.
    pub fn was_unlike(&self, instance: Option<InstanceId>, differ: &[Node]) -> bool {
        let roots = self.concerned(instance, differ);
        self.unlike.iter().any(|node| roots.is_empty() || roots.contains(&self.components.root(*node)))
    }

    /// Poisons everything reachable from an instance of the left store, and every instance that shares a mutable entity with
    /// something reachable, or imports one of its functions.
    fn poison(&mut self, store: &Store, instance: InstanceId) {
        self.left_out = true;
        let mut work = vec![instance];
        let mut visited = Offsets::default();
        while let Some(instance) = work.pop() {
            if !self.poisoned.instances.insert(instance) {
                continue;
            }
            for e in store.instance_externs(instance) {
                match e {
                    Extern::Func(f) => work.extend(store.func_origin(f).map(|(i, _)| i)),
                    Extern::Table(t) => {
                        self.poisoned.entities.insert(e);
                        for r in (0..store.table_len(t)).filter_map(|i| store.table_get(t, i)) {
                            instances_in(Val::Ref(r), store, &mut visited, &mut work);
                        }
                    }
                    Extern::Global(g) => {
                        let value = store.global_get(g);
                        // The contents of an object can change even if the global cannot.
                        let object = matches!(value, Val::Ref(Ref::Gc(object)) if store.atom(object).is_none());
                        if store.global_type(g).mutable || object {
                            self.poisoned.entities.insert(e);
                        }
                        instances_in(value, store, &mut visited, &mut work);
                    }
                    Extern::Memory(_) => {
                        self.poisoned.entities.insert(e);
                    }
                    Extern::Tag(_) => {}
                }
            }
            for segment in 0..store.module(instance).elements.len() {
                for i in 0..store.segment_len(instance, segment).unwrap_or(0) {
                    let value = Val::Ref(store.segment_get(instance, segment, i));
                    instances_in(value, store, &mut visited, &mut work);
                }
            }
            // An instance reaches itself through its own functions.
            work.retain(|i| !self.poisoned.instances.contains(i));
            if work.is_empty() {
                // An instance that shares an entity with the poisoned one, or can call it, sees it.
                let sharing = self.instances.iter().map(|p| p.left).filter(|a| {
                    let sees = |e: &Extern| self.poisoned.entities.contains(e) || self.calls_poisoned(store, e);
                    !self.poisoned.instances.contains(a) && store.instance_externs(*a).iter().any(sees)
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

    /// Poisons everything that the left store shares with an instance that only the right store has, and whatever that instance
    /// can call.
    fn poison_right(&mut self, left: &Store, right: &Store, instance: InstanceId) {
        let externs = right.instance_externs(instance);
        let calls = |owner: InstanceId| {
            let origin = |e: &Extern| if let Extern::Func(f) = e { right.func_origin(*f) } else { None };
            externs.iter().filter_map(origin).any(|(instance, _)| instance == owner)
        };
        let mut touched = Vec::new();
        for Pair { left: a, right: b, .. } in &self.instances {
            let shared = |e: &Extern| !matches!(e, Extern::Func(_) | Extern::Tag(_)) && externs.contains(e);
            if *b == instance || calls(*b) || right.instance_externs(*b).iter().any(shared) {
                touched.push(*a);
            }
        }
        for a in touched {
            self.poison(left, a);
        }
    }

    /// The shared memories of the left store that are poisoned: their contents are unknown.
    pub fn unknown(&self, left: &Store) -> Vec<SharedMemory> {
        let memories = self.poisoned.entities.iter();
        memories.filter_map(|e| if let Extern::Memory(m) = e { left.shared_memory(*m) } else { None }).collect()
    }

    /// Poisons these memories, as far as the left store has them, and what can reach them. Returns those that were not poisoned
    /// before.
    /// poisoned before.
    pub fn poison_shared(&mut self, left: &Store, memories: &[SharedMemory]) -> Vec<MemoryId> {
        if memories.is_empty() {
            return Vec::new();
        }
        let known = |e: &Extern| match e {
            Extern::Memory(m) if !self.poisoned.entities.contains(e) => Some((*m, left.shared_memory(*m)?)),
            _ => None,
        };
        let mut found: Vec<(InstanceId, MemoryId)> = Vec::new();
        for instance in (0..left.instances()).map(InstanceId) {
            let shared = left.instance_externs(instance).iter().filter_map(known).collect::<Vec<_>>();
            let one_of_them = |(_, memory): &(MemoryId, SharedMemory)| memories.iter().any(|m| m.is(memory));
            found.extend(shared.into_iter().filter(one_of_them).map(|(id, _)| (instance, id)));
        }
        found.iter().for_each(|(instance, _)| self.poison(left, *instance));
        let mut found: Vec<MemoryId> = found.into_iter().map(|(_, memory)| memory).collect();
        found.sort_unstable_by_key(|memory| memory.0);
        found.dedup();
        found
    }

    /// Sets the memories of the left store that threads are writing, and those written by threads that ended in this directive.
    /// What can reach the former is not compared until they become the latter. The outcome of a directive that can reach either
    /// may depend on races between threads.
    /// this directive. What can reach the former is not compared until they are the latter, and the outcome of a
    /// directive with either may depend on how threads raced.
    pub fn set_racing(&mut self, running: Vec<MemoryId>, ended: Vec<MemoryId>) {
        (self.racing, self.raced) = (running, ended);
    }

    /// Whether threads with memories of the left store have ended in this directive.
    pub fn has_raced(&self) -> bool {
        !self.raced.is_empty()
    }

    fn roots(&self, memories: &[MemoryId]) -> Vec<Node> {
        memories.iter().filter_map(|m| self.components.component_of(Extern::Memory(*m))).collect()
    }

    /// Whether a node can reach memories that threads were writing during the directive.
    fn is_raced(&self, node: Node) -> bool {
        let root = self.components.root(node);
        self.roots(&self.racing).contains(&root) || self.roots(&self.raced).contains(&root)
    }

    /// Whether threads may have affected a directive that was about these instances, of the left and of the right
    /// store.
    pub fn races(&self, right: &Store, instances: (Option<InstanceId>, Option<InstanceId>)) -> bool {
        match instances {
            (Some(instance), _) => self.races_left(instance),
            (None, Some(instance)) => self.races_right(right, instance),
            (None, None) => false,
        }
    }

    /// Poisons everything that a directive about these instances, of the left and of the right store, could reach.
    pub fn poison_reached(&mut self, left: &Store, right: &Store, instances: (Option<InstanceId>, Option<InstanceId>)) {
        match instances {
            (Some(instance), _) => self.poison(left, instance),
            (None, Some(instance)) => self.poison_right(left, right, instance),
            (None, None) => {}
        }
    }

    /// Whether the behaviour of an instance of the left store may depend on threads.
    fn races_left(&self, instance: InstanceId) -> bool {
        self.components.component(instance).is_some_and(|component| self.is_raced(component))
    }

    /// The same for an instance that only the right store has: by what it shares with others, and by what it can call.
    fn races_right(&self, right: &Store, instance: InstanceId) -> bool {
        right.instance_externs(instance).iter().any(|part| {
            let node = match part {
                Extern::Func(f) => {
                    let owner = right.func_origin(*f).map(|(owner, _)| owner);
                    self.instances.iter().find(|p| Some(p.right) == owner).map(|p| p.node)
                }
                // Tags are immutable.
                Extern::Tag(_) => None,
                _ => self.partners.1.get(part).and_then(|&left| self.components.component_of(left)),
            };
            node.is_some_and(|node| self.is_raced(node))
        })
    }

    /// Leaves out a memory of the left store, because it is compared as part of another store.
    pub fn leave_out(&mut self, memory: MemoryId) {
        self.memories.retain(|p| p.left != memory);
    }

    /// Compares the places that can reach the memories of threads that have ended. They may differ because threads raced. The
    /// instances that can reach a difference are poisoned.
    pub fn compare_raced(&mut self, walk: &mut Walk<'_>) {
        if self.raced.is_empty() {
            return;
        }
        let (left, before, partial) = (walk.left, self.paired(), self.partial);
        self.only = Some(self.raced.clone());
        let differ = self.compare(walk, None, true);
        (self.only, self.partial) = (None, partial);
        if !differ.is_empty() {
            let after = self.paired();
            for instance in before.0.iter().copied() {
                let differs = |e: &Extern| before.1.contains(e) && !after.1.contains(e);
                if !after.0.contains(&instance) || left.instance_externs(instance).iter().any(differs) {
                    self.poison(left, instance);
                }
            }
        }
    }

    /// Instances and entities of the left store that are compared.
    fn paired(&self) -> (HashSet<InstanceId>, HashSet<Extern>) {
        let memories = self.memories.iter().map(|p| Extern::Memory(p.left));
        let tables = self.tables.iter().map(|p| Extern::Table(p.left));
        let globals = self.globals.iter().map(|p| Extern::Global(p.left));
        (self.instances.iter().map(|p| p.left).collect(), memories.chain(tables).chain(globals).collect())
    }

    /// Compares the entities that are paired and not poisoned: now and then, and if `whole` is set, all of them; otherwise those
    /// that code of this instance (of the left store) can reach. A place that differs is left out from then on, so it is reported
    /// once. Returns the components of the differences.
    /// otherwise those that code of this instance (of the left store) can reach. A place that differs is left out from
    /// then on: it is reported once. Returns the components of what differs.
    ///
    /// `walk` goes through the stores of this pairing.
    pub fn compare(&mut self, walk: &mut Walk<'_>, instance: Option<InstanceId>, whole: bool) -> Vec<Node> {
        let component = instance.and_then(|i| self.components.component(i));
        self.partial += 1;
        let all = whole || component.is_none() || self.partial >= PARTIAL;
        if all {
            self.partial = 0;
        }
        let near = |node: Node| component.is_none_or(|c| self.components.root(node) == c);
        let (racing, only) = (self.roots(&self.racing), self.only.as_ref().map(|memories| self.roots(memories)));
        let passed_over = |node: Node| {
            let among = |roots: &[Node]| !roots.is_empty() && roots.contains(&self.components.root(node));
            among(&racing) || only.as_ref().is_some_and(|only| !among(only))
        };
        let mut look = Look { all, near: &near, passed_over: &passed_over, walk, differ: Vec::new(), nans: Vec::new() };
        look.at(&mut self.memories, memories);
        look.at(&mut self.tables, tables);
        look.at(&mut self.globals, |walk, p| {
            let (x, y) = (walk.left.global_get(p.left), walk.right.global_get(p.right));
            walk.at = At::Global(p.left);
            walk.value(ComparedPlace::Global, &|| format!("global {}", p.left.0), x, y)
        });
        look.at(&mut self.instances, segments);
        let Look { differ, nans, .. } = look;
        // Known ones are found again each time.
        self.found.extend(nans.into_iter().filter(|node| !self.unlike.contains(node)));
        self.found.extend(&differ);
        self.left_out |= !differ.is_empty();
        differ
    }
}

/// Which pairs to compare, and the results.
struct Look<'l, 'w, 's> {
    all: bool,
    near: &'l dyn Fn(Node) -> bool,
    /// Nodes that are not compared; see [`Pairing::set_racing`].
    passed_over: &'l dyn Fn(Node) -> bool,
    walk: &'w mut Walk<'s>,
    differ: Vec<Node>,
    /// The places where NaNs were excused.
    nans: Vec<Node>,
}

impl<'s> Look<'_, '_, 's> {
    /// Compares pairs of one kind, and keeps those that do not differ.
    fn at<T>(&mut self, pairs: &mut Vec<Pair<T>>, same: impl Fn(&mut Walk<'s>, &Pair<T>) -> bool) {
        pairs.retain(|pair| {
            let near = (self.near)(pair.node);
            if !(self.all || near) || (self.passed_over)(pair.node) {
                return true;
            }
            let (before, nans) = (self.walk.findings.differences.len(), self.walk.findings.nans);
            let same = same(self.walk, pair);
            if self.walk.findings.nans > nans {
                self.nans.push(pair.node);
            }
            if !same {
                self.differ.push(pair.node);
                if !near {
                    let far = " (out of reach of this directive: since the last whole comparison)";
                    self.walk.findings.differences[before..].iter_mut().for_each(|d| d.text += far);
                }
            }
            same
        });
    }
}

fn memories(walk: &mut Walk<'_>, p: &Pair<MemoryId>) -> bool {
    let (l, r) = (walk.left, walk.right);
    let (x, y) = (l.memory_bytes(p.left), r.memory_bytes(p.right));
    if x.len() != y.len() {
        walk.at = At::Memory(p.left);
        let text = format!("memory {}: {} / {} bytes", p.left.0, x.len(), y.len());
        return walk.differs(Difference::new(ComparedPlace::Memory, DifferenceKind::Number, text));
    }
    let mut pages = l.touched_pages(p.left);
    pages.extend(r.touched_pages(p.right));
    pages.sort_unstable();
    pages.dedup();
    let size = crate::runtime::sys::mmap::page_size();
    let range = |page: u32| {
        let start = page as usize * size;
        start..(start + size).min(x.len())
    };
    for (n, &page) in pages.iter().enumerate() {
        let Range { start, end } = range(page);
        if start < end && x[start..end] != y[start..end] {
            let at = (start..end).find(|&i| x[i] != y[i]).unwrap_or(start);
            let text = format!("memory {} at {at:#x}: {:#04x} / {:#04x}", p.left.0, x[at], y[at]);
            walk.at = At::Bytes(p.left, bytes_but_nans(x, y, pages[n..].iter().map(|&page| range(page))));
            return walk.differs(Difference::new(ComparedPlace::Memory, DifferenceKind::Byte, text));
        }
    }
    true
}

fn tables(walk: &mut Walk<'_>, p: &Pair<TableId>) -> bool {
    let (l, r) = (walk.left, walk.right);
    let (x, y) = (l.table_len(p.left), r.table_len(p.right));
    if x != y {
        walk.at = At::Table(p.left);
        let text = format!("table {}: {x} / {y} elements", p.left.0);
        return walk.differs(Difference::new(ComparedPlace::Table, DifferenceKind::Number, text));
    }
    (0..x).all(|i| {
        let get = |store: &Store, table| store.table_get(table, i).unwrap_or(Ref::Null);
        let (v, w) = (Val::Ref(get(l, p.left)), Val::Ref(get(r, p.right)));
        walk.at = At::Element(p.left, i);
        walk.value(ComparedPlace::Table, &|| format!("table {} element {i}", p.left.0), v, w)
    })
}

/// Compares which segments of two instances are dropped, and the contents of the remaining element segments: constant expressions
/// computed them.
/// expressions made that.
fn segments(walk: &mut Walk<'_>, p: &Pair<InstanceId>) -> bool {
    let (l, r) = (walk.left, walk.right);
    walk.at = At::Segments(p.left);
    let (x, y) = (l.dropped(p.left), r.dropped(p.right));
    for (place, kind, x, y) in
        [(ComparedPlace::DataSegment, "data", &x.0, &y.0), (ComparedPlace::ElementSegment, "element", &x.1, &y.1)]
    {
        if x != y {
            let text = format!("dropped {kind} segments of instance {}: {x:?} / {y:?}", p.left.0);
            return walk.differs(Difference::new(place, DifferenceKind::Dropped, text));
        }
    }
    (0..x.1.len()).filter(|&segment| !x.1[segment]).all(|segment| {
        let len = |store: &Store, instance| store.segment_len(instance, segment).unwrap_or(0);
        let (m, n) = (len(l, p.left), len(r, p.right));
        let name = || format!("element segment {segment} of instance {}", p.left.0);
        if m != n {
            let text = format!("{}: {m} / {n} elements", name());
            return walk.differs(Difference::new(ComparedPlace::ElementSegment, DifferenceKind::Number, text));
        }
        (0..m).all(|i| {
            let (v, w) = (l.segment_get(p.left, segment, i), r.segment_get(p.right, segment, i));
            walk.value(ComparedPlace::ElementSegment, &|| format!("{}, element {i}", name()), Val::Ref(v), Val::Ref(w))
        })
    })
}

/// Compares the calls of host functions that two sides made.
pub fn compare_calls(walk: &mut Walk<'_>, left: &[HostCall], right: &[HostCall]) {
    let before = walk.findings.differences.len();
    compare_each_call(walk, left, right);
    for difference in &mut walk.findings.differences[before..] {
        difference.at = At::Calls(right.to_vec());
    }
}

fn compare_each_call(walk: &mut Walk<'_>, left: &[HostCall], right: &[HostCall]) {
    if left.len() != right.len() {
        let text = format!("calls of host functions: {} / {}", left.len(), right.len());
        walk.differs(Difference::new(ComparedPlace::HostCall, DifferenceKind::Number, text));
        return;
    }
    for (i, ((f, x), (g, y))) in left.iter().zip(right).enumerate() {
        if f != g || x.len() != y.len() {
            walk.differs(Difference::new(
                ComparedPlace::HostCall,
                DifferenceKind::Name,
                format!("host call {i}: {f} / {g}"),
            ));
            return;
        }
        for (n, (p, q)) in x.iter().zip(y).enumerate() {
            if !walk.value(ComparedPlace::HostCall, &|| format!("host call {i}, of {f}, argument {n}"), *p, *q) {
                return;
            }
        }
    }
}
