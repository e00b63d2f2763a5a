#include "airssys/wasm/admin/admin_socket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace airssys::wasm {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class AdminSocketTest : public ::testing::Test {
 protected:
  AdminSocketTest() : home_(fs::path(::testing::TempDir()) / ("admin_socket_" + std::to_string(::getpid()))) {}
  ~AdminSocketTest() override { fs::remove_all(home_); }
  [[nodiscard]] static mode_t mode(const fs::path& path) {
    struct stat info{};
    EXPECT_EQ(::lstat(path.c_str(), &info), 0) << path;
    return info.st_mode & 07777;
  }
  // Left behind by a host that was killed.
  void leave_dead(const char* name) const {
    const pid_t child = ::fork();
    if (child == 0) {
      const auto socket = AdminSocket::open(home_, name);
      ::_exit(socket ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
    EXPECT_TRUE(fs::exists(home_ / "run" / (std::string(name) + ".sock")));
  }
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> names;
    const auto sockets = admin_sockets(home_).value();
    for (const fs::path& path : sockets) names.push_back(path.stem());
    return names;
  }
  const fs::path home_;
};

TEST_F(AdminSocketTest, IsForItsUserAlone) {
  const mode_t before = ::umask(0);
  const auto socket = AdminSocket::open(home_, "shop");
  ::umask(before);
  ASSERT_TRUE(socket) << socket.error().message();
  EXPECT_EQ(socket->path(), home_ / "run/shop.sock");
  EXPECT_EQ(mode(home_), 0700u);
  EXPECT_EQ(mode(home_ / "run"), 0700u);
  EXPECT_EQ(mode(socket->path()), 0600u);
  const auto client = connect_admin_socket(socket->path());
  ASSERT_TRUE(client);
  EXPECT_EQ(admin_peer_of(client->get())->user, ::geteuid());
  EXPECT_EQ(admin_peer_of(client->get())->process, ::getpid());
}

TEST_F(AdminSocketTest, GoesWithItsOwner) {
  EXPECT_THAT(names(), IsEmpty());
  {
    auto first = AdminSocket::open(home_, "a");
    const auto second = AdminSocket::open(home_, "b");
    ASSERT_TRUE(first && second);
    EXPECT_THAT(names(), ElementsAre("a", "b"));
    const AdminSocket moved = *std::move(first);
    EXPECT_THAT(names(), ElementsAre("a", "b"));
  }
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(AdminSocketTest, ASecondHostOfOneNameIsRefused) {
  const auto first = AdminSocket::open(home_, "shop");
  const auto second = AdminSocket::open(home_, "shop");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), Code::already_exists);
  EXPECT_THAT(second.error().message(), HasSubstr("choose another --name"));
  EXPECT_TRUE(connect_admin_socket(first->path()));
}

TEST_F(AdminSocketTest, WhatDeadHostsLeftIsTakenAway) {
  leave_dead("dead");
  leave_dead("shop");
  const auto alive = AdminSocket::open(home_, "alive");
  EXPECT_THAT(names(), ElementsAre("alive"));
  leave_dead("shop");
  const auto again = AdminSocket::open(home_, "shop");
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_THAT(names(), ElementsAre("alive", "shop"));
}

TEST_F(AdminSocketTest, LeavesAFileThatIsNotItsOwn) {
  auto socket = AdminSocket::open(home_, "shop");
  fs::remove(socket->path());
  std::ofstream(home_ / "run/shop.sock") << "another";
  { const AdminSocket ended = *std::move(socket); }
  EXPECT_TRUE(fs::exists(home_ / "run/shop.sock"));
}

TEST_F(AdminSocketTest, SaysWhatIsWrongWithAPlaceForIt) {
  const auto code = [](const auto& result) { return result ? Code::internal : result.error().code(); };
  for (const std::string& name : {std::string(), std::string("a/b"), std::string(".."), std::string("Ä"), std::string(65, 'a')})
    EXPECT_EQ(code(AdminSocket::open(home_, name)), Code::invalid_argument) << name;
  const auto too_long = AdminSocket::open(home_ / std::string(100, 'x'), "a");
  EXPECT_EQ(code(too_long), Code::invalid_configuration);
  EXPECT_THAT(too_long.error().message(), HasSubstr("too long for a socket"));
  EXPECT_THAT(too_long.error().message(), HasSubstr("of 107; set AIRSSYS_WASM_HOME to a folder with a shorter path"));
  EXPECT_FALSE(fs::exists(home_));
  fs::create_directories(home_ / "run");
  ::chmod((home_ / "run").c_str(), 0770);
  const auto open_folder = AdminSocket::open(home_, "a");
  EXPECT_EQ(code(open_folder), Code::invalid_configuration);
  EXPECT_THAT(open_folder.error().message(), HasSubstr("chmod 0700"));
  fs::remove_all(home_);
  std::ofstream(home_.native()) << "a file";
  EXPECT_EQ(code(AdminSocket::open(home_, "a")), Code::io);
}

TEST_F(AdminSocketTest, AFullLineOfClientsIsToldToTryAgain) {
  const auto socket = AdminSocket::open(home_, "shop");
  std::vector<Descriptor> waiting;
  for (;;) {
    auto client = connect_admin_socket(socket->path());
    if (!client) {
      EXPECT_EQ(client.error().code(), Code::exhausted);
      break;
    }
    waiting.push_back(*std::move(client));
    ASSERT_LT(waiting.size(), 1000u);
  }
  EXPECT_EQ(AdminSocket::open(home_, "shop").error().code(), Code::already_exists) << "it is not taken for dead";
}

}  // namespace
}  // namespace airssys::wasm
