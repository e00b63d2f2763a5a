#include "airssys/wasm/security/component_security.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <atomic>
#include <memory>
#include <random>
#include <vector>

#include "airssys/base/platform.h"
#include "airssys/base/sim_platform.h"

namespace airssys::wasm {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// What was recorded, a line each: "deny messaging.send default/b/main x1 (not granted)".
struct Records final : AuditSink {
  std::vector<std::string> lines;
  std::vector<std::string> places;
  std::uint64_t number = 0;
  AuditStatus answer = AuditStatus::recorded;
  AuditStatus record(const AuditEvent& event) noexcept override {
    if (answer != AuditStatus::recorded) return answer;
    lines.push_back(fmt::format("{} {} {} x{} ({})", audit_decision_name(event.decision), event.action, event.resource,
                                event.count, event.rule));
    places.emplace_back(event.place);
    number = event.number;
    return answer;
  }
};

struct Lines final : LogSink {
  std::vector<std::string> texts;
  void write(const LogRecord& record) noexcept override { texts.emplace_back(record.text); }
};

struct NoShadow final : AccessControl {
  std::string refuses(const SecurityContext&, Action, std::string_view resource) const noexcept override {
    return resource.ends_with(".shadow") ? "role guest may not read *.shadow" : "";
  }
};

Capability capability(Action action, std::string_view pattern, std::string place = {}) {
  return *Capability::parse(action, pattern, std::move(place));
}

CapabilitySet set_of(std::initializer_list<Capability> capabilities) {
  CapabilitySet set;
  for (const Capability& one : capabilities) EXPECT_TRUE(set.grant(one));
  return set;
}

class ComponentSecurityTest : public ::testing::Test {
 protected:
  ComponentSecurity& component(CapabilitySet granted, TrustLevel trust = TrustLevel::approved, RatePolicy rate = {}) {
    gate_.reset();
    security_ = std::make_unique<ComponentSecurity>(
        SecurityContext{.component = *ComponentAddress::parse("reader"), .trust = trust, .session = 0x5e1f00a2},
        std::move(granted), rate, ComponentSecurity::Host{forbidden_, records_, platform_, log_, access_}, stats_);
    gate_ = security_->make_gate();
    return *security_;
  }
  std::string ask(std::string_view path) {
    const auto answer = gate_->check<Action::filesystem_read>(path);
    return answer ? "yes" : fmt::format("{}: {}", code_name(answer.error()->code), answer.error()->reason);
  }

  SimPlatform platform_{1};
  Records records_;
  ForbiddenList forbidden_;
  Lines log_;
  ComponentSecurityTest() {
    EXPECT_TRUE(forbidden_.add(capability(Action::filesystem_read, "/etc/shadow", "forbidden-capabilities.toml:2:3")));
  }
  ComponentStats stats_;
  const AccessControl* access_ = nullptr;
  std::unique_ptr<ComponentSecurity> security_;
  std::unique_ptr<PermissionGate> gate_;
};

TEST_F(ComponentSecurityTest, AllowsWhatIsGrantedAndRecordsWhichGrantItWas) {
  component(set_of({capability(Action::filesystem_read, "/srv/*", "Component.toml:12:9")}));
  EXPECT_EQ(ask("/srv/a"), "yes");
  EXPECT_THAT(records_.lines, ElementsAre("allow filesystem.read /srv/a x1 (filesystem.read /srv/*)"));
  EXPECT_THAT(records_.places, ElementsAre("Component.toml:12:9"));
  EXPECT_EQ(stats_.refused.value(), 0u);
}

TEST_F(ComponentSecurityTest, DeniesWhatIsNotAndSaysWhatToDoAndWhichRuleIsNearest) {
  component(set_of({capability(Action::filesystem_read, "/srv/*", "Component.toml:12:9")}));
  EXPECT_EQ(
      ask("/srv2/a"),
      "capability-denied: filesystem.read '/srv2/a' is not granted; it needs [capabilities.filesystem] read in Component.toml");
  EXPECT_THAT(records_.lines, ElementsAre("deny filesystem.read /srv2/a x1 (not granted; nearest: filesystem.read /srv/*)"));
  EXPECT_THAT(records_.places, ElementsAre("Component.toml:12:9"));
  EXPECT_EQ(records_.number, 1u);
  EXPECT_EQ(stats_.refused.value(), 1u);
  EXPECT_THAT(log_.texts,
              ElementsAre("denied: filesystem.read /srv2/a: not granted; nearest: filesystem.read /srv/*; airssys-wasm "
                          "why-denied 5e1f00a2-1"));
}

TEST_F(ComponentSecurityTest, AGrantForReadingIsNoneForWriting) {
  component(set_of({capability(Action::filesystem_read, "/srv/*")}));
  EXPECT_EQ(ask("/srv/a"), "yes");
  const auto answer = gate_->check<Action::filesystem_write>("/srv/a");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error()->code, Code::denied);
}

