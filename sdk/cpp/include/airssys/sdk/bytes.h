// bytes: an owned run of bytes.
//
// Move-only, so that a copy is always written out (`clone()`). Makes itself from anything that reads as text or as a span
// of bytes. The memory comes from malloc because the canonical ABI hands buffers over between host and guest.
#pragma once
#include <concepts>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>

namespace airssys {

class bytes {
 public:
  bytes() = default;
  template <class Text>
    requires(std::convertible_to<const Text&, std::string_view> && !std::same_as<Text, bytes>)
  bytes(const Text& text) : bytes(static_cast<std::string_view>(text).data(), static_cast<std::string_view>(text).size()) {}
  template <class Range>
    requires(std::convertible_to<const Range&, std::span<const std::uint8_t>> &&
             !std::convertible_to<const Range&, std::string_view> && !std::same_as<Range, bytes>)
  bytes(const Range& range) : bytes(std::span<const std::uint8_t>(range).data(), std::span<const std::uint8_t>(range).size()) {}

  bytes(bytes&& other) noexcept : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  bytes& operator=(bytes&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~bytes() { std::free(data_); }

  // Takes memory that malloc gave; `data` may be anything when `size` is 0 (the canonical ABI passes a dangling pointer).
  static bytes adopt(std::uint8_t* data, std::size_t size) {
    bytes adopted;
    adopted.data_ = size == 0 ? nullptr : data;
    adopted.size_ = size;
    return adopted;
  }
  // Gives the memory away; the caller frees it. Null when empty.
  [[nodiscard]] std::uint8_t* release() {
    size_ = 0;
    return std::exchange(data_, nullptr);
  }

  [[nodiscard]] bytes clone() const { return bytes(data_, size_); }
  [[nodiscard]] const std::uint8_t* data() const { return data_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::span<const std::uint8_t> span() const { return {data_, size_}; }
  // Read as text, for functions that take a string_view.
  operator std::string_view() const { return text(); }
  [[nodiscard]] std::string_view text() const { return {reinterpret_cast<const char*>(data_), size_}; }

 private:
  bytes(const void* data, std::size_t size) : size_(size) {
    if (size == 0) return;
    data_ = static_cast<std::uint8_t*>(std::malloc(size));
    if (data_ == nullptr) __builtin_trap();
    std::memcpy(data_, data, size);
  }

  std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace airssys
