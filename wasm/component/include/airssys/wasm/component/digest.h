// SHA-256 of components and of manifests, which are named by it: an artifact is its digest (X.19), and what is signed holds the
// digests of both.
#pragma once
#include <array>
#include <compare>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "airssys/base/result.h"

namespace airssys::wasm {

class Digest {
 public:
  [[nodiscard]] static Digest of(std::span<const std::byte> content) noexcept;
  // "sha256:" and 64 lowercase hex digits; otherwise invalid_argument.
  [[nodiscard]] static Result<Digest> parse(std::string_view text);

  [[nodiscard]] std::string text() const;
  [[nodiscard]] const std::array<std::byte, 32>& bytes() const noexcept { return bytes_; }
  friend auto operator<=>(const Digest&, const Digest&) = default;

 private:
  explicit Digest(const std::array<std::byte, 32>& bytes) noexcept : bytes_(bytes) {}
  std::array<std::byte, 32> bytes_;
};

}  // namespace airssys::wasm
