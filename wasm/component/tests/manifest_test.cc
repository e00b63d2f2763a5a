#include "airssys/wasm/component/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace airssys::wasm {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::string_view minimal = R"([package]
name = "thumbnailer"
version = "1.0.0"
authors = ["Dana <dana@example.org>"]
[build]
type = "rust"
output = "target/wasm32-wasip2/release/thumbnailer.wasm"
[resources]
max_memory = "4MiB"
max_stack = "256KiB"
[capabilities.messaging]
send = ["indexer"]
)";

Manifest read(std::string_view text) {
  auto manifest = parse_manifest(text, "Component.toml");
  if (!manifest) ADD_FAILURE() << manifest.error().message();
  return std::move(manifest).value();
}

MessagingGrants grants(const Manifest& manifest) { return MessagingGrants::of(manifest.capabilities.set); }

ComponentAddress address(std::string_view text) { return ComponentAddress::parse(text).value(); }

TEST(Manifest, OfTheMinimalExampleHasItsValuesAndTheDefaults) {
  const Manifest manifest = read(minimal);
  EXPECT_EQ(manifest.package.name.text(), "thumbnailer");
  EXPECT_EQ(manifest.package.version, "1.0.0");
  EXPECT_THAT(manifest.package.authors, ElementsAre("Dana <dana@example.org>"));
  EXPECT_EQ(manifest.package.language, Language::rust);
  ASSERT_TRUE(manifest.build);
  EXPECT_EQ(manifest.build->type, BuildType::rust);
  EXPECT_EQ(manifest.build->output, "target/wasm32-wasip2/release/thumbnailer.wasm");
  EXPECT_EQ(manifest.build->profile, BuildProfile::release);
  EXPECT_EQ(manifest.resources.max_memory, 4u << 20);
  EXPECT_EQ(manifest.resources.max_stack, 256u << 10);
  EXPECT_FALSE(manifest.resources.initial_memory);
  EXPECT_EQ(manifest.resources.max_fuel_per_execution, 1'000'000u);
  EXPECT_EQ(manifest.resources.max_execution_time, 100ms);
  EXPECT_EQ(manifest.deployment.restart, RestartKind::permanent);
  EXPECT_EQ(manifest.deployment.max_restarts, 3u);
  EXPECT_EQ(manifest.deployment.restart_window, 60s);
  EXPECT_EQ(manifest.deployment.shutdown_grace, 30s);
  EXPECT_EQ(manifest.deployment.start_timeout, 5s);
  EXPECT_FALSE(manifest.deployment.per_key);
  EXPECT_EQ(manifest.deployment.supervisor, "");
  EXPECT_TRUE(grants(manifest).allows_send(address("indexer")));
  EXPECT_FALSE(grants(manifest).allows_send(address("other")));
  EXPECT_TRUE(grants(manifest).allows_receive(address("anybody")));
  EXPECT_THAT(manifest.development_send, IsEmpty());
  EXPECT_THAT(manifest.warnings, IsEmpty());
}

