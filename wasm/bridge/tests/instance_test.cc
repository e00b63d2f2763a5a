// Birth, limits, memory accounting, fuel, deadlines and death of instances.
#include <thread>

#include "rig.h"

namespace airssys::wasm::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr std::uint64_t page = 64 << 10;

Fault instance_fails(const aw_preinstance* preinstance, const aw_instance_limits& limits) {
  Host host;
  aw_instance* instance = nullptr;
  Fault fault(aw_instance_new(preinstance, &host, &limits, &instance));
  EXPECT_EQ(instance, nullptr);
  aw_instance_delete(instance);
  return fault;
}

TEST(BridgeInstance, OutlivesEverythingItWasMadeOf) {
  Rig rig(Waits::yes);
  auto instance = rig.instance();
  rig.engine.reset();
  rig.component.reset();
  rig.preinstance.reset();
  EXPECT_EQ(send(instance.get(), "ealone", &rig.waker).text(), "alone");
}

TEST(BridgeInstance, TellsWhenThePoolIsFullAndTakesTheSlotsBack) {
  Rig rig;
  std::vector<BridgeInstance> instances;
  for (std::uint32_t i = 0; i < small_engine().max_instances; ++i) instances.push_back(rig.instance());
  const Fault full = instance_fails(rig.preinstance.get(), roomy());
  EXPECT_EQ(full.code(), AW_POOL);
  EXPECT_THAT(full.message(), HasSubstr("raise max_instances"));
  EXPECT_EQ(aw_engine_pool_stats(rig.engine.get()).memories, small_engine().max_instances);
  instances.pop_back();
  EXPECT_EQ(send(rig.instance().get(), "ex").text(), "x");
  instances.clear();
  const aw_pool_stats empty = aw_engine_pool_stats(rig.engine.get());
  EXPECT_EQ(empty.memories + empty.tables + empty.core_instances + empty.stacks, 0u);
}

TEST(BridgeInstance, RefusesNulls) {
  Rig rig;
  const aw_instance_limits limits = roomy();
  aw_instance* instance = nullptr;
  EXPECT_EQ(Fault(aw_instance_new(nullptr, &rig.host, &limits, &instance)).code(), AW_INVALID_ARGUMENT);
  EXPECT_EQ(Fault(aw_instance_new(rig.preinstance.get(), &rig.host, nullptr, &instance)).code(), AW_INVALID_ARGUMENT);
  EXPECT_EQ(Fault(aw_instance_new(rig.preinstance.get(), &rig.host, &limits, nullptr)).code(), AW_INVALID_ARGUMENT);
  EXPECT_EQ(failure(nullptr, "e"), AW_INVALID_ARGUMENT);
  EXPECT_EQ(aw_instance_fuel_left(nullptr), 0u);
  EXPECT_EQ(aw_instance_memory(nullptr).bytes, 0u);
  aw_instance_set_budget(nullptr, 1, 1);
  aw_instance_cancel(nullptr);
}

TEST(BridgeInstance, RefusesToStartAboveItsLimits) {
  Rig rig;
  const auto refused = [&](auto change) {
    aw_instance_limits limits = roomy();
    change(limits);
    const Fault fault = instance_fails(rig.preinstance.get(), limits);
    EXPECT_EQ(fault.code(), AW_LIMIT) << fault.message();
    return fault.message();
  };
  EXPECT_THAT(refused([](auto& l) { l.memory_bytes = 2 * page - 1; }),
              AllOf(HasSubstr("131072 bytes"), HasSubstr("limit is 131071")));
  EXPECT_THAT(refused([](auto& l) { l.table_elements = 3; }), HasSubstr("table elements where the limit is 3"));
  refused([](auto& l) { l.instances = 0; });
  refused([](auto& l) { l.tables = 0; });
  refused([](auto& l) { l.memories = 0; });
  EXPECT_EQ(aw_engine_pool_stats(rig.engine.get()).memories, 0u);
}

