// PeriodicTimer: a message again and again (R0.10). Made by Context::send_every.
#pragma once
#include <atomic>
#include <cstdint>
#include <mutex>
#include <utility>

#include "airssys/base/time.h"
#include "airssys/rt/address.h"
#include "airssys/rt/executor.h"
#include "airssys/rt/notice.h"

namespace airssys::rt {

// It ticks at whole periods after it was made, however late one tick is: there is no drift, and ticks that were missed
// meanwhile are skipped. Its message reaches the receiver beside the mailbox, between two messages, and only one at a time:
// while the receiver has not finished with one, further ticks are skipped, not queued.
//
// It belongs to the object that made it and ends with it, at a restart as well; it also ends with its receiver, and when it is
// cancelled. Threads: any.
class PeriodicTimer : public Notice, public RefCounted<PeriodicTimer> {
 public:
  // No tick begins from now on; one that has begun is not waited for. More than once is once.
  void cancel() noexcept;
  [[nodiscard]] bool over() const noexcept { return over_.load(std::memory_order_acquire); }
  [[nodiscard]] std::uint64_t skipped() const noexcept { return skipped_.load(std::memory_order_relaxed); }

  void release() noexcept final;

 protected:
  friend class Cell;
  friend class RefCounted<PeriodicTimer>;
  // `whose`: the receiver's object, see Notice.
  PeriodicTimer(std::uint32_t whose, ActorRef to, Executor& executor, Duration period) noexcept
      : Notice(whose),
        to_(std::move(to)),
        executor_(executor),
        period_(period) {}
  virtual ~PeriodicTimer() = default;

 private:
  void start() noexcept;
  void locked_arm() noexcept;
  void tick() noexcept;

  const ActorRef to_;
  Executor& executor_;  // outlives every object, and so this timer's ticks
  const Duration period_;
  std::atomic<bool> over_{false};
  std::atomic<bool> under_way_{false};  // a message is on its way, or being handled
  std::atomic<std::uint64_t> skipped_{0};
  std::mutex mutex_;
  Instant due_{};         // guarded, as all below
  Ref<TimerTask> armed_;  // null once it is over
};

template <class M>
class PeriodicMessage final : public PeriodicTimer {
 public:
  PeriodicMessage(std::uint32_t whose, const Address<M>& to, Executor& executor, Duration period, M message)
      : PeriodicTimer(whose, to, executor, period),
        message_(std::move(message)) {}
  Result<Turn> deliver(ActorBase& actor, Context& context) override {
    if (over()) return Turn::done;
    return static_cast<Actor<M>&>(actor).handle(M(message_), context);
  }

 private:
  ~PeriodicMessage() override = default;
  const M message_;
};

}  // namespace airssys::rt
