// Context: what an actor may ask of the runtime during one of its calls. Not to be kept: it is gone when the call returns.
#pragma once
#include <optional>
#include <string_view>

#include "airssys/base/assert.h"
#include "airssys/rt/address.h"
#include "airssys/rt/executor.h"
#include "airssys/rt/periodic.h"
#include "airssys/rt/reply.h"
#include "airssys/rt/waker.h"

namespace airssys::rt {

class ActorSystem;

// One answer that an actor waits for. Of use to the object that asked, until it goes on with what it gave to `ask`.
class PendingAsk {
 public:
  PendingAsk() = default;

 private:
  friend class Context;
  explicit PendingAsk(Ask& ask) noexcept : ask_(&ask) {}
  Ask* ask_ = nullptr;
};

class Context {
 public:
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  [[nodiscard]] ActorId id() const noexcept { return cell_.id(); }
  [[nodiscard]] std::string_view name() const noexcept { return cell_.name(); }
  // Who sent the message in hand; 0 when that was a plain thread, and outside of a message.
  [[nodiscard]] ActorId sender() const noexcept { return sender_; }
  // What its sender said about the message in hand; null when that was nothing, and outside of `handle`. Gone when it returns.
  [[nodiscard]] const Headers* headers() const noexcept { return headers_; }
  // The same with the defaults of SendOptions.
  [[nodiscard]] std::uint64_t correlation() const noexcept { return headers_ ? headers_->correlation : 0; }
  [[nodiscard]] TraceContext trace() const noexcept { return headers_ ? headers_->trace : TraceContext{}; }
  [[nodiscard]] ActorRef ref() const noexcept { return ActorRef(Ref<Cell>::share(cell_)); }
  // M is the actor's own message type.
  template <class M>
  [[nodiscard]] Address<M> self() const noexcept {
    Address<M> address = address_cast<M>(Ref<Cell>::share(cell_));
    AIRSSYS_ASSERT(address, "actor {}: self() with another message type", cell_.id().value());
    return address;
  }
  // How many times this actor was restarted so far: 0 for the first object.
  [[nodiscard]] std::uint32_t restarts() const noexcept { return cell_.stats().restarts; }

  [[nodiscard]] ActorSystem& system() const noexcept;
  [[nodiscard]] Executor& executor() const noexcept;
  [[nodiscard]] Platform& platform() const noexcept { return executor().platform(); }
  [[nodiscard]] Instant now() const noexcept { return recent_ = platform().now(); }
  // The last now() of this turn, or a new one when it is the first: costs no clock, and misses what has passed since.
  [[nodiscard]] Instant recent() const noexcept { return recent_ == Instant{} ? now() : recent_; }

  // For the hook or handler that is running, should it park; see waker.h.
  [[nodiscard]] Waker waker() const noexcept;
  // This object ends in order once the current call has returned done: Child::stop, post_stop, then as its RestartPolicy
  // says. When it is not restarted the waiting messages become dead letters.
  void stop() noexcept { cell_.exit_requested_ = true; }
  // This object has crashed; takes effect when the current call returns, whatever it returns. Within a stop it is ignored.
  void crash(Error error) { crash_ = std::move(error); }

  // Sends what `make` makes of a Reply<T>, and returns. Later, in a turn of its own between two messages, this actor goes on
  // with `next`: Result<T>, Context& -> Result<Turn>, as a handler. It is called exactly once: with the answer or its error,
  // timed_out, or unavailable when the Reply was let go (crash, dead letter, forgotten); never while this actor is parked, so
  // one must not park until its own ask is answered. It is destroyed uncalled when this object goes before that (stop,
  // restart), so it may capture `this`. An actor may ask itself.
  // An error of `ask` itself: the request could not be sent, as by Address::send, or exhausted: this actor waits for
  // SystemLimits::max_asks answers. Then `next` is never called.
  template <class T, class M, class Make, class Next>
  Result<PendingAsk> ask(const Address<M>& to, Make&& make, Duration timeout, Next next) {
    return ask_by<T>(to, std::forward<Make>(make), timeout, std::move(next),
                     [&](M& request) { return to.offer(request, WhenFull::wait); });
  }
  template <class T, class M, class Make, class Next>
  Result<PendingAsk> ask(const Address<M>& to, Make&& make, Duration timeout, Next next, const SendOptions& options) {
    return ask_by<T>(to, std::forward<Make>(make), timeout, std::move(next),
                     [&](M& request) { return to.offer(request, options, WhenFull::wait); });
  }
  // Its answer is not wanted any more: `next` is destroyed uncalled, now; an answer that comes is late. False: there is an
  // outcome, and `next` is yet to be called.
  bool cancel(PendingAsk asked) noexcept { return cell_.withdraw(*asked.ask_); }

