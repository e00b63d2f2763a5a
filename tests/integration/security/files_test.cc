// Paths, links and races: a guest asks a function of the host for files, which opens them in its name (R4.4).
#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>

#include "attack_world.h"

namespace airssys::wasm::attacks {
namespace {

namespace fs = std::filesystem;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class FileAttacks : public Attacks {
 protected:
  FileAttacks() {
    make_host();
    run({.name = "thief",
         .further =
             fmt::format("[capabilities.filesystem]\nread = [\"{0}/open/*\", \"{0}/open/room/*\"]\nwrite = [\"{0}/open/in-*\"]\n",
                         files_.native())});
  }
  [[nodiscard]] std::string get(std::string_view path) { return ask("thief", fmt::format("call read-file {}", path)); }
  void link(std::string_view from, std::string_view to) const { fs::create_symlink(at(to), at(from)); }
};

TEST_F(FileAttacks, TraversalPrefixesAndOtherSpellingsOpenNothing) {
  ASSERT_EQ(get(at("open/mine")), "mine");
  const std::vector<std::string> paths{
      at("open/../closed/secret"),
      at("openly/secret"),
      at("closed/secret"),
      at("open/./mine"),
      at("open//mine"),
      at("open/mine/"),
      at("OPEN/mine"),
      "/etc/passwd",
      "etc/passwd",
      "../../../../etc/passwd",
      at("open/mine") + '\0' + "x",
      at("open/*"),
      "file://" + at("open/mine"),
      at("open/%2e%2e/closed/secret"),
      at("open"),
  };
  for (const std::string& path : paths) {
    const std::string answer = get(path);
    EXPECT_THAT(answer, AnyOf(StartsWith("permission denied: "), "failed: '" + path + "': is not there")) << path;
    if (answer.starts_with("permission denied: ")) {
      EXPECT_EQ(audited("thief", AuditDecision::deny, "filesystem.read", path), 1u) << path;
    }
  }
  EXPECT_THAT(get("/etc/shadow"), HasSubstr("permission denied: filesystem.read '/etc/shadow' is forbidden on this host"));
}

TEST_F(FileAttacks, AGrantForReadingWritesNothing) {
  ASSERT_EQ(ask("thief", "call write-file " + at("open/in-1")), "written");
  EXPECT_THAT(ask("thief", "call write-file " + at("open/mine")), StartsWith("permission denied: filesystem.write"));
  EXPECT_EQ(read("open/mine"), "mine");
  EXPECT_EQ(audited("thief", AuditDecision::deny, "filesystem.write", at("open/mine")), 1u);
  EXPECT_THAT(get(at("open/mine")), "mine") << "one is not taken for the other";
}

TEST_F(FileAttacks, ALinkThatLeadsOutsideIsDeniedAndTheGuestIsNotToldWhereTo) {
  link("open/link", "closed/secret");
  link("open/in-link", "closed/secret");
  link("open/room", "closed");
  for (const std::string& path : {at("open/link"), at("open/room/secret")}) {
    EXPECT_EQ(get(path), fmt::format("permission denied: '{}': it leads to a place that is not granted", path));
    EXPECT_THAT(ask("thief", "call write-file " + path), StartsWith("permission denied: "));
  }
  EXPECT_THAT(ask("thief", "call write-file " + at("open/in-link")), StartsWith("permission denied: "));
  EXPECT_EQ(read("closed/secret"), "secret");
  EXPECT_EQ(audited("thief", AuditDecision::deny, "filesystem.read", at("closed/secret")), 1u)
      << "the second time it is remembered";
  EXPECT_EQ(audited("thief", AuditDecision::deny, "filesystem.write", at("closed/secret")), 1u);
  end();
  EXPECT_EQ(audited("thief", AuditDecision::deny, "filesystem.read", at("closed/secret")), 2u) << "and counted";
}

TEST_F(FileAttacks, NeitherPipesNorDevicesNorTheHostItselfAreOpened) {
  ASSERT_EQ(::mkfifo(at("open/pipe").c_str(), 0600), 0);
  fs::create_symlink("/dev/zero", at("open/zero"));
  fs::create_symlink("/proc/self/environ", at("open/environ"));
  EXPECT_EQ(get(at("open/pipe")), fmt::format("failed: '{}': is no regular file", at("open/pipe")));
  for (const char* name : {"open/zero", "open/environ"}) EXPECT_THAT(get(at(name)), StartsWith("permission denied: ")) << name;
  EXPECT_EQ(audited("thief", AuditDecision::deny, "filesystem.read", at("open/pipe")), 1u);
}

// What is exchanged all the while: a link inside with one outside, a folder with a link to one outside.
TEST_F(FileAttacks, WhoeverSwapsLinksAndFoldersMeanwhileOpensNothingOutside) {
  constexpr int rounds = 2000;
  link("open/near", "open/mine");
  link("open/far", "closed/secret");
  fs::create_directories(at("open/room"));
  write("open/room/secret", "mine");
  link("open/trap", "closed");
  int opened = 0, refused = 0;
  {
    std::atomic<bool> over{false};
    const auto swapper = platform_->start_thread("test", [&] {
      const auto exchange = [&](const char* one, const char* other) {
        ::syscall(SYS_renameat2, AT_FDCWD, at(one).c_str(), AT_FDCWD, at(other).c_str(), RENAME_EXCHANGE);
      };
      while (!over) {
        exchange("open/near", "open/far");
        exchange("open/room", "open/trap");
      }
    });
    for (int round = 0; round < rounds; ++round)
      for (const char* name : {"open/near", "open/room/secret"}) {
        const std::string answer = get(at(name));
        EXPECT_THAT(answer, AnyOf("mine", StartsWith("permission denied: "), StartsWith("failed: "))) << name;
        ++(answer == "mine" ? opened : refused);
      }
    over = true;
  }
  EXPECT_GT(opened, 0);
  EXPECT_GT(refused, 0);
  EXPECT_EQ(read("closed/secret"), "secret");
  EXPECT_GT(audited("thief", AuditDecision::deny, "filesystem.read", at("closed/secret")), 0u);
}

}  // namespace
}  // namespace airssys::wasm::attacks
