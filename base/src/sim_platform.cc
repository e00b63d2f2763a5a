#include "airssys/base/sim_platform.h"

#include "airssys/base/assert.h"

namespace airssys {

WallTime SimPlatform::wall_now() const noexcept {
  using namespace std::chrono;
  return WallTime(sys_days{2026y / January / 1}) + now_.time_since_epoch();
}

std::unique_ptr<Thread> SimPlatform::start_thread(std::string name, std::function<void()>) {
  AIRSSYS_ASSERT(false, "thread '{}' was asked of a simulated world", name);
  return nullptr;
}

std::unique_ptr<Thread> SimPlatform::start_ticker(std::string name, Duration, std::function<void()> body) {
  return start_thread(std::move(name), std::move(body));
}

}  // namespace airssys
