// NewFile: a file that is there when all of it is on the disk, and not before.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>

#include "airssys/base/descriptor.h"
#include "airssys/base/result.h"

namespace airssys::wasm {

// Written beside its place under another name. Without commit() it goes with its owner. Threads: one.
class NewFile {
 public:
  // Mode 0600. io: it cannot be made there.
  [[nodiscard]] static Result<NewFile> create(const std::filesystem::path& path);
  NewFile(NewFile&& other) noexcept;
  NewFile& operator=(NewFile&&) = delete;
  ~NewFile();

  [[nodiscard]] Result<> append(std::string_view bytes);
  // On the disk, and in its place; what was there is replaced.
  [[nodiscard]] Result<> commit();

 private:
  NewFile(std::filesystem::path path, std::filesystem::path beside, Descriptor file);
  [[nodiscard]] Result<> write_out();

  std::filesystem::path path_, beside_;  // beside_ is empty: there is nothing to remove
  Descriptor file_;
  std::string buffer_;
};

}  // namespace airssys::wasm
