#include "landlock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

namespace airssys::wasm {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t execute = 1 << 0, write_file = 1 << 1, read_file = 1 << 2, read_dir = 1 << 3;
constexpr std::uint64_t abi_1 = (1 << 13) - 1;  // to MAKE_SYM
constexpr std::uint64_t refer = 1 << 13, truncate = 1 << 14, ioctl_device = 1 << 15;  // of versions 2, 3, 5
constexpr std::uint64_t bind_tcp = 1 << 0, connect_tcp = 1 << 1;                     // of version 4
constexpr std::uint64_t of_files = execute | write_file | read_file | truncate | ioctl_device;  // the others are folders'
constexpr int rule_path_beneath = 1;
constexpr std::uint32_t ask_version = 1;

struct RulesetAttributes {
  std::uint64_t handled_fs, handled_net;
};
struct [[gnu::packed]] PathBeneath {
  std::uint64_t allowed;
  std::int32_t parent;
};

class File {
 public:
  explicit File(int fd) noexcept : fd_(fd) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const noexcept { return fd_; }

 private:
  const int fd_;
};

auto refused(std::string_view what) { return fail(Code::io, fmt::format("Landlock: {}: {}", what, std::strerror(errno))); }

std::uint64_t known_rights(int version) noexcept {
  std::uint64_t rights = abi_1;
  if (version >= 2) rights |= refer;
  if (version >= 3) rights |= truncate;
  if (version >= 5) rights |= ioctl_device;
  return rights;
}

Result<> allow(int ruleset, const fs::path& path, std::uint64_t rights) {
  const File file(::open(path.c_str(), O_PATH | O_CLOEXEC));
  if (file.get() < 0) {
    if (errno == ENOENT || errno == ENOTDIR || errno == EACCES) return {};  // what nobody can open needs no rule
    return refused(path.native());
  }
  struct stat info{};
  if (::fstat(file.get(), &info) != 0) return refused(path.native());
  const PathBeneath rule{.allowed = S_ISDIR(info.st_mode) ? rights : rights & of_files, .parent = file.get()};
  if (::syscall(SYS_landlock_add_rule, ruleset, rule_path_beneath, &rule, 0) != 0) return refused(path.native());
  return {};
}

}  // namespace

int landlock_version() noexcept {
  const long version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, ask_version);
  return version > 0 ? static_cast<int>(version) : 0;
}

Result<> confine_by_landlock(const ProcessWall& wall, int version) {
  const std::uint64_t all = known_rights(version);
  const std::uint64_t reading = read_file | read_dir, executing = reading | execute;
  const RulesetAttributes attributes{.handled_fs = all, .handled_net = wall.network ? 0 : bind_tcp | connect_tcp};
  const std::size_t size = version >= 4 ? sizeof attributes : sizeof attributes.handled_fs;
  const File ruleset(static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes, size, 0)));
  if (ruleset.get() < 0) return refused("no ruleset");

  for (const fs::path& path : wall.read) AIRSSYS_TRY_VOID(allow(ruleset.get(), path, reading));
  for (const fs::path& path : wall.execute) AIRSSYS_TRY_VOID(allow(ruleset.get(), path, executing));
  for (const fs::path& path : wall.write) AIRSSYS_TRY_VOID(allow(ruleset.get(), path, all & ~execute));
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return refused("no_new_privs");
  if (::syscall(SYS_landlock_restrict_self, ruleset.get(), 0) != 0) return refused("this thread");
  return {};
}

}  // namespace airssys::wasm
