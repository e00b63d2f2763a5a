// An open file, and a write of all of something. In a header alone: airssys-compile links the bridge and nothing else of ours.
#pragma once
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <span>

namespace airssys::wasm {

class File {
 public:
  explicit File(int fd) noexcept : fd_(fd) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  explicit operator bool() const noexcept { return fd_ >= 0; }
  [[nodiscard]] int get() const noexcept { return fd_; }

 private:
  int fd_;
};

// False: errno says why.
[[nodiscard]] inline bool write_all(int fd, std::span<const std::byte> content) noexcept {
  while (!content.empty()) {
    const ssize_t put = ::write(fd, content.data(), content.size());
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    content = content.subspan(static_cast<std::size_t>(put));
  }
  return true;
}

}  // namespace airssys::wasm
