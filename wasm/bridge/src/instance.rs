//! A live guest: its store, the state that keeps calls apart, and what it costs.
use crate::abi::{InstanceLimits, MemoryStats, arg, give};
use crate::call::Reply;
use crate::error::{Code, Fault, contain, delete, guard};
use crate::host::Context;
use crate::limits::{Limits, Meter};
use crate::preinstance::{
    Callback, CallbackAnswer, Execute, ExecuteAnswer, Handle, HandleAnswer, Init, InitAnswer, Lane, Preinstance, ShutdownAnswer,
};
use crate::slot::Slot;
use crate::types::{ComponentMetadata, HealthReport};
use std::cell::UnsafeCell;
use std::ffi::c_void;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering::Relaxed};
use std::task::{self, Poll, Waker};
use wasmtime::component::{ComponentExportIndex, ComponentNamedList, Func, Instance, Lift, Lower, TypedFunc};
use wasmtime::{Store, StoreContextMut, UpdateDeadline};

/// Far enough for never, near enough that adding the present epoch can't overflow.
const DEADLINE_TICKS_MAX: u64 = u64::MAX / 2;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum State {
    Idle,
    Running,
    Suspended,
    Poisoned,
}

/// How a call on the fiber lane shares its thread: a clock, and how long it may go on at a time.
#[derive(Clone)]
struct Slices {
    ticks: Arc<AtomicU64>,
    length: u64,
}

impl Slices {
    /// Called where the guest looks at the epoch and finds the end of its slice.
    fn end(&self, context: &Context) -> UpdateDeadline {
        let now = self.ticks.load(Relaxed);
        if now >= context.deadline {
            return UpdateDeadline::Interrupt;
        }
        let left = context.deadline - now;
        // A slice begins when the host polls: what came before, in which the guest waited or stood aside, was not its own.
        let ran = now.saturating_sub(context.limits.meter.polled_at.load(Relaxed));
        match self.length.saturating_sub(ran) {
            _ if context.starting => UpdateDeadline::Continue(left),
            0 => UpdateDeadline::Yield(self.length.min(left)),
            rest => UpdateDeadline::Continue(rest.min(left)),
        }
    }
}

pub struct Exports {
    pub init: TypedFunc<Init, (InitAnswer,)>,
    pub handle_message: TypedFunc<Handle, (HandleAnswer,)>,
    pub metadata: TypedFunc<(), (ComponentMetadata,)>,
    pub shutdown: TypedFunc<(), (ShutdownAnswer,)>,
    /// None: the component has no such export, and the host an answer instead.
    pub health: Option<TypedFunc<(), (HealthReport,)>>,
    pub execute: Option<TypedFunc<Execute, (ExecuteAnswer,)>>,
    pub handle_callback: Option<TypedFunc<Callback, (CallbackAnswer,)>>,
    pub supported_codecs: Option<TypedFunc<(), (Vec<u64>,)>>,
}

/// `aw_instance`. Entries get a shared reference and look at `state` first: only the one that moved it to Running touches
/// the cells, so that a call from inside a call finds Running and nothing else.
pub struct BridgeInstance {
    state: AtomicU8,
    pub lane: Lane,
    pub exports: Exports,
    meter: Arc<Meter>,
    /// None: calls stop at their deadline only.
    slices: Option<Slices>,
    /// The engine's clock.
    ticks: Arc<AtomicU64>,
    /// Fuel at the start of the last call, for questions asked while it runs.
    budget: AtomicU64,
    /// The call under way on the fiber lane, which borrows the store: it must go first.
    pub slot: UnsafeCell<Slot<wasmtime::Result<Reply>>>,
    pub store: UnsafeCell<Store<Context>>,
}

impl BridgeInstance {
    pub fn state(&self) -> State {
        match self.state.load(Relaxed) {
            0 => State::Idle,
            1 => State::Running,
            2 => State::Suspended,
            _ => State::Poisoned,
        }
    }

