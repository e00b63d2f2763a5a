//! Calling the exports of a guest: at once on the sync lane, as a future in the instance's slot on the fiber lane.
use crate::abi::{self, Buf, CComponentConfig, CMessage, Outcome, arg};
use crate::error::{Code, Fault};
use crate::instance::{BridgeInstance, Exports, State};
use crate::preinstance::Lane;
use crate::types::{ComponentConfig, ComponentError, ComponentMetadata, HealthReport, Message};
use crate::waker::{RawWaker, borrow};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::{Context, Poll};
use wasmtime::component::{ComponentNamedList, Lift, Lower, TypedFunc};

/// What an export answered.
pub enum Reply {
    Message(Result<Option<Vec<u8>>, ComponentError>),
    Metadata(ComponentMetadata),
    Health(HealthReport),
}

impl From<Result<(), ComponentError>> for Reply {
    fn from(answer: Result<(), ComponentError>) -> Reply {
        Reply::Message(answer.map(|()| None))
    }
}

impl From<Result<Option<Vec<u8>>, ComponentError>> for Reply {
    fn from(answer: Result<Option<Vec<u8>>, ComponentError>) -> Reply {
        Reply::Message(answer)
    }
}

impl From<ComponentMetadata> for Reply {
    fn from(answer: ComponentMetadata) -> Reply {
        Reply::Metadata(answer)
    }
}

impl From<HealthReport> for Reply {
    fn from(answer: HealthReport) -> Reply {
        Reply::Health(answer)
    }
}

impl Reply {
    fn outcome(self) -> Outcome {
        let with = |state, variant, text: Option<Vec<u8>>| {
            let mut outcome = Outcome { variant, has_text: text.is_some().into(), ..Outcome::new(state) };
            outcome.text[0] = text.map_or(Buf::NONE, Buf::of);
            outcome
        };
        match self {
            Reply::Message(Ok(reply)) => with(abi::DONE, 0, reply),
            Reply::Message(Err(error)) => {
                let (case, text) = error.parts();
                with(abi::GUEST_ERROR, case, text.map(String::into_bytes))
            }
            Reply::Health(report) => with(abi::DONE, report.status as u32, report.reason.map(String::into_bytes)),
            Reply::Metadata(m) => {
                let text = [m.name, m.version, m.description, m.language].map(|text| Buf::of(text.into_bytes()));
                Outcome { has_text: 1, text, ..Outcome::new(abi::DONE) }
            }
        }
    }
}

type Step = Poll<wasmtime::Result<Reply>>;

fn busy() -> Fault {
    Fault::new(Code::Busy, "the instance is inside a call; wait until that has ended")
}

fn poisoned() -> Fault {
    Fault::new(Code::Poisoned, "the instance failed or was cancelled before; delete it and make a new one")
}

/// One step of a call, in the state Running: whatever goes wrong in it ends the instance. A panic in a host function
/// does not poison the engine's store, so the state here has to.
fn run(instance: &BridgeInstance, step: impl FnOnce() -> Step) -> Outcome {
    instance.set_state(State::Running);
    let result = catch_unwind(AssertUnwindSafe(step));
    if let Ok(Poll::Pending) = result {
        instance.set_state(State::Suspended);
        return Outcome::new(abi::PENDING);
    }
    if instance.lane == Lane::Fiber {
        // SAFETY: Running was set by us, so nobody else touches the cell. What finished is dropped before the store is used.
        let cleared = catch_unwind(AssertUnwindSafe(|| unsafe { &mut *instance.slot.get() }.clear()));
        debug_assert!(cleared.is_ok());
    }
    let fault = match result {
        Ok(Poll::Ready(Ok(reply))) => {
            instance.set_state(State::Idle);
            return reply.outcome();
        }
        // SAFETY: Running was set by us and the call is gone, so nobody else holds a reference into the store.
        Ok(Poll::Ready(Err(error))) => Fault::guest(&error, &unsafe { &*instance.store.get() }.data().limits),
        Ok(Poll::Pending) => unreachable!("returned above"),
        Err(payload) => Fault::panicked(payload),
    };
    instance.set_state(State::Poisoned);
    Outcome::failed(fault)
}