TEST_F(ComponentSecurityTest, WhatIsForbiddenStaysSoWhateverWasGranted) {
  for (const TrustLevel trust : {TrustLevel::trusted, TrustLevel::approved, TrustLevel::development, TrustLevel::unknown}) {
    component(set_of({capability(Action::filesystem_read, "/**")}), trust);
    EXPECT_EQ(ask("/etc/shadow"),
              "forbidden-capability: filesystem.read '/etc/shadow' is forbidden on this host, to every component");
    EXPECT_EQ(records_.lines.back(), "deny filesystem.read /etc/shadow x1 (forbidden: /etc/shadow)");
    EXPECT_EQ(records_.places.back(), "forbidden-capabilities.toml:2:3");
    EXPECT_EQ(ask("/etc/hosts"), "yes");
  }
}

TEST_F(ComponentSecurityTest, DevelopmentModeAllowsTheRestAndRecordsThatItWasNotGranted) {
  component({}, TrustLevel::development);
  EXPECT_EQ(ask("/srv/a"), "yes");
  EXPECT_THAT(records_.lines, ElementsAre("allow filesystem.read /srv/a x1 (development mode: not granted)"));
}

TEST_F(ComponentSecurityTest, RolesAndListsMaySayNoToWhatIsGranted) {
  const NoShadow lists;
  access_ = &lists;
  component(set_of({capability(Action::filesystem_read, "/srv/*")}));
  EXPECT_EQ(ask("/srv/a"), "yes");
  EXPECT_EQ(ask("/srv/a.shadow"),
            "policy-violation: filesystem.read '/srv/a.shadow' is refused by the roles and lists of this host");
  EXPECT_EQ(records_.lines.back(), "deny filesystem.read /srv/a.shadow x1 (role guest may not read *.shadow)");
  EXPECT_TRUE(gate_->would_allow(Action::filesystem_read, "/srv/a"));
  EXPECT_FALSE(gate_->would_allow(Action::filesystem_read, "/srv/a.shadow"));
}

TEST_F(ComponentSecurityTest, EqualDecisionsAreOneLineWithTheirNumber) {
  component(set_of({capability(Action::filesystem_read, "/srv/*")}));
  for (int i = 0; i < 700; ++i) EXPECT_EQ(ask("/srv/a"), "yes");
  EXPECT_THAT(records_.lines, SizeIs(1));
  platform_.advance(ComponentSecurity::summary_interval);
  EXPECT_EQ(ask("/srv/a"), "yes");
  EXPECT_EQ(records_.lines.back(), "allow filesystem.read /srv/a x700 (filesystem.read /srv/*)");
  EXPECT_EQ(ask("/srv/a"), "yes");
  gate_.reset();
  EXPECT_EQ(records_.lines.back(), "allow filesystem.read /srv/a x1 (filesystem.read /srv/*)");
}

