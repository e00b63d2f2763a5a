#include "airssys/wasm/core/codec_set.h"

#include <algorithm>

namespace airssys::wasm {

bool CodecSet::takes(std::uint64_t code) const noexcept { return !codes_ || std::ranges::find(*codes_, code) != codes_->end(); }

const Codec* find_common_codec(const CodecSet& sender, const CodecSet& receiver) noexcept {
  const Codec* const borsh = find_codec("borsh");
  if (sender.takes(borsh->code) && receiver.takes(borsh->code)) return borsh;
  for (const std::uint64_t code : receiver.says_nothing() ? sender.codes() : receiver.codes())
    if (sender.takes(code) && receiver.takes(code)) return find_codec(code);
  return nullptr;
}

}  // namespace airssys::wasm
