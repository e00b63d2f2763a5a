// Ed25519 keys (RFC 8032) of people who publish components, and the file one is kept in (R11.3, docs/formats/keypair.md).
//
// A secret lives in memory that is locked, guarded and wiped when the Keypair ends (libsodium); what was read on the way to
// it is wiped too. No error, log line or printed form has anything of it.
//
// Threads: values; const members from any. Failures: key_unavailable for a key that is missing, that others may read, or that
// is no key; each says what to do.
#pragma once
#include <array>
#include <compare>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "airssys/base/result.h"

namespace airssys::wasm {

using SignatureBytes = std::array<std::byte, 64>;

class PublicKey {
 public:
  // `ed25519:` and 64 hex digits, base64 of the 32 bytes, or of an SSH key's blob; each also without the prefix, and a line of
  // an SSH .pub file. Otherwise, and for 32 bytes that are no point of the curve's main group, invalid_argument.
  [[nodiscard]] static Result<PublicKey> parse(std::string_view text);
  [[nodiscard]] static Result<PublicKey> from_bytes(std::span<const std::byte> bytes);
  // The key that a signature names. Nothing is checked here: verifies() refuses what is no point of the curve, a point of a small
  // group, with which anybody could make signatures, and an encoding that is not the canonical one. What it lets pass of what
  // parse() refuses is a point of mixed order, with which only its owner signs; to find that out costs as much as to verify.
  [[nodiscard]] static PublicKey named(const std::array<std::byte, 32>& bytes) noexcept { return PublicKey(bytes); }

  // "ed25519:<64 hex digits>", as keys are shown everywhere.
  [[nodiscard]] std::string text() const;
  [[nodiscard]] std::string hex() const;
  [[nodiscard]] const std::array<std::byte, 32>& bytes() const noexcept { return bytes_; }
  // Whether the key's owner signed `message`: RFC 8032; non-canonical encodings and points of small groups are refused.
  [[nodiscard]] bool verifies(std::span<const std::byte> message, const SignatureBytes& signature) const noexcept;
  friend auto operator<=>(const PublicKey&, const PublicKey&) = default;

 private:
  friend class Keypair;
  explicit PublicKey(const std::array<std::byte, 32>& bytes) noexcept : bytes_(bytes) {}
  std::array<std::byte, 32> bytes_;
};

class Keypair {
 public:
  // Of the operating system's randomness.
  [[nodiscard]] static Result<Keypair> generate();
  // The 32 bytes that RFC 8032 calls the private key; in base64, as AIRSSYS_WASM_PRIVATE_KEY has them.
  [[nodiscard]] static Result<Keypair> from_seed(std::span<const std::byte, 32> seed);
  [[nodiscard]] static Result<Keypair> from_base64_seed(std::string_view text);
  // The contents of a key file; `name` stands in the messages.
  [[nodiscard]] static Result<Keypair> parse(std::string_view text, std::string_view name);
  // A regular file of this user, which nobody else may read or write, at most max_keypair_bytes.
  [[nodiscard]] static Result<Keypair> read(const std::filesystem::path& file);

  // Writes `file` with mode 0600, whole or not at all, and its folder with 0700 when that is not there. When `file` is there:
  // already_exists, or it gives way. Cannot be written: io.
  enum class Existing : unsigned char { refuse, replace };
  [[nodiscard]] Result<> write(const std::filesystem::path& file, Existing existing) const;

  [[nodiscard]] const PublicKey& public_key() const noexcept { return public_key_; }
  [[nodiscard]] SignatureBytes sign(std::span<const std::byte> message) const noexcept;

 private:
  using Secret = std::unique_ptr<std::byte, void (*)(void*)>;  // 64 bytes: the seed, then the public key
  Keypair(Secret secret, const PublicKey& key) noexcept : secret_(std::move(secret)), public_key_(key) {}
  Secret secret_;
  PublicKey public_key_;
};

inline constexpr std::size_t max_keypair_bytes = 4096;

}  // namespace airssys::wasm
