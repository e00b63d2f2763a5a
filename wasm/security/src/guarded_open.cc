#include "airssys/wasm/security/guarded_open.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <optional>
#include <system_error>
#include <utility>

#include "airssys/base/text.h"
#include "airssys/wasm/core/path_pattern.h"

namespace airssys::wasm {
namespace {

constexpr std::size_t max_shown = 256;
constexpr mode_t mode_of_new_files = 0600;
// How often a file may be gone, and be there again, while it is opened.
constexpr int max_attempts = 16;
// Of the kernel, after the path of what has no name any more.
constexpr std::string_view deleted_mark = " (deleted)";

// What is asked of the gate; both of one that is read and written.
struct Actions {
  bool read = false, write = false, list = false;
};

// One request: who asks, for what, and how it is told about it.
class Request {
 public:
  Request(PermissionGate& gate, std::string_view path, Actions actions) noexcept : gate_(gate), path_(path), actions_(actions) {}

  [[nodiscard]] std::string shown() const { return printable(path_, max_shown); }

  // Asked for and not carried out, for a reason that is not the gate's: on record.
  std::unexpected<Error> refuse(Code code, std::string_view rule, std::string_view advice) {
    for_each([&](Action action) { gate_.record_refusal(action, path_, rule); });
    return fail(code, fmt::format("'{}': {}", shown(), advice));
  }

  Result<> check_asked() {
    if (const std::string_view wrong = wrong_with_path(path_); !wrong.empty())
      return refuse(Code::denied, fmt::format("the path {}", wrong),
                    fmt::format("the path {}; ask for an absolute path, without . and ..", wrong));
    return check(path_);
  }
  Result<> check_real(std::string_view real) {
    if (real == path_) return {};
    auto checked = check(real);
    if (checked) return {};
    const Code code = checked.error().code();
    if (code == Code::exhausted || code == Code::unavailable) return checked;
    return fail(code, fmt::format("'{}': it leads to a place that is not granted", shown()));
  }
  std::unexpected<Error> failed(int error) {
    switch (error) {
      case ENOENT:
      case ENOTDIR: return fail(Code::not_found, fmt::format("'{}': is not there", shown()));
      case EEXIST: return fail(Code::already_exists, fmt::format("'{}': is there already", shown()));
      case ELOOP:
        return refuse(Code::denied, "a link of the kernel, or a loop of links", "leads through links that are not followed");
      case ENAMETOOLONG: return fail(Code::invalid_argument, fmt::format("'{}': has a name that is too long", shown()));
      case EACCES:
      case EPERM:
      case EROFS:
      case ETXTBSY: {
        const std::string why = std::generic_category().message(error);
        return refuse(Code::denied, fmt::format("the operating system: {}", why),
                      fmt::format("the operating system does not let this host do that: {}", why));
      }
      case EMFILE:
      case ENFILE:
      case ENOSPC:
      case EDQUOT: return fail(Code::exhausted, fmt::format("'{}': {}", shown(), std::generic_category().message(error)));
      case ENOSYS:
        return fail(Code::unavailable,
                    fmt::format("'{}': files cannot be opened safely here; it takes Linux 5.6 and /proc", shown()));
      case EWOULDBLOCK:
        return fail(Code::unavailable, fmt::format("'{}': another program has a lease of it; try again", shown()));
      default: return fail(Code::io, fmt::format("'{}': {}", shown(), std::generic_category().message(error)));
    }
  }

 private:
  template <class Do>
  void for_each(Do one) const {
    if (actions_.read) one(Action::filesystem_read);
    if (actions_.write) one(Action::filesystem_write);
    if (actions_.list) one(Action::filesystem_list);
  }
  template <Action action>
  Result<> check_one(std::string_view path) {
    const auto permit = gate_.check<action>(path);
    if (permit) return {};
    return fail(permit.error()->code, permit.error()->reason);
  }
  Result<> check(std::string_view path) {
    if (actions_.read) AIRSSYS_TRY_VOID(check_one<Action::filesystem_read>(path));
    if (actions_.write) AIRSSYS_TRY_VOID(check_one<Action::filesystem_write>(path));
    if (actions_.list) AIRSSYS_TRY_VOID(check_one<Action::filesystem_list>(path));
    return {};
  }

