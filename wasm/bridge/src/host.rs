//! What the host offers to guests: the functions of the C tables, as imports of the interfaces of `wit/core.wit`.
use crate::abi::{Bytes, COperation, HOST_PANIC, HOST_TRAP, HostTables, MessagingResult, Pair, Str};
use crate::error::HostTrap;
use crate::limits::Limits;
use crate::types::{LogLevel, MessagingError, Timestamp};
use crate::waker::Operation;
use crate::wasi;
use std::ffi::c_void;
use wasmtime::component::types::{self, ComponentFunc};
use wasmtime::component::{LinkerInstance, WasmList, WasmStr};
use wasmtime::{Result, StoreContextMut};

const MESSAGING: &str = "airssys:core/messaging@1.0.0";
const SERVICES: &str = "airssys:core/services@1.0.0";
const WAITING: &str = "airssys:core/waiting@1.0.0";

/// What a store carries for its host functions.
pub struct Context {
    host: *mut c_void,
    tables: HostTables,
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

type Caller<'a> = StoreContextMut<'a, Context>;
type Sent = std::result::Result<(), MessagingError>;

/// One function that the host may offer.
pub struct Offer {
    pub interface: &'static str,
    pub name: &'static str,
    /// Whether it may suspend the guest, which puts the component on the fiber lane.
    pub waits: bool,
    /// Whether the table has it: a null pointer is a function that is not offered.
    pub present: fn(&HostTables) -> bool,
    pub link: fn(&mut LinkerInstance<'_, Context>) -> Result<()>,
    /// Whether a component that imports it under this name means the same type.
    pub check: fn(&ComponentFunc, &types::Component) -> Result<()>,
}

pub static OFFERS: [Offer; 7] = [
    Offer {
        interface: MESSAGING,
        name: "send-message",
        waits: false,
        present: |t| t.messaging.send_message.is_some(),
        link: |i| i.func_wrap("send-message", send_message),
        check: |f, c| f.typecheck::<(&str, &[u8]), (Sent,)>(&c.instance_type()),
    },
    Offer {
        interface: MESSAGING,
        name: "broadcast",
        waits: false,
        present: |t| t.messaging.send_message.is_some(),
        link: |i| i.func_wrap("broadcast", broadcast),
        check: |f, c| f.typecheck::<(&[String], &[u8]), (Vec<Sent>,)>(&c.instance_type()),
    },
    Offer {
        interface: MESSAGING,
        name: "self-id",
        waits: false,
        present: |t| t.messaging.self_id.is_some(),
        link: |i| i.func_wrap("self-id", self_id),
        check: |f, c| f.typecheck::<(), (String,)>(&c.instance_type()),
    },
    Offer {
        interface: SERVICES,
        name: "log",
        waits: false,
        present: |t| t.services.log.is_some(),
        link: |i| i.func_wrap("log", log),
        check: |f, c| f.typecheck::<(LogLevel, &str, &[(String, String)]), ()>(&c.instance_type()),
    },
    Offer {
        interface: SERVICES,
        name: "current-time",
        waits: false,
        present: |t| t.services.current_time.is_some(),
        link: |i| i.func_wrap("current-time", current_time),
        check: |f, c| f.typecheck::<(), (Timestamp,)>(&c.instance_type()),
    },
    Offer {
        interface: SERVICES,
        name: "monotonic-now",
        waits: false,
        present: |t| t.services.monotonic_now.is_some(),
        link: |i| i.func_wrap("monotonic-now", monotonic_now),
        check: |f, c| f.typecheck::<(), (u64,)>(&c.instance_type()),
    },
    Offer {
        interface: WAITING,
        name: "sleep-ms",
        waits: true,
        present: |t| t.waiting.sleep_ms.is_some(),
        link: |i| {
            i.func_wrap_async("sleep-ms", |caller: Caller<'_>, (duration,): (u64,)| {
                let operation = begin_sleep(&caller, duration);
                Box::new(async move { operation?.await })
            })
        },
        check: |f, c| f.typecheck::<(u64,), ()>(&c.instance_type()),
    },
];

/// The present check makes a missing callback impossible; this turns that belief into an error instead of a crash.
fn callback<F>(f: Option<F>) -> Result<F> {
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
        4 => Err(MessagingError::MessageTooLarge(answer.number)),
        5 => Err(MessagingError::DeliveryFailed(text())),
        HOST_TRAP => return Err(HostTrap(text()).into()),
        HOST_PANIC => std::panic::resume_unwind(Box::new("the host asked for it")),
        other => return Err(HostTrap(format!("the host answered with messaging-error {other}, which is no case")).into()),
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

fn log(caller: Caller<'_>, (level, text, fields): (LogLevel, WasmStr, Vec<(WasmStr, WasmStr)>)) -> Result<()> {
    let context = caller.data();
    let log = callback(context.tables.services.log)?;
    let text = text.to_str(&caller)?;
    let mut texts = Vec::with_capacity(fields.len());
    for (name, value) in &fields {
        texts.push((name.to_str(&caller)?, value.to_str(&caller)?));
    }
    let pairs: Vec<Pair> = texts.iter().map(|(name, value)| Pair { name: Str::of(name), value: Str::of(value) }).collect();
    // SAFETY: the host's callback with its context; all texts outlive it.
    unsafe { log(context.host, level as u32, Str::of(&text), pairs.as_ptr(), pairs.len()) };
    Ok(())
}

fn current_time(caller: Caller<'_>, (): ()) -> Result<(Timestamp,)> {
    Ok((caller.data().current_time()?,))
}

fn monotonic_now(caller: Caller<'_>, (): ()) -> Result<(u64,)> {
    Ok((caller.data().monotonic_now()?,))
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
