#include "airssys/wasm/core/capability.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <initializer_list>
#include <string>

namespace airssys::wasm {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

ComponentAddress address(std::string_view text) { return ComponentAddress::parse(text).value(); }

Capability capability(std::string_view action, std::string_view pattern) {
  return Capability::parse(parse_action(action).value(), pattern).value();
}

CapabilitySet set_of(std::initializer_list<std::pair<std::string_view, std::string_view>> capabilities) {
  CapabilitySet set;
  for (const auto& [action, pattern] : capabilities) EXPECT_TRUE(set.grant(capability(action, pattern)));
  return set;
}

TEST(StoragePattern, MatchesExactlyWhatTheGrammarSays) {
  const StoragePattern all = *StoragePattern::parse("app:*");
  EXPECT_TRUE(all.matches("app:config"));
  for (const auto text : {"app2:config", "shared:app", "app:", "app:a:b", "app", "app:*", "ap:config"})
    EXPECT_FALSE(all.matches(text)) << text;
  EXPECT_EQ(StoragePattern::parse("shared:")->text(), "shared:*");
  EXPECT_TRUE(StoragePattern::parse("shared:team")->is_shared());
  EXPECT_TRUE(StoragePattern::parse("app:")->covers(*StoragePattern::parse("app:x")));
  EXPECT_FALSE(StoragePattern::parse("app:x")->covers(*StoragePattern::parse("app:*")));
  for (const auto text : {"", "app", ":x", "App:x", "app:a*", "app:*x", "app:a:b", "app:a/b"})
    EXPECT_FALSE(StoragePattern::parse(text)) << text;
  EXPECT_FALSE(StoragePattern::exactly("app:*"));
}

TEST(ProcessPattern, MatchesRealPathsAndNamesOnlyOnceTheyAreResolved) {
  EXPECT_TRUE(ProcessPattern::parse("/usr/bin/git")->matches("/usr/bin/git"));
  for (const auto path : {"/usr/bin/../bin/sh", "git", "/usr/bin/git-shell"})
    EXPECT_FALSE(ProcessPattern::parse("/usr/bin/git")->matches(path));
  const ProcessPattern git = *ProcessPattern::parse("git");
  EXPECT_TRUE(git.is_unresolved());
  EXPECT_FALSE(git.matches("/usr/bin/git"));
  EXPECT_TRUE(git.resolved("/usr/bin/git")->matches("/usr/bin/git"));
  EXPECT_FALSE(git.resolved("/usr/bin/git")->matches("/opt/bin/git"));
  EXPECT_EQ(git.resolved("/usr/bin/git")->text(), "git");
  EXPECT_TRUE(ProcessPattern::parse("*")->matches("/bin/sh"));
  EXPECT_FALSE(ProcessPattern::parse("*")->matches("sh"));
  for (const auto text : {"", "bin/git", "g*t", "..", "git status"}) EXPECT_FALSE(ProcessPattern::parse(text)) << text;
}

TEST(Action, HasTheNamesOfTheAnnotations) {
  EXPECT_EQ(action_name(Action::filesystem_read), "filesystem.read");
  EXPECT_EQ(action_name(Action::network_dns_lookup), "network.dns-lookup");
  EXPECT_EQ(action_name(Action::messaging_receive_from), "messaging.receive-from");
  EXPECT_EQ(action_name(Action::host_call), "host.call");
  for (std::size_t index = 0; index < action_count; ++index)
    EXPECT_EQ(parse_action(action_name(static_cast<Action>(index))), static_cast<Action>(index));
  EXPECT_FALSE(parse_action("filesystem.reads"));
  EXPECT_EQ(action_kind(Action::storage_admin), "storage");
  EXPECT_EQ(action_verb(Action::storage_admin), "admin");
}

TEST(CapabilitySet, DeniesWhatNoCapabilityAllows) {
  const CapabilitySet nothing;
  for (std::size_t index = 0; index < action_count; ++index)
    for (const auto resource : {"/etc/passwd", "a.b:1", "a.b", "app:x", "app", "a.b.c", ""})
      EXPECT_EQ(nothing.find(static_cast<Action>(index), resource), nullptr);
}

TEST(CapabilitySet, AllowsByActionAndResource) {
  const CapabilitySet set = set_of({{"filesystem.read", "/srv/photos/**"},
                                    {"filesystem.list", "/srv/photos/**"},
                                    {"filesystem.write", "/srv/thumbs/*.png"},
                                    {"network.outbound", "api.example.org:443"},
                                    {"network.inbound", "0.0.0.0:8080"},
                                    {"network.dns-lookup", "*.example.org"},
                                    {"storage.read", "app:*"},
                                    {"messaging.send", "indexer"},
                                    {"messaging.publish", "**"},
                                    {"messaging.subscribe", "orders.**"},
                                    {"process.spawn", "/usr/bin/git"},
                                    {"host.call", "clock"}});
  struct Case {
    Action action;
    std::string_view allowed, denied;
  };
  for (const auto& [action, allowed, denied] : {
           Case{Action::filesystem_read, "/srv/photos/a/b.jpg", "/srv/photos"},
           Case{Action::filesystem_list, "/srv/photos", "/srv"},
           Case{Action::filesystem_write, "/srv/thumbs/a.png", "/srv/photos/a/b.jpg"},
           Case{Action::network_outbound, "API.example.org.:443", "api.example.org:80"},
           Case{Action::network_inbound, "127.0.0.1:8080", "[::1]:8080"},
           Case{Action::network_dns_lookup, "a.example.org", "example.org"},
           Case{Action::storage_read, "app:default", "shared:default"},
           Case{Action::messaging_send, "default/indexer/7", "indexers"},
           Case{Action::messaging_publish, "orders.created", "sys.health"},
           Case{Action::messaging_subscribe, "orders.*", "**"},
           Case{Action::messaging_subscribe, "orders.eu", "invoices"},
           Case{Action::process_spawn, "/usr/bin/git", "/usr/bin/sh"},
           Case{Action::host_call, "clock", "clocks"},
       }) {
    const Capability* const found = set.find(action, allowed);
    ASSERT_TRUE(found) << action_name(action) << " " << allowed;
    EXPECT_EQ(found->action, action);
    EXPECT_EQ(set.find(action, denied), nullptr) << action_name(action) << " " << denied;
  }
  // A grant to read is none to write, and a path is no endpoint.
  EXPECT_EQ(set.find(Action::filesystem_delete, "/srv/photos/a/b.jpg"), nullptr);
  EXPECT_EQ(set.find(Action::network_outbound, "/srv/photos/a/b.jpg"), nullptr);
  EXPECT_EQ(set.find(Action::network_outbound, address("indexer")), nullptr);
}

TEST(CapabilitySet, KeepsActionsTogetherAndTheOrderOfGrants) {
  CapabilitySet set =
      set_of({{"messaging.send", "b"}, {"filesystem.read", "/x"}, {"messaging.send", "a"}, {"messaging.send", "b"}});
  EXPECT_THAT(set.texts(), ElementsAre("filesystem.read /x", "messaging.send b", "messaging.send a"));
  EXPECT_TRUE(set.has(Action::messaging_send, "a"));
  EXPECT_TRUE(set.revoke(Action::messaging_send, "b"));
  EXPECT_FALSE(set.revoke(Action::messaging_send, "b"));
  EXPECT_THAT(set.texts(), ElementsAre("filesystem.read /x", "messaging.send a"));
  EXPECT_EQ(set.of(Action::messaging_send).size(), 1U);
  EXPECT_EQ(set.find(Action::messaging_send, address("b")), nullptr);
  EXPECT_EQ(set, set_of({{"filesystem.read", "/x"}, {"messaging.send", "a"}}));
}

TEST(CapabilitySet, IsBounded) {
  CapabilitySet set;
  for (std::size_t n = 0; n < CapabilitySet::max_size; ++n) ASSERT_TRUE(set.grant(capability("host.call", std::to_string(n))));
  const auto more = set.grant(capability("host.call", "more"));
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().code(), Code::exhausted);
}

