// Bytes: an immutable run of bytes, shared by reference count and sliced without copying. 24 bytes, one allocation for
// header and content together; the empty one allocates nothing. Threads: a value may be used by one thread at a time,
// copies of it by any number at once.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>

namespace airssys {

class Bytes {
 public:
  Bytes() = default;
  Bytes(const Bytes& other) noexcept : block_(other.block_), data_(other.data_), size_(other.size_) { retain(); }
  Bytes(Bytes&& other) noexcept
      : block_(std::exchange(other.block_, nullptr)),
        data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)) {}
  Bytes& operator=(Bytes other) noexcept {
    std::swap(block_, other.block_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~Bytes() {
    if (block_) release();
  }

  [[nodiscard]] static Bytes copy_of(std::span<const std::byte> content) {
    Bytes bytes = allocate(content.size());
    if (!content.empty()) std::memcpy(bytes.writable(), content.data(), content.size());
    return bytes;
  }
  [[nodiscard]] static Bytes copy_of(std::string_view text) { return copy_of(std::as_bytes(std::span(text))); }

  // For a content that is made in place: `fill` is called once with `size` bytes to write.
  template <class Fill>
  [[nodiscard]] static Bytes make(std::size_t size, Fill&& fill) {
    Bytes bytes = allocate(size);
    std::forward<Fill>(fill)(std::span<std::byte>(bytes.writable(), size));
    return bytes;
  }

  [[nodiscard]] const std::byte* data() const noexcept { return data_; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] std::span<const std::byte> span() const noexcept { return {data_, size_}; }
  [[nodiscard]] std::string_view text() const noexcept { return {reinterpret_cast<const char*>(data_), size_}; }

  // The part [offset, offset + count), sharing the content; both are cut to what there is.
  [[nodiscard]] Bytes slice(std::size_t offset, std::size_t count = SIZE_MAX) const noexcept;

  friend bool operator==(const Bytes& a, const Bytes& b) noexcept { return a.text() == b.text(); }

 private:
  struct Block;
  static Bytes allocate(std::size_t size);
  std::byte* writable() noexcept { return const_cast<std::byte*>(data_); }
  void retain() const noexcept;
  void release() noexcept;

  Block* block_ = nullptr;
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace airssys
