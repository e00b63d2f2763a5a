//! One engine, configured as wasm/bridge/src/engine.rs does it, and instances of the benchmark's guest.
use std::hint::black_box;
use std::num::NonZeroUsize;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use wasmtime::component::{
    Component, ComponentExportIndex, ComponentNamedList, ComponentType, Func, InstancePre, Lift, Linker, Lower, TypedFunc,
    WasmList, WasmStr,
};
use wasmtime::{
    Config, Engine, Error, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig, Result, Store, StoreContextMut,
    WasmBacktraceDetails,
};

/// As WasmtimeConfig in wasm/runtime has it, like all figures of `engine`.
pub const INSTANCES: u32 = 1000;
const MAX_MEMORY_BYTES: usize = 512 << 20;
const KEEP_RESIDENT_BYTES: usize = 128 << 10;
const MAX_WASM_STACK_BYTES: usize = 512 << 10;
const LIFECYCLE: &str = "airssys:core/lifecycle@1.0.0";

#[derive(ComponentType, Lower, Clone, Copy)]
#[component(record)]
pub struct MessageId {
    high: u64,
    low: u64,
}

#[derive(ComponentType, Lower, Clone, Copy)]
#[component(enum)]
#[repr(u8)]
#[allow(dead_code)]
pub enum MessageKind {
    #[component(name = "fire-and-forget")]
    FireAndForget,
    #[component(name = "request")]
    Request,
    #[component(name = "publish")]
    Publish,
    #[component(name = "broadcast")]
    Broadcast,
    #[component(name = "external")]
    External,
}

#[derive(ComponentType, Lower, Clone, Copy)]
#[component(record)]
pub struct Message {
    sender: &'static str,
    payload: &'static [u8],
    kind: MessageKind,
    id: MessageId,
    #[component(name = "sent-at")]
    sent_at: u64,
}

impl Message {
    pub fn new(payload: &'static [u8]) -> Self {
        let id = MessageId { high: 0x1234_5678_9abc_def0, low: 42 };
        Message { sender: "default/source/0", payload, kind: MessageKind::FireAndForget, id, sent_at: 1_700_000_000_000_000_000 }
    }
}

#[derive(ComponentType, Lower, Clone, Copy)]
#[component(record)]
pub struct ResourceLimits {
    #[component(name = "memory-bytes")]
    memory_bytes: u64,
    #[component(name = "fuel-per-call")]
    fuel_per_call: u64,
    #[component(name = "call-timeout-ms")]
    call_timeout_ms: u64,
    #[component(name = "storage-bytes")]
    storage_bytes: u64,
}

#[derive(ComponentType, Lift)]
#[component(record)]
#[allow(dead_code)]
pub struct OwnedCapability {
    kind: String,
    action: String,
    target: String,
}

#[derive(ComponentType, Lift)]
#[component(record)]
#[allow(dead_code)]
pub struct MemoryNeeds {
    min: u64,
    max: u64,
    preferred: u64,
}

#[derive(ComponentType, Lower, Clone, Copy)]
#[component(record)]
pub struct Capability {
    kind: &'static str,
    action: &'static str,
    target: &'static str,
}

#[derive(ComponentType, Lower, Clone, Copy)]
#[component(record)]
pub struct ComponentConfig {
    env: &'static [(&'static str, &'static str)],
    #[component(name = "config-data")]
    config_data: Option<&'static [u8]>,
    limits: ResourceLimits,
    granted: &'static [Capability],
}

#[derive(ComponentType, Lift)]
#[component(record)]
#[allow(dead_code)]
pub struct ComponentMetadata {
    name: String,
    version: String,
    description: String,
    author: String,
    license: String,
    language: String,
    #[component(name = "supported-operations")]
    supported_operations: Vec<String>,
    #[component(name = "supported-codecs")]
    supported_codecs: Vec<u64>,
    #[component(name = "requested-permissions")]
    requested_permissions: Vec<OwnedCapability>,
    memory: MemoryNeeds,
    #[component(name = "timeout-ms")]
    timeout_ms: Option<u64>,
    stateful: bool,
    #[component(name = "api-version")]
    api_version: String,
    homepage: String,
    repository: String,
    tags: Vec<String>,
    custom: Option<Vec<(String, String)>>,
}

#[derive(ComponentType, Lift, Clone, Copy)]
#[component(enum)]
#[repr(u8)]
#[allow(dead_code)]
pub enum HealthStatus {
    #[component(name = "healthy")]
    Healthy,
    #[component(name = "degraded")]
    Degraded,
    #[component(name = "unhealthy")]
    Unhealthy,
    #[component(name = "unknown")]
    Unknown,
}

#[derive(ComponentType, Lift)]
#[component(record)]
#[allow(dead_code)]
pub struct HealthReport {
    status: HealthStatus,
    reason: Option<String>,
}

