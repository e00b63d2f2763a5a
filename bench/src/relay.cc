#include "relay.h"

#include <algorithm>
#include <cstdint>

namespace airssys::bench {

Bytes relay_payload(std::size_t bytes, RelayOrder order) {
  constexpr std::size_t page = 4096;
  std::size_t begin = 0;
  const Bytes pages = Bytes::make(bytes + page, [&](std::span<std::byte> all) {
    begin = (page + page / 2 - reinterpret_cast<std::uintptr_t>(all.data()) % page) % page;
    const auto payload = all.subspan(begin);
    std::ranges::fill(all, std::byte{0});
    std::memcpy(payload.data(), &order.rounds, sizeof order.rounds);
    std::memcpy(payload.data() + 4, &order.messages_per_round, sizeof order.messages_per_round);
    payload[8] = static_cast<std::byte>(order.what);
  });
  return pages.slice(begin, bytes);
}

}  // namespace airssys::bench
