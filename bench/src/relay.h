// What a message tells the benchmarks' guests to do: bench/guests/relay.wat.in is the other half, and talk.wat.in.
#pragma once
#include <cstdint>
#include <filesystem>
#include <vector>

#include "airssys/base/bytes.h"
#include "airssys/base/result.h"
#include "airssys/wasm/core/engine.h"
#include "airssys/wasm/core/multicodec.h"

namespace airssys::bench {

enum class Relay : std::uint8_t {
  nothing = 0,
  answer = 1,
  begin_round = 2,
  compute = 3,
  trap = 4,
  spin = 5,
  // of talk.wat.in only
  ask = 6,
  subscribe = 7,
  publish = 8,
};

struct RelayOrder {
  std::uint32_t rounds = 1;
  std::uint32_t messages_per_round = 0;
  Relay what = Relay::nothing;
};

// `bytes` of content, >= 9. The wire form begins in the middle of a page: where the page offset of a copy's destination is up
// to 31 bytes above that of its source, glibc's memcpy takes twenty times as long on some processors, and chance is not what is
// to be measured.
[[nodiscard]] Bytes relay_wire(std::size_t bytes, RelayOrder order);
[[nodiscard]] wasm::Payload relay_payload(std::size_t bytes, RelayOrder order);

// The guest's binary. Not built: not_found.
[[nodiscard]] Result<std::vector<std::byte>> read_relay(const std::filesystem::path& file);
// Why the last call of `instance` is not what a row wants.
[[nodiscard]] std::unexpected<Error> unfinished(wasm::Instance& instance);

}  // namespace airssys::bench
