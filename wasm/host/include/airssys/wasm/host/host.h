// Host: the public embedding API, and the one place where concrete classes meet (composition root).
//
//   auto platform = real_platform();
//   AIRSSYS_TRY(auto host, Host::create({}, *platform, log));
//   AIRSSYS_TRY(auto name, host->add("examples/echo"));
//   AIRSSYS_TRY_VOID(host->start(name));
//   AIRSSYS_TRY_VOID(host->send(name, Bytes::copy_of("hello")));
//   host->wait_idle(1s);
//   host->stop();
//
// Every component runs as a supervised actor. Under the root, one-for-one, each has the restart policy and limits of its own
// manifest: what happens to one is its own affair, the others do not notice. HostConfig::supervisors adds supervisors with other
// strategies, and a manifest says by `[deployment] supervisor` that its component belongs under one of them.
//
// Threads: add, add_actor, start and stop by one thread; the rest by any thread that is not a worker of the host.
#pragma once
#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "airssys/base/bytes.h"
#include "airssys/base/log.h"
#include "airssys/base/platform.h"
#include "airssys/base/result.h"
#include "airssys/rt/actor.h"
#include "airssys/rt/context.h"
#include "airssys/wasm/component/manifest.h"
#include "airssys/wasm/component/supervisors.h"
#include "airssys/wasm/core/audit.h"
#include "airssys/wasm/core/capability.h"
#include "airssys/wasm/core/dead_letter.h"
#include "airssys/wasm/core/engine.h"
#include "airssys/wasm/core/forbidden_list.h"
#include "airssys/wasm/core/multicodec.h"
#include "airssys/wasm/core/rate_limit.h"
#include "airssys/wasm/core/security.h"
#include "airssys/wasm/core/stats.h"
#include "airssys/wasm/messaging/message_broker.h"
#include "airssys/wasm/runtime/wasmtime_engine.h"
#include "airssys/wasm/security/admission.h"
#include "airssys/wasm/services/guest_services.h"
#include "airssys/wasm/storage/storage.h"
#include "airssys/wasm/wit/component_tools.h"
#include "airssys/wasm/wit/packages.h"

