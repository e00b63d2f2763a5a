// What a guest waits for, and who is told when waiting makes sense no more.
#pragma once

namespace airssys::wasm {

// Wakes a suspended guest call: `wake` may come from any thread, any number of times, also after the call ended, and only
// enqueues. Counted by hand because it crosses the bridge as a plain pointer; C++ code holds it through CallWaker.
class WakeTarget {
 public:
  virtual void retain() noexcept = 0;
  virtual void release() noexcept = 0;
  virtual void wake() noexcept = 0;

 protected:
  ~WakeTarget() = default;
};

class CallWaker {
 public:
  explicit CallWaker(WakeTarget& target) noexcept : target_(&target) { target_->retain(); }
  CallWaker(const CallWaker& other) noexcept : CallWaker(*other.target_) {}
  CallWaker& operator=(const CallWaker& other) noexcept {
    other.target_->retain();
    target_->release();
    target_ = other.target_;
    return *this;
  }
  ~CallWaker() { target_->release(); }
  void wake() const noexcept { target_->wake(); }

 private:
  WakeTarget* target_;
};

// Something that a guest waits for. Polled whenever its waker woke; destroyed when done or when the call is cancelled.
class PendingOperation {
 public:
  virtual ~PendingOperation() = default;
  // True when done. Else it keeps a copy of `waker` and wakes it when polling again makes sense.
  virtual bool poll(const CallWaker& waker) noexcept = 0;
};

}  // namespace airssys::wasm
