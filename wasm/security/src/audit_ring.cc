#include "audit_ring.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "airssys/base/assert.h"

namespace airssys::wasm {
namespace {

using Record = AuditRing::Record;

constexpr std::size_t granule = 16;
static_assert(sizeof(Record) == 56 && offsetof(Record, session) == 32);

constexpr std::size_t rounded(std::size_t bytes) { return (bytes + granule - 1) / granule * granule; }

}  // namespace

AuditEvent AuditRing::Record::event(std::uint64_t times) const noexcept {
  const char* text = reinterpret_cast<const char*>(this + 1);
  const auto next = [&text](std::size_t length) {
    const std::string_view piece(text, length);
    text += length;
    return piece;
  };
  AuditEvent event{.decision = decision, .session = session, .number = number, .count = times};
  event.component = next(component);
  event.action = next(action);
  event.resource = next(resource);
  event.rule = next(rule);
  event.place = next(place);
  return event;
}

AuditRing::AuditRing(std::size_t capacity) : mask_(capacity - 1), memory_(std::make_unique<Block[]>(capacity / sizeof(Block))) {
  AIRSSYS_ASSERT(std::has_single_bit(capacity) && capacity >= 64 << 10, "a ring of {} bytes", capacity);
}

AuditStatus AuditRing::put(const AuditEvent& event, WallTime time) noexcept {
  const auto length = [](std::string_view text) {
    return static_cast<std::uint16_t>(std::min(text.size(), AuditEvent::max_text_bytes));
  };
  Record record{.size = 0,
                .equal_bytes = 0,
                .count = event.count,
                .time = time.time_since_epoch().count(),
                .number = event.number,
                .session = event.session,
                .component = length(event.component),
                .action = length(event.action),
                .resource = length(event.resource),
                .rule = length(event.rule),
                .place = length(event.place),
                .decision = event.decision,
                .cut = false,
                .is_gap = false,
                .none = 0,
                .none_either = 0};
  const std::array texts{event.component.substr(0, record.component), event.action.substr(0, record.action),
                         event.resource.substr(0, record.resource), event.rule.substr(0, record.rule),
                         event.place.substr(0, record.place)};
  std::size_t bytes = 0;
  for (const std::string_view text : texts) bytes += text.size();
  record.cut =
      bytes != event.component.size() + event.action.size() + event.resource.size() + event.rule.size() + event.place.size();
  record.equal_bytes = static_cast<std::uint32_t>(sizeof(Record) - offsetof(Record, session) + bytes);
  const std::uint64_t size = rounded(sizeof(Record) + bytes);

  std::uint64_t tail = tail_.load(std::memory_order_relaxed), gap = 0;
  do {
    if (tail & closed_bit) return AuditStatus::failed;
    const std::uint64_t to_end = capacity() - (tail & mask_);
    gap = to_end < size ? to_end : 0;
    if (tail + gap + size - freed() > capacity()) return AuditStatus::full;
  } while (!tail_.compare_exchange_weak(tail, tail + gap + size, std::memory_order_seq_cst, std::memory_order_relaxed));

  if (gap > 0) {
    // At least a granule: as much as the reader looks at.
    std::byte* const rest = at(tail);
    if (gap >= sizeof(Record)) reinterpret_cast<Record*>(rest)->is_gap = true;
    size_of(rest).store(static_cast<std::uint32_t>(gap), std::memory_order_release);
  }
  std::byte* const to = at(tail + gap);
  std::memcpy(to + sizeof(record.size), reinterpret_cast<const std::byte*>(&record) + sizeof(record.size),
              sizeof(record) - sizeof(record.size));
  std::byte* into = to + sizeof(record);
  for (const std::string_view text : texts) {
    if (!text.empty()) std::memcpy(into, text.data(), text.size());
    into += text.size();
  }
  // seq_cst: who publishes then sees whether the reader sleeps, or the reader, who says so first, sees this.
  size_of(to).store(static_cast<std::uint32_t>(size), std::memory_order_seq_cst);
  return AuditStatus::recorded;
}

const AuditRing::Record* AuditRing::take() noexcept {
  for (;;) {
    if (taken_ == place(tail_.load(std::memory_order_seq_cst))) return nullptr;
    // All of it was freed, and is in use again only up to what is freed now.
    std::byte* const next = at(taken_);
    const std::uint32_t size = size_of(next).load(std::memory_order_seq_cst);
    if (size == 0) return nullptr;
    taken_ += size;
    const auto* const record = reinterpret_cast<const Record*>(next);
    const bool is_gap = size < sizeof(Record) || record->is_gap;
    if (!is_gap) return record;
  }
}

// What is free is zero: a place that is reserved, but not published, has no size.
void AuditRing::free_taken() noexcept {
  for (std::uint64_t from = freed(); from != taken_;) {
    const std::uint64_t piece = std::min(taken_ - from, capacity() - (from & mask_));
    std::memset(at(from), 0, piece);
    from += piece;
  }
  head_.store(taken_, std::memory_order_release);
}

}  // namespace airssys::wasm