namespace airssys::wasm {

struct HostConfig {
  std::size_t workers = 0;  // 0: as many as processors
  std::size_t max_components = 1000;
  std::size_t mailbox_capacity = 1000;  // messages, of each component (X.25)
  std::uint64_t max_message_bytes = 1 << 20;  // of a payload with its prefix
  std::size_t max_dead_letters = 1000;  // kept; at least 1
  std::uint64_t max_dead_letter_bytes = 16 << 20;  // of their contents together; those of the oldest make room
  Duration shutdown_timeout = std::chrono::seconds(30);
  WasmtimeConfig engine = {};
  std::size_t max_live_keys = 10'000;  // of all components with an instance for each key together
  std::vector<SupervisorConfig> supervisors = {};  // what `[deployment] supervisor` may name; in any order
  std::vector<EmbedderFunction> functions = {};  // of the program around the host, for its components
  // A line of the audit log for each n-th event of a message (R5.13); 0: none, messages are told by the number of decisions.
  std::uint32_t audit_messages = 0;
  StorageConfig storage = {};  // what components keep; unless it names another backend, as long as the host lives
  RatePolicy calls = {};  // that need a capability, of each component whose manifest has no [limits] (N.26)
  ForbiddenList forbidden = ForbiddenList::defaults();  // to every component, whatever it was granted (R4.9)
  // These three outlive the host. Asked for each component that is added; null: the program vouches for all that it adds, and
  // each gets what its manifest asks for. Where each decision about a call is recorded; null: nowhere. Roles and lists that may
  // refuse what was granted; null: none.
  AdmissionPolicy* admission = nullptr;
  AuditSink* audit = nullptr;
  const AccessControl* access = nullptr;
};

enum class ComponentState : std::uint8_t {
  added,  // known and compiled, not started
  running,
  restarting,  // crashed; a new instance follows
  // From here on it is gone for good:
  given_up,  // crashed more often than its restart intensity allows
  failed,  // could not be started
  stopped,
};
// "added", "running", "restarting", "given-up", "failed", "stopped".
[[nodiscard]] std::string_view component_state_name(ComponentState state) noexcept;

// What the last check of it said (R3.8).
enum class ComponentHealth : std::uint8_t {
  healthy,  // or was never checked
  degraded,  // says so itself, and goes on
  unhealthy,  // failed a check; at the third in a row it is restarted
};
[[nodiscard]] std::string_view component_health_name(ComponentHealth health) noexcept;

// A moment's picture of the supervision tree, those included that have ended or were not started yet.
struct SupervisionNode {
  enum class Kind : std::uint8_t { supervisor, component, actor, key };
  Kind kind = Kind::component;
  std::string name;
  ComponentState state = ComponentState::added;
  std::uint64_t restarts = 0;
  RestartStrategy strategy = RestartStrategy::one_for_one;  // of a supervisor
  ComponentHealth health = ComponentHealth::healthy;
  std::string last_error = {};  // empty when there was none
  // In the order in which they were started. Of a component with an instance for each key some of those that live, by name.
  std::vector<SupervisionNode> children = {};
  std::uint64_t more_children = 0;  // that are not among these
};

// Of a component that has an instance for each key.
struct KeysReport {
  std::uint64_t live = 0;
  std::uint64_t created = 0;  // instances, over all
  std::uint64_t put_away = 0;  // because they were idle
  std::uint64_t refused = 0;  // messages to new keys that had no room, or whose instance rests after failures
};

// A moment's picture of one component, over all its restarts.
struct ComponentReport {
  std::string name;
  ComponentState state = ComponentState::added;
  TrustLevel trust = TrustLevel::trusted;
  std::uint64_t messages_in = 0, messages_out = 0, handled = 0;
  std::uint64_t requests = 0;  // of messages_out those that waited for an answer
  std::uint64_t timeouts = 0;  // of requests the ones that had none in time
  std::uint64_t late_responses = 0;  // that it gave when nobody waited any more
  std::uint64_t published = 0;  // to topics; messages_out has the copies
  std::uint64_t errors = 0;  // handle-message answered `err`
  std::uint64_t refused = 0;  // what it asked and was not granted
  std::uint64_t mailbox_full = 0;  // messages to it that its full mailbox refused; their senders know
  // By DeadLetterReason: those to it; of `unresolved` those that it sent.
  std::array<std::uint64_t, dead_letter_reason_count> dead_letters{};
  std::uint64_t restarts = 0;
  std::array<std::uint64_t, trap_kind_count> traps{};
  std::uint64_t fuel = 0;
  std::uint64_t memory_bytes = 0, memory_peak_bytes = 0;
  Duration p50{}, p99{};  // handling time of one message
  ComponentHealth health = ComponentHealth::healthy;
  std::optional<KeysReport> keys = std::nullopt;
  std::string last_error = {};  // one line; empty when there was none
  ActorState actor = ActorState::creating;  // what its actor is in the middle of (R3.3)
  std::uint64_t retried = 0;  // messages that the incarnation after the one which crashed at them was given
  std::uint64_t recycled = 0;  // instances replaced as planned
  AccountUsage kept = {};  // in its stores
  std::uint64_t storage_limit = 0;  // bytes; 0: it keeps nothing
};

// One message that nobody handled.
struct DeadLetter {
  static constexpr std::size_t max_beginning = 64;
  std::uint64_t number = 0;  // the first of a host is 1
  Instant at{};
  DeadLetterReason reason{};
  MessageKind kind{};
  std::string sender;  // `namespace/name/instance`, or "external"
  std::string receiver;  // likewise; as given, when that is no component's
  // Of the payload; none: it does not say, and all of it counts as its content.
  std::optional<std::uint64_t> codec = std::nullopt;
  std::uint64_t bytes = 0;  // of the content
  std::string beginning;  // of the content: its first bytes, whatever they are
  // All of it, in wire form. None: its receiver does not want it kept, later ones have made room, or it was sent again.
  std::optional<Bytes> contents = {};
  bool resent = false;
};

struct DeadLetters {
  std::vector<DeadLetter> latest;  // the oldest first, at most HostConfig::max_dead_letters
  std::uint64_t dropped = 0;  // older ones that made room
  std::array<std::uint64_t, dead_letter_reason_count> counts{};  // all there were, by DeadLetterReason
};

// An actor of the program around the host, beside the components: in the same tree, under the same form of name and the same
// grants. Its defaults are those of a manifest: it sends to nobody, and hears everybody.
struct ActorOptions {
  std::string name;  // as ComponentName; it lives at default/<name>/main
  MessagingGrants messaging = {};
  MailboxPolicy mailbox = {};  // on_crash and poison_after are for components
  Deployment deployment = {};
};

// How it sends: on the same path, by the same checks and into the same books as a component. For its own calls only.
class ActorOutbox {
 public:
  // `target` as a component writes it: "echo", "photos/indexer/2". denied; not_found, and a dead letter; exhausted: the
  // mailbox is full; too_large; invalid_argument: no address.
  [[nodiscard]] virtual Result<> send(std::string_view target, const Payload& payload) = 0;
  // Answers the message in hand, where somebody waits for that; one that is handled unanswered is answered with nothing.
  // invalid_argument: nobody waits, or it is answered.
  [[nodiscard]] virtual Result<> answer(const Payload& response) = 0;

