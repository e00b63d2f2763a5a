// A folder for temporary files that goes with it.
#pragma once
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <string_view>

namespace airssys::bench {

class Folder {
 public:
  explicit Folder(std::string_view what)
      : path_(std::filesystem::temp_directory_path() / fmt::format("airssys_bench_{}_{}", what, ::getpid())) {
    std::filesystem::remove_all(path_);
  }
  ~Folder() {
    std::error_code ignored;  // what is left is in the folder for temporary files
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  const std::filesystem::path path_;
};

}  // namespace airssys::bench
