#include "airssys/base/units.h"

#include <gtest/gtest.h>

namespace airssys {
namespace {

using namespace std::chrono_literals;

TEST(ParseSize, ReadsEveryUnitAsAPowerOf1024) {
  EXPECT_EQ(*parse_size("7B"), 7u);
  EXPECT_EQ(*parse_size("512KiB"), 524'288u);
  EXPECT_EQ(*parse_size("512KB"), 524'288u);
  EXPECT_EQ(*parse_size("4 MiB"), 4'194'304u);
  EXPECT_EQ(*parse_size("4MB"), 4'194'304u);
  EXPECT_EQ(*parse_size("2GB"), 2'147'483'648u);
  EXPECT_EQ(*parse_size("2GiB"), 2'147'483'648u);
}

TEST(ParseSize, RefusesEveryOtherForm) {
  for (auto text :
       {"", " ", "4", "MiB", "4mib", "4 ", "4  MiB", " 4MiB", "4MiB ", "-4MiB", "+4MiB", "4.5MiB", "4e3B", "0x4B", "4TiB"}) {
    const auto result = parse_size(text);
    ASSERT_FALSE(result) << text;
    EXPECT_EQ(result.error().code(), Code::invalid_argument);
    EXPECT_NE(result.error().message().find("is not a size: an integer and a unit"), std::string::npos)
        << result.error().message();
  }
}

TEST(ParseSize, RefusesWhatSixtyThreeBitsCannotHold) {
  EXPECT_EQ(*parse_size("8589934591GiB"), 8'589'934'591u << 30);
  for (auto text : {"8589934592GiB", "18446744073709551615GiB", "99999999999999999999999B"}) {
    ASSERT_FALSE(parse_size(text)) << text;
    EXPECT_NE(parse_size(text).error().message().find("too large"), std::string::npos);
  }
}

TEST(ParseDuration, ReadsEveryUnit) {
  EXPECT_EQ(*parse_duration("250ms"), 250ms);
  EXPECT_EQ(*parse_duration("30s"), 30s);
  EXPECT_EQ(*parse_duration("5 m"), 5min);
  EXPECT_EQ(*parse_duration("24h"), 24h);
  EXPECT_EQ(*parse_duration("7d"), 168h);
}

TEST(ParseDuration, RefusesEveryOtherForm) {
  for (auto text : {"", "30", "s", "1us", "-1s", "1.5s", "1w"}) EXPECT_FALSE(parse_duration(text)) << text;
  EXPECT_FALSE(parse_duration("106752d"));
}

TEST(FormatSize, ShowsThreeDigitsAndTheBinaryUnit) {
  EXPECT_EQ(format_size(0), "0 B");
  EXPECT_EQ(format_size(1023), "1023 B");
  EXPECT_EQ(format_size(524'288), "512 KiB");
  EXPECT_EQ(format_size(1'268'777), "1.21 MiB");
  EXPECT_EQ(format_size(1'048'575), "1 MiB");
  EXPECT_EQ(format_size(std::uint64_t{5} << 40), "5 TiB");
}

TEST(FormatDuration, PicksTheUnitThatPeopleRead) {
  EXPECT_EQ(format_duration(0ns), "0 ns");
  EXPECT_EQ(format_duration(850ns), "850 ns");
  EXPECT_EQ(format_duration(999'700ns), "1 ms");
  EXPECT_EQ(format_duration(1'230us), "1.23 ms");
  EXPECT_EQ(format_duration(90s), "90 s");
  EXPECT_EQ(format_duration(125s), "2m 5s");
  EXPECT_EQ(format_duration(3h + 4min), "3h 4m");
}

}  // namespace
}  // namespace airssys
