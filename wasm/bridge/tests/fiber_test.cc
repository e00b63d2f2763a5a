// Calls that suspend: resuming, cancelling, wakers, operations, threads.
#include <thread>

#include "rig.h"

namespace airssys::wasm::testing {
namespace {

using ::testing::HasSubstr;

struct BridgeFiber : ::testing::Test {
  Rig rig{Waits::yes};
  BridgeInstance instance = rig.instance();
  Answer send(std::string_view payload) { return testing::send(instance.get(), payload, &rig.waker); }
  Answer resume() { return testing::resume(instance.get(), &rig.waker); }
  std::uint64_t live_slots() {
    const aw_pool_stats stats = aw_engine_pool_stats(rig.engine.get());
    return stats.core_instances + stats.memories + stats.tables + stats.stacks;
  }
  void expect_balanced(int operations) {
    EXPECT_EQ(rig.host.begun, operations);
    EXPECT_EQ(rig.host.dropped, operations);
    EXPECT_EQ(rig.host.kept, nullptr);
    EXPECT_EQ(rig.waker.references, 1);
  }
};

TEST_F(BridgeFiber, SuspendsAndGoesOnWhereItWas) {
  EXPECT_EQ(send("w\1").state(), AW_PENDING);
  EXPECT_EQ(rig.host.polled, 1);
  EXPECT_EQ(rig.waker.references, 2);
  rig.host.kept->table->wake(rig.host.kept);
  EXPECT_EQ(rig.waker.wakes, 1);
  EXPECT_EQ(resume().state(), AW_DONE);
  expect_balanced(1);
  EXPECT_EQ(send("k").text(), "\2");
}

TEST_F(BridgeFiber, AnOperationThatIsReadyDoesNotSuspend) {
  rig.host.polls_until_done = 1;
  EXPECT_EQ(send("w\1").state(), AW_DONE);
  EXPECT_EQ(rig.host.polled, 1);
  expect_balanced(1);
}

TEST_F(BridgeFiber, EarlyResumesOnlyPollAgain) {
  rig.host.polls_until_done = 10;
  EXPECT_EQ(send("w\1").state(), AW_PENDING);
  for (int i = 0; i < 8; ++i) EXPECT_EQ(resume().state(), AW_PENDING);
  EXPECT_EQ(rig.waker.references, 2);
  EXPECT_EQ(resume().state(), AW_DONE);
  EXPECT_EQ(rig.host.polled, 10);
  expect_balanced(1);
}

TEST_F(BridgeFiber, AWakeBeforeThePollEndedIsNotLost) {
  rig.host.wake_in_first_poll = true;
  EXPECT_EQ(send("w\1").state(), AW_PENDING);
  EXPECT_EQ(rig.waker.wakes, 1);
  EXPECT_EQ(resume().state(), AW_DONE);
  expect_balanced(1);
}

TEST_F(BridgeFiber, TheWakerOfTheLatestPollCounts) {
  Waker second;
  rig.host.polls_until_done = 3;
  EXPECT_EQ(send("w\1").state(), AW_PENDING);
  EXPECT_EQ(testing::resume(instance.get(), &second).state(), AW_PENDING);
  EXPECT_EQ(rig.waker.references, 1);
  EXPECT_EQ(second.references, 2);
  EXPECT_EQ(rig.host.kept, &second);
  EXPECT_EQ(resume().state(), AW_DONE);
  EXPECT_EQ(second.references, 1);
}

TEST_F(BridgeFiber, ASuspendedInstanceIsBusy) {
  EXPECT_EQ(send("w\1").state(), AW_PENDING);
  EXPECT_EQ(send("ex").code(), AW_BUSY);
  Answer health;
  aw_instance_health(instance.get(), &rig.waker, health.out());
  EXPECT_EQ(health.code(), AW_BUSY);
  aw_instance_set_budget(instance.get(), 0, 0);
  EXPECT_EQ(aw_instance_fuel_left(instance.get()), roomy().fuel);
  EXPECT_EQ(resume().state(), AW_DONE);
  EXPECT_LT(aw_instance_fuel_left(instance.get()), roomy().fuel);
  expect_balanced(1);
}

TEST_F(BridgeFiber, NeedsAWaker) {
  EXPECT_EQ(failure(instance.get(), "ex", nullptr), AW_INVALID_ARGUMENT);
  EXPECT_EQ(send("w\1").state(), AW_PENDING);
  EXPECT_EQ(testing::resume(instance.get(), nullptr).code(), AW_INVALID_ARGUMENT);
  EXPECT_EQ(resume().state(), AW_DONE);
}

TEST_F(BridgeFiber, CancellingDropsTheOperationAndEndsTheInstance) {
  EXPECT_EQ(send("w\1").state(), AW_PENDING);
  rig.host.during_drop = [&] { EXPECT_EQ(send("ex").code(), AW_BUSY); };
  aw_instance_cancel(instance.get());
  expect_balanced(1);
  EXPECT_EQ(resume().code(), AW_POISONED);
  EXPECT_EQ(send("ex").code(), AW_POISONED);
  aw_instance_cancel(instance.get());
  EXPECT_EQ(rig.host.dropped, 1);
  EXPECT_GT(aw_instance_fuel_left(instance.get()), 0u);
}

TEST_F(BridgeFiber, TwoHundredCancellationsLeaveNothingBehind) {
  for (int round = 1; round <= 200; ++round) {
    auto one = rig.instance();
    ASSERT_EQ(testing::send(one.get(), "w\1", &rig.waker).state(), AW_PENDING);
    if (round % 2) aw_instance_cancel(one.get());
    one.reset();  // every other time, deleting cancels
    expect_balanced(round);
  }
  instance.reset();
  EXPECT_EQ(live_slots(), 0u);
}

TEST_F(BridgeFiber, AWakeAfterTheEndIsHarmless) {
  EXPECT_EQ(send("w\1").state(), AW_PENDING);
  aw_waker* kept = rig.host.kept;
  kept->table->retain(kept);
  instance.reset();
  kept->table->wake(kept);
  kept->table->release(kept);
  expect_balanced(1);
}

TEST_F(BridgeFiber, ASuspendedCallMayGoOnAnywhere) {
  rig.host.polls_until_done = 4;
  EXPECT_EQ(send("w\1").state(), AW_PENDING);
  for (int i = 0; i < 3; ++i) {
    std::thread thread([&] {
      const Answer answer = resume();
      EXPECT_EQ(answer.state(), i < 2 ? AW_PENDING : AW_DONE) << answer.message();
    });
    thread.join();
  }
  std::thread trapping([&] { EXPECT_EQ(send("o").code(), AW_TRAP_OUT_OF_BOUNDS); });
  trapping.join();
  expect_balanced(1);
}

TEST_F(BridgeFiber, ManyThreadsSuspendAndResumeTheirOwnInstances) {
  instance.reset();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int round = 0; round < 50; ++round) {
        Host host;
        Waker waker;
        auto own = instantiate(rig.preinstance.get(), host);
        EXPECT_EQ(testing::send(own.get(), "w\1", &waker).state(), AW_PENDING);
        if (round % 3 == 0) continue;
        EXPECT_EQ(testing::resume(own.get(), &waker).state(), AW_DONE);
        EXPECT_EQ(failure(own.get(), "r", &waker), AW_TRAP_STACK_OVERFLOW);
        own.reset();
        EXPECT_EQ(waker.references, 1);
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(live_slots(), 0u);
}

TEST_F(BridgeFiber, ADeadlineEndsALoopAfterASuspension) {
  rig.host.during_poll = [&] {
    if (rig.host.polled == 2)
      for (std::uint64_t i = 0; i < roomy().deadline_ticks; ++i) aw_engine_tick(rig.engine.get());
  };
  EXPECT_EQ(send("w\1").state(), AW_PENDING);
  EXPECT_EQ(resume().code(), AW_TRAP_DEADLINE);
  expect_balanced(1);
}

TEST_F(BridgeFiber, TheHostMayRefuseToLetItWait) {
  rig.host.sleep_answer = AW_HOST_TRAP;
  const Answer answer = send("w\1");
  EXPECT_EQ(answer.code(), AW_TRAP_HOST);
  EXPECT_THAT(answer.message(), HasSubstr("does not let the component wait"));
  auto another = rig.instance();
  rig.host.sleep_answer = 7;
  EXPECT_EQ(failure(another.get(), "w\1", &rig.waker), AW_TRAP_HOST);
  expect_balanced(0);
}

TEST_F(BridgeFiber, AnOperationWithoutFunctionsEndsTheCall) {
  aw_host_tables tables = host_tables();
  tables.waiting.sleep_ms = [](void*, std::uint64_t, aw_operation*) noexcept -> std::uint32_t { return 0; };
  auto preinstance = prepare(rig.component.get(), tables);
  auto one = instantiate(preinstance.get(), rig.host);
  const Answer answer = testing::send(one.get(), "w\1", &rig.waker);
  EXPECT_EQ(answer.code(), AW_TRAP_HOST);
  EXPECT_THAT(answer.message(), HasSubstr("no poll function"));
}

TEST_F(BridgeFiber, NothingMayWaitBeforeItIsInstantiated) {
  std::string text = puppet_text(Waits::yes);
  text.insert(text.rfind(')'), "(func $wait (call $sleep (i64.const 1))) (start $wait)");
  auto component = compile(rig.engine.get(), encode(text, wit_dir(), "waiting-component"));
  auto preinstance = prepare(component.get());
  const aw_instance_limits limits = roomy();
  aw_instance* made = nullptr;
  const Fault fault(aw_instance_new(preinstance.get(), &rig.host, &limits, &made));
  EXPECT_EQ(fault.code(), AW_TRAP_HOST) << fault.message();
  EXPECT_THAT(fault.message(), HasSubstr("before it is instantiated"));
  EXPECT_EQ(made, nullptr);
  expect_balanced(0);
}

TEST_F(BridgeFiber, AnInstanceThatFindsNoFiberFails) {
  aw_engine_config config = small_engine();
  config.max_fibers = 1;
  Rig narrow(Waits::yes, config);
  auto first = narrow.instance();
  EXPECT_EQ(testing::send(first.get(), "ex", &narrow.waker).state(), AW_DONE);
  // An instance keeps its stack until it is deleted, so a second can't have one even now.
  const aw_instance_limits limits = roomy();
  aw_instance* second = nullptr;
  EXPECT_EQ(Fault(aw_instance_new(narrow.preinstance.get(), &narrow.host, &limits, &second)).code(), AW_POOL);
  first.reset();
  EXPECT_EQ(testing::send(narrow.instance().get(), "ex", &narrow.waker).state(), AW_DONE);
}

// A module that has nothing to do at its birth takes no stack then, but with its first call.
TEST_F(BridgeFiber, AFirstCallThatFindsNoFiberFails) {
  aw_engine_config config = small_engine();
  config.max_fibers = 1;
  auto engine = make_engine(config);
  const std::string text =
      R"((module (import "airssys:core/waiting@1.0.0" "sleep-ms" (func (param i64))))" + std::string(lifecycle_exports) + ")";
  auto component = compile(engine.get(), encode(text, wit_dir(), "waiting-component"));
  auto preinstance = prepare(component.get());
  auto first = instantiate(preinstance.get(), rig.host);
  auto second = instantiate(preinstance.get(), rig.host);
  EXPECT_EQ(testing::send(first.get(), "", &rig.waker).state(), AW_DONE);
  const Answer answer = testing::send(second.get(), "", &rig.waker);
  EXPECT_EQ(answer.code(), AW_POOL) << answer.message();
  EXPECT_THAT(answer.message(), HasSubstr("max_fibers"));
}

}  // namespace
}  // namespace airssys::wasm::testing
