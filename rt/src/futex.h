// How threads wait for a word to change.
#pragma once
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <ctime>

#include "airssys/base/time.h"

namespace airssys::rt {

inline void futex_wait(const std::atomic<std::uint32_t>& word, std::uint32_t old, Duration at_most) noexcept {
  using namespace std::chrono_literals;
  timespec time{};
  const bool bounded = at_most < 1000h;
  if (bounded) {
    time.tv_sec = at_most / 1s;
    time.tv_nsec = (at_most % 1s).count();
  }
  syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, old, bounded ? &time : nullptr, nullptr, 0);
}

inline void futex_wake(const std::atomic<std::uint32_t>& word, int count) noexcept {
  syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, count, nullptr, nullptr, 0);
}

}  // namespace airssys::rt
