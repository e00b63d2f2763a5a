#include "airssys/rt/keyed.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "airssys/base/assert.h"
#include "airssys/rt/supervisor.h"

namespace airssys::rt {

class KeyTable::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(ActorSystem& system, KeyedOptions options, Spawn spawn)
      : options_(options),
        most_(options.max_live + std::max(16u, options.max_live / 8)),
        crowded_(options.max_live - options.max_live / 8),
        executor_(system.executor()),
        spawn_(std::move(spawn)) {
    AIRSSYS_ASSERT(options.max_live > 0 && options.idle > Duration::zero(), "max_live {}", options.max_live);
  }

  Result<Found> find(std::string_view key, const Cell* gone) {
    if (key.empty() || key.size() > max_key_bytes)
      return fail(Code::invalid_argument, fmt::format("a key has 1 to {} bytes, this one {}", max_key_bytes, key.size()));
    Shard& shard = shards_[std::hash<std::string_view>{}(key) % shards_.size()];
    const std::scoped_lock lock(shard.mutex);
    const auto found = shard.slots.find(key);
    if (found == shard.slots.end()) return create(shard, key);
    Slot& slot = found->second;
    if (!slot.cell->ended()) {
      if (slot.cell.get() != gone) return Found{slot.cell, slot.with};
      return replace(slot, key, ActorRef(slot.cell));
    }
    note_end(slot);
    if (executor_.platform().now() < slot.rests_until) {
      refused_.fetch_add(1, std::memory_order_relaxed);
      return fail(Code::unavailable,
                  fmt::format("the actor of key '{}' has failed more often than its restart intensity allows; it is not made "
                              "again for a while",
                              key));
    }
    return replace(slot, key, {});
  }

  KeyedStats stats() const {
    const auto live = live_.load(std::memory_order_relaxed), all = all_.load(std::memory_order_relaxed);
    return {.live = live,
            .ending = all - std::min(all, live),
            .created = created_.load(std::memory_order_relaxed),
            .put_away = put_away_.load(std::memory_order_relaxed),
            .refused = refused_.load(std::memory_order_relaxed)};
  }

  std::vector<Living> some(std::size_t at_most) {
    std::vector<Living> found;
    for (Shard& shard : shards_) {
      const std::scoped_lock lock(shard.mutex);
      for (auto one = shard.slots.begin(); one != shard.slots.end() && found.size() < at_most; ++one)
        if (one->second.live) found.push_back({one->first, ActorRef(one->second.cell)});
    }
    return found;
  }

  void close() noexcept {
    const std::scoped_lock lock(timer_mutex_);
    if (std::exchange(closed_, true)) return;
    if (timer_) executor_.cancel(*timer_);
    timer_ = {};  // it holds this object
  }

 private:
  struct Slot {
    Ref<Cell> cell;
    std::shared_ptr<const void> with;
    std::uint64_t handled = 0;  // when it was last looked at
    bool live = true;           // counted so; else it was told to stop, or has ended
    Instant rests_until{};      // once it has ended
  };
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  using Slots = std::unordered_map<std::string, Slot, Hash, std::equal_to<>>;
  struct Shard {
    std::mutex mutex;
    Slots slots;           // guarded, as the hand
    std::size_t hand = 0;  // the bucket where the next search for idle ones begins
  };
  enum class Look : std::uint8_t { in_turn, crowded, full };  // why a slot is looked at
  static constexpr std::size_t most_looked_at = 32;  // slots, in one search for idle ones
  static constexpr std::size_t most_buckets = 1024;  // of one shard, in such a search

  Result<Found> create(Shard& shard, std::string_view key) {
    // Slots of those who have ended count until they are met: so it is not enough to look at how many live.
    if (all_.load(std::memory_order_relaxed) >= crowded_) make_room(shard, Look::crowded);
    if (is_full()) make_room(shard, Look::full);
    // Claimed first, so that many at once do not exceed it.
    const auto live = live_.fetch_add(1, std::memory_order_relaxed), all = all_.fetch_add(1, std::memory_order_relaxed);
    auto made = live < options_.max_live && all < most_ ? spawn_(key, {}) : full();
    if (!made) {
      live_.fetch_sub(1, std::memory_order_relaxed);
      all_.fetch_sub(1, std::memory_order_relaxed);
      refused_.fetch_add(1, std::memory_order_relaxed);
      return std::unexpected(std::move(made).error());
    }
    created_.fetch_add(1, std::memory_order_relaxed);
    const Slot& slot = shard.slots.try_emplace(std::string(key), slot_of(*std::move(made))).first->second;
    if (!armed_.exchange(true, std::memory_order_acq_rel)) arm();
    return Found{slot.cell, slot.with};
  }

  // In the same slot: the one that is ending, if it still is, leaves when it can.
  Result<Found> replace(Slot& slot, std::string_view key, const ActorRef& predecessor) {
    auto made = spawn_(key, predecessor);
    if (!made) {
      refused_.fetch_add(1, std::memory_order_relaxed);
      return std::unexpected(std::move(made).error());
    }
    created_.fetch_add(1, std::memory_order_relaxed);
    if (!slot.live) live_.fetch_add(1, std::memory_order_relaxed);
    slot = slot_of(*std::move(made));
    return Found{slot.cell, slot.with};
  }

  static Slot slot_of(Made made) {
    const Ref<Cell>& cell = cell_of(made.actor);
    cell->will_be_succeeded();
    return {.cell = cell, .with = std::move(made.with)};
  }

  Result<Made> full() const {
    return fail(Code::exhausted, fmt::format("max_live: {} keys are alive and none of them is idle; raise the limit or try later",
                                             options_.max_live));
  }

