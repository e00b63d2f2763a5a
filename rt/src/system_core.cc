#include "system_core.h"

#include <fmt/format.h>

#include "supervisor_node.h"

namespace airssys::rt {

SystemCore::SystemCore(ActorSystem& owner, Executor& on, LogSink& sink, SystemLimits bounds, EventSink* observer)
    : system(owner),
      executor(on),
      log(sink),
      limits(bounds),
      interceptor(on.interceptor()),
      events(observer) {}

SystemCore::~SystemCore() = default;

Result<> SystemCore::enter() {
  if (const std::uint32_t before = alive.fetch_add(1, std::memory_order_acq_rel);
      limits.max_actors != 0 && before >= limits.max_actors) {
    leave();
    return fail(
        Code::exhausted,
        fmt::format("max_actors: {} actors are alive, no more are spawned; raise the limit or let some end", limits.max_actors));
  }
  return {};
}

void SystemCore::leave() noexcept {
  Executor& on = executor;
  const std::atomic<std::uint32_t>& word = alive;
  if (alive.fetch_sub(1, std::memory_order_acq_rel) == 1) on.notify(word);
}

Result<> SystemCore::register_name(Cell& cell, const Cell* predecessor) {
  const std::scoped_lock lock(names_mutex_);
  const auto [found, is_new] = names_.try_emplace(std::string(cell.name()), &cell);
  if (!is_new && predecessor && found->second == predecessor)
    found->second = &cell;
  else if (!is_new)
    return fail(Code::already_exists,
                fmt::format("an actor named '{}' is alive; choose another name or stop that one", cell.name()));
  return {};
}

void SystemCore::unregister_name(const Cell& cell) noexcept {
  const std::scoped_lock lock(names_mutex_);
  if (const auto found = names_.find(cell.name()); found != names_.end() && found->second == &cell) names_.erase(found);
}

// The table's cells are alive: they leave it before their last reference is given up.
Ref<Cell> SystemCore::find(std::string_view name) const {
  const std::scoped_lock lock(names_mutex_);
  const auto found = names_.find(name);
  return found == names_.end() ? Ref<Cell>() : Ref<Cell>::share(*found->second);
}

std::string SystemCore::name_of(ActorId actor) const {
  const std::scoped_lock lock(names_mutex_);
  for (const auto& [name, cell] : names_)
    if (cell->id() == actor) return name;
  return {};
}

void SystemCore::dead_letter(const DeadLetter& letter) noexcept {
  dead_letters.add();
  events.tell(EventFamily::mailbox, severity_of(letter.why), [&] { return letter; });
}

}  // namespace airssys::rt
