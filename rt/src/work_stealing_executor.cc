#include "airssys/rt/work_stealing_executor.h"

#include <climits>

#include "airssys/base/assert.h"
#include "futex.h"
#include "worker_pool.h"

namespace airssys::rt {

WorkStealingExecutor::WorkStealingExecutor(Platform& platform, std::size_t workers)
    : pool_(std::make_unique<Pool>(*this, platform, workers)) {}
WorkStealingExecutor::~WorkStealingExecutor() = default;
Platform& WorkStealingExecutor::platform() noexcept { return pool_->platform; }
void WorkStealingExecutor::schedule(Runnable& runnable, Urgency urgency) noexcept { pool_->schedule(runnable, urgency); }
Ref<TimerTask> WorkStealingExecutor::post_at(Instant due, std::function<void()> action) {
  return pool_->post_at(due, std::move(action));
}
bool WorkStealingExecutor::cancel(TimerTask& task) noexcept { return pool_->cancel(task); }
void WorkStealingExecutor::sample_turns(std::vector<TurnSample>& into) const { pool_->sample_turns(into); }
bool WorkStealingExecutor::quiet() const noexcept { return pool_->quiet(); }
std::atomic<std::uint32_t>& WorkStealingExecutor::quiet_word() noexcept { return pool_->quiet_word; }

bool WorkStealingExecutor::wait(const std::atomic<std::uint32_t>& word, std::uint32_t old, Instant deadline) {
  AIRSSYS_ASSERT(this_thread().executor != this, "a worker waits for its own executor");
  if (word.load(std::memory_order_acquire) != old) return true;
  const Instant now = pool_->platform.now();
  if (now >= deadline) return false;
  futex_wait(word, old, deadline - now);
  return true;
}

void WorkStealingExecutor::notify(const std::atomic<std::uint32_t>& word) noexcept { futex_wake(word, INT_MAX); }

}  // namespace airssys::rt
