#include "table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

namespace airssys::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const Paint plain(Paint::Mode::plain);

std::vector<wasm::ComponentReport> reports() {
  std::vector<wasm::ComponentReport> all(2);
  all[0] = {.name = "splitter",
            .state = wasm::ComponentState::stopped,
            .messages_in = 14,
            .messages_out = 2811,
            .handled = 14,
            .fuel = 12'345'678,
            .memory_bytes = 65536,
            .memory_peak_bytes = 131072,
            .p50 = std::chrono::microseconds(410),
            .p99 = std::chrono::microseconds(1210),
            .last_error = {}};
  all[1] = {.name = "looper", .state = wasm::ComponentState::given_up, .messages_in = 9, .restarts = 3, .last_error = {}};
  all[1].traps[static_cast<std::size_t>(wasm::TrapKind::out_of_fuel)] = 3;
  all[1].traps[static_cast<std::size_t>(wasm::TrapKind::memory)] = 1;
  return all;
}

std::size_t widest(const std::string& text) {
  std::istringstream lines(text);
  std::size_t width = 0;
  for (std::string line; std::getline(lines, line);) width = std::max(width, line.size());
  return width;
}

TEST(Table, ShowsEveryColumnWhenNothingLimitsItsWidth) {
  const std::string text = component_table(reports(), 0, plain);
  EXPECT_EQ(text,
            "component  state     in   out  handled  errors  refused  full  dead  restarts  traps                    "
            "  fuel   memory     p50      p99\n"
            "splitter   stopped   14  2811       14       0        0     0     0         0  -                        "
            "12.3 M  128 KiB  410 us  1.21 ms\n"
            "looper     given-up   9     0        0       0        0     0     0         3  3 out-of-fuel, 1 memory  "
            "     0      0 B       -        -\n");
}

TEST(Table, LeavesOutWhatIsZeroForEverybodyFirst) {
  const std::string text = component_table(reports(), 120, plain);
  EXPECT_LE(widest(text), 120u);
  EXPECT_THAT(text, HasSubstr("restarts  traps"));
  EXPECT_THAT(text, HasSubstr("p50"));
  EXPECT_THAT(text, Not(HasSubstr("refused")));
}

TEST(Table, LeavesOutTheLeastTellingNext) {
  const std::string text = component_table(reports(), 95, plain);
  EXPECT_LE(widest(text), 95u);
  EXPECT_THAT(text, HasSubstr("3 out-of-fuel, 1 memory"));
  EXPECT_THAT(text, Not(HasSubstr("p50")));
  EXPECT_THAT(text, HasSubstr("p99"));
}

TEST(Table, BecomesParagraphsOnANarrowTerminal) {
  EXPECT_EQ(component_table(reports(), 40, plain),
            "splitter stopped\n"
            "  in 14  out 2811  handled 14\n"
            "  fuel 12.3 M  memory 128 KiB\n"
            "  p50 410 us  p99 1.21 ms\n"
            "looper given-up\n"
            "  in 9  restarts 3\n"
            "  traps 3 out-of-fuel, 1 memory\n"
            "  memory 0 B\n");
}

TEST(Table, FitsEveryWidth) {
  for (std::size_t width = 34; width < 160; ++width) EXPECT_LE(widest(component_table(reports(), width, plain)), width) << width;
}

TEST(Table, ColoursDoNotShiftColumns) {
  std::string text = component_table(reports(), 0, Paint(Paint::Mode::coloured));
  EXPECT_THAT(text, HasSubstr("\x1b[31mgiven-up\x1b[0m"));
  for (std::size_t at = text.find('\x1b'); at != std::string::npos; at = text.find('\x1b'))
    text.erase(at, text.find('m', at) - at + 1);
  EXPECT_EQ(text, component_table(reports(), 0, plain));
}

TEST(Table, IsEmptyWithoutComponents) { EXPECT_EQ(component_table({}, 80, plain), ""); }

TEST(Table, CountsAreShortAboveAMillion) {
  EXPECT_EQ(format_count(999'999), "999999");
  EXPECT_EQ(format_count(1'000'000), "1.00 M");
  EXPECT_EQ(format_count(9'996'000), "10.0 M");
  EXPECT_EQ(format_count(999'600'000), "1.00 G");
  EXPECT_EQ(format_count(UINT64_MAX), "18447 P");
}

}  // namespace
}  // namespace airssys::cli
