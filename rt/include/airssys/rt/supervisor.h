// Supervisor: a node of the supervision tree, carried out by the runtime (R0.8, R3.6).
//
// A child *fails* when its object is over and its RestartPolicy wants it back: a crash, a start after the first that fails or
// takes too long, a stop of its own that had to be forced, for permanent children also Context::stop(). Being stopped or
// killed from outside is no failure: that is for good. A failed *first* start is not retried: it is the spawner's to know.
//
// One for one: the failed child alone gets a fresh object from its factory, in the same cell: its address and its waiting
// messages survive, the message it failed at does not. Its siblings notice nothing.
//
// One for all, rest for one: the object that failed is gone at once. Its siblings that the strategy takes are stopped, the
// youngest first, each when the one before it has stopped: between two messages, by Child::stop and as its ShutdownPolicy
// says; a parked one may finish its message within its grace, past which it is destroyed. Their mailboxes stay open, their
// addresses and queues survive. When all are down and the backoff has passed they are started, the oldest first, each when
// the one before it has started. Temporary children, and so all that were spawned as objects, end instead. Meanwhile
//   - a child that fails while its group is being stopped is part of the same restart; one that fails while its group is
//     being started, or by not starting, is a new failure, and the group is restarted again;
//   - a child that ends, or is stopped or killed for good, is left out; a child that is spawned is started as the youngest,
//     so a start must not wait for a sibling that it has spawned itself;
//   - stopping the supervisor, or the system, ends all of it in order.
//
// Intensity: failures within a sliding window, counted per child one for one, else for all children of the supervisor. What
// exceeds it follows SupervisorOptions::exhausted. A supervisor that escalates stops its children as above and has then failed
// as a child of its own supervisor, whose strategy, intensity and backoff apply; as a child it is permanent. When it is
// restarted its children start as above, with their failures forgotten; when it is given up it ends with all of them. The
// root is one for one and gives up, so that a top-level child that fails too often ends alone.
//
// No worker waits in any of this: a backoff is a timer, and a child that waits for its siblings costs no turn.
//
// A Supervisor is a handle: copying it does not copy the node. Nodes nest; stopping one stops its children first, in reverse
// start order, one after the other. Threads: any.
#pragma once
#include <concepts>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "airssys/rt/address.h"
#include "airssys/rt/policy.h"

namespace airssys::rt {

class SupervisorNode;

// Message type of a Child that is no actor: none can be made.
class NoMessage {
  NoMessage() = delete;
};

// What a factory returns: std::unique_ptr<T> or Result<std::unique_ptr<T>>.
template <class Pointer>
struct Made;
template <class T>
struct Made<std::unique_ptr<T>> {
  using type = T;
};
template <class T>
struct Made<Result<std::unique_ptr<T>>> {
  using type = T;
};
template <class Factory>
using MadeBy = typename Made<std::invoke_result_t<Factory&>>::type;

// What R3.6 calls the states of a child; those that have ended are in no tree.
enum class ChildState : std::uint8_t {
  starting,    // for the first time
  running,
  parked,      // in the middle of a message
  stopping,    // for good, or before a restart
  restarting,  // its object is gone, the next one is not ready
};
[[nodiscard]] std::string_view state_name(ChildState state) noexcept;

// A moment's picture of a supervisor and all below it, each child by itself correct.
struct TreeView {
  std::string name;
  ActorId actor;  // 0: a supervisor
  ChildState state = ChildState::running;
  std::uint32_t restarts = 0;
  Strategy strategy = Strategy::one_for_one;  // of a supervisor
  std::vector<TreeView> children = {};        // in start order
};

class Supervisor {
 public:
  explicit Supervisor(Ref<SupervisorNode> node) noexcept;
  Supervisor(const Supervisor&) noexcept;
  Supervisor(Supervisor&&) noexcept;
  Supervisor& operator=(Supervisor) noexcept;
  ~Supervisor();

