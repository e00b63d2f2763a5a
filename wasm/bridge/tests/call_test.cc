// The exports of `lifecycle`, their arguments and their answers.
#include "rig.h"

namespace airssys::wasm::testing {
namespace {

using ::testing::HasSubstr;

class BridgeCall : public ::testing::TestWithParam<Waits> {
 protected:
  Rig rig{GetParam()};
  BridgeInstance instance = rig.instance();
  Answer send(std::string_view payload) { return testing::send(instance.get(), payload, &rig.waker); }
};
INSTANTIATE_TEST_SUITE_P(Lanes, BridgeCall, ::testing::Values(Waits::no, Waits::yes),
                         [](const auto& test) { return test.param == Waits::yes ? "Fiber" : "Sync"; });

TEST_P(BridgeCall, EchoesPayloadsOfAnySize) {
  for (const std::size_t size : {0, 1, 64, 4096, 65536, 500'000}) {
    std::string payload(size, '\0');
    for (std::size_t i = 0; i < size; ++i) payload[i] = static_cast<char>(i * 31);
    const Answer answer = send("e" + payload);
    EXPECT_EQ(answer.state(), AW_DONE) << size << answer.message();
    EXPECT_TRUE(answer.has_text());
    EXPECT_EQ(answer.text(), payload) << size;
  }
}

TEST_P(BridgeCall, TellsNoAnswerFromAnEmptyOne) {
  EXPECT_FALSE(send("n").has_text());
  EXPECT_TRUE(send("e").has_text());
  EXPECT_EQ(send("e").text(), "");
  EXPECT_EQ(send("").state(), AW_DONE);
}

TEST_P(BridgeCall, AnErrorOfTheGuestLeavesItAlive) {
  const Answer answer = send("xwrong");
  EXPECT_EQ(answer.state(), AW_GUEST_ERROR);
  EXPECT_EQ(answer.variant(), 6u);
  EXPECT_TRUE(answer.has_text());
  EXPECT_EQ(answer.text(), "wrong");
  EXPECT_EQ(answer.code(), 0u);
  EXPECT_EQ(send("k").text(), "\2");
}

TEST_P(BridgeCall, KeepsTheGuestsStateBetweenCalls) {
  for (char i = 1; i <= 5; ++i) EXPECT_EQ(send("k").text(), std::string(1, i));
}

TEST_P(BridgeCall, InitialisesOnce) {
  const aw_env env[]{{to_bridge(std::string_view("NAME")), to_bridge(std::string_view("value"))}};
  const aw_capability granted[]{
      {to_bridge(std::string_view("messaging")), to_bridge(std::string_view("send")), to_bridge(std::string_view("peer"))}};
  const std::uint8_t data[]{1, 2, 3};
  aw_component_config config{};
  config.env = env;
  config.env_count = 1;
  config.config_data = {data, sizeof data};
  config.has_config_data = 1;
  config.granted = granted;
  config.granted_count = 1;
  Answer first, second;
  aw_instance_init(instance.get(), &config, &rig.waker, first.out());
  EXPECT_EQ(first.state(), AW_DONE) << first.message();
  config = {};
  aw_instance_init(instance.get(), &config, &rig.waker, second.out());
  EXPECT_EQ(second.state(), AW_GUEST_ERROR);
  EXPECT_EQ(second.variant(), 1u);
  EXPECT_FALSE(second.has_text());
}

TEST_P(BridgeCall, AnswersHealthMetadataAndShutdown) {
  Answer health, metadata, shutdown;
  aw_instance_health(instance.get(), &rig.waker, health.out());
  EXPECT_EQ(health.state(), AW_DONE);
  EXPECT_EQ(health.variant(), 1u);
  EXPECT_EQ(health.text(), "text");
  aw_instance_metadata(instance.get(), &rig.waker, metadata.out());
  EXPECT_EQ(metadata.state(), AW_DONE);
  EXPECT_EQ(metadata.text(0), "peer");
  EXPECT_EQ(metadata.text(1), "other");
  EXPECT_EQ(metadata.text(2), "text");
  EXPECT_EQ(metadata.text(3), "key");
  aw_instance_shutdown(instance.get(), &rig.waker, shutdown.out());
  EXPECT_EQ(shutdown.state(), AW_GUEST_ERROR);
  EXPECT_EQ(shutdown.variant(), 4u);
  EXPECT_EQ(shutdown.text(), "text");
}

TEST_P(BridgeCall, ABadArgumentIsRefusedAndHarmless) {
  const std::string_view broken = "\xff\xfe";
  aw_message message{};
  message.sender = to_bridge(broken);
  const auto code = [&](const aw_message* m) {
    Answer answer;
    aw_instance_handle_message(instance.get(), m, &rig.waker, answer.out());
    EXPECT_EQ(answer.state(), AW_FAILED);
    return answer.code();
  };
  EXPECT_EQ(code(&message), AW_INVALID_ARGUMENT);
  message.sender = {nullptr, 3};
  EXPECT_EQ(code(&message), AW_INVALID_ARGUMENT);
  message.sender = {};
  message.payload = {nullptr, 1};
  EXPECT_EQ(code(&message), AW_INVALID_ARGUMENT);
  message.payload = {};
  message.kind = 5;
  EXPECT_EQ(code(&message), AW_INVALID_ARGUMENT);
  EXPECT_EQ(code(nullptr), AW_INVALID_ARGUMENT);

  const aw_env env[]{{to_bridge(broken), {}}};
  aw_component_config config{};
  config.env_count = 1;
  Answer null_env, broken_env;
  aw_instance_init(instance.get(), &config, &rig.waker, null_env.out());
  EXPECT_EQ(null_env.code(), AW_INVALID_ARGUMENT);
  config.env = env;
  aw_instance_init(instance.get(), &config, &rig.waker, broken_env.out());
  EXPECT_EQ(broken_env.code(), AW_INVALID_ARGUMENT);
  EXPECT_THAT(broken_env.message(), HasSubstr("name in env"));

  message.kind = 4;
  Answer fine;
  aw_instance_handle_message(instance.get(), &message, &rig.waker, fine.out());
  EXPECT_EQ(fine.state(), AW_DONE) << fine.message();
  aw_instance_handle_message(instance.get(), &message, &rig.waker, nullptr);
  EXPECT_EQ(send("k").text(), "\2");  // the call without an outcome was not made
}

TEST_P(BridgeCall, NothingIsSuspendedAtRest) {
  EXPECT_EQ(resume(instance.get(), &rig.waker).code(), AW_INVALID_ARGUMENT);
  aw_instance_cancel(instance.get());
  EXPECT_EQ(send("k").text(), "\1");
}

TEST_P(BridgeCall, ABufferMayBeDeletedTwice) {
  const std::string_view payload = "ehello";
  aw_message message{};
  message.payload = to_bridge(std::as_bytes(std::span(payload)));
  aw_outcome outcome;
  aw_instance_handle_message(instance.get(), &message, &rig.waker, &outcome);
  ASSERT_EQ(outcome.state, AW_DONE);
  aw_buf_delete(&outcome.text[0]);
  EXPECT_EQ(outcome.text[0].ptr, nullptr);
  EXPECT_EQ(outcome.text[0].len, 0u);
  aw_buf_delete(&outcome.text[0]);
}

TEST_P(BridgeCall, ACallFromInsideACallIsBusyAndTheOuterOneGoesOn) {
  int calls = 0;
  rig.host.during_send = [&] {
    if (calls++ > 0) return;
    EXPECT_EQ(send("ex").code(), AW_BUSY);
    Answer health;
    aw_instance_health(instance.get(), &rig.waker, health.out());
    EXPECT_EQ(health.code(), AW_BUSY);
    EXPECT_EQ(resume(instance.get(), &rig.waker).code(), AW_BUSY);
    aw_instance_cancel(instance.get());
    aw_instance_set_budget(instance.get(), 0, 0);
    EXPECT_EQ(aw_instance_fuel_left(instance.get()), roomy().fuel);
    EXPECT_EQ(aw_instance_memory(instance.get()).bytes, 2u << 16);
  };
  EXPECT_EQ(send("tx").text(), std::string("\0", 1));
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(send("k").text(), "\2");
}

TEST_P(BridgeCall, OneInstanceMayCallAnotherFromACallback) {
  Host other_host;
  auto other = instantiate(rig.preinstance.get(), other_host);
  std::string inner;
  rig.host.during_send = [&] { inner = testing::send(other.get(), "einside", &rig.waker).text(); };
  EXPECT_EQ(send("tx").state(), AW_DONE);
  EXPECT_EQ(inner, "inside");
}

TEST_P(BridgeCall, ATrapInsideACallbackOfAnotherInstanceStaysThere) {
  Host other_host;
  auto other = instantiate(rig.preinstance.get(), other_host);
  rig.host.during_send = [&] { EXPECT_EQ(failure(other.get(), "o", &rig.waker), AW_TRAP_OUT_OF_BOUNDS); };
  EXPECT_EQ(send("tx").text(), std::string("\0", 1));
  EXPECT_EQ(send("ex").text(), "x");
}

}  // namespace
}  // namespace airssys::wasm::testing
