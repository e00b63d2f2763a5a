// What the nodes of one system's supervision tree share; see supervisor_node.h.
#pragma once
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "airssys/rt/events.h"
#include "airssys/rt/ref.h"

namespace airssys::rt {

class SupervisorNode;

struct SupervisionTree {
  // An event of a supervisor, until it can be told without a lock.
  struct Telling {
    SupervisionEvent event;  // without the borrowed parts
    std::string name;
    std::string supervisor;
    std::optional<Error> error;
  };

  // Until nobody tells any more. A supervisor's timer may, when no actor is left.
  void wait_until_told() {
    std::unique_lock lock(mutex);
    told.wait(lock, [&] { return !telling; });
  }

  std::mutex mutex;                       // before any node's own; guards all below
  std::vector<Ref<SupervisorNode>> todo;  // may have something to go on with
  std::deque<Telling> events;             // in this order
  bool telling = false;                   // somebody does
  std::condition_variable told;           // notified when nobody does any more
};

}  // namespace airssys::rt
