// verify: a component's signature with all that is checked around it, beside libsodium's verification alone. hash: the digest of
// a component of 10 MB, beside libsodium's.
#include <sodium.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "airssys/base/assert.h"
#include "airssys/wasm/component/manifest.h"
#include "airssys/wasm/security/signature.h"
#include "rows.h"

namespace airssys::bench {
namespace {

using namespace wasm;

constexpr std::string_view manifest_text = R"([package]
name = "reader"
version = "1.2.3"
authors = ["A"]
[resources]
max_memory = "1MiB"
max_stack = "64KiB"
[capabilities.filesystem]
read = ["/srv/data/**"]
)";
constexpr std::size_t component_bytes = 10'000'000;
constexpr WallTime now{std::chrono::seconds(1'790'000'000)};

struct Signed {
  Manifest manifest = *parse_manifest(manifest_text, "Component.toml");
  std::vector<std::byte> component = std::vector<std::byte>(component_bytes, std::byte{0x5a});
  Digest digest = Digest::of(component);
  Keypair author = *Keypair::generate();
  ManifestSignature signature = sign(author, manifest, digest, now);
  std::string payload = signed_payload(signature);
  SignatureBytes bytes = author.sign(std::as_bytes(std::span(payload)));
};

template <class Work>
Batch repeated(Work work) {
  return [work, of = std::shared_ptr<Signed>()](std::uint64_t n) mutable -> Result<Ran> {
    if (!of) of = std::make_shared<Signed>();
    std::uint64_t good = 0;
    const auto begin = std::chrono::steady_clock::now();
    for (std::uint64_t i = 0; i < n; ++i) good += work(*of);
    const Duration took = std::chrono::steady_clock::now() - begin;
    if (good != n) return fail(Code::internal, "a wrong answer");
    return Ran{n, took};
  };
}

const unsigned char* unsigned_of(const void* bytes) { return static_cast<const unsigned char*>(bytes); }

}  // namespace

void add_signature_rows(Rows& rows) {
  rows["verify"] =
      repeated([](const Signed& of) { return !verify(of.signature, of.manifest, of.digest, {.now = now}).failure.has_value(); });
  rows["verify.limit"] = repeated([](const Signed& of) {
    return crypto_sign_verify_detached(unsigned_of(of.bytes.data()), unsigned_of(of.payload.data()), of.payload.size(),
                                       unsigned_of(of.author.public_key().bytes().data())) == 0;
  });
  rows["hash"] = repeated([](const Signed& of) { return Digest::of(of.component) == of.digest; });
  rows["hash.limit"] = repeated([](const Signed& of) {
    std::array<unsigned char, crypto_hash_sha256_BYTES> hash;
    crypto_hash_sha256(hash.data(), unsigned_of(of.component.data()), of.component.size());
    return hash[0] == std::to_integer<unsigned char>(of.digest.bytes()[0]);
  });
}

}  // namespace airssys::bench
