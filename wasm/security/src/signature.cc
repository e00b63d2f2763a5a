#include "airssys/wasm/security/signature.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <array>

#include "airssys/base/text.h"
#include "airssys/base/units.h"
#include "airssys/wasm/core/rfc3339.h"
#include "encoding.h"

namespace airssys::wasm {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view remedy = "get the component from its author again, or sign your own with 'airssys-wasm sign'";

// A value that holds the separator could say two things at once. Names and versions cannot; a field that was written by hand can.
bool is_plain(std::string_view text) { return text.find_first_of("|\n\r") == std::string_view::npos && !text.empty(); }

class Verifier {
 public:
  Verifier(const ManifestSignature& signature, const Manifest& manifest, const Digest& component, const SignatureRules& rules)
      : signature_(signature),
        manifest_(manifest),
        component_(component),
        rules_(rules) {}

  SignatureVerdict run() {
    while (verdict_.passed < signature_check_count) {
      if (auto done = check(static_cast<SignatureCheck>(verdict_.passed)); !done) {
        verdict_.failure = std::move(done).error();
        break;
      }
      ++verdict_.passed;
    }
    return std::move(verdict_);
  }

 private:
  Result<> check(SignatureCheck which) {
    switch (which) {
      case SignatureCheck::format: return format();
      case SignatureCheck::component_hash: return component_hash();
      case SignatureCheck::name: return name();
      case SignatureCheck::version: return version();
      case SignatureCheck::manifest_hash: return manifest_hash();
      case SignatureCheck::timestamp: return timestamp();
      case SignatureCheck::revocation: return revocation();
      case SignatureCheck::signature: return bytes();
    }
    return {};
  }
  Result<> format() {
    const auto bad = [](std::string_view what) {
      return fail(Code::invalid_signature, fmt::format("the signature has a wrong form: {}; {}", what, remedy));
    };
    std::array<std::byte, 32> key{};
    if (!from_hex(signature_.author_public_key, key)) return bad("author_public_key is not 64 hex digits");
    verdict_.author = PublicKey::named(key);
    if (!from_hex(signature_.signature, bytes_)) return bad("signature is not 128 hex digits");
    if (signature_.payload_version != 1 && signature_.payload_version != 2) return bad("payload_version is neither 1 nor 2");
    for (const std::string* text :
         {&signature_.wasm_hash, &signature_.component_name, &signature_.component_version, &signature_.signed_at})
      if (!is_plain(*text)) return bad("a field is empty or holds what separates fields");
    if (signature_.payload_version == 1 && !rules_.allow_version_1)
      return fail(Code::invalid_signature,
                  "the signature is of version 1, which leaves open what the component may do; ask its author to sign it again, "
                  "or set allow_v1 = true in [trust] of trust-config.toml");
    return {};
  }
  Result<> component_hash() const {
    if (signature_.wasm_hash == component_.text()) return {};
    return fail(Code::hash_mismatch, fmt::format("the component is not the one that was signed: it is {}, signed was {}; {}",
                                                 component_.text(), printable(signature_.wasm_hash, 80), remedy));
  }
  Result<> name() const {
    if (signature_.component_name == manifest_.package.name.text()) return {};
    return fail(Code::name_mismatch,
                fmt::format("the manifest names the component {}, signed was {}; {}", manifest_.package.name.text(),
                            airssys::quoted(signature_.component_name), remedy));
  }
  Result<> version() const {
    if (signature_.component_version == manifest_.package.version) return {};
    return fail(Code::version_mismatch, fmt::format("the manifest says version {}, signed was {}; {}", manifest_.package.version,
                                                    airssys::quoted(signature_.component_version), remedy));
  }
  Result<> manifest_hash() const {
    if (signature_.payload_version == 1 || signature_.manifest_hash == manifest_.digest.text()) return {};
    return fail(Code::hash_mismatch, fmt::format("the manifest was changed after it was signed: it is {}, signed was {}; {}",
                                                 manifest_.digest.text(), printable(signature_.manifest_hash, 80), remedy));
  }
  Result<> timestamp() {
    const auto at = parse_rfc3339(signature_.signed_at);
    if (!at)
      return fail(Code::timestamp_out_of_range, fmt::format("signed_at is {}, not a time like 2026-01-31T12:00:00Z; {}",
                                                            airssys::quoted(signature_.signed_at), remedy));
    if (*at > rules_.now + max_signature_lead)
      return fail(Code::timestamp_out_of_range,
                  fmt::format("it was signed at {}, which is more than {} from now; check the clocks of both machines",
                              signature_.signed_at, format_duration(max_signature_lead)));
    if (*at < rules_.now - old_signature_age)
      verdict_.warnings.push_back(
          fmt::format("it was signed at {}, more than five years ago; ask its author for a newer version", signature_.signed_at));
    return {};
  }
  Result<> revocation() const {
    for (const RevokedKey& revoked : rules_.revoked)
      if (revoked.key == *verdict_.author)
        return fail(Code::policy_violation, fmt::format("the author's key {} is revoked at {}: {}; do not use this component",
                                                        revoked.key.text(), revoked.place, printable(revoked.reason, 200)));
    return {};
  }
  Result<> bytes() const {
    const std::string payload = signed_payload(signature_);
    if (verdict_.author->verifies(std::as_bytes(std::span(payload)), bytes_)) return {};
    return fail(Code::invalid_signature,
                fmt::format("the signature is not of {} over what it says; {}", verdict_.author->text(), remedy));
  }

  const ManifestSignature& signature_;
  const Manifest& manifest_;
  const Digest& component_;
  const SignatureRules& rules_;
  SignatureBytes bytes_{};
  SignatureVerdict verdict_;
};

}  // namespace

std::string_view signature_check_name(SignatureCheck check) noexcept {
  constexpr std::array names{"format"sv,        "component hash"sv, "name"sv,       "version"sv,
                             "manifest hash"sv, "timestamp"sv,      "revocation"sv, "signature"sv};
  static_assert(names.size() == signature_check_count);
  return names[static_cast<std::size_t>(check)];
}

std::string signed_payload(const ManifestSignature& signature) {
  const std::string fields =
      fmt::format("{}|{}|{}|{}", signature.wasm_hash, signature.component_name, signature.component_version, signature.signed_at);
  return signature.payload_version == 1 ? fields : fmt::format("v2|{}|{}", fields, signature.manifest_hash);
}

ManifestSignature sign(const Keypair& author, const Manifest& manifest, const Digest& component, WallTime now) {
  ManifestSignature signature{.author_public_key = author.public_key().hex(),
                              .signature = {},
                              .payload_version = 2,
                              .wasm_hash = component.text(),
                              .component_name = std::string(manifest.package.name.text()),
                              .component_version = manifest.package.version,
                              .signed_at = format_rfc3339(now),
                              .manifest_hash = manifest.digest.text(),
                              .place = {}};
  const std::string payload = signed_payload(signature);
  signature.signature = to_hex(author.sign(std::as_bytes(std::span(payload))));
  return signature;
}

SignatureVerdict verify(const ManifestSignature& signature, const Manifest& manifest, const Digest& component,
                        const SignatureRules& rules) {
  return Verifier(signature, manifest, component, rules).run();
}

}  // namespace airssys::wasm
