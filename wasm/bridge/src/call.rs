//! Calling the exports of a guest: at once on the sync lane, as a future in the instance's slot on the fiber lane.
use crate::abi::{self, Buf, Bytes, CComponentConfig, CExecutionContext, CMessage, CMessageId, CRequestOutcome, Outcome, arg};
use crate::error::{Code, Fault, contain};
use crate::instance::{BridgeInstance, Exports, State};
use crate::metadata;
use crate::preinstance::{ExecuteAnswer, HandleAnswer, InitAnswer, Lane};
use crate::types::{
    ComponentConfig, ComponentError, ComponentMetadata, ExecutionContext, ExecutionError, HealthReport, HealthStatus, Message,
    MessageId, borrow_outcome,
};
use crate::waker::{RawWaker, borrow};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::{Context, Poll};
use wasmtime::component::{ComponentNamedList, Lift, Lower, TypedFunc};

/// What an export answers, on its way into an outcome that says "done" and holds nothing yet.
pub trait Answer {
    fn write(self, out: &mut Outcome);
}

fn write_text(text: Option<Vec<u8>>, out: &mut Outcome) {
    if let Some(text) = text {
        out.has_text = 1;
        out.text = Buf::of(text);
    }
}

impl Answer for Result<Option<Vec<u8>>, ComponentError> {
    fn write(self, out: &mut Outcome) {
        match self {
            Ok(reply) => write_text(reply, out),
            Err(error) => {
                let (case, text) = error.parts();
                (out.state, out.variant) = (abi::GUEST_ERROR, case);
                write_text(text.map(String::into_bytes), out);
            }
        }
    }
}

impl Answer for Result<(), ComponentError> {
    fn write(self, out: &mut Outcome) {
        self.map(|()| None).write(out);
    }
}

impl Answer for ExecuteAnswer {
    fn write(self, out: &mut Outcome) {
        match self {
            Ok(reply) => write_text(Some(reply), out),
            Err(error) => {
                let (case, text, number) = error.parts();
                (out.state, out.variant, out.number) = (abi::GUEST_ERROR, case, number);
                write_text(text.map(String::into_bytes), out);
            }
        }
    }
}

impl Answer for Vec<u64> {
    fn write(self, out: &mut Outcome) {
        write_text(Some(self.into_iter().flat_map(u64::to_ne_bytes).collect()), out);
    }
}

impl Answer for ComponentMetadata {
    fn write(self, out: &mut Outcome) {
        out.metadata = metadata::give(self);
    }
}

impl Answer for HealthReport {
    fn write(self, out: &mut Outcome) {
        out.variant = self.status as u32;
        write_text(self.reason.map(String::into_bytes), out);
    }
}

/// One type for the answers of all exports: what a call in the slot ends with.
pub enum Reply {
    Message(HandleAnswer),
    Done(InitAnswer),
    Executed(ExecuteAnswer),
    Metadata(Box<ComponentMetadata>),
    Health(HealthReport),
    Codecs(Vec<u64>),
}

impl Answer for Reply {
    fn write(self, out: &mut Outcome) {
        match self {
            Reply::Message(answer) => answer.write(out),
            Reply::Done(answer) => answer.write(out),
            Reply::Executed(answer) => answer.write(out),
            Reply::Metadata(answer) => answer.write(out),
            Reply::Health(answer) => answer.write(out),
            Reply::Codecs(answer) => answer.write(out),
        }
    }
}

impl From<HandleAnswer> for Reply {
    fn from(answer: HandleAnswer) -> Reply {
        Reply::Message(answer)
    }
}

impl From<InitAnswer> for Reply {
    fn from(answer: InitAnswer) -> Reply {
        Reply::Done(answer)
    }
}

impl From<ExecuteAnswer> for Reply {
    fn from(answer: ExecuteAnswer) -> Reply {
        Reply::Executed(answer)
    }
}

impl From<ComponentMetadata> for Reply {
    fn from(answer: ComponentMetadata) -> Reply {
        Reply::Metadata(Box::new(answer))
    }
}

impl From<HealthReport> for Reply {
    fn from(answer: HealthReport) -> Reply {
        Reply::Health(answer)
    }
}

impl From<Vec<u64>> for Reply {
    fn from(answer: Vec<u64>) -> Reply {
        Reply::Codecs(answer)
    }
}

/// Ready once the answer stands in the outcome.
type Step = Poll<wasmtime::Result<()>>;

fn busy() -> Fault {
    Fault::new(Code::Busy, "the instance is inside a call; wait until that has ended")
}

fn poisoned() -> Fault {
    Fault::new(Code::Poisoned, "the instance failed or was cancelled before; delete it and make a new one")
}

