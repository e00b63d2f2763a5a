#include "audit_fold.h"

#include <algorithm>
#include <functional>
#include <string_view>

namespace airssys::wasm {

void AuditFold::add(const AuditRing::Record& record) {
  const std::string_view equal = record.equal();
  const std::size_t hash = std::hash<std::string_view>{}(equal);
  for (std::size_t n = 0; n < probes; ++n) {
    Place& place = places_[(hash + n) % places_.size()];
    if (place.batch != batch_) {
      place = {batch_, static_cast<std::uint32_t>(entries_.size())};
      break;
    }
    Entry& entry = entries_[place.entry];
    if (entry.record->equal() == equal) {
      entry.count += record.count;
      entry.last = record.number;
      return;
    }
  }
  entries_.push_back({&record, record.count, record.number});
}

void AuditFold::clear() noexcept {
  entries_.clear();
  if (++batch_ == 0) {
    std::ranges::fill(places_, Place{});
    batch_ = 1;
  }
}

}  // namespace airssys::wasm
