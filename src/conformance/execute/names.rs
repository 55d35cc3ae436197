//! The names in a script: of modules, of instances, and those under which instances are registered.

use crate::conformance::outcome::Outcome;
use crate::conformance::read::language::Dialect;
use crate::conformance::read::script::Action;
use std::collections::HashMap;

/// Something that a directive should have provided. Either it did, or it is known which directive did not.
#[derive(Clone)]
pub enum Slot<T> {
    /// It was provided.
    Live(T),
    /// It was not, for this reason.
    Dead(Cause),
}

/// The directive that did not provide something.
#[derive(Clone)]
pub struct Cause {
    /// Its index.
    pub index: String,
    /// The missing feature, if it was unsupported.
    pub unsupported: Option<String>,
}

impl Cause {
    /// Why a directive that depends on one with this outcome is blocked: the first cause of the chain.
    pub fn of(index: &str, outcome: &Outcome) -> Cause {
        match outcome {
            Outcome::Blocked { cause, unsupported, .. } => {
                Cause { index: cause.clone(), unsupported: unsupported.clone() }
            }
            Outcome::Unsupported(what) => Cause { index: index.to_string(), unsupported: Some(what.clone()) },
            Outcome::Shortage(_) => Cause { index: index.to_string(), unsupported: Some(outcome.to_string()) },
            _ => Cause { index: index.to_string(), unsupported: None },
        }
    }

    /// The outcome of a directive that depends on it.
    pub fn outcome(&self) -> Outcome {
        Outcome::Blocked { cause: self.index.clone(), place: None, unsupported: self.unsupported.clone() }
    }
}

impl<T> Slot<T> {
    /// The result of a directive, for the directives that use it later.
    pub fn of(index: &str, made: Result<T, Outcome>) -> Slot<T> {
        match made {
            Ok(made) => Slot::Live(made),
            Err(outcome) => Slot::Dead(Cause::of(index, &outcome)),
        }
    }

    /// What the directive provided.
    ///
    /// # Errors
    /// The outcome of a directive that needs something that is missing.
    pub fn get(&self) -> Result<&T, Outcome> {
        match self {
            Slot::Live(value) => Ok(value),
            Slot::Dead(cause) => Err(cause.outcome()),
        }
    }
}

/// The names of a script on one engine, whose modules are `M` and whose instances are `I`.
pub struct Names<M, I> {
    dialect: Dialect,
    modules: HashMap<String, Slot<M>>,
    last_module: Option<Slot<M>>,
    instances: HashMap<String, Slot<I>>,
    current: Option<Slot<I>>,
    registered: HashMap<String, Slot<I>>,
}

impl<M: Clone, I: Clone> Names<M, I> {
    /// No names yet.
    pub fn new(dialect: Dialect) -> Names<M, I> {
        Names {
            dialect,
            modules: HashMap::new(),
            last_module: None,
            instances: HashMap::new(),
            current: None,
            registered: HashMap::new(),
        }
    }

    /// The named definition, or the last one.
    ///
    /// # Errors
    /// There is no such definition, or it failed.
    pub fn definition(&self, name: Option<&str>) -> Result<M, Outcome> {
        match name {
            Some(name) => match self.modules.get(name) {
                Some(slot) => slot.get().cloned(),
                None => Err(Outcome::Error(format!("unknown module ${}", name.escape_debug()))),
            },
            None => match &self.last_module {
                Some(slot) => slot.get().cloned(),
                None => Err(Outcome::Error("no module was defined before".into())),
            },
        }
    }

    /// The named instance, or the current one.
    ///
    /// # Errors
    /// There is no such instance, or it failed.
    pub fn instance(&self, name: Option<&str>) -> Result<I, Outcome> {
        match name {
            Some(name) => match self.named().get(name) {
                Some(slot) => slot.get().cloned(),
                None => Err(Outcome::Error(format!("unknown instance {}", name.escape_debug()))),
            },
            None => match &self.current {
                Some(slot) => slot.get().cloned(),
                None => Err(Outcome::Error("no current instance".into())),
            },
        }
    }

    /// Adds a definition.
    pub fn define(&mut self, name: Option<&str>, slot: Slot<M>) {
        self.last_module = Some(slot.clone());
        if let Some(name) = name {
            self.modules.insert(name.to_string(), slot);
        }
    }

    /// Adds the module of an assertion that instantiates it. For the specification's interpreter, that is a definition without
    /// its name. wasmtime has no definitions other than `(module definition)`.
    pub fn define_anonymous(&mut self, slot: Slot<M>) {
        if self.dialect == Dialect::Spec {
            self.define(None, slot);
        }
    }

    /// Adds an instance, which becomes the current one.
    pub fn enter(&mut self, name: Option<&str>, slot: Slot<I>) {
        self.current = Some(slot.clone());
        if let Some(name) = name {
            self.name(name, slot);
        }
    }

