#include "airssys/wasm/admin/line_buffer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace airssys::wasm {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> all(LineBuffer& buffer) {
  std::vector<std::string> lines;
  while (const auto line = buffer.next()) lines.emplace_back(*line);
  return lines;
}

TEST(LineBuffer, GivesTheSameLinesWhereverTheirBytesWereCut) {
  const std::string text = "one\n\nthree and more\n4\n";
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    std::mt19937_64 random(seed);
    LineBuffer sut(100);
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t size = 1 + random() % 6;
      sut.put(std::string_view(text).substr(at, size));
      at += size;
      if (random() % 2 == 0)
        for (std::string& line : all(sut)) lines.push_back(std::move(line));
    }
    for (std::string& line : all(sut)) lines.push_back(std::move(line));
    EXPECT_THAT(lines, ElementsAre("one", "", "three and more", "4")) << seed;
    EXPECT_FALSE(sut.torn());
  }
}

TEST(LineBuffer, KnowsALineThatHasBegun) {
  LineBuffer sut(10);
  EXPECT_FALSE(sut.torn());
  sut.put("a\nb");
  EXPECT_THAT(all(sut), ElementsAre("a"));
  EXPECT_TRUE(sut.torn());
  sut.put("\n");
  EXPECT_THAT(all(sut), ElementsAre("b"));
  EXPECT_FALSE(sut.torn());
}

TEST(LineBuffer, TakesALineOfTheLimitAndNoneBeyondIt) {
  LineBuffer sut(3);
  sut.put("abc\n");
  EXPECT_THAT(all(sut), ElementsAre("abc"));
  sut.put("abc");
  EXPECT_THAT(all(sut), IsEmpty());
  EXPECT_FALSE(sut.too_long());
  sut.put("d");
  EXPECT_THAT(all(sut), IsEmpty());
  EXPECT_TRUE(sut.too_long());
  sut.put("\nabc\n");
  EXPECT_THAT(all(sut), IsEmpty()) << "nobody knows any more where a line begins";
}

TEST(LineBuffer, GoesOnAfterALongLine) {
  LineBuffer sut(1 << 20);
  const std::string long_line(1 << 19, 'x');
  for (int round = 0; round < 3; ++round) {
    sut.put(long_line + "\nshort\n");
    EXPECT_THAT(all(sut), ElementsAre(long_line, "short"));
  }
}

}  // namespace
}  // namespace airssys::wasm
