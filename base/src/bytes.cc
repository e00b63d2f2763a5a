#include "airssys/base/bytes.h"

#include <algorithm>
#include <atomic>
#include <new>

namespace airssys {

struct Bytes::Block {
  std::atomic<std::size_t> owners{1};
};

Bytes Bytes::allocate(std::size_t size) {
  Bytes bytes;
  if (size == 0) return bytes;
  void* memory = ::operator new(sizeof(Block) + size);
  bytes.block_ = new (memory) Block;
  bytes.data_ = static_cast<std::byte*>(memory) + sizeof(Block);
  bytes.size_ = size;
  return bytes;
}

void Bytes::retain() const noexcept {
  if (block_) block_->owners.fetch_add(1, std::memory_order_relaxed);
}

void Bytes::release() noexcept {
  // The last owner needs no second atomic step: nobody else can make a copy of it.
  if (block_->owners.load(std::memory_order_acquire) != 1 && block_->owners.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  block_->~Block();
  ::operator delete(block_);
}

Bytes Bytes::slice(std::size_t offset, std::size_t count) const noexcept {
  offset = std::min(offset, size_);
  count = std::min(count, size_ - offset);
  if (count == 0) return {};
  Bytes part(*this);
  part.data_ += offset;
  part.size_ = count;
  return part;
}

}  // namespace airssys
