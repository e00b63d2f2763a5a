// message: from component to component, put together as wasm/host does, with the real gate; message.open: with one that says yes.
// One worker, so that the time is the processor's, which other programs do not lengthen.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

#include "../process_figures.h"
#include "../relay.h"
#include "airssys/rt/system.h"
#include "airssys/rt/work_stealing_executor.h"
#include "airssys/wasm/actor/component_actor.h"
#include "airssys/wasm/component/manifest.h"
#include "airssys/wasm/core/testing/fixed_gate.h"
#include "airssys/wasm/core/testing/idle_functions.h"
#include "airssys/wasm/messaging/guest_messaging.h"
#include "airssys/wasm/runtime/wasmtime_engine.h"
#include "airssys/wasm/security/audit_log.h"
#include "airssys/wasm/security/component_security.h"
#include "airssys/wasm/services/guest_capabilities.h"
#include "airssys/wasm/services/guest_services.h"
#include "airssys/wasm/services/guest_waiting.h"
#include "folder.h"
#include "rows.h"

namespace airssys::bench {
namespace {

using namespace wasm;

constexpr std::size_t message_bytes = 64;
constexpr std::uint32_t messages_per_round = 100;
constexpr std::uint64_t max_message_bytes = 1 << 20;
// The batch has one wake and one wait of this thread: so many that they do not count.
constexpr std::uint64_t messages_min = 2000;
constexpr Duration patience = std::chrono::seconds(60);

enum class Gates : std::uint8_t { real, open };

// What all components have in common.
struct World {
  Platform& platform;
  const ComponentSecurity::Host& security;
  const Gates gates;
  const ComponentDirectory& directory;
  MessageBroker& broker;
};

class Functions final : public HostFunctionSet {
 public:
  Functions(const ComponentDefinition& of, std::unique_ptr<PermissionGate> gate, const World& world, rt::Executor& executor,
            const CurrentCall& call)
      : gate_(std::move(gate)),
        services_({of.address, {}}, *gate_, world.directory, world.platform, null_log(), of.stats),
        waiting_(executor),
        capabilities_(*gate_, of.config.granted),
        messaging_({.self = of.address, .max_message_bytes = max_message_bytes}, *gate_, world.directory, world.broker,
                   world.platform, of.inbox, call) {}
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
  wasm::testing::IdleStorage storage_;
  const HostFunctions functions_{
      .messaging = messaging_, .storage = storage_, .services = services_, .waiting = waiting_, .capabilities = capabilities_};
};

// One that may send to `partner`.
class Component {
 public:
  Component(std::string_view name, std::string_view partner, std::shared_ptr<const CompiledComponent> code, World world)
      : world_(world),
        address_(*ComponentAddress::parse(name)),
        inbox_(address_, {}, stats, nullptr),
        security_({.component = address_, .trust = TrustLevel::approved, .session = 1}, may_send(partner),
                  RatePolicy::unlimited(), world.security, stats),
        definition_{.address = address_,
                    .version = "1.0.0",
                    .limits = Resources{.max_memory = 1 << 20, .max_stack = 128 << 10, .initial_memory = {}}.engine_limits(
                        max_message_bytes),
                    .config = {},
                    .code = std::move(code),
                    .make_functions =
                        [this, partner](rt::Context& context, const ComponentDefinition& of, const CurrentCall& call) {
                          return std::make_unique<Functions>(of, make_gate(partner), world_, context.executor(), call);
                        },
                    .stats = stats,
                    .inbox = inbox_} {}

  Result<std::shared_ptr<const DirectoryEntry>> start(rt::ActorSystem& system) {
    AIRSSYS_TRY(auto actor, system.spawn_and_wait({.name = address_.text()},
                                                  [this] { return std::make_unique<ComponentActor>(definition_); }));
    return std::make_shared<const DirectoryEntry>(DirectoryEntry{
        address_, MessagingGrants::of(*security_.granted()), {}, stats, ComponentMailbox(std::move(actor), inbox_)});
  }
  ComponentStats stats;

 private:
  static CapabilitySet may_send(std::string_view partner) {
    CapabilitySet granted;
    static_cast<void>(granted.grant(*Capability::parse(Action::messaging_send, partner)));
    static_cast<void>(granted.grant(*Capability::parse(Action::messaging_receive_from, "*")));
    return granted;
  }
  std::unique_ptr<PermissionGate> make_gate(std::string_view partner) {
    if (world_.gates == Gates::real) return security_.make_gate();
    return std::make_unique<wasm::testing::FixedGate>(may_send(partner));
  }