    pub fn set_state(&self, state: State) {
        self.state.store(state as u8, Relaxed);
    }

    /// Whether the store is at rest, so that nobody else holds a reference into it.
    fn at_rest(&self) -> bool {
        matches!(self.state(), State::Idle | State::Poisoned)
    }

    fn new(pre: &Preinstance, host: *mut c_void, limits: &InstanceLimits) -> Result<Box<BridgeInstance>, Fault> {
        let meter = Arc::new(Meter::default());
        let accounts = Limits::new(limits, pre.largest_memory, meter.clone());
        let internal = |error: wasmtime::Error| Fault::engine(Code::Internal, &error);
        let mut store = Store::try_new(pre.pre.engine(), Context::new(host, pre.tables, accounts)).map_err(internal)?;
        store.limiter(|context| &mut context.limits);
        store.set_hostcall_fuel(usize::try_from(limits.hostcall_bytes).unwrap_or(usize::MAX));
        store.set_fuel(limits.fuel).map_err(internal)?;
        let slices = (limits.slice_ticks != 0).then(|| Slices { ticks: pre.ticks.clone(), length: limits.slice_ticks });
        if let Some(slices) = slices.clone() {
            store.epoch_deadline_callback(move |store: StoreContextMut<Context>| Ok(slices.end(store.data())));
        }
        let lane = if slices.is_some() { Lane::Fiber } else { pre.lane };
        store.data_mut().gives_way = lane == Lane::Fiber;
        set_deadline(&mut store, &pre.ticks, limits.deadline_ticks, None);
        let made = match lane {
            Lane::Sync => pre.pre.instantiate(&mut store),
            Lane::Fiber => at_once(pre.pre.instantiate_async(&mut store)),
        };
        store.data_mut().flush();
        let instance = made.map_err(|error| Fault::instantiation(&error, &store.data().limits))?;
        store.data_mut().starting = false;
        set_deadline(&mut store, &pre.ticks, limits.deadline_ticks, slices.as_ref());
        Ok(Box::new(BridgeInstance {
            state: AtomicU8::new(State::Idle as u8),
            lane,
            exports: exports(pre, &instance, &mut store)?,
            meter,
            slices,
            ticks: pre.ticks.clone(),
            budget: AtomicU64::new(limits.fuel),
            slot: UnsafeCell::new(Slot::new()),
            store: UnsafeCell::new(store),
        }))
    }

    fn set_budget(&self, fuel: u64, deadline_ticks: u64) {
        if self.state() != State::Idle {
            return;
        }
        // SAFETY: idle, and used by one thread at a time: nobody else holds a reference.
        let store = unsafe { &mut *self.store.get() };
        // Fails only on engines without fuel.
        let _ = store.set_fuel(fuel);
        set_deadline(store, &self.ticks, deadline_ticks, self.slices.as_ref());
        self.budget.store(fuel, Relaxed);
    }

    /// The host lends its thread to the call.
    pub fn mark_poll(&self) {
        self.meter.polled_at.store(self.ticks.load(Relaxed), Relaxed);
    }

    fn fuel_left(&self) -> u64 {
        if !self.at_rest() {
            return self.budget.load(Relaxed);
        }
        // SAFETY: at rest, and used by one thread at a time: nobody else holds a reference.
        unsafe { &*self.store.get() }.get_fuel().unwrap_or(0)
    }

    /// Drops the suspended call, which unwinds the guest: its store is of no use afterwards.
    fn cancel(&self) {
        if self.state() != State::Suspended {
            return;
        }
        self.set_state(State::Running); // what the host's operation does when it is dropped can't come back in
        // SAFETY: Running was set by us, so nobody else touches the cell.
        contain((), || unsafe { &mut *self.slot.get() }.clear());
        self.set_state(State::Poisoned);
    }
}

fn set_deadline(store: &mut Store<Context>, ticks: &AtomicU64, deadline_ticks: u64, slices: Option<&Slices>) {
    let left = deadline_ticks.min(DEADLINE_TICKS_MAX);
    store.data_mut().deadline = ticks.load(Relaxed).saturating_add(left);
    store.set_epoch_deadline(slices.map_or(left, |slices| slices.length.min(left)));
}

