// What a full mailbox does: the strategies of Overload.
//
// `block` and `drop_oldest` decide under the mutex of the mailbox's lanes, in which everything waits. A message that is held
// beyond the capacity keeps its reservation, so that closing and draining find it like any other; it becomes one of those within
// when the receiver takes a message, in the order they came. A message that takes another's place takes over its reservation.
#include <algorithm>

#include "airssys/rt/cell.h"
#include "airssys/rt/context.h"
#include "cell_details.h"
#include "lanes.h"
#include "system_core.h"

namespace airssys::rt {
namespace {

constexpr std::uint32_t held_messages_max = 16;  // of one sender

}  // namespace

// It may be somebody else's message than the one that is sent.
SendStatus Cell::drop(ActorId sender, const void* message, SendStatus status) noexcept {
  mailbox_.count_dropped();
  core_->dropped.add();
  dead_letter(DeadLetter::Why::overflow, sender, message);
  return status;
}

SendStatus Cell::offer_again(Mailbox::Admission admission, Mailbox::Word before, void* message, Pack pack, WhenFull when_full) {
  return offer_again(admission, before, {}, message, pack, when_full);
}

SendStatus Cell::offer_again(Mailbox::Admission admission, Mailbox::Word before, const SendOptions& options, void* message,
                             Pack pack, WhenFull when_full) {
  if (admission != Mailbox::Admission::locked) return refuse(admission, message);
  Mailbox::Lanes& lanes = mailbox_.lanes();
  Envelope* victim = nullptr;
  std::atomic<std::uint32_t> is_admitted{0};
  Place found = Place::none;
  {
    const std::scoped_lock lock(lanes.mutex);
    mailbox_.stay_locked(before);
    found = place(lanes, options, message, pack, when_full, victim, is_admitted);
  }
  if (found != Place::got && found != Place::waits) mailbox_.take_back();
  if (found == Place::none) return refuse(Mailbox::Admission::full, message);
  if (found == Place::dropped) return drop(this_thread().actor, message, SendStatus::dropped);
  if (found == Place::instead) {
    drop(victim->origin.sender(), message_in(*victim), SendStatus::sent);
    discard(*victim);
    victim->free_headers();
    free_node(mailbox_.node_size(), victim);
  }
  notify(before);
  return found == Place::waits ? wait_for_place(lanes, is_admitted, options.ttl) : SendStatus::sent;
}

// Under the mutex.
Cell::Place Cell::place(Mailbox::Lanes& lanes, const SendOptions& options, void* message, Pack pack, WhenFull when_full,
                        Envelope*& victim, std::atomic<std::uint32_t>& is_admitted) {
  const Priority priority = options.priority;
  if (lanes.size < mailbox_.capacity()) {
    lanes.put(pack(message, origin(options)), priority);
    ++lanes.size;
    return Place::got;
  }
  if (mailbox_.overload() == Overload::drop_oldest) {
    const Priority lowest = lanes.lowest();
    if (priority > lowest) return Place::dropped;
    victim = lanes.take(lowest, lowest);
    lanes.put(pack(message, origin(options)), priority);
    return Place::instead;
  }
  if (when_full == WhenFull::refuse) return Place::none;
  if (Cell* const sender = this_thread().cell) {
    if (sender == this || !sender->may_hold_up()) return Place::none;
    lanes.held.push_back({&pack(message, origin(options)), priority, Ref<Cell>::share(*sender), nullptr});
    return Place::got;
  }
  if (this_thread().executor) return Place::none;  // a timer must not wait
  lanes.held.push_back({&pack(message, origin(options)), priority, {}, &is_admitted});
  return Place::waits;
}

// A plain thread waits until its message is within, for as long as it may.
SendStatus Cell::wait_for_place(Mailbox::Lanes& lanes, const std::atomic<std::uint32_t>& is_admitted, Duration ttl) noexcept {
  const Instant deadline = ttl == Duration::zero() ? Instant::max() : later(core_->executor.platform().now(), ttl);
  while (is_admitted.load(std::memory_order_acquire) == 0) {
    if (core_->executor.wait(is_admitted, 0, deadline)) continue;
    Envelope* node = nullptr;
    {
      const std::scoped_lock lock(lanes.mutex);
      const auto mine = std::find_if(lanes.held.begin(), lanes.held.end(),
                                     [&](const Mailbox::Lanes::Held& held) { return held.admitted == &is_admitted; });
      if (mine == lanes.held.end()) return SendStatus::sent;  // just so
      node = mine->node;
      lanes.held.erase(mine);
    }
    discard(*node);
    node->free_headers();
    free_node(mailbox_.node_size(), node);
    mailbox_.take_back();
    if (deadline != Instant::max()) return SendStatus::timed_out;
    return refuse(Mailbox::Admission::full, nullptr);  // in a simulated world in which nobody will take anything
  }
  return SendStatus::sent;
}

Envelope* Mailbox::pop_locked(Lanes& lanes) noexcept {
  Lanes::Held admitted{};
  {
    const std::scoped_lock lock(lanes.mutex);
    lanes.spent = lanes.take(Priority::critical, Priority::low);
    if (!lanes.spent) return nullptr;
    count_taken();
    if (lanes.held.empty()) {
      --lanes.size;
      return lanes.spent;
    }
    admitted = std::move(lanes.held.front());
    lanes.held.pop_front();
    lanes.put(*admitted.node, admitted.priority);
    // Its thread may go on from here, and take the word with it.
    if (admitted.admitted) admitted.admitted->store(1, std::memory_order_release);
  }
  if (admitted.admitted)
    this_thread().executor->notify(*admitted.admitted);
  else
    admitted.sender->admitted();
  return lanes.spent;
}

// Within a turn of the sender.
bool Cell::may_hold_up() noexcept {
  std::atomic<std::uint32_t>& count = details().held_messages;
  if (count.load(std::memory_order_relaxed) >= held_messages_max) return false;
  count.fetch_add(1, std::memory_order_relaxed);
  sent_too_much_ = true;
  return true;
}

void Cell::admitted() noexcept {
  Details& its = *details_.load(std::memory_order_acquire);
  if (its.held_messages.fetch_sub(1, std::memory_order_acq_rel) == 1) signal(notice_bit);
}

// The object is ready, except that it has sent too much.
Cell::Step Cell::wait_for_room() noexcept {
  if (details().held_messages.load(std::memory_order_acquire) == 0) {
    sent_too_much_ = false;
    return Step::go_on;
  }
  phase_ = Phase::blocked;
  suspend();
  return Step::rest;
}

Cell::Step Cell::look_for_room(Context& context) noexcept {
  if (details().held_messages.load(std::memory_order_acquire) != 0) return Step::go_on;
  unpark();
  phase_ = Phase::ready;
  return exit_if_requested(context);
}

}  // namespace airssys::rt
