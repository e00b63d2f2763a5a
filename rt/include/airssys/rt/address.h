// Address: how to reach an actor. A counted reference: cheap to send through, copied like a pointer, valid for ever. It says
// nothing about whether the actor still lives; restarts do not change it.
#pragma once
#include <string_view>
#include <utility>

#include "airssys/base/result.h"
#include "airssys/rt/cell.h"

namespace airssys::rt {

// An actor, whatever its message type. Threads: any. Empty when default-constructed; then only bool and == may be used.
class ActorRef {
 public:
  ActorRef() = default;
  explicit ActorRef(Ref<Cell> cell) noexcept : cell_(std::move(cell)) {}

  [[nodiscard]] ActorId id() const noexcept { return cell_->id(); }
  // Empty when it has none. Valid as long as this reference.
  [[nodiscard]] std::string_view name() const noexcept { return cell_->name(); }
  [[nodiscard]] ActorStats stats() const noexcept { return cell_->stats(); }
  // It is gone for good; nothing of it runs any more.
  [[nodiscard]] bool ended() const noexcept { return cell_->ended(); }

  // Ends it for good, as its ShutdownPolicy says; no restart follows. Returns at once, may be called by anyone, also by
  // itself, twice, and while it is parked.
  void stop() const noexcept { cell_->stop(); }
  // Ends it for good before its next message, whatever its policy: waiting messages become dead letters, Child::stop is
  // not called, post_stop is.
  void kill() const noexcept { cell_->kill(); }

  explicit operator bool() const noexcept { return static_cast<bool>(cell_); }
  friend bool operator==(const ActorRef&, const ActorRef&) = default;

 protected:
  friend class TopicTable;
  friend class MemberTable;
  friend class PeriodicTimer;
  friend class Context;
  friend class Supervisor;
  friend class KeyTable;
  Ref<Cell> cell_;
};

// exhausted with the receiver's name and capacity, or unavailable. Not for `sent`.
[[nodiscard]] std::unexpected<Error> send_failure(SendStatus status, const Cell& receiver);

// The same, except that what was dropped on purpose is no failure.
[[nodiscard]] inline Result<> send_result(SendStatus status, const Cell& receiver) {
  if (status == SendStatus::dropped) return {};
  return send_failure(status, receiver);
}

template <class M>
class Address final : public ActorRef {
 public:
  Address() = default;
  explicit Address(Ref<ActorCell<M>> cell) noexcept : ActorRef(Ref<Cell>::adopt(cell.release())) {}

  // Messages of one sender and one priority reach one receiver in the order they were sent. Full mailbox: as its Overload says;
  // by default exhausted, and the receiver counts it. Never blocks, except a plain thread at a mailbox that does: until there is
  // room, or the message's ttl is over (timed_out). Ended: unavailable, and a dead letter. Success means accepted: it will be
  // handled, or become a dead letter.
  Result<> send(M message) const {
    if (const SendStatus status = cell().offer(message, WhenFull::wait); status != SendStatus::sent) [[unlikely]]
      return send_result(status, *cell_);
    return {};
  }
  // The same with a priority, a time to live, a correlation id, a trace: see SendOptions.
  Result<> send(M message, const SendOptions& options) const {
    if (const SendStatus status = cell().offer(message, options, WhenFull::wait); status != SendStatus::sent) [[unlikely]]
      return send_result(status, *cell_);
    return {};
  }
  // The same without an Error, and it never waits nor holds anybody up: a full mailbox that blocks is `full`. `message` is moved
  // from only when it is sent.
  [[nodiscard]] SendStatus try_send(M& message) const { return cell().offer(message); }
  [[nodiscard]] SendStatus try_send(M& message, const SendOptions& options) const { return cell().offer(message, options); }

 private:
  friend class ActorSystem;
  friend class Context;
  SendStatus offer(M& message, WhenFull when_full = WhenFull::refuse) const { return cell().offer(message, when_full); }
  SendStatus offer(M& message, const SendOptions& options, WhenFull when_full) const {
    return cell().offer(message, options, when_full);
  }
  ActorCell<M>& cell() const noexcept { return static_cast<ActorCell<M>&>(*cell_); }
};

// The typed address, if the actor takes messages of type M; else empty.
template <class M>
[[nodiscard]] Address<M> address_cast(Ref<Cell> cell) noexcept {
  if (!cell || cell->type() != &message_type_tag<M>) return {};
  return Address<M>(Ref<ActorCell<M>>::adopt(static_cast<ActorCell<M>*>(cell.release())));
}

}  // namespace airssys::rt
