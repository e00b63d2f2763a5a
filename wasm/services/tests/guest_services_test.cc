#include "airssys/wasm/services/guest_services.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "airssys/base/sim_platform.h"
#include "airssys/wasm/core/testing/fixed_gate.h"

namespace airssys::wasm {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using namespace std::chrono_literals;

struct Lines final : LogSink {
  std::vector<std::string> texts;
  std::vector<std::vector<std::pair<std::string, std::string>>> fields;
  void write(const LogRecord& record) noexcept override {
    texts.emplace_back(record.text);
    fields.emplace_back(record.fields.begin(), record.fields.end());
  }
};

struct World {
  SimPlatform platform{1};
  Lines lines;
  ComponentStats stats;
  ComponentDirectory directory;
  testing::FixedGate gate;
  GuestServices services{{.self = *ComponentAddress::parse("noisy"), .functions = {}}, gate, directory, platform, lines, stats};
};

TEST(GuestServices, LetsNothingThroughThatSteersATerminal) {
  World world;
  for (const char* raw : {"\x1b[31mred", "a\nb\r", "\x7f",
                          "\xC2\x9B"
                          "31m"})
    world.services.log(LogLevel::info, raw, {});
  EXPECT_THAT(world.lines.texts, ElementsAre("\\x1b[31mred", "a\\x0ab\\x0d", "\\x7f", "\\xc2\\x9b31m"));
  world.services.log(LogLevel::info, "gr\xC3\xBC\xC3\x9F \xC2\xA7 \xE2\x9C\x93", {});
  EXPECT_EQ(world.lines.texts.back(), "gr\xC3\xBC\xC3\x9F \xC2\xA7 \xE2\x9C\x93");
}

TEST(GuestServices, CutsALineBetweenCharactersAndSaysSo) {
  World world;
  const std::string fits(GuestServices::max_line_bytes, 'x');
  world.services.log(LogLevel::info, fits, {});
  EXPECT_EQ(world.lines.texts.back(), fits);
  world.services.log(LogLevel::info, fits.substr(1) + "\xC3\xBC", {});
  EXPECT_EQ(world.lines.texts.back(), fits.substr(1) + "...");
}

TEST(GuestServices, PassesALineOnUnderTheComponentsName) {
  World world;
  world.services.log(LogLevel::info, "hello", {});
  EXPECT_THAT(world.lines.texts, ElementsAre("hello"));
  EXPECT_EQ(world.stats.log_lines.value(), 1u);
}

TEST(GuestServices, BoundsAndEscapesFields) {
  World world;
  std::vector<LogField> fields(40, LogField{"k\n", "v\x1b"});
  world.services.log(LogLevel::info, "x", fields);
  ASSERT_EQ(world.lines.fields[0].size(), GuestServices::max_fields);
  EXPECT_EQ(world.lines.fields[0][0], (std::pair<std::string, std::string>{"k\\x0a", "v\\x1b"}));
}

TEST(GuestServices, KeepsFieldsWithTheirLine) {
  World world;
  const std::vector<LogField> fields{{"file", "GPL-3"}, {"words", "5644"}};
  world.services.log(LogLevel::info, "counted", fields);
  EXPECT_EQ(world.lines.texts.back(), "counted");
  EXPECT_THAT(world.lines.fields.back(), ElementsAre(Pair("file", "GPL-3"), Pair("words", "5644")));
}

TEST(GuestServices, SaysAtItsEndWhatItHadSuppressed) {
  Lines lines;
  SimPlatform platform{1};
  ComponentStats stats;
  {
    const ComponentDirectory directory;
    testing::FixedGate gate;
    GuestServices services({.self = *ComponentAddress::parse("noisy"), .functions = {}}, gate, directory, platform, lines, stats);
    for (std::uint32_t i = 0; i <= GuestServices::max_lines_per_second; ++i) services.log(LogLevel::info, "x", {});
  }
  EXPECT_THAT(lines.texts.back(), HasSubstr("1 log lines suppressed"));
  EXPECT_EQ(stats.log_lines.value(), GuestServices::max_lines_per_second + 1);
}

TEST(GuestServices, TellsTheTimesOfThePlatform) {
  World world;
  world.platform.advance(90s);
  EXPECT_EQ(world.services.current_time(), world.platform.wall_now());
  EXPECT_EQ(world.services.monotonic_now(), world.platform.now());
}

TEST(GuestServices, SuppressesAFloodAndSaysHowMuchWhenItIsOver) {
  World world;
  for (std::uint32_t i = 0; i < GuestServices::max_lines_per_second + 25; ++i) world.services.log(LogLevel::info, "x", {});
  EXPECT_EQ(world.lines.texts.size(), GuestServices::max_lines_per_second);
  world.platform.advance(1s);
  world.services.log(LogLevel::info, "quiet again", {});
  ASSERT_EQ(world.lines.texts.size(), GuestServices::max_lines_per_second + 2);
  EXPECT_THAT(world.lines.texts[GuestServices::max_lines_per_second], HasSubstr("25 log lines suppressed"));
  EXPECT_EQ(world.lines.texts.back(), "quiet again");
}

TEST(GuestServices, FillsAllOfARangeWithBytesThatNobodyPredicts) {
  World world;
  std::array<std::byte, 64> one{}, other{};
  world.services.fill_random(one);
  world.services.fill_random(other);
  EXPECT_NE(one, other);
  EXPECT_FALSE(std::ranges::all_of(std::span(one).last(16), [](std::byte b) { return b == std::byte{}; }));
}

// --- who else is there, and the program around the host

struct Neighbours {
  SimPlatform platform{1};
  Lines lines;
  ComponentStats stats;
  ComponentDirectory directory;
  KnownMetadata known;
  std::vector<EmbedderFunction> functions;
  testing::FixedGate gate;
  GuestServices services{
      {.self = *ComponentAddress::parse("app/self/main"), .functions = {}}, gate, directory, platform, lines, stats};

