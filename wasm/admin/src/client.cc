#include "client.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "airssys/wasm/admin/protocol.h"

namespace airssys::wasm {
namespace {

constexpr std::size_t piece_bytes = 64 * 1024;

}  // namespace

Client::Client(std::uint64_t its_number, Descriptor socket, AdminPeer its_peer)
    : number(its_number),
      peer(its_peer),
      socket_(std::move(socket)),
      lines_(max_admin_line_bytes) {}

Client::Read Client::read() {
  std::array<char, piece_bytes> piece;
  const ssize_t got = ::recv(socket_.get(), piece.data(), piece.size(), MSG_DONTWAIT);
  if (got > 0) {
    lines_.put({piece.data(), static_cast<std::size_t>(got)});
    return Read::data;
  }
  if (got == 0) return Read::end;
  if (errno == EAGAIN || errno == EINTR) return Read::nothing;
  state = State::gone;
  return Read::end;
}

void Client::send(std::string_view line, Instant now) {
  if (out_.empty()) progress_ = now;
  out_ += line;
  flush(now);
}

void Client::flush(Instant now) {
  while (sent_ < out_.size()) {
    const ssize_t put = ::send(socket_.get(), out_.data() + sent_, out_.size() - sent_, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (put < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN) state = State::gone;
      return;
    }
    sent_ += static_cast<std::size_t>(put);
    progress_ = now;
  }
  sent_ = 0;
  out_.clear();
  if (out_.capacity() > piece_bytes) out_ = std::string();  // whoever says nothing for long keeps no room
  if (state == State::leaves) state = State::gone;
}

}  // namespace airssys::wasm
