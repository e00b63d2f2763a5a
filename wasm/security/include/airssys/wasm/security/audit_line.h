// One line of the audit log, as docs/formats/audit-log.md has it. Pure; threads: any.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "airssys/base/result.h"
#include "airssys/base/time.h"
#include "airssys/wasm/core/audit.h"

namespace airssys::wasm {

// BLAKE2b-256.
using AuditHash = std::array<unsigned char, 32>;
// 64 lowercase digits.
[[nodiscard]] std::string audit_hash_text(const AuditHash& hash);
[[nodiscard]] std::optional<AuditHash> parse_audit_hash(std::string_view text);

struct AuditLine {
  static constexpr std::uint64_t format_version = 1;
  // Longer than any line that is written, which has texts of AuditEvent::max_text_bytes, escaped.
  static constexpr std::size_t max_bytes = 128 << 10;

  std::uint64_t seq = 0;  // 1 is the first of a log; the next is one more
  WallTime time{};        // of the first of those decisions
  std::string component, action, resource;
  AuditDecision decision = AuditDecision::deny;
  std::string rule, place;
  std::uint64_t session = 0;
  std::uint64_t count = 1;
  std::uint64_t number = 0, last = 0;  // as AuditEvent has it, of the first and the last of those decisions; 0: none
  bool cut = false;                // a text was longer than may be
  std::optional<AuditHash> after;  // of a file's first line: the hash of the line before it; zeros: there is none
  std::optional<AuditHash> hash;   // that it claims, over what is before it since the hash before
  std::uint32_t check = 0;         // that it claims otherwise

  // `line` without its line feed. corrupt: what is wrong with it. Whether hash and check are right is not looked at.
  [[nodiscard]] static Result<AuditLine> parse(std::string_view line);
};

// A line without the hash or the check at its end; `line` is one that parses.
[[nodiscard]] std::string_view audit_line_body(std::string_view line);
// What its hash is to be when the line before it has the hash `before`.
[[nodiscard]] AuditHash audit_hash_of(std::string_view line, const AuditHash& before);
// What its check is to be: CRC-32C.
[[nodiscard]] std::uint32_t audit_check_of(std::string_view line);

// "2026-11-21T19:50:20.123456789Z".
[[nodiscard]] std::string audit_time_text(WallTime time);
[[nodiscard]] std::optional<WallTime> parse_audit_time(std::string_view text);

}  // namespace airssys::wasm
