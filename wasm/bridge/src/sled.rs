//! `sled.h`: the store sled behind the ABI. It panics where its files are not what it expects, so a store that did is given up.
use crate::abi::{Bytes, Str, arg, array, give};
use crate::error::{Code, Fault, contain, guard};
use sled::{Batch, Config, Db, Tree};
use std::ffi::c_void;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

const TREES: [&str; 2] = ["guests", "host"];

/// `aw_sled`.
pub struct Store {
    folder: PathBuf,
    db: Db,
    trees: [Tree; 2],
    panicked: AtomicBool,
}

#[repr(C)]
pub struct Write {
    key: Bytes,
    value: Bytes,
    has_value: u8,
}

fn fault(error: &sled::Error) -> Fault {
    let code = match error {
        sled::Error::Io(_) => Code::Io,
        sled::Error::Corruption { .. } => Code::Corrupt,
        _ => Code::Internal,
    };
    Fault::new(code, error.to_string())
}

fn open(folder: &Path, cache_bytes: u64) -> Result<Box<Store>, Fault> {
    let opened = || -> Result<Store, sled::Error> {
        let db = Config::new().path(folder).cache_capacity(cache_bytes).open()?;
        let trees = [db.open_tree(TREES[0])?, db.open_tree(TREES[1])?];
        Ok(Store { folder: folder.into(), db, trees, panicked: AtomicBool::new(false) })
    };
    match catch_unwind(AssertUnwindSafe(opened)) {
        Ok(Ok(store)) => Ok(Box::new(store)),
        Ok(Err(error)) => Err(fault(&error)),
        // Whatever it could not make sense of.
        Err(payload) => Err(Fault::new(Code::Corrupt, Fault::panicked(payload).message)),
    }
}

impl Store {
    /// Runs `f` unless an earlier one panicked: what sled has in memory can't be relied on then.
    fn run(&self, f: impl FnOnce() -> Result<(), sled::Error>) -> Result<(), Fault> {
        if self.panicked.load(Ordering::Relaxed) {
            return Err(Fault::new(Code::Internal, "sled panicked before; open the store again"));
        }
        match catch_unwind(AssertUnwindSafe(f)) {
            Ok(done) => done.map_err(|error| fault(&error)),
            Err(payload) => {
                self.panicked.store(true, Ordering::Relaxed);
                Err(Fault::panicked(payload))
            }
        }
    }

    fn tree(&self, index: u32) -> Result<&Tree, Fault> {
        self.trees.get(index as usize).ok_or_else(|| Fault::argument("there is no such tree"))
    }

    fn close(self) {
        let Store { folder, db, trees, .. } = self;
        drop(trees);
        drop(db);
        // Threads of sled may still have its file, and with it the lock that the next opening needs.
        if let Ok(file) = File::open(folder.join("db")) {
            let _ = file.lock();
        }
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn aw_sled_open(path: Str, cache_bytes: u64, out: *mut *mut Store) -> *mut Fault {
    guard(|| {
        // SAFETY: pointers as the header demands.
        let path = unsafe { path.get("path") }?;
        // SAFETY: the same.
        unsafe { give(out, || open(Path::new(path), cache_bytes)) }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn aw_sled_delete(store: *mut Store) {
    if !store.is_null() {
        // SAFETY: from `give`, and given up by the caller.
        contain((), || unsafe { Box::from_raw(store) }.close());
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn aw_sled_get(
    store: *const Store,
    tree: u32,
    key: Bytes,
    to: *mut c_void,
    found: Option<unsafe extern "C" fn(*mut c_void, Bytes)>,
) -> *mut Fault {
    guard(|| {
        // SAFETY: pointers as the header demands.
        let (store, key) = unsafe { (arg(store, "store")?, key.get("key")?) };
        let found = found.ok_or_else(|| Fault::argument("found is null"))?;
        let tree = store.tree(tree)?;
        store.run(|| {
            if let Some(value) = tree.get(key)? {
                // SAFETY: the caller's callback with the caller's argument; the value outlives the call.
                unsafe { found(to, Bytes::of(&value)) };
            }
            Ok(())
        })
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn aw_sled_apply(store: *const Store, tree: u32, writes: *const Write, count: usize) -> *mut Fault {
    guard(|| {
        // SAFETY: pointers as the header demands.
        let (store, writes) = unsafe { (arg(store, "store")?, array(writes, count, "writes")?) };
        let tree = store.tree(tree)?;
        let mut pairs = Vec::with_capacity(count);
        for write in writes {
            // SAFETY: the same.
            let (key, value) = unsafe { (write.key.get("key")?, write.value.get("value")?) };
            pairs.push((key, (write.has_value != 0).then_some(value)));
        }
        store.run(|| match pairs[..] {
            [] => Ok(()),
            [(key, Some(value))] => tree.insert(key, value).map(drop),
            [(key, None)] => tree.remove(key).map(drop),
            _ => {
                let mut batch = Batch::default();
                for (key, value) in pairs {
                    match value {
                        Some(value) => batch.insert(key, value),
                        None => batch.remove(key),
                    }
                }
                tree.apply_batch(batch)
            }
        })
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn aw_sled_scan(
    store: *const Store,
    tree: u32,
    from: Bytes,
    end: Bytes,
    to: *mut c_void,
    visit: Option<unsafe extern "C" fn(*mut c_void, Bytes, Bytes) -> u8>,
) -> *mut Fault {
    guard(|| {
        // SAFETY: pointers as the header demands.
        let (store, from, end) = unsafe { (arg(store, "store")?, from.get("from")?, end.get("end")?) };
        let visit = visit.ok_or_else(|| Fault::argument("visit is null"))?;
        let tree = store.tree(tree)?;
        store.run(|| {
            let range = if end.is_empty() { tree.range(from..) } else { tree.range(from..end) };
            for entry in range {
                let (key, value) = entry?;
                // SAFETY: the caller's callback with the caller's argument; both outlive the call.
                if unsafe { visit(to, Bytes::of(&key), Bytes::of(&value)) } == 0 {
                    break;
                }
            }
            Ok(())
        })
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn aw_sled_flush(store: *const Store) -> *mut Fault {
    guard(|| {
        // SAFETY: pointers as the header demands.
        let store = unsafe { arg(store, "store") }?;
        store.run(|| store.db.flush().map(drop))
    })
}
