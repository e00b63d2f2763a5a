#include "files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <vector>

#include "airssys/base/units.h"

namespace airssys::cli {
namespace {

class FileDescriptor {
 public:
  explicit FileDescriptor(int number) noexcept : number_(number) {}
  ~FileDescriptor() {
    if (number_ >= 0) ::close(number_);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  [[nodiscard]] int number() const noexcept { return number_; }
  // What the kernel only says when the file is closed: a quota, a network file system.
  [[nodiscard]] bool close() noexcept { return ::close(std::exchange(number_, -1)) == 0; }

 private:
  int number_;
};

std::unexpected<Error> failed(const std::filesystem::path& path, std::string_view doing, int error) {
  const auto code = error == ENOENT || error == ENOTDIR ? Code::not_found : Code::io;
  return fail(code, fmt::format("{}: {}: {}", path.string(), doing, std::generic_category().message(error)));
}

}  // namespace

Result<Bytes> read_file(const std::filesystem::path& path, std::uint64_t max_bytes) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.number() < 0) return failed(path, "cannot be opened", errno);
  std::vector<std::byte> content;
  constexpr std::size_t step = 64 * 1024;
  for (;;) {
    const std::size_t had = content.size();
    content.resize(had + step);
    const ssize_t got = ::read(file.number(), content.data() + had, step);
    content.resize(had + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got == 0) return Bytes::copy_of(content);
    if (got < 0 && errno != EINTR) return failed(path, "cannot be read", errno);
    if (content.size() > max_bytes)
      return fail(Code::too_large, fmt::format("{}: larger than {}, which is the limit", path.string(), format_size(max_bytes)));
  }
}

Result<> write_file(const std::filesystem::path& named, std::span<const std::byte> content) {
  // What a link leads to is what the user means; the link stays.
  std::error_code missing;
  const std::filesystem::path real = std::filesystem::canonical(named, missing);
  const std::filesystem::path& path = missing ? named : real;
  // Beside the target, because a rename does not cross file systems; with our process id, because two may write at once.
  const std::filesystem::path beside = path.parent_path() / fmt::format(".{}.{}.part", path.filename().string(), ::getpid());
  FileDescriptor file(::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (file.number() < 0) return failed(path, "cannot be written", errno);
  const auto give_up = [&](int error) {
    ::unlink(beside.c_str());
    return failed(path, "cannot be written", error);
  };
  while (!content.empty()) {
    const ssize_t put = ::write(file.number(), content.data(), content.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return give_up(errno);
    content = content.subspan(static_cast<std::size_t>(put));
  }
  struct ::stat status{};
  if (::stat(path.c_str(), &status) == 0 && ::fchmod(file.number(), status.st_mode & 07777) != 0) return give_up(errno);
  if (!file.close()) return give_up(errno);
  if (::rename(beside.c_str(), path.c_str()) != 0) return give_up(errno);
  return {};
}

}  // namespace airssys::cli
