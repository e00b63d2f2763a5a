#include "airssys/wasm/core/target_pattern.h"

#include <fmt/format.h>

#include "airssys/base/text.h"
#include "name_grammar.h"

namespace airssys::wasm {

Result<TargetPattern> TargetPattern::parse(std::string_view text) {
  if (text == "*") return any();
  if (const std::size_t star = text.find('*'); star != std::string_view::npos && star + 1 != text.size())
    return fail(Code::invalid_argument,
                fmt::format("{}: '*' at byte {} is not the last character; it may only end a pattern, as in 'worker-*'",
                            quoted(text), star + 1));
  const bool star = text.ends_with('*');
  const std::string_view rest = text.substr(0, text.size() - (star ? 1 : 0));
  AIRSSYS_TRY(const AddressParts parts, split_address(rest, "message target"));

  const std::string_view space = parts.count == 1 ? ComponentAddress::default_namespace : parts.namespace_part;
  const Extent name_extent = star && parts.count < 3 ? Extent::prefix : Extent::whole;
  AIRSSYS_TRY_VOID(check_part({.what = "namespace", .whole = text, .part = space}));
  AIRSSYS_TRY_VOID(check_part({.what = "component name", .whole = text, .part = parts.name, .extent = name_extent}));
  if (parts.count < 3) {
    // Without `*` the name ends here, and every instance of it is meant.
    return TargetPattern(text, fmt::format("{}/{}{}", space, parts.name, star ? "" : "/"), true);
  }
  AIRSSYS_TRY_VOID(check_part({.what = "instance",
                               .whole = text,
                               .part = parts.instance,
                               .first = FirstByte::letter_or_digit,
                               .extent = star ? Extent::prefix : Extent::whole}));
  return TargetPattern(text, std::string(rest), star);
}

}  // namespace airssys::wasm
