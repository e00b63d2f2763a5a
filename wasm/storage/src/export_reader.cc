#include "export_reader.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "airssys/base/text.h"

namespace airssys::wasm {
namespace {

constexpr std::size_t piece_bytes = 256 * 1024;

}  // namespace

std::unexpected<Error> ExportReader::refuse(Code code, std::string_view what) const {
  return fail(code, fmt::format("{}:{}: {}", printable(name_, name_.size()), number_, what));
}

Result<std::optional<ExportReader::Line>> ExportReader::next() {
  for (;;) {
    if (const auto line = lines_.next()) {
      number_ = line->number;
      if (!line->content) return refuse(Code::corrupt, fmt::format("a line of more than {} bytes", max_export_line_bytes));
      auto content = parse_export_line(line->content->text());
      if (!content) return refuse(content.error().code(), content.error().message());
      return Line{*std::move(content), *line->content};
    }
    if (lines_.ended()) return std::nullopt;
    std::string piece(piece_bytes, '\0');
    const ssize_t got = ::pread(file_.get(), piece.data(), piece.size(), static_cast<off_t>(offset_));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0)
      return fail(Code::io,
                  fmt::format("{}: cannot be read: {}", printable(name_, name_.size()), std::generic_category().message(errno)));
    if (got == 0) lines_.end();
    offset_ += static_cast<std::uint64_t>(got);
    if (got > 0) lines_.put(std::string_view(piece).substr(0, static_cast<std::size_t>(got)));
  }
}

}  // namespace airssys::wasm
