#include "admin_client.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <vector>

#include "airssys/base/text.h"
#include "airssys/base/units.h"
#include "airssys/wasm/admin/admin_socket.h"
#include "home.h"
#include "paint.h"

namespace airssys::cli {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

// How long one wait lasts at most: the delay with which Ctrl-C is seen.
constexpr Duration slice = milliseconds(50);
// A host greets when its components have started.
constexpr Duration greeting_within = std::chrono::seconds(10);
constexpr std::string_view connection_field = "connection";

std::unexpected<Error> unreachable(std::string message) {
  return std::unexpected(Error(Code::unavailable, std::move(message)).with(std::string(connection_field), "failed"));
}

struct Running {
  std::string name;
  Descriptor socket;
};

// Those somebody listens at.
Result<std::vector<Running>> running_hosts(const fs::path& home) {
  std::vector<Running> running;
  AIRSSYS_TRY(const auto sockets, wasm::admin_sockets(home));
  for (const fs::path& path : sockets) {
    auto socket = wasm::connect_admin_socket(path);
    if (socket)
      running.push_back({path.stem(), *std::move(socket)});
    else if (socket.error().code() != Code::unavailable)
      return std::unexpected(std::move(socket).error());
  }
  return running;
}

std::string names_of(const std::vector<Running>& running) {
  std::vector<std::string_view> names;
  for (const Running& one : running) names.push_back(one.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

Exit admin_exit(const Error& error) noexcept {
  return error.field(connection_field).empty() ? exit_code(error.code()) : Exit::network;
}

AdminClient::AdminClient(Descriptor socket, const Interrupt& interrupt)
    : socket_(std::move(socket)),
      lines_(wasm::max_admin_line_bytes),
      interrupt_(&interrupt) {}

Result<AdminClient> AdminClient::connect(std::string_view host, const Context& context) {
  if (host.empty()) host = variable(context, "AIRSSYS_WASM_HOST");
  AIRSSYS_TRY(const Home home, find_home(context));
  AIRSSYS_TRY(std::vector<Running> running, running_hosts(home.folder()));
  if (running.empty())
    return unreachable(
        fmt::format("no host of {} runs; start one, as with 'airssys-wasm run PATH --stay'", printable(home.folder().native())));
  if (host.empty() && running.size() > 1)
    return fail(Code::invalid_argument,
                fmt::format("{} hosts run: {}; say which by --host NAME", running.size(), names_of(running)));
  const std::string names = names_of(running);
  const auto named = host.empty() ? running.begin() : std::ranges::find(running, host, &Running::name);
  if (named != running.end()) {
    AdminClient client(std::move(named->socket), context.interrupt);
    AIRSSYS_TRY_VOID(client.greet(greeting_within));
    return client;
  }
  // A named one says in its greeting which process it is.
  for (Running& one : running) {
    AdminClient client(std::move(one.socket), context.interrupt);
    if (client.greet(greeting_within) && fmt::to_string(client.greeting_.process) == host) return client;
  }
  return unreachable(fmt::format("no host {} runs; those that do are {}", airssys::quoted(host), names));
}

Result<> AdminClient::greet(Duration at_most) {
  AIRSSYS_TRY(const std::string line, line_within(at_most));
  AIRSSYS_TRY(greeting_, wasm::parse_admin_greeting(line));
  return {};
}

Result<std::string> AdminClient::ask(const wasm::AdminRequest& request, Duration at_most) {
  AIRSSYS_TRY_VOID(put(wasm::admin_line(request), at_most));
  return line_within(at_most);
}

Result<> AdminClient::put(std::string_view line, Duration at_most) {
  while (!line.empty()) {
    AIRSSYS_TRY(const bool ready, wait(POLLOUT, at_most));
    if (!ready && at_most <= Duration::zero()) return fail(Code::timed_out, "the host takes nothing");
    if (!ready) continue;
    const ssize_t put = ::send(socket_.get(), line.data(), line.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (put >= 0)
      line.remove_prefix(static_cast<std::size_t>(put));
    else if (errno == EPIPE || errno == ECONNRESET)
      return {};  // what it said before it went is there to be read
    else if (errno != EAGAIN && errno != EINTR)
      return unreachable("the connection to the host broke");
  }
  return {};
}

Result<std::string> AdminClient::line_within(Duration at_most) {
  const Duration whole = at_most;
  while (at_most > Duration::zero()) {
    const Duration step = std::min(at_most, slice);
    AIRSSYS_TRY(auto line, next(step));
    if (line) return *std::move(line);
    at_most -= step;
  }
  return std::unexpected(Error(Code::timed_out, fmt::format("the host did not answer within {}; it may be starting, or hang",
                                                            format_duration(whole)))
                             .with(std::string(connection_field), "silent"));
}

Result<std::optional<std::string>> AdminClient::next(Duration at_most) {
  for (;;) {
    if (const auto line = lines_.next()) return std::string(*line);
    if (lines_.too_long()) return unreachable("the host sent a line longer than any may be");
    AIRSSYS_TRY(const bool ready, wait(POLLIN, at_most));
    if (!ready && at_most <= Duration::zero()) return std::nullopt;
    if (!ready) continue;
    std::array<char, 65536> piece;
    const ssize_t got = ::recv(socket_.get(), piece.data(), piece.size(), MSG_DONTWAIT);
    if (got > 0)
      lines_.put({piece.data(), static_cast<std::size_t>(got)});
    else if (got == 0 || (errno != EAGAIN && errno != EINTR))
      return unreachable("the host has ended");
  }
}

Result<bool> AdminClient::wait(short events, Duration& left) {
  if (interrupt_->requested()) return fail(Code::cancelled, "interrupted");
  const Duration step = std::min(left, slice);
  pollfd watched{.fd = socket_.get(), .events = events, .revents = 0};
  const int ready = ::poll(&watched, 1, static_cast<int>(ceil<milliseconds>(step).count()));
  if (ready == 0) left -= step;
  return ready > 0;
}

}  // namespace airssys::cli
