// CodecSet: the codecs of payloads that a component understands, as `[serialization]` of its manifest says (X.29). One that says
// nothing is taken to understand every registered one.
//
// A value: copies share the list. Threads: any.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "airssys/wasm/core/multicodec.h"

namespace airssys::wasm {

class CodecSet {
 public:
  static constexpr std::size_t max_size = 64;

  CodecSet() = default;
  // In the order of preference; codes of the registry. None: nothing is said.
  explicit CodecSet(std::vector<std::uint64_t> codes)
      : codes_(codes.empty() ? nullptr : std::make_shared<const std::vector<std::uint64_t>>(std::move(codes))) {}

  [[nodiscard]] bool says_nothing() const noexcept { return codes_ == nullptr; }
  [[nodiscard]] std::span<const std::uint64_t> codes() const noexcept {
    return codes_ ? std::span(*codes_) : std::span<const std::uint64_t>();
  }
  // `code` is one of the registry, and no alias.
  [[nodiscard]] bool takes(std::uint64_t code) const noexcept;

  friend bool operator==(const CodecSet& a, const CodecSet& b) noexcept {
    return a.codes_ == b.codes_ || (a.codes_ && b.codes_ && *a.codes_ == *b.codes_);
  }

 private:
  std::shared_ptr<const std::vector<std::uint64_t>> codes_;  // null: nothing is said
};

// What the two may talk in: borsh where both understand it, else the first that the receiver prefers. Null: nothing.
[[nodiscard]] const Codec* find_common_codec(const CodecSet& sender, const CodecSet& receiver) noexcept;

}  // namespace airssys::wasm
