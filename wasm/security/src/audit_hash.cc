#include "audit_hash.h"

#include <array>
#include <cstddef>
#include <cstring>

namespace airssys::wasm {
namespace {

const unsigned char* bytes_of(std::string_view text) noexcept { return reinterpret_cast<const unsigned char*>(text.data()); }

// Castagnoli's polynomial, its bits reversed.
constexpr std::array<std::uint32_t, 256> table = [] {
  std::array<std::uint32_t, 256> made{};
  for (std::uint32_t byte = 0; byte < made.size(); ++byte) {
    std::uint32_t rest = byte;
    for (int bit = 0; bit < 8; ++bit) rest = rest >> 1 ^ (rest & 1 ? 0x82f63b78u : 0u);
    made[byte] = rest;
  }
  return made;
}();

#if defined(__x86_64__)
[[gnu::target("sse4.2")]] std::uint32_t by_instruction(std::string_view text) noexcept {
  std::uint64_t rest = 0xffffffff;
  while (text.size() >= sizeof(rest)) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data(), sizeof(word));
    rest = __builtin_ia32_crc32di(rest, word);
    text.remove_prefix(sizeof(word));
  }
  auto narrow = static_cast<std::uint32_t>(rest);
  for (const char c : text) narrow = __builtin_ia32_crc32qi(narrow, static_cast<unsigned char>(c));
  return ~narrow;
}
#endif

}  // namespace

AuditHasher::AuditHasher(const AuditHash& before) noexcept {
  crypto_generichash_blake2b_init(&state_, nullptr, 0, sizeof(AuditHash));
  crypto_generichash_blake2b_update(&state_, before.data(), before.size());
}

void AuditHasher::add(std::string_view bytes) noexcept {
  crypto_generichash_blake2b_update(&state_, bytes_of(bytes), bytes.size());
}

AuditHash AuditHasher::hash() const noexcept {
  crypto_generichash_blake2b_state copy = state_;
  AuditHash hash;
  crypto_generichash_blake2b_final(&copy, hash.data(), hash.size());
  return hash;
}

std::uint32_t crc32c_by_table(std::string_view bytes) noexcept {
  std::uint32_t rest = 0xffffffff;
  for (const char c : bytes) rest = rest >> 8 ^ table[(rest ^ static_cast<unsigned char>(c)) & 0xff];
  return ~rest;
}

std::uint32_t crc32c(std::string_view bytes) noexcept {
#if defined(__x86_64__)
  static const bool has_instruction = __builtin_cpu_supports("sse4.2");
  if (has_instruction) return by_instruction(bytes);
#endif
  return crc32c_by_table(bytes);
}

}  // namespace airssys::wasm
