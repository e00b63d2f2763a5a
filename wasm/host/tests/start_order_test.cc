#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "airssys/base/assert.h"
#include "airssys/wasm/host/host.h"

namespace airssys::wasm {
namespace {

using ::testing::ElementsAre;

Manifest manifest(std::string_view name, const std::vector<std::string>& send) {
  std::vector<std::string> quoted;
  for (const std::string& target : send) quoted.push_back("\"" + target + "\"");
  auto parsed = parse_manifest(fmt::format("[package]\nname = \"{}\"\nversion = \"1.0.0\"\nauthors = [\"A\"]\n"
                                           "[resources]\nmax_memory = \"1MiB\"\nmax_stack = \"128KiB\"\n"
                                           "[capabilities.messaging]\nsend = [{}]\n",
                                           name, fmt::join(quoted, ", ")),
                               "Component.toml");
  AIRSSYS_ASSERT(parsed, "{}", parsed.error().message());
  return *std::move(parsed);
}

TEST(StartOrder, PutsReceiversBeforeTheirSendersAndKeepsTheRestAsGiven) {
  const Manifest counter = manifest("counter", {"report", "counter"});
  const Manifest report = manifest("report", {});
  const Manifest splitter = manifest("splitter", {"counter"});
  const Manifest alone = manifest("alone", {});
  EXPECT_THAT(start_order(std::vector{&counter, &report, &splitter, &alone}),
              ElementsAre("report", "counter", "splitter", "alone"));
  EXPECT_THAT(start_order(std::vector{&splitter, &alone}), ElementsAre("splitter", "alone"));
}

TEST(StartOrder, EndsInACycleAndIgnoresGrantsForAnyone) {
  const Manifest ping = manifest("ping", {"pong"});
  const Manifest pong = manifest("pong", {"ping"});
  const Manifest broker = manifest("broker", {"*"});
  EXPECT_THAT(start_order(std::vector{&broker, &ping, &pong}), ElementsAre("broker", "pong", "ping"));
}

}  // namespace
}  // namespace airssys::wasm
