// wit.hpp, which `wit bindgen --lang cpp` prints, over bindings as the generator for C makes them.
#include <gtest/gtest.h>

#include <utility>

#include "bindings.hpp"

namespace {

struct shop_string_t {
  std::uint8_t* ptr;
  std::size_t len;
};
struct own_file_t {
  std::int32_t handle;
};

int freed = 0, dropped = 0;
void shop_string_free(shop_string_t* text) {
  ++freed;
  std::free(text->ptr);
}
void file_drop_own(own_file_t) { ++dropped; }

using Text = wit::owned<shop_string_free>;
using File = wit::owned<file_drop_own>;

class CppHeader : public ::testing::Test {
 protected:
  CppHeader() { freed = dropped = 0; }
};

TEST_F(CppHeader, FreesWhatACallFilledInOnce) {
  {
    Text text;
    *text.out() = wit::give<shop_string_t>("one");
    EXPECT_EQ(wit::text(*text), "one");
    *text.out() = wit::give<shop_string_t>("two");
    EXPECT_EQ(freed, 1);
    EXPECT_EQ(wit::bytes(*text).size(), 3u);
    EXPECT_EQ(text->len, 3u);
  }
  EXPECT_EQ(freed, 2);
}

TEST_F(CppHeader, FreesNothingThatWasNeverThere) {
  { Text text; }
  {
    Text text;
    EXPECT_EQ(text.out()->ptr, nullptr);
    File file;
    EXPECT_EQ(file.out()->handle, 0);
  }
  EXPECT_EQ(freed + dropped, 0);
}

TEST_F(CppHeader, GivesAwayWhatItOwns) {
  Text text(wit::give<shop_string_t>("one"));
  Text moved(std::move(text));
  Text assigned;
  assigned = std::move(moved);
  EXPECT_EQ(wit::text(*assigned), "one");
  EXPECT_EQ(freed, 0);
  const shop_string_t taken = assigned.take();
  EXPECT_EQ(wit::text(*assigned), "");
  EXPECT_EQ(freed, 0);
  std::free(taken.ptr);
}

TEST_F(CppHeader, DropsAHandle) {
  { File file(own_file_t{3}); }
  EXPECT_EQ(dropped, 1);
}

TEST_F(CppHeader, LendsTextWithoutACopy) {
  const std::string_view text = "lent";
  EXPECT_EQ(wit::text(wit::lend<shop_string_t>(text)).data(), text.data());
  EXPECT_EQ(wit::give<shop_string_t>("").ptr, nullptr);
}

}  // namespace
