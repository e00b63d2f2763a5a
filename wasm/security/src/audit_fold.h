// Equal decisions of one batch, counted.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "audit_ring.h"

namespace airssys::wasm {

// Bounded: past max_entries different ones a batch is full. Equal ones are nearly always found: of those whose hashes fall on
// the same places some may stay apart, which is a line more and no wrong number.
class AuditFold {
 public:
  struct Entry {
    const AuditRing::Record* record;  // the first of them
    std::uint64_t count;
    std::uint64_t last;  // its number, of the last of them
  };
  static constexpr std::size_t max_entries = 1024;

  AuditFold() : places_(4 * max_entries) { entries_.reserve(max_entries); }

  [[nodiscard]] bool full() const noexcept { return entries_.size() == max_entries; }
  // Not when it is full.
  void add(const AuditRing::Record& record);
  // In the order of their first ones.
  [[nodiscard]] const std::vector<Entry>& entries() const noexcept { return entries_; }
  void clear() noexcept;

 private:
  static constexpr std::size_t probes = 4;
  struct Place {
    std::uint32_t batch = 0;  // of which it is
    std::uint32_t entry = 0;
  };
  std::vector<Place> places_;
  std::vector<Entry> entries_;
  std::uint32_t batch_ = 1;
};

}  // namespace airssys::wasm
