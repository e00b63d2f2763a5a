// Text of a component's module made from arbitrary bytes: always valid, seldom well-behaved. The fuzzer's bytes are choices:
// which instruction, which value, so that flipping one changes a guest in one place instead of breaking the file.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace airssys::fuzz {

// Bytes taken one after another; zeros when they are used up, so that everything made of them ends.
class Choices {
 public:
  explicit Choices(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}
  [[nodiscard]] bool used_up() const noexcept { return at_ >= bytes_.size(); }
  std::uint8_t byte() noexcept { return used_up() ? 0 : bytes_[at_++]; }
  // Below `n`, which is at most 256.
  std::size_t below(std::size_t n) noexcept { return byte() % n; }
  bool one_in(std::size_t n) noexcept { return below(n) == n - 1; }

 private:
  std::span<const std::uint8_t> bytes_;
  std::size_t at_ = 0;
};

enum class World : std::uint8_t { component, waiting_component };

// A core module with the exports of `lifecycle`, which may call every function of the world's imports.
[[nodiscard]] std::string module_text(Choices& choices, World world);

}  // namespace airssys::fuzz