  // What an end means for the slot, once.
  void note_end(Slot& slot) {
    if (slot.rests_until != Instant{}) return;
    const ExitKind why = slot.cell->exit_reason().kind;
    const bool failed = why == ExitKind::error || why == ExitKind::timeout;
    slot.rests_until = executor_.platform().now() + (failed ? options_.rest : Duration::zero());
    uncount(slot);
  }
  void uncount(Slot& slot) {
    if (std::exchange(slot.live, false)) live_.fetch_sub(1, std::memory_order_relaxed);
  }

  [[nodiscard]] bool is_full() const noexcept {
    return live_.load(std::memory_order_relaxed) >= options_.max_live || all_.load(std::memory_order_relaxed) >= most_;
  }

  // Who has handled nothing since the last look is idle; when there is no room, who has nothing to do at this moment.
  [[nodiscard]] bool is_to_go(const Slot& slot, const ActorStats& now, Look why) const noexcept {
    if (now.waiting != 0) return false;
    const auto live = live_.load(std::memory_order_relaxed);
    if (why == Look::full) return live >= options_.max_live;
    return now.handled == slot.handled && (why == Look::in_turn || live >= crowded_);
  }

  // Puts an idle one away. True: the slot may go. Nobody rests at the cost of a new key.
  bool look_at(Slot& slot, Look why) {
    if (slot.cell->ended()) {
      note_end(slot);
      return why == Look::full || executor_.platform().now() >= slot.rests_until;
    }
    if (!slot.live || slot.cell->state() != ChildState::running) return false;
    const ActorStats now = slot.cell->stats();
    if (is_to_go(slot, now, why)) {
      slot.cell->stop();
      uncount(slot);
      put_away_.fetch_add(1, std::memory_order_relaxed);
    }
    slot.handled = now.handled;
    return false;
  }

  // Looks at some slots, from where the last search ended; `mine` is locked, and no other is waited for.
  void make_room(Shard& mine, Look why) {
    std::size_t looked_at = 0;
    for (std::size_t n = 0; n < shards_.size() && looked_at < most_looked_at; ++n) {
      Shard& shard = shards_[room_hand_.fetch_add(1, std::memory_order_relaxed) % shards_.size()];
      std::unique_lock<std::mutex> lock;
      if (&shard != &mine) lock = std::unique_lock(shard.mutex, std::try_to_lock);
      if (&shard == &mine || lock) looked_at += look_around(shard, why);
    }
  }

  // At some slots of a shard. How many that were.
  std::size_t look_around(Shard& shard, Look why) {
    std::size_t looked_at = 0;
    const std::size_t buckets = shard.slots.bucket_count();
    std::vector<std::string> leaving;  // erased afterwards: their bucket is being walked through
    for (std::size_t n = 0; n < std::min(buckets, most_buckets) && looked_at < most_looked_at / 2; ++n) {
      shard.hand = (shard.hand + 1) % buckets;
      for (auto one = shard.slots.begin(shard.hand); one != shard.slots.end(shard.hand); ++one, ++looked_at)
        if (look_at(one->second, why)) leaving.push_back(one->first);
    }
    for (const std::string& key : leaving) erase(shard, shard.slots.find(key));
    return looked_at;
  }

  Slots::iterator erase(Shard& shard, Slots::iterator at) {
    all_.fetch_sub(1, std::memory_order_relaxed);
    return shard.slots.erase(at);
  }

  // While there is somebody to look at: every shard once in `idle`.
  void arm() {
    const std::scoped_lock lock(timer_mutex_);
    if (closed_) return;
    const Instant due = executor_.platform().now() + options_.idle / static_cast<int>(shards_.size());
    timer_ = executor_.post_at(due, [impl = shared_from_this()] { impl->sweep(); });
  }

  void sweep() {
    Shard& shard = shards_[next_shard_++ % shards_.size()];
    {
      const std::scoped_lock lock(shard.mutex);
      for (auto one = shard.slots.begin(); one != shard.slots.end();)
        one = look_at(one->second, Look::in_turn) ? erase(shard, one) : std::next(one);
    }
    if (all_.load(std::memory_order_acquire) > 0) return arm();
    armed_.store(false, std::memory_order_release);
    if (all_.load(std::memory_order_acquire) > 0 && !armed_.exchange(true, std::memory_order_acq_rel)) arm();
  }

  const KeyedOptions options_;
  const std::uint32_t most_;     // slots
  const std::uint32_t crowded_;  // live ones, from which on room is made
  Executor& executor_;
  const Spawn spawn_;
  std::array<Shard, 64> shards_;
  std::size_t next_shard_ = 0;  // the timer's
  std::atomic<std::size_t> room_hand_{0};
  std::atomic<std::uint64_t> live_{0}, all_{0}, created_{0}, put_away_{0}, refused_{0};
  std::atomic<bool> armed_{false};  // there is a timer, or it is running
  std::mutex timer_mutex_;
  Ref<TimerTask> timer_;  // guarded; the latest
  bool closed_ = false;   // guarded
};

KeyTable::KeyTable(ActorSystem& system, KeyedOptions options, Spawn spawn)
    : impl_(std::make_shared<Impl>(system, options, std::move(spawn))) {}
KeyTable::~KeyTable() { close(); }
void KeyTable::close() noexcept { impl_->close(); }
Result<KeyTable::Found> KeyTable::find(std::string_view key, const Cell* gone) { return impl_->find(key, gone); }
KeyedStats KeyTable::stats() const { return impl_->stats(); }
std::vector<KeyTable::Living> KeyTable::some(std::size_t at_most) const { return impl_->some(at_most); }

}  // namespace airssys::rt
