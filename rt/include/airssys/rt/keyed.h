// Keyed: an actor for each key, made when its key is first sent to and put away when it has had nothing to do for a while.
//
//   Keyed<Order> carts(system, {.max_live = 10'000, .idle = 60s}, [&](std::string_view key, const ActorRef& predecessor) {
//     auto make = [key = std::string(key)] { return std::make_unique<Cart>(key); };
//     SpawnOptions options{.name = "cart-" + std::string(key)};
//     return predecessor ? root.spawn_after(predecessor, options, make) : root.spawn(options, make);
//   });
//   carts.try_send("alice", order);
//
// So there may be any number of keys, and memory for those that are alive. Putting away is an ordinary stop between two
// messages: what was accepted is handled, then Child::stop. Whoever sends to that key meanwhile gets the next actor, which
// starts when the former has ended: never two of one key at once, and nothing is lost in between. What an actor is to
// remember longer than that it keeps elsewhere.
//
// One that fails more often than its restart intensity allows is not made again before `rest` has passed, so that a key
// cannot be restarted for ever by sending to it.
//
// Threads: any. A lookup locks a 64th of the table. The system outlives it; the actors are their supervisor's and may
// outlive it.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "airssys/rt/address.h"
#include "airssys/rt/system.h"

namespace airssys::rt {

struct KeyedOptions {
  // Alive at once, >= 1. From seven eighths of it on, every new one puts idle ones away early. Those that are ending, or rest,
  // come on top: an eighth of it, at least 16. Where that is full nobody rests any longer.
  std::uint32_t max_live = 10'000;
  // Put away after nothing was sent to it for that long, at the latest for twice that. > 0.
  Duration idle = std::chrono::seconds(60);
  // See above.
  Duration rest = std::chrono::seconds(60);
};

struct KeyedStats {
  std::uint64_t live = 0;
  std::uint64_t ending = 0;    // or resting after a failure
  std::uint64_t created = 0;
  std::uint64_t put_away = 0;
  std::uint64_t refused = 0;   // keys that found no place, or rested
};

// The actors by their keys, whatever their message type.
class KeyTable {
 public:
  struct Made {
    ActorRef actor;
    std::shared_ptr<const void> with = nullptr;  // what belongs to it; kept as long as it has the key
  };
  struct Found {
    Ref<Cell> cell;
    std::shared_ptr<const void> with;
  };
  struct Living {
    std::string key;
    ActorRef actor;
  };
  // Called under a lock of the table: it spawns and returns.
  using Spawn = std::function<Result<Made>(std::string_view key, const ActorRef& predecessor)>;
  static constexpr std::size_t max_key_bytes = 256;

  KeyTable(ActorSystem& system, KeyedOptions options, Spawn spawn);
  ~KeyTable();
  KeyTable(const KeyTable&) = delete;
  KeyTable& operator=(const KeyTable&) = delete;

  // `gone`: an actor of this key that takes no messages any more; null: not known.
  // A message that `gone` has refused is no dead letter: it is for the one found.
  Result<Found> find(std::string_view key, const Cell* gone);
  [[nodiscard]] KeyedStats stats() const;
  // Some of those that live, or did when the system ended; in no order.
  [[nodiscard]] std::vector<Living> some(std::size_t at_most) const;
  // Puts nobody away any more, and so needs no system. The destructor does it as well.
  void close() noexcept;

  [[nodiscard]] static const Ref<Cell>& cell_of(const ActorRef& actor) noexcept { return actor.cell_; }

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;  // shared with the timer, which may be running when the table goes
};

template <class M>
class Keyed {
 public:
  // Spawns the actor of a key, by Supervisor::spawn, or by spawn_after when there is a predecessor. It must not use the table.
  using Spawn = std::function<Result<Address<M>>(std::string_view key, const ActorRef& predecessor)>;

  Keyed(ActorSystem& system, KeyedOptions options, Spawn spawn)
      : table_(system, options,
               [spawn = std::move(spawn)](std::string_view key, const ActorRef& predecessor) -> Result<KeyTable::Made> {
                 auto address = spawn(key, predecessor);
                 if (!address) return std::unexpected(std::move(address).error());
                 return KeyTable::Made{*std::move(address)};
               }) {}

  // The actor of that key, made if there is none. exhausted: max_live, and none of them is idle. unavailable: it rests.
  // invalid_argument: a key that is empty or longer than 256 bytes. Otherwise an error of the spawn.
  Result<Address<M>> find(std::string_view key) { return typed(table_.find(key, nullptr)); }
  // The same for who sent to `gone` and learnt that it has ended, or is ending: the next of that key.
  Result<Address<M>> successor(std::string_view key, const Address<M>& gone) {
    return typed(table_.find(key, KeyTable::cell_of(gone).get()));
  }

  // `message` is moved from only when it is sent. The errors are those of find; the status is never `ended`.
  Result<SendStatus> try_send(std::string_view key, M& message) {
    AIRSSYS_TRY(Address<M> to, find(key));
    for (;;) {
      const SendStatus status = to.try_send(message);
      if (status != SendStatus::ended) return status;
      AIRSSYS_TRY(to, successor(key, to));
    }
  }

  [[nodiscard]] KeyedStats stats() const { return table_.stats(); }
  [[nodiscard]] std::vector<KeyTable::Living> some(std::size_t at_most) const { return table_.some(at_most); }

 private:
  static Result<Address<M>> typed(Result<KeyTable::Found> found) {
    if (!found) return std::unexpected(std::move(found).error());
    return address_cast<M>(std::move(found->cell));
  }
  KeyTable table_;
};

}  // namespace airssys::rt
