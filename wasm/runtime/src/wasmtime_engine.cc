#include "airssys/wasm/runtime/wasmtime_engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>

#include "airssys/base/units.h"
#include "airssys/wasm/bridge/handles.h"
#include "apart_compiler.h"
#include "compile_cache.h"
#include "loaded_components.h"
#include "pool_plan.h"
#include "wasmtime_component.h"

namespace airssys::wasm {
namespace {

// What the first eight bytes say, in words that help (R1.1: a core module is refused with the advice to componentize).
Result<> check_is_component(std::span<const std::byte> wasm) {
  constexpr std::array<unsigned char, 4> magic{0x00, 'a', 's', 'm'};
  if (wasm.size() < 8 || !std::equal(magic.begin(), magic.end(), reinterpret_cast<const unsigned char*>(wasm.data())))
    return fail(Code::invalid_component,
                "not a WebAssembly file (it does not begin with \\0asm); give the component that your build made");
  const auto layer = std::to_integer<unsigned>(wasm[6]) | std::to_integer<unsigned>(wasm[7]) << 8;
  if (layer == 0)
    return fail(Code::invalid_component,
                "a core module, not a component; make a component of it: airssys-wasm componentize FILE.wasm -o OUT.wasm");
  return {};
}

constexpr std::uint64_t page = 4096;
// What places of ended instances keep resident, all together: a pool of a hundred thousand must not hold gigabytes for nobody.
constexpr std::uint64_t most_kept_resident = std::uint64_t{256} << 20;

aw_engine_config lower(const WasmtimeConfig& config, EngineClass of, const PoolPlan& plan) noexcept {
  const bool compact = of == EngineClass::compact;
  const std::uint32_t instances = std::max(1u, compact ? config.max_compact_instances : config.max_instances);
  return {.max_instances = compact ? config.max_compact_instances : config.max_instances,
          .max_fibers = compact ? std::min(config.max_compact_fibers, config.max_compact_instances) : config.max_fibers,
          .max_memory_bytes = compact ? config.compact_slot_bytes : config.max_memory_bytes,
          .keep_resident_bytes = std::min(config.keep_resident_bytes, most_kept_resident / instances / page * page),
          .max_wasm_stack_bytes = config.max_wasm_stack_bytes,
          .fiber_stack_bytes = config.max_wasm_stack_bytes + (256 << 10),
          .memory_reservation = compact ? config.compact_slot_bytes : 0,
          .pooling = 1,
          .copy_on_write = !compact && plan.copy_on_write};
}

Result<BridgeEngine> make_engine(const WasmtimeConfig& config, EngineClass of, const PoolPlan& plan) {
  const aw_engine_config lowered = lower(config, of, plan);
  aw_engine* raw = nullptr;
  AIRSSYS_TRY_VOID(check(aw_engine_new(&lowered, &raw)));
  return BridgeEngine(raw);
}

class WasmtimeEngine final : public Engine {
 public:
  WasmtimeEngine(BridgeEngine standard, const WasmtimeConfig& config, const PoolPlan& plan, std::optional<CompileCache> cache,
                 Platform& platform, LogSink& log)
      : config_(config),
        plan_(plan),
        standard_(std::move(standard)),
        compiler_(config.compiler.value_or(ApartCompiler::default_program()),
                  {.memory_bytes = config.max_compile_memory, .cpu_time = config.max_compile_time}),
        loaded_(config.max_cached_modules),
        cache_(std::move(cache)),
        log_(log),
        ticker_(platform.start_ticker("epoch", config.epoch_tick, [this] {
          aw_engine_tick(standard_.get());
          aw_engine_tick(compact_.load(std::memory_order_acquire));
        })) {}

  Result<std::shared_ptr<const CompiledComponent>> compile(std::string_view name, std::span<const std::byte> wasm,
                                                           const CompileOptions& options) override {
    auto compiled = compile_unnamed(wasm, options);
    if (!compiled) return std::unexpected(std::move(compiled).error().within(name));
    return compiled;
  }

 private:
  Result<std::shared_ptr<const CompiledComponent>> compile_unnamed(std::span<const std::byte> wasm,
                                                                   const CompileOptions& options) {
    if (wasm.size() > config_.max_component_bytes)
      return fail(Code::too_large, fmt::format("{}, a component may have {} (max_component_size)", format_size(wasm.size()),
                                               format_size(config_.max_component_bytes)));
    AIRSSYS_TRY_VOID(check_is_component(wasm));
    AIRSSYS_TRY(const EngineClass of, choose_class(wasm, options));
    AIRSSYS_TRY(const aw_engine* engine, engine_of(of));
    const std::string key = CompileCache::key_of(wasm, aw_engine_compatibility(engine));
    // The same code linked in another way.
    const std::string loaded_key = options.clears_storage ? key + "/clears" : key;
    if (auto loaded = loaded_.find(loaded_key)) return loaded;
    AIRSSYS_TRY(BridgeComponent component, load(wasm, key, of, *engine));
    AIRSSYS_TRY(auto linked, WasmtimeComponent::link(std::move(component), of, config_.epoch_tick,
                                                     {.writes = config_.synced_storage, .clears = options.clears_storage}));
    loaded_.add(loaded_key, linked);
    return linked;
  }