 protected:
  ~ActorOutbox() = default;
};

// Called for each incarnation, on a worker. The outbox outlives what it returns. The payloads of its messages are in wire form:
// decode() of multicodec.h takes them apart.
using ActorFactory = std::function<std::unique_ptr<rt::Actor<Message>>(ActorOutbox&)>;

// What `inspect` shows: read and compiled, never run.
struct Inspection {
  std::filesystem::path wasm_file;
  std::uint64_t file_bytes = 0;
  ComponentDescription description;
  ComponentItems items;
  std::vector<Manifest> manifest;  // one, when a folder was given; else none
};

class Host {
 public:
  // Fails when the engine cannot reserve what the configuration asks for, and as order_supervisors and Storage::open.
  [[nodiscard]] static Result<std::unique_ptr<Host>> create(const HostConfig& config, Platform& platform, LogSink& log);
  virtual ~Host() = default;  // stops what was not stopped

  // Reads `Component.toml` and the component it names from `folder`, compiles, and makes the component known under its
  // name. Nothing runs yet. HostConfig::admission may refuse it. The file of the component is `[build] output`. Errors say
  // which file, where in it, what to do; the second of one name is already_exists. All that is wrong with a manifest is in one
  // error, a line each.
  [[nodiscard]] virtual Result<std::string> add(const std::filesystem::path& folder) = 0;
  [[nodiscard]] virtual const Manifest& manifest(std::string_view name) const = 0;

  // What a component may do from its next call on, also in the middle of what it does. Recorded in the audit log. Which
  // messages it takes (messaging_receive_from) stays as it was admitted. not_found: the component; otherwise as
  // ComponentSecurity's.
  [[nodiscard]] virtual Result<> grant(std::string_view name, Capability capability) = 0;
  // Whether it was granted. Subscriptions to topics end with their grant.
  [[nodiscard]] virtual Result<bool> revoke(std::string_view name, Action action, std::string_view pattern) = 0;

  // Creates the instance and calls `init`; blocks until that ended, at most [deployment] start_timeout_ms.
  [[nodiscard]] virtual Result<> start(std::string_view name) = 0;

  // Adds an actor of the program's own and starts it; blocks as start does. Everything about it is as about a component: send,
  // report, tree, stop. It handles messages between its other calls as any rt::Actor, never blocks, and is restarted when it
  // fails. Errors: as ComponentName::parse, already_exists, exhausted, an unknown supervisor, those of its start.
  [[nodiscard]] virtual Result<> add_actor(ActorOptions options, ActorFactory factory) = 0;

