// The exports of `lifecycle`, their arguments and their answers.
#include <array>
#include <cstring>

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
  ASSERT_NE(metadata.metadata(), nullptr);
  const aw_component_metadata& said = *metadata.metadata();
  for (const auto& [text, expected] : {std::pair(said.name, "peer"),
                                       {said.version, "other"},
                                       {said.description, "text"},
                                       {said.author, "peer"},
                                       {said.license, "other"},
                                       {said.language, "key"},
                                       {said.api_version, "key"},
                                       {said.homepage, "value"},
                                       {said.repository, "peer"}})
    EXPECT_EQ(from_bridge(text), expected);
  ASSERT_EQ(said.operation_count, 2u);
  EXPECT_EQ(from_bridge(said.operations[1]), "other");
  ASSERT_EQ(said.codec_count, 2u);
  EXPECT_EQ(said.codecs[0], 0x0701u);
  ASSERT_EQ(said.permission_count, 1u);
  EXPECT_EQ(from_bridge(said.permissions[0].kind), "key");
  EXPECT_EQ(from_bridge(said.permissions[0].action), "value");
  EXPECT_EQ(from_bridge(said.permissions[0].target), "peer");
  ASSERT_EQ(said.tag_count, 1u);
  EXPECT_EQ(from_bridge(said.tags[0]), "peer");
  ASSERT_EQ(said.custom_count, 1u);
  EXPECT_EQ(from_bridge(said.custom[0].value), "value");
  EXPECT_EQ(said.memory_min + said.memory_max * 10 + said.memory_preferred * 100, 321u);
  EXPECT_TRUE(said.has_timeout && said.has_custom && said.stateful);
  EXPECT_EQ(said.timeout_ms, 4u);
  aw_instance_shutdown(instance.get(), &rig.waker, shutdown.out());
  EXPECT_EQ(shutdown.state(), AW_GUEST_ERROR);
  EXPECT_EQ(shutdown.variant(), 4u);
  EXPECT_EQ(shutdown.text(), "text");
}

TEST_P(BridgeCall, ExecutesOperations) {
  const auto execute = [&](std::string_view operation, std::string_view trace) {
    const aw_execution_context context{.request = {1, 2},
                                       .caller = to_bridge(std::string_view("caller")),
                                       .timeout_ms = 9,
                                       .trace_context = trace.empty() ? aw_str{} : to_bridge(trace)};
    Answer answer;
    aw_instance_execute(instance.get(), to_bridge(std::as_bytes(std::span(operation))), &context, &rig.waker, answer.out());
    return answer;
  };
  EXPECT_EQ(execute("run", "traced").text(), "\3\1\2\6\11\6");
  const Answer failed = execute("run", "");
  EXPECT_EQ(failed.state(), AW_GUEST_ERROR);
  EXPECT_EQ(failed.variant(), 1u);
  EXPECT_EQ(failed.text(), "run");
  const Answer codec = execute("", "");
  EXPECT_EQ(codec.variant(), 2u);
  EXPECT_EQ(codec.number(), 77u);
  EXPECT_FALSE(codec.has_text());
  Answer null;
  aw_instance_execute(instance.get(), {}, nullptr, &rig.waker, null.out());
  EXPECT_EQ(null.code(), AW_INVALID_ARGUMENT);
}

TEST_P(BridgeCall, TellsHowRequestsEnded) {
  const auto end = [&](std::uint32_t error, std::uint64_t timeout_ms, std::string_view payload, std::string_view text) {
    const aw_request_outcome outcome{.error = error,
                                     .timeout_ms = timeout_ms,
                                     .payload = to_bridge(std::as_bytes(std::span(payload))),
                                     .text = to_bridge(text)};
    Answer answer;
    aw_instance_handle_callback(instance.get(), {1, 2}, &outcome, &rig.waker, answer.out());
    return answer;
  };
  EXPECT_EQ(end(0, 0, "yes", "").state(), AW_DONE);
  EXPECT_EQ(send("k").text(), "\4");  // the payload's length, and one
  EXPECT_EQ(end(1, 7, "", "").state(), AW_DONE);
  EXPECT_EQ(send("k").text(), "\10");
  EXPECT_EQ(end(2, 0, "", "").state(), AW_DONE);
  for (const std::uint32_t error : {3u, 4u, 5u}) EXPECT_EQ(end(error, 0, "", "why").text(), "why");
  EXPECT_EQ(end(6, 0, "", "").code(), AW_INVALID_ARGUMENT);
}

TEST_P(BridgeCall, SaysWhichCodecsItUnderstands) {
  Answer answer;
  aw_instance_supported_codecs(instance.get(), &rig.waker, answer.out());
  ASSERT_EQ(answer.text().size(), 16u);
  std::array<std::uint64_t, 2> codes;
  std::memcpy(codes.data(), answer.text().data(), sizeof codes);
  EXPECT_THAT(codes, ::testing::ElementsAre(0x0701u, 0x0200u));
}

TEST(BridgeCallMin, WhatAComponentDoesNotExportTheHostAnswers) {
  Rig rig;
  auto component = compile(rig.engine.get(), minimal());
  auto preinstance = prepare(component.get());
  auto instance = instantiate(preinstance.get(), rig.host);
  EXPECT_EQ(testing::send(instance.get(), "x").state(), AW_DONE);
  Answer health, execute, callback, codecs;
  aw_instance_health(instance.get(), nullptr, health.out());
  EXPECT_EQ(health.state(), AW_DONE);
  EXPECT_EQ(health.variant(), 0u);
  const aw_execution_context context{};
  aw_instance_execute(instance.get(), {}, &context, nullptr, execute.out());
  EXPECT_EQ(execute.state(), AW_GUEST_ERROR);
  EXPECT_EQ(execute.variant(), 0u);
  EXPECT_THAT(execute.text(), HasSubstr("no `execute`"));
  const aw_request_outcome outcome{};
  aw_instance_handle_callback(instance.get(), {1, 2}, &outcome, nullptr, callback.out());
  EXPECT_EQ(callback.state(), AW_DONE);
  aw_instance_supported_codecs(instance.get(), nullptr, codecs.out());
  EXPECT_TRUE(codecs.has_text());
  EXPECT_EQ(codecs.text(), "");
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
  aw_buf_delete(&outcome.text);
  EXPECT_EQ(outcome.text.ptr, nullptr);
  EXPECT_EQ(outcome.text.len, 0u);
  aw_buf_delete(&outcome.text);
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
