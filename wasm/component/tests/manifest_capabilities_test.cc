#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "airssys/wasm/component/manifest.h"

namespace airssys::wasm {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr std::string_view head =
    "[package]\nname = \"app\"\nversion = \"1.0.0\"\nauthors = [\"A\"]\n"
    "[resources]\nmax_memory = \"4MiB\"\nmax_stack = \"64KiB\"\n";  // seven lines

Manifest read(std::string_view rest) {
  auto manifest = parse_manifest(std::string(head) + std::string(rest), "C");
  if (!manifest) ADD_FAILURE() << manifest.error().message();
  return std::move(manifest).value();
}

std::string mistakes(std::string_view rest) {
  const auto manifest = parse_manifest(std::string(head) + std::string(rest), "C");
  return manifest ? "none" : manifest.error().message();
}

// Of everything but the defaults of messaging.
std::vector<std::string> granted(const CapabilitySet& set) {
  std::vector<std::string> texts = set.texts();
  std::erase(texts, "messaging.receive-from *");
  return texts;
}

TEST(ManifestCapabilities, OfAManifestWithoutAnyAreToHearEverybody) {
  const Manifest manifest = read("");
  EXPECT_THAT(manifest.capabilities.set.texts(), ElementsAre("messaging.receive-from *"));
  EXPECT_FALSE(manifest.capabilities.storage.max_size);
  EXPECT_TRUE(manifest.capabilities.storage.persistent);
  EXPECT_THAT(manifest.capabilities.custom, IsEmpty());
  EXPECT_THAT(manifest.capabilities.optional, IsEmpty());
}

TEST(ManifestCapabilities, OfEveryKindAreRead) {
  const Manifest manifest = read(R"([capabilities.filesystem]
read = ["/srv/photos/**"]
write = ["/srv/thumbs/*.png"]
delete = ["/srv/thumbs/*.png"]
list = ["/srv/thumbs/*"]
execute = ["/opt/app/bin/*"]
[capabilities.network]
outbound = ["api.example.org:443", { host = "192.0.2.7", port = 53, protocol = "udp" }, { host = "::1", port = "*" }]
inbound = ["127.0.0.1:9000", 8080]
dns_lookup = true
[capabilities.storage]
namespaces = ["app:cache", "shared:team"]
access = "admin"
max_size = "10MiB"
persistent = false
[capabilities.messaging]
send = ["indexer"]
request = ["photos/*"]
broadcast = ["worker-*"]
receive_from = ["splitter"]
publish = ["thumbs.created"]
subscribe = ["orders.*"]
[capabilities.process]
spawn = ["/usr/bin/git", "convert"]
kill = ["convert"]
signal = ["*"]
[[capabilities.custom]]
name = "gpu"
value = "2"
[capabilities.rationale]
photos = "to read them"
net = "to send them"
)");
  EXPECT_THAT(manifest.capabilities.set.texts(), ElementsAreArray({"filesystem.read /srv/photos/**",
                                                                   "filesystem.write /srv/thumbs/*.png",
                                                                   "filesystem.delete /srv/thumbs/*.png",
                                                                   "filesystem.list /srv/thumbs/*",
                                                                   "filesystem.execute /opt/app/bin/*",
                                                                   "network.outbound api.example.org:443",
                                                                   "network.outbound udp:192.0.2.7:53",
                                                                   "network.outbound [::1]:*",
                                                                   "network.inbound 127.0.0.1:9000",
                                                                   "network.inbound 0.0.0.0:8080",
                                                                   "network.dns-lookup *",
                                                                   "storage.read app:*",
                                                                   "storage.read app:cache",
                                                                   "storage.read shared:team",
                                                                   "storage.write app:*",
                                                                   "storage.write app:cache",
                                                                   "storage.write shared:team",
                                                                   "storage.admin app:*",
                                                                   "storage.admin app:cache",
                                                                   "storage.admin shared:team",
                                                                   "messaging.send indexer",
                                                                   "messaging.request photos/*",
                                                                   "messaging.broadcast worker-*",
                                                                   "messaging.receive-from splitter",
                                                                   "messaging.publish thumbs.created",
                                                                   "messaging.subscribe orders.*",
                                                                   "process.spawn /usr/bin/git",
                                                                   "process.spawn convert",
                                                                   "process.kill convert",
                                                                   "process.signal *"}));
  EXPECT_EQ(manifest.capabilities.storage.max_size, 10u << 20);
  EXPECT_FALSE(manifest.capabilities.storage.persistent);
  ASSERT_EQ(manifest.capabilities.custom.size(), 1u);
  EXPECT_EQ(manifest.capabilities.custom[0].name, "gpu");
  EXPECT_EQ(manifest.capabilities.custom[0].value, "2");
  EXPECT_EQ(manifest.capabilities.custom[0].place, "C:34:1");
  EXPECT_THAT(manifest.capabilities.rationale, ElementsAre(Pair("photos", "to read them"), Pair("net", "to send them")));
  EXPECT_THAT(manifest.warnings, IsEmpty());
  const Capability* const found = manifest.capabilities.set.find(Action::network_outbound, "udp:192.0.2.7:53");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->place, "C:15:36");
}

