// Ownership of what the bridge hands out, and the one place where its errors become ours.
#pragma once
#include <memory>
#include <string_view>
#include <utility>

#include "airssys/base/bytes.h"
#include "airssys/base/result.h"
#include "airssys/wasm/bridge/bridge.h"
#include "airssys/wasm/bridge/wit.h"
#include "airssys/wasm/core/engine.h"

namespace airssys::wasm {

template <auto Delete>
struct BridgeDelete {
  template <class T>
  void operator()(T* handle) const noexcept {
    Delete(handle);
  }
};
template <class T, auto Delete>
using BridgeHandle = std::unique_ptr<T, BridgeDelete<Delete>>;

using BridgeError = BridgeHandle<aw_error, aw_error_delete>;
using BridgeEngine = BridgeHandle<aw_engine, aw_engine_delete>;
using BridgeComponent = BridgeHandle<aw_component, aw_component_delete>;
using BridgePreinstance = BridgeHandle<aw_preinstance, aw_preinstance_delete>;
using BridgeInstance = BridgeHandle<aw_instance, aw_instance_delete>;

// An aw_buf that is freed.
class BridgeBuffer {
 public:
  BridgeBuffer() = default;
  explicit BridgeBuffer(aw_buf buffer) noexcept : buffer_(buffer) {}
  BridgeBuffer(const BridgeBuffer&) = delete;
  BridgeBuffer& operator=(const BridgeBuffer&) = delete;
  ~BridgeBuffer() { aw_buf_delete(&buffer_); }
  aw_buf* out() noexcept { return &buffer_; }
  [[nodiscard]] std::string_view text() const noexcept { return {reinterpret_cast<const char*>(buffer_.ptr), buffer_.len}; }
  [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return std::as_bytes(std::span(buffer_.ptr, buffer_.len)); }

 private:
  aw_buf buffer_{};
};

inline aw_str to_bridge(std::string_view text) noexcept { return {text.data(), text.size()}; }
inline aw_bytes to_bridge(std::span<const std::byte> bytes) noexcept {
  return {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
}
inline std::string_view from_bridge(aw_str text) noexcept { return {text.ptr, text.len}; }
inline std::span<const std::byte> from_bridge(aw_bytes bytes) noexcept { return std::as_bytes(std::span(bytes.ptr, bytes.len)); }

// The kind of trap behind an aw_code; host_error for what is no trap of the guest.
[[nodiscard]] TrapKind trap_kind(std::uint32_t aw_code) noexcept;
// Takes the error; fields "trap" and "backtrace" where they apply.
[[nodiscard]] Error to_error(BridgeError error);
// Null is success.
[[nodiscard]] Result<> check(aw_error* error);

}  // namespace airssys::wasm
