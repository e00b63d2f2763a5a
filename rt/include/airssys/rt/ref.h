// Ref: one counted reference to an object that counts itself. For cells, timers and supervisors, whose last user cannot be
// named: a table, an address in some other actor, a waker in some other thread.
#pragma once
#include <atomic>
#include <cstdint>
#include <utility>

namespace airssys::rt {

// Base of what a Ref points to. Begins with one reference, which the first Ref adopts. Threads: any.
template <class T>
class RefCounted {
 public:
  RefCounted() = default;
  RefCounted(const RefCounted&) = delete;
  RefCounted& operator=(const RefCounted&) = delete;
  void add_ref() const noexcept { refs_.fetch_add(1, std::memory_order_relaxed); }
  void release_ref() const noexcept {
    if (drop_ref()) delete static_cast<const T*>(this);
  }

 protected:
  ~RefCounted() = default;
  // True: that was the last. For a T that ends otherwise, with a release_ref of its own.
  [[nodiscard]] bool drop_ref() const noexcept { return refs_.fetch_sub(1, std::memory_order_acq_rel) == 1; }

 private:
  mutable std::atomic<std::uint32_t> refs_{1};
};

template <class T>
class Ref {
 public:
  Ref() = default;
  // Takes over a reference that somebody holds.
  [[nodiscard]] static Ref adopt(T* object) noexcept {
    Ref ref;
    ref.object_ = object;
    return ref;
  }
  // Adds a reference.
  [[nodiscard]] static Ref share(T& object) noexcept {
    object.add_ref();
    return adopt(&object);
  }
  Ref(const Ref& other) noexcept : object_(other.object_) {
    if (object_) object_->add_ref();
  }
  Ref(Ref&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  Ref& operator=(Ref other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~Ref() {
    if (object_) object_->release_ref();
  }

  [[nodiscard]] T* get() const noexcept { return object_; }
  [[nodiscard]] T* release() noexcept { return std::exchange(object_, nullptr); }
  T& operator*() const noexcept { return *object_; }
  T* operator->() const noexcept { return object_; }
  explicit operator bool() const noexcept { return object_ != nullptr; }
  friend bool operator==(const Ref&, const Ref&) = default;

 private:
  T* object_ = nullptr;
};

}  // namespace airssys::rt
