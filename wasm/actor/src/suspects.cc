#include "airssys/wasm/actor/suspects.h"

#include <sodium.h>

#include <algorithm>
#include <bit>
#include <span>

namespace airssys::wasm {
namespace {

using Key = std::array<std::uint64_t, 2>;
static_assert(sizeof(Key) == crypto_shorthash_KEYBYTES && sizeof(std::uint64_t) == crypto_shorthash_BYTES);

std::uint64_t keyed_hash(std::span<const std::byte> bytes, const Key& key) noexcept {
  std::array<unsigned char, crypto_shorthash_BYTES> hash;
  crypto_shorthash(hash.data(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
                   reinterpret_cast<const unsigned char*>(key.data()));
  return std::bit_cast<std::uint64_t>(hash);
}

}  // namespace

// The sender's hash is a part of the payload's key: where one ends and the other begins counts.
std::uint64_t Suspects::content_of(const Message& message) const noexcept {
  const std::uint64_t sender = keyed_hash(message.sender.span(), key_);
  return keyed_hash(message.payload.span(), {key_[0] ^ sender, key_[1]});
}

void Suspects::accuse(const Message& message, Instant now, Platform& platform) {
  if (after_ == 0) return;
  forget_before(now);
  if (suspects_.empty()) key_ = {platform.random(), platform.random()};
  Suspect suspect{.content = content_of(message), .last = now, .crashes = 1};
  if (const auto known = std::ranges::find(suspects_, suspect.content, &Suspect::content); known != suspects_.end()) {
    suspect.crashes += known->crashes;
    suspects_.erase(known);
  } else if (suspects_.size() == max_suspects) {
    suspects_.erase(suspects_.begin());
  }
  suspects_.push_back(suspect);
  count_poisons();
}

bool Suspects::look_up(const Message& message, Instant now) {
  forget_before(now);
  if (poisons_ == 0) return false;
  const auto known = std::ranges::find(suspects_, content_of(message), &Suspect::content);
  return known != suspects_.end() && known->crashes >= after_;
}

void Suspects::forget_before(Instant now) {
  const auto first = std::ranges::find_if(suspects_, [&](const Suspect& suspect) { return now - suspect.last < window_; });
  if (first == suspects_.begin()) return;
  suspects_.erase(suspects_.begin(), first);
  count_poisons();
}

void Suspects::count_poisons() noexcept {
  poisons_ = static_cast<std::uint32_t>(
      std::ranges::count_if(suspects_, [&](const Suspect& suspect) { return suspect.crashes >= after_; }));
}

}  // namespace airssys::wasm