    /// Gives an instance a name.
    pub fn name(&mut self, name: &str, slot: Slot<I>) {
        let named = if self.dialect == Dialect::Wasmtime { &mut self.registered } else { &mut self.instances };
        named.insert(name.to_string(), slot);
    }

    /// Instances by `$name`. With wasmtime, the two kinds of name are the same.
    fn named(&self) -> &HashMap<String, Slot<I>> {
        if self.dialect == Dialect::Wasmtime { &self.registered } else { &self.instances }
    }

    /// Registers an instance for imports.
    pub fn register(&mut self, name: &str, slot: Slot<I>) {
        self.registered.insert(name.to_string(), slot);
    }

    /// Records an action that did not run: whatever it should have provided is missing.
    pub fn fail(&mut self, action: &Action, cause: &Cause) {
        match action {
            Action::Module { name, .. } => {
                self.define(name.as_deref(), Slot::Dead(cause.clone()));
                self.enter(name.as_deref(), Slot::Dead(cause.clone()));
            }
            Action::Definition { name, .. } => self.define(name.as_deref(), Slot::Dead(cause.clone())),
            Action::Instance { instance, .. } => self.enter(instance.as_deref(), Slot::Dead(cause.clone())),
            Action::Register { name, .. } => self.register(name, Slot::Dead(cause.clone())),
            Action::Anonymous => self.define_anonymous(Slot::Dead(cause.clone())),
            Action::Check
            | Action::AnonymousInstance { .. }
            | Action::Invoke { .. }
            | Action::Get { .. }
            | Action::Thread { .. }
            | Action::Wait { .. } => {}
            Action::Unsupported(_) => self.lose(cause),
        }
    }

    /// Drops all definitions and instances, since something that might have changed any of them did not run.
    fn lose(&mut self, cause: &Cause) {
        fn kill<T>(slot: &mut Slot<T>, cause: &Cause) {
            // What was already missing has a cause of its own.
            if let Slot::Live(_) = slot {
                *slot = Slot::Dead(cause.clone());
            }
        }
        let Names { modules, last_module, instances, current, registered, .. } = self;
        modules.values_mut().chain(last_module).for_each(|slot| kill(slot, cause));
        instances.values_mut().chain(registered.values_mut()).chain(current).for_each(|slot| kill(slot, cause));
        self.last_module.get_or_insert_with(|| Slot::Dead(cause.clone()));
        self.current.get_or_insert_with(|| Slot::Dead(cause.clone()));
    }

    /// What an import of this module name finds.
    pub fn registered(&self, name: &str) -> Option<&Slot<I>> {
        self.registered.get(name)
    }

