// How large values are, of the keys used last: what a write has to know of the one that it replaces (R6.7), for a hash instead
// of a read. Nothing of a key is kept but 62 bits of a keyed hash: a guest that does not know the hash's key cannot make two of
// its own fall together.
//
// Threads: any; put() of one key by one at a time. 8 MiB of address space, of which what is used becomes memory.
#pragma once
#include <sodium.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string_view>

#include "airssys/base/assert.h"

namespace airssys::wasm {

class SizeCache {
 public:
  SizeCache() : slots_(static_cast<Slot*>(std::calloc(slot_count, sizeof(Slot)))) {
    AIRSSYS_ASSERT(slots_, "there is no memory for {} sizes", slot_count);
    crypto_shorthash_keygen(key_.data());
  }

  // Empty: it is not known. Inside, empty: there is no such key.
  [[nodiscard]] std::optional<std::optional<std::uint64_t>> find(std::string_view key) const noexcept {
    const std::uint64_t hash = hash_of(key);
    const std::uint64_t entry = slots_.get()[hash % slot_count].load(std::memory_order_relaxed);
    const std::uint64_t size = entry & size_mask;
    if (size == 0 || (entry ^ tag_of(hash)) > size_mask) return std::nullopt;
    return size == absent ? std::nullopt : std::optional(size - 1);
  }
  void put(std::string_view key, std::optional<std::uint64_t> size) noexcept {
    const std::uint64_t hash = hash_of(key);
    // One that does not fit is not known.
    const std::uint64_t code = !size ? absent : *size + 1 < absent ? *size + 1 : 0;
    slots_.get()[hash % slot_count].store(tag_of(hash) | code, std::memory_order_relaxed);
  }

 private:
  using Slot = std::atomic<std::uint64_t>;  // zeroed memory is one that knows nothing
  static constexpr std::uint64_t slot_count = std::uint64_t{1} << 20;
  static constexpr std::uint64_t size_mask = (std::uint64_t{1} << 22) - 1;  // of a value's bytes and one; 0: nothing is known
  static constexpr std::uint64_t absent = size_mask;

  // The bits of a hash that are not the slot's number.
  static constexpr std::uint64_t tag_of(std::uint64_t hash) noexcept { return hash & ~size_mask; }
  [[nodiscard]] std::uint64_t hash_of(std::string_view key) const noexcept {
    std::uint64_t hash = 0;
    crypto_shorthash(reinterpret_cast<unsigned char*>(&hash), reinterpret_cast<const unsigned char*>(key.data()), key.size(),
                     key_.data());
    return hash;
  }

  struct Freed {
    void operator()(Slot* slots) const noexcept { std::free(slots); }
  };
  const std::unique_ptr<Slot, Freed> slots_;
  std::array<unsigned char, crypto_shorthash_KEYBYTES> key_{};
};

}  // namespace airssys::wasm
