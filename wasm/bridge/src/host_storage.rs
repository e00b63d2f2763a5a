//! The functions of `airssys:core/storage`: of the component's own store, and of those that it opened.
//!
//! What is read goes from the host's memory into the guest's in one copy where nothing can come in between, see `Context::lend`.
use crate::abi::{Bytes, CStorageOperation, HOST_TRAP, HostTables, ScanStorage, StorageResult, Str};
use crate::error::{Fault, HostTrap};
use crate::host::{Caller, Context, callback, operation};
use crate::types_storage::{Entry, KeyPage, Operation, Quota, ScanPage, StorageError, UsageReport};
use crate::waker;
use std::ffi::c_void;
use wasmtime::Result;
use wasmtime::component::{ComponentNamedList, Lift, LinkerInstance, Lower, Resource, ResourceType, WasmList, WasmStr};

type Answer<T> = std::result::Result<T, StorageError>;

/// What a handle of `store` stands for; its number is the host's.
pub enum Store {}

/// The component's own.
const OWN: u32 = 0;

fn trap(fault: Fault) -> wasmtime::Error {
    HostTrap(fault.message).into()
}

fn answer<T>(given: &StorageResult, ok: impl FnOnce() -> Result<T>) -> Result<Answer<T>> {
    // SAFETY: the text is valid until the next callback on this thread, by the header; it is copied right here.
    let text = || unsafe { given.text.lossy() };
    Ok(Err(match given.error {
        0 => return ok().map(Ok),
        1 => StorageError::PermissionDenied(text()),
        2 => StorageError::QuotaExceeded(Quota { used: given.used, limit: given.limit, requested: given.requested }),
        3 => StorageError::InvalidKey(text()),
        4 => StorageError::ValueTooLarge(given.number),
        5 => StorageError::Unavailable(text()),
        6 => StorageError::IoError(text()),
        HOST_TRAP => return Err(HostTrap(text()).into()),
        other => return Err(HostTrap(format!("the host answered with storage-error {other}, which is no case")).into()),
    }))
}

// --- reading

