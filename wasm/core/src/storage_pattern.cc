#include "airssys/wasm/core/storage_pattern.h"

#include <fmt/format.h>

#include <algorithm>

#include "airssys/base/text.h"
#include "airssys/wasm/core/identity.h"

namespace airssys::wasm {
namespace {

bool is_name_byte(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

bool is_name(std::string_view text) noexcept {
  return !text.empty() && text.size() <= StoragePattern::max_name_bytes && std::ranges::all_of(text, is_name_byte);
}

}  // namespace

Result<StoragePattern> StoragePattern::parse(std::string_view text) {
  const auto wrong = [&](std::size_t at, std::string_view why) {
    return fail(Code::invalid_argument,
                fmt::format("{}: storage namespace at byte {}: {}; write <component>:<name>, shared:<name>, or '*' for the name",
                            quoted(text), at + 1, why));
  };
  const std::size_t colon = text.find(':');
  if (colon == text.npos) return wrong(text.size(), "there is no ':'");
  if (auto owner = ComponentName::parse(text.substr(0, colon)); !owner) return wrong(0, owner.error().message());
  const std::string_view name = text.substr(colon + 1);
  if (name.empty()) return StoragePattern(std::string(text) + '*');
  if (name == "*") return StoragePattern(std::string(text));
  if (const auto bad = std::ranges::find_if_not(name, is_name_byte); bad != name.end())
    return wrong(colon + 1 + static_cast<std::size_t>(bad - name.begin()),
                 *bad == '*' ? "'*' stands for a whole name" : "a name is of letters, digits, '.', '_' and '-'");
  if (name.size() > max_name_bytes)
    return wrong(colon + 1 + max_name_bytes, fmt::format("the name is longer than {} bytes", max_name_bytes));
  return StoragePattern(std::string(text));
}

Result<StoragePattern> StoragePattern::exactly(std::string_view resource) {
  AIRSSYS_TRY(StoragePattern pattern, parse(resource));
  if (pattern.has_wildcard())
    return fail(Code::invalid_argument, fmt::format("{}: is not one storage namespace; name it", quoted(resource)));
  return pattern;
}

bool StoragePattern::matches(std::string_view resource) const noexcept {
  if (!has_wildcard()) return resource == text_;
  const std::string_view beginning = std::string_view(text_).substr(0, text_.size() - 1);  // with the ':'
  return resource.starts_with(beginning) && is_name(resource.substr(beginning.size()));
}

}  // namespace airssys::wasm
