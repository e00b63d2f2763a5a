#include "airssys/rt/timer.h"

#include <utility>

namespace airssys::rt {

void TimerTask::fire() noexcept {
  const std::function<void()> action = std::exchange(action_, nullptr);
  if (action) action();
}

void TimerQueue::add(Ref<TimerTask> task, Instant due) {
  task->due_ = due;
  task->order_ = orders_++;
  heap_.emplace_back();
  put(heap_.size() - 1, std::move(task));
  rise(heap_.size() - 1);
}

bool TimerQueue::remove(TimerTask& task) noexcept {
  if (task.place_ == TimerTask::not_queued) return false;
  const Ref<TimerTask> removed = take(task.place_);
  return true;
}

Ref<TimerTask> TimerQueue::take_due(Instant now) noexcept {
  if (heap_.empty() || heap_.front()->due_ > now) return {};
  return take(0);
}

bool TimerQueue::before(const TimerTask& a, const TimerTask& b) noexcept {
  return a.due_ != b.due_ ? a.due_ < b.due_ : a.order_ < b.order_;
}

void TimerQueue::put(std::size_t place, Ref<TimerTask> task) noexcept {
  task->place_ = place;
  heap_[place] = std::move(task);
}

void TimerQueue::rise(std::size_t place) noexcept {
  while (place > 0) {
    const std::size_t parent = (place - 1) / 2;
    if (!before(*heap_[place], *heap_[parent])) return;
    std::swap(heap_[place], heap_[parent]);
    heap_[place]->place_ = place;
    heap_[parent]->place_ = parent;
    place = parent;
  }
}

void TimerQueue::sink(std::size_t place) noexcept {
  for (;;) {
    std::size_t least = place;
    for (std::size_t child = 2 * place + 1; child <= 2 * place + 2 && child < heap_.size(); ++child)
      if (before(*heap_[child], *heap_[least])) least = child;
    if (least == place) return;
    std::swap(heap_[place], heap_[least]);
    heap_[place]->place_ = place;
    heap_[least]->place_ = least;
    place = least;
  }
}

Ref<TimerTask> TimerQueue::take(std::size_t place) noexcept {
  Ref<TimerTask> taken = std::move(heap_[place]);
  taken->place_ = TimerTask::not_queued;
  Ref<TimerTask> last = std::move(heap_.back());
  heap_.pop_back();
  if (place < heap_.size()) {
    put(place, std::move(last));
    rise(place);
    sink(place);
  }
  return taken;
}

}  // namespace airssys::rt
