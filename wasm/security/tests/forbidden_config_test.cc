#include "airssys/wasm/security/forbidden_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scratch_folder.h"

namespace airssys::wasm {
namespace {

using testing::contents;
using ::testing::HasSubstr;
using testing::ScratchFolder;
namespace fs = std::filesystem;

std::size_t count_of(const ForbiddenList& list, Action action) {
  return static_cast<std::size_t>(std::ranges::count(list.all(), action, &Capability::action));
}

std::string mistake(std::string_view text) {
  const auto parsed = parse_forbidden_list(text, "F");
  return parsed ? "none" : parsed.error().message();
}

TEST(ForbiddenConfig, OfTheGoldenFileTakesThePlaceOfTheDefaultsForItsKeys) {
  const auto list = parse_forbidden_list(contents(fs::path(AIRSSYS_GOLDEN) / "forbidden-capabilities.toml"), "F");
  ASSERT_TRUE(list) << list.error().message();
  EXPECT_EQ(count_of(*list, Action::filesystem_read), 1u);
  EXPECT_EQ(count_of(*list, Action::network_inbound), 0u) << "an empty list forbids nothing";
  EXPECT_EQ(count_of(*list, Action::filesystem_write), count_of(ForbiddenList::defaults(), Action::filesystem_write));
  const Capability* entry = list->find(Action::filesystem_read, "/srv/secret/a/b");
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(entry->place, "F:2:20");
  EXPECT_NE(list->find(Action::filesystem_write, "/etc/passwd"), nullptr);
}

TEST(ForbiddenConfig, WithoutAFileIsTheDefaults) {
  const auto list = read_forbidden_list("/nowhere/forbidden-capabilities.toml");
  ASSERT_TRUE(list) << list.error().message();
  EXPECT_EQ(list->all().size(), ForbiddenList::defaults().all().size());
}

TEST(ForbiddenConfig, SaysEachMistakeWithItsPlace) {
  EXPECT_THAT(mistake("filesystem_read = [\"etc\"]\nfilesystem_wrte = []\nnetwork_outbound = 1\n"),
              ::testing::AllOf(HasSubstr("F:1:20: 'filesystem_read' is wrong: "), HasSubstr("F:2:1: "),
                               HasSubstr("filesystem_write"), HasSubstr("F:3:20: 'network_outbound' must be a list")));
}

TEST(ForbiddenConfig, ThatOthersMayWriteIsRefused) {
  const ScratchFolder folder;
  const auto refused = read_forbidden_list(folder.write("forbidden-capabilities.toml", "", 0664));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("chmod 600"));
}

}  // namespace
}  // namespace airssys::wasm
