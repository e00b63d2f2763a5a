#include "airssys/rt/periodic.h"

#include <fmt/format.h>

#include <algorithm>

#include "cell_details.h"
#include "system_core.h"

namespace airssys::rt {

void PeriodicTimer::start() noexcept {
  const std::scoped_lock lock(mutex_);
  due_ = later(executor_.platform().now(), period_);
  locked_arm();
}

void PeriodicTimer::locked_arm() noexcept {
  armed_ = executor_.post_at(due_, [self = Ref<PeriodicTimer>::share(*this)] { self->tick(); });
}

void PeriodicTimer::cancel() noexcept {
  Ref<TimerTask> armed;
  {
    const std::scoped_lock lock(mutex_);
    over_.store(true, std::memory_order_release);
    armed = std::exchange(armed_, {});
  }
  if (armed) executor_.cancel(*armed);
}

void PeriodicTimer::tick() noexcept {
  {
    const std::scoped_lock lock(mutex_);
    if (over()) return;
    due_ = later(due_, period_);
    if (const Instant now = executor_.platform().now(); due_ <= now) {
      const auto missed = (now - due_) / period_ + 1;
      skipped_.fetch_add(static_cast<std::uint64_t>(missed), std::memory_order_relaxed);
      due_ += missed * period_;
    }
    locked_arm();
  }
  if (under_way_.exchange(true, std::memory_order_acq_rel)) {
    skipped_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  add_ref();  // the cell's
  if (!to_.cell_->post(*this)) cancel();
}

void PeriodicTimer::release() noexcept {
  under_way_.store(false, std::memory_order_release);
  release_ref();
}

Result<Ref<PeriodicTimer>> Cell::add_timer(Ref<PeriodicTimer> timer, Duration period) {
  constexpr std::size_t timers_max = 1000;
  if (period <= Duration::zero()) return fail(Code::invalid_argument, "send_every: the period must be longer than 0");
  auto& timers = ties().timers;
  std::erase_if(timers, [](const auto& old) { return old->over(); });
  if (timers.size() >= timers_max)
    return fail(Code::exhausted, fmt::format("actor {} '{}' has {} periodic timers", id_.value(), name(), timers_max));
  timers.push_back(timer);
  timer->start();
  return timer;
}

}  // namespace airssys::rt
