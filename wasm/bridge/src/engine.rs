//! The engine: one configuration for all guests, chosen for many small untrusted instances.
use crate::abi::{EngineConfig, PoolStats, arg, give};
use crate::error::{Code, Fault, contain, delete, guard, texts};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig, WasmBacktraceDetails};

/// Per table; what an interpreter in a component needs is a third of it.
const TABLE_ELEMENTS_MAX: usize = 20_000;
/// A component is a core instance of its own, and up to two small ones that the component model puts around it.
const CORE_INSTANCES_PER_INSTANCE: u32 = 3;
const TABLES_PER_INSTANCE: u32 = 2;
const TABLES_PER_MODULE_MAX: u32 = 4;
/// Of a table slot, as keep_resident_bytes of a memory.
const TABLE_KEEP_RESIDENT_MAX: u64 = 8 << 10;
const BACKTRACE_FRAMES_MAX: usize = 16;
/// Slots kept with their last image mapped, so that the next instance of the same component finds it there.
const WARM_SLOTS_MAX: u32 = 1000;

/// `aw_engine`.
pub struct BridgeEngine {
    pub engine: Engine,
    pub largest_memory: u64,
    /// The engine's epoch once more: its own can't be read.
    pub ticks: Arc<AtomicU64>,
}

fn validate(config: &EngineConfig) -> Result<(), Fault> {
    let refuse = |text: &str| Err(Fault::argument(format!("engine configuration: {text}")));
    if config.max_instances == 0 {
        return refuse("max_instances is 0; at least one instance must fit");
    }
    if config.max_fibers > config.max_instances {
        return refuse("max_fibers is above max_instances; an instance has one fiber at most");
    }
    if config.max_memory_bytes == 0 || config.max_memory_bytes > 4 << 30 {
        return refuse("max_memory_bytes must be from 1 to 4 GiB, what 32-bit memories can have");
    }
    if config.memory_reservation != 0 && config.memory_reservation < config.max_memory_bytes {
        return refuse("memory_reservation is smaller than max_memory_bytes; make it 0 or at least as large");
    }
    if config.max_wasm_stack_bytes == 0 {
        return refuse("max_wasm_stack_bytes is 0; guests need a stack");
    }
    if config.fiber_stack_bytes <= config.max_wasm_stack_bytes {
        return refuse("fiber_stack_bytes must be larger than max_wasm_stack_bytes; host functions run on the rest");
    }
    Ok(())
}

/// An engine of the same code, without places for instances.
pub fn compiler(config: &EngineConfig) -> Result<BridgeEngine, Fault> {
    validate(config)?;
    let mut settings = settings(config);
    settings.allocation_strategy(InstanceAllocationStrategy::OnDemand);
    let engine = Engine::new(&settings).map_err(|error| Fault::engine(Code::Internal, &error))?;
    Ok(BridgeEngine { engine, largest_memory: config.max_memory_bytes, ticks: Arc::default() })
}

fn settings(config: &EngineConfig) -> Config {
    let mut settings = Config::new();
    settings
        .concurrency_support(false) // tasks inside a component cost every call; our concurrency is between components
        .consume_fuel(true)
        .epoch_interruption(true)
        .cranelift_opt_level(OptLevel::Speed)
        .native_unwind_info(false) // guest backtraces walk frame pointers; registration is quadratic with many modules
        .wasm_backtrace_max_frames(NonZeroUsize::new(BACKTRACE_FRAMES_MAX))
        .wasm_backtrace_details(WasmBacktraceDetails::Disable)
        .generate_address_map(false) // backtraces name functions, not offsets
        .max_wasm_stack(config.max_wasm_stack_bytes as usize)
        .async_stack_size(config.fiber_stack_bytes as usize)
        .memory_init_cow(config.copy_on_write != 0)
        .gc_support(false)
        .wasm_memory64(false)
        .wasm_multi_memory(true) // components made of several modules need it to pass data between them
        .wasm_relaxed_simd(false); // its results differ between processors
    if config.memory_reservation != 0 {
        // Small slots: bounds are checked in code, so that guard pages would only cost mappings.
        settings.memory_reservation(config.memory_reservation).memory_guard_size(0).guard_before_linear_memory(false);
    }
    if config.pooling != 0 {
        settings.memory_may_move(false); // is a part of the code's compatibility; the strategy is not
        settings.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(config)));
    }
    settings
}

