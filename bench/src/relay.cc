#include "relay.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>

#include "airssys/base/assert.h"

namespace airssys::bench {

Bytes relay_wire(std::size_t bytes, RelayOrder order) {
  constexpr std::size_t page = 4096;
  const wasm::MulticodecPrefix prefix = wasm::encode_prefix(wasm::raw_codec);
  std::size_t begin = 0;
  const Bytes pages = Bytes::make(prefix.size + bytes + page, [&](std::span<std::byte> all) {
    begin = (page + page / 2 - reinterpret_cast<std::uintptr_t>(all.data()) % page) % page;
    std::ranges::fill(all, std::byte{0});
    std::memcpy(all.data() + begin, prefix.bytes.data(), prefix.size);
    const auto content = all.subspan(begin + prefix.size);
    std::memcpy(content.data(), &order.rounds, sizeof order.rounds);
    std::memcpy(content.data() + 4, &order.messages_per_round, sizeof order.messages_per_round);
    content[8] = static_cast<std::byte>(order.what);
  });
  return pages.slice(begin, prefix.size + bytes);
}

wasm::Payload relay_payload(std::size_t bytes, RelayOrder order) {
  auto payload = wasm::decode(relay_wire(bytes, order));
  AIRSSYS_ASSERT(payload, "{}", payload.error());
  return *std::move(payload);
}

std::unexpected<Error> unfinished(wasm::Instance& instance) {
  auto& error = instance.report().error;
  return std::unexpected(error ? *error : Error(Code::execution_failed, "the guest's call did not finish as it should"));
}

Result<std::vector<std::byte>> read_relay(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  const std::vector<char> content(std::istreambuf_iterator<char>(stream), {});
  if (content.empty())
    return fail(Code::not_found, fmt::format("{}: no such file; build the target bench_guests", file.string()));
  const auto bytes = std::as_bytes(std::span(content));
  return std::vector<std::byte>(bytes.begin(), bytes.end());
}

}  // namespace airssys::bench
