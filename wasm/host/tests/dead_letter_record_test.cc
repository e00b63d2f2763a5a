#include "../src/dead_letter_record.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "airssys/base/sim_platform.h"

namespace airssys::wasm {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class DeadLetterRecordTest : public ::testing::Test {
 protected:
  void lose(DeadLetterReason reason, std::string_view payload, bool keep_contents = true) {
    sut_.on_dead_letter(
        *ComponentAddress::parse("b"),
        {.sender = Bytes::copy_of("default/a/main"), .payload = Bytes::copy_of(payload), .kind = MessageKind::request}, reason,
        keep_contents);
  }
  [[nodiscard]] std::vector<std::string> kept() const {
    std::vector<std::string> all;
    for (const DeadLetter& letter : sut_.read().latest) all.push_back(letter.beginning);
    return all;
  }
  SimPlatform platform_{1};
  Components components_;
  DeadLetterRecord sut_{3, components_, platform_};
};

TEST_F(DeadLetterRecordTest, IsEmptyAtFirst) {
  EXPECT_THAT(kept(), IsEmpty());
  EXPECT_EQ(sut_.read().dropped, 0u);
}

TEST_F(DeadLetterRecordTest, KeepsTheLatestInTheirOrderAndCountsTheRest) {
  std::vector<std::string> expected;
  for (int n = 1; n <= 8; ++n) {
    lose(n % 2 == 0 ? DeadLetterReason::discarded : DeadLetterReason::poison, fmt::to_string(n));
    expected.push_back(fmt::to_string(n));
    if (expected.size() > 3) expected.erase(expected.begin());
    EXPECT_EQ(kept(), expected);
  }
  EXPECT_EQ(sut_.read().dropped, 5u);
  EXPECT_THAT(sut_.read().counts, ElementsAre(0, 0, 0, 0, 4, 4));
}

TEST_F(DeadLetterRecordTest, SaysWhenWhoWhatWhyAndHowLarge) {
  platform_.advance(7s);
  lose(DeadLetterReason::expired, std::string(1000, 'x'));
  const DeadLetter letter = sut_.read().latest.at(0);
  EXPECT_EQ(letter.at, platform_.now());
  EXPECT_EQ(letter.sender, "default/a/main");
  EXPECT_EQ(letter.receiver, "default/b/main");
  EXPECT_EQ(letter.reason, DeadLetterReason::expired);
  EXPECT_EQ(letter.kind, MessageKind::request);
  EXPECT_EQ(letter.bytes, 1000u);
  EXPECT_EQ(letter.beginning, std::string(DeadLetter::max_beginning, 'x'));
}

TEST_F(DeadLetterRecordTest, KeepsNoContentsOfAReceiverThatDoesNotWantIt) {
  lose(DeadLetterReason::crashed, "secret", false);
  EXPECT_EQ(sut_.read().latest.at(0).bytes, 6u);
  EXPECT_EQ(sut_.read().latest.at(0).beginning, "");
}

}  // namespace
}  // namespace airssys::wasm
