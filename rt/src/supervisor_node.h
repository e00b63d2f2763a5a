// The node behind a Supervisor: the list of its children, the order in which they stop, and the restarts of groups.
//
// Who knows what. A cell decides alone about a failure that concerns nobody else (one for one). Everything else is decided
// here, under one lock for the whole tree (SupervisionTree), so that what happens between supervisors at the same time has an
// order. A node also has a lock of its own for its list, taken after the tree's; a child that is spawned, or ends, while the
// node is calm takes that one only.
//
// Commands are levels, not edges: an order stands in the child (Member::order), and a signal only makes a cell look at it.
// Cells answer from their turns with settle_down, settle_up, decide, remove. Nothing waits; step() goes on with what has
// become possible since.
#pragma once
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "airssys/rt/cell.h"
#include "airssys/rt/policy.h"
#include "airssys/rt/supervisor.h"
#include "system_core.h"

namespace airssys::rt {

// What follows the end of one object, as pure functions of everything that counts.
[[nodiscard]] bool is_failure(RestartPolicy policy, ExitKind exit, ErrorAction action) noexcept;
// The delay before the restart, or nothing when the intensity is exhausted. Forgets in `history` what has left the window, and
// adds `now` to it when a restart follows.
[[nodiscard]] std::optional<Duration> next_restart(const RestartIntensity& intensity, const Backoff& backoff, Instant now,
                                                   std::vector<Instant>& history);

// To a child whose object is over by a failure.
struct Verdict {
  enum class What : std::uint8_t {
    end,      // nothing is restarted here any more
    give_up,  // it ends
    restart,  // at once or after `delay`, by itself
    hold,     // it waits for an order
  };
  What what;
  Duration delay{};                            // restart, hold
  RestartCause cause = RestartCause::failure;  // restart, hold
};
struct Failure {
  bool exhausted = false;  // whatever this node's intensity says
  const Error* error = nullptr;
};

class SupervisorNode final : public Member, public RefCounted<SupervisorNode> {
 public:
  SupervisorNode(SystemCore& core, SupervisorOptions options);

  // --- for handles; any thread
  // unavailable once it stops. The list then holds a reference to the member.
  Result<> add(Cell& cell);
  Result<> add(SupervisorNode& node);
  void stop() noexcept;
  // Everything below, at once.
  void kill() noexcept;
  void list_living(std::vector<Unstopped>& into) const;
  [[nodiscard]] TreeView view() const;
  [[nodiscard]] SystemCore& core() const noexcept { return *core_; }
  [[nodiscard]] const SupervisorOptions& options() const noexcept { return options_; }
  [[nodiscard]] bool ended() const noexcept;
  [[nodiscard]] std::size_t children() const noexcept;

  // --- for children, within their turns
  [[nodiscard]] bool is_one_for_one() const noexcept { return options_.strategy == Strategy::one_for_one; }
  [[nodiscard]] bool escalates() const noexcept { return options_.exhausted == Exhausted::escalate && supervisor; }
  // A child's object is gone by a failure that is not its own affair.
  [[nodiscard]] Verdict decide(Cell& cell, const Failure& failure) noexcept;
  // As it was ordered: its object is gone and it waits, or the next one has started.
  void settle_down(Cell& cell) noexcept;
  void settle_up(Cell& cell) noexcept;
  // A child has ended; what waits for it goes on. The list's reference is the caller's now.
  void remove(Cell& cell) noexcept;

 private:
  friend class RefCounted<SupervisorNode>;
  enum class Stage : std::uint8_t {
    calm,
    halting,   // those whose fate is not to stay go down, from the youngest
    waiting,   // for the backoff
    starting,  // they come up, from the oldest
    down,      // all children are; an order follows
  };
  enum class Then : std::uint8_t { restart, escalate, obey };  // once they are down

  // Holds the tree's lock; at its end goes on with every node that was poked, then tells the observers.
  class Work {
   public:
    explicit Work(SystemCore& core);
    Work(const Work&) = delete;
    Work& operator=(const Work&) = delete;
    ~Work();

   private:
    const Ref<SystemCore> core_;
    std::unique_lock<std::mutex> lock_;
  };

  ~SupervisorNode() = default;

  // All of these with the tree's lock held, and not this node's.
  void poke() noexcept;
  void step() noexcept;
  void stop_youngest() noexcept;
  void halt_next() noexcept;
  void all_are_down() noexcept;
  void start_next() noexcept;
  void begin_stop() noexcept;
  void begin_halting(Then then) noexcept;
  void begin_waiting() noexcept;
  void begin_starting() noexcept;
  Verdict decide_for(Member& member, const Failure& failure) noexcept;
  Verdict restart_group(Member& failed, Duration delay) noexcept;
  Verdict begin_escalation(Member& failed, const Error* error) noexcept;
  Verdict give_up(Member& failed, const Error* error) noexcept;
  void be_given_up(const Error* error) noexcept;
  void mark(Member* from, Fate fate) noexcept;
  void mark_group(Member& failed, Fate fate) noexcept;
  void note_down(Member& member) noexcept;
  void note_up(Member& member) noexcept;
  void order_halt() noexcept;
  void order_run(Duration delay) noexcept;
  void kill_all() noexcept;
  void disarm() noexcept;
  void tell(SupervisionEvent::Kind kind, const Error* error = nullptr, Duration delay = {}, RestartCause cause = {}) noexcept;

  void on_timer() noexcept;  // with no lock held

  // All of these with this node's lock held.
  Result<> link(Member& member);
  void unlink(Member& member) noexcept;
  [[nodiscard]] ChildState state() const noexcept;

  template <class OnCell, class OnNode>
  void each(OnCell on_cell, OnNode on_node) const;

  const Ref<SystemCore> core_;
  const SupervisorOptions options_;

  mutable std::mutex mutex_;  // the list, and what a new child must know; written with the tree's lock as well, except the list
  Member* first_ = nullptr;
  Member* last_ = nullptr;
  std::size_t count_ = 0;
  Member* cursor_ = nullptr;  // whose turn it is while halting or starting; null past the end
  Stage stage_ = Stage::calm;
  bool stopping_ = false;
  bool ended_ = false;

  Then then_ = Then::restart;  // the tree's lock, as all below
  bool ordered_ = false;  // its own supervisor waits for settle_up
  bool given_up_ = false;
  std::optional<Error> error_;  // why it escalates
  Instant due_{};  // of the restart
  Ref<TimerTask> timer_;
  std::vector<Instant> history_;  // failures of its children within the window, with a group strategy
  std::vector<Instant> failures_;  // its own within its supervisor's window, one for one
  std::atomic<std::uint32_t> restarts_{0};
};

}  // namespace airssys::rt
