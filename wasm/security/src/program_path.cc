#include "program_path.h"

#include <unistd.h>

#include <array>
#include <filesystem>
#include <system_error>

namespace airssys::wasm {

std::optional<std::string> find_program(std::string_view name) {
  namespace fs = std::filesystem;
  constexpr std::array<std::string_view, 3> folders{"/usr/local/bin", "/usr/bin", "/bin"};
  if (name.empty() || name.contains('/')) return std::nullopt;
  for (const std::string_view folder : folders) {
    std::error_code error;
    const fs::path real = fs::canonical(fs::path(folder) / name, error);
    if (!error && fs::is_regular_file(real, error) && ::access(real.c_str(), X_OK) == 0) return real.native();
  }
  return std::nullopt;
}

}  // namespace airssys::wasm
