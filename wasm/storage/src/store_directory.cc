#include "store_directory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <system_error>

#include "airssys/base/text.h"

namespace airssys::wasm {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view magic = "airssys-storage ";
constexpr unsigned layout_version = 1;
constexpr std::size_t max_file_bytes = 128;  // of BACKEND and LOCK

std::string shown(const fs::path& path) { return airssys::printable(path.native(), 400); }

std::unexpected<Error> io_failure(const fs::path& path, int why) {
  return fail(Code::io, fmt::format("the storage directory: {}: {}", shown(path), std::strerror(why)));
}

Result<bool> is_there(const fs::path& path) {
  std::error_code error;
  const bool there = fs::exists(fs::symlink_status(path, error));
  if (error && error != std::errc::no_such_file_or_directory) return io_failure(path, error.value());
  return there;
}

Result<> sync_folder(const fs::path& folder) {
  const Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened || ::fsync(opened.get()) != 0) return io_failure(folder, errno);
  return {};
}

Result<> clear_away(const fs::path& path) {
  std::error_code error;
  fs::remove_all(path, error);
  if (error) return io_failure(path, error.value());
  return {};
}

Result<> make_folder(const fs::path& folder) {
  std::error_code error;
  if (folder.has_parent_path()) fs::create_directories(folder.parent_path(), error);
  if (error) return io_failure(folder.parent_path(), error.value());
  // What components keep is nobody else's to read.
  if (::mkdir(folder.c_str(), 0700) != 0) return io_failure(folder, errno);
  return {};
}

Result<std::string> read_small(int fd, const fs::path& path) {
  std::array<char, max_file_bytes> buffer{};
  const ssize_t got = ::pread(fd, buffer.data(), buffer.size(), 0);
  if (got < 0) return io_failure(path, errno);
  return std::string(buffer.data(), static_cast<std::size_t>(got));
}

// Whole or not at all, and on the disk.
Result<> write_backend_file(const fs::path& directory, BackendKind kind) {
  const fs::path file = directory / "BACKEND";
  const fs::path made = directory / "BACKEND.new";
  const std::string line = fmt::format("{}{} {}\n", magic, layout_version, backend_name(kind));
  const Descriptor opened(::open(made.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!opened) return io_failure(made, errno);
  const ssize_t put = ::write(opened.get(), line.data(), line.size());
  if (put < 0 || static_cast<std::size_t>(put) != line.size()) return io_failure(made, put < 0 ? errno : ENOSPC);
  if (::fsync(opened.get()) != 0) return io_failure(made, errno);
  if (::rename(made.c_str(), file.c_str()) != 0) return io_failure(file, errno);
  return sync_folder(directory);
}

// Data without BACKEND, and BACKEND without data, are no store of ours, or no longer one: nothing of them is touched.
Result<> check_data(const fs::path& directory, std::optional<BackendKind> kind) {
  AIRSSYS_TRY(const bool data, is_there(directory / "data"));
  AIRSSYS_TRY(const bool making, is_there(directory / "making"));
  if (data && !kind)
    return fail(
        Code::invalid_configuration,
        fmt::format("the storage directory {}: there is data/ and no file BACKEND that says whose; it is a backup that was "
                    "not finished, or no store: choose another directory, or restore a backup",
                    shown(directory)));
  if (kind && !data && !making)
    return fail(Code::corrupt, fmt::format("the storage directory {}: data/ is missing; restore a backup, or remove BACKEND to "
                                           "begin with an empty store",
                                           shown(directory)));
  return {};
}

Result<> finish(const fs::path& directory) {
  if (::rename((directory / "making").c_str(), (directory / "data").c_str()) != 0) return io_failure(directory / "data", errno);
  return sync_folder(directory);
}

}  // namespace

Result<BackendKind> parse_backend_file(std::string_view text) {
  const auto no_line = [] {
    return fail(Code::corrupt, "BACKEND:1: not `airssys-storage VERSION BACKEND`; restore it from a backup of the directory");
  };
  if (!text.starts_with(magic) || !text.ends_with('\n')) return no_line();
  text.remove_prefix(magic.size());
  text.remove_suffix(1);
  unsigned version = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), version);
  if (error != std::errc() || end == text.data() + text.size() || *end != ' ' || version == 0) return no_line();
  if (version > layout_version)
    return fail(
        Code::invalid_configuration,
        fmt::format("BACKEND:1: a later airssys-wasm made this store (layout {}, this one knows {}); run that one, or export "
                    "with it and import here",
                    version, layout_version));
  text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
  if (text.find_first_of(" \n") != std::string_view::npos || text == backend_name(BackendKind::memory)) return no_line();
  auto kind = parse_backend(text);
  if (!kind) return std::unexpected(std::move(kind).error().within("BACKEND:1"));
  return kind;
}

