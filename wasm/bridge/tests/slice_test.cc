// Long calls that share their thread (R1.4): slices of the epoch, the deadline over all of them, cancelling between them.
#include "rig.h"

namespace airssys::wasm::testing {
namespace {

struct BridgeSlices : ::testing::TestWithParam<Waits> {
  BridgeSlices() {
    rig.host.during_send = [this] { tick(); };
  }
  static aw_instance_limits sliced() {
    aw_instance_limits limits = roomy();
    limits.slice_ticks = 1;
    return limits;
  }
  void tick(std::uint64_t times = 1) {
    for (; times > 0; --times) aw_engine_tick(rig.engine.get());
  }
  Answer send(std::string_view payload) { return testing::send(instance.get(), payload, &rig.waker); }
  Answer resume() { return testing::resume(instance.get(), &rig.waker); }
  std::uint64_t live_slots() {
    const aw_pool_stats stats = aw_engine_pool_stats(rig.engine.get());
    return stats.core_instances + stats.memories + stats.tables + stats.stacks;
  }

  Rig rig{GetParam()};
  BridgeInstance instance = rig.instance(sliced());
};

TEST_P(BridgeSlices, PutTheInstanceOnTheFiberLane) {
  EXPECT_EQ(aw_instance_lane(instance.get()), AW_LANE_FIBER);
  EXPECT_EQ(aw_instance_lane(rig.instance().get()), GetParam() == Waits::yes ? AW_LANE_FIBER : AW_LANE_SYNC);
}

TEST_P(BridgeSlices, GiveTheThreadBackAtEachTickAndWakeAtOnce) {
  // Each message that the guest sends takes the host a whole tick.
  ASSERT_EQ(send("B\5").state(), AW_PENDING);
  EXPECT_EQ(rig.waker.wakes, 1);
  int slices = 1;
  for (Answer answer = resume(); answer.state() != AW_DONE; answer = resume()) {
    ASSERT_EQ(answer.state(), AW_PENDING) << answer.message();
    EXPECT_EQ(rig.waker.wakes, ++slices);
    ASSERT_LE(slices, 10);
  }
  EXPECT_EQ(rig.host.sent.size(), 5u);
  EXPECT_GE(slices, 4);
  EXPECT_EQ(send("ehello").text(), "hello");
}

TEST_P(BridgeSlices, ACallWithinOneSliceIsNotInterrupted) {
  tick(7);  // time passes between calls
  EXPECT_EQ(send("p\5").state(), AW_DONE);
  EXPECT_EQ(rig.waker.wakes, 0);
}

TEST_P(BridgeSlices, AllTogetherEndAtTheDeadline) {
  aw_instance_set_budget(instance.get(), 1'000'000'000, 5);
  Answer answer = send("B\xff");
  int slices = 1;
  for (; answer.state() == AW_PENDING && slices < 100; ++slices) answer = resume();
  EXPECT_EQ(answer.code(), AW_TRAP_DEADLINE) << answer.message();
  EXPECT_EQ(rig.host.sent.size(), 5u);
}

TEST_P(BridgeSlices, TimeOnTheSideCountsForTheDeadline) {
  ASSERT_EQ(send("B\xff").state(), AW_PENDING);
  tick(roomy().deadline_ticks);
  EXPECT_EQ(resume().code(), AW_TRAP_DEADLINE);
}

TEST_P(BridgeSlices, CanBeCancelledBetweenAnyTwo) {
  instance.reset();
  for (int polls = 1; polls <= 12; ++polls) {
    auto one = rig.instance(sliced());
    Answer answer = testing::send(one.get(), "B\xff", &rig.waker);
    for (int poll = 1; poll < polls; ++poll) {
      ASSERT_EQ(answer.state(), AW_PENDING);
      answer = testing::resume(one.get(), &rig.waker);
    }
    if (polls % 2) aw_instance_cancel(one.get());
    one.reset();  // every other time, deleting cancels
    EXPECT_EQ(live_slots(), 0u) << polls;
    EXPECT_EQ(rig.waker.references, 1) << polls;
  }
}

// A puppet that reads the clock `times` at its birth, each time a tick long.
struct BridgeSlicesAtStart : BridgeSlices {
  BridgeSlicesAtStart() {
    rig.host.during_clock = [this] {
      ++clocks;
      tick();
    };
  }
  Fault instantiate(int times) {
    std::string text = puppet_text(GetParam());
    text.insert(text.rfind(')'), "(func $start (local $n i32) (local.set $n (i32.const " + std::to_string(times) +
                                     R"()) (loop $again (drop (call $monotonic))
      (local.set $n (i32.sub (local.get $n) (i32.const 1))) (br_if $again (local.get $n)))) (start $start))");
    component = compile(rig.engine.get(), encode(text, wit_dir(), GetParam() == Waits::yes ? "waiting-component" : "component"));
    preinstance = prepare(component.get());
    aw_instance_limits limits = sliced();
    limits.deadline_ticks = 10;
    aw_instance* made = nullptr;
    Fault fault(aw_instance_new(preinstance.get(), &rig.host, &limits, &made));
    instance.reset(made);
    return fault;
  }
  BridgeComponent component;
  BridgePreinstance preinstance;
  int clocks = 0;
};

TEST_P(BridgeSlicesAtStart, DoNotBeginBeforeTheInstanceIsMade) {
  const Fault fault = instantiate(9);
  EXPECT_FALSE(fault.error) << fault.message();
  EXPECT_EQ(clocks, 9);
  EXPECT_EQ(send("ehello").text(), "hello");
}

TEST_P(BridgeSlicesAtStart, LeaveAnEndlessStartFunctionToTheDeadline) {
  EXPECT_EQ(instantiate(99).code(), AW_TRAP_DEADLINE);
  EXPECT_EQ(clocks, 10);
}

INSTANTIATE_TEST_SUITE_P(Imports, BridgeSlicesAtStart, ::testing::Values(Waits::no, Waits::yes),
                         [](const auto& waits) { return waits.param == Waits::yes ? "Waiting" : "NothingThatWaits"; });

INSTANTIATE_TEST_SUITE_P(Imports, BridgeSlices, ::testing::Values(Waits::no, Waits::yes),
                         [](const auto& waits) { return waits.param == Waits::yes ? "Waiting" : "NothingThatWaits"; });

struct BridgeWaitingSlices : BridgeSlices {};

TEST_P(BridgeWaitingSlices, BeginAnewAfterAWait) {
  ASSERT_EQ(send("w\1").state(), AW_PENDING);
  tick(10);
  EXPECT_EQ(resume().state(), AW_DONE);
  EXPECT_EQ(rig.waker.wakes, 0) << "who waited has not used its slice";
}

INSTANTIATE_TEST_SUITE_P(Imports, BridgeWaitingSlices, ::testing::Values(Waits::yes), [](const auto&) { return "Waiting"; });

}  // namespace
}  // namespace airssys::wasm::testing
