// Where exceptions of actors end.
#pragma once
#include <fmt/format.h>

#include <exception>
#include <utility>

#include "airssys/base/result.h"

namespace airssys::rt {

// Calls `body`, which returns a Result; what it throws becomes an Error.
template <class Body>
auto guarded(Body&& body) noexcept -> decltype(body()) {
  try {
    return std::forward<Body>(body)();
  } catch (const std::exception& exception) {
    return fail(Code::internal, fmt::format("exception escaped: {}", exception.what()));
  } catch (...) {
    return fail(Code::internal, "exception escaped: not a std::exception");
  }
}

}  // namespace airssys::rt
