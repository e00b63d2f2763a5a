#include "waker.h"

#include <fmt/format.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

namespace airssys::wasm {

Result<Waker> Waker::make() {
  Descriptor event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!event) return fail(Code::io, fmt::format("eventfd: {}", std::strerror(errno)));
  return Waker(std::move(event));
}

// Full, or empty, is as good: it is awake, or was cleared.
void Waker::wake() const noexcept {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(event_.get(), &one, sizeof one);
}

void Waker::clear() const noexcept {
  std::uint64_t all = 0;
  [[maybe_unused]] const auto taken = ::read(event_.get(), &all, sizeof all);
}

}  // namespace airssys::wasm
