#include "airssys/wasm/services/guest_services.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "airssys/base/sim_platform.h"

namespace airssys::wasm {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
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

TEST(GuestServices, LetsNothingThroughThatSteersATerminal) {
  World world;
  for (const char* raw : {"\x1b[31mred", "a\nb\r", "\x7f",
                          "\xC2\x9B"
                          "31m"})
    world.services.log(LogLevel::info, raw, {});
  EXPECT_THAT(world.lines.texts, ElementsAre("\\x1b[31mred", "a\\x0ab\\x0d", "\\x7f", "\\xc2\\x9b31m"));
  world.services.log(LogLevel::info, "gr\xC3\xBC\xC3\x9F \xC2\xA7 \xE2\x9C\x93", {});
  EXPECT_EQ(world.lines.texts.back(), "gr\xC3\xBC\xC3\x9F \xC2\xA7 \xE2\x9C\x93");
}

TEST(GuestServices, CutsALineBetweenCharactersAndSaysSo) {
  World world;
  const std::string fits(GuestServices::max_line_bytes, 'x');
  world.services.log(LogLevel::info, fits, {});
  EXPECT_EQ(world.lines.texts.back(), fits);
  world.services.log(LogLevel::info, fits.substr(1) + "\xC3\xBC", {});
  EXPECT_EQ(world.lines.texts.back(), fits.substr(1) + "...");
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
  EXPECT_EQ(world.lines.fields[0][0], (std::pair<std::string, std::string>{"k\\x0a", "v\\x1b"}));
}

TEST(GuestServices, KeepsFieldsWithTheirLine) {
  World world;
  const std::vector<LogField> fields{{"file", "GPL-3"}, {"words", "5644"}};
  world.services.log(LogLevel::info, "counted", fields);
  EXPECT_EQ(world.lines.texts.back(), "counted");
  EXPECT_THAT(world.lines.fields.back(), ElementsAre(Pair("file", "GPL-3"), Pair("words", "5644")));
}

TEST(GuestServices, SaysAtItsEndWhatItHadSuppressed) {
  Lines lines;
  SimPlatform platform{1};
  ComponentStats stats;
  {
    GuestServices services("noisy", platform, lines, stats);
    for (std::uint32_t i = 0; i <= GuestServices::max_lines_per_second; ++i) services.log(LogLevel::info, "x", {});
  }
  EXPECT_THAT(lines.texts.back(), HasSubstr("1 log lines suppressed"));
  EXPECT_EQ(stats.log_lines.value(), GuestServices::max_lines_per_second + 1);
}

TEST(GuestServices, TellsTheTimesOfThePlatform) {
  World world;
  world.platform.advance(90s);
  EXPECT_EQ(world.services.current_time(), world.platform.wall_now());
  EXPECT_EQ(world.services.monotonic_now(), world.platform.now());
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

TEST(GuestServices, FillsAllOfARangeWithBytesThatNobodyPredicts) {
  World world;
  std::array<std::byte, 64> one{}, other{};
  world.services.fill_random(one);
  world.services.fill_random(other);
  EXPECT_NE(one, other);
  EXPECT_FALSE(std::ranges::all_of(std::span(one).last(16), [](std::byte b) { return b == std::byte{}; }));
}

}  // namespace
}  // namespace airssys::wasm
