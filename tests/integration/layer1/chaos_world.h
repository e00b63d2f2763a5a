// A small host on the simulated platform: the real ComponentActor, GuestMessaging, MessageBroker and directory over the fake
// engine, below supervisors of all strategies. Its components send to each other and do what chance says; each message is in
// the books.
#pragma once
#include <array>
#include <deque>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "airssys/base/sim_platform.h"
#include "airssys/rt/events.h"
#include "airssys/rt/system.h"
#include "airssys/rt/testing/sim_executor.h"
#include "airssys/wasm/actor/component_actor.h"
#include "airssys/wasm/messaging/message_broker.h"
#include "airssys/wasm/runtime/testing/fake_engine.h"
#include "airssys/wasm/security/component_security.h"
#include "books.h"

namespace airssys::wasm::layer1 {

// One deployment under one name: until it has ended for good, over all its incarnations.
struct Resident {
  Resident(ComponentAddress at, const MailboxPolicy& mailbox, DeadLetterSink& letters)
      : address(std::move(at)),
        policy(mailbox),
        inbox(address, policy, stats, &letters) {}

  const ComponentAddress address;
  const MailboxPolicy policy;
  std::optional<ComponentSecurity> security = std::nullopt;
  ComponentStats stats;
  ComponentInbox inbox;
  std::optional<ComponentDefinition> definition = std::nullopt;
  rt::Address<ComponentMessage> actor = {};
  std::shared_ptr<const DirectoryEntry> entry = nullptr;
  unsigned temper = 0;  // of 100 calls, so many trap
  unsigned talkative = 0;  // messages that it sends at most for one that it gets
  std::uint64_t finished = 0;  // as its guests see it
  int alive = 0;  // instances
};

class ChaosWorld final : rt::EventSink, DeadLetterSink {
 public:
  static constexpr std::size_t places = 6;

  explicit ChaosWorld(std::uint64_t seed);
  ~ChaosWorld() override;
  ChaosWorld(const ChaosWorld&) = delete;
  ChaosWorld& operator=(const ChaosWorld&) = delete;

  // One thing that a user, an operator or time does.
  void act();
  // Until nobody has anything to do; then all is stopped. What does not balance, a line each.
  [[nodiscard]] std::vector<std::string> end();

  // Adds what happened.
  void count(Outcomes& into) const;
  // How often the supervisors did what.
  [[nodiscard]] std::uint64_t events(rt::SupervisionEvent::Kind kind) const { return events_[static_cast<std::size_t>(kind)]; }

 private:
  class Guest;
  class Wait;
  class Functions;

  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  void deploy(std::size_t place);
  [[nodiscard]] MailboxPolicy some_policy(std::size_t place);
  rt::Supervisor some_supervisor();
  void send_from_outside();
  void send_from(const HostFunctions& functions);
  // What handling one message comes to. The wait is nobody's end: it only delays it.
  [[nodiscard]] testing::FakeOutcome some_outcome(const Resident& resident);
  [[nodiscard]] std::vector<std::string> wrong(Resident& resident);

  void on_event(const rt::SupervisionEvent& event) noexcept override;
  void on_dead_letter(const rt::DeadLetter& letter) noexcept override;
  void on_dead_letter(const ComponentAddress& receiver, const Message& message, DeadLetterReason reason,
                      bool keep_contents) noexcept override;

  std::mt19937_64 random_;
  SimPlatform platform_;
  Books books_;
  std::array<std::uint64_t, 16> events_{};
  testing::FakeEngine engine_;
  ComponentDirectory directory_;
  std::deque<Resident> residents_;  // also those that have ended
  std::array<Resident*, places> places_{};  // who lives there last
  std::optional<MessageBroker> broker_;
  rt::testing::SimExecutor executor_{platform_};
  rt::ActorSystem system_;
  std::vector<rt::Supervisor> supervisors_;
};

}  // namespace airssys::wasm::layer1
