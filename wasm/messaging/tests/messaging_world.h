// A simulated world of fake components that talk to each other by real GuestMessaging, run by real ComponentActors.
#pragma once
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "airssys/base/assert.h"
#include "airssys/base/sim_platform.h"
#include "airssys/rt/system.h"
#include "airssys/rt/testing/sim_executor.h"
#include "airssys/wasm/actor/component_actor.h"
#include "airssys/wasm/core/testing/fixed_gate.h"
#include "airssys/wasm/core/testing/idle_functions.h"
#include "airssys/wasm/messaging/guest_messaging.h"
#include "airssys/wasm/runtime/testing/fake_engine.h"

namespace airssys::wasm::testing {

using namespace std::chrono_literals;

// A payload in codec raw.
inline Bytes raw(std::string_view text) { return Bytes::copy_of("\x55" + std::string(text)); }
// What a payload says after a codec of one byte.
inline std::string_view content(const Bytes& payload) { return payload.empty() ? std::string_view() : payload.text().substr(1); }

// A guest waits for it until somebody opens it.
class Gate final : public PendingOperation {
 public:
  bool poll(const CallWaker& waker) noexcept override {
    if (!open_) waker_.emplace(waker);
    return open_;
  }
  void open() {
    open_ = true;
    if (waker_) waker_->wake();
  }

 private:
  bool open_ = false;
  std::optional<CallWaker> waker_;
};

// One component, over all its instances.
struct Player {
  using Handler = std::function<FakeOutcome(const Message&, MessagingFunctions&)>;
  using Callback = std::function<FakeOutcome(MessageId, const RequestOutcome&, MessagingFunctions&)>;

  std::string name;
  MailboxPolicy mailbox = {.capacity = 1000, .max_bytes = 1 << 20, .poison_after = 0};
  CodecSet codecs = {};
  bool waits = false;
  std::function<void(MessagingFunctions&)> on_init = [](MessagingFunctions&) {};
  Handler on_message = [](const Message&, MessagingFunctions&) { return FakeOutcome{}; };
  Callback on_callback = [](MessageId, const RequestOutcome&, MessagingFunctions&) { return FakeOutcome{}; };

  std::vector<std::string> heard{};  // "hello", "callback: 42", "callback: timeout after 5 ms", …
  int incarnation = 0;
  ComponentStats stats{};
  FixedGate* gate = nullptr;  // of the instance that lives
  std::optional<ComponentInbox> inbox{};
  std::optional<ComponentDefinition> definition{};
  rt::Address<ComponentMessage> address{};
  std::shared_ptr<const DirectoryEntry> entry{};
};

class PlayerGuest final : public FakeGuest {
 public:
  PlayerGuest(Player& player, const HostFunctions& functions) : player_(player), messaging_(functions.messaging) {
    ++player_.incarnation;
  }
  FakeOutcome init(const ComponentConfig&) override {
    player_.on_init(messaging_);
    return {};
  }
  FakeOutcome handle_message(const Message& message) override {
    const MessageMetadata metadata = messaging_.current_metadata();
    player_.heard.push_back((metadata.topic ? std::string(*metadata.topic) + ": " : "") + std::string(content(message.payload)));
    return player_.on_message(message, messaging_);
  }
  FakeOutcome handle_callback(MessageId request, const RequestOutcome& outcome) override {
    std::string text = "callback: ";
    if (!outcome.failure)
      text += content(outcome.payload);
    else if (*outcome.failure == RequestFailure::timeout)
      text += fmt::format("timeout after {} ms", outcome.timeout / 1ms);
    else
      text += fmt::format("{}: {}", request_failure_name(*outcome.failure), outcome.reason);
    player_.heard.push_back(std::move(text));
    return player_.on_callback(request, outcome, messaging_);
  }

 private:
  Player& player_;
  MessagingFunctions& messaging_;
};

struct LettersOfMessaging final : DeadLetterSink {
  std::vector<std::string> texts;
  void on_dead_letter(const ComponentAddress& receiver, const Message& message, DeadLetterReason reason, bool) noexcept override {
    texts.push_back(fmt::format("{} {} -> {}: {}", dead_letter_reason_name(reason), message.sender.text(), receiver.name(),
                                content(message.payload)));
  }
};

class MessagingWorld {
 public:
  explicit MessagingWorld(std::uint64_t seed = 1) : platform(seed) {}

