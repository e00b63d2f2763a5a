#include "airssys/base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace airssys {

void assertion_failed(const char* condition, const char* file, int line, std::string_view state) noexcept {
  std::fprintf(stderr, "airssys: broken invariant at %s:%d: %s%s%.*s\n", file, line, condition, state.empty() ? "" : ": ",
               static_cast<int>(state.size()), state.data());
  std::abort();
}

}  // namespace airssys
