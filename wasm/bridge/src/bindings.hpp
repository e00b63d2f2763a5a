// Beside C bindings by wit-bindgen: what makes them usable from C++20 without a `free` forgotten.
//
//   wit::owned<shop_string_free> id;                       // freed at its end
//   airssys_core_messaging_self_id(id.out());
//   std::string_view text = wit::text(*id);
//
// Arguments of imports are lent for the call: wit::lend. What an export answers belongs to the caller: wit::give, or take().
#pragma once
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string_view>

namespace wit {

namespace detail {
template <class T>
T freed_by(void (*)(T*));
template <class T>
T freed_by(void (*)(T));
}  // namespace detail

// A value that `Free` frees: a generated `…_free`, or the `…_drop_own` of a resource. Zeros, as at its birth, hold nothing.
template <auto Free>
class owned {
 public:
  using type = decltype(detail::freed_by(Free));

  owned() = default;
  explicit owned(const type& taken) : value_(taken) {}
  owned(owned&& other) noexcept : value_(other.take()) {}
  owned& operator=(owned&& other) noexcept {
    if (this != &other) *out() = other.take();
    return *this;
  }
  ~owned() { clear(); }

  // For a call to fill in; what was there is freed.
  [[nodiscard]] type* out() {
    clear();
    return &value_;
  }
  // Not freed here any more.
  [[nodiscard]] type take() noexcept {
    const type taken = value_;
    forget();
    return taken;
  }

  [[nodiscard]] const type& operator*() const noexcept { return value_; }
  [[nodiscard]] const type* operator->() const noexcept { return &value_; }

 private:
  void clear() {
    static constexpr unsigned char nothing[sizeof(type)]{};
    if (std::memcmp(&value_, nothing, sizeof nothing) == 0) return;
    if constexpr (requires { Free(&value_); })
      Free(&value_);
    else
      Free(value_);
    forget();
  }
  void forget() noexcept { std::memset(&value_, 0, sizeof value_); }

  type value_{};
};

// A `string`, and a `list<u8>`, as the bindings of each world name them.
template <class T>
concept octets = requires(T value) {
  { value.ptr } -> std::same_as<std::uint8_t*&>;
  { value.len } -> std::same_as<std::size_t&>;
};

template <octets T>
[[nodiscard]] std::string_view text(const T& value) {
  return {reinterpret_cast<const char*>(value.ptr), value.len};
}
template <octets T>
[[nodiscard]] std::span<const std::uint8_t> bytes(const T& value) {
  return {value.ptr, value.len};
}

// Lends text to an import for the duration of a call: imports do not write through the pointer.
template <octets T>
[[nodiscard]] T lend(std::string_view text) {
  return {const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(text.data())), text.size()};
}

// A copy that the bindings free. No memory: a crash, as in all of such a component.
template <octets T>
[[nodiscard]] T give(std::string_view text) {
  if (text.empty()) return {nullptr, 0};
  auto* copy = static_cast<std::uint8_t*>(std::malloc(text.size()));
  if (!copy) std::abort();
  std::memcpy(copy, text.data(), text.size());
  return {copy, text.size()};
}

}  // namespace wit
