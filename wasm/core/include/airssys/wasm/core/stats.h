// What is counted about one component, over all its restarts. Written by its actor and its host functions, which run on one
// thread at a time and so may use add_alone; `overflows` and `dropped` are its senders'. Read by anyone.
#pragma once
#include <array>
#include <atomic>
#include <cstdint>

#include "airssys/base/metric.h"
#include "airssys/wasm/core/engine.h"

namespace airssys::wasm {

struct ComponentStats {
  Counter messages_in;    // taken out of its mailbox; what is not in `handled` was lost with a crash
  Counter messages_out;   // delivered to somebody's mailbox
  Counter handled;        // finished without a trap, guest errors included
  Counter guest_errors;   // handle-message or shutdown answered `err`
  Counter refused;        // what it asked of the host and was not granted
  Counter overflows;      // messages to it that its full mailbox refused; their senders know
  Counter dropped;        // messages to it that its full mailbox dropped, as its policy says
  Counter expired;        // messages to it that had waited longer than its message_ttl
  Counter restarts;
  Counter fuel;
  Counter log_lines;      // under its name, suppressed ones included
  std::array<Counter, trap_kind_count> traps;
  Counter refused_growths;                       // of memory, by its limit
  std::atomic<std::uint64_t> memory_bytes{0};    // of the living instance
  std::atomic<std::uint64_t> memory_peak_bytes{0};
  Histogram handling_time;                       // from the start of the call to its end, suspended time included
};

}  // namespace airssys::wasm
