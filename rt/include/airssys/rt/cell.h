// Cell: what the runtime keeps of an actor. For the runtime itself; users hold an Address, a Context or a Waker.
//
// A cell outlives its actor object: a restart makes a new object in the same cell, so address and waiting messages survive.
// The mailbox's word says whether the cell is active (scheduled or running; then nobody else touches its plain fields),
// whether messages make it active, and which signals wait for it.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <type_traits>

#include "airssys/rt/actor.h"
#include "airssys/rt/atomic.h"
#include "airssys/rt/cell_memory.h"
#include "airssys/rt/events.h"
#include "airssys/rt/executor.h"
#include "airssys/rt/mailbox.h"
#include "airssys/rt/notice.h"
#include "airssys/rt/policy.h"
#include "airssys/rt/ref.h"

namespace airssys::rt {

class Ask;
class Context;
class PeriodicTimer;
class Interceptor;
class SystemCore;
class SupervisorNode;
class Asks;

enum class ChildState : std::uint8_t;
using ErasedFactory = std::function<Result<std::unique_ptr<ActorBase>>()>;

enum class SendStatus : std::uint8_t {
  sent,
  full,       // the receiver's mailbox holds its capacity
  dropped,    // this message was, for the same reason
  timed_out,  // only of a send that waits: there was no room before its ttl was over
  ended,      // the receiver has ended or is ending; counted as a dead letter
};

// Of a mailbox that blocks: whether the sender is held up.
enum class WhenFull : std::uint8_t { refuse, wait };

struct ActorStats {
  std::uint64_t handled = 0;  // messages taken out of the mailbox, except those that had expired
  std::uint64_t waiting = 0;
  std::uint64_t refused = 0;  // because the mailbox was full
  std::uint64_t dropped = 0;  // for the same reason: see Overload
  std::uint64_t expired = 0;  // dropped, because their ttl was over when their turn came
  std::uint32_t restarts = 0;
};

// A place in a supervisor's list of children, in start order; guarded by the supervisor.
struct Member {
  enum class Order : std::uint8_t { run, halt_with_sibling, halt_with_supervisor, end };
  enum class Fate : std::uint8_t { stay, restart, end };  // in the restart of its group, if one is under way
  Member* previous = nullptr;
  Member* next = nullptr;
  SupervisorNode* supervisor = nullptr;
  bool is_supervisor = false;
  bool is_down = false;  // without an object, waiting for an order
  Fate fate = Fate::stay;
  std::atomic<Order> order{Order::run};  // the latest; the child looks at it when told to
};

// A field that one thread writes and others may glance at.
template <class T>
class Glance {
 public:
  constexpr explicit Glance(T value) noexcept : value_(value) {}
  operator T() const noexcept { return value_.load(std::memory_order_relaxed); }
  Glance& operator=(T value) noexcept {
    value_.store(value, std::memory_order_relaxed);
    return *this;
  }

 private:
  std::atomic<T> value_;
};

class Cell : public Runnable, public Member, public RefCounted<Cell> {
 public:
  [[nodiscard]] ActorId id() const noexcept { return id_; }
  [[nodiscard]] std::string_view name() const noexcept;
  // Which message type: one address per type.
  [[nodiscard]] const void* type() const noexcept { return type_; }
  [[nodiscard]] ActorStats stats() const noexcept;
  [[nodiscard]] std::uint32_t capacity() const noexcept { return mailbox_.capacity(); }

  // Threads: any. See ActorRef and Waker.
  void stop() noexcept { signal(stop_bit); }
  void kill() noexcept { signal(kill_bit); }
  [[nodiscard]] bool ended() const noexcept { return (word().load(std::memory_order_acquire) & dead_bit) != 0; }
  void wake(std::uint32_t epoch) noexcept;
  // A new Member::order waits.
  void look_at_order() noexcept { signal(supervise_bit); }
  [[nodiscard]] ChildState state() const noexcept;
  // Ends when its group is restarted.
  [[nodiscard]] bool is_temporary() const noexcept;
  // Hands a notice over, see notice.h. False: the actor has ended, and the notice is released already.
  bool post(Notice& notice) noexcept;
  // One of its messages that waited for a place in another mailbox has found it.
  void admitted() noexcept;
  // Which object of this actor is there; never Notice::any_object. Within a turn of it.
  [[nodiscard]] std::uint32_t object_number() const noexcept { return object_number_; }
  // Once it has ended.
  [[nodiscard]] ExitReason exit_reason() const;
  // Whoever it refuses at its end asks for its successor: that is no dead letter. Before it is known to others.
  void will_be_succeeded() noexcept { succeeded_ = true; }
  // Its end will be told to the WatchTable. False: it has ended.
  bool mark_watched() noexcept;