  Result<EngineClass> choose_class(std::span<const std::byte> wasm, const CompileOptions& options) const {
    if (options.engine_class == EngineClass::standard) return EngineClass::standard;
    const bool asked = options.engine_class == EngineClass::compact;
    const auto refuse = [](std::string why) {
      return fail(Code::invalid_configuration,
                  fmt::format("[resources] class = \"compact\": {}, or leave class out", std::move(why)));
    };
    if (config_.max_compact_instances == 0) {
      if (asked) return refuse("this host has no place for compact instances; raise max_compact_instances");
      return EngineClass::standard;
    }
    const bool limit_fits = options.max_memory_bytes != 0 && options.max_memory_bytes <= config_.compact_slot_bytes;
    if (!asked && !limit_fits) return EngineClass::standard;
    if (asked && options.max_memory_bytes > config_.compact_slot_bytes)
      return refuse(fmt::format("its memory has {}, max_memory is {}; lower max_memory", format_size(config_.compact_slot_bytes),
                                format_size(options.max_memory_bytes)));
    aw_outline outline{};
    AIRSSYS_TRY_VOID(advise(check(aw_component_outline(to_bridge(wasm), &outline)), damaged));
    if (outline.initial_memory_bytes > config_.compact_slot_bytes) {
      if (!asked) return EngineClass::standard;
      return refuse(fmt::format("its memory has {}, the component begins with {}; link it with a smaller stack",
                                format_size(config_.compact_slot_bytes), format_size(outline.initial_memory_bytes)));
    }
    return asked || outline.initial_memory_bytes == options.max_memory_bytes ? EngineClass::compact : EngineClass::standard;
  }

  Result<const aw_engine*> engine_of(EngineClass of) {
    if (of == EngineClass::standard) return standard_.get();
    std::lock_guard lock(compact_mutex_);
    if (!compact_owner_) {
      AIRSSYS_TRY(compact_owner_, make_engine(config_, of, plan_));
      compact_.store(compact_owner_.get(), std::memory_order_release);
    }
    return compact_owner_.get();
  }

  Result<BridgeComponent> load(std::span<const std::byte> wasm, const std::string& key, EngineClass of, const aw_engine& engine) {
    aw_component* raw = nullptr;
    if (cache_) {
      if (auto artifact = cache_->load(key)) {
        const auto taken = check(aw_component_deserialize(&engine, to_bridge(*artifact), &raw));
        if (taken) return BridgeComponent(raw);
        cache_->reject(key, taken.error().message());
      }
    }
    const auto artifact = compiler_.compile(lower(config_, of, plan_), wasm);
    if (!artifact) return std::unexpected(advise(std::unexpected(artifact.error()), damaged).error());
    AIRSSYS_TRY_VOID(check(aw_component_deserialize(&engine, to_bridge(*artifact), &raw)));
    if (cache_) cache_->store(key, *artifact);
    return BridgeComponent(raw);
  }

  static constexpr std::string_view damaged = "the file is cut off, damaged, or made for another engine: build it again";

  const WasmtimeConfig config_;
  const PoolPlan plan_;
  const BridgeEngine standard_;
  // Made with the first compact component: most programs have none, and it costs a millisecond of their start.
  std::mutex compact_mutex_;
  BridgeEngine compact_owner_;                // guarded by compact_mutex_
  std::atomic<const aw_engine*> compact_{nullptr};
  const ApartCompiler compiler_;
  LoadedComponents loaded_;
  std::optional<CompileCache> cache_;
  LogSink& log_;
  std::unique_ptr<Thread> ticker_;  // last: it ends before the engines do
};

}  // namespace

Result<std::unique_ptr<Engine>> wasmtime_engine(const WasmtimeConfig& config, Platform& platform, LogSink& log_sink) {
  AIRSSYS_TRY(const PoolPlan plan, plan_pools(config, kernel_limits()));
  AIRSSYS_TRY(BridgeEngine standard, make_engine(config, EngineClass::standard, plan));
  std::optional<CompileCache> cache;
  if (config.cache_directory) {
    if (auto opened = CompileCache::open(*config.cache_directory, log_sink, config.audit ? *config.audit : null_audit()))
      cache = *std::move(opened);
    else
      log(log_sink, LogLevel::warn, "cache", "compiled code is not kept: {}", opened.error().message());
  }
  return std::make_unique<WasmtimeEngine>(std::move(standard), config, plan, std::move(cache), platform, log_sink);
}

}  // namespace airssys::wasm
