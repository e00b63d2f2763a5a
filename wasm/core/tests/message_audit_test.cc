#include "airssys/wasm/core/message_audit.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace airssys::wasm {
namespace {

using ::testing::ElementsAre;

struct Lines final : AuditSink {
  AuditStatus status = AuditStatus::recorded;
  std::vector<std::string> texts;
  AuditStatus record(const AuditEvent& event) noexcept override {
    if (status == AuditStatus::recorded)
      texts.push_back(fmt::format("{} {} {} {} {} x{}", event.component, event.action, event.resource,
                                  audit_decision_name(event.decision), event.rule, event.count));
    return status;
  }
};

class MessageAuditTest : public ::testing::Test {
 protected:
  Lines lines;
  const ComponentAddress who = *ComponentAddress::parse("app/shop");
};

TEST_F(MessageAuditTest, SaysWhoDidWhatWithWhichMessage) {
  MessageAudit sut(lines, 1);
  sut.record(MessageEvent::sent, who, "app/store/main", {0xab, 7});
  sut.record(MessageEvent::rejected, who, "app/store/main", {}, "queue-full");
  EXPECT_THAT(lines.texts, ElementsAre("app/shop/main message.sent app/store/main allow id ab-7 x1",
                                       "app/shop/main message.rejected app/store/main deny queue-full x1"));
}

TEST_F(MessageAuditTest, TellsByTheirNumberWhatTheLogHadNoRoomFor) {
  MessageAudit sut(lines, 1);
  lines.status = AuditStatus::full;
  for (std::uint64_t n = 0; n < 3; ++n) sut.record(MessageEvent::sent, who, "x", {0, n});
  EXPECT_EQ(sut.behind(), 3u);
  lines.status = AuditStatus::recorded;
  sut.record(MessageEvent::received, who, "x", {0, 9});
  EXPECT_EQ(sut.behind(), 0u);
  ASSERT_EQ(lines.texts.size(), 2u);
  EXPECT_EQ(lines.texts[0], " message.various  allow events that are told by their number only: the log was behind x3");
}

TEST_F(MessageAuditTest, TakesEveryNthWhenItIsToldSo) {
  MessageAudit sut(lines, 10);
  for (std::uint64_t n = 0; n < 100; ++n) sut.record(MessageEvent::sent, who, "x", {0, n});
  EXPECT_EQ(lines.texts.size(), 10u);
}

}  // namespace
}  // namespace airssys::wasm
