#include "airssys/wasm/security/guarded_open.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "airssys/base/sim_platform.h"
#include "airssys/wasm/security/component_security.h"
#include "scratch_folder.h"

namespace airssys::wasm {
namespace {

using testing::contents;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
namespace fs = std::filesystem;

constexpr FileUse reading{.read = true};
constexpr FileUse writing{.write = true};
constexpr FileUse making{.write = true, .create = FileUse::Create::when_absent};

// What was recorded, a line each: "deny filesystem.read /etc/passwd".
struct Records final : AuditSink {
  std::vector<std::string> lines;
  AuditStatus record(const AuditEvent& event) noexcept override {
    lines.push_back(fmt::format("{} {} {}", audit_decision_name(event.decision), event.action, event.resource));
    return AuditStatus::recorded;
  }
};

// A folder with `in`, which is granted, and `out`, which is not.
class GuardedOpen : public ::testing::Test {
 protected:
  GuardedOpen() {
    for (const char* folder : {"in", "in/sub", "out"}) fs::create_directories(at(folder));
    (void)scratch_.write("in/mine", "mine");
    (void)scratch_.write("in/sub/mine", "mine");
    (void)scratch_.write("out/secret", "secret");
    grant({{Action::filesystem_read, "in/**"}, {Action::filesystem_write, "in/**"}});
  }
  struct Grant {
    Action action;
    std::string pattern;
  };
  void grant(const std::vector<Grant>& grants, TrustLevel trust = TrustLevel::approved) {
    CapabilitySet set;
    for (const Grant& one : grants) {
      auto capability = Capability::parse(one.action, one.pattern.starts_with('/') ? one.pattern : at(one.pattern));
      EXPECT_TRUE(capability) << capability.error().message();
      EXPECT_TRUE(set.grant(*std::move(capability)));
    }
    gate_.reset();
    security_ = std::make_unique<ComponentSecurity>(
        SecurityContext{.component = *ComponentAddress::parse("reader"), .trust = trust, .session = 1}, std::move(set),
        RatePolicy::unlimited(), ComponentSecurity::Host{forbidden_, records_, platform_, null_log()}, stats_);
    gate_ = security_->make_gate();
  }
  [[nodiscard]] std::string at(std::string_view name) const { return root_ + "/" + std::string(name); }
  void link(std::string_view from, std::string_view to) const { fs::create_symlink(at(to), at(from)); }
  Result<OpenedFile> open(std::string_view name, const FileUse& use = reading) {
    return open_file(*gate_, name.starts_with('/') ? std::string(name) : at(name), use);
  }
  // The code it fails with, and that it left nothing open.
  Code refusal(std::string_view name, const FileUse& use = reading) {
    const auto before = open_descriptors();
    const auto opened = open(name, use);
    EXPECT_FALSE(opened) << name << " is open: " << opened->real_path();
    if (opened) return Code::internal;
    EXPECT_EQ(open_descriptors(), before);
    EXPECT_THAT(opened.error().message(), Not(HasSubstr(at("out")))) << "a guest learns nothing about where links lead";
    return opened.error().code();
  }
  static std::ptrdiff_t open_descriptors() {
    return std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator());
  }
  static std::string text(const OpenedFile& file) {
    std::array<char, 64> buffer{};
    const ssize_t size = ::pread(file.descriptor(), buffer.data(), buffer.size(), 0);
    return size < 0 ? "unreadable" : std::string(buffer.data(), static_cast<std::size_t>(size));
  }