#[derive(ComponentType, Lift, Debug)]
#[component(variant)]
#[allow(dead_code)]
pub enum ComponentError {
    #[component(name = "initialization-failed")]
    InitializationFailed(String),
    #[component(name = "already-initialized")]
    AlreadyInitialized,
    #[component(name = "not-initialized")]
    NotInitialized,
    #[component(name = "invalid-message")]
    InvalidMessage(String),
    #[component(name = "shutdown-failed")]
    ShutdownFailed(String),
    #[component(name = "invalid-state")]
    InvalidState(String),
    #[component(name = "failed")]
    Failed(String),
}

#[derive(ComponentType, Lower)]
#[component(record)]
#[allow(dead_code)]
struct CodecMismatch {
    sent: u64,
    supported: Vec<u64>,
    suggestion: Option<String>,
}

#[derive(ComponentType, Lower)]
#[component(variant)]
#[allow(dead_code)]
enum MessagingError {
    #[component(name = "target-not-found")]
    TargetNotFound,
    #[component(name = "permission-denied")]
    PermissionDenied(String),
    #[component(name = "queue-full")]
    QueueFull,
    #[component(name = "rate-limited")]
    RateLimited,
    #[component(name = "message-too-large")]
    MessageTooLarge(u64),
    #[component(name = "invalid-message")]
    InvalidMessage(String),
    #[component(name = "unknown-codec")]
    UnknownCodec(u64),
    #[component(name = "codec-incompatible")]
    CodecIncompatible(CodecMismatch),
    #[component(name = "invalid-timeout")]
    InvalidTimeout(u64),
    #[component(name = "unknown-request")]
    UnknownRequest,
    #[component(name = "delivery-failed")]
    DeliveryFailed(String),
}

/// What a store carries: nothing, this host has no state.
pub struct Host;

/// What is left out of the code for the rows that tell what it costs.
#[derive(Clone, Copy)]
pub struct Metering {
    pub fuel: bool,
    pub epoch: bool,
}

pub const BOTH: Metering = Metering { fuel: true, epoch: true };

/// How the many instances of a density row lie in memory: as wasm/runtime has its two classes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Slots {
    /// 4 GiB each; with images where their mappings fit.
    Standard { images: bool },
    /// As large as the guest's memory, bounds checked.
    Compact,
}

/// Of bench/guests/relay.wat.in.
const GUEST_MEMORY_BYTES: u64 = 128 << 10;

pub fn engine(instances: u32) -> Result<Engine> {
    engine_with(instances, (instances / 4).max(1), BOTH, Slots::Standard { images: true })
}

pub fn engine_with(instances: u32, stacks: u32, metering: Metering, slots: Slots) -> Result<Engine> {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(instances)
        .total_core_instances(instances * 3)
        .total_memories(instances)
        .total_tables(instances * 2)
        .total_stacks(stacks)
        .max_memory_size(if slots == Slots::Compact { GUEST_MEMORY_BYTES as usize } else { MAX_MEMORY_BYTES })
        .table_elements(20_000)
        .max_tables_per_module(4)
        .linear_memory_keep_resident(KEEP_RESIDENT_BYTES)
        .table_keep_resident(8 << 10)
        .max_unused_warm_slots(1000);
    let mut config = Config::new();
    config
        .concurrency_support(false)
        .consume_fuel(metering.fuel)
        .epoch_interruption(metering.epoch)
        .cranelift_opt_level(OptLevel::Speed)
        .native_unwind_info(false)
        .wasm_backtrace_max_frames(NonZeroUsize::new(16))
        .wasm_backtrace_details(WasmBacktraceDetails::Disable)
        .generate_address_map(false)
        .max_wasm_stack(MAX_WASM_STACK_BYTES)
        .async_stack_size(MAX_WASM_STACK_BYTES + (256 << 10))
        .memory_init_cow(slots == Slots::Standard { images: true })
        .gc_support(false)
        .wasm_memory64(false)
        .wasm_multi_memory(false)
        .wasm_relaxed_simd(false)
        .memory_may_move(false)
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    if slots == Slots::Compact {
        config.memory_reservation(GUEST_MEMORY_BYTES).memory_guard_size(0).guard_before_linear_memory(false);
    }
    Engine::new(&config)
}

fn send_message(
    caller: StoreContextMut<'_, Host>,
    (target, payload): (WasmStr, WasmList<u8>),
) -> Result<(Result<(), MessagingError>,)> {
    let target = target.to_str(&caller)?;
    black_box((target.as_ref(), payload.as_le_slice(&caller)));
    Ok((Ok(()),))
}

