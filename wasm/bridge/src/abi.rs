//! The C types of the header and how they become Rust values. Layout only, no behaviour.
use crate::error::{Code, Fault};
use crate::waker::RawWaker;
use std::ffi::c_void;
use std::{mem, ptr, slice, str};

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Str {
    pub ptr: *const u8,
    pub len: usize,
}

impl Str {
    pub const NONE: Str = Str { ptr: ptr::null(), len: 0 };

    pub fn of(text: &str) -> Str {
        Str { ptr: text.as_ptr(), len: text.len() }
    }

    pub fn bytes(self) -> Bytes {
        Bytes { ptr: self.ptr, len: self.len }
    }

    /// Safety: the pointer is valid for `len` bytes as long as 'a; the header demands it of the caller.
    #[inline]
    pub unsafe fn get<'a>(self, what: &str) -> Result<&'a str, Fault> {
        // SAFETY: passed on.
        let bytes = unsafe { self.bytes().get(what) }?;
        if bytes.is_ascii() {
            // SAFETY: ASCII is UTF-8. Addresses are, and this is quicker than the general check.
            return Ok(unsafe { str::from_utf8_unchecked(bytes) });
        }
        str::from_utf8(bytes).map_err(|e| refused(format!("{what} is not UTF-8: {e}")))
    }

