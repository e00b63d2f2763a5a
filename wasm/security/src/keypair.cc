#include "airssys/wasm/security/keypair.h"

#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>

#include "airssys/base/assert.h"
#include "airssys/base/text.h"
#include "encoding.h"

namespace airssys::wasm {
namespace {

static_assert(crypto_sign_BYTES == SignatureBytes().size());
static_assert(crypto_sign_PUBLICKEYBYTES == 32 && crypto_sign_SEEDBYTES == 32 && crypto_sign_SECRETKEYBYTES == 64);

// RFC 8709 and RFC 4253 §6.6: two strings with their lengths, the algorithm's name and the key.
constexpr std::string_view ssh_name = "ssh-ed25519";
constexpr std::size_t ssh_blob_bytes = 4 + ssh_name.size() + 4 + 32;

bool from_ssh_blob(std::string_view text, std::span<std::byte, 32> into) noexcept {
  std::array<std::byte, ssh_blob_bytes> blob{};
  if (!from_base64(text, blob)) return false;
  constexpr std::array head{std::byte{0}, std::byte{0}, std::byte{0}, std::byte{ssh_name.size()}};
  constexpr std::array length{std::byte{0}, std::byte{0}, std::byte{0}, std::byte{32}};
  const std::span all(blob);
  const auto name = std::as_bytes(std::span(ssh_name));
  if (!std::ranges::equal(all.first(4), head) || !std::ranges::equal(all.subspan(4, ssh_name.size()), name) ||
      !std::ranges::equal(all.subspan(4 + ssh_name.size(), 4), length))
    return false;
  std::ranges::copy(all.last(32), into.begin());
  return true;
}

}  // namespace

Result<PublicKey> PublicKey::from_bytes(std::span<const std::byte> bytes) {
  std::array<std::byte, 32> key{};
  if (bytes.size() != key.size())
    return fail(Code::invalid_argument, fmt::format("an Ed25519 public key has 32 bytes, not {}", bytes.size()));
  std::ranges::copy(bytes, key.begin());
  AIRSSYS_TRY_VOID(sodium_ready());
  // Beyond what verifies() refuses, half of what was copied wrongly.
  if (crypto_core_ed25519_is_valid_point(as_unsigned(bytes)) != 1)
    return fail(Code::invalid_argument, "the 32 bytes are no Ed25519 public key; copy it again from where it was shown");
  return PublicKey(key);
}

Result<PublicKey> PublicKey::parse(std::string_view text) {
  constexpr std::string_view prefix = "ed25519:";
  std::string_view key = text;
  if (key.starts_with(prefix)) {
    key.remove_prefix(prefix.size());
  } else if (key.starts_with(ssh_name) && key.size() > ssh_name.size() && key[ssh_name.size()] == ' ') {
    key.remove_prefix(ssh_name.size() + 1);
    key = key.substr(0, key.find_first_of(" \n"));
  }
  std::array<std::byte, 32> bytes{};
  if (from_hex(key, bytes) || from_base64(key, bytes) || from_ssh_blob(key, bytes)) return from_bytes(bytes);
  return fail(
      Code::invalid_argument,
      fmt::format("{} is no public key; write ed25519: and 64 hex digits, as 'airssys-wasm keygen --show-public-key' does",
                  airssys::quoted(text, 100)));
}

std::string PublicKey::hex() const { return to_hex(bytes_); }
std::string PublicKey::text() const { return "ed25519:" + hex(); }

bool PublicKey::verifies(std::span<const std::byte> message, const SignatureBytes& signature) const noexcept {
  return crypto_sign_verify_detached(as_unsigned(signature), as_unsigned(message), message.size(), as_unsigned(bytes_)) == 0;
}

Result<Keypair> Keypair::from_seed(std::span<const std::byte, 32> seed) {
  AIRSSYS_TRY_VOID(sodium_ready());
  Secret secret(static_cast<std::byte*>(sodium_malloc(crypto_sign_SECRETKEYBYTES)), sodium_free);
  if (!secret) return fail(Code::exhausted, "no memory that can be locked is left for a key; raise 'ulimit -l'");
  std::array<std::byte, 32> key{};
  crypto_sign_seed_keypair(as_writable(key), reinterpret_cast<unsigned char*>(secret.get()), as_unsigned(seed));
  (void)sodium_mprotect_readonly(secret.get());
  return Keypair(std::move(secret), PublicKey(key));
}

Result<Keypair> Keypair::generate() {
  AIRSSYS_TRY_VOID(sodium_ready());
  std::array<std::byte, 32> seed{};
  randombytes_buf(seed.data(), seed.size());
  auto made = from_seed(seed);
  sodium_memzero(seed.data(), seed.size());
  return made;
}

Result<Keypair> Keypair::from_base64_seed(std::string_view text) {
  std::array<std::byte, 32> seed{};
  if (!from_base64(text, seed)) {
    sodium_memzero(seed.data(), seed.size());
    return fail(Code::key_unavailable, "is not base64 of the 32 bytes of a key; take them from where the key was made");
  }
  auto made = from_seed(seed);
  sodium_memzero(seed.data(), seed.size());
  return made;
}

SignatureBytes Keypair::sign(std::span<const std::byte> message) const noexcept {
  SignatureBytes signature{};
  const int failed = crypto_sign_detached(as_writable(signature), nullptr, as_unsigned(message), message.size(),
                                          reinterpret_cast<const unsigned char*>(secret_.get()));
  AIRSSYS_ASSERT(failed == 0);
  return signature;
}

}  // namespace airssys::wasm
