// The node behind a Supervisor: the list of its children and the order in which they stop.
#pragma once
#include <cstddef>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "airssys/rt/cell.h"
#include "airssys/rt/policy.h"
#include "system_core.h"

namespace airssys::rt {

// What follows the end of one object, as a pure function of everything that counts.
struct RestartQuestion {
  RestartPolicy policy;
  RestartIntensity intensity;
  Backoff backoff;
  ExitKind exit;
  ErrorAction action;
  Instant now;
};
struct RestartAnswer {
  enum class What : std::uint8_t { end, restart, give_up };
  What what;
  Duration delay{};  // restart
};
// Forgets in `history` what has left the window, and adds `now` when the answer is restart.
[[nodiscard]] RestartAnswer answer(const RestartQuestion& question, std::vector<Instant>& history);

class SupervisorNode final : public Member, public RefCounted<SupervisorNode> {
 public:
  SupervisorNode(SystemCore& core, SupervisorOptions options);

  // unavailable once it stops. The list then holds a reference to the member.
  Result<> add(Cell& cell);
  Result<> add(SupervisorNode& node);
  // A child has ended; the next in order is stopped, or this node ends. Gives up the list's reference, as the last thing.
  void remove(Cell& cell) noexcept;

  void stop() noexcept;
  // Everything below, at once.
  void kill() noexcept;
  void list_living(std::vector<Unstopped>& into) const;

  [[nodiscard]] SystemCore& core() const noexcept { return *core_; }
  [[nodiscard]] const SupervisorOptions& options() const noexcept { return options_; }
  [[nodiscard]] bool ended() const noexcept { return locked_ended(); }
  [[nodiscard]] std::size_t children() const noexcept;

 private:
  friend class RefCounted<SupervisorNode>;
  ~SupervisorNode() = default;

  Result<> link(Member& member);
  bool locked_ended() const noexcept;
  void unlink(Member& member) noexcept;
  void stop_last() noexcept;
  template <class OnCell, class OnNode>
  void each(OnCell on_cell, OnNode on_node) const;

  const Ref<SystemCore> core_;
  const SupervisorOptions options_;
  mutable std::mutex mutex_;
  Member* first_ = nullptr;  // guarded, as all below
  Member* last_ = nullptr;
  std::size_t count_ = 0;
  bool stopping_ = false;
  bool ended_ = false;
};

}  // namespace airssys::rt