/// Instantiation on a fiber: nothing in it may wait (`Context::starting`), so that it ends with its first poll.
fn at_once<T>(future: impl Future<Output = wasmtime::Result<T>>) -> wasmtime::Result<T> {
    match pin!(future).poll(&mut task::Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => Err(wasmtime::Error::msg("instantiation was suspended")),
    }
}

fn exports(pre: &Preinstance, instance: &Instance, store: &mut Store<Context>) -> Result<Exports, Fault> {
    let [init, handle_message, metadata, shutdown, health, execute, handle_callback, supported_codecs] = &pre.exports;
    let vanished = || Fault::new(Code::Link, "an export vanished");
    let mut func = |index: &Option<ComponentExportIndex>| match index {
        None => Ok(None),
        Some(index) => instance.get_func(&mut *store, index).map(Some).ok_or_else(vanished),
    };
    Ok(Exports {
        init: typed(func(init)?.ok_or_else(vanished)?),
        handle_message: typed(func(handle_message)?.ok_or_else(vanished)?),
        metadata: typed(func(metadata)?.ok_or_else(vanished)?),
        shutdown: typed(func(shutdown)?.ok_or_else(vanished)?),
        health: func(health)?.map(typed),
        execute: func(execute)?.map(typed),
        handle_callback: func(handle_callback)?.map(typed),
        supported_codecs: func(supported_codecs)?.map(typed),
    })
}

fn typed<P, R>(func: Func) -> TypedFunc<P, R>
where
    P: ComponentNamedList + Lower,
    R: ComponentNamedList + Lift,
{
    // SAFETY: `preinstance` checked the type of this export against the same P and R.
    unsafe { TypedFunc::new_unchecked(func) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn aw_instance_new(
    preinstance: *const Preinstance,
    host: *mut c_void,
    limits: *const InstanceLimits,
    out: *mut *mut BridgeInstance,
) -> *mut Fault {
    // SAFETY: pointers as the header demands.
    guard(|| unsafe { give(out, || BridgeInstance::new(arg(preinstance, "preinstance")?, host, arg(limits, "limits")?)) })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn aw_instance_delete(instance: *mut BridgeInstance) {
    contain((), || {
        // SAFETY: null or live by the header.
        let Some(live) = (unsafe { instance.as_ref() }) else { return };
        if live.state() == State::Running {
            return; // from one of its own callbacks: freeing what runs would be worse than to leak it
        }
        live.cancel();
        // SAFETY: the header's rule for deletes.
        unsafe { delete(instance) }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn aw_instance_lane(instance: *const BridgeInstance) -> u32 {
    // SAFETY: null or live by the header.
    contain(0, || unsafe { instance.as_ref() }.map_or(0, |instance| instance.lane as u32))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn aw_instance_set_budget(instance: *mut BridgeInstance, fuel: u64, deadline_ticks: u64) {
    contain((), || {
        // SAFETY: null or live by the header.
        if let Some(instance) = unsafe { instance.as_ref() } {
            instance.set_budget(fuel, deadline_ticks);
        }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn aw_instance_fuel_left(instance: *const BridgeInstance) -> u64 {
    // SAFETY: null or live by the header.
    contain(0, || unsafe { instance.as_ref() }.map_or(0, BridgeInstance::fuel_left))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn aw_instance_memory(instance: *const BridgeInstance) -> MemoryStats {
    // SAFETY: null or live by the header.
    contain(MemoryStats::default(), || {
        unsafe { instance.as_ref() }.map_or(MemoryStats::default(), |instance| instance.meter.stats())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn aw_instance_cancel(instance: *mut BridgeInstance) {
    contain((), || {
        // SAFETY: null or live by the header.
        if let Some(instance) = unsafe { instance.as_ref() } {
            instance.cancel();
        }
    })
}
