#include "airssys/wasm/security/process_wall.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <fstream>
#include <functional>
#include <thread>

#include "scratch_folder.h"

namespace airssys::wasm {
namespace {

namespace fs = std::filesystem;

// What `body` answers in a process of its own behind the wall; 200: the wall could not be raised.
int behind(const ProcessWall& wall, const std::function<int(const WallReport&)>& body) {
  const pid_t child = ::fork();
  if (child == 0) {
    const auto report = raise_process_wall(wall);
    ::_exit(report ? body(*report) : 200);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

bool can_open(const fs::path& path, int flags) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC, 0600);
  if (fd >= 0) ::close(fd);
  return fd >= 0;
}

class ProcessWallTest : public ::testing::Test {
 protected:
  ProcessWallTest() {
    for (const char* folder : {"mine", "theirs", "shown"}) {
      fs::create_directories(scratch_.path() / folder);
      std::ofstream(scratch_.path() / folder / "file") << "x";
    }
  }
  ProcessWall wall() const { return {.read = {scratch_.path() / "shown"}, .write = {scratch_.path() / "mine"}, .execute = {}}; }
  fs::path file(std::string_view folder, std::string_view name = "file") const { return scratch_.path() / folder / name; }

  testing::ScratchFolder scratch_;
};

TEST_F(ProcessWallTest, LeavesTheFilesThatItWasGivenAndNoOthers) {
  const int wrong = behind(wall(), [&](const WallReport& report) {
    if (report.landlock == 0) return report.missing.empty() ? 1 : 0;
    if (!can_open(file("shown"), O_RDONLY)) return 2;
    if (can_open(file("shown"), O_WRONLY)) return 3;
    if (!can_open(file("mine"), O_RDWR)) return 4;
    if (!can_open(file("mine", "new"), O_WRONLY | O_CREAT)) return 5;
    if (can_open(file("theirs"), O_RDONLY)) return 6;
    if (can_open(file("theirs", "new"), O_WRONLY | O_CREAT)) return 7;
    if (can_open("/etc/shadow", O_RDONLY) || can_open("/etc/hostname", O_RDONLY)) return 8;
    if (::rename(file("mine").c_str(), file("mine", "renamed").c_str()) != 0) return 9;
    if (::symlink(file("theirs").c_str(), file("mine", "link").c_str()) != 0) return 10;
    if (can_open(file("mine", "link"), O_RDONLY)) return 11;  // a link leads nowhere else
    return 0;
  });
  EXPECT_EQ(wrong, 0);
}

TEST_F(ProcessWallTest, IsInheritedByThreadsThatStartLater) {
  const int wrong = behind(wall(), [&](const WallReport& report) {
    bool seen = true;
    std::thread([&] { seen = can_open(file("theirs"), O_RDONLY); }).join();
    return report.landlock != 0 && seen ? 1 : 0;
  });
  EXPECT_EQ(wrong, 0);
}

TEST_F(ProcessWallTest, LeavesNoTcpPortOpenUnlessItShould) {
  const auto can_bind = [] {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in any{};
    any.sin_family = AF_INET;
    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool bound = ::bind(fd, reinterpret_cast<const sockaddr*>(&any), sizeof any) == 0;
    ::close(fd);
    return bound;
  };
  EXPECT_EQ(behind(wall(), [&](const WallReport& report) { return can_bind() == report.network ? 1 : 0; }), 0);
  ProcessWall open = wall();
  open.network = true;
  EXPECT_EQ(behind(open, [&](const WallReport& report) { return can_bind() && !report.network ? 0 : 1; }), 0);
}

TEST_F(ProcessWallTest, MakesNoSocketAndNoConnectionButTakesThoseThatCome) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = file("mine", "socket");
  ASSERT_LT(path.size(), sizeof address.sun_path);
  path.copy(address.sun_path, path.size());
  const auto* const any = reinterpret_cast<const sockaddr*>(&address);
  const int listening = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0),
            theirs = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int unused = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ASSERT_EQ(::bind(listening, any, sizeof address), 0);
  ASSERT_EQ(::listen(listening, 1), 0);
  ASSERT_EQ(::connect(theirs, any, sizeof address), 0);
  const auto tried = [&](const WallReport& report) {
    if (::accept(listening, nullptr, nullptr) < 0) return 1;
    if (::unlink(path.c_str()) != 0) return 2;
    if (!report.calls) return 0;
    for (const int family : {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK})
      for (const int type : {SOCK_STREAM, SOCK_DGRAM})
        if ((::socket(family, type, 0) < 0 && errno == EPERM) != report.network) return 3;
    return (::connect(unused, any, sizeof address) < 0 && errno == EPERM) == report.network ? 0 : 4;
  };
  EXPECT_EQ(behind(wall(), tried), 0);
  ASSERT_EQ(::connect(unused, any, sizeof address), -1) << "it is gone";
  for (const int fd : {listening, theirs, unused}) ::close(fd);
}

TEST_F(ProcessWallTest, GivesUpTheCallsThatNoHostNeeds) {
  const int wrong = behind(wall(), [&](const WallReport& report) {
    if (!report.calls) return report.missing.empty() ? 1 : 0;
    const auto refused = [](long answer) { return answer == -1 && errno == EPERM; };
    if (!refused(::mount("none", "/tmp", "tmpfs", 0, nullptr))) return 2;
    if (!refused(::unshare(CLONE_NEWUSER))) return 3;
    if (!refused(::syscall(SYS_bpf, 0, nullptr, 0))) return 4;
    if (!refused(::syscall(SYS_process_vm_readv, ::getpid(), nullptr, 0, nullptr, 0, 0))) return 5;
    if (!refused(::syscall(SYS_io_uring_setup, 1, nullptr))) return 6;
    if (!refused(::setuid(::getuid()))) return 7;
    return 0;
  });
  EXPECT_EQ(wrong, 0);
}

TEST_F(ProcessWallTest, IsNotRaisedWhereOtherThreadsRun) {
  const pid_t child = ::fork();
  if (child == 0) {
    int answer = 1;
    std::atomic<bool> over = false;
    std::thread other([&] { over.wait(false); });
    const auto report = raise_process_wall(wall());
    answer = !report && report.error().code() == Code::unavailable ? 0 : 1;
    over = true;
    over.notify_all();
    other.join();
    ::_exit(answer);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace airssys::wasm
