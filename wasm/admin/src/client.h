// Client: one connection to the admin socket, as its bytes go in and out.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "airssys/base/descriptor.h"
#include "airssys/base/time.h"
#include "airssys/wasm/admin/admin_socket.h"
#include "airssys/wasm/admin/line_buffer.h"
#include "watch.h"

namespace airssys::wasm {

// Threads: one.
class Client {
 public:
  enum class State : std::uint8_t {
    reads,    // requests are read
    asks,     // a component's answer is awaited; nothing is read
    watches,  // events are sent; nothing more may come
    leaves,   // what is to be sent is sent, and then it is closed
    gone,
  };

  Client(std::uint64_t number, Descriptor socket, AdminPeer peer);

  // What there is, a piece. Gone: the connection is broken.
  enum class Read : std::uint8_t { data, nothing, end };
  [[nodiscard]] Read read();
  [[nodiscard]] LineBuffer& lines() noexcept { return lines_; }

  // As much as it takes now; the rest waits for flush.
  void send(std::string_view line, Instant now);
  void flush(Instant now);
  [[nodiscard]] std::size_t unsent() const noexcept { return out_.size() - sent_; }
  // Since when it has taken nothing, though there was something.
  [[nodiscard]] Instant stalled_since() const noexcept { return progress_; }

  const std::uint64_t number;
  const AdminPeer peer;
  State state = State::reads;
  std::optional<Watch> watch;
  // Seen by who works for it on another thread.
  const std::shared_ptr<std::atomic<bool>> gone = std::make_shared<std::atomic<bool>>(false);

  [[nodiscard]] int get() const noexcept { return socket_.get(); }

 private:
  Descriptor socket_;
  LineBuffer lines_;
  std::string out_;
  std::size_t sent_ = 0;  // of it
  Instant progress_{};
};

}  // namespace airssys::wasm
