// The file BACKUP: whatever the bytes are, reading ends with a manifest that is written and read as the same again, or with a
// refusal for people.
#include <cstdint>
#include <string_view>

#include "airssys/base/assert.h"
#include "airssys/base/text.h"
#include "airssys/wasm/storage/maintenance.h"

using namespace airssys;
using namespace airssys::wasm;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto manifest = parse_backup({reinterpret_cast<const char*>(data), size});
  if (!manifest) {
    const std::string& message = manifest.error().message();
    AIRSSYS_ASSERT(message.starts_with("BACKUP:1: ") && printable(message, message.size()) == message, "place, or not readable");
    return 0;
  }
  const std::string text = backup_text(*manifest);
  const auto again = parse_backup(text);
  AIRSSYS_ASSERT(again && backup_text(*again) == text, "its own form is not read");
  return 0;
}
