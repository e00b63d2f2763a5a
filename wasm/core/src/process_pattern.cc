#include "airssys/wasm/core/process_pattern.h"

#include <fmt/format.h>

#include <algorithm>

#include "airssys/base/text.h"

namespace airssys::wasm {
namespace {

bool is_name_byte(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '+' ||
         c == '-';
}

}  // namespace

Result<ProcessPattern> ProcessPattern::parse(std::string_view text) {
  if (text == "*") return ProcessPattern(text, true, std::nullopt);
  if (text.starts_with('/')) {
    AIRSSYS_TRY(PathPattern path, PathPattern::parse(text));
    return ProcessPattern(text, false, std::move(path));
  }
  const auto wrong = [&](std::size_t at, std::string_view why) {
    return fail(
        Code::invalid_argument,
        fmt::format("{}: program at byte {}: {}; write an absolute path, as in '/usr/bin/git', or a bare name, as in 'git'",
                    quoted(text), at + 1, why));
  };
  if (text.empty()) return wrong(0, "is empty");
  if (const auto bad = std::ranges::find_if_not(text, is_name_byte); bad != text.end())
    return wrong(static_cast<std::size_t>(bad - text.begin()),
                 *bad == '/' ? "a path has to be absolute" : "a bare name is of letters, digits, '.', '_', '+' and '-'");
  if (text.size() > max_name_bytes)
    return wrong(max_name_bytes, fmt::format("a bare name is at most {} bytes long", max_name_bytes));
  if (text == "." || text == "..") return wrong(0, "is no program");
  return ProcessPattern(text, false, std::nullopt);
}

Result<ProcessPattern> ProcessPattern::exactly(std::string_view path) {
  AIRSSYS_TRY(PathPattern pattern, PathPattern::exactly(path));
  const std::string text = pattern.text();
  return ProcessPattern(text, false, std::move(pattern));
}

Result<ProcessPattern> ProcessPattern::resolved(std::string_view path) const {
  if (!is_unresolved()) return fail(Code::invalid_argument, fmt::format("{}: is no bare name of a program", quoted(text_)));
  AIRSSYS_TRY(PathPattern pattern, PathPattern::exactly(path));
  return ProcessPattern(text_, false, std::move(pattern));
}

bool ProcessPattern::covers(const ProcessPattern& other) const {
  if (any_) return true;
  if (is_unresolved()) return other.is_unresolved() && text_ == other.text_;
  return other.path_ && path_->covers(*other.path_);
}

bool ProcessPattern::overlaps(const ProcessPattern& other) const {
  if (!path_ || !other.path_) return true;
  return path_->overlaps(*other.path_);
}

}  // namespace airssys::wasm
