#include "airssys/wasm/runtime/wasmtime_engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "airssys/base/units.h"
#include "airssys/wasm/bridge/handles.h"
#include "compile_cache.h"
#include "host_tables.h"
#include "wasmtime_instance.h"

namespace airssys::wasm {
namespace {

// One host function may bring this much along beyond the largest message (target, log fields).
constexpr std::uint64_t hostcall_slack_bytes = 64 << 10;
// Start functions run guest code: what instantiation may use. A C++ guest's constructors take some thousand.
constexpr std::uint64_t start_fuel = 50'000'000;
constexpr Duration start_timeout = std::chrono::seconds(1);

// A call that begins late in a tick still gets its whole timeout: hence one more (R1.4: at most two).
std::uint64_t ticks_for(Duration timeout, Duration tick) noexcept {
  return static_cast<std::uint64_t>((timeout + tick - Duration(1)) / tick) + 1;
}

class WasmtimeComponent final : public CompiledComponent {
 public:
  WasmtimeComponent(BridgePreinstance preinstance, ComponentDescription description, Duration tick)
      : preinstance_(std::move(preinstance)),
        description_(std::move(description)),
        tick_(tick) {}

  const ComponentDescription& description() const noexcept override { return description_; }

  Result<std::unique_ptr<Instance>> instantiate(const HostFunctions& functions, const ResourceLimits& limits) const override {
    if (description_.initial_memory_bytes > limits.memory_bytes)
      return std::unexpected(
          Error(Code::resource_limit_exceeded,
                fmt::format("the component needs {} of memory at its start, [resources] max_memory is {}; raise it, or "
                            "link the component with a smaller stack",
                            format_size(description_.initial_memory_bytes), format_size(limits.memory_bytes)))
              .with("resource", "memory"));
    const aw_instance_limits lowered{.memory_bytes = limits.memory_bytes,
                                     .table_elements = limits.table_elements,
                                     .instances = limits.instances,
                                     .tables = limits.tables,
                                     .memories = limits.memories,
                                     .hostcall_bytes = limits.message_bytes + hostcall_slack_bytes,
                                     .fuel = start_fuel,
                                     .deadline_ticks = ticks_for(start_timeout, tick_)};
    aw_instance* instance = nullptr;
    if (auto made = check(aw_instance_new(preinstance_.get(), const_cast<HostFunctions*>(&functions), &lowered, &instance));
        !made) {
      Error why = std::move(made).error();
      if (why.code() == Code::trapped || why.code() == Code::timed_out) {
        Error start(Code::instantiation_failed, why.message());
        for (const auto& field : why.fields()) start = std::move(start).with(field.name, field.value);
        why = std::move(start);
      }
      return std::unexpected(std::move(why).within("instantiate"));
    }
    return std::make_unique<WasmtimeInstance>(BridgeInstance(instance), limits, ticks_for(limits.call_timeout, tick_),
                                              description_.waits);
  }

 private:
  BridgePreinstance preinstance_;
  ComponentDescription description_;
  Duration tick_;
};

ComponentDescription describe(const aw_component* component) {
  ComponentDescription description;
  static constexpr auto add = [](std::vector<InterfaceItem>& items, aw_str interface, aw_str name, aw_str type) {
    items.push_back({std::string(from_bridge(interface)), std::string(from_bridge(name)), std::string(from_bridge(type))});
  };
  const aw_description_visitor visitor{.import_item =
                                           [](void* context, aw_str interface, aw_str name, aw_str type) noexcept {
                                             add(static_cast<ComponentDescription*>(context)->imports, interface, name, type);
                                           },
                                       .export_item =
                                           [](void* context, aw_str interface, aw_str name, aw_str type) noexcept {
                                             add(static_cast<ComponentDescription*>(context)->exports, interface, name, type);
                                           }};
  aw_component_describe(component, &visitor, &description);
  const aw_requirements requirements = aw_component_requirements(component);
  description.initial_memory_bytes = requirements.initial_memory_bytes;
  description.memories = requirements.memories;
  return description;
}

// What the engine refuses, with what to do about it.
Result<> advise(Result<> done, std::string_view advice) {
  if (done || done.error().code() != Code::invalid_component) return done;
  return fail(Code::invalid_component, fmt::format("{}; {}", done.error().message(), advice));
}

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

class WasmtimeEngine final : public Engine {
 public:
  WasmtimeEngine(BridgeEngine engine, Duration tick, std::optional<CompileCache> cache, Platform& platform, LogSink& log)
      : engine_(std::move(engine)),
        tick_(tick),
        cache_(std::move(cache)),
        log_(log),
        ticker_(platform.start_ticker("epoch", tick, [raw = engine_.get()] { aw_engine_tick(raw); })) {}

