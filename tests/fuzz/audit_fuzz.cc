// Lines of an audit log, which somebody may have altered.
#include <cstdint>
#include <string>
#include <string_view>

#include "airssys/base/assert.h"
#include "airssys/base/text.h"
#include "airssys/wasm/security/audit_line.h"

using namespace airssys;
using namespace airssys::wasm;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto line = AuditLine::parse(text);
  if (!line) {
    AIRSSYS_ASSERT(line.error().code() == Code::corrupt, "a refusal of another kind: {}", line.error().message());
    return 0;
  }
  AIRSSYS_ASSERT(line->seq > 0 && line->count > 0 && line->last >= line->number, "numbers that no line has");
  for (const std::string* const part : {&line->component, &line->action, &line->resource, &line->rule, &line->place})
    AIRSSYS_ASSERT(utf8_prefix(*part) == part->size(), "a text that is no UTF-8");
  AIRSSYS_ASSERT(parse_audit_time(audit_time_text(line->time)) == line->time, "a time that is not written as it is read");
  // Whatever the hash covers, it is the same of the same bytes, and another one after another line.
  const AuditHash hash = audit_hash_of(text, {});
  AIRSSYS_ASSERT(hash == audit_hash_of(std::string(text), {}) && hash != audit_hash_of(text, {1}), "a hash that is none");
  return 0;
}
