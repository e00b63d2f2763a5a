#include "airssys/rt/supervisor.h"

#include <fmt/format.h>

#include "cell_details.h"
#include "supervisor_node.h"
#include "system_core.h"

namespace airssys::rt {
namespace {

constexpr std::size_t name_bytes_max = 256;
constexpr std::uint32_t restarts_max = 1000;

// A Child as an actor that has no messages.
class ChildActor final : public Actor<NoMessage> {
 public:
  explicit ChildActor(std::unique_ptr<Child> child) noexcept : child_(std::move(child)) {}
  Result<Turn> handle(NoMessage, Context&) override { return Turn::done; }
  Child* as_child() noexcept override { return child_.get(); }

 private:
  std::unique_ptr<Child> child_;
};

Result<> check_name(const std::string& name) {
  if (name.size() > name_bytes_max)
    return fail(Code::invalid_argument, fmt::format("name of {} bytes: at most {} are allowed", name.size(), name_bytes_max));
  return {};
}

Result<> check(const RestartIntensity& intensity, const Backoff& backoff) {
  if (intensity.max_restarts > restarts_max || intensity.window <= Duration::zero())
    return fail(Code::invalid_argument,
                fmt::format("restart intensity: at most {} restarts in a window longer than 0", restarts_max));
  if (backoff.base < Duration::zero() || backoff.cap < backoff.base)
    return fail(Code::invalid_argument, "backoff: 0 <= base <= cap is needed");
  return {};
}

Result<> check(const HealthPolicy& health) {
  if (health.timeout <= Duration::zero() || health.interval <= health.timeout || health.failures == 0)
    return fail(Code::invalid_argument, "health: 0 < timeout < interval and failures >= 1 are needed");
  return {};
}

Result<> check(const SpawnOptions& options) {
  AIRSSYS_TRY_VOID(check_name(options.name));
  AIRSSYS_TRY_VOID(check(options.intensity.value_or(RestartIntensity{}), options.backoff.value_or(Backoff{})));
  AIRSSYS_TRY_VOID(check(options.health.value_or(HealthPolicy{})));
  if (options.mailbox_capacity > Mailbox::max_capacity)
    return fail(Code::invalid_argument,
                fmt::format("mailbox_capacity {}: at most {}", options.mailbox_capacity, Mailbox::max_capacity));
  if (options.start_timeout < Duration::zero()) return fail(Code::invalid_argument, "start_timeout is negative");
  return {};
}

bool has_details(const SpawnOptions& options) noexcept {
  return !options.name.empty() || options.shutdown || options.start_timeout != Duration::zero() || options.on_started ||
         options.health;
}

}  // namespace

Supervisor::Supervisor(Ref<SupervisorNode> node) noexcept : node_(std::move(node)) {}
Supervisor::Supervisor(const Supervisor&) noexcept = default;
Supervisor::Supervisor(Supervisor&&) noexcept = default;
Supervisor& Supervisor::operator=(Supervisor other) noexcept {
  std::swap(node_, other.node_);
  return *this;
}
Supervisor::~Supervisor() = default;

SystemCore& Supervisor::core() const noexcept { return node_->core(); }
ActorId Supervisor::next_id() const noexcept { return ActorId(node_->core().ids.fetch_add(1, std::memory_order_relaxed) + 1); }
std::uint32_t Supervisor::capacity(const SpawnOptions& options) const noexcept {
  const std::uint32_t wanted = options.mailbox_capacity != 0 ? options.mailbox_capacity : node_->core().limits.mailbox_capacity;
  return std::min(wanted, Mailbox::max_capacity);  // a larger one is refused by add
}

Overload Supervisor::overload(const SpawnOptions& options) const noexcept {
  return options.overload.value_or(node_->core().limits.overload);
}

Result<Ref<Cell>> Supervisor::add(Ref<Cell> cell, SpawnOptions&& options, ErasedFactory factory,
                                  std::unique_ptr<ActorBase> object, const ActorRef* predecessor) {
  AIRSSYS_TRY_VOID(check(options));
  SystemCore& core = node_->core();
  Cell* const before = predecessor ? predecessor->cell_.get() : nullptr;
  if (predecessor && (!before || before->core_.get() != &core))
    return fail(Code::invalid_argument, "the predecessor is nobody, or of another system");
  const SupervisorOptions& above = node_->options();
  cell->object_ = std::move(object);
  if (factory || has_details(options)) {
    Cell::Details& details = cell->details();
    details.name = std::move(options.name);
    details.restart = factory ? options.restart : RestartPolicy::temporary;
    details.factory = std::move(factory);
    details.shutdown = options.shutdown;
    details.intensity = options.intensity.value_or(above.intensity);
    details.backoff = options.backoff.value_or(above.backoff);
    details.start_timeout = options.start_timeout;
    details.on_started = std::move(options.on_started);
    if (options.health) {
      details.health = std::make_unique<Cell::Details::HealthLoop>();
      details.health->policy = *options.health;
    }
  }
  AIRSSYS_TRY_VOID(core.enter());
  const bool named = !cell->name().empty();
  Result<> added = named ? core.register_name(*cell, before) : Result<>();
  if (added) {
    added = node_->add(*cell);
    if (!added && named) core.unregister_name(*cell);
  }
  if (!added) {
    core.leave();
    return std::unexpected(std::move(added).error());
  }
  if (before)
    core.watches.add(*Ref<Succession>::adopt(new Succession(cell, predecessor->cell_)));
  else
    core.executor.schedule(*cell, Urgency::next);
  return cell;
}

Result<ActorRef> Supervisor::spawn_child(SpawnOptions options, std::function<Result<std::unique_ptr<Child>>()> factory) {
  auto address = spawn(std::move(options), [factory = std::move(factory)]() -> Result<std::unique_ptr<ChildActor>> {
    AIRSSYS_TRY(auto child, factory());
    if (!child) return fail(Code::internal, "the factory made nothing");
    return std::make_unique<ChildActor>(std::move(child));
  });
  if (!address) return std::unexpected(std::move(address).error());
  return ActorRef(*std::move(address));
}

Result<Supervisor> Supervisor::spawn_supervisor(SupervisorOptions options) {
  AIRSSYS_TRY_VOID(check_name(options.name));
  AIRSSYS_TRY_VOID(check(options.intensity, options.backoff));
  auto node = Ref<SupervisorNode>::adopt(new SupervisorNode(node_->core(), std::move(options)));
  AIRSSYS_TRY_VOID(node_->add(*node));
  return Supervisor(std::move(node));
}

void Supervisor::stop() const noexcept { node_->stop(); }
bool Supervisor::ended() const noexcept { return node_->ended(); }
std::size_t Supervisor::children() const noexcept { return node_->children(); }
TreeView Supervisor::tree() const { return node_->view(); }

std::string_view state_name(ChildState state) noexcept {
  switch (state) {
    case ChildState::starting: return "starting";
    case ChildState::running: return "running";
    case ChildState::parked: return "parked";
    case ChildState::stopping: return "stopping";
    case ChildState::restarting: return "restarting";
  }
  return "unknown";
}

}  // namespace airssys::rt