    /// A text of a host callback's answer: what is not UTF-8 is replaced, for an answer can't be refused.
    /// Safety: as for `get`, during this call.
    pub unsafe fn lossy(self) -> String {
        // SAFETY: passed on.
        match unsafe { self.bytes().get("text") } {
            Ok(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Err(_) => String::new(),
        }
    }
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Bytes {
    pub ptr: *const u8,
    pub len: usize,
}

impl Bytes {
    pub fn of(bytes: &[u8]) -> Bytes {
        Bytes { ptr: bytes.as_ptr(), len: bytes.len() }
    }

    /// Safety: the pointer is valid for `len` bytes as long as 'a; the header demands it of the caller.
    #[inline]
    pub unsafe fn get<'a>(self, what: &str) -> Result<&'a [u8], Fault> {
        // SAFETY: passed on.
        unsafe { array(self.ptr, self.len, what) }
    }
}

/// A C array as a slice; null is fine when it is empty.
/// Safety: the pointer is valid for `len` values as long as 'a.
#[inline]
pub unsafe fn array<'a, T>(ptr: *const T, len: usize, what: &str) -> Result<&'a [T], Fault> {
    if len == 0 {
        return Ok(&[]);
    }
    if ptr.is_null() || len > isize::MAX as usize / mem::size_of::<T>().max(1) {
        return Err(refused(format!("{what} is null or longer than memory, with {len} elements")));
    }
    // SAFETY: not null, of a possible length, and valid by the caller's word.
    Ok(unsafe { slice::from_raw_parts(ptr, len) })
}

/// A pointer that the header does not allow to be null.
/// Safety: null, or valid for reads as long as 'a.
pub unsafe fn arg<'a, T>(ptr: *const T, what: &str) -> Result<&'a T, Fault> {
    // SAFETY: null is refused, the rest is the caller's word.
    unsafe { ptr.as_ref() }.ok_or_else(|| Fault::argument(format!("{what} is null")))
}

/// Hands a boxed value over through an out-parameter.
/// Safety: `out` is null or valid for a write.
pub unsafe fn give<T>(out: *mut *mut T, make: impl FnOnce() -> Result<Box<T>, Fault>) -> Result<(), Fault> {
    if out.is_null() {
        return Err(Fault::argument("the out-parameter is null"));
    }
    let value = make()?;
    // SAFETY: not null, valid by the caller's word.
    unsafe { *out = Box::into_raw(value) };
    Ok(())
}

#[repr(C)]
pub struct Buf {
    ptr: *mut u8,
    len: usize,
    cap: usize,
}

impl Buf {
    pub const NONE: Buf = Buf { ptr: ptr::null_mut(), len: 0, cap: 0 };

    pub fn of(bytes: Vec<u8>) -> Buf {
        if bytes.capacity() == 0 {
            return Buf::NONE;
        }
        let mut bytes = mem::ManuallyDrop::new(bytes);
        Buf { ptr: bytes.as_mut_ptr(), len: bytes.len(), cap: bytes.capacity() }
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn aw_buf_delete(buf: *mut Buf) {
    // SAFETY: null or valid by the header.
    let Some(buf) = (unsafe { buf.as_mut() }) else { return };
    let Buf { ptr, len, cap } = mem::replace(buf, Buf::NONE);
    if !ptr.is_null() {
        // SAFETY: the three come from one Vec (`Buf::of`), and zeroing above gives them up once.
        drop(unsafe { Vec::from_raw_parts(ptr, len, cap) });
    }
}

#[repr(C)]
pub struct EngineConfig {
    pub max_instances: u32,
    pub max_fibers: u32,
    pub max_memory_bytes: u64,
    pub keep_resident_bytes: u64,
    pub max_wasm_stack_bytes: u64,
    pub fiber_stack_bytes: u64,
    pub memory_reservation: u64,
    pub pooling: u8,
    pub copy_on_write: u8,
}

#[repr(C)]
#[derive(Default)]
pub struct PoolStats {
    pub core_instances: u64,
    pub memories: u64,
    pub tables: u64,
    pub stacks: u64,
}

#[repr(C)]
pub struct DescriptionVisitor {
    pub import_item: Option<unsafe extern "C" fn(*mut c_void, Str, Str, Str, Str)>,
    pub export_item: Option<unsafe extern "C" fn(*mut c_void, Str, Str, Str)>,
}

#[repr(C)]
#[derive(Default)]
pub struct Requirements {
    pub memories: u32,
    pub tables: u32,
    pub initial_memory_bytes: u64,
    pub initial_table_elements: u64,
    pub known: u8,
}

#[repr(C)]
#[derive(Default)]
pub struct Outline {
    pub memories: u32,
    pub initial_memory_bytes: u64,
}

#[repr(C)]
pub struct MessagingResult {
    pub error: u32,
    pub number: u64,
    pub text: Str,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct CMessageMetadata {
    pub correlation_id: CMessageId,
    pub deadline: u64,
    pub has_correlation_id: u8,
    pub has_deadline: u8,
    pub reply_to: Str,
    pub topic: Str,
    pub content_type: Str,
    pub trace_context: Str,
}

pub type AddMessagingResult = unsafe extern "C" fn(*mut c_void, MessagingResult);

#[repr(C)]
#[derive(Clone, Copy)]
pub struct MessagingTable {
    pub send_message: Option<unsafe extern "C" fn(*mut c_void, Str, Bytes) -> MessagingResult>,
    pub send_request: Option<unsafe extern "C" fn(*mut c_void, Str, Bytes, u64, *mut CMessageId) -> MessagingResult>,
    pub cancel_request: Option<unsafe extern "C" fn(*mut c_void, CMessageId) -> MessagingResult>,
    pub broadcast: Option<unsafe extern "C" fn(*mut c_void, *const Str, usize, Bytes, *mut c_void, AddMessagingResult)>,
    pub publish: Option<unsafe extern "C" fn(*mut c_void, Str, Bytes) -> MessagingResult>,
    pub subscribe: Option<unsafe extern "C" fn(*mut c_void, Str) -> MessagingResult>,
    pub unsubscribe: Option<unsafe extern "C" fn(*mut c_void, u64) -> MessagingResult>,
    pub supported_codecs: Option<unsafe extern "C" fn(*mut c_void, *mut u64, usize) -> usize>,
    pub self_id: Option<unsafe extern "C" fn(*mut c_void) -> Str>,
    pub current_metadata: Option<unsafe extern "C" fn(*mut c_void, *mut CMessageMetadata)>,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Pair {
    pub name: Str,
    pub value: Str,
}

#[repr(C)]
pub struct CTimestamp {
    pub seconds: u64,
    pub nanoseconds: u32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ServicesTable {
    pub log: Option<unsafe extern "C" fn(*mut c_void, u32, Str, *const Pair, usize)>,
    pub current_time: Option<unsafe extern "C" fn(*mut c_void) -> CTimestamp>,
    pub monotonic_now: Option<unsafe extern "C" fn(*mut c_void) -> u64>,
    pub fill_random: Option<unsafe extern "C" fn(*mut c_void, *mut u8, usize)>,
    pub list_components: Option<unsafe extern "C" fn(*mut c_void, *mut c_void, AddText)>,
    pub get_component_metadata: Option<unsafe extern "C" fn(*mut c_void, Str) -> ServicesResult>,
    pub call_host_function: Option<unsafe extern "C" fn(*mut c_void, Str, Bytes) -> ServicesResult>,
}

pub type AddText = unsafe extern "C" fn(*mut c_void, Str);
pub type AddCapability = unsafe extern "C" fn(*mut c_void, *const CCapability);

#[repr(C)]
pub struct ServicesResult {
    pub error: u32,
    pub text: Str,
    pub bytes: Bytes,
    pub metadata: *const CComponentMetadata,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct CapabilitiesTable {
    pub is_granted: Option<unsafe extern "C" fn(*mut c_void, *const CCapability) -> u8>,
    pub granted: Option<unsafe extern "C" fn(*mut c_void, *mut c_void, AddCapability)>,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct MulticodecTable {
    pub prefix: Option<unsafe extern "C" fn(*mut c_void, u64, *mut u8) -> u32>,
    pub split: Option<unsafe extern "C" fn(*mut c_void, Bytes) -> CSplit>,
    pub codec: Option<unsafe extern "C" fn(*mut c_void, u64) -> CCodec>,
}

#[repr(C)]
pub struct CSplit {
    pub code: u64,
    pub length: u32,
    pub text: Str,
}

#[repr(C)]
pub struct CCodec {
    pub code: u64,
    pub name: Str,
    pub supported: u8,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct COperation {
    pub state: *mut c_void,
    pub poll: Option<unsafe extern "C" fn(*mut c_void, *mut RawWaker) -> i32>,
    pub drop: Option<unsafe extern "C" fn(*mut c_void)>,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct WaitingTable {
    pub sleep_ms: Option<unsafe extern "C" fn(*mut c_void, u64, *mut COperation) -> u32>,
}

/// One type for the answers of all functions of storage.
#[repr(C)]
pub struct StorageResult {
    pub error: u32,
    pub found: u8,
    pub pending: u8,
    pub number: u64,
    pub used: u64,
    pub limit: u64,
    pub requested: u64,
    pub text: Str,
    pub value: Bytes,
}

#[repr(C)]
pub struct CStorageOperation {
    pub key: Str,
    pub value: Bytes,
    pub sets: u8,
}

pub type AddEntry = unsafe extern "C" fn(*mut c_void, Str, Bytes);
/// Store, prefix, cursor, limit, the next cursor, and where entries go.
pub type ScanStorage = unsafe extern "C" fn(*mut c_void, u32, Str, Str, u32, *mut Str, *mut c_void, AddEntry) -> StorageResult;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct StorageTable {
    pub get: Option<unsafe extern "C" fn(*mut c_void, u32, Str) -> StorageResult>,
    pub has: Option<unsafe extern "C" fn(*mut c_void, u32, Str) -> StorageResult>,
    pub scan: Option<ScanStorage>,
    pub keys: Option<ScanStorage>,
    pub usage: Option<unsafe extern "C" fn(*mut c_void) -> StorageResult>,
    pub open: Option<unsafe extern "C" fn(*mut c_void, Str) -> StorageResult>,
    pub close: Option<unsafe extern "C" fn(*mut c_void, u32)>,
    pub set: Option<unsafe extern "C" fn(*mut c_void, u32, Str, Bytes) -> StorageResult>,
    pub remove: Option<unsafe extern "C" fn(*mut c_void, u32, Str) -> StorageResult>,
    pub apply: Option<unsafe extern "C" fn(*mut c_void, *const CStorageOperation, usize) -> StorageResult>,
    pub clear: Option<unsafe extern "C" fn(*mut c_void) -> StorageResult>,
    pub wait: Option<unsafe extern "C" fn(*mut c_void, *mut COperation) -> u32>,
    pub ended: Option<unsafe extern "C" fn(*mut c_void) -> StorageResult>,
    pub synced: u8,
    pub clears: u8,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct HostTables {
    pub messaging: MessagingTable,
    pub storage: StorageTable,
    pub services: ServicesTable,
    pub waiting: WaitingTable,
    pub capabilities: CapabilitiesTable,
    pub multicodec: MulticodecTable,
}

#[repr(C)]
pub struct InstanceLimits {
    pub memory_bytes: u64,
    pub table_elements: u64,
    pub instances: u32,
    pub tables: u32,
    pub memories: u32,
    pub hostcall_bytes: u64,
    pub fuel: u64,
    pub deadline_ticks: u64,
    pub slice_ticks: u64,
}

#[repr(C)]
#[derive(Default)]
pub struct MemoryStats {
    pub bytes: u64,
    pub peak_bytes: u64,
    pub refused_growths: u64,
}

pub const DONE: u32 = 0;
pub const PENDING: u32 = 1;
pub const GUEST_ERROR: u32 = 2;
pub const FAILED: u32 = 3;

#[repr(C)]
pub struct Outcome {
    pub state: u32,
    pub variant: u32,
    pub has_text: u8,
    pub text: Buf,
    pub number: u64,
    pub metadata: *mut CComponentMetadata,
    pub error: *mut Fault,
}

impl Outcome {
    pub fn new(state: u32) -> Outcome {
        Outcome { state, variant: 0, has_text: 0, text: Buf::NONE, number: 0, metadata: ptr::null_mut(), error: ptr::null_mut() }
    }

    pub fn failed(fault: Fault) -> Outcome {
        Outcome { error: Box::into_raw(Box::new(fault)), ..Outcome::new(FAILED) }
    }
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct CMessageId {
    pub high: u64,
    pub low: u64,
}

#[repr(C)]
pub struct CMessage {
    pub sender: Str,
    pub payload: Bytes,
    pub kind: u32,
    pub id: CMessageId,
    pub sent_at: u64,
}

#[repr(C)]
pub struct CExecutionContext {
    pub request: CMessageId,
    pub caller: Str,
    pub timeout_ms: u64,
    pub trace_context: Str,
}

#[repr(C)]
pub struct CRequestOutcome {
    pub error: u32,
    pub timeout_ms: u64,
    pub payload: Bytes,
    pub text: Str,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct CCapability {
    pub kind: Str,
    pub action: Str,
    pub target: Str,
}

#[repr(C)]
pub struct CComponentConfig {
    pub env: *const Pair,
    pub env_count: usize,
    pub config_data: Bytes,
    pub has_config_data: u8,
    pub memory_bytes: u64,
    pub fuel_per_call: u64,
    pub call_timeout_ms: u64,
    pub storage_bytes: u64,
    pub granted: *const CCapability,
    pub granted_count: usize,
}

#[repr(C)]
pub struct CComponentMetadata {
    pub name: Str,
    pub version: Str,
    pub description: Str,
    pub author: Str,
    pub license: Str,
    pub language: Str,
    pub api_version: Str,
    pub homepage: Str,
    pub repository: Str,
    pub operations: *const Str,
    pub operation_count: usize,
    pub codecs: *const u64,
    pub codec_count: usize,
    pub permissions: *const CCapability,
    pub permission_count: usize,
    pub tags: *const Str,
    pub tag_count: usize,
    pub custom: *const Pair,
    pub custom_count: usize,
    pub memory_min: u64,
    pub memory_max: u64,
    pub memory_preferred: u64,
    pub timeout_ms: u64,
    pub has_timeout: u8,
    pub has_custom: u8,
    pub stateful: u8,
}

/// What a callback answers to end the guest's call.
pub const HOST_TRAP: u32 = u32::MAX;
/// What it answers to have a panic in the host function that called it.
pub const HOST_PANIC: u32 = u32::MAX - 1;

#[cold]
fn refused(text: String) -> Fault {
    Fault::argument(text)
}

impl Fault {
    pub fn argument(message: impl Into<String>) -> Fault {
        Fault::new(Code::InvalidArgument, message)
    }
}
