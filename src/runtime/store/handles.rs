//! Handles of entities: plain indices, in creation order.

macro_rules! handles {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub u32);
    )*};
}
handles! {
    /// An instance of a store, in order of creation; failed instantiations that got past linking count.
    InstanceId;
    /// A memory of a store; a shared memory has a number in each of its stores.
    MemoryId;
    /// A table of a store.
    TableId;
    /// A global of a store.
    GlobalId;
    /// A tag of a store.
    TagId;
}
