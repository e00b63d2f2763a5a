// ActorSystem: a set of actors under one root supervisor, with names and an end (R0.5, R3.9).
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "airssys/base/log.h"
#include "airssys/base/platform.h"
#include "airssys/rt/address.h"
#include "airssys/rt/context.h"
#include "airssys/rt/events.h"
#include "airssys/rt/future.h"
#include "airssys/rt/supervisor.h"

namespace airssys::rt {

// The defaults are those of X.25, manifest.md and R0.4.
struct SystemLimits {
  std::uint32_t max_actors = 0;  // alive at once; 0: unlimited
  std::uint32_t max_groups = 1024;
  std::uint32_t max_watches = 10'000;  // by one actor
  std::uint32_t max_links = 100'000;
  std::uint32_t mailbox_capacity = 1000;
  Overload overload = Overload::error;
  std::uint32_t messages_per_turn = 64;  // then the others who are ready run
  std::uint32_t max_asks = 10'000;       // that one actor may wait for; and all plain threads together
  Duration long_turn = std::chrono::seconds(1);  // a turn that lasts longer is an ActorEvent; 0: never
  Duration start_timeout = std::chrono::seconds(5);
  ShutdownPolicy shutdown = ShutdownPolicy::graceful(std::chrono::seconds(30));
  RestartIntensity intensity = {};
  Backoff backoff = {};
};

struct SystemStats {
  std::uint64_t alive = 0;
  std::uint64_t crashes = 0;
  std::uint64_t restarts = 0;
  std::uint64_t gave_up = 0;
  std::uint64_t refused = 0;       // sends to a full mailbox
  std::uint64_t dropped = 0;       // by full mailboxes, see Overload
  std::uint64_t expired = 0;       // messages whose ttl was over when their turn came
  std::uint64_t dead_letters = 0;  // see DeadLetter
  std::uint64_t late_replies = 0;  // answers that came after the ask had its outcome, or after its asker
};

// What did not stop in time.
struct Unstopped {
  ActorId actor;
  std::string name;
};

// Threads: any, except where said. Actors and addresses may outlive it; they then refuse every message.
class ActorSystem {
 public:
  // All of them outlive the system.
  explicit ActorSystem(Executor& executor, LogSink& log = null_log(), SystemLimits limits = {}, EventSink* events = nullptr);
  // Kills what is left and waits until no turn is running. On a plain thread.
  ~ActorSystem();
  ActorSystem(const ActorSystem&) = delete;
  ActorSystem& operator=(const ActorSystem&) = delete;

  // Top-level actors are children of the root; see Supervisor::spawn.
  [[nodiscard]] Supervisor root() const noexcept;
  template <class What>
  auto spawn(SpawnOptions options, What what) {
    return root_.spawn(std::move(options), std::move(what));
  }
  // The same, and waits until it has started; its failure to start is the error. On a plain thread.
  template <class What>
  auto spawn_and_wait(SpawnOptions options, What what) {
    return spawn_and_wait(root_, std::move(options), std::move(what));
  }
  // Below a supervisor of this system.
  template <class What>
  auto spawn_and_wait(Supervisor below, SpawnOptions options, What what)
      -> decltype(below.spawn(std::move(options), std::move(what))) {
    StartWait started(*this, options);
    auto address = below.spawn(std::move(options), std::move(what));
    if (!address) return address;
    if (auto outcome = started.wait(); !outcome) return std::unexpected(std::move(outcome).error());
    return address;
  }
  Result<Supervisor> spawn_supervisor(SupervisorOptions options) { return root_.spawn_supervisor(std::move(options)); }

  // not_found when nobody living has that name; invalid_argument when it takes other messages than M.
  template <class M>
  [[nodiscard]] Result<Address<M>> find(std::string_view name) const {
    Ref<Cell> cell = find_cell(name);
    if (!cell) return no_such_name(name);
    Address<M> address = address_cast<M>(std::move(cell));
    if (!address) return wrong_type(name);
    return address;
  }
  // Asks an actor: sends what `make` makes of a Reply<T>, and returns. Every failure is an outcome of the Future: see there; also
  // that of Address::send, and exhausted, when plain threads wait for SystemLimits::max_asks answers. Within an actor use
  // Context::ask. `system.ask<int>(adder, [](Reply<int> reply) { return Add{1, 2, std::move(reply)}; }, 1s).wait()`
  template <class T, class M, class Make>
  [[nodiscard]] Future<T> ask(const Address<M>& to, Make&& make, Duration timeout) {
    auto& node = FutureAsk<T>::make(*core_, deadline(timeout));
    Future<T> future(node);
    Reply<T> reply(node);
    if (auto listed = enlist(node, *core_); !listed) {
      node.refuse(std::move(listed).error());
      return future;
    }
    M request = std::forward<Make>(make)(std::move(reply));
    if (const SendStatus status = to.offer(request); status != SendStatus::sent && status != SendStatus::dropped)
      node.refuse(send_failure(status, to.cell()).error());
    return future;
  }

  // Whatever its message type.
  [[nodiscard]] Result<ActorRef> find_any(std::string_view name) const;
  // To whoever has that name now. An error of find, and a dead letter; or as Address::send.
  template <class M>
  Result<> send_to(std::string_view name, M message) {
    auto to = find<M>(name);
    if (to) return to->send(std::move(message));
    unresolved(name, &message, &message_type_tag<M>);
    return std::unexpected(std::move(to).error());
  }

  // No actor has waiting, running or parked work, none is starting, stopping, or waiting for its restart. Timers do not count.
  [[nodiscard]] bool is_idle() const noexcept;
  // Waits for that, at most until `deadline`; returns is_idle(). On a plain thread.
  bool wait_idle(Instant deadline);

  // Stops everything in reverse start order, each as its ShutdownPolicy says; new actors are refused from now on. What has
  // not ended after `timeout` is killed and returned. Then every accepted message was handled or is a dead letter, except
  // in what is returned and still within a turn. Once; on a plain thread.
  std::vector<Unstopped> shutdown(Duration timeout);

  [[nodiscard]] SystemStats stats() const noexcept;
  [[nodiscard]] const SystemLimits& limits() const noexcept;
  [[nodiscard]] Executor& executor() const noexcept;
  [[nodiscard]] LogSink& log() const noexcept;

 private:
  friend class MemberTable;
  friend class TopicTable;
  // Hooks itself into on_started; the state is shared with the callback, which may come late.
  class StartWait {
   public:
    StartWait(ActorSystem& system, SpawnOptions& options);
    Result<> wait();

   private:
    struct State;
    ActorSystem& system_;
    std::shared_ptr<State> state_;  // two owners, of which either may be last
  };

  [[nodiscard]] Instant deadline(Duration timeout) const noexcept;
  [[nodiscard]] Ref<Cell> find_cell(std::string_view name) const;
  [[nodiscard]] static std::unexpected<Error> no_such_name(std::string_view name);
  [[nodiscard]] static std::unexpected<Error> wrong_type(std::string_view name);
  void unresolved(std::string_view name, const void* message, const void* type) noexcept;

  Ref<SystemCore> core_;
  Supervisor root_;  // a reference of its own: a spawn counts none, which workers would do at once
};

}  // namespace airssys::rt
