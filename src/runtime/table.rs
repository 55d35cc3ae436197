//! Tables of references.

use super::memory::GrowthRefusal;
use super::resource::ResourceError;
use super::store::handles::TableId;
use super::types;
use super::vm::VMTable;
use crate::module::TableType;

/// Bytes of an element.
pub(super) const ELEMENT_BYTES: u64 = size_of::<u64>() as u64;

/// A table of a store. Starts with the part that compiled code accesses; `vm` always describes `elements`.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Table {
    pub vm: VMTable,
    pub id: TableId,
    /// The declared type, canonical.
    ty: TableType,
    elements: Vec<u64>,
    /// The maximum number of elements.
    ceiling: u64,
    /// Whether elements are pointers to functions; otherwise they are GC references.
    pub functions: bool,
}

impl Table {
    /// Makes a table. `limit` is in elements; `init` is the slot of all elements.
    ///
    /// # Errors
    /// If the initial size is over the limit or memory is exhausted.
    pub fn new(id: TableId, ty: TableType, init: u64, limit: u64) -> Result<Table, ResourceError> {
        let too_large = || ResourceError::Table { elements: ty.initial, limit };
        let len = usize::try_from(ty.initial).ok().filter(|_| ty.initial <= limit).ok_or_else(too_large)?;
        let index_space = if ty.table64 { u64::MAX } else { u64::from(u32::MAX) };
        let mut elements: Vec<u64> = Vec::new();
        // Also where the next statement would suffice: that aborts the process if memory is exhausted.
        elements
            .try_reserve_exact(len)
            .map_err(|e| ResourceError::System { what: "no memory for a table", why: e.to_string() })?;
        if init == 0 {
            // Zero pages of the system take no memory until they are written.
            drop(elements);
            elements = vec![0; len];
        } else {
            elements.resize(len, init);
        }
        let ceiling = limit.min(index_space).min(ty.maximum.unwrap_or(u64::MAX));
        let vm = VMTable { base: elements.as_mut_ptr(), len };
        let functions = types::is_func_hierarchy(ty.element_type);
        Ok(Table { vm, id, ty, elements, ceiling, functions })
    }

    /// The type as importers see it: the current size is the minimum.
    pub fn ty(&self) -> TableType {
        TableType { initial: self.elements.len() as u64, ..self.ty }
    }

    /// Grows by `delta` elements and returns the old size.
    ///
    /// # Errors
    /// The result depends only on the declared maximum and limits of the store, unless the system is out of memory.
    pub fn grow(&mut self, delta: u64, init: u64) -> Result<u64, GrowthRefusal> {
        let old = self.elements.len() as u64;
        let new = old.checked_add(delta).filter(|&n| n <= self.ceiling).ok_or(GrowthRefusal::Limit)?;
        let new = usize::try_from(new).map_err(|_| GrowthRefusal::Limit)?;
        self.elements.try_reserve(delta as usize).map_err(|_| GrowthRefusal::System)?;
        self.elements.resize(new, init);
        self.vm = VMTable { base: self.elements.as_mut_ptr(), len: new };
        Ok(old)
    }

    /// Whether the record describes the elements.
    pub fn is_consistent(&self) -> bool {
        std::ptr::eq(self.vm.base, self.elements.as_ptr()) && self.vm.len == self.elements.len()
    }

    /// The elements as slots. Compiled code writes them through `vm.base`, so they are read through it.
    pub fn slots(&self) -> &[u64] {
        // SAFETY: `vm` describes `elements`.
        unsafe { std::slice::from_raw_parts(self.vm.base, self.vm.len) }
    }

