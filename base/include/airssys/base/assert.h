// AIRSSYS_ASSERT: a broken invariant of ours. On in release too; prints the condition, the state that shows why, and the
// place, then aborts. Never for what a guest, a user, the disk or the network can cause: that is a Result.
#pragma once
#include <fmt/format.h>

#include <string_view>

namespace airssys {
[[noreturn]] void assertion_failed(const char* condition, const char* file, int line, std::string_view state) noexcept;
}  // namespace airssys

#define AIRSSYS_ASSERT(condition, ...)                                                            \
  do {                                                                                            \
    if (!(condition)) [[unlikely]]                                                                \
      ::airssys::assertion_failed(#condition, __FILE__, __LINE__, ::fmt::format("" __VA_ARGS__)); \
  } while (false)
