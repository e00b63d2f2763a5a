#include "airssys/wasm/actor/suspects.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <span>

namespace airssys::wasm {
namespace {

// SipHash-1-3 of one string after another.
class KeyedHash {
 public:
  explicit KeyedHash(const std::array<std::uint64_t, 2>& key) noexcept
      : v_{key[0] ^ 0x736f6d6570736575, key[1] ^ 0x646f72616e646f6d, key[0] ^ 0x6c7967656e657261, key[1] ^ 0x7465646279746573} {}

  void add(std::span<const std::byte> bytes) noexcept {
    std::uint64_t word = 0;
    for (std::size_t at = 0; at + 8 <= bytes.size(); at += 8) {
      std::memcpy(&word, bytes.data() + at, 8);
      absorb(word);
    }
    word = static_cast<std::uint64_t>(bytes.size()) << 56;
    if (const auto tail = bytes.last(bytes.size() % 8); !tail.empty()) std::memcpy(&word, tail.data(), tail.size());
    absorb(word);
  }
  [[nodiscard]] std::uint64_t result() noexcept {
    v_[2] ^= 0xff;
    for (int round = 0; round < 3; ++round) mix();
    return v_[0] ^ v_[1] ^ v_[2] ^ v_[3];
  }

 private:
  void absorb(std::uint64_t word) noexcept {
    v_[3] ^= word;
    mix();
    v_[0] ^= word;
  }
  void mix() noexcept {
    v_[0] += v_[1];
    v_[1] = std::rotl(v_[1], 13) ^ v_[0];
    v_[0] = std::rotl(v_[0], 32);
    v_[2] += v_[3];
    v_[3] = std::rotl(v_[3], 16) ^ v_[2];
    v_[0] += v_[3];
    v_[3] = std::rotl(v_[3], 21) ^ v_[0];
    v_[2] += v_[1];
    v_[1] = std::rotl(v_[1], 17) ^ v_[2];
    v_[2] = std::rotl(v_[2], 32);
  }
  std::array<std::uint64_t, 4> v_;
};

}  // namespace

std::uint64_t Suspects::content_of(const Message& message) const noexcept {
  KeyedHash hash(key_);
  hash.add(message.sender.span());
  hash.add(message.payload.span());
  return hash.result();
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
