#include <gtest/gtest.h>

#include <set>
#include <string>

#include "airssys/wasm/core/dead_letter.h"
#include "airssys/wasm/core/engine.h"
#include "airssys/wasm/core/stats.h"

namespace airssys::wasm {
namespace {

TEST(TrapKindNames, AreThereAndDifferForAllKinds) {
  std::set<std::string_view> names;
  for (std::size_t kind = 0; kind < trap_kind_count; ++kind) names.insert(trap_kind_name(static_cast<TrapKind>(kind)));
  EXPECT_EQ(names.size(), trap_kind_count);
  EXPECT_FALSE(names.contains("unknown"));
}

TEST(DeadLetterReasonNames, AreThereForAllReasonsAndDiffer) {
  std::set<std::string_view> names;
  for (std::size_t reason = 0; reason < dead_letter_reason_count; ++reason)
    names.insert(dead_letter_reason_name(static_cast<DeadLetterReason>(reason)));
  EXPECT_EQ(names.size(), dead_letter_reason_count);
  EXPECT_FALSE(names.contains("unknown"));
}

TEST(MessageKindNames, AreThoseOfTheWitEnumeration) {
  EXPECT_EQ(message_kind_name(MessageKind::fire_and_forget), "fire-and-forget");
  EXPECT_EQ(message_kind_name(MessageKind::external), "external");
  EXPECT_EQ(message_kind_name(static_cast<MessageKind>(99)), "unknown");
}

TEST(ActorStateNames, AreThereForAllStatesAndDiffer) {
  std::set<std::string_view> names;
  for (std::size_t state = 0; state < actor_state_count; ++state) names.insert(actor_state_name(static_cast<ActorState>(state)));
  EXPECT_EQ(names.size(), actor_state_count);
  EXPECT_FALSE(names.contains("unknown"));
}

TEST(ComponentErrorNames, AreThereForTheSevenCasesAndNoMore) {
  std::set<std::string_view> names;
  for (std::uint32_t variant = 0; variant < 7; ++variant) names.insert(component_error_name(variant));
  EXPECT_EQ(names.size(), 7u);
  EXPECT_FALSE(names.contains("unknown"));
  EXPECT_EQ(component_error_name(7), "unknown");
}

TEST(ExecutionErrorNames, AreThereForTheFiveCasesAndNoMore) {
  std::set<std::string_view> names;
  for (std::uint32_t variant = 0; variant < 5; ++variant) names.insert(execution_error_name(variant));
  EXPECT_EQ(names.size(), 5u);
  EXPECT_FALSE(names.contains("unknown"));
  EXPECT_EQ(execution_error_name(5), "unknown");
}

}  // namespace
}  // namespace airssys::wasm