impl Context {
    /// Makes parts of an answer good until they are lowered. The host's memory is good until the next callback on this thread. On
    /// the sync lane lowering comes first; on the fiber lane the guest's allocator may be set aside meanwhile, and others run: there
    /// the parts move into memory of the instance, until its next answer or the end of the call.
    fn lend(&mut self, parts: &mut [&'static [u8]]) {
        if !self.gives_way {
            return;
        }
        self.lent = parts.concat();
        let mut from = self.lent.as_ptr();
        for part in parts {
            // SAFETY: `lent` holds all parts in this order, and stays as it is while the answer is lowered: a guest can call
            // nothing then.
            unsafe {
                *part = std::slice::from_raw_parts(from, part.len());
                from = from.add(part.len());
            }
        }
    }
}

fn get_of(mut caller: Caller<'_>, store: u32, key: WasmStr) -> Result<Answer<Option<&'static [u8]>>> {
    let context = caller.data();
    let get = callback(context.tables.storage.get)?;
    // SAFETY: the host's callback with its context; the key stays in the guest's memory during it.
    let given = unsafe { get(context.host, store, Str::of(&key.to_str(&caller)?)) };
    answer(&given, || {
        if given.found == 0 {
            return Ok(None);
        }
        // SAFETY: valid until the next callback on this thread, by the header: lent until it was lowered.
        let mut value = [unsafe { given.value.get("a value") }.map_err(trap)?];
        caller.data_mut().lend(&mut value);
        Ok(Some(value[0]))
    })
}

fn has_of(caller: &Caller<'_>, store: u32, key: WasmStr) -> Result<Answer<bool>> {
    let context = caller.data();
    let has = callback(context.tables.storage.has)?;
    // SAFETY: as in `get_of`.
    let given = unsafe { has(context.host, store, Str::of(&key.to_str(caller)?)) };
    answer(&given, || Ok(given.found != 0))
}

/// Which store, prefix, cursor, limit.
type Wanted = (u32, WasmStr, Option<WasmStr>, u32);
type Page = (Vec<Entry<'static>>, Option<&'static str>);

fn page(mut caller: Caller<'_>, scan: Option<ScanStorage>, (store, prefix, cursor, limit): Wanted) -> Result<Answer<Page>> {
    /// Keys and values by turns.
    type Parts = Vec<&'static [u8]>;
    unsafe extern "C" fn add(to: *mut c_void, key: Str, value: Bytes) {
        // SAFETY: `to` is the value below, and nobody else uses it during the call. Key and value are valid until the next
        // callback on this thread, by the header: lent until they were lowered.
        unsafe {
            let parts = &mut *to.cast::<Result<Parts, Fault>>();
            match (parts.as_mut(), key.bytes().get("a key"), value.get("a value")) {
                (Ok(parts), Ok(key), Ok(value)) => parts.extend([key, value]),
                (Ok(_), Err(fault), _) | (Ok(_), _, Err(fault)) => *parts = Err(fault),
                (Err(_), ..) => {}
            }
        }
    }
    let context = caller.data();
    let (scan, prefix) = (callback(scan)?, prefix.to_str(&caller)?);
    let after = cursor.as_ref().map(|cursor| cursor.to_str(&caller)).transpose()?;
    let after = after.as_ref().map_or(Str::NONE, |cursor| Str::of(cursor));
    let (mut parts, mut next) = (Ok(Parts::new()), Str::NONE);
    // SAFETY: the host's callback with its context; all texts outlive it, and it adds during the call only, by the header.
    let given = unsafe { scan(context.host, store, Str::of(&prefix), after, limit, &mut next, (&raw mut parts).cast(), add) };
    answer(&given, || {
        let mut parts = parts.map_err(trap)?;
        // SAFETY: as in `add`.
        parts.push(unsafe { next.bytes().get("a cursor") }.map_err(trap)?);
        caller.data_mut().lend(&mut parts);
        let text = |part| str::from_utf8(part).map_err(|_| HostTrap("the host answered with a key that is not UTF-8".into()));
        let (entries, _) = parts.as_chunks();
        let entries = entries.iter().map(|[key, value]| Ok(Entry { key: text(key)?, value })).collect::<Result<_>>()?;
        let cursor = parts.last().map_or(Ok(""), |part| text(part))?;
        Ok((entries, (!next.ptr.is_null()).then_some(cursor)))
    })
}

fn scan_of(caller: Caller<'_>, wanted: Wanted) -> Result<Answer<ScanPage<'static>>> {
    let scan = caller.data().tables.storage.scan;
    Ok(page(caller, scan, wanted)?.map(|(entries, next)| ScanPage { entries, next }))
}

pub fn get(caller: Caller<'_>, (key,): (WasmStr,)) -> Result<(Answer<Option<&'static [u8]>>,)> {
    Ok((get_of(caller, OWN, key)?,))
}

pub fn store_get(caller: Caller<'_>, (store, key): (Resource<Store>, WasmStr)) -> Result<(Answer<Option<&'static [u8]>>,)> {
    Ok((get_of(caller, store.rep(), key)?,))
}

pub fn has(caller: Caller<'_>, (key,): (WasmStr,)) -> Result<(Answer<bool>,)> {
    Ok((has_of(&caller, OWN, key)?,))
}

pub fn store_has(caller: Caller<'_>, (store, key): (Resource<Store>, WasmStr)) -> Result<(Answer<bool>,)> {
    Ok((has_of(&caller, store.rep(), key)?,))
}

type Scan = (WasmStr, Option<WasmStr>, u32);
type StoreScan = (Resource<Store>, WasmStr, Option<WasmStr>, u32);

pub fn scan_prefix(caller: Caller<'_>, (prefix, cursor, limit): Scan) -> Result<(Answer<ScanPage<'static>>,)> {
    Ok((scan_of(caller, (OWN, prefix, cursor, limit))?,))
}

pub fn store_scan_prefix(caller: Caller<'_>, (store, prefix, cursor, limit): StoreScan) -> Result<(Answer<ScanPage<'static>>,)> {
    Ok((scan_of(caller, (store.rep(), prefix, cursor, limit))?,))
}

pub fn keys(caller: Caller<'_>, (prefix, cursor, limit): Scan) -> Result<(Answer<KeyPage<'static>>,)> {
    let keys = caller.data().tables.storage.keys;
    let found = page(caller, keys, (OWN, prefix, cursor, limit))?;
    Ok((found.map(|(entries, next)| KeyPage { keys: entries.into_iter().map(|entry| entry.key).collect(), next }),))
}

pub fn usage(caller: Caller<'_>, (): ()) -> Result<(Answer<UsageReport>,)> {
    let context = caller.data();
    let usage = callback(context.tables.storage.usage)?;
    // SAFETY: the host's callback with its context.
    let given = unsafe { usage(context.host) };
    let report = || UsageReport { used: given.used, quota: given.limit, key_count: given.number };
    Ok((answer(&given, || Ok(report()))?,))
}

// --- stores that were opened

pub fn open(mut caller: Caller<'_>, (namespace,): (WasmStr,)) -> Result<(Answer<Resource<Store>>,)> {
    let context = caller.data();
    let open = callback(context.tables.storage.open)?;
    // SAFETY: as in `get_of`.
    let given = unsafe { open(context.host, Str::of(&namespace.to_str(&caller)?)) };
    let number =
        || u32::try_from(given.number).map_err(|_| HostTrap("the host answered with a store that is none".into()).into());
    let opened = answer(&given, number)?;
    if let Ok(store) = opened {
        caller.data_mut().stores.push(store);
    }
    Ok((opened.map(Resource::new_own),))
}

impl Context {
    fn close_store(&mut self, store: u32) {
        let Some(at) = self.stores.iter().position(|open| *open == store) else { return };
        self.stores.swap_remove(at);
        if let Some(close) = self.tables.storage.close {
            // SAFETY: the host's callback with its context, once for each store that it opened.
            unsafe { close(self.host, store) };
        }
    }
}

/// A handle that the guest drops closes its store; those that it keeps are closed with the instance.
pub fn link_store(linker: &mut LinkerInstance<'_, Context>) -> Result<()> {
    linker.resource("store", ResourceType::host::<Store>(), |mut caller, store| {
        caller.data_mut().close_store(store);
        Ok(())
    })
}

impl Drop for Context {
    fn drop(&mut self) {
        while let Some(store) = self.stores.last() {
            self.close_store(*store);
        }
    }
}

// --- writing

enum Begun<T> {
    Ended(Answer<T>),
    Waits(waker::Operation),
}

/// Whether a write waits: for the disk, where the host synchronises each.
pub fn each_is_synced(tables: &HostTables) -> bool {
    tables.storage.synced != 0
}

/// How many keys a clear deletes nobody knows. Who may not clear is refused at once.
pub fn clear_waits(tables: &HostTables) -> bool {
    each_is_synced(tables) || tables.storage.clears != 0
}

/// Links a write, which may be pending where it `waits`. `begin` asks the host, `told` is what the guest is told of its success.
pub fn link_write<P, T>(
    linker: &mut LinkerInstance<'_, Context>,
    waits: bool,
    name: &str,
    begin: impl Fn(&Caller<'_>, P) -> Result<StorageResult> + Send + Sync + 'static,
    told: impl Fn(&StorageResult) -> T + Copy + Send + Sync + 'static,
) -> Result<()>
where
    P: ComponentNamedList + Lift + 'static,
    T: Lower + Send + 'static,
    (Answer<T>,): ComponentNamedList + Lower,
{
    if !waits {
        return linker.func_wrap(name, move |caller: Caller<'_>, given: P| match begun(&caller, begin(&caller, given)?, told)? {
            Begun::Ended(answer) => Ok((answer,)),
            Begun::Waits(_) => Err(HostTrap("a write of the host waits, which it said that none does".into()).into()),
        });
    }
    linker.func_wrap_async(name, move |caller: Caller<'_>, given: P| {
        let begun = match caller.data().starting {
            true => Ok(Begun::Ended(Err(StorageError::Unavailable("a component can't wait before it is instantiated".into())))),
            false => begin(&caller, given).and_then(|given| begun(&caller, given, told)),
        };
        Box::new(async move {
            match begun? {
                Begun::Ended(answer) => Ok((answer,)),
                Begun::Waits(operation) => {
                    operation.await?;
                    Ok((ended(&caller, told)?,))
                }
            }
        })
    })
}

fn begun<T>(caller: &Caller<'_>, given: StorageResult, told: impl Fn(&StorageResult) -> T) -> Result<Begun<T>> {
    if given.pending == 0 {
        return answer(&given, || Ok(told(&given))).map(Begun::Ended);
    }
    let context = caller.data();
    let wait = callback(context.tables.storage.wait)?;
    // SAFETY: the host's callback with its context and a place for its answer.
    operation("a write", |to| unsafe { wait(context.host, to) }).map(Begun::Waits)
}

fn ended<T>(caller: &Caller<'_>, told: impl Fn(&StorageResult) -> T) -> Result<Answer<T>> {
    let context = caller.data();
    let ended = callback(context.tables.storage.ended)?;
    // SAFETY: the host's callback with its context.
    let given = unsafe { ended(context.host) };
    answer(&given, || Ok(told(&given)))
}

pub fn nothing(_: &StorageResult) {}

pub fn found(given: &StorageResult) -> bool {
    given.found != 0
}

pub fn number(given: &StorageResult) -> u64 {
    given.number
}

fn set_of(caller: &Caller<'_>, store: u32, key: WasmStr, value: WasmList<u8>) -> Result<StorageResult> {
    let context = caller.data();
    let set = callback(context.tables.storage.set)?;
    // SAFETY: the host's callback with its context; both arguments stay in the guest's memory during it.
    Ok(unsafe { set(context.host, store, Str::of(&key.to_str(caller)?), Bytes::of(value.as_le_slice(caller))) })
}

fn delete_of(caller: &Caller<'_>, store: u32, key: WasmStr) -> Result<StorageResult> {
    let context = caller.data();
    let remove = callback(context.tables.storage.remove)?;
    // SAFETY: as in `set_of`.
    Ok(unsafe { remove(context.host, store, Str::of(&key.to_str(caller)?)) })
}

pub fn set(caller: &Caller<'_>, (key, value): (WasmStr, WasmList<u8>)) -> Result<StorageResult> {
    set_of(caller, OWN, key, value)
}

pub fn store_set(caller: &Caller<'_>, (store, key, value): (Resource<Store>, WasmStr, WasmList<u8>)) -> Result<StorageResult> {
    set_of(caller, store.rep(), key, value)
}

pub fn delete(caller: &Caller<'_>, (key,): (WasmStr,)) -> Result<StorageResult> {
    delete_of(caller, OWN, key)
}

pub fn store_delete(caller: &Caller<'_>, (store, key): (Resource<Store>, WasmStr)) -> Result<StorageResult> {
    delete_of(caller, store.rep(), key)
}

pub fn apply(caller: &Caller<'_>, (operations,): (Vec<Operation>,)) -> Result<StorageResult> {
    let context = caller.data();
    let apply = callback(context.tables.storage.apply)?;
    let mut texts = Vec::with_capacity(operations.len());
    for operation in &operations {
        texts.push(match operation {
            Operation::Set(entry) => (entry.key.to_str(caller)?, Some(entry.value.as_le_slice(caller))),
            Operation::Delete(key) => (key.to_str(caller)?, None),
        });
    }
    let operations: Vec<CStorageOperation> = texts
        .iter()
        .map(|(key, value)| CStorageOperation {
            key: Str::of(key),
            value: Bytes::of(value.unwrap_or_default()),
            sets: value.is_some().into(),
        })
        .collect();
    // SAFETY: as in `set_of`.
    Ok(unsafe { apply(context.host, operations.as_ptr(), operations.len()) })
}

pub fn clear(caller: &Caller<'_>, (): ()) -> Result<StorageResult> {
    let context = caller.data();
    let clear = callback(context.tables.storage.clear)?;
    // SAFETY: the host's callback with its context.
    Ok(unsafe { clear(context.host) })
}