TEST(BridgeInstance, SumsItsMemories) {
  auto engine = make_engine();
  auto component = compile(engine.get(), with_second_memory(puppet(), 4));
  auto preinstance = prepare(component.get());
  aw_instance_limits limits = roomy();
  limits.memory_bytes = 6 * page - 1;
  EXPECT_EQ(instance_fails(preinstance.get(), limits).code(), AW_LIMIT);
  limits.memory_bytes = 7 * page;
  Host host;
  auto instance = instantiate(preinstance.get(), host, limits);
  EXPECT_EQ(aw_instance_memory(instance.get()).bytes, 6 * page);
  EXPECT_EQ(send(instance.get(), "g\1").text(), "\2");
  EXPECT_EQ(send(instance.get(), "g\1").text(), "\xff");
  const aw_memory_stats stats = aw_instance_memory(instance.get());
  EXPECT_EQ(stats.bytes, 7 * page);
  EXPECT_EQ(stats.peak_bytes, 7 * page);
  EXPECT_EQ(stats.refused_growths, 1u);
}

TEST(BridgeInstance, RefusesGrowthWithoutEndingTheGuest) {
  Rig rig;
  aw_instance_limits limits = roomy();
  limits.memory_bytes = 4 * page;
  auto instance = rig.instance(limits);
  EXPECT_EQ(send(instance.get(), "g\2").text(), "\2");
  EXPECT_EQ(send(instance.get(), "g\1").text(), "\xff");
  EXPECT_EQ(send(instance.get(), std::string_view("g\0", 2)).text(), "\4");
  EXPECT_EQ(aw_instance_memory(instance.get()).refused_growths, 1u);
}

TEST(BridgeInstance, NeverHasAMemoryAboveTheEnginesLargest) {
  Rig rig;
  aw_instance_limits limits = roomy();
  limits.memory_bytes = 64 << 20;  // the engine's slots hold 1 MiB
  auto instance = rig.instance(limits);
  EXPECT_EQ(send(instance.get(), "g\16").text(), "\2");
  EXPECT_EQ(send(instance.get(), "g\1").text(), "\xff");
  EXPECT_EQ(aw_instance_memory(instance.get()).bytes, 16 * page);
}

TEST(BridgeInstance, TellsOutOfMemoryFromAnyOtherTrap) {
  Rig rig;
  aw_instance_limits limits = roomy();
  limits.memory_bytes = 2 * page;
  EXPECT_EQ(failure(rig.instance(limits).get(), "G\1"), AW_TRAP_MEMORY);
  // A refusal in an earlier call explains nothing.
  auto instance = rig.instance(limits);
  EXPECT_EQ(send(instance.get(), "g\1").text(), "\xff");
  EXPECT_EQ(failure(instance.get(), "u"), AW_TRAP_UNREACHABLE);
  // The guest's allocator traps while the host puts the message in.
  auto small = rig.instance(limits);
  const Answer answer = send(small.get(), "e" + std::string(3 * page, 'x'));
  EXPECT_EQ(answer.code(), AW_TRAP_MEMORY) << answer.message();
  EXPECT_THAT(answer.message(), HasSubstr("refused to grow memory"));
}

