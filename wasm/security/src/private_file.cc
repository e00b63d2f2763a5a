#include "private_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <span>
#include <system_error>
#include <utility>

#include "airssys/base/text.h"
#include "encoding.h"

namespace airssys::wasm {
namespace {

namespace fs = std::filesystem;

constexpr mode_t private_file_mode = 0600;
constexpr mode_t private_folder_mode = 0700;
constexpr mode_t others = S_IRWXG | S_IRWXO;

class Descriptor {
 public:
  explicit Descriptor(int number) noexcept : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int number() const noexcept { return number_; }
  [[nodiscard]] bool close() noexcept { return ::close(std::exchange(number_, -1)) == 0; }

 private:
  int number_;
};

std::unexpected<Error> failed(const fs::path& path, std::string_view doing, int error) {
  const Code code = error == ENOENT || error == ENOTDIR ? Code::not_found : Code::io;
  return fail(code, fmt::format("{}: {}: {}", shown(path), doing, std::generic_category().message(error)));
}

Result<> check_private(const fs::path& path, const struct ::stat& status, Code refused) {
  const std::string name = shown(path);
  if (!S_ISREG(status.st_mode)) return fail(refused, fmt::format("{}: is not a regular file; put a file there", name));
  if (status.st_uid != ::geteuid())
    return fail(refused, fmt::format("{}: belongs to another user; run 'chown {} {}'", name, ::geteuid(), name));
  if ((status.st_mode & others) != 0)
    return fail(refused,
                fmt::format("{}: others may use it (mode {:04o}); run 'chmod 600 {}'", name, status.st_mode & 07777, name));
  return {};
}

Result<> make_folders(const fs::path& folder) {
  if (folder.empty() || ::access(folder.c_str(), F_OK) == 0) return {};
  AIRSSYS_TRY_VOID(make_folders(folder.parent_path()));
  if (::mkdir(folder.c_str(), private_folder_mode) != 0 && errno != EEXIST) return failed(folder, "cannot be made", errno);
  return {};
}

int write_all(int file, std::string_view content) noexcept {
  while (!content.empty()) {
    const ssize_t put = ::write(file, content.data(), content.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return errno;
    content.remove_prefix(static_cast<std::size_t>(put));
  }
  return 0;
}

// The new name is on the disk as well. A file system that cannot tell loses at most the last change.
void sync_folder(const fs::path& file) noexcept {
  const fs::path parent = file.parent_path();
  const Descriptor folder(::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.number() >= 0) (void)::fsync(folder.number());
}

fs::path beside(const fs::path& file) {
  std::array<std::byte, 8> chance{};
  randombytes_buf(chance.data(), chance.size());
  return file.parent_path() / fmt::format(".{}.{}.part", file.filename().string(), to_hex(chance));
}

// Returns errno.
int put_in_place(const fs::path& from, const fs::path& file, Replace replace) {
  if (replace == Replace::never) {
    const int error = ::link(from.c_str(), file.c_str()) == 0 ? 0 : errno;
    ::unlink(from.c_str());
    return error;
  }
  if (replace == Replace::with_backup) {
    const fs::path backup = file.native() + ".bak";
    const fs::path kept = beside(backup);
    // A link and not a rename: at every moment there is a file of that name.
    if (::link(file.c_str(), kept.c_str()) == 0) {
      if (::rename(kept.c_str(), backup.c_str()) != 0) return errno;
    } else if (errno != ENOENT) {
      return errno;
    }
  }
  return ::rename(from.c_str(), file.c_str()) == 0 ? 0 : errno;
}

}  // namespace

std::string shown(const fs::path& path) {
  constexpr std::size_t max_path_shown = 4096;
  return printable(path.native(), max_path_shown);
}

Result<SecretText> read_private(const fs::path& file, std::size_t max_bytes, Code refused) {
  // Not blocking: a pipe of that name would wait for a writer.
  const Descriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (opened.number() < 0) {
    if (errno == EACCES) return fail(refused, fmt::format("{}: may not be read; check who owns it", shown(file)));
    return failed(file, "cannot be opened", errno);
  }
  struct ::stat status{};
  if (::fstat(opened.number(), &status) != 0) return failed(file, "cannot be read", errno);
  AIRSSYS_TRY_VOID(check_private(file, status, refused));
  SecretText content(max_bytes + 1, '\0');
  std::size_t filled = 0;
  while (filled < content.size()) {
    const ssize_t got = ::read(opened.number(), content.data() + filled, content.size() - filled);
    if (got == 0) break;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(file, "cannot be read", errno);
    filled += static_cast<std::size_t>(got);
  }
  if (filled > max_bytes)
    return fail(Code::too_large,
                fmt::format("{}: is longer than {} bytes; check that it is the right file", shown(file), max_bytes));
  content.resize(filled);
  return content;
}

Result<> save_private(const fs::path& file, std::string_view content, Replace replace) {
  AIRSSYS_TRY_VOID(sodium_ready());
  AIRSSYS_TRY_VOID(make_folders(file.parent_path()));
  const fs::path part = beside(file);
  Descriptor written(::open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, private_file_mode));
  if (written.number() < 0) return failed(file, "cannot be written", errno);
  int error = write_all(written.number(), content);
  if (error == 0 && ::fsync(written.number()) != 0) error = errno;
  if (!written.close() && error == 0) error = errno;
  if (error == 0) error = put_in_place(part, file, replace);
  if (error != 0) ::unlink(part.c_str());
  if (error == EEXIST && replace == Replace::never)
    return fail(Code::already_exists, fmt::format("{}: is there already", shown(file)));
  if (error != 0) return failed(file, "cannot be written", error);
  sync_folder(file);
  return {};
}

}  // namespace airssys::wasm
