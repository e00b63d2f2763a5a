// Names, addresses and message grants: the first line of the input is a pattern, the rest an address.
#include <algorithm>
#include <cstdint>
#include <string_view>

#include "airssys/base/assert.h"
#include "airssys/base/text.h"
#include "airssys/wasm/core/capability.h"
#include "airssys/wasm/core/identity.h"

using namespace airssys;
using namespace airssys::wasm;
using namespace std::string_view_literals;

namespace {
bool is_utf8(std::string_view text) { return utf8_prefix(text) == text.size(); }
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t end = std::min(text.find('\n'), text.size());
  const auto pattern = TargetPattern::parse(text.substr(0, end));
  const auto address = ComponentAddress::parse(text.substr(std::min(end + 1, text.size())));

  if (!pattern) AIRSSYS_ASSERT(is_utf8(pattern.error().message()), "a refusal is readable");
  if (!address) {
    AIRSSYS_ASSERT(is_utf8(address.error().message()), "a refusal is readable");
    return 0;
  }
  AIRSSYS_ASSERT(address->text().size() <= ComponentAddress::max_bytes, "{} is too long", address->text());
  AIRSSYS_ASSERT(address->text().find_first_of(":|\n\0"sv) == std::string::npos, "{} may not stand in a key", address->text());
  for (const std::string_view form : {std::string_view(address->text()), address->short_text()}) {
    const auto again = ComponentAddress::parse(form);
    AIRSSYS_ASSERT(again && *again == *address, "{} is another address than {}", form, address->text());
  }
  AIRSSYS_ASSERT(TargetPattern::any().matches(*address), "* leaves out {}", address->text());
  if (pattern && !pattern->has_wildcard() && std::ranges::count(pattern->text(), '/') == 2) {
    const auto named = ComponentAddress::parse(pattern->text());
    AIRSSYS_ASSERT(named && pattern->matches(*address) == (*named == *address), "{} does not mean what it says", pattern->text());
  }
  return 0;
}