TEST(CapabilitySet, CoversOnlyWhatEachCapabilityOfTheOtherIsCoveredIn) {
  const CapabilitySet wide = set_of({{"filesystem.read", "/srv/**"}, {"messaging.send", "*"}});
  EXPECT_TRUE(wide.covers(CapabilitySet()));
  EXPECT_TRUE(wide.covers(set_of({{"filesystem.read", "/srv/a/*"}, {"messaging.send", "a/b*"}})));
  EXPECT_FALSE(wide.covers(set_of({{"filesystem.write", "/srv/a"}})));
  EXPECT_FALSE(wide.covers(set_of({{"filesystem.read", "/**"}})));
}

TEST(CapabilitySet, NamesTheCapabilityThatIsNearest) {
  const CapabilitySet set = set_of({{"filesystem.read", "/srv/photos/*"},
                                    {"filesystem.read", "/etc/app/*.toml"},
                                    {"filesystem.write", "/var/app/**"},
                                    {"network.outbound", "api.example.org:443"},
                                    {"network.outbound", "cdn.example.com:443"},
                                    {"messaging.send", "worker-*"}});
  struct Case {
    Action action;
    std::string_view resource, nearest;
  };
  for (const auto& [action, resource, nearest] : {
           Case{Action::filesystem_write, "/srv/photos/a.jpg", "filesystem.read /srv/photos/*"},
           Case{Action::filesystem_read, "/etc/app/sub/x.toml", "filesystem.read /etc/app/*.toml"},
           Case{Action::network_outbound, "api.example.org:80", "network.outbound api.example.org:443"},
           Case{Action::messaging_send, "workers", "messaging.send worker-*"},
       }) {
    const Capability* const found = set.nearest(action, resource);
    ASSERT_TRUE(found) << resource;
    EXPECT_EQ(to_string(*found), nearest);
  }
  EXPECT_EQ(set.nearest(Action::process_spawn, "/usr/bin/git"), nullptr);
}

