#include <fmt/format.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <optional>
#include <system_error>

#include "airssys/cli/console.h"

namespace airssys::cli {
namespace {

class ProcessConsole final : public Console {
 public:
  void out(std::string_view text) noexcept override {
    const int error = write_all(STDOUT_FILENO, text);
    if (error != 0 && error != EPIPE) out_error_ = error;
  }
  void err(std::string_view text) noexcept override { write_all(STDERR_FILENO, text); }

  Result<Input> read(std::span<char> into, Duration at_most) noexcept override {
    pollfd watched{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(at_most);
    const int ready = ::poll(&watched, 1, static_cast<int>(wait.count()));
    if (ready == 0 || (ready < 0 && errno == EINTR)) return Input{};
    const ssize_t got = ready < 0 ? -1 : ::read(STDIN_FILENO, into.data(), into.size());
    if (got > 0) return Input{Input::State::data, static_cast<std::size_t>(got)};
    if (got == 0) return Input{Input::State::end, 0};
    if (errno == EINTR || errno == EAGAIN) return Input{};
    return fail(Code::io, fmt::format("cannot be read: {}", std::generic_category().message(errno)));
  }

  bool in_is_terminal() const noexcept override { return ::isatty(STDIN_FILENO) == 1; }
  bool out_is_terminal() const noexcept override { return ::isatty(STDOUT_FILENO) == 1; }
  bool err_is_terminal() const noexcept override { return ::isatty(STDERR_FILENO) == 1; }
  std::size_t width() const noexcept override {
    winsize size{};
    return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
  }

  bool broken() const noexcept override { return broken_.load(std::memory_order_relaxed); }
  Result<> failure() const noexcept override {
    if (out_error_ == 0) return {};
    return fail(Code::io, fmt::format("standard output: {}", std::generic_category().message(out_error_)));
  }

 private:
  // 0 or errno.
  int write_all(int file, std::string_view text) noexcept {
    while (!text.empty()) {
      const ssize_t put = ::write(file, text.data(), text.size());
      if (put >= 0) {
        text.remove_prefix(static_cast<std::size_t>(put));
      } else if (errno == EAGAIN) {
        // Somebody else made the terminal non-blocking; it is shared with other processes.
        pollfd watched{.fd = file, .events = POLLOUT, .revents = 0};
        ::poll(&watched, 1, -1);
      } else if (errno != EINTR) {
        const int error = errno;
        if (error == EPIPE) broken_.store(true, std::memory_order_relaxed);
        return error;
      }
    }
    return 0;
  }

  std::atomic<bool> broken_{false};
  int out_error_ = 0;
};

}  // namespace

std::unique_ptr<Console> process_console() { return std::make_unique<ProcessConsole>(); }

}  // namespace airssys::cli
