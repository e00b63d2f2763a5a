// The C ABI over sled: what a caller can do wrong, and who owns what. What a store has to do is wasm/storage's suite.
#include "airssys/wasm/bridge/sled.h"

#include <gmock/gmock.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "airssys/wasm/bridge/handles.h"

namespace airssys::wasm {
namespace {

using ::testing::ElementsAre;
using Sled = BridgeHandle<aw_sled, aw_sled_delete>;

aw_bytes bytes(std::string_view text) { return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; }
std::string text(aw_bytes bytes) { return {reinterpret_cast<const char*>(bytes.ptr), bytes.len}; }
aw_sled_write put(std::string_view key, std::string_view value) { return {bytes(key), bytes(value), 1}; }
aw_sled_write drop(std::string_view key) { return {bytes(key), {}, 0}; }

class SledAbi : public ::testing::Test {
 public:
  SledAbi() {
    std::string pattern = (std::filesystem::path(::testing::TempDir()) / "sled-XXXXXX").native();
    if (mkdtemp(pattern.data()) != nullptr) folder = pattern;
    store = open();
  }
  ~SledAbi() override {
    store.reset();
    std::filesystem::remove_all(folder);
  }
  [[nodiscard]] Sled open() const {
    aw_sled* opened = nullptr;
    const auto done = check(aw_sled_open(to_bridge((folder / "db").native()), 1 << 20, &opened));
    EXPECT_TRUE(done.has_value()) << done.error().message();
    return Sled(opened);
  }
  Result<> apply(std::vector<aw_sled_write> writes, std::uint32_t tree = 0) const {
    return check(aw_sled_apply(store.get(), tree, writes.data(), writes.size()));
  }
  // "key=value", in their order, at most `count`.
  [[nodiscard]] std::vector<std::string> entries(std::string_view from = "", std::string_view end = "",
                                                 std::size_t count = 99) const {
    struct To {
      std::vector<std::string> found{};
      std::size_t count;
    } to{.count = count};
    EXPECT_TRUE(
        check(aw_sled_scan(store.get(), 0, bytes(from), bytes(end), &to, [](void* into, aw_bytes key, aw_bytes value) noexcept {
          To& all = *static_cast<To*>(into);
          all.found.push_back(text(key) + "=" + text(value));
          return static_cast<std::uint8_t>(all.found.size() < all.count);
        })));
    return to.found;
  }

  std::filesystem::path folder;
  Sled store;
};

TEST_F(SledAbi, AppliesInOrderAndScansUntilTheVisitorEndsIt) {
  ASSERT_TRUE(apply({put("a", "1"), put("b", ""), put("a", "2"), drop("c"), put("d", "4")}));
  ASSERT_TRUE(apply({}));
  ASSERT_TRUE(apply({put("other", "tree")}, 1));
  EXPECT_THAT(entries(), ElementsAre("a=2", "b=", "d=4"));
  EXPECT_THAT(entries("b"), ElementsAre("b=", "d=4"));
  EXPECT_THAT(entries("a", "b"), ElementsAre("a=2"));
  EXPECT_THAT(entries("", "", 2), ElementsAre("a=2", "b="));
}

TEST_F(SledAbi, KeepsWhatItHadWhenItIsOpenedAgain) {
  ASSERT_TRUE(apply({put("a", "1")}));
  ASSERT_TRUE(check(aw_sled_flush(store.get())));
  store.reset();
  store = open();
  EXPECT_THAT(entries(), ElementsAre("a=1"));
}

TEST_F(SledAbi, RefusesWhatTheHeaderForbids) {
  const auto refused = [](aw_error* error) {
    const auto done = check(error);
    return !done && done.error().code() == Code::invalid_argument;
  };
  aw_sled* out = nullptr;
  const auto found = [](void*, aw_bytes) noexcept {};
  const auto visit = [](void*, aw_bytes, aw_bytes) noexcept -> std::uint8_t { return 1; };
  const std::array writes{put("a", "1")};
  EXPECT_TRUE(refused(aw_sled_open(to_bridge(folder.native()), 0, nullptr)));
  EXPECT_TRUE(refused(aw_sled_open(to_bridge("\xff"), 0, &out)));
  EXPECT_TRUE(refused(aw_sled_get(nullptr, 0, bytes("a"), nullptr, found)));
  EXPECT_TRUE(refused(aw_sled_get(store.get(), 0, bytes("a"), nullptr, nullptr)));
  EXPECT_TRUE(refused(aw_sled_get(store.get(), AW_SLED_TREES, bytes("a"), nullptr, found)));
  EXPECT_TRUE(refused(aw_sled_get(store.get(), 0, {.ptr = nullptr, .len = 1}, nullptr, found)));
  EXPECT_TRUE(refused(aw_sled_apply(store.get(), 0, nullptr, 1)));
  EXPECT_TRUE(refused(aw_sled_apply(store.get(), AW_SLED_TREES, writes.data(), 1)));
  EXPECT_TRUE(refused(aw_sled_scan(store.get(), 0, {}, {}, nullptr, nullptr)));
  EXPECT_TRUE(refused(aw_sled_scan(nullptr, 0, {}, {}, nullptr, visit)));
  EXPECT_TRUE(refused(aw_sled_flush(nullptr)));
  aw_sled_delete(nullptr);
  EXPECT_EQ(out, nullptr);
  EXPECT_THAT(entries(), ElementsAre());
}

TEST_F(SledAbi, TellsDamageFromAFailingDisk) {
  store.reset();
  std::ofstream(folder / "db" / "conf") << "not what sled wrote";
  aw_sled* out = nullptr;
  const auto damaged = check(aw_sled_open(to_bridge((folder / "db").native()), 1 << 20, &out));
  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().code(), Code::corrupt) << damaged.error().message();
  std::ofstream(folder / "file") << "";
  const auto failed = check(aw_sled_open(to_bridge((folder / "file").native()), 1 << 20, &out));
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code(), Code::io) << failed.error().message();
}

}  // namespace
}  // namespace airssys::wasm
