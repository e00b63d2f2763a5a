// Records of approvals: whatever the bytes are, reading ends with one that keeps its promises, or with a refusal for people.
#include <cstdint>
#include <string_view>

#include "airssys/base/assert.h"
#include "airssys/base/text.h"
#include "airssys/wasm/security/approvals.h"

using namespace airssys;
using namespace airssys::wasm;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto record = parse_approval({reinterpret_cast<const char*>(data), size}, "F");
  if (!record) {
    const std::string_view message = record.error().message();
    AIRSSYS_ASSERT(record.error().code() == Code::corrupt && message.starts_with("F: "), "code or place");
    AIRSSYS_ASSERT(printable(message, message.size()) == message, "not readable");
    return 0;
  }
  AIRSSYS_ASSERT(record->request.requested.covers(record->granted), "grants more than was requested");
  AIRSSYS_ASSERT(ComponentName::parse(record->request.name).has_value(), "name");
  const std::string text = approval_text(*record);
  const auto again = parse_approval(text, "F");
  AIRSSYS_ASSERT(again && approval_text(*again) == text, "its own form is not read");
  return 0;
}