TEST_F(ComponentSecurityTest, APermitHoldsUntilTheGrantsChange) {
  ComponentSecurity& security =
      component(set_of({capability(Action::filesystem_read, "/srv/*"), capability(Action::filesystem_read, "/opt/*")}));
  const auto permit = gate_->check<Action::filesystem_read>("/srv/a");
  ASSERT_TRUE(permit);
  EXPECT_EQ(gate_->again(*permit), PermissionGate::Again::yes);
  EXPECT_TRUE(security.revoke(Action::filesystem_read, "/srv/*"));
  EXPECT_EQ(gate_->again(*permit), PermissionGate::Again::changed);
  EXPECT_THAT(ask("/srv/a"), HasSubstr("capability-denied"));
  EXPECT_EQ(ask("/opt/a"), "yes");
  EXPECT_FALSE(security.revoke(Action::filesystem_read, "/srv/*"));
  EXPECT_TRUE(security.grant(capability(Action::filesystem_read, "/srv/*")));
  EXPECT_EQ(ask("/srv/a"), "yes");
  EXPECT_EQ(gate_->again(*permit), PermissionGate::Again::changed) << "it is of the time before";
  EXPECT_EQ(gate_->again(AnyPermit()), PermissionGate::Again::changed);
}

TEST_F(ComponentSecurityTest, APermitOfWhatWasForgottenIsAskedForAnew) {
  component(set_of({capability(Action::filesystem_read, "/srv/*")}), TrustLevel::approved, {.per_minute = 1000, .burst = 10'000});
  const auto permit = gate_->check<Action::filesystem_read>("/srv/a");
  ASSERT_TRUE(permit);
  for (std::size_t i = 0; i < ComponentSecurity::max_decisions; ++i) EXPECT_EQ(ask(fmt::format("/srv/{}", i)), "yes");
  EXPECT_EQ(gate_->again(*permit), PermissionGate::Again::changed);
}

TEST_F(ComponentSecurityTest, RefusesTheThousandAndFirstCallOfAMinute) {
  component(set_of({capability(Action::filesystem_read, "/srv/*")}));
  const auto permit = gate_->check<Action::filesystem_read>("/srv/a");
  ASSERT_TRUE(permit);
  for (int i = 1; i < 1000; ++i) ASSERT_EQ(gate_->again(*permit), PermissionGate::Again::yes) << i;
  EXPECT_EQ(gate_->again(*permit), PermissionGate::Again::no);
  EXPECT_EQ(gate_->last_denial().code, Code::exhausted);
  EXPECT_THAT(gate_->last_denial().reason, HasSubstr("more than 1000 calls a minute"));
  EXPECT_THAT(ask("/srv/b"), HasSubstr("exhausted: more than 1000 calls a minute"));
  for (int i = 0; i < 100; ++i) EXPECT_THAT(ask("/srv/a"), HasSubstr("exhausted"));
  EXPECT_THAT(records_.lines, SizeIs(2)) << "once a second";
  platform_.advance(1s);
  EXPECT_EQ(ask("/srv/a"), "yes");
}

TEST_F(ComponentSecurityTest, NothingIsAllowedThatCannotBeRecorded) {
  component(set_of({capability(Action::filesystem_read, "/srv/*")}));
  records_.answer = AuditStatus::full;
  EXPECT_EQ(ask("/srv/a"), "exhausted: the host's audit log is behind; try again");
  records_.answer = AuditStatus::failed;
  EXPECT_EQ(ask("/srv/a"), "unavailable: the host's audit log cannot be written; nothing is allowed without it");
  records_.answer = AuditStatus::recorded;
  EXPECT_EQ(ask("/srv/a"), "yes");
}

TEST_F(ComponentSecurityTest, ACountThatCouldNotBeRecordedIsSoLater) {
  component(set_of({capability(Action::filesystem_read, "/srv/*")}));
  EXPECT_EQ(ask("/srv/a"), "yes");
  for (int i = 0; i < 5; ++i) EXPECT_EQ(ask("/srv/a"), "yes");
  records_.answer = AuditStatus::full;
  gate_.reset();
  records_.answer = AuditStatus::recorded;
  gate_ = security_->make_gate();
  EXPECT_EQ(ask("/srv/b"), "yes");
  EXPECT_THAT(records_.lines, ElementsAre("allow filesystem.read /srv/a x1 (filesystem.read /srv/*)",
                                          "deny various  x5 (decisions that are told by their number only)",
                                          "allow filesystem.read /srv/b x1 (filesystem.read /srv/*)"));
}

TEST_F(ComponentSecurityTest, AGuestThatAsksTenMillionTimesFillsNeitherLog) {
  component({});
  constexpr std::uint64_t asked = 200'000;  // the law does not depend on the number
  for (std::uint64_t i = 0; i < asked; ++i) EXPECT_FALSE(gate_->check<Action::filesystem_read>(fmt::format("/srv/{}", i)));
  EXPECT_THAT(log_.texts, SizeIs(ComponentSecurity::max_logged_denials));
  EXPECT_THAT(log_.texts.back(), HasSubstr("further ones are only counted"));
  EXPECT_LE(records_.lines.size(), ComponentSecurity::max_denials_per_second + 1);
  EXPECT_EQ(stats_.refused.value(), asked);
  gate_.reset();
  EXPECT_EQ(records_.lines.back(), fmt::format("deny various  x{} (decisions that are told by their number only)",
                                               asked - ComponentSecurity::max_denials_per_second));
}

TEST_F(ComponentSecurityTest, ARefusalOfTheOtherEndIsRecordedLikeItsOwn) {
  component({});
  for (int i = 0; i < 3; ++i)
    gate_->record_refusal(Action::messaging_receive_from, "default/b/main", "receive_from of default/b/main");
  EXPECT_THAT(records_.lines, ElementsAre("deny messaging.receive-from default/b/main x1 (receive_from of default/b/main)"));
  EXPECT_EQ(stats_.refused.value(), 3u);
  EXPECT_THAT(log_.texts, SizeIs(1));
}

TEST_F(ComponentSecurityTest, ARefusalOfWhatTheGateAllowsIsADenialInTheLogAndNoAnswerOfTheGate) {
  component(set_of({capability(Action::filesystem_read, "/srv/*")}));
  EXPECT_EQ(ask("/srv/a"), "yes");
  for (int i = 0; i < 3; ++i) gate_->record_refusal(Action::filesystem_read, "/srv/a", "a folder");
  gate_->record_refusal(Action::filesystem_read, "/srv/a", "a pipe");
  EXPECT_EQ(ask("/srv/a"), "yes");
  gate_.reset();
  EXPECT_THAT(records_.lines, ::testing::UnorderedElementsAre("allow filesystem.read /srv/a x1 (filesystem.read /srv/*)",
                                                              "allow filesystem.read /srv/a x1 (filesystem.read /srv/*)",
                                                              "deny filesystem.read /srv/a x1 (a folder)",
                                                              "deny filesystem.read /srv/a x2 (a folder)",
                                                              "deny filesystem.read /srv/a x1 (a pipe)"));
}

TEST_F(ComponentSecurityTest, NobodyIsGrantedANameThatIsTooLongAndNoMoreOfItIsKept) {
  for (const TrustLevel trust : {TrustLevel::approved, TrustLevel::development}) {
    records_.lines.clear();
    component(set_of({capability(Action::host_call, "*")}), trust);
    const std::string name(1 << 20, 'a');
    for (int i = 0; i < 2; ++i) {
      const auto answer = gate_->check<Action::host_call>(name);
      ASSERT_FALSE(answer);
      EXPECT_EQ(answer.error()->code, Code::denied);
      EXPECT_EQ(answer.error()->reason, "host.call of a name of more than 4096 bytes is not granted to anybody");
    }
    EXPECT_EQ(records_.lines.at(0), fmt::format("deny host.call {} x1 (longer than 4096 bytes)", name.substr(0, 4097)));
    EXPECT_TRUE(gate_->check<Action::host_call>("a"));
  }
}

TEST_F(ComponentSecurityTest, AskingWhetherSomethingIsGrantedCostsNothing) {
  component(set_of({capability(Action::filesystem_read, "/srv/*")}), TrustLevel::approved, {.per_minute = 1, .burst = 1});
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(gate_->would_allow(Action::filesystem_read, "/srv/a"));
    EXPECT_FALSE(gate_->would_allow(Action::filesystem_write, "/srv/a"));
    EXPECT_FALSE(gate_->would_allow(Action::filesystem_read, "/etc/shadow"));
  }
  EXPECT_THAT(records_.lines, IsEmpty());
  EXPECT_EQ(stats_.refused.value(), 0u);
}

// Whatever is asked, granted and revoked: the answer is that of the sets at that moment, and the log has every decision once.
TEST_F(ComponentSecurityTest, AnswersAsTheSetsDoAndLosesNoDecision) {
  for (unsigned seed = 0; seed < 100; ++seed) {
    std::mt19937 random(seed);
    records_.lines.clear();
    ComponentSecurity& security =
        component({}, TrustLevel::approved, {.per_minute = RatePolicy::most, .burst = RatePolicy::most});
    std::uint64_t asked = 0;
    const auto writable = [&] { return records_.answer == AuditStatus::recorded; };
    for (int step = 0; step < 1000; ++step) {
      const auto folder = fmt::format("/d{}", random() % 8);
      switch (random() % 8) {
        case 0: EXPECT_EQ(security.grant(capability(Action::filesystem_read, folder + "/*")).has_value(), writable()); break;
        case 1:
          if (security.revoke(Action::filesystem_read, folder + "/*") && !writable()) ++asked;  // told by its number
          break;
        case 2: platform_.advance(std::chrono::seconds(random() % 5)); break;
        case 3: records_.answer = random() % 2 ? AuditStatus::recorded : AuditStatus::full; break;
        default: {
          const std::string path = fmt::format("{}/{}", folder, random() % 12);
          const bool granted = security.granted()->find(Action::filesystem_read, path) != nullptr;
          const auto answer = gate_->check<Action::filesystem_read>(path);
          if (!answer && answer.error()->code == Code::exhausted) break;
          ++asked;
          ASSERT_EQ(answer.has_value(), granted) << "seed " << seed << ", step " << step << ": " << path;
        }
      }
      if (random() % 50 == 0) gate_ = security.make_gate();
    }
    records_.answer = AuditStatus::recorded;
    gate_.reset();
    security_->make_gate()->record_refusal(Action::process_kill, "1", "to settle what was left behind");
    std::uint64_t told = 0;
    for (const std::string& line : records_.lines) {
      if (line.starts_with("allow grant") || line.starts_with("allow revoke") || line.contains("process.kill")) continue;
      told += std::stoull(line.substr(line.find(" x") + 2));
    }
    EXPECT_EQ(told, asked) << "seed " << seed;
  }
}

// What was recorded, by how many decisions it stands for; changes of the grants are not counted.
struct Counted final : AuditSink {
  std::atomic<std::uint64_t> decisions{0};
  AuditStatus record(const AuditEvent& event) noexcept override {
    if (event.action == action_name(Action::filesystem_read) || event.action == "various") decisions += event.count;
    return AuditStatus::recorded;
  }
};

TEST(ComponentSecurityThreads, CountEveryUseWhileGrantsComeAndGo) {
  constexpr std::uint64_t threads = 3, each = 20'000;
  const auto platform = real_platform();
  Counted counted;
  const ForbiddenList forbidden;
  ComponentStats stats;
  ComponentSecurity security({.component = *ComponentAddress::parse("reader"), .trust = TrustLevel::approved, .session = 1}, {},
                             RatePolicy::unlimited(), {forbidden, counted, *platform, null_log()}, stats);
  std::atomic<std::uint64_t> allowed{0}, running{threads};
  {
    std::vector<std::unique_ptr<Thread>> instances;
    for (std::uint64_t n = 0; n < threads; ++n)
      instances.push_back(platform->start_thread("instance", [&] {
        const auto gate = security.make_gate();
        for (std::uint64_t asked = 0; asked < each; ++asked)
          if (gate->check<Action::filesystem_read>(asked % 2 == 0 ? "/srv/a" : "/srv/b")) ++allowed;
        --running;
      }));
    while (running > 0) {
      ASSERT_TRUE(security.grant(capability(Action::filesystem_read, "/srv/*")));
      ASSERT_TRUE(security.revoke(Action::filesystem_read, "/srv/*"));
    }
  }
  EXPECT_EQ(counted.decisions, threads * each);
  EXPECT_LE(allowed, threads * each);
}

}  // namespace
}  // namespace airssys::wasm