    /// Everything that is registered.
    pub fn all_registered(&self) -> impl Iterator<Item = (&str, &Slot<I>)> {
        self.registered.iter().map(|(name, slot)| (name.as_str(), slot))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failed instance takes the place of the previous one, under its name or as the current one.
    #[test]
    fn an_instance_that_was_not_made_is_the_current_one() {
        let cause = Cause { index: "5".into(), unsupported: None };
        for instance in [None, Some("a"), Some("b")] {
            let mut names = Names::<u32, u32>::new(Dialect::Spec);
            names.define(None, Slot::Live(0));
            names.enter(Some("a"), Slot::Live(1));
            names.fail(&Action::Instance { instance: instance.map(Into::into), module: None }, &cause);
            assert_eq!(names.instance(None), Err(cause.outcome()), "{instance:?}");
            let named = names.instance(Some("a"));
            assert_eq!(named.is_err(), instance == Some("a"), "{instance:?}: {named:?}");
            assert_eq!(names.definition(None), Ok(0), "{instance:?}");
        }
    }

    /// What was unsupported, or refused by the system, is not a failure, and neither is what depends on it.
    #[test]
    fn what_depends_on_a_refusal_is_refused() {
        let blocked = |index: &str, unsupported: Option<&str>| Outcome::Blocked {
            cause: index.into(),
            place: None,
            unsupported: unsupported.map(Into::into),
        };
        let shortage = Outcome::Shortage("memory");
        for (outcome, follows) in [
            (Outcome::Unsupported("simd".into()), blocked("7", Some("simd"))),
            (shortage.clone(), blocked("7", Some(&shortage.to_string()))),
            (Outcome::Timeout, blocked("7", None)),
            (blocked("3", Some("gc")), blocked("3", Some("gc"))),
        ] {
            assert_eq!(Cause::of("7", &outcome).outcome(), follows, "{outcome}");
        }
    }

    /// Whatever a directive that did not run might have changed is lost: definitions, instances, and registrations. What was
    /// already missing keeps its own cause.
    /// are registered under. What was missing before has its own cause.
    #[test]
    fn nothing_outlasts_what_nobody_knows() {
        let cause = |index: &str| Cause { index: index.into(), unsupported: Some("x".into()) };
        let blocked = |index: &str| cause(index).outcome();
        let fresh = || Names::<u32, u32>::new(Dialect::Spec);
        let mut names = fresh();
        for (i, name) in ["a", "b"].into_iter().enumerate() {
            names.define(Some(name), Slot::Live(i as u32));
            names.enter(Some(name), Slot::Live(i as u32));
        }
        names.register("r", Slot::Live(0));
        names.register("s", Slot::Dead(cause("1")));
        names.fail(&Action::Unsupported("x".into()), &cause("5"));
        for name in [None, Some("a"), Some("b")] {
            assert_eq!(
                (names.definition(name), names.instance(name)),
                (Err(blocked("5")), Err(blocked("5"))),
                "{name:?}"
            );
        }
        let registered = |name| names.registered(name).map(|slot| slot.get().copied());
        assert_eq!((registered("r"), registered("s")), (Some(Err(blocked("5"))), Some(Err(blocked("1")))));
        // It might have made the first ones, too.
        let mut names = fresh();
        names.fail(&Action::Unsupported("x".into()), &cause("0"));
        assert_eq!((names.definition(None), names.instance(None)), (Err(blocked("0")), Err(blocked("0"))));
        names.enter(None, Slot::Live(7));
        assert_eq!(names.instance(None), Ok(7), "what comes after it is not its own");
    }

    /// With wasmtime, imports find an instance by its name, and only `(module definition)` makes definitions.
    #[test]
    fn dialects_have_names_of_their_own() {
        let unknown = |what: &str| Err(Outcome::Error(what.into()));
        for (dialect, registered, last) in
            [(Dialect::Spec, false, 3), (Dialect::Wasmtime, true, 1), (Dialect::WasmTools, false, 1)]
        {
            let mut names = Names::<u32, u32>::new(dialect);
            assert_eq!(names.definition(None), unknown("no module was defined before"), "{dialect:?}");
            assert_eq!(names.definition(Some("d")), unknown("unknown module $d"), "{dialect:?}");
            assert_eq!(names.instance(None), unknown("no current instance"), "{dialect:?}");
            assert_eq!(names.instance(Some("a")), unknown("unknown instance a"), "{dialect:?}");
            names.define(Some("d"), Slot::Live(1));
            names.enter(Some("a"), Slot::Live(2));
            names.define_anonymous(Slot::Live(3));
            names.register("r", Slot::Live(4));
            assert_eq!((names.definition(Some("d")), names.definition(None)), (Ok(1), Ok(last)), "{dialect:?}");
            assert_eq!((names.instance(Some("a")), names.instance(None)), (Ok(2), Ok(2)), "{dialect:?}");
            let of = |name| names.registered(name).map(|slot| slot.get().copied());
            assert_eq!((of("a"), of("r")), (registered.then_some(Ok(2)), Some(Ok(4))), "{dialect:?}");
            assert_eq!(names.instance(Some("r")), if registered { Ok(4) } else { unknown("unknown instance r") });
            let mut all: Vec<&str> = names.all_registered().map(|(name, _)| name).collect();
            all.sort_unstable();
            assert_eq!(all, if registered { &["a", "r"][..] } else { &["r"] }, "{dialect:?}");
        }
    }

    /// What a directive should have provided is missing, under its name and as the last one; the rest is not.
    #[test]
    fn what_was_not_done_provides_nothing() {
        let cause = Cause { index: "5".into(), unsupported: None };
        let gone = || Err(cause.outcome());
        let n = || Some("n".to_string());
        let there = [Ok(1), Ok(1), Ok(2), Ok(2), Ok(3)];
        for (action, expected) in [
            (Action::Module { name: n() }, [gone(), gone(), gone(), gone(), Ok(3)]),
            (Action::Module { name: None }, [Ok(1), gone(), Ok(2), gone(), Ok(3)]),
            (Action::Definition { name: n() }, [gone(), gone(), Ok(2), Ok(2), Ok(3)]),
            (Action::Definition { name: None }, [Ok(1), gone(), Ok(2), Ok(2), Ok(3)]),
            (Action::Instance { instance: n(), module: None }, [Ok(1), Ok(1), gone(), gone(), Ok(3)]),
            (Action::Register { name: "n".into(), module: None }, [Ok(1), Ok(1), Ok(2), Ok(2), gone()]),
            (Action::Anonymous, [Ok(1), gone(), Ok(2), Ok(2), Ok(3)]),
            (Action::Check, there.clone()),
            (Action::AnonymousInstance { module: n() }, there.clone()),
            (Action::Wait { thread: "n".into() }, there.clone()),
        ] {
            let mut names = Names::<u32, u32>::new(Dialect::Spec);
            names.define(Some("n"), Slot::Live(1));
            names.enter(Some("n"), Slot::Live(2));
            names.register("n", Slot::Live(3));
            names.fail(&action, &cause);
            let registered = names.registered("n").map_or(Ok(0), |slot| slot.get().copied());
            let found = [
                names.definition(Some("n")),
                names.definition(None),
                names.instance(Some("n")),
                names.instance(None),
                registered,
            ];
            assert_eq!(found, expected, "{action:?}");
        }
    }
}
