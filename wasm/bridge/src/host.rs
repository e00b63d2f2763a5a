//! What the host offers to guests: the functions of the C tables, as imports of the interfaces of `wit/core.wit`.
use crate::abi::{Bytes, CMessageId, CMessageMetadata, COperation, HOST_PANIC, HOST_TRAP, HostTables, MessagingResult, Str};
use crate::error::HostTrap;
use crate::host_services::{self as services, capabilities, multicodec};
use crate::limits::Limits;
use crate::table::{HostFunction, name_of};
use crate::types::{LogLevel, MessageId, MessageMetadata, MessagingError, Timestamp};
use crate::waker::Operation;
use crate::wasi;
use std::ffi::c_void;
use wasmtime::component::{LinkerInstance, WasmList, WasmStr};
use wasmtime::{Result, StoreContextMut};

/// What a store carries for its host functions.
pub struct Context {
    pub host: *mut c_void,
    pub tables: HostTables,
    pub limits: Limits,
    pub wasi: wasi::State,
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
        Context { host, tables, limits, wasi: wasi::State::new(), starting: true, deadline: 0 }
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
type Sent = std::result::Result<(), MessagingError>;

/// A function of the host's WIT that is carried out. What it is besides stands in the table; a function of the table that is not
/// here answers that it is unavailable (`unavailable.rs`).
pub struct Offer {
    /// Without version.
    interface: &'static str,
    name: &'static str,
    /// Whether the C table has it: a null pointer is a function that is not offered.
    pub present: fn(&HostTables) -> bool,
    pub link: fn(&mut LinkerInstance<'_, Context>) -> Result<()>,
}

/// How the host carries out this function; none: it does not.
pub fn offer(function: &HostFunction) -> Option<&'static Offer> {
    let interface = name_of(function.interface);
    OFFERS.iter().find(|offer| offer.name == function.name && offer.interface == interface)
}

/// One row: interface, name, the field of the C tables that has to be there, and the function below.
macro_rules! offers {
    ($($interface:literal { $($name:literal: $table:ident.$field:ident => $function:path,)* })*) => {
        static OFFERS: &[Offer] = &[$($(Offer {
            interface: $interface,
            name: $name,
            present: |t| t.$table.$field.is_some(),
            link: |i| i.func_wrap($name, $function),
        },)*)* SLEEP];
    };
}

offers! {
    "airssys:core/messaging" {
        "send-message": messaging.send_message => send_message,
        "broadcast": messaging.send_message => broadcast,
        "self-id": messaging.self_id => self_id,
        "current-metadata": messaging.current_metadata => current_metadata,
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

const SLEEP: Offer = Offer {
    interface: "airssys:core/waiting",
    name: "sleep-ms",
    present: |t| t.waiting.sleep_ms.is_some(),
    link: |i| {
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

fn sent(answer: MessagingResult) -> Result<Sent> {
    // SAFETY: the text is valid until the next callback on this instance, by the header; it is copied right here.
    let text = || unsafe { answer.text.lossy() };
    Ok(match answer.error {
        0 => Ok(()),
        1 => Err(MessagingError::TargetNotFound),
        2 => Err(MessagingError::PermissionDenied(text())),
        3 => Err(MessagingError::QueueFull),
        4 => Err(MessagingError::RateLimited),
        5 => Err(MessagingError::MessageTooLarge(answer.number)),
        6 => Err(MessagingError::InvalidMessage(text())),
        7 => Err(MessagingError::UnknownCodec(answer.number)),
        9 => Err(MessagingError::InvalidTimeout(answer.number)),
        10 => Err(MessagingError::UnknownRequest),
        11 => Err(MessagingError::DeliveryFailed(text())),
        HOST_TRAP => return Err(HostTrap(text()).into()),
        HOST_PANIC => std::panic::resume_unwind(Box::new("the host asked for it")),
        other => return Err(HostTrap(format!("the host answered with messaging-error {other}, which can't be told")).into()),
    })
}

fn send_message(caller: Caller<'_>, (target, payload): (WasmStr, WasmList<u8>)) -> Result<(Sent,)> {
    let context = caller.data();
    let send = callback(context.tables.messaging.send_message)?;
    let target = target.to_str(&caller)?;
    // SAFETY: the host's callback with its context; both arguments stay in the guest's memory during it, for the guest
    // does not run meanwhile.
    let answer = unsafe { send(context.host, Str::of(&target), Bytes::of(payload.as_le_slice(&caller))) };
    Ok((sent(answer)?,))
}

fn broadcast(caller: Caller<'_>, (targets, payload): (Vec<WasmStr>, WasmList<u8>)) -> Result<(Vec<Sent>,)> {
    let context = caller.data();
    let send = callback(context.tables.messaging.send_message)?;
    let payload = Bytes::of(payload.as_le_slice(&caller));
    let mut answers = Vec::with_capacity(targets.len());
    for target in targets {
        let target = target.to_str(&caller)?;
        // SAFETY: as in `send_message`.
        answers.push(sent(unsafe { send(context.host, Str::of(&target), payload) })?);
    }
    Ok((answers,))
}

fn self_id(caller: Caller<'_>, (): ()) -> Result<(String,)> {
    let context = caller.data();
    let id = callback(context.tables.messaging.self_id)?;
    // SAFETY: the host's callback with its context; what it answers is copied before anything else runs.
    Ok((unsafe { id(context.host).lossy() },))
}

fn current_metadata(caller: Caller<'_>, (): ()) -> Result<(MessageMetadata,)> {
    let context = caller.data();
    let current = callback(context.tables.messaging.current_metadata)?;
    let mut found = CMessageMetadata {
        correlation_id: CMessageId { high: 0, low: 0 },
        deadline: 0,
        has_correlation_id: 0,
        has_deadline: 0,
        reply_to: Str::NONE,
        topic: Str::NONE,
        content_type: Str::NONE,
        trace_context: Str::NONE,
    };
    // SAFETY: the host's callback with its context and a place for its answer, which is copied before anything else runs.
    unsafe { current(context.host, &mut found) };
    // SAFETY: the same.
    let text = |text: Str| (!text.ptr.is_null()).then(|| unsafe { text.lossy() });
    let CMessageId { high, low } = found.correlation_id;
    Ok((MessageMetadata {
        correlation_id: (found.has_correlation_id != 0).then_some(MessageId { high, low }),
        reply_to: text(found.reply_to),
        topic: text(found.topic),
        content_type: text(found.content_type),
        trace_context: text(found.trace_context),
        deadline: (found.has_deadline != 0).then_some(found.deadline),
    },))
}

fn begin_sleep(caller: &Caller<'_>, duration_ms: u64) -> Result<Operation> {
    let context = caller.data();
    if context.starting {
        return Err(HostTrap("a component can't wait before it is instantiated".into()).into());
    }
    let sleep = callback(context.tables.waiting.sleep_ms)?;
    let mut operation = COperation { state: std::ptr::null_mut(), poll: None, drop: None };
    // SAFETY: the host's callback with its context and a place for its answer.
    match unsafe { sleep(context.host, duration_ms, &mut operation) } {
        0 => Ok(Operation::new(operation)),
        HOST_TRAP => Err(HostTrap("the host does not let the component wait".into()).into()),
        other => Err(HostTrap(format!("the host answered {other} to sleep-ms, which means nothing")).into()),
    }
}