/// Safety: `waker` is null or live during the call.
unsafe fn poll(instance: &BridgeInstance, waker: *mut RawWaker) -> Step {
    // SAFETY: not null (the callers checked), live by the caller's word.
    let waker = unsafe { borrow(waker) };
    // SAFETY: the state is Running, set by us, so nobody else touches the cell.
    let slot = unsafe { &mut *instance.slot.get() };
    let nothing = || Poll::Ready(Err(wasmtime::Error::msg("no call is under way")));
    slot.poll(&mut Context::from_waker(&waker)).unwrap_or_else(nothing)
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
    export: fn(&Exports) -> TypedFunc<P, (R,)>,
    params: impl FnOnce() -> Result<P, Fault>,
    waker: *mut RawWaker,
) -> Result<Outcome, Fault>
where
    P: ComponentNamedList + Lower + Send + Sync + 'static,
    R: Into<Reply> + Lift + Send + Sync + 'static,
    (R,): ComponentNamedList + Lift + Send + Sync + 'static,
{
    // SAFETY: null or live by the header.
    let instance = unsafe { arg(instance, "instance") }?;
    match instance.state() {
        State::Idle => needs_waker(instance, waker)?,
        State::Running | State::Suspended => return Err(busy()),
        State::Poisoned => return Err(poisoned()),
    }
    let (params, export) = (params()?, export(&instance.exports));
    Ok(run(instance, || {
        // SAFETY: `run` set Running, so nobody else touches the cell until the call has ended.
        let store = unsafe { &mut *instance.store.get() };
        store.data_mut().limits.begin_call();
        match instance.lane {
            Lane::Sync => Poll::Ready(export.call(store, params).map(|(answer,)| answer.into())),
            Lane::Fiber => {
                // SAFETY: Running, as above; the store outlives the slot, and the borrowed arguments the call.
                unsafe {
                    let slot = &mut *instance.slot.get();
                    slot.put(async move { export.call_async(store, params).await.map(|(answer,)| answer.into()) });
                    poll(instance, waker)
                }
            }
        }
    }))
}

/// Border of every call: `out` is always written, no panic leaves.
/// Safety: `out` is null or valid for a write.
unsafe fn answer(out: *mut Outcome, f: impl FnOnce() -> Result<Outcome, Fault>) {
    let outcome = match catch_unwind(AssertUnwindSafe(f)) {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(fault)) => Outcome::failed(fault),
        Err(payload) => Outcome::failed(Fault::panicked(payload)),
    };
    if !out.is_null() {
        // SAFETY: not null, valid by the caller's word.
        unsafe { *out = outcome };
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn aw_instance_init(
    instance: *mut BridgeInstance,
    config: *const CComponentConfig,
    waker: *mut RawWaker,
    out: *mut Outcome,
) {
    // SAFETY: pointers as the header demands.
    unsafe { answer(out, || call(instance, |e| e.init, || Ok((ComponentConfig::borrow(arg(config, "config")?)?,)), waker)) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn aw_instance_handle_message(
    instance: *mut BridgeInstance,
    message: *const CMessage,
    waker: *mut RawWaker,
    out: *mut Outcome,
) {
    // SAFETY: pointers as the header demands.
    unsafe { answer(out, || call(instance, |e| e.handle_message, || Ok((Message::borrow(arg(message, "message")?)?,)), waker)) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn aw_instance_metadata(instance: *mut BridgeInstance, waker: *mut RawWaker, out: *mut Outcome) {
    // SAFETY: pointers as the header demands.
    unsafe { answer(out, || call(instance, |e| e.metadata, || Ok(()), waker)) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn aw_instance_health(instance: *mut BridgeInstance, waker: *mut RawWaker, out: *mut Outcome) {
    // SAFETY: pointers as the header demands.
    unsafe { answer(out, || call(instance, |e| e.health, || Ok(()), waker)) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn aw_instance_shutdown(instance: *mut BridgeInstance, waker: *mut RawWaker, out: *mut Outcome) {
    // SAFETY: pointers as the header demands.
    unsafe { answer(out, || call(instance, |e| e.shutdown, || Ok(()), waker)) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn aw_instance_resume(instance: *mut BridgeInstance, waker: *mut RawWaker, out: *mut Outcome) {
    let resume = || {
        // SAFETY: pointers as the header demands.
        let instance = unsafe { arg(instance, "instance") }?;
        match instance.state() {
            State::Suspended => needs_waker(instance, waker)?,
            State::Idle => return Err(Fault::argument("no call of this instance is suspended")),
            State::Running => return Err(busy()),
            State::Poisoned => return Err(poisoned()),
        }
        // SAFETY: the waker is not null and live by the header; `run` sets Running.
        Ok(run(instance, || unsafe { poll(instance, waker) }))
    };
    // SAFETY: `out` as the header demands.
    unsafe { answer(out, resume) }
}
