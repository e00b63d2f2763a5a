// payload: what is sent, received and answered: a content, and the codec that it is written in.
//
// It holds its wire form, prefix and content in one run, so that a payload that was received is forwarded or answered as it is,
// and one that is made goes out without another copy. Makes itself of anything that reads as text or as a span of bytes, which is
// then `raw`. Move-only, so that a copy is always written out (`clone()`).
#pragma once
#include <concepts>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <expected>
#include <span>
#include <string_view>
#include <utility>

#include "airssys/sdk/bytes.h"
#include "airssys/sdk/codec.h"

namespace airssys {

class payload {
 public:
  // Raw, without content.
  payload() = default;
  template <class Text>
    requires(std::convertible_to<const Text&, std::string_view> && !std::same_as<Text, payload>)
  payload(const Text& text) : payload(codec::raw, static_cast<std::string_view>(text)) {}
  template <class Range>
    requires(std::convertible_to<const Range&, std::span<const std::uint8_t>> &&
             !std::convertible_to<const Range&, std::string_view> && !std::same_as<Range, payload>)
  payload(const Range& range) : payload(codec::raw, std::span<const std::uint8_t>(range)) {}

  payload(std::uint64_t in, std::string_view content) : payload(in, content.data(), content.size()) {}
  payload(std::uint64_t in, std::span<const std::uint8_t> content) : payload(in, content.data(), content.size()) {}

  // For a content that is made in place: `fill` is called once with `size` bytes to write.
  template <class Fill>
  [[nodiscard]] static payload make(std::uint64_t in, std::size_t size, Fill&& fill) {
    payload made(in, size);
    std::forward<Fill>(fill)(std::span<std::uint8_t>(made.content_begin(), size));
    return made;
  }
  // Of its wire form, as it was received. Otherwise what is wrong with that, in words for its sender.
  [[nodiscard]] static std::expected<payload, std::string_view> adopt(bytes wire) {
    const auto prefix = detail::read_prefix(wire.span());
    if (!prefix) return std::unexpected(prefix.error());
    payload adopted;
    adopted.wire_ = std::move(wire);
    adopted.codec_ = prefix->code;
    adopted.prefix_ = prefix->size;
    return adopted;
  }

  payload(payload&& other) noexcept { swap(other); }
  payload& operator=(payload&& other) noexcept {
    swap(other);
    return *this;
  }

  [[nodiscard]] std::uint64_t codec() const { return codec_; }
  // The content.
  [[nodiscard]] std::string_view text() const { return {reinterpret_cast<const char*>(data()), size()}; }
  [[nodiscard]] std::span<const std::uint8_t> span() const { return {data(), size()}; }
  [[nodiscard]] const std::uint8_t* data() const { return wire_.data() + prefix_; }
  [[nodiscard]] std::size_t size() const { return wire_.size() - prefix_; }
  [[nodiscard]] bool empty() const { return size() == 0; }

  // Prefix and content.
  [[nodiscard]] std::span<const std::uint8_t> wire() const {
    if (wire_.empty()) return {nothing, sizeof nothing};
    return wire_.span();
  }
  [[nodiscard]] bytes take_wire() {
    payload taken;
    swap(taken);
    return taken.wire_.empty() ? bytes(taken.wire()) : std::move(taken.wire_);
  }
  [[nodiscard]] payload clone() const { return payload(codec_, span()); }

 private:
  friend class payload_writer;
  static constexpr std::uint8_t nothing[] = {codec::raw};

  payload(std::uint64_t in, std::size_t size) : codec_(in) {
    std::uint8_t prefix[detail::max_prefix_bytes];
    prefix_ = detail::write_prefix(in, prefix);
    auto* const memory = static_cast<std::uint8_t*>(std::malloc(prefix_ + size));
    if (memory == nullptr) __builtin_trap();
    std::memcpy(memory, prefix, prefix_);
    wire_ = bytes::adopt(memory, prefix_ + size);
  }
  payload(std::uint64_t in, const void* content, std::size_t size) : payload(in, size) {
    if (size > 0) std::memcpy(content_begin(), content, size);
  }

  [[nodiscard]] std::uint8_t* content_begin() { return const_cast<std::uint8_t*>(data()); }
  void swap(payload& other) noexcept {
    std::swap(wire_, other.wire_);
    std::swap(codec_, other.codec_);
    std::swap(prefix_, other.prefix_);
  }

  bytes wire_;
  std::uint64_t codec_ = codec::raw;
  std::size_t prefix_ = 0;  // bytes of it in wire_
};

// For a content whose size is not known before it is written.
class payload_writer {
 public:
  // Room for so many bytes of content at first.
  explicit payload_writer(std::uint64_t in, std::size_t expected = 64) : made_(in, expected), room_(expected) {}

  void push(std::uint8_t byte) {
    if (size_ == room_) grow(1);
    made_.content_begin()[size_++] = byte;
  }
  void append(const void* data, std::size_t size) {
    if (size == 0) return;
    if (size > room_ - size_) grow(size);
    std::memcpy(made_.content_begin() + size_, data, size);
    size_ += size;
  }
  void append(std::string_view text) { append(text.data(), text.size()); }
  [[nodiscard]] std::size_t size() const { return size_; }
  // What was written from `from` on, to be changed in place.
  [[nodiscard]] std::span<std::uint8_t> written(std::size_t from) { return {made_.content_begin() + from, size_ - from}; }
  // Drops what was written after that.
  void cut(std::size_t size) { size_ = size < size_ ? size : size_; }

  [[nodiscard]] payload finish() && {
    const std::size_t whole = made_.prefix_ + size_;
    made_.wire_ = bytes::adopt(made_.wire_.release(), whole);
    return std::move(made_);
  }

 private:
  void grow(std::size_t by) {
    room_ = room_ * 2 > size_ + by ? room_ * 2 : size_ + by;
    auto* const memory = static_cast<std::uint8_t*>(std::realloc(made_.wire_.release(), made_.prefix_ + room_));
    if (memory == nullptr) __builtin_trap();
    made_.wire_ = bytes::adopt(memory, made_.prefix_ + room_);
  }

  payload made_;
  std::size_t room_;
  std::size_t size_ = 0;
};

}  // namespace airssys
