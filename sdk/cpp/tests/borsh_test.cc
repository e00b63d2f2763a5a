#include "airssys/sdk/borsh.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "order.h"

namespace airssys {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using testing::Line;
using testing::Order;
using testing::State;
using testing::Tree;

using Raw = std::vector<std::uint8_t>;

template <class T>
Raw encoded(const T& value) {
  const auto made = borsh::encode(value);
  EXPECT_TRUE(made) << made.error();
  return made ? Raw(made->span().begin(), made->span().end()) : Raw();
}
template <class T>
std::expected<T, std::string> decoded(const Raw& content) {
  return borsh::decode<T>(content);
}

// What the `borsh` crate of Rust writes for the same values.
TEST(Borsh, WritesWhatItsSpecificationSays) {
  EXPECT_THAT(encoded(std::uint32_t{0x01020304}), ElementsAre(4, 3, 2, 1));
  EXPECT_THAT(encoded(std::int16_t{-2}), ElementsAre(0xfe, 0xff));
  EXPECT_THAT(encoded(true), ElementsAre(1));
  EXPECT_THAT(encoded(1.5f), ElementsAre(0, 0, 0xc0, 0x3f));
  EXPECT_THAT(encoded(-2.0), ElementsAre(0, 0, 0, 0, 0, 0, 0, 0xc0));
  EXPECT_THAT(encoded(std::string("hé")), ElementsAre(3, 0, 0, 0, 'h', 0xc3, 0xa9));
  EXPECT_THAT(encoded(std::vector<std::uint16_t>{1, 2}), ElementsAre(2, 0, 0, 0, 1, 0, 2, 0));
  EXPECT_THAT(encoded(std::array<std::uint8_t, 3>{7, 8, 9}), ElementsAre(7, 8, 9));
  EXPECT_THAT(encoded(std::optional<std::uint8_t>()), ElementsAre(0));
  EXPECT_THAT(encoded(std::optional<std::uint8_t>(5)), ElementsAre(1, 5));
  EXPECT_THAT(encoded(State::sent), ElementsAre(2));
  EXPECT_THAT(encoded(Line{"a", 2}), ElementsAre(1, 0, 0, 0, 'a', 2, 0));
  EXPECT_THAT(encoded(std::map<std::string, bool>{{"b", true}, {"a", false}}),
              ElementsAre(2, 0, 0, 0, 1, 0, 0, 0, 'a', 0, 1, 0, 0, 0, 'b', 1));
}

TEST(Borsh, IsAPayloadOfItsCodec) {
  const auto made = borsh::encode(std::uint8_t{7});
  ASSERT_TRUE(made);
  EXPECT_EQ(made->codec(), codec::borsh);
  EXPECT_THAT(made->wire(), ElementsAre(0x81, 0x0e, 7));
}

Order some_order(std::mt19937_64& random) {
  const auto below = [&](std::uint64_t limit) { return random() % limit; };
  const auto text = [&] { return std::string(below(5), 'x') + (below(2) ? "é\"\n" : ""); };
  Order order;
  order.id = random();
  order.change = static_cast<std::int32_t>(random());
  order.gift = below(2) == 1;
  order.state = static_cast<State>(below(3));
  order.price = static_cast<double>(static_cast<std::int64_t>(random())) / 7;
  order.weight = static_cast<float>(random()) / 3;
  order.note = text();
  for (auto n = below(4); n > 0; --n) order.lines.push_back({text(), static_cast<std::uint16_t>(random())});
  for (auto n = below(9); n > 0; --n) order.stamp.push_back(static_cast<std::uint8_t>(random()));
  order.place = {static_cast<std::int8_t>(random()), static_cast<std::int8_t>(random())};
  if (below(2)) order.voucher = text();
  for (auto n = below(4); n > 0; --n) order.stock[text()] = static_cast<std::uint32_t>(random());
  for (auto n = below(5); n > 0; --n) order.flags.push_back(below(2) == 1);
  return order;
}

TEST(Borsh, ReadsWhatItWroteAndNothingThatIsShorterOrLonger) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    std::mt19937_64 random(seed);
    const Order order = some_order(random);
    const Raw content = encoded(order);
    const auto back = decoded<Order>(content);
    ASSERT_TRUE(back) << seed << ": " << back.error();
    EXPECT_EQ(*back, order) << seed;
    const Raw shorter(content.begin(), content.begin() + static_cast<std::ptrdiff_t>(random() % content.size()));
    EXPECT_FALSE(decoded<Order>(shorter)) << seed;
    Raw longer = content;
    longer.push_back(0);
    EXPECT_THAT(decoded<Order>(longer).error(), HasSubstr("1 bytes are left over")) << seed;
  }
}

TEST(Borsh, SaysWhereAndWhatIsWrong) {
  EXPECT_EQ(decoded<std::uint32_t>({1, 2, 3}).error(), "at byte 0: cut off");
  EXPECT_EQ(decoded<bool>({2}).error(), "at byte 0: a bool that is neither 0 nor 1");
  EXPECT_EQ(decoded<std::optional<bool>>({1, 9}).error(), "at byte 1: a bool that is neither 0 nor 1");
  EXPECT_EQ(decoded<std::string>({1, 0, 0, 0, 0xff}).error(), "at byte 4: text that is not UTF-8");
  EXPECT_EQ((decoded<std::map<std::string, bool>>({2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}).error()),
            "at byte 13: keys that do not ascend");
  EXPECT_THAT(decoded<double>({0, 0, 0, 0, 0, 0, 0xf8, 0x7f}).error(), HasSubstr("NaN"));
}

TEST(Borsh, TakesNoMemoryForElementsThatAreNotThere) {
  EXPECT_THAT(decoded<std::vector<std::uint64_t>>({0xff, 0xff, 0xff, 0xff, 1}).error(),
              HasSubstr("at byte 0: 4294967295 elements, for which there is no room"));
  EXPECT_FALSE(decoded<std::string>({0xff, 0xff, 0xff, 0x7f}));
  EXPECT_FALSE((decoded<std::map<std::string, std::string>>({0, 0, 0, 1})));
  EXPECT_FALSE(decoded<std::vector<std::optional<std::string>>>({3, 0, 0, 0, 0, 0}));
}

TEST(Borsh, EndsWhereValuesAreNestedTooDeep) {
  const auto nested = [](int levels) {
    Raw content;
    for (int level = 0; level < levels; ++level) content.insert(content.end(), {1, 0, 0, 0});
    content.insert(content.end(), {0, 0, 0, 0});
    return content;
  };
  EXPECT_TRUE(decoded<Tree>(nested(20)));
  EXPECT_THAT(decoded<Tree>(nested(100'000)).error(), HasSubstr("nested more than 64 deep"));
}

TEST(Borsh, HasNoFormForNanOrForWhatIsNoText) {
  EXPECT_THAT(borsh::encode(std::numeric_limits<double>::quiet_NaN()).error(), HasSubstr("NaN"));
  EXPECT_THAT(borsh::encode(std::string("\xff")).error(), HasSubstr("UTF-8"));
  EXPECT_TRUE(borsh::encode(std::numeric_limits<double>::infinity()));
}

}  // namespace
}  // namespace airssys
