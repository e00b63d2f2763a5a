// Laws of multicodec prefixes: what splits has the one prefix that its code has, and nothing else.
#include <algorithm>
#include <cstdint>
#include <span>

#include "airssys/base/assert.h"
#include "airssys/wasm/core/multicodec.h"

using namespace airssys::wasm;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span payload(data, size);
  const auto split = split_payload(std::as_bytes(payload));
  AIRSSYS_ASSERT(split || !split.error().empty(), "a refusal without words");
  if (!split) return 0;
  AIRSSYS_ASSERT(split->prefix_bytes > 0 && split->prefix_bytes <= size, "a prefix of {} bytes", split->prefix_bytes);
  AIRSSYS_ASSERT(split->code <= max_codec_code, "code {:#x}", split->code);
  const MulticodecPrefix prefix = encode_prefix(split->code);
  AIRSSYS_ASSERT(std::ranges::equal(prefix.span(), payload.first(split->prefix_bytes)), "{:#x} has two prefixes", split->code);
  const Codec* codec = find_codec(split->code);
  AIRSSYS_ASSERT(!codec || find_codec(codec->name) == codec, "{:#x} has two names", split->code);
  return 0;
}