  PermissionGate& gate_;
  const std::string_view path_;
  const Actions actions_;
};

int open_beneath(int folder, const char* path, std::uint64_t flags, std::uint64_t resolve, mode_t mode = 0) noexcept {
  open_how how{.flags = flags | O_CLOEXEC, .mode = mode, .resolve = resolve};
  return static_cast<int>(::syscall(SYS_openat2, folder, path, &how, sizeof how));
}

std::string link_of(int descriptor) { return fmt::format("/proc/self/fd/{}", descriptor); }

// Whether `path`, without any link on the way, is that file now.
bool is_at(const std::string& path, const struct ::stat& status) noexcept {
  const OpenedFile there(open_beneath(AT_FDCWD, path.c_str(), O_PATH | O_NOFOLLOW, RESOLVE_NO_SYMLINKS), {});
  struct ::stat other{};
  return there.descriptor() >= 0 && ::fstat(there.descriptor(), &other) == 0 && other.st_dev == status.st_dev &&
         other.st_ino == status.st_ino;
}

// Something that was found and is not open: it can be neither read nor written.
struct Found {
  OpenedFile file;
  std::string real_path;
  mode_t type;
};

// Where what is behind `descriptor` is. An error: errno.
std::expected<std::string, int> real_path_of(int descriptor, const struct ::stat& status) {
  std::array<char, PATH_MAX> text{};
  const ssize_t size = ::readlink(link_of(descriptor).c_str(), text.data(), text.size());
  if (size < 0) return std::unexpected(errno == ENOENT ? ENOSYS : errno);
  if (static_cast<std::size_t>(size) == text.size()) return std::unexpected(ENAMETOOLONG);
  std::string path(text.data(), static_cast<std::size_t>(size));
  if (!path.starts_with('/')) return std::unexpected(ENOENT);  // outside of this process' root
  if (status.st_nlink == 0 || (path.ends_with(deleted_mark) && !is_at(path, status))) return std::unexpected(ENOENT);
  return path;
}

// An error: errno.
std::expected<Found, int> find(const std::string& path, int flags) {
  const int descriptor = open_beneath(AT_FDCWD, path.c_str(), static_cast<std::uint64_t>(O_PATH | flags), RESOLVE_NO_MAGICLINKS);
  if (descriptor < 0) return std::unexpected(errno);
  OpenedFile file(descriptor, {});
  struct ::stat status{};
  if (::fstat(descriptor, &status) != 0) return std::unexpected(errno);
  auto real = real_path_of(descriptor, status);
  if (!real) return std::unexpected(real.error());
  return Found{std::move(file), *std::move(real), status.st_mode & S_IFMT};
}

// Files of procfs are this process: its memory, its environment, its descriptors.
bool is_procfs(int descriptor) noexcept {
  struct statfs status{};
  return ::fstatfs(descriptor, &status) != 0 || status.f_type == PROC_SUPER_MAGIC;
}

Result<> check_procfs(Request& request, int descriptor) {
  if (!is_procfs(descriptor)) return {};
  return request.refuse(Code::denied, "a file of procfs", "is of the kernel's file system of processes, which nobody is granted");
}

int flags_of(const FileUse& use) noexcept {
  const int access = use.read && use.write ? O_RDWR : use.write ? O_WRONLY : O_RDONLY;
  return access | O_NONBLOCK | O_NOCTTY;
}

Result<OpenedFile> truncated(Request& request, OpenedFile file, const FileUse& use) {
  if (use.truncate && ::ftruncate(file.descriptor(), 0) != 0) return request.failed(errno);
  return file;
}

// The file that was found, and no other: its name is not looked up again.
Result<OpenedFile> open_found(Request& request, const Found& found, int flags) {
  const int descriptor = ::open(link_of(found.file.descriptor()).c_str(), flags | O_CLOEXEC);
  if (descriptor < 0) return request.failed(errno);
  return OpenedFile(descriptor, found.real_path);
}

Result<OpenedFile> open_existing(Request& request, const Found& found, const FileUse& use) {
  AIRSSYS_TRY_VOID(request.check_real(found.real_path));
  if (found.type != S_IFREG) return request.refuse(Code::invalid_argument, "no regular file", "is no regular file");
  AIRSSYS_TRY_VOID(check_procfs(request, found.file.descriptor()));
  AIRSSYS_TRY(OpenedFile file, open_found(request, found, flags_of(use)));
  return truncated(request, std::move(file), use);
}

// None: something of that name is there.
Result<std::optional<OpenedFile>> create(Request& request, const std::string& path, const FileUse& use) {
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == 0 ? "/" : path.substr(0, slash), name = path.substr(slash + 1);
  if (name.empty()) return std::nullopt;  // the root
  const auto parent = find(folder, O_DIRECTORY);
  if (!parent) return request.failed(parent.error());
  const std::string& real = parent->real_path;
  std::string real_path = fmt::format("{}/{}", real == "/" ? "" : real, name);
  AIRSSYS_TRY_VOID(request.check_real(real_path));
  AIRSSYS_TRY_VOID(check_procfs(request, parent->file.descriptor()));
  const int descriptor =
      open_beneath(parent->file.descriptor(), name.c_str(),
                   static_cast<std::uint64_t>(flags_of(use) | O_CREAT | O_EXCL | O_NOFOLLOW), RESOLVE_BENEATH, mode_of_new_files);
  if (descriptor >= 0) return OpenedFile(descriptor, std::move(real_path));
  if (errno == EEXIST) return std::nullopt;
  return request.failed(errno);
}

}  // namespace

OpenedFile::OpenedFile(int descriptor, std::string real_path) noexcept
    : descriptor_(descriptor),
      real_path_(std::move(real_path)) {}

OpenedFile::OpenedFile(OpenedFile&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      real_path_(std::move(other.real_path_)) {}

OpenedFile& OpenedFile::operator=(OpenedFile&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(real_path_, other.real_path_);
  return *this;
}

OpenedFile::~OpenedFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<OpenedFile> open_file(PermissionGate& gate, std::string_view path, const FileUse& use) {
  if (!(use.read || use.write) || (!use.write && (use.truncate || use.create != FileUse::Create::never)))
    return fail(Code::invalid_argument, "a file is opened to read or to write it, and made or truncated to write it");
  Request request(gate, path, {.read = use.read, .write = use.write});
  AIRSSYS_TRY_VOID(request.check_asked());
  const std::string asked(path);
  for (int attempt = 0; attempt < max_attempts; ++attempt) {
    if (use.create != FileUse::Create::always) {
      const auto found = find(asked, 0);
      if (found) return open_existing(request, *found, use);
      if (found.error() != ENOENT || use.create == FileUse::Create::never) return request.failed(found.error());
    }
    AIRSSYS_TRY(std::optional<OpenedFile> made, create(request, asked, use));
    if (made) return *std::move(made);
    if (use.create == FileUse::Create::always) return request.failed(EEXIST);
  }
  return fail(Code::unavailable,
              fmt::format("'{}': is a link that leads nowhere, or comes and goes; try again", request.shown()));
}

Result<OpenedFile> open_folder(PermissionGate& gate, std::string_view path) {
  Request request(gate, path, {.list = true});
  AIRSSYS_TRY_VOID(request.check_asked());
  const auto found = find(std::string(path), 0);
  if (!found) return request.failed(found.error());
  AIRSSYS_TRY_VOID(request.check_real(found->real_path));
  if (found->type != S_IFDIR) return request.refuse(Code::invalid_argument, "no folder", "is no folder");
  AIRSSYS_TRY_VOID(check_procfs(request, found->file.descriptor()));
  return open_found(request, *found, O_RDONLY | O_DIRECTORY | O_NONBLOCK);
}

}  // namespace airssys::wasm
