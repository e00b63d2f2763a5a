#include "bounded_file.h"

#include <fmt/format.h>

#include <fstream>
#include <system_error>

#include "airssys/base/text.h"

namespace airssys::wasm {

namespace fs = std::filesystem;

std::string show(const fs::path& path) {
  constexpr std::size_t max_path_shown = 4096;
  return printable(path.native(), max_path_shown);
}

Result<std::string> read_bounded(const fs::path& file, std::size_t max_bytes) {
  std::error_code error;
  const fs::file_status status = fs::status(file, error);
  if (!fs::is_regular_file(status))  // a pipe or a device could block for ever
    return fail(Code::io, fmt::format("{}: is not a regular file; put a text file there", show(file)));
  std::ifstream stream(file, std::ios::binary);
  std::string text(max_bytes + 1, '\0');
  if (stream) stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (stream.bad() || (!stream && !stream.eof()))
    return fail(Code::io, fmt::format("{}: cannot be read; check its permissions", show(file)));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  return text;
}

}  // namespace airssys::wasm
