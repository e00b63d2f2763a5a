//! Keys and values that outlive the instance, in the component's own store or in one that several share.
//!
//! A key is UTF-8 of 1 to 256 bytes without control characters, a value has at most 1 MiB, and an empty one is not none. There are
//! no transactions: a crash between two writes leaves the first. One call passes 4 MiB at most, more ends it as a trap does; a batch
//! is divided into calls of less. Each call needs the capability named in `wit/core.wit`. Where the host synchronises each write
//! with the disk, a component that writes waits for it meanwhile.
use crate::bindings::airssys::core::storage as host;
pub use crate::bindings::airssys::core::storage::{
    Entry, KeyPage, Operation, ScanPage, StorageError, Store, UsageReport as StorageUsage,
};
use crate::{Error, Payload};

const PAGE_ENTRIES: u32 = 100;
/// Of one call; a batch may have more.
const MAX_OPERATIONS: usize = 100;
const MAX_OPERATION_BYTES: usize = 1 << 20;

/// What every store can do: [`storage`], and those of [`open_store`].
pub trait KeyValues {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StorageError>;
    fn set(&self, key: &str, value: &[u8]) -> Result<(), StorageError>;
    /// Whether it was there.
    fn remove(&self, key: &str) -> Result<bool, StorageError>;
    /// Reads no value.
    fn has(&self, key: &str) -> Result<bool, StorageError>;
    /// As many as asked for, or a page holds; without `next` it was the last.
    fn page(&self, prefix: &str, cursor: Option<&str>, entries: u32) -> Result<ScanPage, StorageError>;

    /// A payload as [`KeyValues::set_payload`] keeps it. What is none is the error `invalid-message`.
    fn get_payload(&self, key: &str) -> Result<Option<Payload>, Error> {
        Ok(self.get(key)?.map(Payload::from_wire).transpose()?)
    }
    /// With the code of its codec in front, as in a message: `set_payload("order/7", &Payload::borsh(&order)?)`.
    fn set_payload(&self, key: &str, payload: &Payload) -> Result<(), StorageError> {
        self.set(key, payload.wire())
    }
    /// All that begin with `prefix`, in the order of their bytes, each page as it is when it is fetched; writing meanwhile is no
    /// harm. Ends with its first error.
    fn scan(&self, prefix: &str) -> Scan<'_, Self> {
        Scan { store: self, prefix: prefix.into(), cursor: None, page: Vec::new().into_iter(), more: true }
    }
}

/// The component's own store.
pub struct OwnStore;

pub fn storage() -> OwnStore {
    OwnStore
}

/// `shared:<name>`; closed when it is dropped. A component may hold 64 open.
pub fn open_store(name: &str) -> Result<Store, StorageError> {
    host::open(name)
}

impl KeyValues for OwnStore {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StorageError> {
        host::get(key)
    }
    fn set(&self, key: &str, value: &[u8]) -> Result<(), StorageError> {
        host::set(key, value)
    }
    fn remove(&self, key: &str) -> Result<bool, StorageError> {
        host::delete(key)
    }
    fn has(&self, key: &str) -> Result<bool, StorageError> {
        host::has(key)
    }
    fn page(&self, prefix: &str, cursor: Option<&str>, entries: u32) -> Result<ScanPage, StorageError> {
        host::scan_prefix(prefix, cursor, entries)
    }
}

impl KeyValues for Store {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StorageError> {
        Store::get(self, key)
    }
    fn set(&self, key: &str, value: &[u8]) -> Result<(), StorageError> {
        Store::set(self, key, value)
    }
    fn remove(&self, key: &str) -> Result<bool, StorageError> {
        self.delete(key)
    }
    fn has(&self, key: &str) -> Result<bool, StorageError> {
        Store::has(self, key)
    }
    fn page(&self, prefix: &str, cursor: Option<&str>, entries: u32) -> Result<ScanPage, StorageError> {
        self.scan_prefix(prefix, cursor, entries)
    }
}

impl OwnStore {
    /// All that begin with `prefix`, however many: where these may be too many for this component's memory,
    /// [`OwnStore::page_of_keys`].
    pub fn keys(&self, prefix: &str) -> Result<Vec<String>, StorageError> {
        let mut all = Vec::new();
        let mut cursor = None;
        loop {
            let page = self.page_of_keys(prefix, cursor.as_deref(), PAGE_ENTRIES)?;
            all.extend(page.keys);
            cursor = page.next;
            if cursor.is_none() {
                return Ok(all);
            }
        }
    }
    pub fn page_of_keys(&self, prefix: &str, cursor: Option<&str>, keys: u32) -> Result<KeyPage, StorageError> {
        host::keys(prefix, cursor, keys)
    }
    pub fn usage(&self) -> Result<StorageUsage, StorageError> {
        host::usage()
    }
    /// Removes everything; answers how many keys that were. Suspends the component until it is done; a call that ends before, by its
    /// timeout, leaves the rest.
    pub fn clear(&self) -> Result<u64, StorageError> {
        host::clear()
    }
}

/// Of [`KeyValues::scan`].
pub struct Scan<'a, S: ?Sized> {
    store: &'a S,
    prefix: String,
    cursor: Option<String>,
    page: std::vec::IntoIter<Entry>,
    more: bool,
}

