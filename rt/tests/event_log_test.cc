#include "airssys/rt/event_log.h"

#include "../src/event_gate.h"
#include "airssys/rt/broker.h"
#include "world.h"

namespace airssys::rt {
namespace {

SystemEvent numbered(std::uint64_t n) { return {.kind = SystemEvent::Kind::shutdown_begun, .actors = n}; }

TEST(EventFilter, WantsAFamilyFromASeverityOn) {
  constexpr EventFilter sut =
      EventFilter::from(Severity::warning).with(EventFamily::broker, Severity::debug).without(EventFamily::mailbox);
  static_assert(sut.wants(EventFamily::supervision, Severity::warning) && sut.wants(EventFamily::supervision, Severity::error));
  static_assert(!sut.wants(EventFamily::supervision, Severity::info));
  static_assert(sut.wants(EventFamily::broker, Severity::debug));
  static_assert(!sut.wants(EventFamily::mailbox, Severity::error));
  static_assert(!EventFilter::none().wants(EventFamily::system, Severity::error));
  static_assert(EventFilter::none().joined(sut).wants(EventFamily::broker, Severity::debug));
  static_assert(!EventFilter::none().joined(sut).wants(EventFamily::mailbox, Severity::error));
}

TEST(EventGate, MakesNoEventThatNobodyWants) {
  SimPlatform platform(1);
  EventLog log(platform, {.filter = EventFilter::from(Severity::info).without(EventFamily::broker)});
  EventGate observed(&log);
  EventGate unobserved(nullptr);
  int made = 0;
  const auto make = [&] {
    ++made;
    return numbered(1);
  };
  unobserved.tell(EventFamily::system, Severity::error, make);
  observed.tell(EventFamily::broker, Severity::error, make);
  observed.tell(EventFamily::system, Severity::debug, make);
  EXPECT_EQ(made, 0);
  observed.tell(EventFamily::system, Severity::info, make);
  EXPECT_EQ(made, 1);
  observed.close();
  observed.tell(EventFamily::system, Severity::error, make);
  EXPECT_EQ(made, 1);
  EXPECT_EQ(log.latest().size(), 1u);
}

TEST(EventLog, KeepsTheLatestAndCountsWhatTheyPushedOut) {
  SimPlatform platform(1);
  EventLog sut(platform, {.capacity = 3});
  EXPECT_TRUE(sut.latest().empty());
  for (std::uint64_t n = 1; n <= 8; ++n) {
    platform.advance(1ms);
    sut.on_system_event(numbered(n));
    const auto latest = sut.latest();
    ASSERT_EQ(latest.size(), std::min<std::size_t>(n, 3));
    EXPECT_EQ(latest.back().number, n);
    EXPECT_EQ(latest.front().number, n < 3 ? 1 : n - 2);
    EXPECT_EQ(sut.dropped(), n < 3 ? 0 : n - 3);
  }
  EXPECT_EQ(sut.latest().back().at, platform.now());
  EXPECT_EQ(sut.latest().back().text, "8 actors alive");
  EXPECT_EQ(sut.count(EventFamily::system, Severity::info), 8u);
  EXPECT_EQ(sut.count(EventFamily::system, Severity::error), 0u);
}

TEST(EventLog, HoldsAThousandUnlessToldOtherwise) {
  SimPlatform platform(1);
  EventLog sut(platform);
  for (std::uint64_t n = 0; n < 1100; ++n) sut.on_system_event(numbered(n));
  EXPECT_EQ(sut.latest().size(), 1000u);
  EXPECT_EQ(sut.dropped(), 100u);
}

struct Logged {
  explicit Logged(EventFilter filter)
      : platform(1),
        executor(platform),
        log(platform, {.filter = filter}),
        system(executor, null_log(), {}, &log) {}
  std::vector<std::string> lines() const {
    std::vector<std::string> all;
    for (const LoggedEvent& event : log.latest())
      all.push_back(std::string(family_name(event.family)) + " " + std::string(severity_name(event.severity)) + " " +
                    std::string(event.kind) + " " + event.name + (event.text.empty() ? "" : ": " + event.text));
    return all;
  }
  Strings strings;
  SimPlatform platform;
  testing::SimExecutor executor;
  EventLog log;
  ActorSystem system;
};

TEST(EventLog, TellsTheStoryOfASystem) {
  Logged world(EventFilter::from(Severity::debug));
  const auto puppet = *world.system.spawn({.name = "a"}, [&] { return std::make_unique<Puppet>(world.strings); });
  ASSERT_TRUE(world.executor.run_ready());
  Broker<Act> broker(world.system, {.max_subscriptions = 1});
  const Subscription subscription = *broker.subscribe("x.*", puppet);
  EXPECT_FALSE(broker.subscribe("y", puppet));
  EXPECT_TRUE(broker.unsubscribe(subscription));
  ASSERT_TRUE(broker.subscribe("y", puppet));
  ASSERT_TRUE(puppet.send(fails()));
  ASSERT_TRUE(world.executor.run_ready());
  EXPECT_FALSE(world.system.send_to("b", nothing()));
  EXPECT_TRUE(world.system.shutdown(1s).empty());
  broker.publish(*Topic::parse("y"), nothing());
  EXPECT_EQ(world.lines(),
            (std::vector<std::string>{
                "supervision info started a", "broker debug subscribed a: x.*", "broker warning refused a: y",
                "broker debug unsubscribed a", "broker debug subscribed a: y", "supervision error crashed a: broken",
                "supervision info restarting a: broken, 1 restarts so far", "supervision info started a: 1 restarts so far",
                "mailbox warning unresolved b", "system info shutdown-begun : 1 actors alive",
                "supervision info stopped a: 1 restarts so far", "mailbox info ended a", "broker info removed a"}));
}

TEST(EventLog, GetsWhatItsFilterWantsOnly) {
  Logged world(EventFilter::from(Severity::error));
  const auto puppet = *world.system.spawn({.name = "a"}, [&] { return std::make_unique<Puppet>(world.strings); });
  ASSERT_TRUE(puppet.send(fails()));
  ASSERT_TRUE(world.executor.run_ready());
  ASSERT_EQ(world.log.latest().size(), 1u);
  EXPECT_EQ(world.log.latest()[0].kind, "crashed");
}

TEST(EventFan, HandsEachEventToThoseWhoWantIt) {
  SimPlatform platform(1);
  EventLog all(platform, {.filter = EventFilter::from(Severity::debug)});
  EventLog broker(platform, {.filter = EventFilter::none().with(EventFamily::broker, Severity::debug)});
  EventFan sut({&all, &broker});
  EXPECT_TRUE(sut.interest().wants(EventFamily::system, Severity::debug));
  sut.on_event({.kind = SupervisionEvent::Kind::crashed, .actor = ActorId(1), .name = "a", .supervisor = "root"});
  sut.on_actor_event({.kind = ActorEvent::Kind::long_turn, .actor = ActorId(1), .name = "a", .lasted = 1s});
  sut.on_system_event(numbered(1));
  sut.on_broker_event({.kind = BrokerEvent::Kind::refused, .subscriber = ActorId(1), .name = "a", .pattern = "*"});
  sut.on_dead_letter({.why = DeadLetter::Why::ended, .receiver = ActorId(1), .receiver_name = "a", .sender = ActorId(2)});
  EXPECT_EQ(all.latest().size(), 5u);
  EXPECT_EQ(all.latest()[1].text, "1 s");
  EXPECT_EQ(all.latest()[4].text, "from actor 2");
  ASSERT_EQ(broker.latest().size(), 1u);
  EXPECT_EQ(broker.latest()[0].kind, "refused");
}

}  // namespace
}  // namespace airssys::rt