TEST(ManifestCapabilities, AreWhatIsMeantWhereSomethingIsLeftOut) {
  struct Case {
    std::string_view said;
    std::vector<std::string> meant;
  };
  for (const auto& [said, meant] : {
           Case{"[capabilities.filesystem]\nread = [\"/a/**\"]", {"filesystem.read /a/**", "filesystem.list /a/**"}},
           Case{"[capabilities.filesystem]\nread = [\"/a/**\"]\nlist = []", {"filesystem.read /a/**"}},
           Case{"[capabilities.network]\noutbound = [\"*.a.org:1\", \"192.0.2.7:1\"]",
                {"network.outbound *.a.org:1", "network.outbound 192.0.2.7:1", "network.dns-lookup *.a.org"}},
           Case{"[capabilities.network]\noutbound = [\"a.org:1\"]\ndns_lookup = false", {"network.outbound a.org:1"}},
           Case{"[capabilities.network]\ninbound = [1]", {"network.inbound 0.0.0.0:1"}},
           Case{"[capabilities.storage]", {"storage.read app:*", "storage.write app:*"}},
           Case{"[capabilities.storage]\naccess = \"read-only\"\nnamespaces = [\"shared:\"]",
                {"storage.read app:*", "storage.read shared:*"}},
           Case{"[capabilities.storage]\naccess = \"none\"", {}},
           Case{"[capabilities.messaging]\nsend = [\"b\"]", {"messaging.send b", "messaging.request b"}},
           Case{"[capabilities.messaging]\nsend = [\"b\"]\nrequest = []", {"messaging.send b"}},
       })
    EXPECT_EQ(granted(read(said).capabilities.set), meant) << said;
  EXPECT_THAT(read("[capabilities.messaging]\nreceive_from = []").capabilities.set.texts(), IsEmpty());
}

TEST(ManifestCapabilities, AreReadInTheirOldSpellings) {
  struct Case {
    std::string_view said;
    std::vector<std::string> meant, warnings;
  };
  for (const auto& [said, meant, warnings] : {
           Case{"[capabilities.file_system]\nread = [\"/a\"]\nlist = []",
                {"filesystem.read /a"},
                {"C:8:15: [file_system] is an old name; write [capabilities.filesystem]"}},
           Case{"[permissions.filesystem]\nwrite = [\"/a\"]",
                {"filesystem.write /a"},
                {"C:8:2: [permissions] is an old name; write [capabilities]"}},
           Case{"[capabilities]\nfilesystem = [\"read:/a\", \"write:/b\", \"list:/c/*\"]",
                {"filesystem.read /a", "filesystem.write /b", "filesystem.list /c/*"},
                {"C:9:1: a list here is an old spelling; write [capabilities.filesystem] with read = [\"/srv/photos/**\"]"}},
           Case{"[capabilities.network]\noutbound = [\"connect:a.org:1\"]\nbind = [\"127.0.0.1:2\"]\ndns_lookup = false",
                {"network.outbound a.org:1", "network.inbound 127.0.0.1:2"},
                {"C:9:13: 'connect:' before an endpoint is an old spelling; write 'a.org:1'",
                 "C:10:1: 'bind' is an old spelling; rename it to 'inbound'"}},
           Case{
               "[capabilities]\nnetwork = [\"connect:192.0.2.7:1\", \"bind:127.0.0.1:2\"]",
               {"network.outbound 192.0.2.7:1", "network.inbound 127.0.0.1:2"},
               {"C:9:1: a list here is an old spelling; write [capabilities.network] with outbound = [\"api.example.org:443\"]"}},
           Case{"[permissions]\nstorage = { access = \"read-only\", quota_mb = 3 }",
                {"storage.read app:*"},
                {"C:8:2: [permissions] is an old name; write [capabilities]",
                 "C:9:35: 'quota_mb' is an old spelling; write max_size = \"3MiB\""}},
           Case{"[capabilities]\nstorage = [\"shared:team\"]",
                {"storage.read app:*", "storage.read shared:team", "storage.write app:*", "storage.write shared:team"},
                {"C:9:1: a list here is an old spelling; write [capabilities.storage] with namespaces = [\"shared:team\"]"}},
           Case{"[storage]\nmax_size = \"3MiB\"",
                {},
                {"C:8:1: [storage] is an old name; write max_size into [capabilities.storage]"}},
           Case{"[capabilities.messaging]\ncan_subscribe_events = true",
                {"messaging.subscribe **"},
                {"C:9:1: 'can_subscribe_events' is an old spelling; write subscribe = [\"**\"], or the topics it needs"}},
           Case{"[capabilities.process]\nspawn = false", {}, {"C:9:1: 'spawn' = false is an old spelling; remove it"}},
       }) {
    const Manifest manifest = read(said);
    EXPECT_EQ(granted(manifest.capabilities.set), meant) << said;
    EXPECT_THAT(manifest.warnings, ElementsAreArray(warnings)) << said;
  }
  EXPECT_EQ(read("[storage]\nmax_size = \"3MiB\"").capabilities.storage.max_size, 3u << 20);
}