  // Of its memory, see cell_memory.h.
  void release_ref() const noexcept {
    if (drop_ref()) dispose();
  }

  void run() noexcept final;
  [[nodiscard]] std::string describe() const final;  // "actor 3 'name'"

 protected:
  friend class RefCounted<Cell>;
  friend class Ask;
  friend class Context;
  friend class Supervisor;
  friend class SupervisorNode;
  friend class SystemCore;
  friend class Watch;
  friend class Succession;
  Cell(SystemCore& core, ActorId id, const void* type, std::uint32_t capacity, Overload overload, NodeSize node_size,
       bool pooled);
  virtual ~Cell();

  // Takes the message out of `node` and hands it to the actor.
  virtual Result<Turn> deliver(Envelope& node, Context& context) = 0;
  // Moves the message in `node` out of its mailbox, into a node of its own.
  virtual Envelope& take_out(Envelope& node) = 0;
  // Destroys the message in `node`.
  virtual void discard(Envelope& node) noexcept = 0;
  // Where it stands.
  [[nodiscard]] virtual const void* message_in(const Envelope& node) const noexcept = 0;

  // After a push, with the word that the reservation found.
  void notify(Mailbox::Word before) noexcept {
    if ((before & (active_bit | deaf_bit)) == 0) activate();
  }
  SendStatus refuse(Mailbox::Admission why, const void* message) noexcept;
  // Makes the node of a message; moves from it.
  using Pack = Envelope& (*)(void* message, Origin origin);
  // A send that says more than whom from.
  SendStatus offer_with(const SendOptions& options, void* message, Pack pack, WhenFull when_full);
  // A send that was not granted at once.
  SendStatus offer_again(Mailbox::Admission admission, Mailbox::Word before, const SendOptions& options, void* message, Pack pack,
                         WhenFull when_full);
  // The same without options, which are not made where every send would make room for them.
  [[gnu::cold]] SendStatus offer_again(Mailbox::Admission admission, Mailbox::Word before, void* message, Pack pack,
                                       WhenFull when_full);
  SendStatus drop(ActorId sender, const void* message, SendStatus status) noexcept;
  // One of its messages, or of those to it, becomes one; before it is destroyed.
  void dead_letter(DeadLetter::Why why, ActorId sender, const void* message) noexcept;
  enum class Place : std::uint8_t { got, instead, none, dropped, waits };
  Place place(Mailbox::Lanes& lanes, const SendOptions& options, void* message, Pack pack, WhenFull when_full, Envelope*& victim,
              std::atomic<std::uint32_t>& admitted);
  SendStatus wait_for_place(Mailbox::Lanes& lanes, const std::atomic<std::uint32_t>& admitted, Duration ttl) noexcept;
  [[nodiscard]] bool may_hold_up() noexcept;
  [[nodiscard]] Origin origin(const SendOptions& options) const;
  [[nodiscard]] ActorBase& object() noexcept { return *object_; }
  [[nodiscard]] Mailbox& mailbox() noexcept { return mailbox_; }

 private:
  using Word = Mailbox::Word;
  struct Details;
  class Held;
  struct Ties;
  enum class Phase : std::uint8_t { unborn, starting, pre_starting, ready, parked, blocked, stopping, asleep, held, closing };
  enum class Step : std::uint8_t { go_on, yield, rest, gone };  // what the turn does next

  // The lower half of the mailbox's word.
  static constexpr Word active_bit = 2;  // scheduled or running; for ever once it is dead
  static constexpr Word deaf_bit = 4;    // messages do not make it active
  static constexpr Word dead_bit = 8;
  static constexpr Word wake_bit = 16;   // signals
  static constexpr Word stop_bit = 32;
  static constexpr Word kill_bit = 64;
  static constexpr Word timer_bit = 128;
  static constexpr Word notice_bit = 256;
  static constexpr Word supervise_bit = 512;
  static constexpr Word health_bit = 1024;
  static constexpr Word watched_bit = 2048;  // no signal: somebody waits for its end
  static constexpr Word signals = wake_bit | stop_bit | kill_bit | timer_bit | notice_bit | supervise_bit | health_bit;
  static constexpr unsigned epoch_shift = 12;  // 20 bits: whose wake counts
  static constexpr std::uint32_t epoch_mask = 0xfffff;

