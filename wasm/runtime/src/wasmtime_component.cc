#include "wasmtime_component.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "airssys/base/text.h"
#include "wasmtime_instance.h"

namespace airssys::wasm {
namespace {

// What one call of a host function may bring along: the largest message, or a batch of writes that is as large as four of the
// largest values; and this much beyond (target, keys, log fields).
constexpr std::uint64_t storage_batch_bytes = 4 << 20;
constexpr std::uint64_t hostcall_slack_bytes = 64 << 10;
// Start functions run guest code: what instantiation may use. A C++ guest's constructors take some thousand.
constexpr std::uint64_t start_fuel = 50'000'000;
constexpr Duration start_timeout = std::chrono::seconds(1);

// How long a call has its thread to itself. Fibers cost each message 0.2 us and each instance a stack and two mappings, so
// only those have one whose calls may last longer than that (docs/adr/0011-long-calls-run-on-fibers.md).
constexpr Duration longest_undivided_call = std::chrono::milliseconds(100);
constexpr std::uint64_t slice_ticks = 1;

// A call that begins late in a tick still gets its whole timeout: hence one more (R1.4: at most two).
std::uint64_t ticks_for(Duration timeout, Duration tick) noexcept {
  return static_cast<std::uint64_t>((timeout + tick - Duration(1)) / tick) + 1;
}

ComponentDescription describe(const aw_component* component, const aw_preinstance* preinstance, EngineClass of) {
  const aw_requirements requirements = aw_component_requirements(component);
  return {.initial_memory_bytes = requirements.initial_memory_bytes,
          .memories = requirements.memories,
          .initial_table_elements = requirements.initial_table_elements,
          .tables = requirements.tables,
          .waits = aw_preinstance_lane(preinstance) == AW_LANE_FIBER,
          .engine_class = of};
}

// A start function is a part of making the instance, so its trap is not the trap of a call.
Error of_instantiation(Error why) {
  if (why.code() == Code::trapped || why.code() == Code::timed_out) {
    Error start(Code::instantiation_failed, why.message());
    for (const auto& field : why.fields()) start = std::move(start).with(field.name, field.value);
    why = std::move(start);
  }
  return std::move(why).within("instantiate");
}

}  // namespace

Result<> advise(Result<> done, std::string_view advice) {
  if (done || done.error().code() != Code::invalid_component) return done;
  constexpr std::size_t longest = 16 << 10;  // whoever imports ten thousand functions is not told of each
  const std::string_view text = done.error().message();
  const std::string_view shown = text.substr(0, text.size() <= longest ? text.size() : utf8_prefix(text.substr(0, longest)));
  return fail(Code::invalid_component, fmt::format("{}{}; {}", shown, shown.size() < text.size() ? " …" : "", advice));
}

Result<std::shared_ptr<const WasmtimeComponent>> WasmtimeComponent::link(BridgeComponent component, EngineClass of, Duration tick,
                                                                         StorageWaits storage_waits) {
  aw_preinstance* raw = nullptr;
  const aw_host_tables tables = host_tables(storage_waits);
  AIRSSYS_TRY_VOID(advise(check(aw_preinstance_new(component.get(), &tables, &raw)),
                          "build it for the world `component` or `waiting-component` of airssys:core@1.0.0"));
  BridgePreinstance preinstance(raw);
  const ComponentDescription description = describe(component.get(), raw, of);
  return std::make_shared<const WasmtimeComponent>(std::move(component), std::move(preinstance), description, tick);
}

WasmtimeComponent::WasmtimeComponent(BridgeComponent component, BridgePreinstance preinstance, ComponentDescription description,
                                     Duration tick)
    : component_(std::move(component)),
      preinstance_(std::move(preinstance)),
      description_(description),
      tick_(tick) {}

ComponentItems WasmtimeComponent::items() const {
  ComponentItems items;
  static constexpr auto add = [](std::vector<InterfaceItem>& to, aw_str interface, aw_str name, aw_str type, aw_str needs) {
    to.push_back({std::string(from_bridge(interface)), std::string(from_bridge(name)), std::string(from_bridge(type)),
                  std::string(from_bridge(needs))});
  };
  const aw_description_visitor visitor{.import_item =
                                           [](void* context, aw_str interface, aw_str name, aw_str type, aw_str needs) noexcept {
                                             add(static_cast<ComponentItems*>(context)->imports, interface, name, type, needs);
                                           },
                                       .export_item =
                                           [](void* context, aw_str interface, aw_str name, aw_str type) noexcept {
                                             add(static_cast<ComponentItems*>(context)->exports, interface, name, type, {});
                                           }};
  aw_component_describe(component_.get(), &visitor, &items);
  return items;
}

Result<std::unique_ptr<Instance>> WasmtimeComponent::instantiate(const HostFunctions& functions,
                                                                 const ResourceLimits& limits) const {
  AIRSSYS_TRY_VOID(admit(description_, limits));
  std::uint64_t memory_bytes = limits.memory_bytes;
  if (description_.engine_class == EngineClass::compact)  // as large as it begins, and no larger
    memory_bytes = std::min(memory_bytes, description_.initial_memory_bytes * std::max(1u, description_.memories));
  const bool gives_way = description_.waits || limits.call_timeout > longest_undivided_call;
  const aw_instance_limits lowered{.memory_bytes = memory_bytes,
                                   .table_elements = limits.table_elements,
                                   .instances = limits.instances,
                                   .tables = limits.tables,
                                   .memories = limits.memories,
                                   .hostcall_bytes = std::max(limits.message_bytes, storage_batch_bytes) + hostcall_slack_bytes,
                                   .fuel = start_fuel,
                                   .deadline_ticks = ticks_for(start_timeout, tick_),
                                   .slice_ticks = gives_way ? slice_ticks : 0};
  aw_instance* instance = nullptr;
  if (auto made = check(aw_instance_new(preinstance_.get(), const_cast<HostFunctions*>(&functions), &lowered, &instance)); !made)
    return std::unexpected(of_instantiation(std::move(made).error()));
  return std::make_unique<WasmtimeInstance>(BridgeInstance(instance), limits, ticks_for(limits.call_timeout, tick_));
}

}  // namespace airssys::wasm
