#include "../src/dead_letter_record.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "airssys/base/sim_platform.h"
#include "airssys/wasm/core/multicodec.h"

namespace airssys::wasm {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class DeadLetterRecordTest : public ::testing::Test {
 protected:
  void lose_wire(DeadLetterReason reason, Bytes wire, bool keep_contents = true) {
    sut_.on_dead_letter(*ComponentAddress::parse("b"),
                        {.sender = Bytes::copy_of("default/a/main"), .payload = std::move(wire), .kind = MessageKind::request},
                        reason, keep_contents);
  }
  void lose(DeadLetterReason reason, std::string_view content, bool keep_contents = true) {
    lose_wire(reason, encode(Bytes::copy_of(content)), keep_contents);
  }
  [[nodiscard]] std::vector<std::string> kept() const {
    std::vector<std::string> all;
    for (const DeadLetter& letter : sut_.read().latest) all.push_back(letter.beginning);
    return all;
  }
  SimPlatform platform_{1};
  Components components_;
  DeadLetterRecord sut_{{.letters = 3, .content_bytes = 2000}, components_, platform_};
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
  EXPECT_THAT(sut_.read().counts, ElementsAre(0, 0, 0, 0, 4, 4, 0));
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
  EXPECT_EQ(letter.codec, raw_codec);
  EXPECT_EQ(letter.bytes, 1000u);
  EXPECT_EQ(letter.beginning, std::string(DeadLetter::max_beginning, 'x'));
}

TEST_F(DeadLetterRecordTest, KeepsNoContentsOfAReceiverThatDoesNotWantIt) {
  lose(DeadLetterReason::crashed, "secret", false);
  EXPECT_EQ(sut_.read().latest.at(0).bytes, 6u);
  EXPECT_EQ(sut_.read().latest.at(0).beginning, "");
  EXPECT_EQ(sut_.read().latest.at(0).contents, std::nullopt);
  EXPECT_EQ(sut_.claim(1).error().code(), Code::unavailable);
}

TEST_F(DeadLetterRecordTest, NumbersThemFromOneAndNeverAgain) {
  for (int n = 1; n <= 5; ++n) lose(DeadLetterReason::crashed, "x");
  std::vector<std::uint64_t> numbers;
  for (const DeadLetter& letter : sut_.read().latest) numbers.push_back(letter.number);
  EXPECT_THAT(numbers, ElementsAre(3, 4, 5));
}

TEST_F(DeadLetterRecordTest, GivesAwayWhatWasKeptOnce) {
  lose(DeadLetterReason::crashed, "again");
  const auto claimed = sut_.claim(1);
  ASSERT_TRUE(claimed);
  EXPECT_EQ(claimed->receiver, "default/b/main");
  EXPECT_EQ(claimed->message.payload, encode(Bytes::copy_of("again")));
  EXPECT_EQ(claimed->message.sender.text(), "default/a/main");
  EXPECT_TRUE(sut_.read().latest.at(0).resent);
  EXPECT_EQ(sut_.read().latest.at(0).contents, std::nullopt);
  EXPECT_EQ(sut_.read().latest.at(0).beginning, "again");
  EXPECT_EQ(sut_.claim(1).error().code(), Code::unavailable);
  sut_.give_back(1, claimed->message);
  EXPECT_FALSE(sut_.read().latest.at(0).resent);
  EXPECT_TRUE(sut_.claim(1));
}

TEST_F(DeadLetterRecordTest, KnowsNoNumberThatWasNotGivenOrHasMadeRoom) {
  for (int n = 1; n <= 4; ++n) lose(DeadLetterReason::crashed, "x");
  for (const std::uint64_t number : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{5}, UINT64_MAX})
    EXPECT_EQ(sut_.claim(number).error().code(), Code::not_found) << number;
  EXPECT_TRUE(sut_.claim(2));
}

TEST_F(DeadLetterRecordTest, ForgetsTheOldestContentsPastItsBytes) {
  const auto kept_numbers = [this] {
    std::vector<std::uint64_t> numbers;
    for (const DeadLetter& letter : sut_.read().latest)
      if (letter.contents) numbers.push_back(letter.number);
    return numbers;
  };
  lose(DeadLetterReason::crashed, std::string(900, 'a'));
  lose(DeadLetterReason::crashed, std::string(900, 'b'));
  EXPECT_THAT(kept_numbers(), ElementsAre(1, 2));
  lose(DeadLetterReason::crashed, std::string(900, 'c'));
  EXPECT_THAT(kept_numbers(), ElementsAre(2, 3));
  auto claimed = sut_.claim(2);
  lose(DeadLetterReason::crashed, std::string(900, 'd'));
  EXPECT_THAT(kept_numbers(), ElementsAre(3, 4));
  sut_.give_back(2, std::move(claimed->message));
  EXPECT_THAT(kept_numbers(), ElementsAre(3, 4)) << "the oldest makes room";
  lose(DeadLetterReason::crashed, std::string(3000, 'e'));
  EXPECT_THAT(kept_numbers(), IsEmpty()) << "what does not fit at all is not kept";
  lose(DeadLetterReason::crashed, std::string(1999, 'f'));  // and its codec
  EXPECT_THAT(kept_numbers(), ElementsAre(6));
}

TEST_F(DeadLetterRecordTest, ShowsTheContentAndItsCodecApart) {
  lose_wire(DeadLetterReason::crashed, encode({Bytes::copy_of("{}"), 0x0200}));
  lose_wire(DeadLetterReason::crashed, Bytes::copy_of("\x81"));
  EXPECT_THAT(kept(), ElementsAre("{}", "\x81"));
  EXPECT_EQ(sut_.read().latest.at(0).codec, 0x0200u);
  EXPECT_EQ(sut_.read().latest.at(0).bytes, 2u);
  EXPECT_EQ(sut_.read().latest.at(1).codec, std::nullopt);
  EXPECT_EQ(sut_.read().latest.at(1).bytes, 1u);
}

}  // namespace
}  // namespace airssys::wasm
