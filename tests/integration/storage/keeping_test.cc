// Components that keep things, over crashes, hosts and each other: tests/guests/keeper.cc says what they obey.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <fstream>

#include "attack_world.h"

namespace airssys::wasm::attacks {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

struct Way {
  BackendKind backend;
  FlushMode flush;
};

class Keeping : public Attacks, public ::testing::WithParamInterface<Way> {
 protected:
  Keeping() {
    config_.storage.backend.kind = GetParam().backend;
    config_.storage.backend.directory = folders_.home() / "data";
    config_.storage.flush = GetParam().flush;
    make_host();
  }
  void keeper(std::string name, std::string_view storage = "access = \"admin\"\n", std::string further = {}) {
    run({.name = std::move(name),
         .resources = "max_fuel_per_execution = 1_000_000_000\nmax_execution_time_ms = 60000\n",
         .deployment = "max_restarts = 100\n",
         .further = fmt::format("[capabilities.storage]\n{}{}", storage, further),
         .wasm = "keeper-cpp.wasm",
         .room = "max_memory = \"8MiB\"\nmax_stack = \"256KiB\"\n"});
  }
  // Another host over the same directory.
  void begin_anew() {
    end();
    host_.reset();
    make_host();
  }
  [[nodiscard]] std::string crash(std::string_view name, std::string_view command) {
    auto answer = ask(name, fmt::format("crash {}", command));
    EXPECT_TRUE(host_->wait_idle(patience));
    return answer;
  }
};
INSTANTIATE_TEST_SUITE_P(
    Ways, Keeping,
    ::testing::Values(Way{BackendKind::memory, FlushMode::manual}, Way{BackendKind::memory, FlushMode::always},
                      Way{BackendKind::rocksdb, FlushMode::interval}, Way{BackendKind::rocksdb, FlushMode::always},
                      Way{BackendKind::sled, FlushMode::interval}, Way{BackendKind::sled, FlushMode::always}),
    [](const auto& way) { return fmt::format("{}_{}", backend_name(way.param.backend), flush_mode_name(way.param.flush)); });

TEST_P(Keeping, WhatWasSetIsThereAfterACrash) {
  keeper("counter");
  EXPECT_EQ(ask("counter", "add count"), "1");
  EXPECT_EQ(ask("counter", "add count"), "2");
  EXPECT_THAT(crash("counter", "set last words"), HasSubstr("crash"));
  EXPECT_EQ(report("counter").restarts, 1u);
  EXPECT_EQ(ask("counter", "get last"), "words");
  EXPECT_EQ(ask("counter", "add count"), "3");
  EXPECT_EQ(report("counter").kept.keys, 2u);
  end();
}

TEST_P(Keeping, WhatWasSetIsThereForTheNextHost) {
  if (GetParam().backend == BackendKind::memory) return;  // keeps nothing
  keeper("counter");
  EXPECT_EQ(ask("counter", "add count"), "1");
  EXPECT_EQ(ask("counter", "set a b"), "done");
  begin_anew();
  keeper("counter");
  EXPECT_EQ(ask("counter", "add count"), "2");
  EXPECT_EQ(ask("counter", "keys"), "a count");
  EXPECT_EQ(ask("counter", "usage"), fmt::format("17 {} 2", 50 << 20));
  end();
}

TEST_P(Keeping, NobodySeesWhatAnotherKeeps) {
  keeper("vault");
  keeper("thief");
  EXPECT_EQ(ask("vault", "set secret plans"), "done");
  for (const char* const key : {"secret", "component:default/vault:secret", "../vault:secret", ":secret", "default/vault:secret"})
    EXPECT_EQ(ask("thief", fmt::format("get {}", key)), "none") << key;
  for (const char* const prefix : {"", "component:", "c", ":", "\xf4\x8f\xbf\xbf"})
    EXPECT_EQ(ask("thief", fmt::format("scan {}", prefix)), "") << prefix;
  EXPECT_EQ(ask("thief", "page 10 secres s"), "");
  for (const char* const store :
       {"vault:default", "vault:*", "default/vault", "component:default/vault", "sys/usage", "shared:*", ":"})
    EXPECT_THAT(ask("thief", fmt::format("open {} get secret", store)), StartsWith("invalid key: ")) << store;
  EXPECT_THAT(ask("thief", "open shared:team get secret"),
              StartsWith("permission denied: storage.read 'shared:team' is not granted"));
  EXPECT_EQ(audited("thief", AuditDecision::deny, "storage.read", "shared:team"), 1u);
  EXPECT_EQ(ask("thief", "clear"), "0");
  EXPECT_EQ(ask("vault", "get secret"), "plans");
  end();
}

TEST_P(Keeping, ASharedStoreIsForThoseWhoAreGrantedIt) {
  keeper("writer", "access = \"read-write\"\nnamespaces = [\"shared:team\"]\n");
  keeper("reader", "access = \"read-only\"\nnamespaces = [\"shared:team\"]\n");
  keeper("stranger");
  EXPECT_EQ(ask("writer", "open shared:team set plan b"), "done");
  EXPECT_EQ(ask("reader", "open shared:team get plan"), "b");
  EXPECT_THAT(ask("reader", "open shared:team set plan c"), StartsWith("permission denied: storage.write 'shared:team'"));
  EXPECT_THAT(ask("stranger", "open shared:team get plan"), StartsWith("permission denied: "));
  EXPECT_EQ(audited("reader", AuditDecision::deny, "storage.write", "shared:team"), 1u);
  EXPECT_EQ(ask("writer", "get plan"), "none");
  EXPECT_THAT(ask("reader", "set mine x"), StartsWith("permission denied: storage.write 'reader:default'"));
  EXPECT_THAT(ask("writer", "clear"), StartsWith("permission denied: storage.admin 'writer:default'"));
  EXPECT_EQ(ask("writer", "open writer:notes set a 1"), "done");
  EXPECT_EQ(ask("writer", "keys"), "");
  // What is taken away is refused at once.
  ASSERT_TRUE(host_->revoke("reader", Action::storage_read, "shared:team").value_or(false));
  EXPECT_THAT(ask("reader", "open shared:team get plan"), StartsWith("permission denied: "));
  end();
}

TEST_P(Keeping, TheQuotaHoldsForWhatGrowsAndTheErrorSaysByHowMuch) {
  keeper("hoarder", "access = \"admin\"\nmax_size = \"10KiB\"\n");
  keeper("modest");
  EXPECT_EQ(ask("hoarder", "flood 100 1000"), "10: quota exceeded: 10070 of 10240 bytes are used, 1008 were asked for");
  EXPECT_EQ(ask("hoarder", "usage"), "10070 10240 10");
  EXPECT_EQ(ask("hoarder", "flood 1 1000"), "done");
  EXPECT_EQ(ask("hoarder", fmt::format("batch set a {}; set b {}", std::string(100, 'x'), std::string(100, 'x'))),
            "quota exceeded: 10070 of 10240 bytes are used, 202 were asked for");
  EXPECT_EQ(ask("hoarder", "has a"), "false");
  EXPECT_EQ(ask("hoarder", "open hoarder:more set a b"), "done");  // the same account
  EXPECT_EQ(report("hoarder").kept.bytes, 10072u);
  EXPECT_EQ(ask("modest", "set a b"), "done");
  EXPECT_EQ(ask("hoarder", "clear"), "10");
  EXPECT_EQ(ask("hoarder", "usage"), "2 10240 1");
  EXPECT_EQ(report("hoarder").restarts, 0u);
  end();
}

TEST_P(Keeping, KeysAndValuesHaveTheirLimits) {
  keeper("keeper");
  EXPECT_EQ(ask("keeper", fmt::format("set {} x", std::string(256, 'k'))), "done");
  EXPECT_EQ(ask("keeper", fmt::format("set {} x", std::string(257, 'k'))), "invalid key: a key of 257 bytes; the most is 256");
  EXPECT_THAT(ask("keeper", "set  x"), StartsWith("invalid key: "));
  EXPECT_EQ(ask("keeper", std::string("get a\0b", 7)), "invalid key: a control character at byte 2 of the key");
  EXPECT_EQ(ask("keeper", "set empty "), "done");
  EXPECT_EQ(ask("keeper", "has empty"), "true");
  EXPECT_EQ(ask("keeper", "get empty"), "");
  EXPECT_EQ(ask("keeper", "get absent"), "none");
  EXPECT_EQ(ask("keeper", fmt::format("flood 1 {}", 1 << 20)), "done");
  EXPECT_EQ(ask("keeper", fmt::format("flood 1 {}", (1 << 20) + 1)),
            fmt::format("0: value too large, the limit is {} bytes", 1 << 20));
  for (int n = 1; n <= 64; ++n) EXPECT_EQ(ask("keeper", "hold keeper:more"), std::to_string(n));
  EXPECT_THAT(ask("keeper", "hold keeper:more"), StartsWith("storage unavailable: 64 stores are open"));
  EXPECT_EQ(ask("keeper", "get empty"), "");
  end();
}

TEST_P(Keeping, OneWhoAsksTooOftenIsToldToComeLater) {
  run({.name = "eager",
       .resources = "max_execution_time_ms = 60000\n",  // ten writes wait for the disk
       .limits = "calls_per_minute = 1\nburst = 10\n",
       .further = "[capabilities.storage]\naccess = \"read-write\"\n",
       .wasm = "keeper-cpp.wasm"});
  EXPECT_THAT(ask("eager", "flood 100 1"), StartsWith("10: storage unavailable: "));
  end();
}

TEST_P(Keeping, WhatIsNotPersistentGoesWithItsComponent) {
  keeper("passing", "access = \"read-write\"\npersistent = false\n");
  keeper("lasting");
  EXPECT_EQ(ask("passing", "set a b"), "done");
  EXPECT_EQ(ask("lasting", "set a b"), "done");
  EXPECT_EQ(crash("passing", "set c d").empty(), false);
  EXPECT_EQ(ask("passing", "keys"), "a c");  // a crash is no end
  if (GetParam().backend == BackendKind::memory) return;
  begin_anew();
  keeper("passing", "access = \"read-write\"\npersistent = false\n");
  keeper("lasting");
  EXPECT_EQ(ask("passing", "keys"), "");
  EXPECT_EQ(ask("lasting", "keys"), "a");
  end();
}

TEST_P(Keeping, TheRustSdkSeesTheSame) {
  run({.name = "crab", .further = "[capabilities.storage]\naccess = \"admin\"\n", .wasm = "keeper-rust.wasm"});
  EXPECT_EQ(ask("crab", "add count"), "1");
  EXPECT_EQ(ask("crab", "add count"), "2");
  EXPECT_EQ(ask("crab", "batch set a 1; set b 2; del a"), "done");
  EXPECT_EQ(ask("crab", "scan b"), "b=2");
  EXPECT_THAT(ask("crab", "get \x01"), StartsWith("invalid key: "));
  EXPECT_EQ(ask("crab", "clear"), "2");
  end();
}

// Whoever has the directory is named to the second, which changes nothing.
TEST(KeptDirectory, IsOfOneHostAtATime) {
  const layer1::GuestFolders folders("kept");
  const auto platform = real_platform();
  HostConfig config{.storage = {.backend = {.kind = BackendKind::rocksdb, .directory = folders.home() / "data"}}};
  config.engine.max_instances = 4;
  config.engine.max_fibers = 2;
  const auto first = Host::create(config, *platform, null_log());
  ASSERT_TRUE(first) << first.error().message();
  const auto second = Host::create(config, *platform, null_log());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), Code::unavailable);
  EXPECT_THAT(second.error().message(), HasSubstr(fmt::format("{}", ::getpid())));
}

}  // namespace
}  // namespace airssys::wasm::attacks