  // Sends `message` at `due`; one that is refused then is lost (and counted by the receiver). Cancel through the executor.
  template <class M>
  Ref<TimerTask> send_at(Instant due, Address<M> to, M message) {
    return executor().post_at(due, [to = std::move(to), message = std::move(message)]() mutable {
      if (to.try_send(message) != SendStatus::sent) return;  // counted there
    });
  }
  template <class M>
  Ref<TimerTask> send_after(Duration delay, Address<M> to, M message) {
    return send_at<M>(now() + delay, std::move(to), std::move(message));
  }

  // Sends `message` every `period`, the first one after one period; see periodic.h. Its receiver handles it without a sender.
  // invalid_argument: the period; exhausted: this object has 1000 such timers.
  template <class M>
  Result<Ref<PeriodicTimer>> send_every(Duration period, const Address<M>& to, M message) {
    const std::uint32_t object = to == ref() ? cell_.object_number() : Notice::any_object;
    auto timer = Ref<PeriodicTimer>::adopt(new PeriodicMessage<M>(object, to, executor(), period, std::move(message)));
    return cell_.add_timer(std::move(timer), period);
  }

  // When `who` ends for good, this object is told by on_terminated (watch.h), exactly once, also when `who` has ended already. A
  // watch belongs to the object that asked for it and ends with it; watching twice is watching once. The notice takes no
  // place in the mailbox, and waits while this actor is parked.
  // invalid_argument: nobody, itself; exhausted: SystemLimits::max_watches.
  Result<> watch(const ActorRef& who);
  // From now on it is not told, also when `who` has ended meanwhile. False: it did not watch, or was told already.
  bool unwatch(const ActorRef& who) noexcept;

  // When one of the two ends for good, other than normal or shutdown, the other one crashes, with an error that names it; also
  // when `who` has ended that way already. A link belongs to both actors, in both directions, and survives restarts.
  // invalid_argument: nobody, itself, an actor of another system; exhausted: SystemLimits::max_links.
  Result<> link(const ActorRef& who);
  // By either of them. False: they were not linked.
  bool unlink(const ActorRef& who) noexcept;

 private:
  friend class Ask;
  friend class Cell;
  explicit Context(Cell& cell) noexcept : cell_(cell) {}

  template <class T, class M, class Make, class Next, class Offer>
  Result<PendingAsk> ask_by(const Address<M>& to, Make&& make, Duration timeout, Next next, Offer offer) {
    static_assert(std::is_invocable_r_v<Result<Turn>, Next&, Result<T>, Context&>);
    AIRSSYS_TRY_VOID(cell_.may_ask());
    auto& node = AskNode<T, Next>::make(cell_, std::move(next));
    cell_.add_ask(node, timeout);
    M request = std::forward<Make>(make)(Reply<T>(node));
    const SendStatus status = offer(request);
    if (status == SendStatus::sent || status == SendStatus::dropped) return PendingAsk(node);
    if (cell_.withdraw(node)) return send_failure(status, to.cell());
    return PendingAsk(node);
  }

  Cell& cell_;
  ActorId sender_{};
  const Headers* headers_ = nullptr;
  mutable Instant recent_{};
  std::uint32_t budget_ = 0;  // messages and notices left to this turn
  std::optional<Error> crash_;
};

}  // namespace airssys::rt
