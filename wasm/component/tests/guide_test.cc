// Holds docs/guide/component-toml.md to the code.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "airssys/wasm/component/manifest.h"

namespace airssys::wasm {
namespace {

// The text of the `index`th block of that kind.
std::string block(std::string_view page, std::string_view kind, int index) {
  const std::string fence = "```" + std::string(kind) + "\n";
  std::size_t at = 0;
  for (int i = 0; i <= index; ++i) {
    at = page.find(fence, at);
    if (at == std::string_view::npos) return {};
    at += fence.size();
  }
  return std::string(page.substr(at, page.find("```", at) - at));
}

class Guide : public ::testing::Test {
 protected:
  void SetUp() override {
    std::ifstream file(AIRSSYS_GUIDE);
    page_.assign(std::istreambuf_iterator<char>(file), {});
    ASSERT_FALSE(page_.empty()) << AIRSSYS_GUIDE;
  }
  std::string page_;
};

TEST_F(Guide, ShowsAnExampleThatIsRead) {
  const auto manifest = parse_manifest(block(page_, "toml", 0), "Component.toml");
  ASSERT_TRUE(manifest) << manifest.error().message();
  EXPECT_EQ(manifest->package.name.text(), "thumbnailer");
  EXPECT_TRUE(manifest->warnings.empty());
}

TEST_F(Guide, ShowsCapabilitiesThatAreRead) {
  const std::string head =
      "[package]\nname = \"thumbnailer\"\nversion = \"1.0.0\"\nauthors = [\"A\"]\n"
      "[resources]\nmax_memory = \"4MiB\"\nmax_stack = \"64KiB\"\n";
  const auto manifest = parse_manifest(head + block(page_, "toml", 1), "Component.toml");
  ASSERT_TRUE(manifest) << manifest.error().message();
  EXPECT_TRUE(manifest->warnings.empty());
  const CapabilitySet& set = manifest->capabilities.set;
  EXPECT_TRUE(set.find(Action::filesystem_list, "/srv/photos/2026"));
  EXPECT_TRUE(set.find(Action::network_dns_lookup, "a.cdn.example.org"));
  EXPECT_TRUE(set.find(Action::storage_write, "shared:catalogue"));
  EXPECT_EQ(manifest->capabilities.optional.size(), 1u);
}

TEST_F(Guide, ShowsTheMistakesAsTheyAreReported) {
  const auto manifest = parse_manifest(block(page_, "toml", 2), "Component.toml");
  ASSERT_FALSE(manifest);
  EXPECT_EQ(manifest.error().message() + "\n", block(page_, "text", 0));
}

}  // namespace
}  // namespace airssys::wasm
