#include "airssys/base/bytes.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace airssys {
namespace {

TEST(Bytes, IsThreeWordsLarge) { EXPECT_EQ(sizeof(Bytes), 24u); }

TEST(Bytes, OfNothingIsEmptyAndEqualToAnEmptyCopy) {
  const Bytes bytes;
  EXPECT_TRUE(bytes.empty());
  EXPECT_EQ(bytes.data(), nullptr);
  EXPECT_EQ(bytes, Bytes::copy_of(""));
  EXPECT_EQ(bytes.text(), "");
}

TEST(Bytes, CopiesItsSourceOnce) {
  std::string source = "hello";
  const Bytes bytes = Bytes::copy_of(source);
  source[0] = 'j';
  EXPECT_EQ(bytes.text(), "hello");
}

TEST(Bytes, IsMadeInPlaceByTheGivenFunction) {
  int calls = 0;
  const Bytes bytes = Bytes::make(3, [&](std::span<std::byte> space) {
    ++calls;
    std::memcpy(space.data(), "abc", space.size());
  });
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(bytes.text(), "abc");
}

TEST(Bytes, SharesTheContentBetweenCopiesAndSlices) {
  const Bytes whole = Bytes::copy_of("0123456789");
  const Bytes copy = whole;  // NOLINT(performance-unnecessary-copy-initialization): the copy is what is tested
  const Bytes part = whole.slice(2, 3);
  EXPECT_EQ(copy.data(), whole.data());
  EXPECT_EQ(part.data(), whole.data() + 2);
  EXPECT_EQ(part.text(), "234");
  EXPECT_EQ(part.slice(1).text(), "34");
}

TEST(Bytes, CutsASliceToWhatThereIs) {
  const Bytes bytes = Bytes::copy_of("abc");
  EXPECT_EQ(bytes.slice(1, 100).text(), "bc");
  EXPECT_EQ(bytes.slice(1).text(), "bc");
  EXPECT_TRUE(bytes.slice(3).empty());
  EXPECT_TRUE(bytes.slice(SIZE_MAX, SIZE_MAX).empty());
}

TEST(Bytes, KeepsTheContentAliveThroughASlice) {
  Bytes part;
  {
    const Bytes whole = Bytes::copy_of(std::string(1000, 'x') + "end");
    part = whole.slice(1000);
  }
  EXPECT_EQ(part.text(), "end");
}

TEST(Bytes, MovedFromIsEmpty) {
  Bytes from = Bytes::copy_of("abc");
  const Bytes to = std::move(from);
  EXPECT_EQ(to.text(), "abc");
  EXPECT_TRUE(from.empty());  // NOLINT(bugprone-use-after-move): the state after a move is the point
}

TEST(Bytes, SurvivesAssignmentFromItself) {
  Bytes bytes = Bytes::copy_of("abc");
  const Bytes& same = bytes;
  bytes = same;
  EXPECT_EQ(bytes.text(), "abc");
  bytes = bytes.slice(1);
  EXPECT_EQ(bytes.text(), "bc");
}

TEST(Bytes, ComparesByContent) {
  EXPECT_EQ(Bytes::copy_of("abc"), Bytes::copy_of("xabc").slice(1));
  EXPECT_NE(Bytes::copy_of("abc"), Bytes::copy_of("abd"));
  EXPECT_NE(Bytes::copy_of("abc"), Bytes::copy_of("ab"));
}

TEST(Bytes, IsFreedOnceHoweverManyThreadsLetGo) {
  std::vector<std::thread> threads;
  {
    const Bytes bytes = Bytes::copy_of("shared");
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([copy = bytes] {
        for (int n = 0; n < 1000; ++n) {
          Bytes mine = copy.slice(1, 2);
          ASSERT_EQ(mine.text(), "ha");
        }
      });
  }
  for (auto& thread : threads) thread.join();
}

}  // namespace
}  // namespace airssys
