//! Instances whose state is not what the script assumes, because a directive was not executed.
//!
//! Imports share state, so what holds for one instance holds for all that are linked with it.

use crate::conformance::execute::names::Cause;
use std::rc::Rc;

/// The instances of an engine, in groups that share state.
pub struct Stale<I> {
    /// Each instance, with the number of its group. They are kept alive so that no two ever have the same address.
    instances: Vec<(Rc<I>, usize)>,
    /// Groups with a directive that was not executed, with the first such directive.
    causes: Vec<(usize, Cause)>,
}

impl<I> Default for Stale<I> {
    fn default() -> Stale<I> {
        Stale { instances: Vec::new(), causes: Vec::new() }
    }
}

impl<I> Stale<I> {
    fn group(&self, instance: &Rc<I>) -> Option<usize> {
        self.instances.iter().find(|(known, _)| Rc::ptr_eq(known, instance)).map(|(_, group)| *group)
    }

    /// Adds a new instance that imports from the given ones.
    pub fn link(&mut self, instance: &Rc<I>, imported: impl Iterator<Item = Rc<I>>) {
        let new = self.instances.len();
        let joined: Vec<usize> = imported.filter_map(|other| self.group(&other)).collect();
        self.instances.push((Rc::clone(instance), new));
        let groups = self.instances.iter_mut().map(|(_, group)| group);
        groups.chain(self.causes.iter_mut().map(|(group, _)| group)).for_each(|group| {
            if joined.contains(group) {
                *group = new;
            }
        });
    }

    /// Notes that a directive that would have used an instance was not executed.
    pub fn mark(&mut self, instance: &Rc<I>, cause: &Cause) {
        if let Some(group) = self.group(instance) {
            self.causes.push((group, cause.clone()));
        }
    }

    /// Returns the first directive that was not executed and that may have changed state this instance sees.
    pub fn cause(&self, instance: &Rc<I>) -> Option<Cause> {
        let group = self.group(instance)?;
        self.causes.iter().find(|(of, _)| *of == group).map(|(_, cause)| cause.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_linked_is_stale_together() {
        let cause = |index: &str| Cause { index: index.into(), unsupported: Some("x".into()) };
        let [a, b, c, d] = [1, 2, 3, 4].map(Rc::new);
        let mut stale = Stale::default();
        stale.link(&a, std::iter::empty());
        stale.link(&b, std::iter::empty());
        stale.mark(&b, &cause("1"));
        assert!(stale.cause(&a).is_none() && stale.cause(&b).is_some());
        // An instance that imports from both groups joins them.
        stale.link(&c, [a.clone(), b.clone()].into_iter());
        stale.link(&d, std::iter::empty());
        stale.mark(&c, &cause("2"));
        let first = |instance| stale.cause(instance).map(|cause| cause.index);
        assert_eq!([&a, &b, &c, &d].map(first), [Some("1".into()), Some("1".into()), Some("1".into()), None]);
    }
}
