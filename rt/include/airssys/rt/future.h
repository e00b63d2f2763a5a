// Future: the answer to what a plain thread has asked (R0.6), see ActorSystem::ask.
#pragma once
#include <atomic>
#include <cstdint>
#include <utility>

#include "airssys/base/time.h"
#include "airssys/rt/ask.h"

namespace airssys::rt {

class SystemCore;

// What a plain thread's ask has beside its answer. For the runtime itself. Guarded by the core's mutex, except `ready`.
struct Waiting {
  Waiting(SystemCore& its_core, Instant its_deadline) noexcept;
  ~Waiting();
  const Ref<SystemCore> core;
  const Instant deadline;
  std::atomic<std::uint32_t> ready{0};  // what the thread waits for: 1 when it is decided
};

template <class T>
class FutureAsk final : public Answer<T> {
 public:
  [[nodiscard]] static FutureAsk& make(SystemCore& core, Instant deadline) {
    return *::new (allocate_node(size(), sizeof(FutureAsk))) FutureAsk(core, deadline);
  }
  using Answer<T>::take;
  Waiting* waiting() noexcept override { return &waiting_; }

 private:
  static constexpr NodeSize size() noexcept { return node_size_for(sizeof(FutureAsk)); }
  FutureAsk(SystemCore& core, Instant deadline) noexcept : Answer<T>(nullptr), waiting_(core, deadline) {}
  ~FutureAsk() = default;
  Result<Turn> go_on(Context&) override { return Turn::done; }
  void destroy() noexcept override {
    this->~FutureAsk();
    free_node(size(), this);
  }
  Waiting waiting_;
};

// Among all that plain threads of one system have asked and nobody has decided: at most max_asks, else exhausted.
Result<> enlist(Ask& ask, SystemCore& core);
// Blocks until it is decided, at the latest by its deadline.
void await(Ask& ask, Waiting& waiting) noexcept;
// Nobody wants it any more. Uses up the asker's reference.
void abandon(Ask& ask) noexcept;
// Why `wait` does not wait.
[[nodiscard]] std::unexpected<Error> cannot_wait(bool taken);

// Threads: any, not two at once. It may outlive the system, whose end decides what is open: unavailable. Destroying it gives
// the answer up.
template <class T>
class Future {
 public:
  Future() = default;
  explicit Future(FutureAsk<T>& ask) noexcept : ask_(&ask) {}
  Future(Future&& other) noexcept : ask_(std::exchange(other.ask_, nullptr)) {}
  Future& operator=(Future other) noexcept {
    std::swap(ask_, other.ask_);
    return *this;
  }
  ~Future() {
    if (ask_) abandon(*ask_);
  }

  // Blocks a plain thread until the outcome: the answer, or its error; timed_out; unavailable, when whoever had the Reply let
  // it go. invalid_argument at once, with the outcome untouched, on an executor's thread (an actor asks with Context::ask),
  // and when it was taken before.
  Result<T> wait() {
    if (!ask_ || this_thread().executor) return cannot_wait(ask_ == nullptr);
    await(*ask_, *ask_->waiting());
    Result<T> outcome = ask_->take();
    std::exchange(ask_, nullptr)->let_go();
    return outcome;
  }

 private:
  FutureAsk<T>* ask_ = nullptr;
};

}  // namespace airssys::rt
