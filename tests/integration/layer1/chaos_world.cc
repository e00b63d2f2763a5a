#include "chaos_world.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "airssys/base/assert.h"
#include "airssys/wasm/core/testing/idle_functions.h"
#include "airssys/wasm/messaging/guest_messaging.h"
#include "airssys/wasm/services/guest_capabilities.h"
#include "airssys/wasm/services/guest_services.h"
#include "airssys/wasm/services/guest_waiting.h"

namespace airssys::wasm::layer1 {
namespace {

using namespace std::chrono_literals;
using testing::FakeOutcome;

constexpr ResourceLimits limits{.memory_bytes = 1 << 20,
                                .table_elements = 1000,
                                .tables = 10,
                                .instances = 10,
                                .memories = 10,
                                .fuel_per_call = 1'000'000,
                                .call_timeout = 100ms,
                                .message_bytes = 1 << 20};
// The last place blocks when it is full and sends to nobody: two that wait for each other's room would wait for ever.
constexpr std::size_t blocking_place = ChaosWorld::places - 1;

const ForbiddenList nothing_forbidden;

std::string name_of(std::size_t place) { return fmt::format("c{}", place); }

}  // namespace

// The host functions of one incarnation, all real.
class ChaosWorld::Functions final : public HostFunctionSet {
 public:
  Functions(ChaosWorld& world, Resident& resident, rt::Context& context, const CurrentCall& call)
      : gate_(resident.security->make_gate()),
        services_({resident.address, {}}, *gate_, world.directory_, world.platform_, null_log(), resident.stats),
        waiting_(context.executor()),
        capabilities_(*gate_, resident.definition->config.granted),
        messaging_({resident.address, {}, limits.message_bytes, &world}, *gate_, world.directory_, *world.broker_,
                   world.platform_, resident.inbox, call) {}
  const HostFunctions& functions() const noexcept override { return functions_; }
  bool end_request(MessageId request, Result<Bytes> answer, RequestOutcome& outcome) noexcept override {
    return messaging_.end_request(request, std::move(answer), outcome);
  }

 private:
  const std::unique_ptr<PermissionGate> gate_;
  GuestServices services_;
  GuestWaiting waiting_;
  GuestCapabilities capabilities_;
  GuestMessaging messaging_;
  testing::IdleStorage storage_;
  const HostFunctions functions_{
      .messaging = messaging_, .storage = storage_, .services = services_, .waiting = waiting_, .capabilities = capabilities_};
};

// A guest that sleeps; when it wakes, its call ends well or not.
class ChaosWorld::Wait final : public PendingOperation {
 public:
  Wait(std::unique_ptr<PendingOperation> sleep, Resident& resident, Fate* fate)
      : sleep_(std::move(sleep)),
        resident_(resident),
        fate_(fate) {}
  bool poll(const CallWaker& waker) noexcept override {
    if (!sleep_->poll(waker)) return false;
    if (fate_) {
      ++fate_->finished;
      ++resident_.finished;
    }
    return true;
  }

 private:
  const std::unique_ptr<PendingOperation> sleep_;
  Resident& resident_;
  Fate* const fate_;  // null: it traps then
};

class ChaosWorld::Guest final : public testing::FakeGuest {
 public:
  Guest(ChaosWorld& world, Resident& resident, const HostFunctions& functions)
      : world_(world),
        resident_(resident),
        functions_(functions) {
    ++resident_.alive;
  }
  ~Guest() override { --resident_.alive; }