/// One step of a call, in the state Running: whatever goes wrong in it ends the instance. A panic in a host function
/// does not poison the engine's store, so the state here has to.
fn run(instance: &BridgeInstance, out: &mut Outcome, step: impl FnOnce(&mut Outcome) -> Step) -> Result<(), Fault> {
    instance.set_state(State::Running);
    let result = catch_unwind(AssertUnwindSafe(|| step(out)));
    if let Ok(Poll::Pending) = result {
        instance.set_state(State::Suspended);
        out.state = abi::PENDING;
        return Ok(());
    }
    if instance.lane == Lane::Fiber {
        // SAFETY: Running was set by us, so nobody else touches the cell. What finished is dropped before the store is used.
        contain((), || unsafe { &mut *instance.slot.get() }.clear());
    }
    // SAFETY: Running was set by us and the call is gone, so nobody else holds a reference into the store.
    contain((), || unsafe { &mut *instance.store.get() }.data_mut().flush());
    let fault = match result {
        Ok(Poll::Ready(Ok(()))) => {
            instance.set_state(State::Idle);
            return Ok(());
        }
        // SAFETY: Running was set by us and the call is gone, so nobody else holds a reference into the store.
        Ok(Poll::Ready(Err(error))) => Fault::guest(&error, &unsafe { &*instance.store.get() }.data().limits),
        Ok(Poll::Pending) => unreachable!("returned above"),
        Err(payload) => Fault::panicked(payload),
    };
    instance.set_state(State::Poisoned);
    Err(fault)
}

/// Safety: `waker` is live during the call.
unsafe fn poll(instance: &BridgeInstance, waker: *mut RawWaker, out: &mut Outcome) -> Step {
    // SAFETY: not null (the callers checked), live by the caller's word.
    let waker = unsafe { borrow(waker) };
    instance.mark_poll();
    // SAFETY: the state is Running, set by us, so nobody else touches the cell.
    let slot = unsafe { &mut *instance.slot.get() };
    match slot.poll(&mut Context::from_waker(&waker)) {
        Some(Poll::Pending) => Poll::Pending,
        Some(Poll::Ready(reply)) => Poll::Ready(reply.map(|reply| reply.write(out))),
        None => Poll::Ready(Err(wasmtime::Error::msg("no call is under way"))),
    }
}

fn ready(instance: &BridgeInstance, waker: *mut RawWaker) -> Result<(), Fault> {
    match instance.state() {
        State::Idle => needs_waker(instance, waker),
        State::Running | State::Suspended => Err(busy()),
        State::Poisoned => Err(poisoned()),
    }
}

fn needs_waker(instance: &BridgeInstance, waker: *mut RawWaker) -> Result<(), Fault> {
    if instance.lane == Lane::Fiber && waker.is_null() {
        return Err(Fault::argument("waker is null; a component on the fiber lane needs one"));
    }
    Ok(())
}

/// Safety: `instance` as the header demands, `waker` null or live during the call, and what `params` borrows is valid
/// until the call has ended.
unsafe fn call<P, R>(
    instance: *mut BridgeInstance,
    export: impl FnOnce(&Exports) -> TypedFunc<P, (R,)>,
    params: impl FnOnce() -> Result<P, Fault>,
    waker: *mut RawWaker,
    out: &mut Outcome,
) -> Result<(), Fault>
where
    P: ComponentNamedList + Lower + Send + Sync + 'static,
    R: Answer + Into<Reply> + Lift + Send + Sync + 'static,
    (R,): ComponentNamedList + Lift + Send + Sync + 'static,
{
    // SAFETY: null or live by the header.
    let instance = unsafe { arg(instance, "instance") }?;
    ready(instance, waker)?;
    let (params, export) = (params()?, export(&instance.exports));
    run(instance, out, |out| {
        // SAFETY: `run` set Running, so nobody else touches the cell until the call has ended.
        let store = unsafe { &mut *instance.store.get() };
        store.data_mut().limits.begin_call();
        match instance.lane {
            Lane::Sync => Poll::Ready(export.call(store, params).map(|(answer,)| answer.write(out))),
            Lane::Fiber => {
                // SAFETY: Running, as above; the store outlives the slot, and the borrowed arguments the call.
                unsafe {
                    let slot = &mut *instance.slot.get();
                    slot.put(async move { export.call_async(store, params).await.map(|(answer,)| answer.into()) });
                    poll(instance, waker, out)
                }
            }
        }
    })
}

/// `call` of an export that a component need not have: then the answer is `absent`.
/// Safety: as for `call`.
unsafe fn call_optional<P, R>(
    instance: *mut BridgeInstance,
    export: fn(&Exports) -> Option<TypedFunc<P, (R,)>>,
    params: impl FnOnce() -> Result<P, Fault>,
    absent: R,
    waker: *mut RawWaker,
    out: &mut Outcome,
) -> Result<(), Fault>
where
    P: ComponentNamedList + Lower + Send + Sync + 'static,
    R: Answer + Into<Reply> + Lift + Send + Sync + 'static,
    (R,): ComponentNamedList + Lift + Send + Sync + 'static,
{
    // SAFETY: null or live by the header.
    let live = unsafe { arg(instance, "instance") }?;
    match export(&live.exports) {
        // SAFETY: the caller's word.
        Some(export) => unsafe { call(instance, |_| export, params, waker, out) },
        None => {
            ready(live, waker)?;
            params()?;
            absent.write(out);
            Ok(())
        }
    }
}

