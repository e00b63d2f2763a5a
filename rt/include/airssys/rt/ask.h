// Ask: one request that expects one answer (R0.6). For the runtime itself; users hold a Reply, a continuation or a Future.
//
// The node is made before the request is sent, and nothing is ever looked up, so an answer cannot come too early. Its outcome
// is decided once, by one exchange: by the answer, by the end of the Reply, by the deadline, or by the end of who asked. Whoever
// decides it acts; everybody else finds it decided and lets go of the node. It has two references: the Reply's, which goes over
// to the notice that brings the answer, and the asker's.
#pragma once
#include <atomic>
#include <cstdint>
#include <mutex>
#include <type_traits>
#include <utility>

#include "airssys/base/result.h"
#include "airssys/rt/atomic.h"
#include "airssys/rt/node_cache.h"
#include "airssys/rt/notice.h"
#include "airssys/rt/ref.h"

namespace airssys::rt {

class Cell;
struct Waiting;

// What became of an answer.
enum class Answered : std::uint8_t {
  in_time,
  late,  // whoever asked had its outcome already, or wants none
};

class Ask : public Notice {
 public:
  enum class Outcome : std::uint8_t {
    open,
    answered,   // by Reply::send or Reply::fail
    dropped,    // the Reply is gone, or the system is
    timed_out,
    abandoned,  // nobody wants it any more
  };
  // False: it is decided already.
  [[nodiscard]] bool decide(Outcome outcome) noexcept {
    Outcome open = Outcome::open;
    return outcome_.compare_exchange_strong(open, outcome, std::memory_order_acq_rel);
  }
  void add_ref() noexcept { refs_.fetch_add(1, std::memory_order_relaxed); }
  // One reference less.
  void let_go() noexcept {
    if (refs_.load(std::memory_order_acquire) == 1 || refs_.fetch_sub(1, std::memory_order_acq_rel) == 1) destroy();
  }
  // The Reply is gone without an answer. Uses up its reference, as Answer::settle does.
  void drop() noexcept;
  // The asker's object goes: what it captured goes before it.
  virtual void forget() noexcept {}

  [[nodiscard]] Outcome outcome() const noexcept { return outcome_.load(std::memory_order_acquire); }
  // Of a plain thread's ask.
  virtual Waiting* waiting() noexcept { return nullptr; }

  // Where its asker finds it: see Asks and Futures.
  static constexpr std::uint32_t nowhere = UINT32_MAX;
  static constexpr std::uint32_t waiting_in_line = UINT32_MAX - 1;
  static constexpr std::uint32_t over = UINT32_MAX - 2;
  std::uint32_t place = nowhere;  // first: it fills the room that a Notice leaves, and most asks just fit a node of 120 bytes
  Instant due{};  // of one in line; and its neighbours
  Ask* before = nullptr;
  Ask* behind = nullptr;

  Result<Turn> deliver(ActorBase& object, Context& context) final;
  void release() noexcept final { let_go(); }

 protected:
  // Asked by an actor, within its turn, or by a plain thread (null).
  explicit Ask(Cell* asker) noexcept;
  ~Ask();
  virtual Result<Turn> go_on(Context& context) = 0;
  virtual void destroy() noexcept = 0;
  // What the decision is made under: nothing, or the mutex of all that plain threads ask.
  [[nodiscard]] std::unique_lock<std::mutex> lock() noexcept;
  // Once the Reply has decided. True: its reference has gone over to the notice.
  [[nodiscard]] bool bring() noexcept;
  void count_late() noexcept;
  [[nodiscard]] std::unexpected<Error> no_answer() const;

 private:
  Atomic<std::uint32_t> refs_{2};
  Atomic<Outcome> outcome_{Outcome::open};
  Ref<Cell> asker_;
};

// An ask with room for its answer.
template <class T>
class Answer : public Ask {
 public:
  // The Reply's act. Late: counted, and nothing else.
  Answered settle(Result<T> answer) noexcept {
    Answered answered = Answered::in_time;
    {
      const std::unique_lock<std::mutex> guard = lock();
      if (decide(Outcome::answered)) {
        ::new (&answer_) Result<T>(std::move(answer));
        has_answer_ = true;
        if (bring()) return answered;
      } else {
        count_late();
        answered = Answered::late;
      }
    }
    let_go();
    return answered;
  }
  // The request could not be sent: that is the outcome of a plain thread's ask, unless the Reply was used all the same.
  void refuse(Error error) noexcept {
    const std::unique_lock<std::mutex> guard = lock();
    if (!decide(Outcome::answered)) return;
    ::new (&answer_) Result<T>(std::unexpected(std::move(error)));
    has_answer_ = true;
    static_cast<void>(bring());
  }

 protected:
  explicit Answer(Cell* asker) noexcept : Ask(asker) {}
  ~Answer() {
    if (has_answer_) answer_.~Result<T>();
  }
  // Once it is decided.
  [[nodiscard]] Result<T> take() {
    if (outcome() != Outcome::answered) return no_answer();
    return std::move(answer_);
  }

 private:
  static_assert(std::is_void_v<T> || (std::is_nothrow_move_constructible_v<T> && std::is_nothrow_destructible_v<T>));
  bool has_answer_ = false;
  union {
    Result<T> answer_;
  };
};

// Asked by an actor: `Next` is called in a turn of it.
template <class T, class Next>
class AskNode final : public Answer<T> {
 public:
  [[nodiscard]] static AskNode& make(Cell& asker, Next next) {
    return *::new (allocate_node(size(), sizeof(AskNode))) AskNode(asker, std::move(next));
  }
  void forget() noexcept override {
    if (std::exchange(armed_, false)) next_.~Next();
  }

 private:
  static_assert(std::is_nothrow_move_constructible_v<Next> && std::is_nothrow_destructible_v<Next> && alignof(Next) <= 16);
  static constexpr NodeSize size() noexcept { return node_size_for(sizeof(AskNode)); }
  AskNode(Cell& asker, Next next) noexcept : Answer<T>(&asker), next_(std::move(next)) {}
  ~AskNode() {}
  Result<Turn> go_on(Context& context) override {
    armed_ = false;
    struct Emptied {
      Next& next;
      ~Emptied() { next.~Next(); }
    } const emptied{next_};
    return next_(this->take(), context);
  }
  void destroy() noexcept override {
    forget();
    this->~AskNode();
    free_node(size(), this);
  }

  bool armed_ = true;
  union {
    Next next_;
  };
};

}  // namespace airssys::rt