  const testing::ScratchFolder scratch_;
  const std::string root_ = fs::canonical(scratch_.path());
  SimPlatform platform_{1};
  Records records_;
  ForbiddenList forbidden_ = ForbiddenList::defaults();
  ComponentStats stats_;
  std::unique_ptr<ComponentSecurity> security_;
  std::unique_ptr<PermissionGate> gate_;
};

TEST_F(GuardedOpen, OpensWhatIsGrantedForWhatWasAskedAndNothingMore) {
  const auto read = open("in/mine");
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(text(*read), "mine");
  EXPECT_EQ(read->real_path(), at("in/mine"));
  EXPECT_EQ(::write(read->descriptor(), "x", 1), -1);
  EXPECT_NE(::fcntl(read->descriptor(), F_GETFD) & FD_CLOEXEC, 0);
  const auto write = open("in/mine", writing);
  ASSERT_TRUE(write) << write.error().message();
  EXPECT_EQ(text(*write), "unreadable");
  EXPECT_EQ(::write(write->descriptor(), "M", 1), 1);
  const auto both = open("in/mine", {.read = true, .write = true});
  ASSERT_TRUE(both);
  EXPECT_EQ(text(*both), "Mine");
}

TEST_F(GuardedOpen, DeniesWhatIsNotGrantedWhetherItIsThereOrNot) {
  EXPECT_EQ(open_file(*gate_, at("out/secret"), reading).error().code(), Code::denied);
  EXPECT_EQ(open_file(*gate_, at("out/nothing"), reading).error().code(), Code::denied);
  EXPECT_EQ(refusal("/etc/passwd"), Code::denied);
  EXPECT_EQ(refusal("in2/mine"), Code::denied);
  EXPECT_EQ(refusal("in/nothing"), Code::not_found);
  EXPECT_THAT(records_.lines, ElementsAre("deny filesystem.read " + at("out/secret"), "deny filesystem.read " + at("out/nothing"),
                                          "deny filesystem.read /etc/passwd", "deny filesystem.read " + at("in2/mine"),
                                          "allow filesystem.read " + at("in/nothing")));
}

TEST_F(GuardedOpen, AGrantForReadingOpensNothingForWriting) {
  grant({{Action::filesystem_read, "in/**"}});
  EXPECT_TRUE(open("in/mine"));
  for (const FileUse& use : {writing, making, FileUse{.read = true, .write = true}, FileUse{.write = true, .truncate = true}})
    EXPECT_EQ(refusal("in/mine", use), Code::denied);
  EXPECT_EQ(contents(at("in/mine")), "mine");
  EXPECT_EQ(refusal("in/new", making), Code::denied);
  EXPECT_FALSE(fs::exists(at("in/new")));
}

TEST_F(GuardedOpen, RefusesPathsThatAreNotPlainInDevelopmentModeToo) {
  grant({}, TrustLevel::development);
  for (const std::string& path : {at("in/../out/secret"), at("in/./mine"), at("in//mine"), at("in/mine/"), std::string("in/mine"),
                                  std::string(), at("in/mine") + std::string(1, '\0') + "x", "/" + std::string(5000, 'a')}) {
    const auto opened = open_file(*gate_, path, reading);
    ASSERT_FALSE(opened) << path;
    EXPECT_EQ(opened.error().code(), Code::denied) << path;
    EXPECT_THAT(opened.error().message(), HasSubstr("; ask for an absolute path, without . and .."));
    EXPECT_THAT(records_.lines.back(), HasSubstr("deny filesystem.read "));
  }
}

TEST_F(GuardedOpen, FollowsLinksAsFarAsTheyLeadToWhatIsGranted) {
  link("in/near", "in/mine");
  link("in/door", "in/sub");
  EXPECT_EQ(open("in/near")->real_path(), at("in/mine"));
  EXPECT_EQ(open("in/door/mine")->real_path(), at("in/sub/mine"));
  link("in/far", "out/secret");
  link("in/gate", "out");
  for (const FileUse& use : {reading, writing, making, FileUse{.write = true, .truncate = true}})
    for (const char* path : {"in/far", "in/gate/secret"}) EXPECT_EQ(refusal(path, use), Code::denied) << path;
  EXPECT_EQ(contents(at("out/secret")), "secret");
  EXPECT_THAT(records_.lines, ::testing::Contains("deny filesystem.read " + at("out/secret")));
  EXPECT_THAT(records_.lines, ::testing::Contains("deny filesystem.write " + at("out/secret")));
  link("in/round", "in/round");
  EXPECT_EQ(refusal("in/round"), Code::denied);
}

TEST_F(GuardedOpen, LeadsNobodyToWhatIsForbiddenWhateverIsGranted) {
  fs::create_symlink("/etc/shadow", at("in/link"));
  for (const TrustLevel trust : {TrustLevel::approved, TrustLevel::development}) {
    grant({{Action::filesystem_read, "/**"}}, trust);
    EXPECT_EQ(refusal("in/link"), Code::forbidden);
    EXPECT_EQ(records_.lines.back(), "deny filesystem.read /etc/shadow");
  }
}

TEST_F(GuardedOpen, OpensNothingOfTheProcessItself) {
  grant({{Action::filesystem_read, "/**"}, {Action::filesystem_list, "/**"}});
  const auto held = open("in/mine");
  ASSERT_TRUE(held);
  for (const std::string& path :
       {std::string("/proc/self/mem"), std::string("/proc/self/environ"), std::string("/proc/self/root/etc/hostname"),
        fmt::format("/proc/self/fd/{}", held->descriptor()), std::string("/proc/version")})
    EXPECT_EQ(refusal(path), Code::denied) << path;
  EXPECT_EQ(open_folder(*gate_, "/proc/self/fd").error().code(), Code::denied);
}

// A pipe without a writer, a socket, a device: none of them is opened, so none waits or does anything.
TEST_F(GuardedOpen, OpensRegularFilesOnlyAndWaitsForNobody) {
  ASSERT_EQ(::mkfifo(at("in/pipe").c_str(), 0600), 0);
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  fs::current_path(root_);  // the address of a socket is short
  std::string_view("in/socket").copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  grant({{Action::filesystem_read, "in/**"}, {Action::filesystem_write, "in/**"}, {Action::filesystem_read, "/dev/*"}});
  for (const char* name : {"in/pipe", "in/socket", "in/sub", "/dev/zero", "/dev/tty"}) {
    EXPECT_EQ(refusal(name), Code::invalid_argument) << name;
    EXPECT_THAT(records_.lines.back(), HasSubstr("deny filesystem.read"));
  }
  for (const char* name : {"in/pipe", "in/socket", "in/sub"}) EXPECT_EQ(refusal(name, making), Code::invalid_argument) << name;
  ::close(socket);
}

TEST_F(GuardedOpen, MakesAFileOfItsOwnModeWhereTheFolderReallyIs) {
  const auto made = open("in/sub/new", making);
  ASSERT_TRUE(made) << made.error().message();
  EXPECT_EQ(made->real_path(), at("in/sub/new"));
  EXPECT_EQ(testing::mode_of(at("in/sub/new")), 0600u);
  ASSERT_EQ(::write(made->descriptor(), "new", 3), 3);
  EXPECT_EQ(text(*open("in/sub/new", {.read = true, .write = true, .create = FileUse::Create::when_absent})), "new");
  EXPECT_EQ(refusal("in/sub/new", {.write = true, .create = FileUse::Create::always}), Code::already_exists);
  EXPECT_EQ(refusal("in/nothing/new", making), Code::not_found);
  EXPECT_EQ(refusal("in/mine/new", making), Code::not_found);
  link("in/gate", "out");
  link("in/dangling", "out/new");
  EXPECT_EQ(refusal("in/gate/new", making), Code::denied);
  EXPECT_EQ(refusal("in/dangling", making), Code::unavailable);
  EXPECT_EQ(refusal("in/dangling", {.write = true, .create = FileUse::Create::always}), Code::already_exists);
  EXPECT_FALSE(fs::exists(at("out/new")));
  EXPECT_EQ(open_file(*gate_, "/", making).error().code(), Code::forbidden);
}

TEST_F(GuardedOpen, TruncatesOnlyAfterItsChecks) {
  link("in/far", "out/secret");
  EXPECT_EQ(refusal("in/far", {.write = true, .truncate = true}), Code::denied);
  EXPECT_EQ(contents(at("out/secret")), "secret");
  EXPECT_TRUE(open("in/mine", {.write = true, .truncate = true}));
  EXPECT_EQ(contents(at("in/mine")), "");
}

TEST_F(GuardedOpen, SaysWhatMakesNoSense) {
  for (const FileUse& use :
       {FileUse{}, FileUse{.read = true, .create = FileUse::Create::when_absent}, FileUse{.read = true, .truncate = true}})
    EXPECT_EQ(open("in/mine", use).error().code(), Code::invalid_argument);
  EXPECT_THAT(records_.lines, IsEmpty());
}

TEST_F(GuardedOpen, TellsAFileThatIsCalledDeletedFromOneThatIs) {
  (void)scratch_.write("in/a (deleted)", "kept");
  EXPECT_EQ(text(*open("in/a (deleted)")), "kept");
}

TEST_F(GuardedOpen, OpensAFolderThatMayBeListed) {
  grant({{Action::filesystem_list, "in/*"}});
  const auto folder = open_folder(*gate_, at("in"));
  ASSERT_TRUE(folder) << folder.error().message();
  EXPECT_EQ(folder->real_path(), at("in"));
  EXPECT_EQ(::openat(folder->descriptor(), "nothing", O_RDONLY | O_CLOEXEC), -1);
  link("in/gate", "out");
  EXPECT_EQ(open_folder(*gate_, at("in/sub")).error().code(), Code::denied);
  EXPECT_EQ(open_folder(*gate_, at("in/gate")).error().code(), Code::denied);
  grant({{Action::filesystem_list, "in/**"}});
  EXPECT_EQ(open_folder(*gate_, at("in/gate")).error().code(), Code::denied);
  EXPECT_EQ(open_folder(*gate_, at("in/mine")).error().code(), Code::invalid_argument);
  EXPECT_EQ(records_.lines.back(), "deny filesystem.list " + at("in/mine"));
}

TEST_F(GuardedOpen, RecordsWhatTheOperatingSystemRefuses) {
  const std::string running = fs::read_symlink("/proc/self/exe");
  grant({{Action::filesystem_write, running}});
  EXPECT_EQ(refusal(running, writing), Code::denied);
  EXPECT_EQ(records_.lines.back(), "deny filesystem.write " + running);
}

// --- races: another thread changes the path all the while

class Meanwhile {
 public:
  explicit Meanwhile(std::function<void()> one)
      : thread_([this, one = std::move(one)] {
          while (!stop_.load(std::memory_order_relaxed)) {
            one();
            turns_.fetch_add(1, std::memory_order_relaxed);
          }
        }) {}
  ~Meanwhile() {
    stop_ = true;
    thread_.join();
  }
  Meanwhile(const Meanwhile&) = delete;
  Meanwhile& operator=(const Meanwhile&) = delete;
  [[nodiscard]] unsigned turns() const noexcept { return turns_.load(std::memory_order_relaxed); }

