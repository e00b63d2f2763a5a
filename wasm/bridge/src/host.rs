//! What the host offers to guests: the functions of the C tables, as imports of the interfaces of `wit/core.wit`.
use crate::abi::{COperation, HOST_TRAP, HostTables, Str};
use crate::error::HostTrap;
use crate::host_messaging as messaging;
use crate::host_services::{self as services, capabilities, multicodec};
use crate::host_storage as storage;
use crate::limits::Limits;
use crate::table::{HostFunction, name_of};
use crate::types::{LogLevel, Timestamp};
use crate::waker::Operation;
use crate::wasi;
use std::ffi::c_void;
use wasmtime::component::LinkerInstance;
use wasmtime::{Result, StoreContextMut};

/// What a store carries for its host functions.
pub struct Context {
    pub host: *mut c_void,
    pub tables: HostTables,
    pub limits: Limits,
    pub wasi: wasi::State,
    /// Those that the guest opened, by the host's numbers; the host bounds how many.
    pub stores: Vec<u32>,
    /// The instance is on the fiber lane: whatever it does may be set aside for others.
    pub gives_way: bool,
    /// What the answer that is being lowered lies in, if not in the host's memory.
    pub lent: Vec<u8>,
    /// The start functions run, and nothing can suspend yet.
    pub starting: bool,
    /// When the call has to end, in ticks of the engine.
    pub deadline: u64,
}

// SAFETY: `host` is only handed back to the host's own callbacks, which the header demands to work from any thread that
// uses the instance; the rest is Send.
unsafe impl Send for Context {}

impl Context {
    pub fn new(host: *mut c_void, tables: HostTables, limits: Limits) -> Context {
        Context {
            host,
            tables,
            limits,
            wasi: wasi::State::new(),
            stores: Vec::new(),
            gives_way: false,
            lent: Vec::new(),
            starting: true,
            deadline: 0,
        }
    }

    pub fn monotonic_now(&self) -> Result<u64> {
        let now = callback(self.tables.services.monotonic_now)?;
        // SAFETY: the host's callback with its context.
        Ok(unsafe { now(self.host) })
    }

    pub fn current_time(&self) -> Result<Timestamp> {
        let now = callback(self.tables.services.current_time)?;
        // SAFETY: the host's callback with its context.
        let time = unsafe { now(self.host) };
        Ok(Timestamp { seconds: time.seconds, nanoseconds: time.nanoseconds })
    }

    pub fn fill_random(&self, bytes: &mut [u8]) -> Result<()> {
        let fill = callback(self.tables.services.fill_random)?;
        // SAFETY: the host's callback with its context, and a place of this size to write to.
        unsafe { fill(self.host, bytes.as_mut_ptr(), bytes.len()) };
        Ok(())
    }

    /// What the guest wrote to standard output (1) or standard error.
    pub fn print(&mut self, stream: u32, text: &[u8]) -> Result<()> {
        let (host, log) = (self.host, callback(self.tables.services.log)?);
        let stream = if stream == 1 { &mut self.wasi.out } else { &mut self.wasi.err };
        // SAFETY: the host's callback with its context; the text outlives it.
        stream.print(text, &mut |level, line| unsafe { log(host, level as u32, Str::of(line), std::ptr::null(), 0) });
        Ok(())
    }

    /// A call has ended, and with it every line that it began to print.
    pub fn flush(&mut self) {
        self.lent = Vec::new();
        if self.wasi.out.is_empty() && self.wasi.err.is_empty() {
            return;
        }
        let Some(log) = self.tables.services.log else { return };
        let host = self.host;
        // SAFETY: the host's callback with its context; the text outlives it.
        let mut log = |level: LogLevel, line: &str| unsafe { log(host, level as u32, Str::of(line), std::ptr::null(), 0) };
        self.wasi.out.flush(&mut log);
        self.wasi.err.flush(&mut log);
    }
}

pub type Caller<'a> = StoreContextMut<'a, Context>;

/// A function of the host's WIT that is carried out. What it is besides stands in the table; a function of the table that is not
/// here answers that it is unavailable (`unavailable.rs`).
pub struct Offer {
    /// Without version.
    interface: &'static str,
    name: &'static str,
    /// Whether the C table has it: a null pointer is a function that is not offered.
    pub present: fn(&HostTables) -> bool,
    /// Whether it may suspend the guest on this host, whatever the WIT says.
    pub waits: fn(&HostTables) -> bool,
    pub link: fn(&mut LinkerInstance<'_, Context>, &HostTables) -> Result<()>,
}

/// How the host carries out this function; none: it does not.
pub fn offer(function: &HostFunction) -> Option<&'static Offer> {
    let interface = name_of(function.interface);
    OFFERS.iter().chain(WRITES).find(|offer| offer.name == function.name && offer.interface == interface)
}

