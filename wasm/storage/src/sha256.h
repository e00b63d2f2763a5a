// SHA-256 of bytes that come in pieces (libsodium), and of what a keyspace holds.
#pragma once
#include <sodium.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace airssys::wasm {

class Sha256 {
 public:
  Sha256() noexcept { crypto_hash_sha256_init(&state_); }
  void add(std::string_view bytes) noexcept {
    crypto_hash_sha256_update(&state_, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  }
  // Its length first, so that no two sequences of texts give the same bytes.
  void add_framed(std::string_view bytes) noexcept {
    const std::uint64_t size = bytes.size();
    unsigned char little_endian[sizeof size];
    for (std::size_t at = 0; at < sizeof size; ++at) little_endian[at] = static_cast<unsigned char>(size >> (8 * at));
    crypto_hash_sha256_update(&state_, little_endian, sizeof size);
    add(bytes);
  }
  // 64 lowercase hex digits; nothing is added afterwards.
  [[nodiscard]] std::string hex() noexcept;

 private:
  crypto_hash_sha256_state state_;
};

}  // namespace airssys::wasm
