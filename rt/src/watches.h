// Who is to be told of whose end (R0.9): watches and links.
//
// The nodes that wait for the end of one actor are a list, in a table by actor; the actor's word says whether there is such a
// list. Adding a node marks the word, dying marks it too, and each sees in what order: so a node is posted by exactly one of the
// two, whatever the race.
#pragma once
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "airssys/rt/cell.h"
#include "airssys/rt/notice.h"

namespace airssys::rt {

class Link;

// Tells `watcher` of the end of `watched`. While it is listed the table holds a reference to what it is part of; posting it hands
// that one over.
class WatchNode : public Notice {
 public:
  WatchNode(std::uint32_t whose, Ref<Cell> who, Ref<Cell> whom) noexcept
      : Notice(whose),
        watcher(std::move(who)),
        watched(std::move(whom)) {}
  virtual void hold() noexcept = 0;
  // `watched` has ended. Gives up the table's reference.
  virtual void tell() noexcept { watcher->post(*this); }
  [[nodiscard]] virtual Link* link() noexcept { return nullptr; }

  const Ref<Cell> watcher;
  const Ref<Cell> watched;

 protected:
  virtual ~WatchNode() = default;

 private:
  friend class WatchTable;
  WatchNode* previous_ = nullptr;  // guarded by the table, as all below
  WatchNode* next_ = nullptr;
  bool listed_ = false;
};

// Belongs to the object that watches.
class Watch final : public WatchNode, public RefCounted<Watch> {
 public:
  using WatchNode::WatchNode;
  Result<Turn> deliver(ActorBase& actor, Context& context) override;
  void release() noexcept override { release_ref(); }
  void hold() noexcept override { add_ref(); }

  bool cancelled = false;  // the watcher's

 private:
  friend class RefCounted<Watch>;
  ~Watch() override = default;
};

// The watcher has not been scheduled yet: it starts when the other one has ended.
class Succession final : public WatchNode, public RefCounted<Succession> {
 public:
  Succession(Ref<Cell> successor, Ref<Cell> predecessor) noexcept
      : WatchNode(any_object, std::move(successor), std::move(predecessor)) {}
  void tell() noexcept override;
  Result<Turn> deliver(ActorBase& actor, Context& context) override;
  void release() noexcept override { release_ref(); }
  void hold() noexcept override { add_ref(); }

 private:
  friend class RefCounted<Succession>;
  ~Succession() override = default;
};

// Two actors that end together; belongs to both, whatever objects they have.
class Link final : public RefCounted<Link> {
 public:
  Link(const Ref<Cell>& one, const Ref<Cell>& two) noexcept : first(*this, one, two), second(*this, two, one) {}

  class Half final : public WatchNode {
   public:
    Half(Link& link, Ref<Cell> who, Ref<Cell> whom) noexcept
        : WatchNode(any_object, std::move(who), std::move(whom)),
          link_(link) {}
    Result<Turn> deliver(ActorBase& actor, Context& context) override;
    void release() noexcept override { link_.release_ref(); }
    void hold() noexcept override { link_.add_ref(); }
    Link* link() noexcept override { return &link_; }

   private:
    Link& link_;
  };
  [[nodiscard]] WatchNode& other(const WatchNode& half) noexcept {
    return &half == &first ? static_cast<WatchNode&>(second) : first;
  }

  Half first;
  Half second;
  std::atomic<bool> cut{false};

 private:
  friend class RefCounted<Link>;
  ~Link() = default;
};

// Of one system. Threads: any.
class WatchTable {
 public:
  // False: `watched` had ended, and the node is posted.
  bool add(WatchNode& node);
  // False: it is not in here (posted already). Else the table's reference is given up.
  bool remove(WatchNode& node) noexcept;
  // `cell` has ended, and its word says so: posts what waits for that.
  void tell(Cell& cell) noexcept;

  // Linking twice is linking once. False: there are `max_links`.
  bool link(const Ref<Cell>& one, const Ref<Cell>& two, std::uint32_t max_links);
  bool unlink(const Cell& one, const Cell& two) noexcept;

 private:
  struct Shard {
    std::mutex mutex;
    std::unordered_map<const Cell*, WatchNode*> lists;
  };
  using Pair = std::pair<ActorId, ActorId>;  // the smaller one first
  static Pair pair_of(const Cell& one, const Cell& two) noexcept;
  Shard& shard(const Cell& cell) noexcept { return shards_[cell.id().value() % shards_.size()]; }
  static void locked_unlist(Shard& shard, WatchNode& node) noexcept;
  Ref<Link> take(const Pair& pair) noexcept;

  std::array<Shard, 16> shards_;
  std::mutex links_mutex_;
  std::map<Pair, Ref<Link>> links_;  // guarded
};

}  // namespace airssys::rt