TEST(Manifest, ReadsEveryKey) {
  const Manifest manifest = read(R"(
    [package]
    name = "a"
    version = "1.2.3-rc.1+build.5"
    description = "Grüße"
    authors = ["A", "B"]
    license = "Apache-2.0"
    repository = "git@git.example.org:team/a.git"
    homepage = "https://example.org"
    documentation = "https://docs.example.org/a?x=1#y"
    readme = "README.md"
    keywords = ["k"]
    categories = ["c"]
    language = "other"
    [build]
    type = "custom"
    command = "make all"
    output = "./out//a.wasm"
    target = "wasm32-wasip1"
    profile = "debug"
    flags = ["-O2", ""]
    toolchain_version = "19"
    [resources]
    max_memory = "512KiB"
    initial_memory = "64KiB"
    max_stack = "2MiB"
    max_fuel_per_execution = 9223372036854775807
    max_execution_time_ms = 600_000
    max_table_elements = 1
    max_tables = 2
    max_instances = 3
    max_memories = 4
    class = "compact"
    max_concurrent_invocations = 1
    [capabilities.messaging]
    send = ["worker-*", "photos/indexer"]
    receive_from = []
    [capabilities.rationale]
    messaging = "it hands the words on"
    [deployment]
    supervisor = "pipeline"
    restart = "transient"
    max_restarts = 0
    restart_window_s = 5
    shutdown_grace_s = 0
    start_timeout_ms = 1
    [metadata]
    anything = [1, { x = 1979-05-27 }]
    [development]
    send = ["/usr/share/dict/words", "sample.txt"]
    colour = "red"
  )");
  EXPECT_EQ(manifest.package.version, "1.2.3-rc.1+build.5");
  EXPECT_EQ(manifest.package.description, "Grüße");
  EXPECT_EQ(manifest.package.repository, "git@git.example.org:team/a.git");
  EXPECT_THAT(manifest.package.keywords, ElementsAre("k"));
  EXPECT_EQ(manifest.package.language, Language::other);
  EXPECT_EQ(manifest.build->command, "make all");
  EXPECT_EQ(manifest.build->output, "out/a.wasm");
  EXPECT_EQ(manifest.build->target, "wasm32-wasip1");
  EXPECT_EQ(manifest.build->profile, BuildProfile::debug);
  EXPECT_THAT(manifest.build->flags, ElementsAre("-O2", ""));
  EXPECT_EQ(manifest.resources.initial_memory, 64u << 10);
  EXPECT_EQ(manifest.resources.engine_class, EngineClass::compact);
  EXPECT_EQ(manifest.deployment.restart, RestartKind::transient);
  EXPECT_EQ(manifest.deployment.max_restarts, 0u);
  EXPECT_EQ(manifest.deployment.shutdown_grace, 0s);
  EXPECT_EQ(manifest.deployment.start_timeout, 1ms);
  EXPECT_EQ(manifest.deployment.supervisor, "pipeline");
  EXPECT_THAT(manifest.deployment.supervisor_place, ::testing::EndsWith(":18"));
  EXPECT_TRUE(grants(manifest).allows_send(address("worker-7")));
  EXPECT_FALSE(grants(manifest).allows_receive(address("worker-7")));
  EXPECT_THAT(manifest.development_send, ElementsAre("/usr/share/dict/words", "sample.txt"));

  const ResourceLimits limits = manifest.resources.engine_limits(77);
  EXPECT_EQ(limits.memory_bytes, 512u << 10);
  EXPECT_EQ(limits.table_elements, 1u);
  EXPECT_EQ(limits.tables, 2u);
  EXPECT_EQ(limits.instances, 3u);
  EXPECT_EQ(limits.memories, 4u);
  EXPECT_EQ(limits.fuel_per_call, 9'223'372'036'854'775'807u);
  EXPECT_EQ(limits.call_timeout, 600s);
  EXPECT_EQ(limits.message_bytes, 77u);
}

TEST(Manifest, NeedsNoBuildTable) {
  const Manifest manifest = read(R"(
    package = { name = "a", version = "0.1.0", authors = ["A"] }
    resources.max_memory = "1MiB"
    resources.max_stack = "64KiB"
  )");
  EXPECT_FALSE(manifest.build);
  EXPECT_EQ(manifest.package.language, Language::other);
  EXPECT_FALSE(grants(manifest).allows_send(address("a")));
}

TEST(Manifest, IsReadWithAByteOrderMarkAndWindowsLineEnds) {
  std::string text = "\xef\xbb\xbf";
  for (char c : minimal) text += c == '\n' ? "\r\n" : std::string(1, c);
  EXPECT_EQ(read(text).package.name.text(), "thumbnailer");
}

TEST(Manifest, TakesTheLettersThatTomlPlusPlusStumblesOver) {
  // After a line-ending backslash toml++ asks whether U+00E9 is white space, and its answer is undefined.
  const std::string text = std::string(minimal) + "[metadata]\nx = \"\"\"a \\\n  é ø ŏ\"\"\"\n";
  EXPECT_EQ(read(text).package.name.text(), "thumbnailer");
}

