#include "airssys/rt/testing/faults.h"

#include <fmt/format.h>

#include <algorithm>

#include "airssys/rt/testing/sim_executor.h"

namespace airssys::rt::testing {

bool FaultInjector::chance(std::uint32_t of_1000) noexcept {
  return of_1000 != 0 && executor_.platform().random() % 1000 < of_1000;  // no fault, no draw: the schedule stays as it is
}

void FaultInjector::note(const char* what, const Message& message) const {
  if (executor_.traced())
    executor_.note(fmt::format("fault: {} from {} to {}", what, message.sender.value(), message.receiver.value()));
}

Interceptor::Fate FaultInjector::fate(const Message& message) noexcept {
  if (chance(faults_.drop)) {
    ++counts_.dropped;
    note("dropped", message);
    return Fate::drop;
  }
  const bool behind = !lines_.empty() && lines_.contains({message.sender.value(), message.receiver.value()});
  const bool late = chance(faults_.delay);
  const bool overtaken = !late && chance(faults_.reorder);
  if (!behind && (!(late || overtaken) || counts_.held >= held_max)) return Fate::deliver;
  Line& line = lines_[{message.sender.value(), message.receiver.value()}];
  const Instant now = executor_.platform().now();
  if (late)
    line.due = std::max(
        line.due, now + Duration(executor_.platform().random() % static_cast<std::uint64_t>(faults_.delay_max.count() + 1)));
  ++(overtaken ? counts_.reordered : counts_.delayed);
  note(overtaken ? "held" : "delayed", message);
  return Fate::hold;
}

void FaultInjector::hold(const Message& message, std::function<void()> give_back) {
  const Pair pair{message.sender.value(), message.receiver.value()};
  Line& line = lines_[pair];
  line.late.push_back(std::move(give_back));
  ++line.open;
  ++counts_.held;
  if (line.due > executor_.platform().now())
    executor_.post_at(line.due, [this, pair] { give_back_oldest(pair); });
  else
    loose_.push_back(pair);
}

void FaultInjector::give_back(std::uint64_t chance) {
  if (loose_.empty()) return;
  std::swap(loose_[chance % loose_.size()], loose_.back());
  const Pair pair = loose_.back();
  loose_.pop_back();
  give_back_oldest(pair);
}

// As many calls as messages, so that each call has one.
void FaultInjector::give_back_oldest(const Pair& pair) {
  Line& line = lines_.at(pair);
  const std::function<void()> oldest = std::move(line.late.front());
  line.late.pop_front();
  if (executor_.traced()) executor_.note(fmt::format("late message from {} to {}", pair.first, pair.second));
  oldest();
}

void FaultInjector::over(const Message& message) noexcept {
  if (closing_) return;
  const auto found = lines_.find({message.sender.value(), message.receiver.value()});
  --counts_.held;
  if (--found->second.open == 0) lines_.erase(found);
}

bool FaultInjector::crashes(ActorId actor) noexcept {
  if (!chance(faults_.crash)) return false;
  ++counts_.crashes;
  if (executor_.traced()) executor_.note(fmt::format("fault: actor {} crashes", actor.value()));
  return true;
}

}  // namespace airssys::rt::testing
