// Which part of a sharded thing the running thread uses: threads that are busy at the same time rarely share one.
#pragma once
#include <cstddef>
#include <cstdint>

#include "airssys/rt/executor.h"

namespace airssys::rt {

inline constexpr std::size_t thread_shards = 8;

[[nodiscard]] inline std::size_t thread_shard() noexcept {
  constexpr std::uint64_t golden = 0x9e3779b97f4a7c15;  // mixes the address of what each thread has one of
  return static_cast<std::size_t>((reinterpret_cast<std::uintptr_t>(&this_thread()) * golden) >> 61);
}

}  // namespace airssys::rt
