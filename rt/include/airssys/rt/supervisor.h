// Supervisor: a node of the supervision tree, carried out by the runtime (R0.8).
//
// One for one: when a child fails, that child alone is started again, with a fresh object from its factory, in the same cell:
// its address and its waiting messages survive, the message it failed at does not. A child whose restart intensity is
// exhausted is given up: it ends, what waits becomes dead letters, its siblings go on. A failed *first* start is not
// retried: it is the spawner's to know.
//
// A Supervisor is a handle: copying it does not copy the node. Nodes nest; stopping one stops its children first, in reverse
// start order, one after the other. Threads: any.
#pragma once
#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

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

 private:
  template <class M>
  Ref<Cell> new_cell(const SpawnOptions& options) {
    return Ref<Cell>::adopt(new ActorCell<M>(core(), next_id(), capacity(options)));
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
  Result<Ref<Cell>> add(Ref<Cell> cell, SpawnOptions options, ErasedFactory factory, std::unique_ptr<ActorBase> object);

  Ref<SupervisorNode> node_;
};

}  // namespace airssys::rt
