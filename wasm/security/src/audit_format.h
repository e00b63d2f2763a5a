// Lines of the audit log as they are written: fast, and always to the same bytes.
#pragma once
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "airssys/wasm/security/audit_line.h"
#include "audit_hash.h"

namespace airssys::wasm {

enum class AuditPlace : std::uint8_t { within_file, begins_file };

struct AuditEntry {
  AuditEvent event;
  WallTime time{};
  std::uint64_t last = 0;  // the number of the last of equal ones; the event's is that of the first
  bool cut = false;        // its texts were longer
};

// What every line ends with: the 8 digits of a check, or the 64 of a hash, and this around them.
inline constexpr std::string_view audit_check_begin = ",\"check\":\"", audit_hash_begin = ",\"hash\":\"", audit_line_end = "\"}";

// Times as text, those of one second after another.
class AuditClockText {
 public:
  // Until the next.
  [[nodiscard]] std::string_view of(WallTime time);

 private:
  std::chrono::sys_seconds second_ = std::chrono::sys_seconds::min();
  std::array<char, 31> text_{};  // with a zero at its end
};

// Lines that are written at once. The last of them has a hash, and of those before it each max_group-th.
class AuditLines {
 public:
  static constexpr std::size_t max_group = 32;

  // `open`: what a hash would cover already: lines at the end of the chain that none covers.
  explicit AuditLines(const AuditChain& chain, const AuditHasher& open) : chain_(chain), open_(open) {}
  explicit AuditLines(const AuditChain& chain) : AuditLines(chain, AuditHasher(chain.hash)) {}

  // Texts past AuditEvent::max_text_bytes are cut.
  void add(const AuditEntry& entry, AuditPlace place);
  // All of them, with the last one's hash. Then there may be more.
  [[nodiscard]] const std::string& text();
  // After text(): as far as they go.
  [[nodiscard]] const AuditChain& chain() const noexcept { return chain_; }
  // They are written: the next follow on them.
  void clear() noexcept {
    text_.clear();
    covered_ = 0;
  }

 private:
  char* write_body(char* begin, const AuditEntry& entry, AuditPlace place);
  void end_line();
  void end_group();

  AuditChain chain_;
  AuditHasher open_;
  AuditClockText clock_;
  std::string text_;
  std::size_t line_ = 0;     // where the last one begins
  std::size_t covered_ = 0;  // up to there by a hash
  std::size_t group_ = 0;    // lines past that
  bool ended_ = true;        // the last one has a check or a hash
};

}  // namespace airssys::wasm