  // Shows what the mailboxes of components accept from now on, requests from outside excepted, for monitors and tests: see
  // MessageBroker::tap. Lossy: who takes too slowly misses messages and is told how many; nobody else ever waits for it.
  [[nodiscard]] virtual Result<MessageTap> tap(std::string_view pattern, std::size_t capacity) = 0;
  // The same of what is published to topics that match.
  [[nodiscard]] virtual Result<TopicTap> watch_topics(std::string_view pattern, std::size_t capacity) = 0;

  // Publishes from outside, also where only the host may: `sys.…`. How many mailboxes took it. invalid_argument: the topic, or
  // the codec of its payload.
  [[nodiscard]] virtual Result<std::uint32_t> publish(std::string_view topic, Payload payload) = 0;

  // Puts a message from outside into the mailbox. Full: exhausted. Too large: too_large. Unknown: not_found. Stopped or
  // given up: unavailable.
  [[nodiscard]] virtual Result<> send(std::string_view name, Payload payload) = 0;

  // Asks from outside, and blocks until the outcome, at most `timeout`: what handle-message answers, empty when that is nothing.
  // Errors: as send; timed_out; execution_failed, with the guest's own words or what is wrong with the prefix of its answer;
  // trapped: it crashed at it; unavailable: it ended, or the message is a dead letter.
  [[nodiscard]] virtual Result<Payload> request(std::string_view name, Payload payload, Duration timeout) = 0;
  // The same of its `execute`, for that operation.
  [[nodiscard]] virtual Result<Payload> invoke(std::string_view name, Payload operation, Duration timeout) = 0;

  // Blocks until no component has anything to do, now or by itself later (a sleep, a restart with messages waiting), or
  // until `at_most` passed. True when idle.
  virtual bool wait_idle(Duration at_most) = 0;

  [[nodiscard]] virtual std::vector<ComponentReport> report() const = 0;
  // The root and all below it, also after the stop.
  [[nodiscard]] virtual SupervisionNode tree() const = 0;

  // What nobody handled so far, also after the stop.
  [[nodiscard]] virtual DeadLetters dead_letters() const = 0;
  // Puts a dead letter into its receiver's mailbox once more, as it was: of the same sender, whom the receiver still has to hear.
  // Whoever asked by it has had an outcome and gets no other. not_found: no such number is kept; unavailable: its contents were
  // not kept, or it was sent again already; denied: the receiver does not hear the sender; otherwise as send.
  [[nodiscard]] virtual Result<> resend(std::uint64_t number) = 0;

  // What components keep. Lives as long as the host, also after the stop.
  [[nodiscard]] virtual Storage& storage() = 0;

  // Stops in reverse order of start: what was accepted is handled, `shutdown` is called, each within its grace and all
  // within shutdown_timeout. Returns the names of those that had to be killed.
  virtual std::vector<std::string> stop() = 0;
};

// A .wasm file, or a folder with a Component.toml.
[[nodiscard]] Result<Inspection> inspect(const std::filesystem::path& path, const HostConfig& config, Platform& platform,
                                         LogSink& log);

// The folders that hold a Component.toml: `path` itself, or its sub-folders in the order of their names. None: not_found.
[[nodiscard]] Result<std::vector<std::filesystem::path>> component_folders(const std::filesystem::path& path);

// What the files supervisors.toml beside those folders say, each read once, for HostConfig::supervisors.
[[nodiscard]] Result<std::vector<SupervisorConfig>> supervisors_beside(std::span<const std::filesystem::path> folders);

// The names in an order in which whoever is sent to starts before whoever sends to it, as far as `send` grants of single
// components tell and cycles allow; otherwise as given. Stopping goes the other way: senders first, and what they sent is
// handled.
[[nodiscard]] std::vector<std::string> start_order(std::span<const Manifest* const> manifests);

}  // namespace airssys::wasm
