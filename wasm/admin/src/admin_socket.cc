#include "airssys/wasm/admin/admin_socket.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "airssys/base/text.h"

namespace airssys::wasm {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view folder_name = "run", extension = ".sock", lock_name = "lock";
constexpr std::size_t max_name_bytes = 64;
constexpr int waiting_clients = 16;
constexpr mode_t only_ours = 0700, group_and_others = 0077;

std::unexpected<Error> failed(const fs::path& path, std::string_view what, int error) {
  return fail(Code::io, fmt::format("{}: {}: {}", printable(path.native(), PATH_MAX), what, std::strerror(error)));
}

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= max_name_bytes && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

Result<sockaddr_un> address_of(const fs::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string& text = path.native();
  if (text.size() >= sizeof address.sun_path)
    return fail(Code::invalid_configuration,
                fmt::format("{}: too long for a socket, {} bytes of {}; set AIRSSYS_WASM_HOME to a folder with a shorter path",
                            printable(text, PATH_MAX), text.size(), sizeof address.sun_path - 1));
  std::memcpy(address.sun_path, text.data(), text.size());
  return address;
}

const sockaddr* as_any(const sockaddr_un& address) { return reinterpret_cast<const sockaddr*>(&address); }

Result<Descriptor> new_socket() {
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return fail(Code::io, fmt::format("a socket cannot be made: {}", std::strerror(errno)));
  return socket;
}

// 0: somebody listens there, now or in a moment; otherwise why nobody does.
Result<int> try_socket(const fs::path& path) {
  AIRSSYS_TRY(const sockaddr_un address, address_of(path));
  AIRSSYS_TRY(const Descriptor socket, new_socket());
  if (::connect(socket.get(), as_any(address), sizeof address) == 0 || errno == EAGAIN) return 0;
  return errno;
}

// The folder of sockets, of this user alone.
Result<fs::path> make_folder(const fs::path& home) {
  fs::path folder = home / folder_name;
  for (const fs::path& path : {home, folder})
    if (::mkdir(path.c_str(), only_ours) != 0 && errno != EEXIST) return failed(path, "cannot be made", errno);
  struct stat info{};
  if (::lstat(folder.c_str(), &info) != 0) return failed(folder, "cannot be read", errno);
  if (!S_ISDIR(info.st_mode) || info.st_uid != ::geteuid() || (info.st_mode & group_and_others) != 0)
    return fail(Code::invalid_configuration,
                fmt::format("{0}: others could put a socket of theirs there; make it a folder of yours alone: chmod 0700 '{0}'",
                            printable(folder.native(), PATH_MAX)));
  return folder;
}

// Held by who removes and makes sockets there, for as long as that takes.
Result<Descriptor> lock_folder(const fs::path& folder) {
  const fs::path path = folder / lock_name;
  Descriptor lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock) return failed(path, "cannot be opened", errno);
  while (::flock(lock.get(), LOCK_EX) != 0)
    if (errno != EINTR) return failed(path, "cannot be locked", errno);
  return lock;
}

Result<std::vector<fs::path>> sockets_in(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
    if (entry->path().extension() == extension) found.push_back(entry->path());
  if (error && error != std::errc::no_such_file_or_directory) return failed(folder, "cannot be read", error.value());
  std::ranges::sort(found);
  return found;
}

// Those that nobody listens to any more. What cannot be looked at stays.
Result<> remove_dead(const fs::path& folder) {
  AIRSSYS_TRY(const auto sockets, sockets_in(folder));
  for (const fs::path& path : sockets)
    if (const auto why_not = try_socket(path); why_not && *why_not == ECONNREFUSED) ::unlink(path.c_str());
  return {};
}

}  // namespace

Result<AdminPeer> admin_peer_of(int socket) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0)
    return fail(Code::io, fmt::format("the kernel does not say who is at the other end: {}", std::strerror(errno)));
  return AdminPeer{.user = credentials.uid, .process = credentials.pid};
}

bool is_trusted(const AdminPeer& peer) noexcept { return peer.user == 0 || peer.user == ::geteuid(); }

Result<AdminSocket> AdminSocket::open(const fs::path& home, std::string_view name) {
  if (!is_name(name))
    return fail(Code::invalid_argument, fmt::format("{} is no name for a host; write 1 to {} of a-z, 0-9, - and _",
                                                    airssys::quoted(name), max_name_bytes));
  AIRSSYS_TRY(const sockaddr_un address, address_of(home / folder_name / (std::string(name) + std::string(extension))));
  AIRSSYS_TRY(const fs::path folder, make_folder(home));
  AIRSSYS_TRY(const Descriptor lock, lock_folder(folder));
  AIRSSYS_TRY_VOID(remove_dead(folder));
  AdminSocket made;
  AIRSSYS_TRY(made.socket_, new_socket());
  const fs::path path = address.sun_path;
  // The file gets the mode of the socket.
  if (::fchmod(made.socket_.get(), 0600) != 0) return failed(path, "its mode cannot be set", errno);
  if (::bind(made.socket_.get(), as_any(address), sizeof address) != 0) {
    if (errno != EADDRINUSE) return failed(path, "cannot be made", errno);
    return fail(Code::already_exists, fmt::format("{}: a host named '{}' runs already; choose another --name, or stop it",
                                                  printable(path.native(), PATH_MAX), name));
  }
  struct stat info{};
  if (::lstat(path.c_str(), &info) != 0) return failed(path, "cannot be read", errno);
  made.name_ = name;
  made.path_ = path;
  made.device_ = info.st_dev;
  made.file_ = info.st_ino;
  if (::listen(made.socket_.get(), waiting_clients) != 0) return failed(path, "cannot be listened to", errno);
  return made;
}

AdminSocket& AdminSocket::operator=(AdminSocket&& other) noexcept {
  if (this == &other) return *this;
  remove();
  name_ = std::move(other.name_);
  path_ = std::exchange(other.path_, {});
  socket_ = std::move(other.socket_);
  device_ = other.device_;
  file_ = other.file_;
  return *this;
}

AdminSocket::~AdminSocket() { remove(); }

// Before it stops listening: nobody else takes the path meanwhile.
void AdminSocket::remove() noexcept {
  struct stat info{};
  if (path_.empty() || ::lstat(path_.c_str(), &info) != 0 || info.st_dev != device_ || info.st_ino != file_) return;
  ::unlink(path_.c_str());
}

Result<std::vector<fs::path>> admin_sockets(const fs::path& home) { return sockets_in(home / folder_name); }

Result<Descriptor> connect_admin_socket(const fs::path& path) {
  AIRSSYS_TRY(const sockaddr_un address, address_of(path));
  AIRSSYS_TRY(Descriptor socket, new_socket());
  const std::string shown = printable(path.native(), PATH_MAX);
  if (::connect(socket.get(), as_any(address), sizeof address) != 0) {
    if (errno == EAGAIN) return fail(Code::exhausted, fmt::format("{}: too many wait for this host; try again", shown));
    return fail(Code::unavailable, fmt::format("{}: {}", shown, std::strerror(errno)));
  }
  AIRSSYS_TRY(const AdminPeer peer, admin_peer_of(socket.get()));
  if (!is_trusted(peer))
    return fail(Code::denied, fmt::format("{}: belongs to user {}, not to you; remove it", shown, peer.user));
  return socket;
}

}  // namespace airssys::wasm