  explicit Neighbours(std::initializer_list<const char*> addresses) {
    gate.grant(Action::messaging_send, "app/*").grant(Action::messaging_send, "absent");
    known.set({.name = "friend", .version = "1.2.3"});
    for (const char* address : addresses)
      EXPECT_TRUE(directory.add(
          std::make_shared<const DirectoryEntry>(DirectoryEntry{*ComponentAddress::parse(address), {}, {}, stats, {}, &known})));
  }
};

TEST(GuestServices, NamesThoseThatItMaySendToAndItselfInOrder) {
  Neighbours world({"other", "app/zebra", "app/self/main", "app/ant/2"});
  EXPECT_THAT(world.services.list_components(), ElementsAre("app/ant/2", "app/self/main", "app/zebra/main"));
}

TEST(GuestServices, TellsWhatANeighbourSaysOfItself) {
  Neighbours world({"app/friend"});
  const MetadataResult found = world.services.component_metadata("app/friend");
  ASSERT_EQ(found.failure, ServicesFailure::none);
  EXPECT_EQ(found.metadata->version, "1.2.3");
  EXPECT_THAT(world.gate.refusals, IsEmpty());
}

TEST(GuestServices, SaysTheSameOfWhatIsNotGrantedWhetherItExistsOrNot) {
  Neighbours world({"secret"});
  for (const char* id : {"secret", "nobody"}) {
    const MetadataResult denied = world.services.component_metadata(id);
    EXPECT_EQ(denied.failure, ServicesFailure::permission_denied);
    EXPECT_EQ(denied.reason, "messaging.send 'default/" + std::string(id) + "/main' is not granted");
    EXPECT_EQ(denied.metadata, nullptr);
  }
  EXPECT_EQ(world.gate.refusals.size(), 2u);
}

TEST(GuestServices, FindsNobodyWhereNobodyIsAndWhereNoAddressIs) {
  Neighbours world({});
  for (const std::string& id : {std::string("absent"), std::string(), std::string("a//b"), std::string(1 << 20, 'a')})
    EXPECT_EQ(world.services.component_metadata(id).failure, ServicesFailure::not_found);
}

TEST(GuestServices, FindsNoMetadataOfWhoHasNotSpokenYet) {
  Neighbours world({});
  const KnownMetadata silent;
  ASSERT_TRUE(world.directory.add(std::make_shared<const DirectoryEntry>(
      DirectoryEntry{*ComponentAddress::parse("app/silent"), {}, {}, world.stats, {}, &silent})));
  EXPECT_EQ(world.services.component_metadata("app/silent").failure, ServicesFailure::not_found);
}

class EmbedderFunctions : public ::testing::Test {
 protected:
  HostCallResult call(std::string_view self, std::string_view name, std::string_view payload = "") {
    GuestServices services({.self = *ComponentAddress::parse(self), .functions = functions_}, gate_, directory_, platform_,
                           lines_, stats_);
    return services.call_host_function(name, std::as_bytes(std::span(payload)));
  }

