// A panic in a host function: the call fails, its instance is dead, everything else goes on. The engine itself would let a
// store be used again whose guest was left in the middle of something.
#include "rig.h"

namespace airssys::wasm::testing {
namespace {

using ::testing::HasSubstr;

struct BridgePanic : ::testing::TestWithParam<Waits> {
  Rig rig{GetParam()};
  std::uint64_t live_slots() {
    const aw_pool_stats stats = aw_engine_pool_stats(rig.engine.get());
    return stats.core_instances + stats.memories + stats.tables + stats.stacks;
  }
};

TEST_P(BridgePanic, InAHostFunctionEndsItsInstanceAndNoOther) {
  auto other = rig.instance();
  auto instance = rig.instance();
  ASSERT_EQ(testing::send(instance.get(), "k", &rig.waker).state(), AW_DONE);
  rig.host.answer = {.error = AW_HOST_PANIC, .number = 0, .text = {}};
  const Answer answer = testing::send(instance.get(), "tx", &rig.waker);
  EXPECT_EQ(answer.code(), AW_INTERNAL);
  EXPECT_THAT(answer.message(), HasSubstr("a panic was caught in the bridge: the host asked for it"));
  EXPECT_EQ(testing::send(instance.get(), "k", &rig.waker).code(), AW_POISONED);
  EXPECT_EQ(testing::resume(instance.get(), &rig.waker).code(), AW_POISONED);
  EXPECT_EQ(testing::send(other.get(), "ehello", &rig.waker).text(), "hello");
}

TEST_P(BridgePanic, LeavesNothingBehind) {
  rig.host.answer = {.error = AW_HOST_PANIC, .number = 0, .text = {}};
  for (int round = 0; round < 1000; ++round) {
    auto instance = rig.instance();
    ASSERT_EQ(testing::send(instance.get(), "tx", &rig.waker).code(), AW_INTERNAL);
  }
  EXPECT_EQ(live_slots(), 0u);
  EXPECT_EQ(rig.waker.references, 1);
}

INSTANTIATE_TEST_SUITE_P(Lanes, BridgePanic, ::testing::Values(Waits::no, Waits::yes),
                         [](const auto& waits) { return waits.param == Waits::yes ? "Fiber" : "Sync"; });

struct BridgeWaitingPanic : BridgePanic {};

TEST_P(BridgeWaitingPanic, InAnOperationEndsTheCallThatWaitsForIt) {
  auto instance = rig.instance();
  rig.host.poll_answer = static_cast<std::int32_t>(AW_HOST_PANIC);
  ASSERT_EQ(testing::send(instance.get(), "w\1", &rig.waker).state(), AW_PENDING);
  EXPECT_EQ(testing::resume(instance.get(), &rig.waker).code(), AW_INTERNAL);
  EXPECT_EQ(testing::send(instance.get(), "k", &rig.waker).code(), AW_POISONED);
  instance.reset();
  EXPECT_EQ(rig.host.dropped, 1);
  EXPECT_EQ(live_slots(), 0u);
  EXPECT_EQ(rig.waker.references, 1);
}

INSTANTIATE_TEST_SUITE_P(Lanes, BridgeWaitingPanic, ::testing::Values(Waits::yes), [](const auto&) { return "Fiber"; });

}  // namespace
}  // namespace airssys::wasm::testing