fn linker(engine: &Engine) -> Result<Linker<Host>> {
    let mut linker = Linker::new(engine);
    linker.instance("airssys:core/messaging@1.0.0")?.func_wrap("send-message", send_message)?;
    let mut waiting = linker.instance("airssys:core/waiting@1.0.0")?;
    waiting.func_wrap_async("sleep-ms", |_: StoreContextMut<'_, Host>, (_,): (u64,)| Box::new(async { Ok(()) }))?;
    Ok(linker)
}

/// A component, linked, with the places of its exports.
pub struct Guest {
    pre: InstancePre<Host>,
    exports: [ComponentExportIndex; 5],
    waits: bool,
}

pub struct Live {
    pub store: Store<Host>,
    pub init: TypedFunc<(ComponentConfig,), (Result<(), ComponentError>,)>,
    pub handle_message: TypedFunc<(Message,), (Result<Option<Vec<u8>>, ComponentError>,)>,
    pub metadata: TypedFunc<(), (ComponentMetadata,)>,
    pub health: TypedFunc<(), (HealthReport,)>,
    pub shutdown: TypedFunc<(), (Result<(), ComponentError>,)>,
}

impl Guest {
    pub fn new(component: &Component, waits: bool) -> Result<Guest> {
        component.initialize_copy_on_write_image()?;
        let find = |interface, name| {
            component.get_export_index(interface, name).ok_or_else(|| Error::msg(format!("no export `{name}`")))
        };
        let lifecycle = find(None, LIFECYCLE)?;
        let export = |name| find(Some(&lifecycle), name);
        let exports = [export("init")?, export("handle-message")?, export("metadata")?, export("health")?, export("shutdown")?];
        Ok(Guest { pre: linker(component.engine())?.instantiate_pre(component)?, exports, waits })
    }

    pub fn instantiate(&self) -> Result<Live> {
        let mut store = Store::new(self.pre.engine(), Host);
        let _ = store.set_fuel(u64::MAX); // fails where there is no fuel, and is not needed then
        store.set_epoch_deadline(u64::MAX / 2);
        let instance =
            if self.waits { at_once(self.pre.instantiate_async(&mut store))? } else { self.pre.instantiate(&mut store)? };
        let mut func = |n: usize| instance.get_func(&mut store, &self.exports[n]).ok_or_else(|| Error::msg("an export vanished"));
        let (init, handle_message, metadata, health, shutdown) = (func(0)?, func(1)?, func(2)?, func(3)?, func(4)?);
        // SAFETY: the types are those of wit/core.wit, as bindings would have them; `check` compares them once.
        unsafe {
            Ok(Live {
                init: typed(init),
                handle_message: typed(handle_message),
                metadata: typed(metadata),
                health: typed(health),
                shutdown: typed(shutdown),
                store,
            })
        }
    }

    /// What generated bindings are spared by construction: the types above are those of the component.
    pub fn check(&self) -> Result<()> {
        let Live { store, init, handle_message, metadata, health, shutdown } = self.instantiate()?;
        init.func().typed::<(ComponentConfig,), (Result<(), ComponentError>,)>(&store)?;
        handle_message.func().typed::<(Message,), (Result<Option<Vec<u8>>, ComponentError>,)>(&store)?;
        metadata.func().typed::<(), (ComponentMetadata,)>(&store)?;
        health.func().typed::<(), (HealthReport,)>(&store)?;
        shutdown.func().typed::<(), (Result<(), ComponentError>,)>(&store)?;
        Ok(())
    }
}

/// Safety: P and R are the types of the function.
unsafe fn typed<P: ComponentNamedList + Lower, R: ComponentNamedList + Lift>(func: Func) -> TypedFunc<P, R> {
    // SAFETY: the caller's word.
    unsafe { TypedFunc::new_unchecked(func) }
}

/// A call on a fiber that does not suspend, polled where it stands.
pub fn at_once<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => Err(Error::msg("the guest was suspended")),
    }
}

pub fn compile(wasm: &str, artifact: &str) -> Result<()> {
    std::fs::write(artifact, engine(INSTANCES)?.precompile_component(&std::fs::read(wasm)?)?)?;
    Ok(())
}

/// The least a program does for one run of one component.
pub fn startup(artifact: &str) -> Result<()> {
    // SAFETY: `compile` above made it.
    let component = unsafe { Component::deserialize_file(&engine(INSTANCES)?, artifact) }?;
    let Live { mut store, init, shutdown, .. } = Guest::new(&component, false)?.instantiate()?;
    let limits = ResourceLimits { memory_bytes: 1 << 20, fuel_per_call: 1_000_000, call_timeout_ms: 100, storage_bytes: 0 };
    let config = ComponentConfig { env: &[], config_data: None, limits, granted: &[] };
    let (answer,) = init.call(&mut store, (config,))?;
    answer.map_err(|error| Error::msg(format!("init: {error:?}")))?;
    let (answer,) = shutdown.call(&mut store, ())?;
    answer.map_err(|error| Error::msg(format!("shutdown: {error:?}")))
}
