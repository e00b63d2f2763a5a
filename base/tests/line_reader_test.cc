#include "airssys/base/line_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace airssys {
namespace {

using ::testing::ElementsAre;

// The lines of `text` when it comes in pieces of `step` bytes; "!" for one that is too long.
std::vector<std::string> lines(std::string_view text, std::size_t step, std::size_t max) {
  LineReader reader(max);
  std::vector<std::string> found;
  const auto take = [&] {
    while (auto line = reader.next()) {
      found.push_back(line->content ? std::string(line->content->text()) : "!");
      EXPECT_EQ(line->number, found.size());
    }
  };
  for (; !text.empty(); text.remove_prefix(std::min(step, text.size()))) {
    reader.put(text.substr(0, step));
    take();
  }
  reader.end();
  take();
  return found;
}

TEST(LineReader, FindsTheSameLinesHoweverTheyCome) {
  for (std::size_t step = 1; step < 20; ++step) {
    EXPECT_THAT(lines("ab\n\ncdef\r\ng", step, 10), ElementsAre("ab", "", "cdef\r", "g")) << step;
    EXPECT_THAT(lines("ab\n", step, 10), ElementsAre("ab")) << step;
    EXPECT_THAT(lines("", step, 10), ElementsAre()) << step;
  }
}

TEST(LineReader, ALineMayBeExactlyAsLongAsAllowed) {
  for (std::size_t step = 1; step < 20; ++step) {
    EXPECT_THAT(lines("12345\n123456\n12345", step, 5), ElementsAre("12345", "!", "12345")) << step;
    EXPECT_THAT(lines("1\n1234567890", step, 5), ElementsAre("1", "!")) << step;
  }
}

}  // namespace
}  // namespace airssys
