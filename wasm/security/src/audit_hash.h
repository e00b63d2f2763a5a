// What holds the lines of an audit log together, docs/formats/audit-log.md. Threads: each object one at a time.
#pragma once
#include <sodium.h>

#include <cstdint>
#include <string_view>

#include "airssys/wasm/security/audit_line.h"

namespace airssys::wasm {

// The chain as far as it has come.
struct AuditChain {
  std::uint64_t seq = 0;  // of the last line
  AuditHash hash{};       // of the last line that has one
};

// What the next hash covers: the one before, and all bytes since.
class AuditHasher {
 public:
  explicit AuditHasher(const AuditHash& before) noexcept;
  void add(std::string_view bytes) noexcept;
  // Of what was added so far; more may follow.
  [[nodiscard]] AuditHash hash() const noexcept;

 private:
  crypto_generichash_blake2b_state state_;
};

// CRC-32C, by the processor's instruction where it has one.
[[nodiscard]] std::uint32_t crc32c(std::string_view bytes) noexcept;
[[nodiscard]] std::uint32_t crc32c_by_table(std::string_view bytes) noexcept;

}  // namespace airssys::wasm
