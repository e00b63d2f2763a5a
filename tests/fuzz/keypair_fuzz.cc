// Key files: whatever the bytes are, reading ends with a key that signs, or with a refusal for people.
#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "airssys/base/assert.h"
#include "airssys/base/text.h"
#include "airssys/wasm/security/keypair.h"

using namespace airssys;
using namespace airssys::wasm;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto keypair = Keypair::parse(text, "K");
  if (keypair) {
    const auto message = std::as_bytes(std::span("message"));
    AIRSSYS_ASSERT(keypair->public_key().verifies(message, keypair->sign(message)), "does not sign");
  } else {
    const std::string_view message = keypair.error().message();
    AIRSSYS_ASSERT(keypair.error().code() == Code::key_unavailable && message.starts_with("K: "), "code or place");
    AIRSSYS_ASSERT(utf8_prefix(message) == message.size() && printable(message, message.size()) == message, "not readable");
  }
  if (const auto key = PublicKey::parse(text)) AIRSSYS_ASSERT(PublicKey::parse(key->text()) == *key, "its own form is not read");
  return 0;
}
