#include "airssys/base/result.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>

#include "airssys/base/strong.h"

namespace airssys {
namespace {

Result<int> half(int n) {
  if (n % 2 != 0) return fail(Code::invalid_argument, "odd");
  return n / 2;
}
Result<std::string> quarter(int n) {
  AIRSSYS_TRY(const int once, half(n));
  AIRSSYS_TRY(const int twice, half(once));
  return std::to_string(twice);
}
Result<> only_even(int n) {
  AIRSSYS_TRY_VOID(half(n));
  return {};
}
template <class A, class B>
Result<std::map<A, B>> map_of(A a, B b) {
  return std::map<A, B>{{a, b}};
}

TEST(Result, HandsTheValueOnOrReturnsTheError) {
  EXPECT_EQ(*quarter(12), "3");
  const auto failed = quarter(6);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code(), Code::invalid_argument);
  EXPECT_EQ(failed.error().message(), "odd");
  EXPECT_TRUE(only_even(2));
  EXPECT_FALSE(only_even(3));
}

TEST(Result, CarriesMoveOnlyValuesThroughTry) {
  const auto outer = []() -> Result<std::unique_ptr<int>> {
    AIRSSYS_TRY(auto pointer, Result<std::unique_ptr<int>>(std::make_unique<int>(7)));
    return pointer;
  };
  EXPECT_EQ(**outer(), 7);
}

TEST(Result, TakesExpressionsWithCommasInTry) {
  const auto outer = []() -> Result<int> {
    AIRSSYS_TRY(const auto map, map_of<int, int>(1, 2));
    AIRSSYS_TRY_VOID(map_of<int, int>(1, 2));
    return map.at(1);
  };
  EXPECT_EQ(*outer(), 2);
}

TEST(Error, RemembersWhereItWasMade) {
  const Error error(Code::io, "x");
  EXPECT_NE(std::string_view(error.where().file_name()).find("result_test.cc"), std::string_view::npos);
  EXPECT_NE(std::string_view(half(1).error().where().function_name()).find("half"), std::string_view::npos);
}

TEST(Error, ReadsFromTheOutermostContextInwards) {
  const Error error = Error(Code::not_found, "no such file").within("read manifest").within("start splitter");
  EXPECT_EQ(error.message(), "start splitter: read manifest: no such file");
  EXPECT_EQ(error.code(), Code::not_found);
}

TEST(Error, CarriesFieldsForMachines) {
  const Error error = Error(Code::too_large, "x").with("limit", "10").with("attempted", "11");
  EXPECT_EQ(error.field("attempted"), "11");
  EXPECT_EQ(error.field("absent"), "");
  EXPECT_EQ(error.fields().size(), 2u);
}

TEST(Error, DoesNotChangeItsCopies) {
  const Error first(Code::io, "disk");
  const Error second = Error(first).within("write").with("path", "x");
  EXPECT_EQ(first.message(), "disk");
  EXPECT_TRUE(first.fields().empty());
  EXPECT_EQ(second.message(), "write: disk");
}

TEST(Error, IsReadByManyThreadsWhileOneAddsContextToItsCopy) {
  Error mine(Code::io, "disk");
  std::jthread reader([copy = mine] {
    for (int i = 0; i < 1000; ++i) ASSERT_EQ(copy.message(), "disk");
  });
  for (int i = 0; i < 10; ++i) mine = std::move(mine).within("again");
}

TEST(Code, HasADifferentNameForEachValue) {
  std::set<std::string_view> names;
  for (int value = 1; value <= static_cast<int>(Code::too_large); ++value) names.insert(code_name(static_cast<Code>(value)));
  EXPECT_EQ(names.size(), static_cast<std::size_t>(Code::too_large));
  EXPECT_FALSE(names.contains("unknown"));
  EXPECT_EQ(code_name(Code::denied), "capability-denied");
}

using Left = Strong<struct LeftTag, int>;
using Right = Strong<struct RightTag, int>;
static_assert(!std::is_convertible_v<Left, Right> && !std::is_convertible_v<int, Left> &&
              !std::equality_comparable_with<Left, Right>);

TEST(Strong, ComparesAndHashesByValue) {
  EXPECT_LT(Left(1), Left(2));
  EXPECT_EQ(std::hash<Left>{}(Left(5)), std::hash<int>{}(5));
}

}  // namespace
}  // namespace airssys
