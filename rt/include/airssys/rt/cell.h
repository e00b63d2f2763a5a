// Cell: what the runtime keeps of an actor. For the runtime itself; users hold an Address, a Context or a Waker.
//
// A cell outlives its actor object: a restart makes a new object in the same cell, so address and waiting messages survive.
// One atomic word says whether the cell is active (scheduled or running; then nobody else touches its plain fields),
// whether messages make it active, and which signals wait for it.
#pragma once
#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string_view>
#include <type_traits>

#include "airssys/rt/actor.h"
#include "airssys/rt/executor.h"
#include "airssys/rt/mailbox.h"
#include "airssys/rt/policy.h"
#include "airssys/rt/ref.h"

namespace airssys::rt {

class Context;
class SystemCore;
class SupervisorNode;

using ErasedFactory = std::function<Result<std::unique_ptr<ActorBase>>()>;

enum class SendStatus : std::uint8_t {
  sent,
  full,   // the receiver's mailbox holds its capacity
  ended,  // the receiver has ended or is ending; counted as a dead letter
};

struct ActorStats {
  std::uint64_t handled = 0;  // messages taken out of the mailbox
  std::uint64_t waiting = 0;
  std::uint64_t refused = 0;  // because the mailbox was full
  std::uint32_t restarts = 0;
};

// A place in a supervisor's list of children, in start order; guarded by the supervisor.
struct Member {
  Member* previous = nullptr;
  Member* next = nullptr;
  SupervisorNode* supervisor = nullptr;
  bool is_supervisor = false;
};

class Cell : public Runnable, public Member, public RefCounted<Cell> {
 public:
  [[nodiscard]] ActorId id() const noexcept { return id_; }
  [[nodiscard]] std::string_view name() const noexcept;
  // Which message type: one address per type.
  [[nodiscard]] const void* type() const noexcept { return type_; }
  [[nodiscard]] ActorStats stats() const noexcept;

  // Threads: any. See ActorRef.
  void stop() noexcept { signal(stop_bit); }
  void kill() noexcept { signal(kill_bit); }
  [[nodiscard]] bool ended() const noexcept { return (state_.load(std::memory_order_acquire) & dead_bit) != 0; }
  void wake(std::uint32_t epoch) noexcept;

  void run() noexcept final;

 protected:
  friend class RefCounted<Cell>;
  friend class Context;
  friend class SupervisorNode;
  friend class SystemCore;
  Cell(SystemCore& core, ActorId id, const void* type, std::uint32_t capacity, NodeSize node_size);
  virtual ~Cell();

  // Takes the message out of `node` and hands it to the actor.
  virtual Result<Turn> deliver(Envelope& node, Context& context) = 0;
  // Destroys the message in `node`.
  virtual void discard(Envelope& node) noexcept = 0;

  // After a push: makes the cell active unless it is, or does not listen to messages.
  void notify() noexcept {
    std::uint64_t state = state_.load(std::memory_order_seq_cst);
    if ((state & (active_bit | deaf_bit)) == 0) activate(state);
  }
  SendStatus refuse(Mailbox::Admission why) noexcept;
  [[nodiscard]] ActorBase& object() noexcept { return *object_; }
  [[nodiscard]] Mailbox& mailbox() noexcept { return mailbox_; }

 private:
  struct Details;
  enum class Phase : std::uint8_t { unborn, starting, pre_starting, ready, parked, stopping, asleep, closing, dead };
  enum class Step : std::uint8_t { go_on, release };  // what the turn does next

  static constexpr std::uint64_t active_bit = 1;   // scheduled or running
  static constexpr std::uint64_t deaf_bit = 2;     // messages do not make it active
  static constexpr std::uint64_t dead_bit = 4;
  static constexpr std::uint64_t wake_bit = 8;     // signals
  static constexpr std::uint64_t stop_bit = 16;
  static constexpr std::uint64_t kill_bit = 32;
  static constexpr std::uint64_t timer_bit = 64;
  static constexpr std::uint64_t signals = wake_bit | stop_bit | kill_bit | timer_bit;
  static constexpr unsigned epoch_shift = 32;

  void activate(std::uint64_t state) noexcept;
  void signal(std::uint64_t bit) noexcept;
  std::uint32_t take_epoch() noexcept;  // for a waker
  void end_epoch() noexcept;

  bool handle_batch(Context& context) noexcept;
  Step advance(Context& context) noexcept;
  Step on_kill(Context& context) noexcept;
  Step on_stop(Context& context) noexcept;
  Step on_timer(Context& context) noexcept;
  Step poll(Context& context) noexcept;
  Step begin_start(Context& context) noexcept;
  Step poll_start(Context& context) noexcept;
  Step after_turn(Context& context, Result<Turn> result) noexcept;
  Step fail(Context& context, Error error) noexcept;
  Step crashed(Context& context, ExitReason reason, ErrorAction action) noexcept;
  Step begin_stop(Context& context, ExitReason reason) noexcept;
  Step poll_stop(Context& context) noexcept;
  Step end(Context& context, ExitReason reason) noexcept;
  Step discard_rest() noexcept;
  bool park() noexcept;
  bool release() noexcept;
  void destroy_object() noexcept;
  void bury() noexcept;
  void arm_timer(Instant due);
  void disarm_timer() noexcept;
  Details& details();

  std::atomic<std::uint64_t> state_;
  const ActorId id_;
  const void* const type_;
  Ref<SystemCore> core_;
  std::unique_ptr<Details> details_;  // what most actors do not need: name, factory, policies, history, timer
  std::unique_ptr<ActorBase> object_;
  std::atomic<std::uint32_t> refused_{0};
  Phase phase_ = Phase::unborn;
  bool waker_taken_ = false;
  bool stop_requested_ = false;
  bool counted_blocked_ = false;
  Mailbox mailbox_;
};

template <class M>
inline constexpr char message_type_tag = 0;

template <class M>
class ActorCell final : public Cell {
  static_assert(std::is_nothrow_move_constructible_v<M> && std::is_nothrow_destructible_v<M> && alignof(M) <= 16);
  using Node = MessageNode<M>;

 public:
  ActorCell(SystemCore& core, ActorId id, std::uint32_t capacity);

  // Moves from `message` only when it is sent.
  SendStatus offer(M& message) {
    if (const auto admission = mailbox().reserve(); admission != Mailbox::Admission::granted) [[unlikely]]
      return refuse(admission);
    const ActorId sender = this_thread().actor;
    mailbox().push(*::new (allocate_node(node_size_of<M>, sizeof(Node))) Node(sender, std::move(message)));
    notify();
    return SendStatus::sent;
  }

 private:
  Result<Turn> deliver(Envelope& envelope, Context& context) override {
    struct Emptied {
      M& payload;
      ~Emptied() { payload.~M(); }
    } const message{static_cast<Node&>(envelope).payload};
    return static_cast<Actor<M>&>(object()).handle(std::move(message.payload), context);
  }
  void discard(Envelope& envelope) noexcept override { static_cast<Node&>(envelope).payload.~M(); }
};

template <class M>
ActorCell<M>::ActorCell(SystemCore& core, ActorId id, std::uint32_t capacity)
    : Cell(core, id, &message_type_tag<M>, capacity, node_size_of<M>) {}

}  // namespace airssys::rt
