#include "watches.h"

#include <fmt/format.h>

#include <algorithm>

#include "airssys/rt/context.h"
#include "airssys/rt/watch.h"
#include "cell_details.h"
#include "system_core.h"

namespace airssys::rt {

Result<Turn> Watch::deliver(ActorBase& actor, Context& context) {
  if (cancelled) return Turn::done;
  watcher->forget_watch(*watched);
  return actor.on_terminated(context, {ActorRef(watched), watched->exit_reason()});
}

void Succession::tell() noexcept {
  watcher->core_->executor.schedule(*watcher, Urgency::next);
  release();
}
Result<Turn> Succession::deliver(ActorBase&, Context&) { return Turn::done; }  // nobody posts it

Result<Turn> Link::Half::deliver(ActorBase&, Context&) {
  if (link_.cut.load(std::memory_order_acquire)) return Turn::done;
  const ExitReason reason = watched->exit_reason();
  if (reason.kind == ExitKind::normal || reason.kind == ExitKind::shutdown) return Turn::done;
  return fail(Code::unavailable,
              fmt::format("linked actor {} '{}' has ended: {}{}{}", watched->id().value(), watched->name(),
                          exit_kind_name(reason.kind), reason.error ? ": " : "", reason.error ? reason.error->message() : ""));
}

bool WatchTable::add(WatchNode& node) {
  node.hold();
  {
    Shard& mine = shard(*node.watched);
    const std::scoped_lock lock(mine.mutex);
    if (node.watched->mark_watched()) {
      WatchNode*& first = mine.lists[node.watched.get()];
      node.next_ = std::exchange(first, &node);
      if (node.next_) node.next_->previous_ = &node;
      node.listed_ = true;
      return true;
    }
  }
  node.tell();
  return false;
}

void WatchTable::locked_unlist(Shard& shard, WatchNode& node) noexcept {
  if (node.next_) node.next_->previous_ = node.previous_;
  if (node.previous_) {
    node.previous_->next_ = node.next_;
  } else if (const auto list = shard.lists.find(node.watched.get()); node.next_) {
    list->second = node.next_;
  } else {
    shard.lists.erase(list);
  }
  node.previous_ = node.next_ = nullptr;
  node.listed_ = false;
}

bool WatchTable::remove(WatchNode& node) noexcept {
  {
    Shard& mine = shard(*node.watched);
    const std::scoped_lock lock(mine.mutex);
    if (!node.listed_) return false;
    locked_unlist(mine, node);
  }
  node.release();
  return true;
}

void WatchTable::tell(Cell& cell) noexcept {
  WatchNode* node = nullptr;
  {
    Shard& mine = shard(cell);
    const std::scoped_lock lock(mine.mutex);
    const auto list = mine.lists.find(&cell);
    if (list == mine.lists.end()) return;
    node = list->second;
    mine.lists.erase(list);
    for (WatchNode* one = node; one; one = one->next_) one->listed_ = false;
  }
  while (node) {
    WatchNode* const next = std::exchange(node->next_, nullptr);
    node->previous_ = nullptr;
    if (Link* const link = node->link()) {
      take(pair_of(*node->watcher, *node->watched));
      remove(link->other(*node));
    }
    node->tell();
    node = next;
  }
}

WatchTable::Pair WatchTable::pair_of(const Cell& one, const Cell& two) noexcept { return std::minmax(one.id(), two.id()); }

Ref<Link> WatchTable::take(const Pair& pair) noexcept {
  const std::scoped_lock lock(links_mutex_);
  const auto found = links_.find(pair);
  if (found == links_.end()) return {};
  Ref<Link> link = std::move(found->second);
  links_.erase(found);
  return link;
}

bool WatchTable::link(const Ref<Cell>& one, const Ref<Cell>& two, std::uint32_t max_links) {
  Ref<Link> link;
  {
    const std::scoped_lock lock(links_mutex_);
    const Pair pair = pair_of(*one, *two);
    if (links_.contains(pair)) return true;
    if (links_.size() >= max_links) return false;
    link = Ref<Link>::adopt(new Link(one, two));
    links_.emplace(pair, link);
  }
  add(link->second);  // tells `two` of the end of `one`, who has this turn and lives
  if (!add(link->first)) {
    take(pair_of(*one, *two));
    remove(link->second);
  }
  return true;
}

bool WatchTable::unlink(const Cell& one, const Cell& two) noexcept {
  const Ref<Link> link = take(pair_of(one, two));
  if (!link) return false;
  link->cut.store(true, std::memory_order_release);
  remove(link->first);
  remove(link->second);
  return true;
}

// --- what a cell does with them

bool Cell::mark_watched() noexcept { return (word().fetch_or(watched_bit, std::memory_order_acq_rel) & dead_bit) == 0; }

ExitReason Cell::exit_reason() const {
  const Details* const details = details_.load(std::memory_order_acquire);
  return exit_has_error_ && details ? details->exit : ExitReason{.kind = exit_kind_};
}

Cell::Ties& Cell::ties() {
  auto& ties = details().ties;
  if (!ties) ties = std::make_unique<Ties>();
  return *ties;
}

Result<> Cell::watch(const Ref<Cell>& who) {
  if (!who || who.get() == this)
    return fail(Code::invalid_argument, fmt::format("actor {} '{}' watches {}", id_.value(), name(), who ? "itself" : "nobody"));
  auto& watches = ties().watches;
  if (watches.contains(who.get())) return {};
  if (watches.size() >= core_->limits.max_watches)
    return fail(Code::exhausted, fmt::format("max_watches: actor {} '{}' watches {}; raise the limit or unwatch", id_.value(),
                                             name(), watches.size()));
  auto watch = Ref<Watch>::adopt(new Watch(object_number_, Ref<Cell>::share(*this), who));
  watches.emplace(who.get(), watch);
  who->core_->watches.add(*watch);
  return {};
}

bool Cell::unwatch(const Cell* who) noexcept {
  Details* const details = details_.load(std::memory_order_relaxed);
  if (!details || !details->ties) return false;
  const auto found = details->ties->watches.find(who);
  if (found == details->ties->watches.end()) return false;
  const Ref<Watch> watch = std::move(found->second);
  details->ties->watches.erase(found);
  watch->cancelled = true;
  watch->watched->core_->watches.remove(*watch);
  return true;
}

void Cell::forget_watch(const Cell& who) noexcept { details().ties->watches.erase(&who); }

Result<> Cell::link(const Ref<Cell>& who) {
  if (!who || who.get() == this || who->core_ != core_)
    return fail(Code::invalid_argument, fmt::format("actor {} '{}' links to {}", id_.value(), name(),
                                                    !who                ? "nobody"
                                                    : who.get() == this ? "itself"
                                                                        : "another system"));
  if (!core_->watches.link(Ref<Cell>::share(*this), who, core_->limits.max_links))
    return fail(Code::exhausted, fmt::format("max_links: the system has {}; raise the limit or unlink", core_->limits.max_links));
  return {};
}

bool Cell::unlink(const Cell* who) noexcept { return who && core_->watches.unlink(*this, *who); }

// The object is over, and what belongs to it.
void Cell::cut_ties() noexcept {
  Details* const details = details_.load(std::memory_order_relaxed);
  if (!details || !details->ties) return;
  const std::unique_ptr<Ties> ties = std::move(details->ties);
  for (const auto& timer : ties->timers) timer->cancel();
  for (const auto& [who, watch] : ties->watches) {
    watch->cancelled = true;
    watch->watched->core_->watches.remove(*watch);
  }
}

Result<> Context::watch(const ActorRef& who) { return cell_.watch(who.cell_); }
bool Context::unwatch(const ActorRef& who) noexcept { return cell_.unwatch(who.cell_.get()); }
Result<> Context::link(const ActorRef& who) { return cell_.link(who.cell_); }
bool Context::unlink(const ActorRef& who) noexcept { return cell_.unlink(who.cell_.get()); }

}  // namespace airssys::rt
