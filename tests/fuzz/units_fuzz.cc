// Sizes, durations and foreign text: what a manifest or a command line may say.
#include <array>
#include <cstdint>
#include <string_view>

#include "airssys/base/assert.h"
#include "airssys/base/text.h"
#include "airssys/base/units.h"

using namespace airssys;
using namespace std::string_view_literals;

namespace {
bool is_utf8(std::string_view text) { return utf8_prefix(text) == text.size(); }
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);

  if (auto bytes = parse_size(text)) {
    AIRSSYS_ASSERT(*bytes >> 63 == 0, "{} is past the promised range", *bytes);
    AIRSSYS_ASSERT(!format_size(*bytes).empty(), "{} bytes have no text", *bytes);
  } else {
    AIRSSYS_ASSERT(bytes.error().code() == Code::invalid_argument && is_utf8(bytes.error().message()), "a refusal is readable");
  }
  if (auto duration = parse_duration(text)) {
    AIRSSYS_ASSERT(duration->count() >= 0, "{} is negative", duration->count());
    AIRSSYS_ASSERT(!format_duration(*duration).empty(), "{} has no text", duration->count());
  } else {
    AIRSSYS_ASSERT(is_utf8(duration.error().message()), "a refusal is readable");
  }

  const auto shown = quoted(text);
  AIRSSYS_ASSERT(is_utf8(shown) && shown.find_first_of("\n\r\x1b\0"sv) == std::string::npos, "shown text fits one line");
  constexpr std::array<std::string_view, 3> known{"max_memory", "max_fuel", "mailbox_capacity"};
  const auto near = nearest(text, known);
  AIRSSYS_ASSERT(near.empty() || text.size() <= 64, "words past 64 bytes have no near name");
  return 0;
}