    pub fn slots_mut(&mut self) -> &mut [u64] {
        // SAFETY: `vm` describes `elements`; exclusive through `self`.
        unsafe { std::slice::from_raw_parts_mut(self.vm.base, self.vm.len) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::module::RefType;

    #[test]
    fn grows_within_its_limits() {
        let ty = |initial, maximum| TableType {
            element_type: RefType::FUNCREF,
            table64: false,
            initial,
            maximum,
            shared: false,
        };
        let mut table = Table::new(TableId(0), ty(1, Some(4)), 0, 100).unwrap();
        let limit = Err(GrowthRefusal::Limit);
        assert_eq!((table.grow(2, 8), table.grow(2, 16), table.grow(1, 24)), (Ok(1), limit, Ok(3)));
        assert_eq!(table.slots(), [0, 8, 8, 24]);
        let mut table = Table::new(TableId(0), ty(10, None), 8, 12).unwrap();
        assert_eq!((table.grow(u64::MAX, 0), table.grow(3, 0), table.grow(2, 0)), (limit, limit, Ok(10)));
        assert_eq!((table.slots()[9], table.slots()[11], table.ty().initial), (8, 0, 12));
        assert!(Table::new(TableId(0), ty(13, None), 0, 12).is_err());
    }

    #[test]
    fn a_record_is_that_of_the_elements() {
        let ty = TableType { element_type: RefType::FUNCREF, table64: false, initial: 3, maximum: None, shared: false };
        let other = Table::new(TableId(1), ty, 0, 100).unwrap();
        let mut table = Table::new(TableId(0), ty, 0, 100).unwrap();
        table.grow(2, 0).unwrap();
        let (base, len) = (table.vm.base, table.vm.len);
        let mut is_consistent = |base, len| {
            table.vm = VMTable { base, len };
            table.is_consistent()
        };
        assert!(is_consistent(base, len));
        assert!(![(other.vm.base, len), (base, len - 1)].into_iter().any(|(base, len)| is_consistent(base, len)));
    }

    /// The least of the limit, the declared maximum and the index range.
    #[test]
    fn a_table_grows_to_its_least_limit() {
        const INDICES: u64 = (1 << 32) - 1;
        for (table64, maximum, limit, ceiling) in [
            (false, None, u64::MAX, INDICES),
            (false, Some(INDICES), u64::MAX, INDICES),
            (false, Some(7), u64::MAX, 7),
            (false, Some(7), 6, 6),
            (false, None, 1 << 32, INDICES),
            (false, None, INDICES - 1, INDICES - 1),
            (true, None, u64::MAX, u64::MAX),
            (true, None, 1 << 32, 1 << 32),
            (true, Some(1 << 40), u64::MAX, 1 << 40),
            (true, Some(1 << 40), 1 << 39, 1 << 39),
        ] {
            let ty = TableType { element_type: RefType::FUNCREF, table64, initial: 5, maximum, shared: false };
            let mut table = Table::new(TableId(0), ty, 0, limit).unwrap();
            assert_eq!(table.ceiling, ceiling, "{ty:?}, {limit}");
            for delta in [ceiling - 4, u64::MAX - 4, u64::MAX] {
                assert_eq!(table.grow(delta, 0), Err(GrowthRefusal::Limit), "{delta}");
            }
            assert_eq!((table.grow(0, 0), table.slots().len()), (Ok(5), 5));
        }
    }

    /// Tables of every form are filled with their initial element: small ones, and those for which the system gives whole pages.
    #[test]
    fn all_elements_of_a_new_table_are_the_same() {
        for len in [0, 1, 100, 1 << 16] {
            for init in [0, 8] {
                let ty = TableType {
                    element_type: RefType::FUNCREF,
                    table64: false,
                    initial: len as u64,
                    maximum: None,
                    shared: false,
                };
                let table = Table::new(TableId(0), ty, init, u64::MAX).unwrap();
                assert!(table.slots().len() == len && table.slots().iter().all(|&slot| slot == init), "{len}, {init}");
                assert!(table.is_consistent());
            }
        }
    }

    /// What was never written takes no memory, so a module may declare a table of any size. (This one is larger than what the C
    /// library ever takes from memory that was used before.)
    #[cfg(target_os = "linux")]
    #[test]
    fn a_large_table_takes_memory_as_it_is_written() {
        use crate::runtime::sys::{mmap::page_size, pagemap::touched};
        const LEN: usize = 8 << 20;
        let ty = TableType {
            element_type: RefType::FUNCREF,
            table64: false,
            initial: LEN as u64,
            maximum: None,
            shared: false,
        };
        let mut table = Table::new(TableId(0), ty, 0, u64::MAX).unwrap();
        // SAFETY: the elements are mapped. The allocator's mapping begins in the page of the first of them.
        let pages = |table: &Table| unsafe {
            let base = table.vm.base.cast::<u8>();
            let skew = base.addr() % page_size();
            touched(base.sub(skew), (skew + LEN * 8).next_multiple_of(page_size())).unwrap().len()
        };
        // The system may give 2 MiB at a time.
        let step = (2 << 20) / page_size();
        let new = pages(&table);
        assert!(new <= step, "{new} pages");
        table.slots_mut()[LEN / 2] = 8;
        assert!((new + 1..=new + step).contains(&pages(&table)), "{} pages, {new} before", pages(&table));
    }

    /// The system refuses more than any memory holds. Nothing changes then.
    #[test]
    fn elements_that_no_memory_holds_are_refused() {
        let ty = |initial| TableType {
            element_type: RefType::FUNCREF,
            table64: true,
            initial,
            maximum: None,
            shared: false,
        };
        for init in [0, 8] {
            let made = Table::new(TableId(0), ty(1 << 61), init, u64::MAX);
            assert!(matches!(made, Err(ResourceError::System { what: "no memory for a table", .. })), "{made:?}");
            let mut table = Table::new(TableId(0), ty(2), init, u64::MAX).unwrap();
            for delta in [1 << 60, 1 << 61, 1 << 63, u64::MAX - 2] {
                assert_eq!(table.grow(delta, 9), Err(GrowthRefusal::System), "{delta:#x}");
                assert_eq!((table.slots(), table.is_consistent()), (&[init; 2][..], true));
            }
        }
    }
}
