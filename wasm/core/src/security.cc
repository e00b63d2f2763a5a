#include "airssys/wasm/core/security.h"

#include <fmt/format.h>

#include <charconv>

#include "airssys/base/text.h"

namespace airssys::wasm {

std::string_view trust_level_name(TrustLevel level) noexcept {
  switch (level) {
    case TrustLevel::trusted: return "trusted";
    case TrustLevel::approved: return "approved";
    case TrustLevel::development: return "development";
    case TrustLevel::unknown: return "unknown";
  }
  return "unknown";
}

std::string denial_reference(std::uint64_t session, std::uint64_t number) { return fmt::format("{:08x}-{}", session, number); }

Result<DenialReference> parse_denial_reference(std::string_view text) {
  const std::size_t dash = text.find('-');
  DenialReference reference{};
  const auto read = [](std::string_view part, auto& into, int base) {
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), into, base);
    return error == std::errc{} && end == part.data() + part.size();
  };
  if (dash != 8 || !read(text.substr(0, dash), reference.session, 16) || !read(text.substr(dash + 1), reference.number, 10) ||
      reference.number == 0)
    return fail(Code::invalid_argument,
                fmt::format("{} refers to no denial; write it as the log line has it, such as 5e1f00a2-3", quoted(text)));
  return reference;
}

}  // namespace airssys::wasm
