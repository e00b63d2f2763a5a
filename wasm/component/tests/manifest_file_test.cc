#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "airssys/wasm/component/manifest.h"

namespace airssys::wasm {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view good = R"([package]
name = "a"
version = "1.0.0"
authors = ["A"]
[resources]
max_memory = "1MiB"
max_stack = "64KiB"
)";

class ManifestFile : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::path(::testing::TempDir()) / "manifest-XXXXXX").native();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  void write(std::string_view name, std::string_view text) const {
    std::ofstream(folder_ / name, std::ios::binary).write(text.data(), static_cast<std::streamsize>(text.size()));
  }
  std::filesystem::path folder_;
};

TEST_F(ManifestFile, IsReadFromItsFolder) {
  write("Component.toml", good);
  const auto manifest = read_manifest(folder_);
  ASSERT_TRUE(manifest) << manifest.error().message();
  EXPECT_EQ(manifest->package.name.text(), "a");
}

TEST_F(ManifestFile, StandsInMistakesWithItsPath) {
  write("Component.toml", std::string(good) + "colour = 1\n");
  const auto manifest = read_manifest(folder_);
  ASSERT_FALSE(manifest);
  EXPECT_EQ(manifest.error().message().find((folder_ / "Component.toml:8:1: unknown key 'colour'").native()), 0u);
  EXPECT_EQ(manifest.error().field("file"), (folder_ / "Component.toml").native());
}

TEST_F(ManifestFile, InLowerCaseIsReadWithAWarning) {
  write("component.toml", good);
  const auto manifest = read_manifest(folder_);
  ASSERT_TRUE(manifest) << manifest.error().message();
  EXPECT_THAT(manifest->warnings,
              ElementsAre(HasSubstr("component.toml:1:1: the file's name should be Component.toml; rename it")));
}

TEST_F(ManifestFile, ThatIsMissingIsNamedWithWhatToDo) {
  auto manifest = read_manifest(folder_);
  ASSERT_FALSE(manifest);
  EXPECT_EQ(manifest.error().code(), Code::not_found);
  EXPECT_EQ(manifest.error().message(),
            (folder_ / "Component.toml").native() + ": there is no manifest; create this file, with [package] and [resources]");
  manifest = read_manifest(folder_ / "absent");
  ASSERT_FALSE(manifest);
  EXPECT_EQ(manifest.error().code(), Code::not_found);
  EXPECT_EQ(manifest.error().message(),
            (folder_ / "absent").native() + ": there is no such folder; name the folder that holds Component.toml");
}

TEST_F(ManifestFile, ThatIsAFolderOrAPipeIsRefusedWithoutWaiting) {
  std::filesystem::create_directory(folder_ / "Component.toml");
  auto manifest = read_manifest(folder_);
  ASSERT_FALSE(manifest);
  EXPECT_EQ(manifest.error().code(), Code::io);
  std::filesystem::remove(folder_ / "Component.toml");
  ASSERT_EQ(mkfifo((folder_ / "Component.toml").c_str(), 0600), 0);
  manifest = read_manifest(folder_);
  ASSERT_FALSE(manifest);
  EXPECT_THAT(manifest.error().message(), HasSubstr("is not a regular file"));
}

TEST_F(ManifestFile, ThatIsTooLargeIsNotReadWhole) {
  write("Component.toml", std::string(10 * max_manifest_bytes, '#'));
  const auto manifest = read_manifest(folder_);
  ASSERT_FALSE(manifest);
  EXPECT_EQ(manifest.error().code(), Code::invalid_configuration);
  EXPECT_THAT(manifest.error().message(), HasSubstr("Component.toml:1:1: the file is longer than 65536 bytes"));
}

TEST_F(ManifestFile, OfExactlyTheLimitIsRead) {
  std::string text(good);
  text.append(max_manifest_bytes - text.size(), '#');
  write("Component.toml", text);
  EXPECT_TRUE(read_manifest(folder_));
}

}  // namespace
}  // namespace airssys::wasm
