// Reply: the right to answer a request, once (R0.6). It travels inside the request and may be kept, moved on to another actor,
// or used on another thread.
//
//   struct Add { int a; int b; Reply<int> reply; };
//   Result<Turn> handle(Add add, Context&) override {
//     AIRSSYS_TRY_VOID(add.reply.send(add.a + add.b));
//     return Turn::done;
//   }
#pragma once
#include <utility>

#include "airssys/rt/ask.h"

namespace airssys::rt {

[[nodiscard]] std::unexpected<Error> answered_twice();

// Destroyed without an answer (forgotten, lost in a crash, or its message became a dead letter), it tells the asker
// `unavailable`. Threads: any, not two at once. It may outlive the system. T: movable without throwing, or void.
template <class T>
class Reply {
 public:
  Reply() = default;
  explicit Reply(Answer<T>& ask) noexcept : ask_(&ask) {}
  Reply(Reply&& other) noexcept : ask_(std::exchange(other.ask_, nullptr)) {}
  Reply& operator=(Reply other) noexcept {
    std::swap(ask_, other.ask_);
    return *this;
  }
  ~Reply() {
    if (ask_) ask_->drop();
  }

  // Never blocks, and takes no place in the asker's mailbox. An answer that comes too late is no failure: the asker has had
  // its outcome, and SystemStats::late_replies counts it. invalid_argument: answered already; harmless.
  template <class Value = T>
  Result<Answered> send(Value value)
    requires(!std::is_void_v<T>)
  {
    return settle(Result<T>(std::move(value)));
  }
  Result<Answered> send()
    requires(std::is_void_v<T>)
  {
    return settle(Result<T>());
  }
  // The answer is an error.
  Result<Answered> fail(Error error) { return settle(Result<T>(std::unexpected(std::move(error)))); }

  // It can still be answered.
  explicit operator bool() const noexcept { return ask_ != nullptr; }

 private:
  Result<Answered> settle(Result<T> answer) {
    if (!ask_) return answered_twice();
    return std::exchange(ask_, nullptr)->settle(std::move(answer));
  }
  Answer<T>* ask_ = nullptr;
};

}  // namespace airssys::rt