  Result<std::shared_ptr<const CompiledComponent>> compile(std::string_view name, std::span<const std::byte> wasm) override {
    auto compiled = compile_unnamed(wasm);
    if (!compiled) return std::unexpected(std::move(compiled).error().within(name));
    return compiled;
  }

 private:
  Result<std::shared_ptr<const CompiledComponent>> compile_unnamed(std::span<const std::byte> wasm) {
    AIRSSYS_TRY_VOID(check_is_component(wasm));
    AIRSSYS_TRY(BridgeComponent component, load(wasm));
    ComponentDescription description = describe(component.get());
    aw_preinstance* raw = nullptr;
    AIRSSYS_TRY_VOID(advise(check(aw_preinstance_new(component.get(), &host_tables(), &raw)),
                            "build it for the world `component` or `waiting-component` of airssys:core@1.0.0"));
    BridgePreinstance preinstance(raw);
    description.waits = aw_preinstance_lane(raw) == AW_LANE_FIBER;
    return std::make_shared<const WasmtimeComponent>(std::move(preinstance), std::move(description), tick_);
  }

  Result<BridgeComponent> load(std::span<const std::byte> wasm) {
    std::string key;
    aw_component* raw = nullptr;
    if (cache_) {
      key = cache_->key_of(wasm, aw_engine_compatibility(engine_.get()));
      if (auto artifact = cache_->load(key)) {
        const auto taken = check(aw_component_deserialize(engine_.get(), to_bridge(*artifact), &raw));
        if (taken) return BridgeComponent(raw);
        cache_->reject(key, taken.error().message());
      }
    }
    AIRSSYS_TRY_VOID(advise(check(aw_component_compile(engine_.get(), to_bridge(wasm), &raw)),
                            "the file is cut off, damaged, or made for another engine: build it again"));
    BridgeComponent component(raw);
    if (cache_) {
      BridgeBuffer artifact;
      if (const auto made = check(aw_component_serialize(component.get(), artifact.out())); made)
        cache_->store(key, artifact.bytes());
      else
        log(log_, LogLevel::warn, "cache", "compiled code is not kept: {}", made.error().message());
    }
    return component;
  }

  BridgeEngine engine_;
  Duration tick_;
  std::optional<CompileCache> cache_;
  LogSink& log_;
  std::unique_ptr<Thread> ticker_;  // after engine_: it ends before the engine does
};

}  // namespace

Result<std::unique_ptr<Engine>> wasmtime_engine(const WasmtimeConfig& config, Platform& platform, LogSink& log_sink) {
  const aw_engine_config lowered{.max_instances = config.max_instances,
                                 .max_fibers = config.max_fibers,
                                 .max_memory_bytes = config.max_memory_bytes,
                                 .keep_resident_bytes = config.keep_resident_bytes,
                                 .max_wasm_stack_bytes = config.max_wasm_stack_bytes,
                                 .fiber_stack_bytes = config.max_wasm_stack_bytes + (256 << 10),
                                 .memory_reservation = 0,
                                 .pooling = 1,
                                 .copy_on_write = 1};
  aw_engine* raw = nullptr;
  AIRSSYS_TRY_VOID(check(aw_engine_new(&lowered, &raw)));
  BridgeEngine engine(raw);
  std::optional<CompileCache> cache;
  if (config.cache_directory) {
    if (auto opened = CompileCache::open(*config.cache_directory, log_sink))
      cache = *std::move(opened);
    else
      log(log_sink, LogLevel::warn, "cache", "compiled code is not kept: {}", opened.error().message());
  }
  return std::make_unique<WasmtimeEngine>(std::move(engine), config.epoch_tick, std::move(cache), platform, log_sink);
}

}  // namespace airssys::wasm
