// The directory that a store on disk lives in (docs/formats/storage.md):
//
//   BACKEND   one line: which backend's files data/ has, and in which version of this layout
//   LOCK      held (flock) by the one process that has the store open, with its number
//   data/     the backend's own files
//   making/   what data/ becomes when it is whole; a crash leaves it behind, and the next opening starts it anew
//
// BACKEND comes before data/ where a store is made, and after it in a backup: a backup that was not finished is no store.
#pragma once
#include <filesystem>
#include <functional>
#include <optional>
#include <string_view>

#include "airssys/base/descriptor.h"
#include "airssys/base/result.h"
#include "airssys/wasm/storage/backends.h"

namespace airssys::wasm {

// What BACKEND says. corrupt: it is no such line; invalid_configuration: of a later version, or another backend than there are.
[[nodiscard]] Result<BackendKind> parse_backend_file(std::string_view text);

// Holds its file LOCK, whatever else is in it. unavailable: somebody has it open, whose number the field `process` has.
[[nodiscard]] Result<Descriptor> lock_directory(const std::filesystem::path& directory);

// Of a store that is open: the lock is held as long as this lives. Moves only.
class StoreDirectory {
 public:
  // Makes an empty store in a folder that does not exist, and closes it.
  using Make = std::function<Result<>(const std::filesystem::path& folder)>;
  // Failures as those of open_backend.
  [[nodiscard]] static Result<StoreDirectory> open(const std::filesystem::path& directory, BackendKind kind, const Make& make);

  [[nodiscard]] std::filesystem::path data() const { return path_ / "data"; }

 private:
  StoreDirectory(std::filesystem::path path, Descriptor lock) : path_(std::move(path)), lock_(std::move(lock)) {}
  std::filesystem::path path_;
  Descriptor lock_;
};

// A store of that kind in `to`, whose files `fill` puts into the folder it is called with, which does not exist. already_exists:
// something is there; whatever else fails, nothing is left behind.
[[nodiscard]] Result<> make_backup(const std::filesystem::path& to, BackendKind kind, const StoreDirectory::Make& fill);

// Of all files below it. What vanishes meanwhile counts as nothing.
[[nodiscard]] std::uint64_t bytes_below(const std::filesystem::path& folder);

}  // namespace airssys::wasm