  testing::FixedGate gate_;
  SimPlatform platform_{1};
  Lines lines_;
  ComponentStats stats_;
  ComponentDirectory directory_;
  const std::vector<EmbedderFunction> functions_{
      {"greet",
       {*TargetPattern::parse("app/*")},
       [](const EmbedderCall& call) -> Result<Bytes> {
         if (call.payload.empty()) return fail(Code::invalid_argument, "nobody to greet");
         return Bytes::copy_of(std::string(call.caller.name()) + " greets " + std::string(Bytes::copy_of(call.payload).text()));
       }},
      {"closed", {}, [](const EmbedderCall&) -> Result<Bytes> { return Bytes(); }},
      {"read", {}, [](const EmbedderCall& call) -> Result<Bytes> {
         const auto permit = call.gate.check<Action::filesystem_read>(Bytes::copy_of(call.payload).text());
         if (!permit) return fail(permit.error()->code, permit.error()->reason);
         return Bytes::copy_of("read");
       }}};
};

TEST_F(EmbedderFunctions, AnswerThoseThatAreGrantedThem) {
  gate_.grant(Action::host_call, "greet");
  const HostCallResult answered = call("app/self", "greet", "you");
  EXPECT_EQ(answered.failure, ServicesFailure::none);
  EXPECT_EQ(answered.reply.text(), "self greets you");
  const HostCallResult failed = call("app/self", "greet");
  EXPECT_EQ(failed.failure, ServicesFailure::failed);
  EXPECT_EQ(failed.reason, "nobody to greet");
}

TEST_F(EmbedderFunctions, AreDeniedToAllOthersWhetherTheyAreThereOrNot) {
  for (const char* name : {"greet", "closed", "absent"}) {
    const HostCallResult denied = call("app/self", name, "x");
    EXPECT_EQ(denied.failure, ServicesFailure::permission_denied);
    EXPECT_EQ(denied.reason, "host.call '" + std::string(name) + "' is not granted");
  }
  EXPECT_EQ(gate_.refusals.size(), 3u);
}

TEST_F(EmbedderFunctions, MayActInTheNameOfTheirCallerOnly) {
  gate_.grant(Action::host_call, "read").grant(Action::filesystem_read, "/srv/*");
  EXPECT_EQ(call("app/self", "read", "/srv/a").reply.text(), "read");
  const HostCallResult denied = call("app/self", "read", "/etc/passwd");
  EXPECT_EQ(denied.failure, ServicesFailure::permission_denied);
  EXPECT_EQ(denied.reason, "filesystem.read '/etc/passwd' is not granted");
}

TEST_F(EmbedderFunctions, SayWhenThereMayBeAnAnswerLater) {
  gate_.grant(Action::host_call, "greet").refuse_all({Code::exhausted, "too many calls"});
  const HostCallResult refused = call("app/self", "greet", "x");
  EXPECT_EQ(refused.failure, ServicesFailure::failed);
  EXPECT_EQ(refused.reason, "too many calls");
}

}  // namespace
}  // namespace airssys::wasm