impl<S: KeyValues + ?Sized> Iterator for Scan<'_, S> {
    type Item = Result<Entry, StorageError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(entry) = self.page.next() {
                return Some(Ok(entry));
            }
            if !self.more {
                return None;
            }
            match self.store.page(&self.prefix, self.cursor.as_deref(), PAGE_ENTRIES) {
                Ok(page) => {
                    self.page = page.entries.into_iter();
                    self.cursor = page.next;
                    self.more = self.cursor.is_some();
                }
                Err(why) => {
                    self.more = false;
                    return Some(Err(why));
                }
            }
        }
    }
}

/// Writes that go to the own store together, in their order: a call of the host for each hundred, or MiB, instead of one for
/// each. Not a transaction: the calls are made one after the other, and when one is refused those before it stay.
#[derive(Default)]
pub struct Batch {
    operations: Vec<Operation>,
}

impl Batch {
    pub fn new() -> Batch {
        Batch::default()
    }
    #[must_use]
    pub fn set(mut self, key: impl Into<String>, value: impl Into<Vec<u8>>) -> Batch {
        self.operations.push(Operation::Set(Entry { key: key.into(), value: value.into() }));
        self
    }
    #[must_use]
    pub fn remove(mut self, key: impl Into<String>) -> Batch {
        self.operations.push(Operation::Delete(key.into()));
        self
    }
    pub fn apply(self) -> Result<(), StorageError> {
        let mut rest = &self.operations[..];
        while !rest.is_empty() {
            let (run, after) = rest.split_at(run_of(rest));
            host::apply(run)?;
            rest = after;
        }
        Ok(())
    }
}

/// How many of them go in one call: at least one.
fn run_of(operations: &[Operation]) -> usize {
    let mut bytes = 0;
    let fit = operations.iter().take(MAX_OPERATIONS).take_while(|operation| {
        bytes += match operation {
            Operation::Set(entry) => entry.key.len() + entry.value.len(),
            Operation::Delete(key) => key.len(),
        };
        bytes <= MAX_OPERATION_BYTES
    });
    fit.count().max(1)
}

impl From<StorageError> for Error {
    fn from(why: StorageError) -> Error {
        Error::Failed(match why {
            StorageError::PermissionDenied(why) => format!("permission denied: {why}"),
            StorageError::QuotaExceeded(quota) => format!(
                "quota exceeded: {} of {} bytes are used, {} were asked for",
                quota.used, quota.limit, quota.requested
            ),
            StorageError::InvalidKey(why) => format!("invalid key: {why}"),
            StorageError::ValueTooLarge(most) => format!("value too large, the limit is {most} bytes"),
            StorageError::Unavailable(why) => format!("storage unavailable: {why}"),
            StorageError::IoError(why) => format!("storage failed: {why}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    /// Two entries a page, whatever is asked for.
    struct Pages(RefCell<Vec<Option<String>>>);

    impl KeyValues for Pages {
        fn get(&self, _: &str) -> Result<Option<Vec<u8>>, StorageError> {
            Ok(Some(b"\x55kept".to_vec()))
        }
        fn set(&self, _: &str, value: &[u8]) -> Result<(), StorageError> {
            assert_eq!(value, b"\x55kept");
            Ok(())
        }
        fn remove(&self, _: &str) -> Result<bool, StorageError> {
            Ok(false)
        }
        fn has(&self, _: &str) -> Result<bool, StorageError> {
            Ok(false)
        }
        fn page(&self, prefix: &str, cursor: Option<&str>, _: u32) -> Result<ScanPage, StorageError> {
            self.0.borrow_mut().push(cursor.map(String::from));
            if prefix == "broken" && cursor.is_some() {
                return Err(StorageError::IoError("no disk".into()));
            }
            let first = cursor.map_or(0, |cursor| cursor.parse::<u32>().unwrap_or(0) + 1);
            let entries = (first..first + 2).map(|n| Entry { key: n.to_string(), value: vec![] }).collect();
            Ok(ScanPage { entries, next: (first < 4).then(|| (first + 1).to_string()) })
        }
    }

    #[test]
    fn a_scan_fetches_page_after_page() {
        let store = Pages(RefCell::default());
        let keys: Vec<String> = store.scan("").map(|entry| entry.unwrap().key).collect();
        assert_eq!(keys, ["0", "1", "2", "3", "4", "5"]);
        assert_eq!(*store.0.borrow(), [None, Some("1".into()), Some("3".into())]);
    }

    #[test]
    fn a_scan_ends_with_its_first_error() {
        let store = Pages(RefCell::default());
        let found: Vec<_> = store.scan("broken").map(|entry| entry.is_ok()).collect();
        assert_eq!(found, [true, true, false]);
    }

    #[test]
    fn payloads_are_kept_in_their_wire_form() {
        let store = Pages(RefCell::default());
        store.set_payload("k", &"kept".into()).unwrap();
        assert_eq!(store.get_payload("k").unwrap().unwrap().text().unwrap(), "kept");
    }

    #[test]
    fn a_batch_is_cut_by_number_and_size() {
        let small = || Operation::Delete("k".into());
        let large = |bytes: usize| Operation::Set(Entry { key: String::new(), value: vec![0; bytes] });
        assert_eq!(run_of(&[small(), small()]), 2);
        assert_eq!(run_of(&(0..250).map(|_| small()).collect::<Vec<_>>()), 100);
        assert_eq!(run_of(&[large(1 << 19), large(1 << 19), small()]), 2);
        assert_eq!(run_of(&[large(1 << 21), small()]), 1);
    }

    #[test]
    fn an_error_says_why() {
        assert!(matches!(StorageError::ValueTooLarge(7).into(), Error::Failed(why) if why.ends_with("7 bytes")));
    }
}
