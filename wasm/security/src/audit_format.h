// Lines of the audit log as they are written: fast, and always to the same bytes.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "airssys/wasm/security/audit_line.h"

namespace airssys::wasm {

// The chain as far as it has come.
struct AuditChain {
  std::uint64_t seq = 0;  // of the last line
  AuditHash hash{};       // its
};

enum class AuditPlace : std::uint8_t { within_file, begins_file };

struct AuditEntry {
  AuditEvent event;
  WallTime time{};
  std::uint64_t last = 0;  // the number of the last of equal ones; the event's is that of the first
  bool cut = false;        // its texts were longer
};

// Appends the chain's next line to `out`. Texts past AuditEvent::max_text_bytes are cut.
void append_audit_line(std::string& out, AuditChain& chain, const AuditEntry& entry, AuditPlace place);

}  // namespace airssys::wasm