TEST(Manifest, TakesOldSpellingsAndSaysWhatToWrite) {
  const Manifest manifest = read(R"([component]
name = "a"
version = "1.0.0"
author = "A"
[build]
type = "c"
build_command = "make"
artifact_path = "a.wasm"
rustflags = ["-g"]
rust_version = "1"
[runtime]
memory_limit_mb = 4
fuel_limit = 7
timeout_seconds = 2
[resources]
max_stack = "64KiB"
memory-min = "1MiB"
[capabilities.messaging]
can_send_to = ["b"]
can_receive_from = ["c"]
[deployment]
auto_restart = false
shutdown_grace_period_seconds = 4
timeout_seconds = 3
)");
  EXPECT_THAT(manifest.package.authors, ElementsAre("A"));
  EXPECT_EQ(manifest.build->command, "make");
  EXPECT_EQ(manifest.build->output, "a.wasm");
  EXPECT_EQ(manifest.resources.max_memory, 4u << 20);
  EXPECT_EQ(manifest.resources.initial_memory, 1u << 20);
  EXPECT_EQ(manifest.resources.max_fuel_per_execution, 7u);
  EXPECT_EQ(manifest.resources.max_execution_time, 2s);
  EXPECT_TRUE(grants(manifest).allows_send(address("b")));
  EXPECT_TRUE(grants(manifest).allows_receive(address("c")));
  EXPECT_FALSE(grants(manifest).allows_receive(address("b")));
  EXPECT_EQ(manifest.deployment.restart, RestartKind::temporary);
  EXPECT_EQ(manifest.deployment.shutdown_grace, 4s);
  EXPECT_EQ(manifest.deployment.start_timeout, 3s);
  EXPECT_THAT(
      manifest.warnings,
      ElementsAre("Component.toml:1:2: [component] is an old name; write [package]",
                  "Component.toml:4:1: 'author' is an old spelling; write authors = [\"Dana <dana@example.org>\"]",
                  "Component.toml:7:1: 'build_command' is an old spelling; rename it to 'command'",
                  "Component.toml:8:1: 'artifact_path' is an old spelling; rename it to 'output'",
                  "Component.toml:9:1: 'rustflags' is an old spelling; rename it to 'flags'",
                  "Component.toml:10:1: 'rust_version' is an old spelling; rename it to 'toolchain_version'",
                  "Component.toml:11:2: [runtime] is an old name; write [resources]",
                  "Component.toml:12:1: 'memory_limit_mb' is an old spelling; write max_memory = \"4MiB\"",
                  "Component.toml:13:1: 'fuel_limit' is an old spelling; rename it to 'max_fuel_per_execution'",
                  "Component.toml:14:1: 'timeout_seconds' is an old spelling; write max_execution_time_ms = 2000",
                  "Component.toml:17:1: 'memory-min' is an old spelling; rename it to 'initial_memory'",
                  "Component.toml:19:1: 'can_send_to' is an old spelling; rename it to 'send'",
                  "Component.toml:20:1: 'can_receive_from' is an old spelling; rename it to 'receive_from'",
                  "Component.toml:22:1: 'auto_restart' is an old spelling; write restart = \"temporary\"",
                  "Component.toml:23:1: 'shutdown_grace_period_seconds' is an old spelling; rename it to 'shutdown_grace_s'",
                  "Component.toml:24:1: 'timeout_seconds' is an old spelling; write start_timeout_ms = 3000"));
}

TEST(Manifest, MayAskForAnInstanceOfEachKey) {
  constexpr std::string_view head =
      "[package]\nname = \"a\"\nversion = \"1.0.0\"\nauthors = [\"A\"]\n"
      "[resources]\nmax_memory = \"1MiB\"\nmax_stack = \"64KiB\"\n[deployment]\n";
  const auto with = [&](std::string_view rest) { return read(std::string(head) + std::string(rest)).deployment.per_key; };
  EXPECT_FALSE(with("instances = \"one\"\n"));
  ASSERT_TRUE(with("instances = \"per-key\"\n"));
  EXPECT_EQ(with("instances = \"per-key\"\n")->max_live_keys, 256u);
  EXPECT_EQ(with("instances = \"per-key\"\n")->passivate_after, 60s);
  EXPECT_EQ(with("instances = \"per-key\"\nmax_live_keys = 9\n")->max_live_keys, 9u);
  EXPECT_EQ(with("instances = \"per-key\"\npassivate_after_s = 5\n")->passivate_after, 5s);
  // Without keys these are keys that nobody reads.
  EXPECT_FALSE(parse_manifest(std::string(head) + "max_live_keys = 9\n", "Component.toml"));
}

TEST(Manifest, TakesTheFlatListOfTargets) {
  const Manifest manifest = read(R"([package]
name = "a"
version = "1.0.0"
authors = ["A"]
[resources]
max_memory = "1MiB"
max_stack = "64KiB"
[capabilities]
messaging = ["b"]
)");
  EXPECT_TRUE(grants(manifest).allows_send(address("b")));
  EXPECT_THAT(manifest.warnings, ElementsAre("Component.toml:9:1: a list here is an old spelling; write [capabilities.messaging] "
                                             "with send = [\"indexer\"]"));
}

}  // namespace
}  // namespace airssys::wasm