/// Border of every call: `out` is always written, no panic leaves.
/// Safety: `out` is null, and then nothing happens, or valid for a write.
unsafe fn answer(out: *mut Outcome, f: impl FnOnce(&mut Outcome) -> Result<(), Fault>) {
    if out.is_null() {
        return;
    }
    const { assert!(abi::DONE == 0) };
    // SAFETY: not null, valid by the caller's word; what stood there is the caller's, and not looked at. Zeros say "done" and
    // hold nothing; a value made elsewhere would be copied here, reading its parts back while they are still being stored.
    let out = unsafe {
        out.write_bytes(0, 1);
        &mut *out
    };
    let fault = match catch_unwind(AssertUnwindSafe(|| f(out))) {
        Ok(Ok(())) => return,
        Ok(Err(fault)) => fault,
        Err(payload) => Fault::panicked(payload),
    };
    *out = Outcome::failed(fault);
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn aw_instance_init(
    instance: *mut BridgeInstance,
    config: *const CComponentConfig,
    waker: *mut RawWaker,
    out: *mut Outcome,
) {
    // SAFETY: pointers as the header demands.
    unsafe {
        let params = || Ok((ComponentConfig::borrow(arg(config, "config")?)?,));
        answer(out, |out| call(instance, |e| e.init, params, waker, out));
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn aw_instance_handle_message(
    instance: *mut BridgeInstance,
    message: *const CMessage,
    waker: *mut RawWaker,
    out: *mut Outcome,
) {
    // SAFETY: pointers as the header demands.
    unsafe {
        let params = || Ok((Message::borrow(arg(message, "message")?)?,));
        answer(out, |out| call(instance, |e| e.handle_message, params, waker, out));
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn aw_instance_metadata(instance: *mut BridgeInstance, waker: *mut RawWaker, out: *mut Outcome) {
    // SAFETY: pointers as the header demands.
    unsafe { answer(out, |out| call(instance, |e| e.metadata, || Ok(()), waker, out)) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn aw_instance_health(instance: *mut BridgeInstance, waker: *mut RawWaker, out: *mut Outcome) {
    let absent = HealthReport { status: HealthStatus::Healthy, reason: None };
    // SAFETY: pointers as the header demands.
    unsafe { answer(out, |out| call_optional(instance, |e| e.health, || Ok(()), absent, waker, out)) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn aw_instance_supported_codecs(instance: *mut BridgeInstance, waker: *mut RawWaker, out: *mut Outcome) {
    // SAFETY: pointers as the header demands.
    unsafe { answer(out, |out| call_optional(instance, |e| e.supported_codecs, || Ok(()), Vec::new(), waker, out)) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn aw_instance_execute(
    instance: *mut BridgeInstance,
    operation: Bytes,
    context: *const CExecutionContext,
    waker: *mut RawWaker,
    out: *mut Outcome,
) {
    let absent = Err(ExecutionError::InvalidOperation("the component exports no `execute`".into()));
    // SAFETY: pointers as the header demands.
    unsafe {
        let params = || Ok((operation.get("operation")?, ExecutionContext::borrow(arg(context, "context")?)?));
        answer(out, |out| call_optional(instance, |e| e.execute, params, absent, waker, out));
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn aw_instance_handle_callback(
    instance: *mut BridgeInstance,
    request: CMessageId,
    outcome: *const CRequestOutcome,
    waker: *mut RawWaker,
    out: *mut Outcome,
) {
    // SAFETY: pointers as the header demands.
    unsafe {
        let id = MessageId { high: request.high, low: request.low };
        let params = || Ok((id, borrow_outcome(arg(outcome, "outcome")?)?));
        answer(out, |out| call_optional(instance, |e| e.handle_callback, params, Ok(()), waker, out));
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn aw_instance_shutdown(instance: *mut BridgeInstance, waker: *mut RawWaker, out: *mut Outcome) {
    // SAFETY: pointers as the header demands.
    unsafe { answer(out, |out| call(instance, |e| e.shutdown, || Ok(()), waker, out)) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn aw_instance_resume(instance: *mut BridgeInstance, waker: *mut RawWaker, out: *mut Outcome) {
    let resume = |out: &mut Outcome| {
        // SAFETY: pointers as the header demands.
        let instance = unsafe { arg(instance, "instance") }?;
        match instance.state() {
            State::Suspended => needs_waker(instance, waker)?,
            State::Idle => return Err(Fault::argument("no call of this instance is suspended")),
            State::Running => return Err(busy()),
            State::Poisoned => return Err(poisoned()),
        }
        // SAFETY: the waker is not null and live by the header; `run` sets Running.
        run(instance, out, |out| unsafe { poll(instance, waker, out) })
    };
    // SAFETY: `out` as the header demands.
    unsafe { answer(out, resume) }
}
