// A home and a component with its manifest, in a folder of their own.
#pragma once
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "fakes.h"

namespace airssys::cli::testing {

class ProjectFolder : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::path(::testing::TempDir()) / "project-XXXXXX").native();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    world_.environment = {{"HOME", (folder_ / "user").native()}};
    std::filesystem::create_directory(folder_ / "echo");
    write("echo/Component.toml", manifest_);
    write("echo/echo.wasm", "a component");
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void write(const std::filesystem::path& name, std::string_view text) const {
    std::ofstream(folder_ / name, std::ios::binary).write(text.data(), static_cast<std::streamsize>(text.size()));
  }
  [[nodiscard]] std::string read(const std::filesystem::path& name) const {
    std::ostringstream text;
    text << std::ifstream(folder_ / name, std::ios::binary).rdbuf();
    return text.str();
  }
  [[nodiscard]] std::string path(const std::filesystem::path& name) const { return (folder_ / name).native(); }
  [[nodiscard]] mode_t mode(const std::filesystem::path& name) const {
    struct ::stat status{};
    return ::stat((folder_ / name).c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
  }
  // Runs one command in a world of its own and keeps what it printed.
  int run(std::vector<std::string> arguments) {
    World world;
    world.environment = world_.environment;
    world.platform.advance(now_);
    world.console.terminal = terminal_;
    world.console.piped_input = piped_;
    world.console.input = input_;
    world.interrupt.flag = interrupted_;
    const int exit = world.run(std::move(arguments));
    out_ = world.out();
    err_ = world.err();
    return exit;
  }

  std::filesystem::path folder_;
  World world_;  // its environment is that of each run
  Duration now_ = std::chrono::hours(24 * 365 * 56);
  bool terminal_ = false, piped_ = false, interrupted_ = false;
  std::deque<std::optional<std::string>> input_;
  std::string out_, err_;
  static constexpr std::string_view manifest_ =
      "# an echo\n[package]\nname = \"echo\"\nversion = \"1.2.3\"\nauthors = [\"A\"]\n[resources]\nmax_memory = "
      "\"1MiB\"\nmax_stack = "
      "\"64KiB\"\n";
};

}  // namespace airssys::cli::testing
