#include "text_rules.h"

#include <algorithm>

namespace airssys::wasm {
namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

enum class LeadingZero { allowed, refused };

// `a.b.c` of letters, digits and `-`.
bool are_identifiers(std::string_view text, LeadingZero zero) noexcept {
  while (true) {
    const std::size_t dot = std::min(text.find('.'), text.size());
    const std::string_view one = text.substr(0, dot);
    if (one.empty()) return false;
    if (!std::ranges::all_of(one, [](char c) { return is_digit(c) || is_letter(c) || c == '-'; })) return false;
    if (zero == LeadingZero::refused && one.size() > 1 && one[0] == '0' && std::ranges::all_of(one, is_digit)) return false;
    if (dot == text.size()) return true;
    text.remove_prefix(dot + 1);
  }
}

}  // namespace

bool is_semantic_version(std::string_view text) noexcept {
  constexpr std::size_t max_bytes = 256;
  if (text.size() > max_bytes) return false;
  if (const std::size_t plus = text.find('+'); plus != std::string_view::npos) {
    if (!are_identifiers(text.substr(plus + 1), LeadingZero::allowed)) return false;
    text = text.substr(0, plus);
  }
  if (const std::size_t hyphen = text.find('-'); hyphen != std::string_view::npos) {
    if (!are_identifiers(text.substr(hyphen + 1), LeadingZero::refused)) return false;
    text = text.substr(0, hyphen);
  }
  return std::ranges::count(text, '.') == 2 && std::ranges::all_of(text, [](char c) { return is_digit(c) || c == '.'; }) &&
         are_identifiers(text, LeadingZero::refused);
}

bool is_url(std::string_view text) noexcept {
  if (!std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; })) return false;
  const auto plain = [](char c) { return is_letter(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '+'; };
  if (const std::size_t at = text.find("://"); at != std::string_view::npos) {
    const std::string_view scheme = text.substr(0, at);
    const std::string_view rest = text.substr(at + 3);
    return !scheme.empty() && is_letter(scheme[0]) && std::ranges::all_of(scheme, plain) && !rest.empty() && rest[0] != '/';
  }
  const std::size_t at = text.find('@');
  const std::size_t colon = text.find(':', at == std::string_view::npos ? 0 : at);
  if (at == std::string_view::npos || colon == std::string_view::npos) return false;
  const std::string_view user = text.substr(0, at), host = text.substr(at + 1, colon - at - 1);
  return !user.empty() && !host.empty() && std::ranges::all_of(user, plain) && std::ranges::all_of(host, plain) &&
         colon + 1 < text.size();
}

bool is_inner_path(std::string_view text) noexcept {
  if (text.empty() || text[0] == '/' || text.back() == '/' || text.find('\0') != std::string_view::npos) return false;
  while (true) {
    const std::size_t slash = std::min(text.find('/'), text.size());
    if (text.substr(0, slash) == "..") return false;
    if (slash == text.size()) return true;
    text.remove_prefix(slash + 1);
  }
}

}  // namespace airssys::wasm
