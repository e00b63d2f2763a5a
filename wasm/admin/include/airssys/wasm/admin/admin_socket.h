// Where a running host is found: a UNIX socket in the folder `run` of the user's home, named as the host.
//
// The folder is 0700 and the socket 0600, so only the user and root get as far as connecting; both ends also ask the kernel who
// the other is (SO_PEERCRED), and neither talks to anybody else. A socket whose host has died refuses connections: the next host
// that starts in that home removes it, under the folder's lock, so that two that start at once never take each other's away.
//
// It is opened before the process wall is raised: nothing of it makes a connection afterwards.
#pragma once
#include <sys/types.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "airssys/base/descriptor.h"
#include "airssys/base/result.h"

namespace airssys::wasm {

// Who is at the other end.
struct AdminPeer {
  uid_t user = static_cast<uid_t>(-1);  // nobody
  pid_t process = 0;
};
[[nodiscard]] Result<AdminPeer> admin_peer_of(int socket);
// The user of this process, and root.
[[nodiscard]] bool is_trusted(const AdminPeer& peer) noexcept;

// One that listens. Its file goes with it. Threads: one at a time.
class AdminSocket {
 public:
  // `run/NAME.sock` of `home`, both made if they are not there. already_exists: a host of that name runs; invalid_argument: no
  // name; invalid_configuration: the path is too long for a socket, or the folder is not the user's alone; otherwise io.
  [[nodiscard]] static Result<AdminSocket> open(const std::filesystem::path& home, std::string_view name);
  AdminSocket(AdminSocket&& other) noexcept { *this = std::move(other); }
  AdminSocket& operator=(AdminSocket&& other) noexcept;
  ~AdminSocket();

  [[nodiscard]] int get() const noexcept { return socket_.get(); }
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  AdminSocket() = default;
  void remove() noexcept;

  std::string name_;
  std::filesystem::path path_;  // empty: moved from
  Descriptor socket_;
  dev_t device_ = 0;
  ino_t file_ = 0;  // another one at that path is not ours to remove
};

// The sockets in the folder `run` of `home`, by name, those of dead hosts included. No such folder: none.
[[nodiscard]] Result<std::vector<std::filesystem::path>> admin_sockets(const std::filesystem::path& home);

// Does not block. unavailable: no host listens there; exhausted: too many wait for it; denied: it is somebody else's.
[[nodiscard]] Result<Descriptor> connect_admin_socket(const std::filesystem::path& path);

}  // namespace airssys::wasm
