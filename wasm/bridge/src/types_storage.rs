//! The records of `storage` in `wit/core.wit`, as those in `types.rs`: what the host answers borrows its memory, what a guest
//! gives stays in the guest's.
use wasmtime::component::{ComponentType, Lift, Lower, WasmList, WasmStr};

#[derive(ComponentType, Lower)]
#[component(record)]
pub struct Quota {
    pub used: u64,
    pub limit: u64,
    pub requested: u64,
}

#[derive(ComponentType, Lower)]
#[component(record)]
pub struct UsageReport {
    pub used: u64,
    pub quota: u64,
    #[component(name = "key-count")]
    pub key_count: u64,
}

#[derive(ComponentType, Lower)]
#[component(variant)]
pub enum StorageError {
    #[component(name = "permission-denied")]
    PermissionDenied(String),
    #[component(name = "quota-exceeded")]
    QuotaExceeded(Quota),
    #[component(name = "invalid-key")]
    InvalidKey(String),
    #[component(name = "value-too-large")]
    ValueTooLarge(u64),
    #[component(name = "unavailable")]
    Unavailable(String),
    #[component(name = "io-error")]
    IoError(String),
}

#[derive(ComponentType, Lower)]
#[component(record)]
pub struct Entry<'a> {
    pub key: &'a str,
    pub value: &'a [u8],
}

#[derive(ComponentType, Lower)]
#[component(record)]
pub struct ScanPage<'a> {
    pub entries: Vec<Entry<'a>>,
    pub next: Option<&'a str>,
}

#[derive(ComponentType, Lower)]
#[component(record)]
pub struct KeyPage<'a> {
    pub keys: Vec<&'a str>,
    pub next: Option<&'a str>,
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub struct GivenEntry {
    pub key: WasmStr,
    pub value: WasmList<u8>,
}

#[derive(ComponentType, Lift)]
#[component(variant)]
pub enum Operation {
    #[component(name = "set")]
    Set(GivenEntry),
    #[component(name = "delete")]
    Delete(WasmStr),
}