TEST(ManifestCapabilities, MayBeOptional) {
  const Manifest manifest = read(R"([capabilities.messaging]
send = ["b"]
[[capabilities.optional]]
network = { outbound = ["a.org:443"] }
rationale = { net = "looks for a newer version" }
[[capabilities.optional]]
[capabilities.optional.storage]
access = "read-only"
)");
  EXPECT_THAT(granted(manifest.capabilities.set), ElementsAre("messaging.send b", "messaging.request b"));
  ASSERT_EQ(manifest.capabilities.optional.size(), 2u);
  EXPECT_THAT(manifest.capabilities.optional[0].set.texts(),
              ElementsAre("network.outbound a.org:443", "network.dns-lookup a.org"));
  EXPECT_THAT(manifest.capabilities.optional[0].rationale, ElementsAre(Pair("net", "looks for a newer version")));
  EXPECT_THAT(manifest.capabilities.optional[1].set.texts(), ElementsAre("storage.read app:*"));
}

TEST(ManifestCapabilities, ThatAreWrongAreNamedWithTheirPlace) {
  struct Case {
    std::string_view said, mistake;
  };
  for (const auto& [said, mistake] : {
           Case{"[capabilities.filesystem]\nread = [\"/a\", \"../b\"]",
                "C:9:15: 'read' is wrong: '../b': path pattern at byte 1: is not absolute; begin it with '/'"},
           Case{"[capabilities.filesystem]\nreads = []",
                "C:9:1: unknown key 'reads' in [capabilities.filesystem]; did you mean 'read'?"},
           Case{"[capabilities]\nfilesystem = [\"raed:/a\"]",
                "C:9:15: 'filesystem' has 'raed:/a', which begins with no known word and ':'; write filesystem = { read = "
                "[\"/srv/photos/**\"] }"},
           Case{"[capabilities]\nfilesystem = 1",
                "C:9:14: 'filesystem' must be a table, found an integer; write [capabilities.filesystem]"},
           Case{"[capabilities.network]\noutbound = [\"a.org\"]",
                "C:9:13: 'outbound' is wrong: 'a.org': endpoint at byte 6: there is no port; add ':443', or ':*' for any"},
           Case{"[capabilities.network]\noutbound = [8080]",
                "C:9:13: 'outbound' must be a list of endpoints, found an integer in it; write outbound = "
                "[\"api.example.org:443\"]"},
           Case{"[capabilities.network]\ninbound = [0]",
                "C:9:12: 'inbound' is wrong: '0.0.0.0:0': endpoint at byte 9: the port is '0', must be 1 to 65535"},
           Case{"[capabilities.network]\ninbound = [\"localhost:1\"]",
                "C:9:12: 'inbound' is wrong: 'localhost:1': endpoint at byte 1: names are not for listening; write an address of "
                "this "
                "machine, 0.0.0.0 for all of IPv4"},
           Case{"[capabilities.network]\noutbound = [{ host = \"a.org\" }]",
                "C:9:13: an endpoint of 'outbound' has no 'port'; add port = 443"},
           Case{"[capabilities.network]\noutbound = [{ host = \"a.org\", port = 1, protocol = \"htp\" }]",
                "C:9:52: 'protocol' is 'htp', must be one of tcp, udp, http, https; did you mean 'http'?"},
           Case{"[capabilities.network]\ndns_lookup = \"yes\"",
                "C:9:14: 'dns_lookup' must be true or false, found a string; write dns_lookup = true"},
           Case{"[capabilities.network]\ninbound = []\nbind = []",
                "C:10:1: 'bind' sets the same as 'inbound' in line 9; keep one, as inbound = [\"127.0.0.1:8080\"]"},
           Case{"[capabilities.storage]\nnamespaces = [\"other:x\"]",
                "C:9:15: 'namespaces' has 'other:x' of another component; write 'app:…' or 'shared:…'"},
           Case{"[capabilities.storage]\nnamespaces = [\"app\"]",
                "C:9:15: 'namespaces' is wrong: 'app': storage namespace at byte 4: there is no ':'; write <component>:<name>, "
                "shared:<name>, or '*' for the name"},
           Case{"[capabilities.storage]\nnamespaces = [\"shared:x\"]\naccess = \"none\"",
                "C:9:15: 'namespaces' mean nothing with access = \"none\"; leave out one of both"},
           Case{"[capabilities.storage]\nmax_size = \"11GB\"",
                "C:9:12: 'max_size' is 11GiB, must be 0B to 10GiB; write max_size = \"10MiB\""},
           Case{"[capabilities.storage]\nmax_size = \"1MiB\"\n[storage]\nmax_size = \"2MiB\"",
                "C:10:1: [storage] sets the same as max_size in [capabilities.storage]; keep that one"},
           Case{"[capabilities.messaging]\npublish = [\"Orders\"]",
                "C:9:12: 'publish' is wrong: topic pattern 'Orders': segment 1 'Orders' has something else than a-z, 0-9, '_' "
                "and '-'"},
           Case{"[capabilities.messaging]\npublish = [\"sys.health\"]",
                "C:9:12: 'publish' has 'sys.health'; topics that begin with 'sys' are the host's, choose another name"},
           Case{
               "[capabilities.process]\nspawn = [\"bin/git\"]",
               "C:9:10: 'spawn' is wrong: 'bin/git': program at byte 4: a path has to be absolute; write an absolute path, as in "
               "'/usr/bin/git', or a bare name, as in 'git'"},
           Case{"[capabilities.process]\nspawn = true",
                "C:9:9: 'spawn' must be a list of strings, found a boolean; write spawn = [\"/usr/bin/git\"]"},
           Case{"[capabilities]\ncustom = { name = \"a\" }",
                "C:9:10: 'custom' must be a list of tables, found a table; write [[capabilities.custom]]"},
           Case{"[[capabilities.custom]]\nname = \"gpu\"", "C:8:1: [[capabilities.custom]] has no 'value'; add value = \"2\""},
           Case{"[capabilities]\noptional = [1]",
                "C:9:13: 'optional' must be a list of tables, found an integer in it; write [[capabilities.optional]]"},
           Case{"[[capabilities.optional]]\noptional = []",
                "C:9:1: unknown key 'optional' in [[capabilities.optional]]; known are filesystem, network, storage, messaging, "
                "process, custom, rationale"},
           Case{"[[capabilities.optional]]\nfilesystem = { read = [\"b\"] }",
                "C:9:24: 'read' is wrong: 'b': path pattern at byte 1: is not absolute; begin it with '/'"},
       })
    EXPECT_EQ(mistakes(said), mistake) << said;
}

TEST(ManifestCapabilities, AreBounded) {
  std::string said = "[capabilities.messaging]\n";
  for (const std::string_view key : {"send", "broadcast", "receive_from", "request"}) {
    said += std::string(key) + " = [";
    for (int n = 0; n < 1024; ++n) said += "\"a" + std::to_string(n) + "\",";
    said += "]\n";
  }
  EXPECT_EQ(read(said).capabilities.set.size(), CapabilitySet::max_size);
  said += "publish = [\"a\"]\n";
  EXPECT_EQ(mistakes(said), "C:13:12: 'publish' is wrong: a component may have 4096 capabilities; write wider patterns");
}

}  // namespace
}  // namespace airssys::wasm