Result<std::optional<BackendKind>> backend_of(const fs::path& directory) {
  std::optional<BackendKind> kind;
  const fs::path file = directory / "BACKEND";
  const Descriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (opened) {
    AIRSSYS_TRY(const std::string text, read_small(opened.get(), file));
    auto parsed = parse_backend_file(text);
    if (!parsed) return std::unexpected(std::move(parsed).error().within("the storage directory " + shown(directory)));
    kind = *parsed;
  } else if (errno != ENOENT) {
    return io_failure(file, errno);
  }
  AIRSSYS_TRY_VOID(check_data(directory, kind));
  return kind;
}

Result<Descriptor> lock_directory(const fs::path& directory) {
  const fs::path file = directory / "LOCK";
  Descriptor held(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!held) return io_failure(file, errno);
  if (::flock(held.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return io_failure(file, errno);
    AIRSSYS_TRY(const std::string owner, read_small(held.get(), file));
    pid_t process = 0;
    std::from_chars(owner.data(), owner.data() + owner.size(), process);
    const std::string who = process == ::getpid() ? "this process"
                            : process > 0         ? fmt::format("process {}", process)
                                                  : "another process";
    return std::unexpected(
        Error(Code::unavailable, fmt::format("the storage directory {}: {} has it open; stop it first, or ask the running host",
                                             shown(directory), who))
            .with("process", fmt::to_string(process)));
  }
  const std::string own = fmt::format("{}\n", ::getpid());
  if (::ftruncate(held.get(), 0) != 0 || ::pwrite(held.get(), own.data(), own.size(), 0) < 0) return io_failure(file, errno);
  return held;
}

Result<StoreDirectory> StoreDirectory::open(const fs::path& directory, BackendKind kind, const Make& make) {
  if (directory.empty()) return fail(Code::invalid_configuration, "a storage backend on disk needs a directory");
  AIRSSYS_TRY(const bool there, is_there(directory));
  if (!there) AIRSSYS_TRY_VOID(make_folder(directory));
  AIRSSYS_TRY(Descriptor held, lock_directory(directory));
  AIRSSYS_TRY(const auto holds, backend_of(directory));
  if (holds && *holds != kind)
    return fail(
        Code::invalid_configuration,
        fmt::format("the storage directory {} is kept by {}, not by {}; open it as that, or move it: `airssys-wasm storage "
                    "migrate --from {} --to {}`",
                    shown(directory), backend_name(*holds), backend_name(kind), backend_name(*holds), backend_name(kind)));
  const fs::path making = directory / "making";
  AIRSSYS_TRY(const bool data, is_there(directory / "data"));
  if (data || !holds) AIRSSYS_TRY_VOID(clear_away(making));
  if (!holds) {
    AIRSSYS_TRY_VOID(make(making));
    AIRSSYS_TRY_VOID(write_backend_file(directory, kind));
  }
  if (!data) AIRSSYS_TRY_VOID(finish(directory));
  return StoreDirectory(directory, std::move(held));
}

Result<> make_backup(const fs::path& to, BackendKind kind, const StoreDirectory::Make& fill) {
  AIRSSYS_TRY(const bool there, is_there(to));
  if (there) return fail(Code::already_exists, fmt::format("a backup to {}: it is there already; name a new folder", shown(to)));
  AIRSSYS_TRY_VOID(make_folder(to));
  Result<> made = fill(to / "data");
  if (made) made = sync_folder(to);
  if (made) made = write_backend_file(to, kind);
  if (!made) {
    std::error_code ignored;
    fs::remove_all(to, ignored);
  }
  return made;
}

std::uint64_t bytes_below(const fs::path& folder) {
  std::uint64_t bytes = 0;
  std::error_code error;
  for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    std::error_code gone;
    const std::uint64_t size = at->is_regular_file(gone) ? at->file_size(gone) : 0;
    if (!gone) bytes += size;
  }
  return bytes;
}

}  // namespace airssys::wasm
