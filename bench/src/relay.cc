#include "relay.h"

#include <algorithm>

namespace airssys::bench {

Bytes relay_payload(std::size_t bytes, RelayOrder order) {
  return Bytes::make(bytes, [&order](std::span<std::byte> payload) {
    std::ranges::fill(payload, std::byte{0});
    std::memcpy(payload.data(), &order.rounds, sizeof order.rounds);
    std::memcpy(payload.data() + 4, &order.messages_per_round, sizeof order.messages_per_round);
    payload[8] = static_cast<std::byte>(order.what);
  });
}

}  // namespace airssys::bench