  // A factory: called now and at every restart, on a worker; it must not depend on what a former object did. The actor
  // starts asynchronously; messages sent meanwhile wait. What goes wrong then reaches options.on_started.
  // exhausted: max_actors; already_exists: the name; unavailable: the supervisor stops; invalid_argument: the options.
  template <std::invocable Factory>
  Result<Address<typename MadeBy<Factory>::Message>> spawn(SpawnOptions options, Factory factory) {
    using M = typename MadeBy<Factory>::Message;
    Ref<Cell> cell = new_cell<M>(options);
    return typed<M>(add(std::move(cell), std::move(options), erase(std::move(factory)), nullptr));
  }
  // The same, but it starts only when `predecessor`, of the same system, has ended for good; meanwhile messages wait and the
  // start timeout does not run. It takes the predecessor's name over at once when it has the same. Nothing here ends the
  // predecessor: that is for who is ending already.
  template <std::invocable Factory>
  Result<Address<typename MadeBy<Factory>::Message>> spawn_after(const ActorRef& predecessor, SpawnOptions options,
                                                                 Factory factory) {
    using M = typename MadeBy<Factory>::Message;
    Ref<Cell> cell = new_cell<M>(options);
    return typed<M>(add(std::move(cell), std::move(options), erase(std::move(factory)), nullptr, &predecessor));
  }
  // An object: temporary, whatever options.restart says. Cheaper; for the many and the short-lived.
  template <class A>
  Result<Address<typename A::Message>> spawn(SpawnOptions options, std::unique_ptr<A> actor) {
    using M = typename A::Message;
    Ref<Cell> cell = new_cell<M>(options);
    return typed<M>(add(std::move(cell), std::move(options), nullptr, std::move(actor)));
  }
  // A child that is no actor: the factory makes std::unique_ptr<Child> or a Result of one.
  Result<ActorRef> spawn_child(SpawnOptions options, std::function<Result<std::unique_ptr<Child>>()> factory);
  // A node below this one.
  Result<Supervisor> spawn_supervisor(SupervisorOptions options);

  // Stops its children and then itself, for good; returns at once.
  void stop() const noexcept;
  [[nodiscard]] bool ended() const noexcept;
  // Children that have not ended, those below not counted.
  [[nodiscard]] std::size_t children() const noexcept;
  [[nodiscard]] TreeView tree() const;

 private:
  template <class M>
  Ref<Cell> new_cell(const SpawnOptions& options) {
    return make_cell<M>(core(), next_id(), capacity(options), overload(options));
  }
  template <class M>
  static Result<Address<M>> typed(Result<Ref<Cell>> cell) {
    if (!cell) return std::unexpected(std::move(cell).error());
    return address_cast<M>(*std::move(cell));
  }
  template <class Factory>
  static ErasedFactory erase(Factory factory) {
    return [factory = std::move(factory)]() mutable -> Result<std::unique_ptr<ActorBase>> {
      using R = std::invoke_result_t<Factory&>;
      if constexpr (std::is_same_v<R, std::unique_ptr<MadeBy<Factory>>>) {
        return std::unique_ptr<ActorBase>(factory());
      } else {
        auto made = factory();
        if (!made) return std::unexpected(std::move(made).error());
        return std::unique_ptr<ActorBase>(*std::move(made));
      }
    };
  }
  [[nodiscard]] SystemCore& core() const noexcept;
  [[nodiscard]] ActorId next_id() const noexcept;
  [[nodiscard]] std::uint32_t capacity(const SpawnOptions& options) const noexcept;
  [[nodiscard]] Overload overload(const SpawnOptions& options) const noexcept;
  Result<Ref<Cell>> add(Ref<Cell> cell, SpawnOptions&& options, ErasedFactory factory, std::unique_ptr<ActorBase> object,
                        const ActorRef* predecessor = nullptr);

  Ref<SupervisorNode> node_;
};

}  // namespace airssys::rt
