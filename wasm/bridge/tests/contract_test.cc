// The C++ side numbers cases as wit/core.wit orders them. A component of that file tells its order; this holds both together.
#include "airssys/wasm/core/engine.h"
#include "airssys/wasm/core/host_functions.h"
#include "airssys/wasm/core/message.h"
#include "rig.h"

namespace airssys::wasm::testing {
namespace {

using Cases = std::vector<std::string>;

using Types = std::map<std::string, std::string>;

Types types_of(const Wasm& wasm) {
  Types found;
  auto engine = make_engine();
  auto component = compile(engine.get(), wasm);
  static constexpr auto add = [](void* to, aw_str, aw_str item, aw_str type) noexcept {
    (*static_cast<Types*>(to))[std::string(from_bridge(item))] = from_bridge(type);
  };
  const auto import = [](void* to, aw_str interface, aw_str item, aw_str type, aw_str) noexcept {
    add(to, interface, item, type);
  };
  const aw_description_visitor visitor{import, add};
  aw_component_describe(component.get(), &visitor, &found);
  return found;
}

// The names of the cases that follow `before` in the type of the function `name`, payloads left out.
Cases cases(const Types& types, std::string_view name, std::string_view before) {
  const std::string& type = types.at(std::string(name));
  auto at = type.find(before);
  EXPECT_NE(at, std::string::npos) << type;
  at += before.size();
  Cases found(1);
  for (; type[at] != '}'; ++at) {
    if (type[at] == ',')
      found.emplace_back();
    else if (type[at] == '(')
      for (int depth = 1; depth > 0; depth += (type[at] == '(') - (type[at] == ')')) ++at;
    else if (type[at] != ' ')
      found.back() += type[at];
  }
  return found;
}

// Of the puppet.
Cases cases(std::string_view name, std::string_view before) {
  static const Types types = types_of(puppet());
  return cases(types, name, before);
}

template <class Enum>
std::string at(const Cases& cases, Enum value) {
  return cases.at(static_cast<std::size_t>(value));
}

TEST(BridgeContract, MessageKindsAreNumberedAsInWit) {
  const Cases kinds = cases("handle-message", "kind: enum {");
  EXPECT_EQ(kinds.size(), 5u);
  EXPECT_EQ(at(kinds, MessageKind::fire_and_forget), "fire-and-forget");
  EXPECT_EQ(at(kinds, MessageKind::request), "request");
  EXPECT_EQ(at(kinds, MessageKind::publish), "publish");
  EXPECT_EQ(at(kinds, MessageKind::broadcast), "broadcast");
  EXPECT_EQ(at(kinds, MessageKind::external), "external");
}

TEST(BridgeContract, HealthIsNumberedAsInWit) {
  const Cases states = cases("health", "status: enum {");
  EXPECT_EQ(states.size(), 4u);
  EXPECT_EQ(at(states, HealthStatus::healthy), "healthy");
  EXPECT_EQ(at(states, HealthStatus::degraded), "degraded");
  EXPECT_EQ(at(states, HealthStatus::unhealthy), "unhealthy");
  EXPECT_EQ(at(states, HealthStatus::unknown), "unknown");
}

TEST(BridgeContract, ErrorsOfComponentsAreNamedAsInWit) {
  const Cases errors = cases("init", "result<_, variant {");
  EXPECT_EQ(errors.size(), 7u);
  for (std::uint32_t i = 0; i < errors.size(); ++i) EXPECT_EQ(component_error_name(i), errors[i]);
}

TEST(BridgeContract, ErrorsOfOperationsAreNamedAsInWit) {
  const Cases errors = cases("execute", "result<list<u8>, variant {");
  EXPECT_EQ(errors.size(), 5u);
  for (std::uint32_t i = 0; i < errors.size(); ++i) EXPECT_EQ(execution_error_name(i), errors[i]);
}

TEST(BridgeContract, EndsOfRequestsAreNumberedAsInWit) {
  const Cases errors = cases("handle-callback", "result<list<u8>, variant {");
  ASSERT_EQ(errors.size(), request_failure_count);
  for (std::size_t i = 0; i < errors.size(); ++i) EXPECT_EQ(request_failure_name(static_cast<RequestFailure>(i)), errors[i]);
}

TEST(BridgeContract, ErrorsOfMessagingAreNumberedAsInWitAfterNone) {
  const Cases errors = cases("send-message", "result<_, variant {");
  EXPECT_EQ(errors.size(), 11u);
  const auto name = [&](SendFailure failure) { return errors.at(static_cast<std::size_t>(failure) - 1); };
  EXPECT_EQ(name(SendFailure::target_not_found), "target-not-found");
  EXPECT_EQ(name(SendFailure::permission_denied), "permission-denied");
  EXPECT_EQ(name(SendFailure::queue_full), "queue-full");
  EXPECT_EQ(name(SendFailure::rate_limited), "rate-limited");
  EXPECT_EQ(name(SendFailure::message_too_large), "message-too-large");
  EXPECT_EQ(name(SendFailure::invalid_message), "invalid-message");
  EXPECT_EQ(name(SendFailure::unknown_codec), "unknown-codec");
  EXPECT_EQ(name(SendFailure::codec_incompatible), "codec-incompatible");
  EXPECT_EQ(name(SendFailure::invalid_timeout), "invalid-timeout");
  EXPECT_EQ(name(SendFailure::unknown_request), "unknown-request");
  EXPECT_EQ(name(SendFailure::delivery_failed), "delivery-failed");
}

TEST(BridgeContract, ErrorsOfStorageAreNumberedAsInWitAfterNone) {
  const Cases errors = cases(types_of(keeper()), "set", "result<_, variant {");
  EXPECT_EQ(errors.size(), 6u);
  const auto name = [&](StorageFailure failure) { return errors.at(static_cast<std::size_t>(failure) - 1); };
  EXPECT_EQ(name(StorageFailure::permission_denied), "permission-denied");
  EXPECT_EQ(name(StorageFailure::quota_exceeded), "quota-exceeded");
  EXPECT_EQ(name(StorageFailure::invalid_key), "invalid-key");
  EXPECT_EQ(name(StorageFailure::value_too_large), "value-too-large");
  EXPECT_EQ(name(StorageFailure::unavailable), "unavailable");
  EXPECT_EQ(name(StorageFailure::io_error), "io-error");
}

TEST(BridgeContract, LogLevelsAreNumberedAsInWit) {
  EXPECT_EQ(cases("log", "level: enum {"), (Cases{"trace", "debug", "info", "warn", "error"}));
}

}  // namespace
}  // namespace airssys::wasm::testing