fn pool(config: &EngineConfig) -> PoolingAllocationConfig {
    let instances = config.max_instances;
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(instances)
        .total_core_instances(instances.saturating_mul(CORE_INSTANCES_PER_INSTANCE))
        .total_memories(instances)
        .total_tables(instances.saturating_mul(TABLES_PER_INSTANCE))
        .total_stacks(config.max_fibers)
        .max_memory_size(config.max_memory_bytes as usize)
        .table_elements(TABLE_ELEMENTS_MAX)
        .max_tables_per_module(TABLES_PER_MODULE_MAX)
        .linear_memory_keep_resident(config.keep_resident_bytes as usize)
        .table_keep_resident(config.keep_resident_bytes.min(TABLE_KEEP_RESIDENT_MAX) as usize)
        .max_unused_warm_slots(WARM_SLOTS_MAX)
        // Zeroes what the guest wrote instead of all that may be kept, which would bring pages into being that nobody touched.
        .pagemap_scan(Enabled::Auto);
    pool
}

impl BridgeEngine {
    fn new(config: &EngineConfig) -> Result<Self, Fault> {
        validate(config)?;
        let engine = Engine::new(&settings(config)).map_err(|error| {
            let (instances, fibers) = (config.max_instances, config.max_fibers);
            Fault::new(
                Code::Pool,
                format!(
                    "the engine can't be set up for {instances} instances and {fibers} fibers: {}; lower max_instances, \
                     max_fibers or memory_reservation, or raise the process's address space (ulimit -v) and \
                     sysctl vm.max_map_count",
                    texts(&error)
                ),
            )
        })?;
        Ok(BridgeEngine { engine, largest_memory: config.max_memory_bytes, ticks: Arc::default() })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn aw_engine_new(config: *const EngineConfig, out: *mut *mut BridgeEngine) -> *mut Fault {
    // SAFETY: pointers as the header demands.
    guard(|| unsafe { give(out, || Ok(Box::new(BridgeEngine::new(arg(config, "config")?)?))) })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn aw_engine_delete(engine: *mut BridgeEngine) {
    // SAFETY: the header's rule for deletes.
    unsafe { delete(engine) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn aw_engine_tick(engine: *const BridgeEngine) {
    // SAFETY: null or a live engine by the header. Atomic additions: fine in a signal handler.
    if let Some(engine) = unsafe { engine.as_ref() } {
        engine.ticks.fetch_add(1, Relaxed); // first: who sees the new epoch then sees this as well, or nearly so
        engine.engine.increment_epoch();
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn aw_engine_compatibility(engine: *const BridgeEngine) -> u64 {
    contain(0, || {
        // SAFETY: null or a live engine by the header.
        let Some(engine) = (unsafe { engine.as_ref() }) else { return 0 };
        let mut hasher = DefaultHasher::new();
        engine.engine.precompile_compatibility_hash().hash(&mut hasher);
        hasher.finish()
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn aw_engine_pool_stats(engine: *const BridgeEngine) -> PoolStats {
    contain(PoolStats::default(), || {
        // SAFETY: null or a live engine by the header.
        let metrics = unsafe { engine.as_ref() }.and_then(|engine| engine.engine.pooling_allocator_metrics());
        metrics.map_or(PoolStats::default(), |m| PoolStats {
            core_instances: m.core_instances(),
            memories: m.memories() as u64,
            tables: m.tables() as u64,
            stacks: m.stacks() as u64,
        })
    })
}
