// What an ActorSystem is made of: outlives it as long as an address does.
#pragma once
#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "airssys/base/metric.h"
#include "airssys/rt/group.h"
#include "airssys/rt/system.h"
#include "asks.h"
#include "event_gate.h"
#include "sharded_counter.h"
#include "supervision_tree.h"
#include "watchdog.h"
#include "watches.h"

namespace airssys::rt {

class SystemCore final : public RefCounted<SystemCore> {
 public:
  SystemCore(ActorSystem& owner, Executor& on, LogSink& sink, SystemLimits bounds, EventSink* observer);

  // A place among max_actors; left with leave().
  Result<> enter();
  void leave() noexcept;
  // `predecessor`, which may be null, gives the name up when it has it.
  Result<> register_name(Cell& cell, const Cell* predecessor);
  void unregister_name(const Cell& cell) noexcept;
  [[nodiscard]] Ref<Cell> find(std::string_view name) const;
  [[nodiscard]] bool wants(SupervisionEvent::Kind kind) const noexcept {
    return events.wants(EventFamily::supervision, severity_of(kind));
  }
  // `make` returns the event, and is called if somebody wants it.
  template <class Make>
  void tell(SupervisionEvent::Kind kind, Make make) const {
    events.tell(EventFamily::supervision, severity_of(kind), make);
  }
  // Empty when it has none, or nobody living has that id. Slow: goes through the names.
  [[nodiscard]] std::string name_of(ActorId actor) const;
  void dead_letter(const DeadLetter& letter) noexcept;

  // Not to be used once the last actor has ended.
  ActorSystem& system;
  Executor& executor;
  LogSink& log;
  const SystemLimits limits;
  Interceptor* const interceptor;
  EventGate events;

  Ref<SupervisorNode> root;                // until the system is destroyed
  SupervisionTree tree;
  std::atomic<std::uint64_t> ids{0};       // the latest
  std::atomic<std::uint32_t> alive{0};     // notified when it falls to 0
  std::atomic<std::uint64_t> blocked{0};   // parked or asleep
  Counter crashes;
  Counter restarts;
  Counter gave_up;
  ShardedCounter refused;
  ShardedCounter dropped;
  ShardedCounter expired;
  ShardedCounter dead_letters;
  Counter late_replies;
  Futures futures;
  WatchTable watches;
  std::unique_ptr<Watchdog> watchdog;
  std::mutex groups_mutex;
  std::vector<Ref<MemberTable>> groups;  // guarded; looked up when somebody asks for one, not per message

 private:
  friend class RefCounted<SystemCore>;
  ~SystemCore();

  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const noexcept { return std::hash<std::string_view>{}(name); }
  };
  mutable std::mutex names_mutex_;
  std::unordered_map<std::string, Cell*, Hash, std::equal_to<>> names_;  // guarded; the living
};

}  // namespace airssys::rt