  [[nodiscard]] Atomic<Word>& word() noexcept { return mailbox_.word(); }
  [[nodiscard]] const Atomic<Word>& word() const noexcept { return mailbox_.word(); }
  void activate() noexcept;
  void signal(Word bit) noexcept;
  std::uint32_t take_epoch() noexcept;
  void end_epoch() noexcept;

  // All of these within a turn.
  Step handle_batch(Context& context) noexcept;
  // True: the message was dropped or set aside.
  bool intercepted(Interceptor& by, Envelope& node) noexcept;
  Result<Turn> deliver_held(Envelope& node, Context& context);
  bool open_headers(Envelope& node, const Headers& headers, Context& context) noexcept;
  Step run_notices(Context& context) noexcept;
  [[nodiscard]] bool has_notices() const noexcept;
  Notice* next_notice() noexcept;
  void close_notices() noexcept;
  Asks& asks();
  Result<> may_ask();
  void add_ask(Ask& ask, Duration timeout);
  bool withdraw(Ask& ask) noexcept;
  void arm_asks(Asks& mine);
  Ask* next_timed_out() noexcept;
  void abandon_asks() noexcept;
  Ties& ties();
  Result<Ref<PeriodicTimer>> add_timer(Ref<PeriodicTimer> timer, Duration period);
  Result<> watch(const Ref<Cell>& who);
  bool unwatch(const Cell* who) noexcept;
  void forget_watch(const Cell& who) noexcept;
  Result<> link(const Ref<Cell>& who);
  bool unlink(const Cell* who) noexcept;
  void cut_ties() noexcept;
  Step advance(Context& context) noexcept;
  [[nodiscard]] Word take_signal() noexcept;
  Step on_signal(Word bit, Context& context) noexcept;
  Step on_kill(Context& context) noexcept;
  Step on_stop(Context& context) noexcept;
  Step begin_grace(Context& context) noexcept;
  Step on_timer(Context& context) noexcept;
  Step on_order(Context& context) noexcept;
  Step on_health(Context& context) noexcept;
  Step poll_health(Context& context) noexcept;
  Step take_late_health(Context& context, Duration late, bool only_this) noexcept;
  Step poll(Context& context) noexcept;
  [[nodiscard]] Duration start_timeout() const noexcept;
  [[nodiscard]] Instant clock_for(Duration timeout) const noexcept;
  Step begin_start(Context& context) noexcept;
  Step poll_start(Context& context) noexcept;
  Step start_failed(Context& context, ExitReason reason) noexcept;
  Step after_call(Context& context, Result<Turn> result) noexcept;
  Step failed(Context& context, Error error) noexcept;
  Step exit_if_requested(Context& context) noexcept;
  Step wait_for_room() noexcept;
  Step look_for_room(Context& context) noexcept;
  Step begin_stop(Context& context, ExitReason reason) noexcept;
  Step poll_stop(Context& context) noexcept;
  Step object_over(Context& context, ExitReason reason, ErrorAction action) noexcept;
  Step begin_halt(Context& context) noexcept;
  Step halted(const ExitReason& reason) noexcept;
  Step settle_down() noexcept;
  Step hold() noexcept;
  Step take_health(Context& context, const Health& health, std::uint32_t checks) noexcept;
  void note_restart(const ExitReason& reason, Duration delay, RestartCause cause) noexcept;
  Step end(SupervisionEvent::Kind how, const ExitReason& reason) noexcept;
  Step discard_rest() noexcept;
  Result<> park() noexcept;
  void suspend() noexcept;
  void unpark() noexcept;
  bool release() noexcept;
  void destroy_object(Context& context, const ExitReason& reason) noexcept;
  void report_start(const Result<>& outcome) noexcept;
  void bury() noexcept;
  void dispose() const noexcept;
  void arm_timer(Instant due) noexcept;
  void disarm_timer() noexcept;
  void start_health() noexcept;
  void stop_health() noexcept;
  void arm_health() noexcept;
  void emit(SupervisionEvent::Kind kind, const Error* error) const noexcept;
  [[nodiscard]] SupervisionEvent event(SupervisionEvent::Kind kind, const Error* error) const noexcept;
  [[nodiscard]] Details& details() noexcept;
  [[nodiscard]] ShutdownPolicy shutdown_policy() const noexcept;