/// One row: interface, name, the field of the C tables that has to be there, and the function below.
macro_rules! offers {
    ($($interface:literal { $($name:literal: $table:ident.$field:ident => $function:path,)* })*) => {
        static OFFERS: &[Offer] = &[$($(Offer {
            interface: $interface,
            name: $name,
            present: |t| t.$table.$field.is_some(),
            waits: |_| false,
            link: |i, _| i.func_wrap($name, $function),
        },)*)* SLEEP];
    };
}

offers! {
    "airssys:core/messaging" {
        "send-message": messaging.send_message => messaging::send_message,
        "send-request": messaging.send_request => messaging::send_request,
        "cancel-request": messaging.cancel_request => messaging::cancel_request,
        "broadcast": messaging.broadcast => messaging::broadcast,
        "publish": messaging.publish => messaging::publish,
        "subscribe": messaging.subscribe => messaging::subscribe,
        "unsubscribe": messaging.unsubscribe => messaging::unsubscribe,
        "self-id": messaging.self_id => messaging::self_id,
        "current-metadata": messaging.current_metadata => messaging::current_metadata,
    }
    "airssys:core/storage" {
        "get": storage.get => storage::get,
        "has": storage.has => storage::has,
        "keys": storage.keys => storage::keys,
        "scan-prefix": storage.scan => storage::scan_prefix,
        "usage": storage.usage => storage::usage,
        "open": storage.open => storage::open,
        "[method]store.get": storage.get => storage::store_get,
        "[method]store.has": storage.has => storage::store_has,
        "[method]store.scan-prefix": storage.scan => storage::store_scan_prefix,
    }
    "airssys:core/services" {
        "log": services.log => services::log,
        "current-time": services.current_time => services::current_time,
        "current-time-millis": services.current_time => services::current_time_millis,
        "monotonic-now": services.monotonic_now => services::monotonic_now,
        "list-components": services.list_components => services::list_components,
        "get-component-metadata": services.get_component_metadata => services::get_component_metadata,
        "call-host-function": services.call_host_function => services::call_host_function,
    }
    "airssys:core/capabilities" {
        "is-granted": capabilities.is_granted => capabilities::is_granted,
        "granted": capabilities.granted => capabilities::granted,
    }
    "airssys:core/multicodec" {
        "encode": multicodec.prefix => multicodec::encode,
        "decode": multicodec.split => multicodec::decode,
        "is-supported": multicodec.codec => multicodec::is_supported,
        "info": multicodec.codec => multicodec::info,
    }
}

/// The same of what may wait: when, what asks for it, and what the guest is told of its success.
macro_rules! writes {
    ($($waits:path: { $($name:literal: $table:ident.$field:ident => $begin:path, $told:path,)* })*) => {
        static WRITES: &[Offer] = &[$($(Offer {
            interface: "airssys:core/storage",
            name: $name,
            present: |t| t.$table.$field.is_some(),
            waits: $waits,
            link: |i, t| storage::link_write(i, $waits(t), $name, $begin, $told),
        },)*)*];
    };
}

writes! {
    storage::each_is_synced: {
        "set": storage.set => storage::set, storage::nothing,
        "delete": storage.remove => storage::delete, storage::found,
        "apply": storage.apply => storage::apply, storage::nothing,
        "[method]store.set": storage.set => storage::store_set, storage::nothing,
        "[method]store.delete": storage.remove => storage::store_delete, storage::found,
    }
    storage::clear_waits: {
        "clear": storage.clear => storage::clear, storage::number,
    }
}

const SLEEP: Offer = Offer {
    interface: "airssys:core/waiting",
    name: "sleep-ms",
    present: |t| t.waiting.sleep_ms.is_some(),
    waits: |_| true,
    link: |i, _| {
        i.func_wrap_async("sleep-ms", |caller: Caller<'_>, (duration,): (u64,)| {
            let operation = begin_sleep(&caller, duration);
            Box::new(async move { operation?.await })
        })
    },
};

/// The present check makes a missing callback impossible; this turns that belief into an error instead of a crash.
pub fn callback<F>(f: Option<F>) -> Result<F> {
    f.ok_or_else(|| HostTrap("the host offers no such function".into()).into())
}

fn begin_sleep(caller: &Caller<'_>, duration_ms: u64) -> Result<Operation> {
    let context = caller.data();
    if context.starting {
        return Err(HostTrap("a component can't wait before it is instantiated".into()).into());
    }
    let sleep = callback(context.tables.waiting.sleep_ms)?;
    // SAFETY: the host's callback with its context and a place for its answer.
    operation("sleep-ms", |to| unsafe { sleep(context.host, duration_ms, to) })
}

/// What the host is asked to begin, and fills in.
pub fn operation(what: &str, begin: impl FnOnce(&mut COperation) -> u32) -> Result<Operation> {
    let mut operation = COperation { state: std::ptr::null_mut(), poll: None, drop: None };
    match begin(&mut operation) {
        0 => Ok(Operation::new(operation)),
        HOST_TRAP => Err(HostTrap("the host does not let the component wait".into()).into()),
        other => Err(HostTrap(format!("the host answered {other} to {what}, which means nothing")).into()),
    }
}
