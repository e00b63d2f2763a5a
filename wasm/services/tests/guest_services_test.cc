#include "airssys/wasm/services/guest_services.h"

#include <gmock/gmock.h>

#include <vector>

#include "airssys/base/sim_platform.h"

namespace airssys::wasm {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

struct Lines final : LogSink {
  std::vector<std::string> texts;
  std::vector<std::vector<std::pair<std::string, std::string>>> fields;
  void write(const LogRecord& record) noexcept override {
    texts.emplace_back(record.text);
    fields.emplace_back(record.fields.begin(), record.fields.end());
  }
};

struct World {
  SimPlatform platform{1};
  Lines lines;
  ComponentStats stats;
  GuestServices services{"noisy", platform, lines, stats};
};

TEST(Printable, EscapesControlCharactersOfBothRangesAndKeepsTheRest) {
  EXPECT_EQ(printable("\x1b[31mred\x1b[0m", 100), "\\x1b[31mred\\x1b[0m");
  EXPECT_EQ(printable("a\nb\r\tc\x7f", 100), "a\\nb\\r\tc\\x7f");
  EXPECT_EQ(printable("\xC2\x9B" "31m", 100), "\\x9b31m");
  EXPECT_EQ(printable("gr\xC3\xBC\xC3\x9F \xC2\xA7 \xE2\x9C\x93", 100), "gr\xC3\xBC\xC3\x9F \xC2\xA7 \xE2\x9C\x93");
}

TEST(Printable, CutsBetweenCharactersAndSaysSo) {
  EXPECT_EQ(printable("abc\xC3\xBC", 4), "abc…");
  EXPECT_EQ(printable("abc\xC3\xBC", 5), "abc\xC3\xBC");
  EXPECT_EQ(printable("\xC3\xBC", 1), "…");
}

TEST(GuestServices, PassesALineOnUnderTheComponentsName) {
  World world;
  world.services.log(LogLevel::info, "hello", {});
  EXPECT_THAT(world.lines.texts, ElementsAre("hello"));
  EXPECT_EQ(world.stats.log_lines.value(), 1u);
}

TEST(GuestServices, BoundsAndEscapesFields) {
  World world;
  std::vector<LogField> fields(40, LogField{"k\n", "v\x1b"});
  world.services.log(LogLevel::info, "x", fields);
  ASSERT_EQ(world.lines.fields[0].size(), GuestServices::max_fields);
  EXPECT_EQ(world.lines.fields[0][0], (std::pair<std::string, std::string>{"k\\n", "v\\x1b"}));
}

TEST(GuestServices, SuppressesAFloodAndSaysHowMuchWhenItIsOver) {
  World world;
  for (std::uint32_t i = 0; i < GuestServices::max_lines_per_second + 25; ++i) world.services.log(LogLevel::info, "x", {});
  EXPECT_EQ(world.lines.texts.size(), GuestServices::max_lines_per_second);
  world.platform.advance(1s);
  world.services.log(LogLevel::info, "quiet again", {});
  ASSERT_EQ(world.lines.texts.size(), GuestServices::max_lines_per_second + 2);
  EXPECT_THAT(world.lines.texts[GuestServices::max_lines_per_second], HasSubstr("25 log lines suppressed"));
  EXPECT_EQ(world.lines.texts.back(), "quiet again");
}

}  // namespace
}  // namespace airssys::wasm