 private:
  std::atomic<bool> stop_{false};
  std::atomic<unsigned> turns_{0};
  std::thread thread_;
};

class GuardedOpenRaces : public GuardedOpen {
 protected:
  static constexpr int rounds = 5000;

  void exchange(std::string_view one, std::string_view other) const {
    ::syscall(SYS_renameat2, AT_FDCWD, at(one).c_str(), AT_FDCWD, at(other).c_str(), RENAME_EXCHANGE);
  }
  // Calls it until both it and the other thread have done enough; `each` says whether it was let through.
  void race(const std::function<void()>& change, const std::function<bool()>& each) {
    int let_through = 0, refused = 0;
    {
      const Meanwhile meanwhile(change);
      for (int round = 0; round < rounds || meanwhile.turns() < rounds; ++round) ++(each() ? let_through : refused);
    }
    EXPECT_GT(let_through, 0) << "the race was none";
    EXPECT_GT(refused, 0) << "the race was none";
    records_.lines.clear();
  }
};

TEST_F(GuardedOpenRaces, NeverOpensWhereASwappedLinkLeads) {
  link("in/near", "in/mine");
  link("in/far", "out/secret");
  race([&] { exchange("in/near", "in/far"); },
       [&] {
         const auto opened = open("in/near");
         if (opened) {
           EXPECT_EQ(text(*opened), "mine");
         }
         return opened.has_value();
       });
}

TEST_F(GuardedOpenRaces, NeverOpensThroughAFolderThatBecomesALink) {
  link("in/trap", "out");
  fs::create_directories(at("in/room"));
  (void)scratch_.write("in/room/secret", "mine");
  race([&] { exchange("in/room", "in/trap"); },
       [&] {
         const auto opened = open("in/room/secret", {.read = true, .write = true});
         if (opened) {
           EXPECT_EQ(text(*opened), "mine");
         }
         return opened.has_value();
       });
  EXPECT_EQ(contents(at("out/secret")), "secret");
}

TEST_F(GuardedOpenRaces, NeverMakesOrTruncatesAFileOutside) {
  link("in/trap", "out");
  fs::create_directories(at("in/room"));
  (void)scratch_.write("in/room/secret", "mine");
  int number = 0;
  race([&] { exchange("in/room", "in/trap"); },
       [&] {
         static_cast<void>(open("in/room/secret", {.write = true, .truncate = true}));
         const std::string name = fmt::format("in/room/new-{}", ++number % 512);
         const auto made = open(name, making);
         fs::remove(at(fmt::format("in/room/new-{}", (number + 256) % 512)));
         return made.has_value();
       });
  EXPECT_EQ(contents(at("out/secret")), "secret");
  EXPECT_EQ(std::distance(fs::directory_iterator(at("out")), fs::directory_iterator()), 1);
}

// The folder itself moves out of what is granted and back, with all that is in it. What is handed out was inside when it was
// checked, by its real path.
TEST_F(GuardedOpenRaces, HandsOutWhatWasInsideByItsRealPathWhenAFolderMoves) {
  fs::create_directories(at("in/sub/deep"));
  (void)scratch_.write("in/sub/deep/mine", "mine");
  race(
      [&] {
        ::rename(at("in/sub/deep").c_str(), at("out/deep").c_str());
        ::rename(at("out/deep").c_str(), at("in/sub/deep").c_str());
      },
      [&] {
        const auto opened = open("in/sub/deep/mine");
        if (opened) {
          EXPECT_EQ(opened->real_path(), at("in/sub/deep/mine"));
        } else {
          EXPECT_THAT(opened.error().code(), ::testing::AnyOf(Code::not_found, Code::denied));
        }
        return opened.has_value();
      });
}

TEST_F(GuardedOpenRaces, ReportsAFileThatComesAndGoesAndNeverOneThatIsGone) {
  race(
      [&] {
        ::unlink(at("in/ghost").c_str());
        (void)scratch_.write("in/ghost", "ghost");
      },
      [&] {
        const auto opened = open("in/ghost");
        if (opened) {
          EXPECT_EQ(opened->real_path(), at("in/ghost"));
        } else {
          EXPECT_EQ(opened.error().code(), Code::not_found) << opened.error().message();
        }
        return opened.has_value();
      });
}

}  // namespace
}  // namespace airssys::wasm
