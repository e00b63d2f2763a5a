#include "airssys/sdk/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "order.h"

namespace airssys {
namespace {

using ::testing::HasSubstr;
using testing::Line;
using testing::Order;
using testing::State;
using testing::Tree;

template <class T>
std::string encoded(const T& value) {
  const auto made = json::encode(value);
  EXPECT_TRUE(made) << made.error();
  return made ? std::string(made->text()) : "";
}
template <class T>
std::string problem(std::string_view text) {
  const auto value = json::decode<T>(text);
  return value ? "none" : value.error();
}

TEST(Json, WritesEachKindOfValue) {
  EXPECT_EQ(encoded(std::uint64_t{18446744073709551615u}), "18446744073709551615");
  EXPECT_EQ(encoded(std::int8_t{-5}), "-5");
  EXPECT_EQ(encoded(true), "true");
  EXPECT_EQ(encoded(0.1), "0.1");
  EXPECT_EQ(encoded(0.1f), "0.1");
  EXPECT_EQ(encoded(1e300), "1e+300");
  EXPECT_EQ(encoded(std::string("a\"b\\c\n\x01é")), R"("a\"b\\c\n\u0001é")");
  EXPECT_EQ(encoded(std::vector<Line>{{"a", 1}, {"b", 2}}), R"([{"item":"a","count":1},{"item":"b","count":2}])");
  EXPECT_EQ(encoded(std::array<bool, 2>{true, false}), "[true,false]");
  EXPECT_EQ(encoded(std::vector<bool>{true, false}), "[true,false]");
  EXPECT_EQ(encoded(std::optional<int>()), "null");
  EXPECT_EQ(encoded(std::map<std::string, State>{{"x", State::sent}}), R"({"x":2})");
}

TEST(Json, IsAPayloadOfItsCodec) {
  const auto made = json::encode(true);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->codec(), codec::json);
  EXPECT_EQ(made->text(), "true");
}

TEST(Json, ReadsWhatItWrote) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    std::mt19937_64 random(seed);
    Order order{.id = random(),
                .change = static_cast<std::int32_t>(random()),
                .price = static_cast<double>(static_cast<std::int64_t>(random())) / 7,
                .weight = static_cast<float>(random()) / 3,
                .note = "é\t" + std::to_string(seed),
                .lines = {{"\x7f", static_cast<std::uint16_t>(random())}},
                .stamp = {static_cast<std::uint8_t>(random())},
                .voucher = std::nullopt,
                .stock = {{"", 1}, {"a b", static_cast<std::uint32_t>(random())}},
                .flags = {true, false}};
    if (seed % 2 == 0) order.voucher = "x";
    const std::string text = encoded(order);
    const auto back = json::decode<Order>(text);
    ASSERT_TRUE(back) << text << ": " << back.error();
    EXPECT_EQ(*back, order) << text;
    for (std::size_t size = seed % 20; size < text.size(); size += 20) EXPECT_FALSE(json::decode<Order>(text.substr(0, size)));
  }
}

TEST(Json, ReadsWhatOthersWrite) {
  const auto line =
      json::decode<Line>(" { \"count\" : 7 , \"colour\":[1,{\"x\":null}], \"item\":\"\\u0061\\ud83d\\ude00\\/\" }\n");
  ASSERT_TRUE(line) << line.error();
  EXPECT_EQ(*line, (Line{"a\xf0\x9f\x98\x80/", 7}));
  EXPECT_EQ(json::decode<double>("-1.5e2"), -150.0);
  EXPECT_EQ(json::decode<double>("0"), 0.0);
  EXPECT_EQ(json::decode<std::vector<int>>("[ ]"), std::vector<int>());
  EXPECT_EQ(json::decode<std::optional<int>>("null").value(), std::optional<int>());
}

TEST(Json, LetsOptionalFieldsBeAwayAndNoOthers) {
  EXPECT_EQ(problem<Line>(R"({"item":"a"})"), "at byte 12: the field `count` is missing");
  EXPECT_THAT(problem<Order>("{}"), HasSubstr("the field `id` is missing"));
}

