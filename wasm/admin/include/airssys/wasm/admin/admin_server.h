// AdminServer: answers whoever may connect to the socket of a running host, by the admin protocol.
//
// One thread waits for all clients and does what takes no time; a client that says nothing costs nothing but its place. What
// waits for a component's answer is done by threads that are made when they are needed, at most so many. Nothing of the host ever
// waits for a client: each has one request at a time and is not read from before its answer is on its way; of what it watches it
// gets what it has room for, and the number of the rest; and whoever takes nothing for too long is cut off.
//
// What a client asks for is recorded in the audit log first, with who it is; what cannot be recorded is not done. Who is neither
// the user nor root is refused and recorded.
//
// Lifecycle: serves from start() until it is destroyed, which takes the socket away at once and then waits for answers that are
// still open: stop the host before. Threads: stats any.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "airssys/base/log.h"
#include "airssys/base/platform.h"
#include "airssys/base/result.h"
#include "airssys/wasm/admin/admin_socket.h"
#include "airssys/wasm/core/audit.h"
#include "airssys/wasm/host/host.h"

namespace airssys::wasm {

struct AdminServerConfig {
  std::string program = {};  // its version, for the greeting
  std::uint32_t max_connections = 32;
  std::uint32_t max_requests = 16;  // that wait for a component's answer, of all clients
  std::uint32_t max_watches = 8;
  Duration stall = std::chrono::seconds(10);  // a client that takes nothing for so long is cut off
  // Who is at the other end of a connection, and whether they may be.
  std::function<Result<AdminPeer>(int)> peer_of = admin_peer_of;
  std::function<bool(const AdminPeer&)> may_connect = is_trusted;
};

struct AdminStats {
  std::uint64_t connections = 0;  // that were greeted
  std::uint64_t open = 0;  // of these, now
  std::uint64_t requests = 0;  // that were understood
  std::uint64_t not_understood = 0;
  std::uint64_t strangers = 0;  // refused: neither the user nor root
  std::uint64_t too_many = 0;  // refused: max_connections
  std::uint64_t not_recorded = 0;  // requests that the audit log could not take
  std::uint64_t too_long = 0;  // cut off: a line longer than any may be
  std::uint64_t stalled = 0;  // cut off: they did not take what they were sent
  std::uint64_t missed = 0;  // published messages that those who watch had no room for
};

class AdminServer {
 public:
  // All that is given by reference outlives it. io: no thread can be woken.
  [[nodiscard]] static Result<std::unique_ptr<AdminServer>> start(AdminSocket socket, AdminServerConfig config, Host& host,
                                                                  AuditSink& audit, Platform& platform, LogSink& log);
  virtual ~AdminServer() = default;
  [[nodiscard]] virtual AdminStats stats() const = 0;
};

}  // namespace airssys::wasm
