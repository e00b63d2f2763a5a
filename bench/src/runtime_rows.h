// Rows of wasm/runtime alone: calls into an instance on both lanes, and an instance's life.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>

#include "airssys/base/platform.h"
#include "airssys/base/result.h"
#include "airssys/wasm/core/engine.h"
#include "serve.h"

namespace airssys::bench {

// Keeps what its rows use; they must not outlive it.
class RuntimeRows {
 public:
  // `guests` holds relay.wasm and relay-waiting.wasm; `instances` is the size of the engine's pool.
  [[nodiscard]] static Result<std::unique_ptr<RuntimeRows>> create(const std::filesystem::path& guests, std::uint32_t instances,
                                                                   Platform& platform);
  virtual ~RuntimeRows() = default;
  virtual void add_to(Rows& rows) = 0;
};

}  // namespace airssys::bench
