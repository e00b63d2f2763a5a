// `[security]` of a manifest: who published the component, and the signature over it and the manifest (R7.9). Here it is text of
// the right form; wasm/security says whether it holds. docs/formats/signature.md.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "airssys/base/result.h"
#include "airssys/wasm/component/digest.h"

namespace airssys::wasm {

struct ManifestSignature {
  std::string author_public_key;  // 64 hex digits
  std::string signature;  // 128 hex digits
  // 2 covers the manifest; 1 leaves it open, and is taken only where the host's user says so.
  std::uint32_t payload_version = 2;
  std::string wasm_hash;  // as Digest
  std::string component_name, component_version;
  std::string signed_at;  // RFC 3339
  std::string manifest_hash;  // as Digest; empty in version 1
  std::string place;  // `file:line:column` of [security]; empty: from elsewhere
};

// X.21: of a manifest's canonical JSON without [security]. Otherwise as parse_manifest of a text with a mistake of syntax.
[[nodiscard]] Result<Digest> manifest_digest(std::string_view text, std::string_view file_name);

// The manifest with this signature in the place of the one that it may have. Everything else stays as it is, byte by byte:
// comments, order, line ends. invalid_configuration: a mistake of syntax, or an old signature in a spelling that cannot be taken
// out by lines (`security = { … }` over several lines).
[[nodiscard]] Result<std::string> with_signature(std::string_view text, std::string_view file_name,
                                                 const ManifestSignature& signature);

}  // namespace airssys::wasm
