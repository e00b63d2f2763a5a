// Signatures over a component and its manifest (R7.9, docs/formats/signature.md).
//
// What is signed is one line of text: the component's digest, its name and version, when, and since version 2 the digest of the
// manifest, without which anybody could widen what the component may do. It stands in the manifest's [security], or beside the
// component in FILE.wasm.sig.
//
// Threads: any; nothing is kept. Time comes from the caller.
#pragma once
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "airssys/base/result.h"
#include "airssys/base/time.h"
#include "airssys/wasm/component/manifest.h"
#include "airssys/wasm/security/keypair.h"

namespace airssys::wasm {

// Version 2, signed by `author` now, to the second.
[[nodiscard]] ManifestSignature sign(const Keypair& author, const Manifest& manifest, const Digest& component, WallTime now);

// In this order; the first that fails ends it, as nothing behind it would mean anything.
enum class SignatureCheck : std::uint8_t {
  format,
  component_hash,
  name,
  version,
  manifest_hash,
  timestamp,
  revocation,
  signature
};
inline constexpr std::size_t signature_check_count = 8;
// "format", "component hash", …
[[nodiscard]] std::string_view signature_check_name(SignatureCheck check) noexcept;

struct RevokedKey {
  PublicKey key;
  std::string reason;
  std::string place;  // `file:line:column`
};

struct SignatureRules {
  WallTime now;
  std::span<const RevokedKey> revoked = {};
  bool allow_version_1 = false;  // which leaves the manifest open
};

inline constexpr Duration max_signature_lead = std::chrono::minutes(10);            // in the future
inline constexpr Duration old_signature_age = std::chrono::days(5 * 365);           // a warning from then on

struct SignatureVerdict {
  std::size_t passed = 0;  // of the checks, in their order
  // Why the next one failed: invalid_signature, hash_mismatch, name_mismatch, version_mismatch, timestamp_out_of_range,
  // policy_violation (the key is revoked). With what to do.
  std::optional<Error> failure;
  std::optional<PublicKey> author;  // once the format is good; theirs only if nothing failed
  std::vector<std::string> warnings;
};
[[nodiscard]] SignatureVerdict verify(const ManifestSignature& signature, const Manifest& manifest, const Digest& component,
                                      const SignatureRules& rules);

// The bytes that are signed.
[[nodiscard]] std::string signed_payload(const ManifestSignature& signature);

// The contents of FILE.wasm.sig: one JSON object with the fields of [security]. Anything else: invalid_signature.
[[nodiscard]] std::string detached_signature(const ManifestSignature& signature);
[[nodiscard]] Result<ManifestSignature> parse_detached_signature(std::string_view text, std::string_view file_name);
inline constexpr std::size_t max_detached_signature_bytes = 4096;

}  // namespace airssys::wasm
