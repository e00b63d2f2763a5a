#include "airssys/rt/system.h"

#include <fmt/format.h>

#include "airssys/base/assert.h"
#include "cell_details.h"
#include "supervisor_node.h"
#include "system_core.h"

namespace airssys::rt {

ActorSystem::ActorSystem(Executor& executor, LogSink& log, SystemLimits limits, EventSink* events)
    : root_(Ref<SupervisorNode>()) {
  AIRSSYS_ASSERT(limits.mailbox_capacity > 0 && limits.mailbox_capacity <= Mailbox::max_capacity && limits.messages_per_turn > 0,
                 "limits of an actor system: mailbox_capacity {}, messages_per_turn {}", limits.mailbox_capacity,
                 limits.messages_per_turn);
  core_ = Ref<SystemCore>::adopt(new SystemCore(*this, executor, log, limits, events));
  core_->root = Ref<SupervisorNode>::adopt(new SupervisorNode(
      *core_, {.name = "root", .shutdown = limits.shutdown, .intensity = limits.intensity, .backoff = limits.backoff}));
  root_ = root();
  core_->watchdog = Watchdog::start(*core_);
}

ActorSystem::~ActorSystem() {
  core_->root->kill();
  for (std::uint32_t alive = 0; (alive = core_->alive.load(std::memory_order_acquire)) != 0;) {
    const bool goes_on = core_->executor.wait(core_->alive, alive, Instant::max());
    AIRSSYS_ASSERT(goes_on, "{} actors are killed but never end", alive);
  }
  core_->watchdog.reset();
  core_->events.tell(EventFamily::system, Severity::info, [] { return SystemEvent{SystemEvent::Kind::ended}; });
  core_->events.close();
  core_->futures.close(core_->executor);
  core_->tree.wait_until_told();
  core_->root = {};  // it refers to the core
  core_->groups.clear();  // as their members do
}

Supervisor ActorSystem::root() const noexcept { return Supervisor(core_->root); }

Ref<Cell> ActorSystem::find_cell(std::string_view name) const { return core_->find(name); }

Result<ActorRef> ActorSystem::find_any(std::string_view name) const {
  Ref<Cell> cell = find_cell(name);
  if (!cell) return no_such_name(name);
  return ActorRef(std::move(cell));
}

std::unexpected<Error> ActorSystem::no_such_name(std::string_view name) {
  return fail(Code::not_found, fmt::format("no actor named '{}' is alive", name));
}

std::unexpected<Error> ActorSystem::wrong_type(std::string_view name) {
  return fail(Code::invalid_argument, fmt::format("the actor named '{}' takes messages of another type", name));
}

void ActorSystem::unresolved(std::string_view name, const void* message, const void* type) noexcept {
  core_->dead_letter({.why = DeadLetter::Why::unresolved,
                      .receiver = {},
                      .receiver_name = name,
                      .sender = this_thread().actor,
                      .message = message,
                      .type = type});
}

Instant ActorSystem::deadline(Duration timeout) const noexcept { return later(core_->executor.platform().now(), timeout); }

bool ActorSystem::is_idle() const noexcept {
  return core_->executor.quiet() && core_->blocked.load(std::memory_order_acquire) == 0;
}

bool ActorSystem::wait_idle(Instant deadline) {
  const std::atomic<std::uint32_t>& word = core_->executor.quiet_word();
  for (;;) {
    const std::uint32_t before = word.load(std::memory_order_acquire);
    if (is_idle()) return true;
    if (!core_->executor.wait(word, before, deadline)) return is_idle();
  }
}

std::vector<Unstopped> ActorSystem::shutdown(Duration timeout) {
  const Instant now = core_->executor.platform().now();
  const Instant deadline = timeout > Instant::max() - now ? Instant::max() : now + timeout;
  const auto tell = [&](SystemEvent::Kind kind) {
    core_->events.tell(EventFamily::system, severity_of(kind), [&] { return SystemEvent{kind, core_->alive.load()}; });
  };
  tell(SystemEvent::Kind::shutdown_begun);
  core_->root->stop();
  for (std::uint32_t alive = 0; (alive = core_->alive.load(std::memory_order_acquire)) != 0;)
    if (!core_->executor.wait(core_->alive, alive, deadline)) break;
  std::vector<Unstopped> unstopped;
  if (core_->alive.load(std::memory_order_acquire) != 0) {
    tell(SystemEvent::Kind::unstopped);
    core_->root->list_living(unstopped);
    core_->root->kill();
  }
  return unstopped;
}

SystemStats ActorSystem::stats() const noexcept {
  return {.alive = core_->alive.load(std::memory_order_acquire),
          .crashes = core_->crashes.value(),
          .restarts = core_->restarts.value(),
          .gave_up = core_->gave_up.value(),
          .refused = core_->refused.value(),
          .dropped = core_->dropped.value(),
          .expired = core_->expired.value(),
          .dead_letters = core_->dead_letters.value(),
          .late_replies = core_->late_replies.value()};
}

const SystemLimits& ActorSystem::limits() const noexcept { return core_->limits; }
Executor& ActorSystem::executor() const noexcept { return core_->executor; }
LogSink& ActorSystem::log() const noexcept { return core_->log; }

struct ActorSystem::StartWait::State {
  Result<> outcome;
  std::atomic<std::uint32_t> done{0};
};

ActorSystem::StartWait::StartWait(ActorSystem& system, SpawnOptions& options)
    : system_(system),
      state_(std::make_shared<State>()) {
  options.on_started = [state = state_, &executor = system.executor(),
                        after = std::move(options.on_started)](const Result<>& outcome) {
    if (after) after(outcome);
    state->outcome = outcome;
    state->done.store(1, std::memory_order_release);
    executor.notify(state->done);
  };
}

Result<> ActorSystem::StartWait::wait() {
  while (state_->done.load(std::memory_order_acquire) == 0)
    if (!system_.executor().wait(state_->done, 0, Instant::max()))
      return fail(Code::unavailable, "the actor has not started and nothing is left that could go on with it");
  return state_->outcome;
}

}  // namespace airssys::rt