  // Known, not started: what it does may still be changed. Everything is granted to it.
  Player& add(std::string name, bool waits = false) {
    Player& player = players_.emplace_back();
    player.name = std::move(name);
    player.waits = waits;
    return player;
  }
  Player& start(Player& player) {
    const ComponentAddress address = *ComponentAddress::parse(player.name);
    player.inbox.emplace(address, player.mailbox, player.stats, &letters);
    engine_.define(player.name,
                   [&player](const HostFunctions& functions) { return std::make_unique<PlayerGuest>(player, functions); },
                   {.waits = player.waits});
    player.definition.emplace(ComponentDefinition{
        .address = address,
        .version = "1.0.0",
        .limits = {.memory_bytes = 1 << 20,
                   .table_elements = 1000,
                   .tables = 10,
                   .instances = 10,
                   .memories = 10,
                   .fuel_per_call = 1'000'000,
                   .call_timeout = 10s,
                   .message_bytes = max_message_bytes},
        .config = {},
        .code = *engine_.compile(player.name, FakeEngine::image(player.name).span(), {}),
        .make_functions = [this, &player](rt::Context&, const ComponentDefinition&,
                                          const CurrentCall& call) { return std::make_unique<Functions>(*this, player, call); },
        .stats = player.stats,
        .inbox = *player.inbox});
    rt::SpawnOptions options{.name = address.text(), .intensity = rt::RestartIntensity{.max_restarts = 1000}};
    apply(player.mailbox, options);
    auto spawned = system.spawn(std::move(options), [&player] { return std::make_unique<ComponentActor>(*player.definition); });
    AIRSSYS_ASSERT(spawned, "{}", spawned.error().message());
    player.address = *std::move(spawned);
    player.entry = std::make_shared<const DirectoryEntry>(
        DirectoryEntry{address, {}, player.codecs, player.stats, ComponentMailbox(player.address, *player.inbox)});
    EXPECT_TRUE(directory.add(player.entry));
    run();
    return player;
  }
  // For good, as when it is uninstalled.
  void end(Player& player) {
    directory.remove(player.entry->address);
    player.address.kill();
  }
  rt::SendStatus tell(const Player& player, std::string_view text) {
    return broker.deliver(player.entry,
                          {.sender = Bytes::copy_of("external"), .payload = raw(text), .kind = MessageKind::external});
  }
  // The same, and whatever follows from it without time passing.
  void say(const Player& player, std::string_view text) {
    EXPECT_EQ(tell(player, text), rt::SendStatus::sent);
    run();
  }
  void run() { ASSERT_TRUE(executor.run_ready()); }
  void run_for(Duration by) { ASSERT_TRUE(executor.run_for(by)); }

  static constexpr std::uint64_t max_message_bytes = 1000;
  SimPlatform platform;
  LettersOfMessaging letters;
  ComponentDirectory directory;

 private:
  class Functions final : public HostFunctionSet, IdleStorage, IdleServices, IdleWaiting, IdleCapabilities {
   public:
    Functions(MessagingWorld& world, Player& player, const CurrentCall& call)
        : messaging_({player.definition->address, player.codecs, max_message_bytes, &world.letters}, gate_, world.directory,
                     world.broker, world.platform, *player.inbox, call) {
      for (const Action action : {Action::messaging_send, Action::messaging_request, Action::messaging_broadcast})
        gate_.grant(action, "*");
      for (const Action action : {Action::messaging_publish, Action::messaging_subscribe}) gate_.grant(action, "**");
      player.gate = &gate_;
    }
    const HostFunctions& functions() const noexcept override { return functions_; }
    bool end_request(MessageId request, Result<Bytes> answer, RequestOutcome& outcome) noexcept override {
      return messaging_.end_request(request, std::move(answer), outcome);
    }

   private:
    FixedGate gate_;
    GuestMessaging messaging_;
    const HostFunctions functions_{
        .messaging = messaging_, .storage = *this, .services = *this, .waiting = *this, .capabilities = *this};
  };

  FakeEngine engine_;
  std::deque<Player> players_;  // before the executor: they outlive all actors
  std::optional<MessageBroker> broker_;  // before the system, whose last turns may still send when it ends

 public:
  rt::testing::SimExecutor executor{platform};
  rt::ActorSystem system{executor, null_log(), {}};
  MessageBroker& broker = broker_.emplace(system);
};

}  // namespace airssys::wasm::testing