  const ActorId id_;
  const void* const type_;
  const Ref<SystemCore> core_;
  std::atomic<Details*> details_{nullptr};  // owned; what most actors do not need: name, factory, policies, history, timer
  std::unique_ptr<ActorBase> object_;
  Instant began_{};  // the start, or the stop
  Atomic<Notice*> notices_{nullptr};  // posted and not yet taken, the latest first
  std::uint32_t object_number_ = 1;
  Atomic<bool> signalled_{false};  // looked at between messages, where reading the word would cost the senders
  Glance<Phase> phase_{Phase::unborn};
  ExitKind exit_kind_{};         // once it has ended
  bool exit_has_error_ = false;  // which the details keep
  bool suspended_ = false;       // parked, asleep or held: only signals count
  bool waker_taken_ = false;     // by the call in progress
  bool asking_health_ = false;   // parked, in the middle of a check
  bool ever_started_ = false;
  bool pre_started_ = false;     // this object
  bool child_started_ = false;   // this object
  bool exit_requested_ = false;  // Context::stop
  bool sent_too_much_ = false;   // it may have messages that wait for a place in other mailboxes
  bool stop_requested_ = false;  // from outside
  bool halting_ = false;         // its supervisor wants this object gone
  bool reports_start_ = false;   // its supervisor waits for this start
  Glance<bool> succeeded_{false};
  const bool pooled_;            // its memory, see cell_memory.h
  Mailbox mailbox_;
};

template <class M>
class ActorCell final : public Cell {
  static_assert(std::is_nothrow_move_constructible_v<M> && std::is_nothrow_destructible_v<M> && alignof(M) <= 16);
  using Node = MessageNode<M>;

 public:
  ActorCell(SystemCore& core, ActorId id, std::uint32_t capacity, Overload overload, bool pooled);

  // Moves from `message` only when it is sent.
  SendStatus offer(M& message, WhenFull when_full = WhenFull::refuse) {
    Mailbox::Word before;
    if (const auto admission = mailbox().reserve(before); admission != Mailbox::Admission::granted) [[unlikely]]
      return offer_again(admission, before, &message, pack, when_full);
    mailbox().push(pack(&message, Origin(this_thread().actor)));
    notify(before);
    return SendStatus::sent;
  }
  SendStatus offer(M& message, const SendOptions& options, WhenFull when_full = WhenFull::refuse) {
    return offer_with(options, &message, pack, when_full);
  }

 private:
  static Envelope& pack(void* message, Origin origin) {
    return *::new (allocate_node(node_size_of<M>, sizeof(Node))) Node(origin, std::move(*static_cast<M*>(message)));
  }
  Result<Turn> deliver(Envelope& envelope, Context& context) override {
    struct Emptied {
      M& payload;
      ~Emptied() { payload.~M(); }
    } const message{static_cast<Node&>(envelope).payload};
    return static_cast<Actor<M>&>(object()).handle(std::move(message.payload), context);
  }
  Envelope& take_out(Envelope& envelope) override {
    Envelope& alone = pack(&static_cast<Node&>(envelope).payload, envelope.origin);
    discard(envelope);
    envelope.origin = Origin(alone.origin.sender());
    return alone;
  }
  void discard(Envelope& envelope) noexcept override { static_cast<Node&>(envelope).payload.~M(); }
  const void* message_in(const Envelope& envelope) const noexcept override { return &static_cast<const Node&>(envelope).payload; }
};

// In memory of allocate_cell.
template <class M>
Ref<Cell> make_cell(SystemCore& core, ActorId id, std::uint32_t capacity, Overload overload = Overload::error) {
  static_assert(sizeof(ActorCell<M>) == sizeof(Cell), "cells of all message types share their memory");
  const CellMemory memory = allocate_cell();
  return Ref<Cell>::adopt(::new (memory.at) ActorCell<M>(core, id, capacity, overload, memory.pooled));
}

template <class M>
ActorCell<M>::ActorCell(SystemCore& core, ActorId id, std::uint32_t capacity, Overload overload, bool pooled)
    : Cell(core, id, &message_type_tag<M>, capacity, overload, node_size_of<M>, pooled) {}

}  // namespace airssys::rt