  FakeOutcome handle_message(const Message& message) override {
    // By its number: sending makes the books longer.
    const Bytes number = message.payload;
    ++world_.books_.of(number).begun;
    if (resident_.talkative != 0)
      for (std::uint64_t n = world_.below(resident_.talkative + 1); n > 0; --n) world_.send_from(functions_);
    FakeOutcome outcome = world_.some_outcome(resident_);
    const bool ends_well = outcome.state != CallState::failed;
    if (world_.below(4) == 0) {
      // Some sleep past their timeout.
      const Duration sleep = std::chrono::milliseconds(world_.below(120));
      outcome.wait =
          std::make_shared<Wait>(functions_.waiting.sleep(sleep), resident_, ends_well ? &world_.books_.of(number) : nullptr);
    } else if (ends_well) {
      ++world_.books_.of(number).finished;
      ++resident_.finished;
    }
    return outcome;
  }
  FakeOutcome init(const ComponentConfig&) override {
    return world_.below(40) == 0 ? FakeOutcome::error(0, "not today") : FakeOutcome{};
  }
  FakeOutcome shutdown() override { return world_.below(20) == 0 ? FakeOutcome::trapped(TrapKind::unreachable) : FakeOutcome{}; }

 private:
  ChaosWorld& world_;
  Resident& resident_;
  const HostFunctions& functions_;
};

ChaosWorld::ChaosWorld(std::uint64_t seed)
    : random_(seed),
      platform_(seed),
      system_(executor_, null_log(), {.mailbox_capacity = 8}, this) {
  broker_.emplace(system_);
  for (std::size_t place = 0; place < places; ++place) deploy(place);
}

ChaosWorld::~ChaosWorld() = default;

MailboxPolicy ChaosWorld::some_policy(std::size_t place) {
  MailboxPolicy policy{.capacity = static_cast<std::uint32_t>(1 + below(8))};
  if (below(4) == 0) policy.max_bytes = 4 + below(12);  // of numbers with one to three digits
  policy.overload = place == blocking_place ? MailboxOverload::block
                                            : std::array{MailboxOverload::error, MailboxOverload::drop_newest,
                                                         MailboxOverload::drop_oldest}[below(3)];
  if (below(3) == 0) policy.message_ttl = std::chrono::milliseconds(1 + below(60));
  policy.on_crash = static_cast<OnCrash>(below(3));
  policy.poison_after = static_cast<std::uint32_t>(below(3));
  return policy;
}

void ChaosWorld::deploy(std::size_t place) {
  auto address = ComponentAddress::parse(name_of(place));
  AIRSSYS_ASSERT(address, "{}", address.error().message());
  const MailboxPolicy policy = some_policy(place);
  Resident& resident = residents_.emplace_back(*address, policy, static_cast<DeadLetterSink&>(*this));
  resident.temper = static_cast<unsigned>(below(20));
  resident.talkative = place == blocking_place ? 0 : static_cast<unsigned>(below(3));
  CapabilitySet granted;
  for (std::size_t other = 0; other <= places; ++other) {  // also to one that is nobody
    if (below(5) == 0) continue;
    const auto sent = granted.grant(*Capability::parse(Action::messaging_send, name_of(other)));
    AIRSSYS_ASSERT(sent, "{}", sent.error().message());
  }
  resident.security.emplace(SecurityContext{.component = resident.address, .trust = TrustLevel::trusted, .session = 1},
                            std::move(granted), RatePolicy::unlimited(),
                            ComponentSecurity::Host{nothing_forbidden, null_audit(), platform_, null_log()}, resident.stats);

  const std::string image = fmt::format("{}-{}", resident.address.name(), residents_.size());
  engine_.define(image,
                 [this, &resident](const HostFunctions& functions) {
                   return below(100) == 0 ? nullptr : std::make_unique<Guest>(*this, resident, functions);
                 },
                 {.waits = true});
  auto code = engine_.compile(image, testing::FakeEngine::image(image).span(), {});
  AIRSSYS_ASSERT(code, "{}", code.error().message());
  resident.definition.emplace(ComponentDefinition{
      .address = resident.address,
      .version = "1.0.0",
      .limits = limits,
      .config = {},
      .recycle = {.after_messages = below(3) == 0 ? 1 + below(6) : 0},
      .code = *std::move(code),
      .make_functions = [this, &resident](
                            rt::Context& context, const ComponentDefinition&,
                            const CurrentCall& call) { return std::make_unique<Functions>(*this, resident, context, call); },
      .stats = resident.stats,
      .inbox = resident.inbox});

  rt::SpawnOptions options{.name = resident.address.text(),
                           .restart = static_cast<rt::RestartPolicy>(below(3)),
                           .shutdown = rt::ShutdownPolicy::graceful(below(2) == 0 ? 20ms : 2s),
                           .intensity = rt::RestartIntensity{static_cast<std::uint32_t>(below(8)), 10s}};
  apply(policy, options);
  auto actor =
      some_supervisor().spawn(std::move(options), [&resident] { return std::make_unique<ComponentActor>(*resident.definition); });
  if (!actor) return;  // its supervisor is ending: the place stays empty for now
  places_[place] = &resident;
  resident.actor = *actor;
  resident.entry = std::make_shared<const DirectoryEntry>(
      DirectoryEntry{resident.address, {}, {}, resident.stats, ComponentMailbox(*std::move(actor), resident.inbox)});
  const auto added = directory_.add(resident.entry);
  AIRSSYS_ASSERT(added, "{}", added.error().message());
}

rt::Supervisor ChaosWorld::some_supervisor() {
  std::erase_if(supervisors_, [](const rt::Supervisor& one) { return one.ended(); });
  if (supervisors_.size() < 2 && below(2) == 0) {
    rt::Supervisor above = supervisors_.empty() ? system_.root() : supervisors_.front();
    auto made = above.spawn_supervisor({.strategy = static_cast<rt::Strategy>(below(3)),
                                        .intensity = {static_cast<std::uint32_t>(1 + below(6)), 10s},
                                        .backoff = {10ms, 1s},
                                        .exhausted = below(2) == 0 ? rt::Exhausted::give_up : rt::Exhausted::escalate});
    if (made) supervisors_.push_back(*std::move(made));
  }
  return supervisors_.empty() || below(3) == 0 ? system_.root() : supervisors_[below(supervisors_.size())];
}

void ChaosWorld::act() {
  const std::uint64_t dice = below(100);
  const std::size_t place = below(places);
  Resident* const resident = places_[place];
  if (dice < 60) return send_from_outside();
  if (dice < 70 && (!resident || resident->actor.ended())) return deploy(place);
  if (dice < 88) {
    AIRSSYS_ASSERT(executor_.run_for(std::chrono::milliseconds(below(40))), "the world does not come to rest");
    return;
  }
  if (!resident) return;
  if (dice < 91) return resident->actor.stop();
  if (dice < 93) return resident->actor.kill();
  if (dice < 94 && !supervisors_.empty()) return supervisors_[below(supervisors_.size())].stop();
  AIRSSYS_ASSERT(executor_.run_ready(), "the world does not come to rest");
}

void ChaosWorld::send_from_outside() {
  Resident* const resident = places_[below(places)];
  if (!resident) return;
  for (std::uint64_t n = below(6); n > 0; --n) {
    const Bytes payload = books_.write(resident->policy.on_crash);
    const rt::SendStatus status = broker_->deliver(resident->entry, {.sender = Bytes::copy_of("external"),
                                                                     .payload = payload,
                                                                     .sent_at = platform_.wall_now(),
                                                                     .kind = MessageKind::external});
    books_.of(payload).accepted = status == rt::SendStatus::sent || status == rt::SendStatus::dropped;
  }
}

void ChaosWorld::send_from(const HostFunctions& functions) {
  const std::size_t place = below(places + 1);
  const Resident* const receiver = place < places ? places_[place] : nullptr;
  const Bytes payload = books_.write(receiver ? receiver->policy.on_crash : OnCrash::drop);
  const SendResult sent = functions.messaging.send_message(name_of(place), payload.span());
  books_.of(payload).accepted = sent.failure == SendFailure::none;
}

FakeOutcome ChaosWorld::some_outcome(const Resident& resident) {
  const std::uint64_t dice = below(100);
  if (dice < resident.temper) return FakeOutcome::trapped(static_cast<TrapKind>(below(trap_kind_count)));
  if (dice < 30) return FakeOutcome::error(6, "no");
  return {};
}

void ChaosWorld::on_event(const rt::SupervisionEvent& event) noexcept {
  ++events_[static_cast<std::size_t>(event.kind)];
  using Kind = rt::SupervisionEvent::Kind;
  if (event.actor == rt::ActorId{}) return;
  if (event.kind != Kind::gave_up && event.kind != Kind::stopped && event.kind != Kind::killed &&
      event.kind != Kind::start_failed)
    return;
  for (Resident* const resident : places_) {
    if (!resident || resident->address.text() != event.name) continue;
    resident->inbox.close();
    directory_.remove(resident->address);
  }
}

void ChaosWorld::on_dead_letter(const rt::DeadLetter& letter) noexcept {
  const auto* message = letter.message_as<ComponentMessage>();
  if (!message) return;
  using Why = rt::DeadLetter::Why;
  const DeadLetterReason reason = letter.why == Why::discarded  ? DeadLetterReason::discarded
                                  : letter.why == Why::expired  ? DeadLetterReason::expired
                                  : letter.why == Why::overflow ? DeadLetterReason::overflow
                                                                : DeadLetterReason::unresolved;
  ++books_.of(message->message().payload).letters[static_cast<std::size_t>(reason)];
}

void ChaosWorld::on_dead_letter(const ComponentAddress&, const Message& message, DeadLetterReason reason, bool) noexcept {
  ++books_.of(message.payload).letters[static_cast<std::size_t>(reason)];
}

void ChaosWorld::count(Outcomes& into) const {
  books_.count(into);
  for (const Resident& resident : residents_) {
    into.timeouts += resident.stats.traps[static_cast<std::size_t>(TrapKind::timeout)].value();
    into.recycled += resident.stats.recycled.value();
  }
}

std::vector<std::string> ChaosWorld::end() {
  AIRSSYS_ASSERT(executor_.run_until_idle(), "the world does not come to rest");
  std::vector<std::string> found;
  if (!system_.is_idle()) found.emplace_back("nothing is left to do, and the system is not idle");
  for (const rt::Unstopped& left : system_.shutdown(60s)) found.push_back(fmt::format("'{}' did not stop", left.name));
  AIRSSYS_ASSERT(executor_.run_until_idle(), "the world does not come to rest after its end");
  if (executor_.timers() != 0) found.push_back(fmt::format("{} timers are left", executor_.timers()));
  if (!directory_.addresses().empty()) found.emplace_back("the directory still has entries");
  for (Resident& resident : residents_) std::ranges::move(wrong(resident), std::back_inserter(found));
  std::ranges::move(books_.wrong(), std::back_inserter(found));
  return found;
}

std::vector<std::string> ChaosWorld::wrong(Resident& resident) {
  std::vector<std::string> found;
  const auto equal = [&](std::string_view what, std::uint64_t left, std::uint64_t right) {
    if (left != right) found.push_back(fmt::format("{}: {}: {} and {}", resident.address.name(), what, left, right));
  };
  const ComponentStats& stats = resident.stats;
  equal("messages taken, and handled, lost or set aside", stats.messages_in.value(),
        stats.handled.value() + stats.lost.value() + stats.poisoned.value());
  equal("messages handled, as counted and as its guest saw them", stats.handled.value(), resident.finished);
  equal("instances that are left", static_cast<std::uint64_t>(resident.alive), 0);
  equal("bytes that wait in its mailbox", resident.inbox.bytes().waiting(), 0);
  equal("memory of its instance", stats.memory_bytes.load(), 0);
  return found;
}

}  // namespace airssys::wasm::layer1
