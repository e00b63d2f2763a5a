// Signatures beside components: whatever the bytes are, reading ends with one that is written and read the same, or with a
// refusal for people; and manifests with a signature written into them still say what they said.
#include <cstdint>
#include <string_view>

#include "airssys/base/assert.h"
#include "airssys/base/text.h"
#include "airssys/wasm/security/signature.h"

using namespace airssys;
using namespace airssys::wasm;

namespace {

const ManifestSignature& sample() {
  static const ManifestSignature signature{.author_public_key = std::string(64, 'a'),
                                           .signature = std::string(128, 'b'),
                                           .payload_version = 2,
                                           .wasm_hash = "sha256:" + std::string(64, 'c'),
                                           .component_name = "echo",
                                           .component_version = "1.0.0",
                                           .signed_at = "2026-01-31T12:00:00Z",
                                           .manifest_hash = "sha256:" + std::string(64, 'd'),
                                           .place = {}};
  return signature;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto signature = parse_detached_signature(text, "F")) {
    const auto again = parse_detached_signature(detached_signature(*signature), "F");
    AIRSSYS_ASSERT(again && signed_payload(*again) == signed_payload(*signature), "its own form is not read");
  } else {
    const std::string_view message = signature.error().message();
    AIRSSYS_ASSERT(signature.error().code() == Code::invalid_signature && message.starts_with("F: "), "code or place");
    AIRSSYS_ASSERT(printable(message, message.size()) == message, "not readable");
  }
  if (const auto put = with_signature(text, "C", sample()))
    AIRSSYS_ASSERT(manifest_digest(*put, "C").value() == manifest_digest(text, "C").value(), "a signature changed the manifest");
  return 0;
}