  const World world_;
  const ComponentAddress address_;
  ComponentInbox inbox_;
  ComponentSecurity security_;
  const ComponentDefinition definition_;
};

class PairRig {
 public:
  static Result<std::unique_ptr<PairRig>> create(const std::filesystem::path& guests, Gates gates, Platform& platform) {
    auto rig = std::make_unique<PairRig>(gates, platform);
    const WasmtimeConfig config{
        .max_instances = 16, .max_fibers = 4, .max_compact_instances = 0, .cache_directory = guests / "cache"};
    AIRSSYS_TRY(rig->engine_, wasmtime_engine(config, platform, null_log()));
    AIRSSYS_TRY(const auto binary, read_relay(guests / "relay.wasm"));
    AIRSSYS_TRY(const auto code, rig->engine_->compile("relay", binary, {}));
    AIRSSYS_TRY(rig->log_, AuditLog::open(rig->folder_.path(), {}, platform, null_log()));
    rig->security_.emplace(rig->forbidden_, *rig->log_, platform, null_log());
    AIRSSYS_TRY(rig->source_, rig->start("source", "sink", code));
    AIRSSYS_TRY(rig->sink_, rig->start("sink", "source", code));
    return rig;
  }
  PairRig(Gates gates, Platform& platform)
      : gates_(gates),
        platform_(platform),
        folder_(gates == Gates::real ? "real_gate" : "open_gate") {}
  ~PairRig() { static_cast<void>(system_.shutdown(patience)); }
  PairRig(const PairRig&) = delete;
  PairRig& operator=(const PairRig&) = delete;

  // Counts what was handled: a message that was lost on the way makes the row fail, not faster.
  Result<Ran> send(std::uint64_t n) {
    const auto rounds = static_cast<std::uint32_t>(std::max(n, messages_min) / (messages_per_round + 1) + 1);
    const std::uint64_t before = handled();
    const Duration begin = cpu_time();
    Message order{.sender = Bytes::copy_of("default/outside/main"),
                  .payload = relay_wire(message_bytes, {rounds, messages_per_round, Relay::begin_round}),
                  .kind = MessageKind::fire_and_forget};
    if (broker_.deliver(entry_of_source_, std::move(order)) != rt::SendStatus::sent) return fail(Code::internal, "not sent");
    if (!system_.wait_idle(platform_.now() + patience)) return fail(Code::timed_out, "the components are not idle");
    const Duration took = cpu_time() - begin;
    const std::uint64_t messages = std::uint64_t{rounds} * (messages_per_round + 1);
    if (const std::uint64_t now = handled() - before; now != messages)
      return fail(Code::internal, fmt::format("{} messages were sent and {} handled", messages, now));
    return Ran{messages, took};
  }

 private:
  Result<std::unique_ptr<Component>> start(std::string_view name, std::string_view partner,
                                           const std::shared_ptr<const CompiledComponent>& code) {
    const World world{platform_, *security_, gates_, directory_, broker_};
    auto component = std::make_unique<Component>(name, partner, code, world);
    AIRSSYS_TRY(auto entry, component->start(system_));
    if (name == "source") entry_of_source_ = entry;
    AIRSSYS_TRY_VOID(directory_.add(std::move(entry)));
    return component;
  }
  [[nodiscard]] std::uint64_t handled() const { return source_->stats.handled.value() + sink_->stats.handled.value(); }

  const Gates gates_;
  Platform& platform_;
  const Folder folder_;
  const ForbiddenList forbidden_ = ForbiddenList::defaults();
  std::unique_ptr<AuditLog> log_;
  std::optional<ComponentSecurity::Host> security_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Component> source_, sink_;
  ComponentDirectory directory_;
  std::shared_ptr<const DirectoryEntry> entry_of_source_;
  rt::WorkStealingExecutor executor_{platform_, 1};
  rt::ActorSystem system_{executor_};
  MessageBroker broker_{system_};
};

Batch messages(const std::filesystem::path& guests, Gates gates, Platform& platform) {
  return [guests, gates, &platform, rig = std::shared_ptr<PairRig>()](std::uint64_t n) mutable -> Result<Ran> {
    if (!rig) {
      AIRSSYS_TRY(rig, PairRig::create(guests, gates, platform));
    }
    return rig->send(n);
  };
}

}  // namespace

void add_pair_rows(const std::filesystem::path& guests, Platform& platform, Rows& rows) {
  rows["message"] = messages(guests, Gates::real, platform);
  rows["message.open"] = messages(guests, Gates::open, platform);
}

}  // namespace airssys::bench