TEST(Json, RefusesWhatIsNotJson) {
  EXPECT_EQ(problem<int>(""), "at byte 0: expected a value of another type");
  EXPECT_EQ(problem<int>("1 2"), "at byte 2: something after the value");
  EXPECT_EQ(problem<int>("01"), "at byte 0: expected a number");
  EXPECT_EQ(problem<int>("-"), "at byte 0: expected a value of another type");
  EXPECT_EQ(problem<double>("1."), "at byte 0: expected a number");
  EXPECT_EQ(problem<double>("1e"), "at byte 0: expected a number");
  EXPECT_EQ(problem<double>("NaN"), "at byte 0: expected a value of another type");
  EXPECT_EQ(problem<std::vector<int>>("[1,]"), "at byte 3: expected a value of another type");
  EXPECT_EQ(problem<std::vector<int>>("[1 2]"), "at byte 3: expected , or ]");
  EXPECT_EQ(problem<std::string>("\"a"), "at byte 2: text without an end");
  EXPECT_EQ(problem<std::string>("\"\n\""), "at byte 1: a control character in text");
  EXPECT_EQ(problem<std::string>("\"\\x\""), "at byte 2: no such escape");
  EXPECT_EQ(problem<std::string>("\"\\u12g4\""), "at byte 2: no such escape");
  EXPECT_EQ(problem<std::string>("\"\\ud800\""), "at byte 7: half a character");
  EXPECT_EQ(problem<std::string>("\"\\udc00\""), "at byte 7: half a character");
  EXPECT_EQ(problem<std::string>("\"\xff\""), "at byte 0: text that is not UTF-8");
  EXPECT_EQ(problem<Line>("{\"item\" 1}"), "at byte 8: expected :");
  EXPECT_EQ(problem<Line>("{item:1}"), "at byte 1: expected text in quotes");
}

TEST(Json, RefusesWhatDoesNotFit) {
  EXPECT_EQ(problem<std::uint8_t>("256"), "at byte 0: 256 is out of range");
  EXPECT_EQ(problem<std::uint8_t>("-1"), "at byte 0: -1 is out of range");
  EXPECT_EQ(problem<int>("1.0"), "at byte 0: 1.0 is no integer");
  EXPECT_EQ(problem<double>("1e999"), "at byte 0: 1e999 is out of range");
  EXPECT_EQ(problem<double>(std::string(200, '1')), "at byte 0: " + std::string(40, '1') + "... has more than 128 digits");
  EXPECT_EQ((problem<std::array<int, 2>>("[1]")), "at byte 3: fewer than 2 elements");
  EXPECT_EQ((problem<std::array<int, 1>>("[1,2]")), "at byte 3: more than 1 elements");
  EXPECT_EQ(problem<Line>(R"({"item":"a","item":"b","count":1})"), "at byte 19: the field `item` is there twice");
  EXPECT_EQ((problem<std::map<std::string, int>>(R"({"a":1,"a":2})")), "at byte 11: the field `a` is there twice");
}

TEST(Json, EndsWhereValuesAreNestedTooDeep) {
  EXPECT_THAT(problem<Tree>(std::string(100'000, '[')), HasSubstr("expected {"));
  std::string deep, unknown = "{\"x\":";
  for (int level = 0; level < 50'000; ++level) deep += "{\"below\":[";
  unknown += std::string(100'000, '[');
  EXPECT_THAT(problem<Tree>(deep), HasSubstr("nested more than 64 deep"));
  EXPECT_THAT(problem<Tree>(unknown), HasSubstr("nested more than 64 deep"));
}

TEST(Json, HasNoFormForNumbersThatAreNoneOrForWhatIsNoText) {
  EXPECT_THAT(json::encode(std::numeric_limits<double>::infinity()).error(), HasSubstr("JSON does not have"));
  EXPECT_THAT(json::encode(std::string("\xc0\x80")).error(), HasSubstr("UTF-8"));
}

}  // namespace
}  // namespace airssys