TEST(SmallestGrant, AllowsExactlyWhatWasAskedFor) {
  struct Case {
    Action action;
    std::string_view resource, text;
  };
  for (const auto& [action, resource, text] : {
           Case{Action::filesystem_read, "/srv/a*b", R"(/srv/a\*b)"},
           Case{Action::filesystem_list, "/srv", "/srv/*"},
           Case{Action::filesystem_list, "/", "/*"},
           Case{Action::network_outbound, "API.example.org:443", "tcp:api.example.org:443"},
           Case{Action::network_inbound, "[::1]:0", "tcp:[::1]:*"},
           Case{Action::network_dns_lookup, "Example.org.", "example.org"},
           Case{Action::storage_write, "shared:team", "shared:team"},
           Case{Action::messaging_send, "indexer", "default/indexer/main"},
           Case{Action::messaging_publish, "orders.created", "orders.created"},
           Case{Action::messaging_subscribe, "orders.**", "orders.**"},
           Case{Action::process_spawn, "/usr/bin/[", R"(/usr/bin/\[)"},
           Case{Action::host_call, "clock", "clock"},
       }) {
    const auto grant = smallest_grant(action, resource);
    ASSERT_TRUE(grant) << grant.error().message();
    EXPECT_EQ(grant->text(), text);
    CapabilitySet set;
    ASSERT_TRUE(set.grant(*grant));
    EXPECT_NE(set.find(action, resource), nullptr) << to_string(*grant) << " for " << resource;
  }
  EXPECT_THAT(smallest_grant(Action::filesystem_read, "../x").error().message(), HasSubstr("is not absolute"));
  EXPECT_FALSE(smallest_grant(Action::storage_read, "app:*"));
  EXPECT_FALSE(smallest_grant(Action::network_inbound, "localhost:80"));
  EXPECT_FALSE(smallest_grant(Action::network_outbound, "localhost:0"));
}

TEST(MessagingGrants, DenySendingAndAllowReceivingByDefault) {
  const MessagingGrants grants;
  EXPECT_FALSE(grants.allows_send(address("counter")));
  EXPECT_TRUE(grants.allows_receive(address("photos/counter/2")));
}

TEST(MessagingGrants, AllowWhatAnyOfThePatternsMatches) {
  MessagingGrants grants;
  grants.send = {*TargetPattern::parse("counter"), *TargetPattern::parse("worker-*")};
  grants.receive_from = {*TargetPattern::parse("splitter")};
  EXPECT_TRUE(grants.allows_send(address("counter")));
  EXPECT_TRUE(grants.allows_send(address("worker-7")));
  EXPECT_FALSE(grants.allows_send(address("report")));
  EXPECT_TRUE(grants.allows_receive(address("splitter")));
  EXPECT_FALSE(grants.allows_receive(address("counter")));
}

TEST(MessagingGrants, WithNoReceiverPatternAllowNobody) {
  MessagingGrants grants;
  grants.receive_from.clear();
  EXPECT_FALSE(grants.allows_receive(address("counter")));
}

TEST(MessagingGrants, AreThoseOfTheSet) {
  const MessagingGrants grants =
      MessagingGrants::of(set_of({{"messaging.send", "counter"}, {"messaging.receive-from", "splitter"}}));
  EXPECT_TRUE(grants.allows_send(address("counter")));
  EXPECT_TRUE(grants.allows_receive(address("splitter")));
  EXPECT_FALSE(grants.allows_receive(address("counter")));
}

}  // namespace
}  // namespace airssys::wasm
