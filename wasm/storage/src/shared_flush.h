// SharedFlush: one wait for the disk is that of all who asked for it before it began.
// Threads: any.
#pragma once
#include <atomic>
#include <cstdint>
#include <mutex>

#include "airssys/base/result.h"

namespace airssys::wasm {

class SharedFlush {
 public:
  // Returns when a `flush` that began after this call has succeeded, or its own has failed.
  template <class Flush>
  Result<> operator()(Flush&& flush) {
    const std::uint64_t mine = ++wanted_;
    const std::lock_guard lock(mutex_);
    if (done_ >= mine) return {};
    const std::uint64_t all = wanted_;
    AIRSSYS_TRY_VOID(flush());
    done_ = all;
    return {};
  }

 private:
  std::atomic<std::uint64_t> wanted_{0};
  std::mutex mutex_;
  std::uint64_t done_ = 0;  // of those wanted
};

}  // namespace airssys::wasm
