// One end of the admin socket in the hands of a test, which may misuse it.
#pragma once
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <optional>
#include <string>

#include "airssys/wasm/admin/admin_socket.h"

namespace airssys::wasm::testing {

// Whatever it waits for comes within that, or the test fails.
inline constexpr int patience_ms = 30'000;

class TestClient {
 public:
  explicit TestClient(const std::filesystem::path& path) {
    auto socket = connect_admin_socket(path);
    EXPECT_TRUE(socket) << socket.error().message();
    if (socket) socket_ = *std::move(socket);
  }
  // All of it, or as much as there is room for.
  std::size_t put(std::string_view text, int wait_ms = patience_ms) {
    std::size_t put = 0;
    while (put < text.size() && wait(POLLOUT, wait_ms)) {
      const ssize_t some = ::send(socket_.get(), text.data() + put, text.size() - put, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (some < 0 && errno != EAGAIN) break;
      if (some > 0) put += static_cast<std::size_t>(some);
    }
    return put;
  }
  // Without its line feed. None: the other end has closed.
  std::optional<std::string> line() {
    for (;;) {
      if (const auto end = text_.find('\n'); end != std::string::npos) {
        std::string line = text_.substr(0, end);
        text_.erase(0, end + 1);
        return line;
      }
      if (!wait(POLLIN, patience_ms)) {
        ADD_FAILURE() << "nothing came";
        return std::nullopt;
      }
      std::array<char, 65536> piece;
      const ssize_t got = ::recv(socket_.get(), piece.data(), piece.size(), 0);
      if (got <= 0) return std::nullopt;
      text_.append(piece.data(), static_cast<std::size_t>(got));
    }
  }
  std::string ask(std::string_view request) {
    put(std::string(request) + "\n");
    return line().value_or("closed");
  }
  void half_close() const { ::shutdown(socket_.get(), SHUT_WR); }
  // Until the other end has closed, without taking anything.
  [[nodiscard]] bool wait_for_close() const { return wait(0, patience_ms); }

 private:
  [[nodiscard]] bool wait(short events, int wait_ms) const {
    pollfd watched{.fd = socket_.get(), .events = events, .revents = 0};
    return ::poll(&watched, 1, wait_ms) > 0;
  }
  Descriptor socket_;
  std::string text_;
};

}  // namespace airssys::wasm::testing
