// What is counted about one component, over all its restarts. Written by its actor and its host functions, which run on one
// thread at a time and so may use add_alone; `overflows` are its senders'. Read by anyone.
#pragma once
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "airssys/base/metric.h"
#include "airssys/wasm/core/engine.h"

namespace airssys::wasm {

// The life of a component's actor (R3.3). Append only: metrics and JSON use the names.
enum class ActorState : std::uint8_t {
  creating,    // no instance was ever there
  starting,    // loaded and initialised, for the first time or again
  ready,
  processing,  // within a message
  suspended,   // within one that waits
  stopping,
  terminated,  // ended in order, or from outside
  failed,      // crashed; what follows is its supervisor's decision
};
inline constexpr std::size_t actor_state_count = 8;
// "creating", "starting", …
[[nodiscard]] std::string_view actor_state_name(ActorState state) noexcept;

struct ComponentStats {
  // As Counter::add_alone, where this is one component's.
  void count(Counter& counter, std::uint64_t n = 1) noexcept { shared ? counter.add(n) : counter.add_alone(n); }
  void took(Duration time) noexcept { shared ? handling_time.record(time) : handling_time.record_alone(time); }

  bool shared = false;    // by the instances of several keys; set before the first of them
  Counter messages_in;    // taken out of its mailbox: handled, lost, poisoned, or in hand
  Counter messages_out;   // delivered to somebody's mailbox
  Counter requests;       // of messages_out those that wait for an answer
  Counter timeouts;       // of those the ones that had none in time
  Counter published;      // to topics, however many subscribers there were
  Counter late_responses;  // that it gave, when whoever asked had stopped waiting
  Counter handled;        // finished without a trap, guest errors included
  Counter lost;           // in hand at a crash or a forced end, and not tried again; or nobody waited for its answer any more
  Counter poisoned;       // set aside, because their contents had crashed it before
  Counter retried;        // handed to the incarnation after the one that crashed at them
  Counter guest_errors;   // handle-message or shutdown answered `err`
  Counter refused;        // what it asked of the host and was not granted
  Counter overflows;      // messages to it that its full mailbox refused; their senders know
  Counter restarts;
  Counter recycled;       // instances replaced as planned, between two messages
  Counter fuel;
  Counter log_lines;      // under its name, suppressed ones included
  std::array<Counter, trap_kind_count> traps;
  Counter refused_growths;                       // of memory, by its limit
  std::atomic<std::uint64_t> memory_bytes{0};    // of the living instances
  std::atomic<std::uint64_t> memory_peak_bytes{0};
  Histogram handling_time;                       // from the start of the call to its end, suspended time included
  std::atomic<ActorState> life{ActorState::creating};  // `ready` also while it handles a message that does not wait

  // A moment's picture.
  [[nodiscard]] ActorState actor_state() const noexcept {
    const ActorState said = life.load(std::memory_order_relaxed);
    if (said != ActorState::ready) return said;
    const std::uint64_t over = handled.value() + lost.value() + poisoned.value();
    return messages_in.value() > over ? ActorState::processing : ActorState::ready;
  }
};

}  // namespace airssys::wasm
