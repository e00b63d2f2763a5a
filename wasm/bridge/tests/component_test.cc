// Engines, compiling, artifacts, describing.
#include <random>
#include <thread>

#include "rig.h"

namespace airssys::wasm::testing {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

Fault compile_fails(const aw_engine* engine, const Wasm& wasm) {
  aw_component* component = nullptr;
  Fault fault(aw_component_compile(engine, {wasm.data(), wasm.size()}, &component));
  EXPECT_EQ(component, nullptr);
  return fault;
}

Wasm serialize(const aw_component* component) {
  BridgeBuffer artifact;
  const Fault fault(aw_component_serialize(component, artifact.out()));
  EXPECT_FALSE(fault.error) << fault.message();
  return {artifact.out()->ptr, artifact.out()->ptr + artifact.out()->len};
}

Fault deserialize_fails(const aw_engine* engine, const Wasm& artifact) {
  aw_component* component = nullptr;
  Fault fault(aw_component_deserialize(engine, {artifact.data(), artifact.size()}, &component));
  EXPECT_EQ(component, nullptr);
  aw_component_delete(component);
  return fault;
}

TEST(BridgeEngine, RefusesAConfigurationThatCannotWorkAndSaysWhatToChange) {
  const auto refused = [](auto change, std::string_view word) {
    aw_engine_config config = small_engine();
    change(config);
    aw_engine* engine = nullptr;
    const Fault fault(aw_engine_new(&config, &engine));
    EXPECT_EQ(fault.code(), AW_INVALID_ARGUMENT) << word;
    EXPECT_THAT(fault.message(), HasSubstr(std::string(word)));
    EXPECT_EQ(engine, nullptr);
  };
  refused([](auto& c) { c.max_instances = 0; }, "max_instances");
  refused([](auto& c) { c.max_fibers = 17; }, "max_fibers");
  refused([](auto& c) { c.max_memory_bytes = 0; }, "max_memory_bytes");
  refused([](auto& c) { c.max_memory_bytes = (std::uint64_t{4} << 30) + 1; }, "max_memory_bytes");
  refused([](auto& c) { c.memory_reservation = 4096; }, "memory_reservation");
  refused([](auto& c) { c.max_wasm_stack_bytes = 0; }, "max_wasm_stack_bytes");
  refused([](auto& c) { c.fiber_stack_bytes = c.max_wasm_stack_bytes; }, "fiber_stack_bytes");
}

TEST(BridgeEngine, SaysWhatToSetWhenTheSystemCannotReserveThePool) {
  aw_engine_config config = small_engine();
  config.max_instances = 1'000'000;  // of 4 GiB each: more than a process can address
  aw_engine* engine = nullptr;
  const Fault fault(aw_engine_new(&config, &engine));
  EXPECT_EQ(fault.code(), AW_POOL);
  EXPECT_THAT(fault.message(), AllOf(HasSubstr("1000000 instances"), HasSubstr("lower max_instances"), Not(HasSubstr("\n"))));
}

TEST(BridgeEngine, RefusesNulls) {
  aw_engine* engine = nullptr;
  const aw_engine_config config = small_engine();
  EXPECT_EQ(Fault(aw_engine_new(nullptr, &engine)).code(), AW_INVALID_ARGUMENT);
  EXPECT_EQ(Fault(aw_engine_new(&config, nullptr)).code(), AW_INVALID_ARGUMENT);
  aw_engine_tick(nullptr);
  EXPECT_EQ(aw_engine_compatibility(nullptr), 0u);
  EXPECT_EQ(aw_engine_pool_stats(nullptr).memories, 0u);
}

TEST(BridgeEngine, DeletesOfNullDoNothing) {
  aw_engine_delete(nullptr);
  aw_component_delete(nullptr);
  aw_preinstance_delete(nullptr);
  aw_instance_delete(nullptr);
  aw_error_delete(nullptr);
  aw_buf_delete(nullptr);
  EXPECT_EQ(aw_error_code(nullptr), 0u);
  EXPECT_EQ(aw_error_message(nullptr).len, 0u);
}

TEST(BridgeEngine, RunsWithoutAPoolAndInSmallSlots) {
  for (const std::uint64_t reservation : {std::uint64_t{0}, std::uint64_t{1} << 20}) {
    aw_engine_config config = small_engine();
    config.memory_reservation = reservation;
    config.pooling = reservation != 0;
    Rig rig(Waits::no, config);
    auto instance = rig.instance();
    EXPECT_EQ(send(instance.get(), "ehello").text(), "hello");
    EXPECT_EQ(failure(instance.get(), "o"), AW_TRAP_OUT_OF_BOUNDS);
  }
}

TEST(BridgeEngine, CopyOnWriteImagesGiveTheSameGuests) {
  aw_engine_config config = small_engine();
  config.copy_on_write = 1;
  Rig rig(Waits::no, config);
  for (int i = 0; i < 3; ++i) {
    auto instance = rig.instance();
    EXPECT_EQ(send(instance.get(), "k").text(), "\1");
    EXPECT_EQ(send(instance.get(), "tx").text(), std::string("\0", 1));
  }
  EXPECT_THAT(rig.host.sent, Contains(std::pair<std::string, std::string>("peer", "x")));
}

TEST(BridgeComponent, RefusesWhatIsNoComponentWithAReason) {
  auto engine = make_engine();
  const Wasm core{0, 'a', 's', 'm', 1, 0, 0, 0};
  EXPECT_THAT(compile_fails(engine.get(), core).message(), HasSubstr("a core module, not a component"));
  for (const Wasm& wasm : {Wasm{}, Wasm{0}, Wasm{'M', 'Z', 1, 2, 3, 4, 5, 6, 7, 8}, core, Wasm(core.begin(), core.begin() + 6)})
    EXPECT_EQ(compile_fails(engine.get(), wasm).code(), AW_INVALID_COMPONENT);
  aw_component* component = nullptr;
  EXPECT_EQ(Fault(aw_component_compile(engine.get(), {nullptr, 5}, &component)).code(), AW_INVALID_ARGUMENT);
  EXPECT_EQ(Fault(aw_component_compile(nullptr, {core.data(), core.size()}, &component)).code(), AW_INVALID_ARGUMENT);
  EXPECT_EQ(Fault(aw_component_compile(engine.get(), {core.data(), core.size()}, nullptr)).code(), AW_INVALID_ARGUMENT);
}

TEST(BridgeComponent, RefusesTruncatedComponentsWithOneLine) {
  auto engine = make_engine();
  const Wasm whole = puppet();
  std::size_t whole_ones = 0;
  for (std::size_t length = 0; length < whole.size(); length += 97) {
    aw_component* component = nullptr;
    const Fault fault(aw_component_compile(engine.get(), {whole.data(), length}, &component));
    if (component) {  // cut between two sections: a smaller component
      ++whole_ones;
      aw_component_delete(component);
      continue;
    }
    EXPECT_EQ(fault.code(), AW_INVALID_COMPONENT) << length;
    EXPECT_FALSE(fault.message().empty());
    EXPECT_THAT(fault.message(), Not(HasSubstr("\n")));
  }
  EXPECT_LT(whole_ones, whole.size() / 97 / 10);
}

TEST(BridgeComponent, SurvivesComponentsWithFlippedBytes) {
  auto engine = make_engine();
  const Wasm whole = puppet();
  std::mt19937 random(7);
  for (int round = 0; round < 60; ++round) {
    Wasm wasm = whole;
    for (int i = 0; i < 3; ++i) wasm[random() % wasm.size()] ^= static_cast<std::uint8_t>(1u << (random() % 8));
    aw_component* component = nullptr;
    const Fault fault(aw_component_compile(engine.get(), {wasm.data(), wasm.size()}, &component));
    if (component)
      aw_component_delete(component);
    else
      EXPECT_THAT(fault.code(), AnyOf(AW_INVALID_COMPONENT, AW_LIMIT)) << fault.message();
  }
}

TEST(BridgeComponent, RefusesFeaturesThatAreOff) {
  auto engine = make_engine();
  const Wasm memory64 = encode("(component (core module (memory i64 1)))", "", "");
  const Wasm relaxed = encode(
      "(component (core module (func (param v128 v128) (result v128)"
      " (i8x16.relaxed_swizzle (local.get 0) (local.get 1)))))",
      "", "");
  EXPECT_EQ(compile_fails(engine.get(), memory64).code(), AW_INVALID_COMPONENT);
  EXPECT_EQ(compile_fails(engine.get(), relaxed).code(), AW_INVALID_COMPONENT);
}

TEST(BridgeComponent, RefusesAMemoryThatNoSlotCanHold) {
  auto engine = make_engine();
  const Wasm large = encode("(component (core module $m (memory 17)) (core instance (instantiate $m)))", "", "");
  const Fault fault = compile_fails(engine.get(), large);
  EXPECT_EQ(fault.code(), AW_LIMIT);
  EXPECT_THAT(fault.message(), HasSubstr("minimum byte size of 1114112"));
}

TEST(BridgeComponent, RunsFromItsArtifact) {
  auto engine = make_engine();
  const Wasm artifact = serialize(compile(engine.get(), puppet()).get());
  aw_component* raw = nullptr;
  const Fault fault(aw_component_deserialize(engine.get(), {artifact.data(), artifact.size()}, &raw));
  ASSERT_FALSE(fault.error) << fault.message();
  const BridgeComponent component(raw);
  Host host;
  auto preinstance = prepare(component.get());
  auto instance = instantiate(preinstance.get(), host);
  EXPECT_EQ(send(instance.get(), "eagain").text(), "again");
}

TEST(BridgeComponent, RefusesTheArtifactOfAnotherConfiguration) {
  auto engine = make_engine();
  const Wasm artifact = serialize(compile(engine.get(), puppet()).get());
  aw_engine_config config = small_engine();
  config.memory_reservation = 1 << 20;
  auto other = make_engine(config);
  EXPECT_NE(aw_engine_compatibility(engine.get()), aw_engine_compatibility(other.get()));
  EXPECT_EQ(aw_engine_compatibility(engine.get()), aw_engine_compatibility(make_engine().get()));
  const Fault fault = deserialize_fails(other.get(), artifact);
  EXPECT_EQ(fault.code(), AW_INVALID_COMPONENT);
  EXPECT_THAT(fault.message(), HasSubstr("does not fit this engine"));
}

TEST(BridgeComponent, RefusesTruncatedArtifactsAndOtherFiles) {
  auto engine = make_engine();
  const Wasm artifact = serialize(compile(engine.get(), puppet()).get());
  for (std::size_t length = 0; length < artifact.size(); length += artifact.size() / 40)
    EXPECT_EQ(
        deserialize_fails(engine.get(), Wasm(artifact.begin(), artifact.begin() + static_cast<std::ptrdiff_t>(length))).code(),
        AW_INVALID_COMPONENT)
        << length;
  EXPECT_EQ(deserialize_fails(engine.get(), puppet()).code(), AW_INVALID_COMPONENT);
  EXPECT_EQ(deserialize_fails(engine.get(), Wasm(100, 0x7f)).code(), AW_INVALID_COMPONENT);
}

TEST(BridgeComponent, TellsWhatAnInstanceTakes) {
  auto engine = make_engine();
  auto component = compile(engine.get(), with_second_memory(puppet(), 4));
  const aw_requirements needs = aw_component_requirements(component.get());
  EXPECT_EQ(needs.known, 1);
  EXPECT_EQ(needs.memories, 2u);
  EXPECT_EQ(needs.initial_memory_bytes, 4u << 16);  // the larger of the two
  EXPECT_EQ(needs.tables, 2u);                      // the puppet's, and one that encoding puts in for its imports
  EXPECT_GE(needs.initial_table_elements, 4u);
  EXPECT_EQ(aw_component_requirements(nullptr).known, 0);
}

struct Described {
  std::vector<std::string> imports, exports;
  static std::string line(aw_str interface, aw_str name, aw_str type) {
    return std::string(from_bridge(interface)) + "|" + std::string(from_bridge(name)) + "|" + std::string(from_bridge(type));
  }
};

Described describe(const aw_component* component) {
  Described described;
  const aw_description_visitor visitor{
      [](void* d, aw_str i, aw_str n, aw_str t, aw_str needs) noexcept {
        static_cast<Described*>(d)->imports.push_back(Described::line(i, n, t) + "|" + std::string(from_bridge(needs)));
      },
      [](void* d, aw_str i, aw_str n, aw_str t) noexcept {
        static_cast<Described*>(d)->exports.push_back(Described::line(i, n, t));
      }};
  aw_component_describe(component, &visitor, &described);
  return described;
}

TEST(BridgeComponent, DescribesItsFunctionsInTheMannerOfWit) {
  auto engine = make_engine();
  auto component = compile(engine.get(), puppet(Waits::yes));
  const Described described = describe(component.get());
  const std::string core = "airssys:core/";
  EXPECT_THAT(described.imports, Contains(core + "waiting@1.0.0|sleep-ms|func(duration: u64)|none"));
  EXPECT_THAT(described.imports, Contains(core + "messaging@1.0.0|self-id|func() -> string|none"));
  EXPECT_THAT(
      described.imports,
      Contains(core + "messaging@1.0.0|send-message|func(target: string, payload: list<u8>) -> result<_, variant { "
                      "target-not-found, permission-denied(string), queue-full, rate-limited, message-too-large(u64), "
                      "invalid-message(string), unknown-codec(u64), codec-incompatible(record { sent: u64, supported: list<u64>, "
                      "suggestion: option<string> }), invalid-timeout(u64), unknown-request, delivery-failed(string) }>|"
                      "messaging.send(target)"));
  EXPECT_THAT(described.imports,
              Contains(HasSubstr("services@1.0.0|log|func(level: enum { trace, debug, info, warn, error }, text: "
                                 "string, fields: list<tuple<string, string>>)")));
  EXPECT_THAT(described.exports, Contains(HasSubstr("lifecycle@1.0.0|health|func() -> record { status: enum")));
  EXPECT_EQ(described.imports, describe(component.get()).imports);
  aw_component_describe(nullptr, nullptr, nullptr);
}

TEST(BridgeEngine, LetsManyThreadsCompileAndInstantiateAtOnce) {
  Rig rig;
  const Wasm wasm = puppet();
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      auto own = compile(rig.engine.get(), wasm);
      for (int round = 0; round < 50; ++round) {
        Host host;
        auto instance = instantiate(rig.preinstance.get(), host);
        EXPECT_EQ(send(instance.get(), "ex").text(), "x");
        EXPECT_EQ(failure(instance.get(), "u"), AW_TRAP_UNREACHABLE);
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(aw_engine_pool_stats(rig.engine.get()).memories, 0u);
}

}  // namespace
}  // namespace airssys::wasm::testing
