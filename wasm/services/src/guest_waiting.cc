#include "airssys/wasm/services/guest_waiting.h"

namespace airssys::wasm {
namespace {

class Sleep final : public PendingOperation {
 public:
  Sleep(rt::Executor& executor, Duration duration) : executor_(executor), due_(executor.platform().now() + duration) {}
  ~Sleep() override { disarm(); }

  bool poll(const CallWaker& waker) noexcept override {
    if (executor_.platform().now() >= due_) return true;
    disarm();  // polled early, by a wake that was meant for something else: this waker may be another
    timer_ = executor_.post_at(due_, [waker] { waker.wake(); });
    return false;
  }

 private:
  void disarm() noexcept {
    if (timer_) executor_.cancel(*timer_);  // false when it has fired: waking an ended call does nothing
  }

  rt::Executor& executor_;
  const Instant due_;
  rt::Ref<rt::TimerTask> timer_;
};

}  // namespace

std::unique_ptr<PendingOperation> GuestWaiting::sleep(Duration duration) noexcept {
  return std::make_unique<Sleep>(executor_, duration);
}

}  // namespace airssys::wasm