TEST(BridgeInstance, FuelIsTheSameEveryTime) {
  Rig rig;
  const auto used = [&](std::string_view payload) {
    auto instance = rig.instance();
    aw_instance_set_budget(instance.get(), 500'000, 100);
    EXPECT_EQ(send(instance.get(), payload).state(), AW_DONE);
    return 500'000 - aw_instance_fuel_left(instance.get());
  };
  const std::uint64_t fuel = used("p\12");
  EXPECT_GT(fuel, 10'000u);
  EXPECT_EQ(used("p\12"), fuel);
  EXPECT_GT(used("p\13"), fuel);

  auto enough = rig.instance();
  aw_instance_set_budget(enough.get(), fuel, 100);
  EXPECT_EQ(send(enough.get(), "p\12").state(), AW_DONE);
  EXPECT_EQ(aw_instance_fuel_left(enough.get()), 0u);
}

TEST(BridgeInstance, RunsOutOfFuelAtTheSamePlaceEveryTime) {
  Rig rig;
  // Guests look at their fuel where functions and loops begin, so that what follows the last look is for free.
  const auto least = [&] {
    std::uint64_t low = 0, high = 500'000;  // traps with low, ends with high
    while (high - low > 1) {
      const std::uint64_t fuel = (low + high) / 2;
      auto instance = rig.instance();
      aw_instance_set_budget(instance.get(), fuel, 100);
      const Answer answer = send(instance.get(), "p\1");
      if (answer.state() == AW_DONE) {
        high = fuel;
      } else {
        EXPECT_EQ(answer.code(), AW_TRAP_OUT_OF_FUEL);
        EXPECT_EQ(aw_instance_fuel_left(instance.get()), 0u);
        low = fuel;
      }
    }
    return high;
  };
  const std::uint64_t fuel = least();
  EXPECT_GT(fuel, 1000u);
  EXPECT_EQ(least(), fuel);
}

TEST(BridgeInstance, ABudgetIsSetAnewAndNotAddedUp) {
  Rig rig;
  auto instance = rig.instance();
  for (int i = 0; i < 3; ++i) {
    aw_instance_set_budget(instance.get(), 100'000, 100);
    EXPECT_EQ(aw_instance_fuel_left(instance.get()), 100'000u);
    EXPECT_EQ(send(instance.get(), "p\1").state(), AW_DONE);
  }
  aw_instance_set_budget(instance.get(), UINT64_MAX, UINT64_MAX);
  EXPECT_EQ(send(instance.get(), "p\1").state(), AW_DONE);
}

TEST(BridgeInstance, StopsALoopWhenItsDeadlinePasses) {
  Rig rig;
  auto instance = rig.instance();
  aw_instance_set_budget(instance.get(), UINT64_MAX, 3);
  rig.host.during_send = [&] {
    std::thread ticker([&] {
      for (int i = 0; i < 3; ++i) aw_engine_tick(rig.engine.get());
    });
    ticker.join();
  };
  EXPECT_EQ(failure(instance.get(), "T"), AW_TRAP_DEADLINE);
}

TEST(BridgeInstance, ADeadlineThatIsNotReachedDoesNothing) {
  Rig rig;
  auto instance = rig.instance();
  aw_instance_set_budget(instance.get(), 1'000'000, 3);
  rig.host.during_send = [&] {
    aw_engine_tick(rig.engine.get());
    aw_engine_tick(rig.engine.get());
  };
  EXPECT_EQ(send(instance.get(), "tx").state(), AW_DONE);
  EXPECT_EQ(send(instance.get(), "ex").state(), AW_DONE);
}

TEST(BridgeInstance, StartFunctionsHaveABudgetToo) {
  const std::string text = puppet_text(Waits::no);
  const std::string spinning = text.substr(0, text.rfind(')')) + "(start $spin))";
  auto engine = make_engine();
  auto component = compile(engine.get(), encode(spinning, wit_dir(), "component"));
  auto preinstance = prepare(component.get());
  const Fault fault = instance_fails(preinstance.get(), roomy());
  EXPECT_EQ(fault.code(), AW_TRAP_OUT_OF_FUEL);
  aw_instance_limits limits = roomy();
  limits.deadline_ticks = 0;
  EXPECT_EQ(instance_fails(preinstance.get(), limits).code(), AW_TRAP_DEADLINE);
}

TEST(BridgeInstance, TrapsAndNewInstancesLeaveThePoolAsItWas) {
  Rig rig;
  for (int round = 0; round < 1000; ++round) {
    auto instance = rig.instance();
    ASSERT_EQ(send(instance.get(), "k").text(), "\1") << "memory of the one before, in round " << round;
    ASSERT_EQ(failure(instance.get(), round % 2 ? "u" : "z"), round % 2 ? AW_TRAP_UNREACHABLE : AW_TRAP_INTEGER);
    const aw_pool_stats stats = aw_engine_pool_stats(rig.engine.get());
    ASSERT_EQ(stats.memories, 1u);
    ASSERT_EQ(stats.tables, 2u);
  }
  const aw_pool_stats stats = aw_engine_pool_stats(rig.engine.get());
  EXPECT_EQ(stats.memories + stats.tables + stats.core_instances, 0u);
}

TEST(BridgeInstance, MemoryOfAnInstanceIsNeverSeenByTheNext) {
  aw_engine_config config = small_engine();
  config.max_instances = 1;
  config.max_fibers = 1;
  config.keep_resident_bytes = 1 << 20;
  Rig rig(Waits::no, config);
  for (int round = 0; round < 3; ++round) {
    auto instance = rig.instance();
    EXPECT_EQ(send(instance.get(), "y").text(), std::string("\0", 1)) << round;
    EXPECT_EQ(send(instance.get(), "e" + std::string(120'000, 'S')).state(), AW_DONE);
    EXPECT_EQ(send(instance.get(), "y").text(), "\1");
  }
}

}  // namespace
}  // namespace airssys::wasm::testing
