// Timers of an executor, on its platform's clock.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "airssys/base/time.h"
#include "airssys/rt/ref.h"

namespace airssys::rt {

class TimerQueue;

// What is to be done once at an instant. Made by Executor::post_at.
class TimerTask final : public RefCounted<TimerTask> {
 public:
  explicit TimerTask(std::function<void()> action) : action_(std::move(action)) {}
  // Not under any lock. The action is freed afterwards.
  void fire() noexcept;
  [[nodiscard]] Instant due() const noexcept { return due_; }
  // How many timers its queue had armed before it.
  [[nodiscard]] std::uint64_t order() const noexcept { return order_; }

 private:
  friend class RefCounted<TimerTask>;
  friend class TimerQueue;
  static constexpr std::size_t not_queued = SIZE_MAX;
  ~TimerTask() = default;

  std::function<void()> action_;
  Instant due_{};
  std::uint64_t order_ = 0;
  std::size_t place_ = not_queued;
};

// The armed timers, earliest first; equal instants in the order they were armed. Not for two threads at once: an executor
// guards it.
class TimerQueue {
 public:
  void add(Ref<TimerTask> task, Instant due);
  // False when it is not in here (fired, firing, or removed).
  bool remove(TimerTask& task) noexcept;
  // The earliest instant, Instant::max() when empty.
  [[nodiscard]] Instant next() const noexcept { return heap_.empty() ? Instant::max() : heap_.front()->due_; }
  // The earliest if it is due at `now`, else null.
  [[nodiscard]] Ref<TimerTask> take_due(Instant now) noexcept;
  [[nodiscard]] std::size_t size() const noexcept { return heap_.size(); }

 private:
  static bool before(const TimerTask& a, const TimerTask& b) noexcept;
  void put(std::size_t place, Ref<TimerTask> task) noexcept;
  void rise(std::size_t place) noexcept;
  void sink(std::size_t place) noexcept;
  Ref<TimerTask> take(std::size_t place) noexcept;

  std::vector<Ref<TimerTask>> heap_;
  std::uint64_t orders_ = 0;
};

}  // namespace airssys::rt
