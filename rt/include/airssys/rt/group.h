// Group: several actors that take the same messages, reached as one (R0.11).
//
//   AIRSSYS_TRY(auto workers, Group<Job>::open(system, "workers", {.strategy = GroupStrategy::least_loaded}));
//   workers.join(address);
//   Group<Job>::find(system, "workers")->send(job);   // one of them
//   workers.broadcast(job);                           // all of them
//
// A member is an address: it stays through restarts and leaves with leave(), or when it has ended, which the send that meets it
// notices: that message goes to another one. A member whose mailbox is full refuses as it would by itself; round robin
// and random do not look for another, least loaded meets it only when all are full.
//
// A Group is a handle: copying it does not copy the group. Threads: any. Senders hold no lock while they send.
#pragma once
#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "airssys/rt/address.h"
#include "airssys/rt/fan_out.h"
#include "airssys/rt/read_mostly_mutex.h"

namespace airssys::rt {

class ActorSystem;

enum class GroupStrategy : std::uint8_t {
  round_robin,
  random,
  least_loaded,  // the fewest messages waiting, a moment's picture; looks at every member
};

struct GroupOptions {
  GroupStrategy strategy = GroupStrategy::round_robin;
  std::uint32_t max_members = 1024;
};

// The members, whatever their message type.
class MemberTable final : public RefCounted<MemberTable> {
 public:
  // `seed`: where round robin begins, and the chances of random.
  MemberTable(std::string name, const void* type, GroupOptions options, std::uint64_t seed);

  // Among the system's groups; see Group.
  static Result<Ref<MemberTable>> open(ActorSystem& system, std::string_view name, const void* type, GroupOptions options);
  static Result<Ref<MemberTable>> find(const ActorSystem& system, std::string_view name, const void* type);
  static bool close(ActorSystem& system, std::string_view name);

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] const void* type() const noexcept { return type_; }
  Result<> join(const ActorRef& member);
  bool leave(const ActorRef& member) { return remove(member.cell_.get()); }
  bool remove(const Cell* member);
  // Null when there is none.
  [[nodiscard]] Ref<Cell> pick();
  [[nodiscard]] Ref<CellList> members() const;
  [[nodiscard]] std::unexpected<Error> nobody() const;

 private:
  friend class RefCounted<MemberTable>;
  ~MemberTable() = default;

  const std::string name_;
  const void* const type_;
  const GroupOptions options_;
  std::atomic<std::uint64_t> turn_;
  mutable ReadMostlyMutex mutex_;
  Ref<CellList> members_;  // guarded, never null; in the order they joined
};

template <class M>
class Group {
 public:
  // A new group of that name (a name of groups, not of actors; at most 256 bytes). already_exists: the name; exhausted:
  // SystemLimits::max_groups; invalid_argument: the name or the options.
  static Result<Group> open(ActorSystem& system, std::string_view name, GroupOptions options = {}) {
    return made(MemberTable::open(system, name, &message_type_tag<M>, options));
  }
  // not_found; invalid_argument when its members take other messages than M.
  static Result<Group> find(const ActorSystem& system, std::string_view name) {
    return made(MemberTable::find(system, name, &message_type_tag<M>));
  }
  // Its name is free again; who holds a handle may still use it. False: no group has that name.
  static bool close(ActorSystem& system, std::string_view name) { return MemberTable::close(system, name); }

  // Joining twice is joining once. exhausted: max_members; invalid_argument: an empty address.
  Result<> join(const Address<M>& member) { return members_->join(member); }
  // False: it was none.
  bool leave(const ActorRef& member) { return members_->leave(member); }
  // Those that have ended and were not met yet included.
  [[nodiscard]] std::size_t size() const { return members_->members()->cells.size(); }

  // To one member. unavailable: no living one; else as Address::send to that member.
  Result<> send(M message) {
    while (const Ref<Cell> cell = members_->pick()) {
      const SendStatus status = static_cast<ActorCell<M>&>(*cell).offer(message);
      if (status == SendStatus::sent) return {};
      if (status != SendStatus::ended) return send_failure(status, *cell);
      members_->remove(cell.get());
    }
    return members_->nobody();
  }
  // To every member.
  FanOut broadcast(const M& message)
    requires std::copy_constructible<M>
  {
    FanOut counts;
    const Ref<CellList> members = members_->members();
    for (const Ref<Cell>& cell : members->cells)
      if (deliver_copy(*cell, message, counts)) members_->remove(cell.get());
    return counts;
  }

 private:
  explicit Group(Ref<MemberTable> members) noexcept : members_(std::move(members)) {}
  static Result<Group> made(Result<Ref<MemberTable>> members) {
    if (!members) return std::unexpected(std::move(members).error());
    return Group(*std::move(members));
  }
  Ref<MemberTable> members_;
};

}  // namespace airssys::rt
