#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "../src/json.h"
#include "airssys/base/units.h"
#include "airssys/wasm/security/approvals.h"
#include "fakes.h"

namespace airssys::cli {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using testing::FakeComponent;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;
using testing::World;
using Json = nlohmann::json;

// A folder of its own for the files of one test.
class Run : public ::testing::Test {
 protected:
  Run() {
    folder_ = std::filesystem::path(::testing::TempDir()) /
              (std::string("cli_run_") + ::testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~Run() override { std::filesystem::remove_all(folder_); }
  std::string file(const std::string& name, const std::string& content) {
    std::ofstream(folder_ / name) << content;
    return (folder_ / name).string();
  }
  [[nodiscard]] Json json() const { return Json::parse(world_.out()); }

  std::filesystem::path folder_;
  World world_;
};

TEST_F(Run, SendsAFileAndEndsWithTheTable) {
  auto& echo = world_.add("echo", {.name = "echo"});
  EXPECT_EQ(world_.run({"run", "echo", "--send", "echo=" + file("a", "hello\n")}), 0);
  EXPECT_THAT(echo.taken, ElementsAre("hello\n"));
  EXPECT_THAT(world_.out(), AllOf(StartsWith("component  state"), HasSubstr("\necho       stopped   1    0        1"),
                                  EndsWith("1 component, 0 ns\n")));
  EXPECT_THAT(world_.err(), HasSubstr("info  supervisor  echo: started\n"));
}

TEST_F(Run, RunsTheComponentsOfSeveralFoldersInTheirOrder) {
  world_.add("x/a", {.name = "a"});
  world_.add("x/b", {.name = "b"});
  world_.add("c", {.name = "c"});
  EXPECT_EQ(world_.run({"run", "c", "x", "--json"}), 0);
  std::vector<std::string> names;
  const Json document = json();
  for (const auto& component : document["components"]) names.push_back(component["name"]);
  EXPECT_THAT(names, ElementsAre("c", "a", "b"));
}

TEST_F(Run, SizesTheEngineForTheComponentsAtHand) {
  world_.add("a", {.name = "a"});
  world_.run({"run", "a"});
  EXPECT_EQ(world_.backend.created_with->engine.max_instances, 4u);
  EXPECT_EQ(world_.backend.created_with->engine.cache_directory, "/home/.airssys/cache");
  EXPECT_LT(world_.backend.created_with->shutdown_timeout, std::chrono::seconds(2));
  world_.environment["AIRSSYS_WASM_HOME"] = "/elsewhere";
  world_.run({"run", "a"});
  EXPECT_EQ(world_.backend.created_with->engine.cache_directory, "/elsewhere/cache");
}

TEST_F(Run, RefusesToGoOnWithoutAPlaceForDecisionsAndTheirRecord) {
  world_.add("a", {.name = "a"});
  world_.environment.clear();
  EXPECT_EQ(world_.run({"run", "a"}), 7);
  EXPECT_FALSE(world_.backend.created_with);
  EXPECT_THAT(world_.err(),
              HasSubstr("error: no home folder is known, in which keys and decisions are kept; set AIRSSYS_WASM_HOME "
                        "or HOME\n"));
}

TEST_F(Run, RaisesTheWallAroundWhatItNeedsAndNoMore) {
  world_.add("a", {.name = "a"});
  EXPECT_EQ(world_.run({"run", "a", "--send", "a=" + file("m", "1")}), 0);
  ASSERT_EQ(world_.backend.walls.size(), 1u);
  const wasm::ProcessWall& wall = world_.backend.walls.front();
  EXPECT_THAT(wall.write, ElementsAre("/home/.airssys"));
  EXPECT_THAT(wall.read, Contains(std::filesystem::current_path() / "a"));
  EXPECT_FALSE(wall.network);
  EXPECT_EQ(world_.run({"run", "a", "--no-wall"}), 0);
  EXPECT_EQ(world_.backend.walls.size(), 1u);
}

TEST_F(Run, SaysWhatTheKernelLacksOfTheWallAndThatTheWallCanBeLeftOut) {
  world_.add("a", {.name = "a"});
  world_.backend.wall = wasm::WallReport{.missing = {"files are not walled off"}};
  EXPECT_EQ(world_.run({"run", "a"}), 0);
  EXPECT_THAT(world_.err(), HasSubstr("hint: files are not walled off\n"));
  world_.backend.wall = std::unexpected(Error(Code::io, "Landlock: no"));
  EXPECT_EQ(world_.run({"run", "a"}), 1);
  EXPECT_THAT(world_.err(), HasSubstr("error: run: --no-wall does without: Landlock: no\n"));
}

TEST_F(Run, ShowsABannerInDevelopmentModeAndWhatWasRecorded) {
  world_.add("a", {.name = "a"});
  world_.backend.development_mode = true;
  wasm::PermissionRecorder::Recorded needed;
  EXPECT_TRUE(needed.needed.grant(*wasm::Capability::parse(wasm::Action::filesystem_read, "/srv/a")));
  world_.backend.recorded["default/a/main"] = needed;
  EXPECT_EQ(world_.run({"run", "a", "--record-permissions"}), 0);
  EXPECT_TRUE(world_.backend.safeguarded_with->record_permissions);
  EXPECT_TRUE(world_.backend.closed_safeguards);
  EXPECT_THAT(world_.err(), HasSubstr("warning: DEVELOPMENT MODE: "));
  EXPECT_THAT(world_.out(),
              HasSubstr("\n# default/a/main: what it needed in this run\n[capabilities.filesystem]\nread = [\"/srv/a\"]\n"));
}

TEST_F(Run, IsInDevelopmentModeWhenTheEnvironmentSaysSo) {
  world_.add("a", {.name = "a"});
  EXPECT_EQ(world_.run({"run", "a"}), 0);
  EXPECT_FALSE(world_.backend.safeguarded_with->development_mode);
  world_.environment["AIRSSYS_WASM_DEV_MODE"] = "1";
  world_.backend.development_mode = true;
  EXPECT_EQ(world_.run({"run", "a"}), 0);
  EXPECT_EQ(world_.backend.safeguarded_with->development_mode, true);
  EXPECT_THAT(world_.err(), HasSubstr("warning: DEVELOPMENT MODE: "));
  EXPECT_THAT(world_.err(), HasSubstr("To unset AIRSSYS_WASM_DEV_MODE ends it\n"));
}

// Somebody at a terminal, in front of a component that asks for what nobody has decided about.
class Review : public Run {
 protected:
  Review() {
    world_.environment["HOME"] = folder_.string();
    world_.console.terminal = true;
    wasm::ApprovalRecord record{.request = {.name = "a",
                                            .author = "sha256:" + std::string(64, 'a'),
                                            .version = "1.0.0",
                                            .source = "/opt/a",
                                            .rationale = {{"messaging.send", "tells everybody"}}},
                                .requested_at = "2026-01-31T12:00:00Z"};
    EXPECT_TRUE(record.request.requested.grant(*wasm::Capability::parse(wasm::Action::messaging_send, "*")));
    id_ = record.request.id();
    EXPECT_TRUE(approvals_.save(record));
    add("a");
  }
  FakeComponent& add(const std::string& name) {
    return world_.add(name, {.name = name,
                             .add_error = Error(Code::approval_needed, name + ": asks; approve " + id_).with("request", id_),
                             .added_when_tried_again = true});
  }
  [[nodiscard]] wasm::ApprovalState state() const { return approvals_.find(id_)->state; }
  const wasm::Approvals approvals_{folder_ / ".airssys/approvals"};
  std::string id_;
};

TEST_F(Review, LetsWhoIsAtTheTerminalApproveAndGoesOn) {
  world_.console.input = {"a\n"};
  EXPECT_EQ(world_.run({"run", "a"}), 0) << world_.err();
  EXPECT_THAT(world_.err(), AllOf(HasSubstr("messaging.send *"), HasSubstr("is every component or topic there is"),
                                  HasSubstr("messaging.send: tells everybody\n"), HasSubstr("[a]pprove, [t]rust"),
                                  HasSubstr("a: started"), Not(HasSubstr("error:"))));
  EXPECT_EQ(state(), wasm::ApprovalState::approved);
  EXPECT_EQ(world_.backend.trust_was_reread, 1);
}

TEST_F(Review, TrustsFromThenOn) {
  world_.console.input = {"t\n"};
  EXPECT_EQ(world_.run({"run", "a"}), 0) << world_.err();
  EXPECT_EQ(state(), wasm::ApprovalState::approved);
  EXPECT_EQ(world_.backend.trust_was_reread, 1);
  std::ostringstream text;
  text << std::ifstream(folder_ / ".airssys/trust-config.toml").rdbuf();
  EXPECT_THAT(text.str(), HasSubstr("path = \"/opt/a\""));
}

TEST_F(Review, AsksTheHostAgainAfterADenialToo) {
  world_.console.input = {"d\n"};
  world_.run({"run", "a"});
  EXPECT_EQ(state(), wasm::ApprovalState::denied);
  EXPECT_FALSE(world_.backend.components.at("a").add_error) << "it was asked";
}

TEST_F(Review, PutOffLeavesTheComponentOutAndTheOthersWorking) {
  world_.add("b", {.name = "b"});
  world_.console.input = {"\n"};
  EXPECT_EQ(world_.run({"run", "a", "b"}), 6);
  EXPECT_EQ(state(), wasm::ApprovalState::reviewing);
  EXPECT_THAT(world_.err(), AllOf(HasSubstr("a: asks; approve " + id_), HasSubstr("b: started")));
}

TEST_F(Review, IsForWhoCanBeAskedOnly) {
  world_.console.input = {"a\n"};
  EXPECT_EQ(world_.run({"run", "a", "--json"}), 6);
  world_.console.piped_input = true;
  add("a");
  EXPECT_EQ(world_.run({"run", "a"}), 6);
  world_.console.terminal = false;
  add("a");
  EXPECT_EQ(world_.run({"run", "a"}), 6);
  EXPECT_EQ(state(), wasm::ApprovalState::pending);
  EXPECT_EQ(world_.console.input.size(), 1u);
}

TEST_F(Run, OneBadComponentLeavesTheOthersWorking) {
  auto& good = world_.add("good", {.name = "good"});
  world_.add("bad",
             {.name = "bad", .add_error = Error(Code::invalid_component, "bad/bad.wasm: is a core module; componentize it")});
  EXPECT_EQ(world_.run({"run", "missing", "bad", "good", "--send", "good=" + file("a", "1")}), 1)
      << "the first error is a path not found";
  EXPECT_THAT(world_.err(), HasSubstr("error: missing: no such file or folder\n"));
  EXPECT_THAT(world_.err(), HasSubstr("error: bad/bad.wasm: is a core module; componentize it\n"));
  EXPECT_THAT(good.taken, ElementsAre("1"));
  EXPECT_THAT(world_.out(), HasSubstr("good"));
}

TEST_F(Run, EveryMistakeOfAManifestIsALine) {
  world_.add("m", {.name = "m",
                   .add_error = Error(Code::missing_resource_limits, "m/Component.toml:1:1: a; b\nm/Component.toml:3:1: c; d")});
  EXPECT_EQ(world_.run({"run", "m"}), 7);
  EXPECT_EQ(world_.err(), "error: m/Component.toml:1:1: a; b\nerror: m/Component.toml:3:1: c; d\n");
  EXPECT_EQ(world_.out(), "") << "no table without components";
}

TEST_F(Run, ErrorsAreInTheDocumentWhenJsonIsAskedFor) {
  world_.add("m", {.name = "m", .add_error = Error(Code::invalid_component, "m.wasm: truncated; build it again")});
  EXPECT_EQ(world_.run({"run", "m", "--json"}), 7);
  EXPECT_EQ(json()["errors"][0]["code"], "invalid-component");
  EXPECT_EQ(json()["errors"][0]["message"], "m.wasm: truncated; build it again");
  EXPECT_EQ(json()["error"]["hint"], "build it again");
  EXPECT_THAT(json()["components"], IsEmpty());
}

TEST_F(Run, AHostThatCannotBeMadeIsTheOneError) {
  world_.add("a", {.name = "a"});
  world_.backend.create_error = Error(Code::exhausted, "the kernel refuses the pool; raise vm.max_map_count");
  EXPECT_EQ(world_.run({"run", "a", "--json"}), 1);
  EXPECT_EQ(json()["error"]["code"], "exhausted");
}

TEST_F(Run, TwoComponentsOfOneNameKeepTheFirst) {
  auto& first = world_.add("a", {.name = "same"});
  world_.add("b", {.name = "same"});
  EXPECT_EQ(world_.run({"run", "a", "b", "--send", "same=" + file("f", "x")}), 7);
  EXPECT_THAT(first.taken, ElementsAre("x"));
  EXPECT_THAT(world_.err(), HasSubstr("error: b: there is a component named 'same'; rename one\n"));
}

TEST_F(Run, AComponentThatDoesNotStartIsInTheTable) {
  world_.add("a", {.name = "a", .start_error = Error(Code::execution_failed, "start a: init: no")});
  world_.add("b", {.name = "b"});
  EXPECT_EQ(world_.run({"run", "a", "b"}), 1);
  EXPECT_THAT(world_.err(), HasSubstr("error: start a: init: no\n"));
  EXPECT_THAT(world_.out(), AllOf(HasSubstr("a          failed"), HasSubstr("b          stopped")));
}

TEST_F(Run, AnUnknownReceiverStopsEverythingBeforeTheStart) {
  auto& counter = world_.add("c", {.name = "counter"});
  EXPECT_EQ(world_.run({"run", "c", "--send", "conuter=" + file("f", "x")}), 2);
  EXPECT_EQ(world_.err(), "error: --send: no component named 'conuter' is here; did you mean 'counter'?\n");
  EXPECT_FALSE(counter.started);
  EXPECT_EQ(world_.out(), "");
}

TEST_F(Run, AReceiverThatCouldNotBeLoadedDoesNotStopTheOthers) {
  auto& counter = world_.add("c", {.name = "counter"});
  world_.add("s", {.name = "splitter", .add_error = Error(Code::invalid_component, "s.wasm: truncated")});
  EXPECT_EQ(world_.run({"run", "c", "s", "--send", "splitter=" + file("f", "x"), "--send", "counter=" + file("g", "y")}), 7);
  EXPECT_THAT(world_.err(), HasSubstr("error: --send: no component named 'splitter' was loaded; the components are counter\n"));
  EXPECT_THAT(counter.taken, ElementsAre("y"));
}

TEST_F(Run, AFileThatCannotBeSentStopsEverythingBeforeTheStart) {
  auto& a = world_.add("a", {.name = "a"});
  EXPECT_EQ(world_.run({"run", "a", "--send", "a=" + file("big", std::string((1 << 20) + 1, 'x'))}), 1);
  EXPECT_THAT(world_.err(), HasSubstr("larger than 1 MiB, which is the limit\n"));
  EXPECT_EQ(world_.run({"run", "a", "--send", "a=" + (folder_ / "none").string()}), 1);
  EXPECT_THAT(world_.err(), HasSubstr("none: cannot be opened: No such file or directory\n"));
  EXPECT_FALSE(a.started);
}

TEST_F(Run, AFileOfExactlyTheLargestMessageIsSent) {
  auto& a = world_.add("a", {.name = "a"});
  EXPECT_EQ(world_.run({"run", "a", "--send", "a=" + file("big", std::string((1 << 20) - 1, 'x'))}), 0);
  ASSERT_EQ(a.taken.size(), 1u);
  EXPECT_EQ(a.taken[0].size(), (std::size_t{1} << 20) - 1) << "its codec takes a byte";
}

TEST_F(Run, SendsFilesAndLinesAsTheCodecThatTheyAreWrittenIn) {
  auto& a = world_.add("a", {.name = "a"});
  auto& b = world_.add("b", {.name = "b"});
  world_.console.input = {"{}\n[1]\n"};
  EXPECT_EQ(world_.run({"run", "a", "b", "--send", "a=" + file("1", "null"), "--send", "b=-", "--codec", "json"}), 0);
  EXPECT_THAT(a.taken, ElementsAre("json:null"));
  EXPECT_THAT(b.taken, ElementsAre("json:{}", "json:[1]"));
}

TEST_F(Run, RepeatsTheFilesInRounds) {
  auto& a = world_.add("a", {.name = "a"});
  EXPECT_EQ(world_.run({"run", "a", "--send", "a=" + file("1", "1"), "--send", "a=" + file("2", "2"), "--repeat", "2"}), 0);
  EXPECT_THAT(a.taken, ElementsAre("1", "2", "1", "2"));
}

TEST_F(Run, SendsWhatTheManifestNamesWhenNothingElseIsAskedFor) {
  file("here", "relative");
  const std::string away = file("away", "absolute");
  auto& a =
      world_.add(folder_.string(), {.name = "a", .extra_toml = "[development]\nsend = [\"here\", \"" + away + "\", \"gone\"]\n"});
  EXPECT_EQ(world_.run({"run", folder_.string()}), 1);
  EXPECT_THAT(a.taken, ElementsAre("relative", "absolute"));
  EXPECT_THAT(world_.err(), HasSubstr("error: a: [development] send: "));
  EXPECT_THAT(world_.err(), HasSubstr("gone: cannot be opened: No such file or directory\n"));
}

TEST_F(Run, HintsWhenThereIsNothingToSend) {
  world_.add("a", {.name = "a"});
  EXPECT_EQ(world_.run({"run", "a"}), 0);
  EXPECT_THAT(world_.err(), HasSubstr("hint: nothing is sent to these components; use --send NAME=FILE"));
}

TEST_F(Run, AFullMailboxMakesTheFeederWaitAndLosesNothing) {
  auto& a = world_.add("a", {.name = "a", .room = 2, .drained_per_wait = 1});
  EXPECT_EQ(world_.run({"run", "a", "--send", "a=" + file("1", "1"), "--repeat", "50"}), 0);
  EXPECT_EQ(a.taken.size(), 50u);
  EXPECT_GT(a.refused_sends, 0u);
}

TEST_F(Run, AFullMailboxHoldsUpNobodyElse) {
  auto& slow = world_.add("s", {.name = "slow", .room = 1, .drained_per_wait = 0});
  auto& fast = world_.add("f", {.name = "fast"});
  int waits = 0;
  world_.backend.on_wait = [&] { world_.interrupt.flag = ++waits > 10; };
  EXPECT_EQ(
      world_.run({"run", "s", "f", "--send", "slow=" + file("1", "1"), "--send", "fast=" + file("2", "2"), "--repeat", "40"}), 0);
  EXPECT_EQ(slow.taken.size(), 1u);
  EXPECT_EQ(fast.taken.size(), 40u);
}

TEST_F(Run, AReceiverThatWasGivenUpCostsOneWarning) {
  world_.add("a", {.name = "a", .gives_up_after = 3});
  auto& b = world_.add("b", {.name = "b"});
  const std::string sent = file("1", "1");
  EXPECT_EQ(world_.run({"run", "a", "b", "--send", "a=" + sent, "--send", "b=" + sent, "--repeat", "20", "--json"}), 1);
  const std::string err = world_.err();
  const auto at = err.find("warning: nothing more is sent to a: 'a' was given up\n");
  ASSERT_NE(at, std::string::npos) << err;
  EXPECT_EQ(err.find("nothing more is sent", at + 20), std::string::npos) << err;
  EXPECT_EQ(b.taken.size(), 20u);
  EXPECT_EQ(json()["components"][0]["state"], "given-up");
  EXPECT_EQ(json()["components"][0]["traps"], Json({{"out-of-fuel", 4}}));
  EXPECT_EQ(json()["errors"][0]["code"], "restart-limit");
  EXPECT_EQ(json()["errors"][0]["message"], "a: given up after 3 restarts: out of fuel");
}

TEST_F(Run, SendsEveryLineOfTheInput) {
  auto& a = world_.add("a", {.name = "a"});
  world_.console.input = {"one\ntw", std::nullopt, "o\n\nth", "ree"};
  EXPECT_EQ(world_.run({"run", "a", "--send", "a=-"}), 0);
  EXPECT_THAT(a.taken, ElementsAre("one", "two", "", "three"));
}

TEST_F(Run, SkipsALineThatIsTooLongAndGoesOn) {
  auto& a = world_.add("a", {.name = "a"});
  world_.console.input = {"x\n" + std::string(600 << 10, 'y'), std::string(600 << 10, 'y') + "\nz\n"};
  EXPECT_EQ(world_.run({"run", "a", "--send", "a=-"}), 1);
  EXPECT_THAT(a.taken, ElementsAre("x", "z"));
  EXPECT_THAT(world_.err(), HasSubstr("error: standard input: line 2 is longer than a message may be; it was skipped\n"));
}

TEST_F(Run, AnInterruptEndsTheWaitForInput) {
  auto& a = world_.add("a", {.name = "a"});
  world_.console.input.assign(1000, std::nullopt);
  world_.console.input[0] = "first\n";
  int reads = 0;
  world_.console.on_read = [&] { world_.interrupt.flag = ++reads >= 10; };
  EXPECT_EQ(world_.run({"run", "a", "--send", "a=-"}), 0);
  EXPECT_THAT(a.taken, ElementsAre("first"));
  EXPECT_LE(reads, 11);
}

TEST_F(Run, AnInterruptBeforeTheStartStartsNothing) {
  auto& a = world_.add("a", {.name = "a"});
  world_.interrupt.flag = true;
  EXPECT_EQ(world_.run({"run", "a"}), 1);
  EXPECT_FALSE(a.started);
}

TEST_F(Run, AnInterruptStopsInOrderAndShowsTheTable) {
  world_.add("a", {.name = "a", .works_forever = true});
  world_.backend.on_wait = [&] { world_.interrupt.flag = true; };
  EXPECT_EQ(world_.run({"run", "a"}), 0);
  EXPECT_THAT(world_.out(), HasSubstr("a          stopped"));
}

TEST_F(Run, ForEndsTheRunWhenItsTimeHasPassed) {
  world_.add("a", {.name = "a", .works_forever = true});
  EXPECT_EQ(world_.run({"run", "a", "--for", "3s", "--json"}), 0);
  EXPECT_EQ(json()["duration_ms"], 3000.0);
}

TEST_F(Run, ForEndsAFeedThatFindsNoRoomToo) {
  world_.add("a", {.name = "a", .room = 1, .drained_per_wait = 0});
  EXPECT_EQ(world_.run({"run", "a", "--send", "a=" + file("1", "1"), "--repeat", "9", "--for", "100ms"}), 0);
}

TEST_F(Run, AReaderThatWentAwayEndsTheRun) {
  world_.add("a", {.name = "a", .works_forever = true});
  world_.backend.on_wait = [&] { world_.console.is_broken = true; };
  EXPECT_EQ(world_.run({"run", "a"}), 0);
}

TEST_F(Run, AFullDiskIsAnError) {
  world_.add("a", {.name = "a"});
  world_.console.disk_full = true;
  EXPECT_EQ(world_.run({"run", "a"}), 1);
  EXPECT_THAT(world_.err(), EndsWith("error: standard output: No space left on device\n"));
}

TEST_F(Run, SaysWhoHadToBeKilled) {
  world_.add("a", {.name = "a", .ignores_stop = true});
  EXPECT_EQ(world_.run({"run", "a", "--json"}), 0);
  EXPECT_EQ(json()["killed"], Json({"a"}));
  EXPECT_THAT(world_.err(), HasSubstr("warning: a did not stop within 1.5 s and was killed\n"));
}

TEST_F(Run, TheDocumentHasTheKeysThatScriptsRelyOn) {
  world_.add("a", {.name = "a"});
  EXPECT_EQ(world_.run({"run", "a", "--json"}), 0);
  const Json document = json();
  for (const char* key : {"duration_ms", "components", "supervision", "dead_letters", "log", "errors", "killed", "log_dropped"})
    EXPECT_TRUE(document.contains(key)) << key;
  for (const char* key : {"name",           "state",     "messages_in", "messages_out", "requests",     "timeouts",
                          "late_responses", "published", "handled",     "errors",       "refused",      "mailbox_full",
                          "dead_letters",   "restarts",  "traps",       "fuel",         "memory_bytes", "memory_peak_bytes",
                          "p50_us",         "p99_us",    "health",      "last_error"})
    EXPECT_TRUE(document["components"][0].contains(key)) << key;
  EXPECT_EQ(document["components"][0]["p99_us"], 12.0);
  EXPECT_EQ(document["log"][0]["source"], "supervisor");
  EXPECT_EQ(document["log"][0]["level"], "info");
  EXPECT_EQ(document["log"][0]["text"], "a: started");
  EXPECT_EQ(document["log"][0]["fields"], Json::object());
}

TEST_F(Run, ShowsNeitherTreeNorDeadLettersWhenTheyWouldSayNothing) {
  world_.add("a", {.name = "a"});
  EXPECT_EQ(world_.run({"run", "a"}), 0);
  EXPECT_THAT(world_.out(), Not(HasSubstr("root")));
  EXPECT_THAT(world_.out(), Not(HasSubstr("dead letter")));
}

TEST_F(Run, ShowsTheTreeAndWhatNobodyHandled) {
  world_.add("a", {.name = "a", .gives_up_after = 0});
  world_.backend.supervisors = std::vector<wasm::SupervisorConfig>{{.name = "pipeline"}};
  world_.backend.supervisor_state = wasm::ComponentState::given_up;
  world_.backend.dead_letters.counts[0] = 1;
  world_.backend.dead_letters.latest.push_back({.at = Instant(std::chrono::milliseconds(1500)),
                                                .sender = "default/a/main",
                                                .receiver = "default/b/main",
                                                .codec = wasm::raw_codec,
                                                .bytes = 3,
                                                .beginning = "hi\n"});
  EXPECT_EQ(world_.run({"run", "a"}), 1);
  EXPECT_THAT(world_.out(), HasSubstr("root  one-for-one, stopped\n"
                                      "├─ pipeline  one-for-one, given-up\n"
                                      "└─ a  given-up, 3 restarts: out of fuel\n"
                                      "1 dead letter: 1 unresolved\n"
                                      "     1.500  a -> b  unresolved, 3 B raw: hi\\x0a\n"));
  EXPECT_THAT(world_.err(), HasSubstr("error: supervisor pipeline: given up with all below it"));
}

TEST(RunDocument, HasTheKeysOfAComponentAndHowManyMoreThereAre) {
  using Kind = wasm::SupervisionNode::Kind;
  RunResult result;
  result.reports.push_back({.name = "carts"});
  result.tree = {
      .kind = Kind::supervisor, .name = "root", .children = {{.name = "carts", .more_children = 7}, {.name = "plain"}}};
  result.tree.children[0].children = {{.kind = Kind::key, .name = "alice", .state = wasm::ComponentState::stopped}};
  const Json children = Json::parse(run_json(result))["supervision"]["children"];
  EXPECT_EQ(children[0]["kind"], "component");
  EXPECT_EQ(children[0]["more_children"], 7);
  EXPECT_EQ(children[0]["children"][0]["kind"], "key");
  EXPECT_EQ(children[0]["children"][0]["name"], "alice");
  EXPECT_FALSE(children[1].contains("children"));
}

TEST_F(Run, TheDocumentHasTheTreeAndWhatNobodyHandled) {
  world_.add("a", {.name = "a"});
  world_.backend.supervisors = std::vector<wasm::SupervisorConfig>{{.name = "pipeline"}};
  world_.backend.dead_letters.counts[0] = 5;
  world_.backend.dead_letters.dropped = 4;
  world_.backend.dead_letters.latest.push_back(
      {.sender = "external", .receiver = "default/b/main", .codec = 0x0200, .bytes = 2, .beginning = "\xff!"});
  EXPECT_EQ(world_.run({"run", "a", "--json"}), 0);
  const Json document = json();
  EXPECT_EQ(document["supervision"]["name"], "root");
  EXPECT_EQ(document["supervision"]["children"][0]["name"], "pipeline");
  EXPECT_EQ(document["supervision"]["children"][0]["strategy"], "one-for-one");
  EXPECT_EQ(document["supervision"]["children"][1]["health"], "healthy");
  EXPECT_EQ(document["dead_letters"]["counts"], Json({{"unresolved", 5}}));
  EXPECT_EQ(document["dead_letters"]["dropped"], 4);
  EXPECT_EQ(document["dead_letters"]["latest"][0]["reason"], "unresolved");
  EXPECT_EQ(document["dead_letters"]["latest"][0]["codec"], "json");
  EXPECT_EQ(document["dead_letters"]["latest"][0]["beginning"], "\xef\xbf\xbd!");
}

TEST_F(Run, AWrongSupervisorsFileEndsItBeforeAnythingStarts) {
  auto& a = world_.add("a", {.name = "a"});
  world_.backend.supervisors = fail(Code::invalid_configuration, "supervisors.toml:1:1: wrong; correct it");
  EXPECT_EQ(world_.run({"run", "a"}), 7);
  EXPECT_FALSE(a.started);
  EXPECT_THAT(world_.err(), HasSubstr("error: supervisors.toml:1:1: wrong; correct it\n"));
}

TEST_F(Run, QuietKeepsTheTableAndTheErrors) {
  world_.add("a", {.name = "a"});
  EXPECT_EQ(world_.run({"run", "a", "missing", "--quiet"}), 1);
  EXPECT_EQ(world_.err(), "error: missing: no such file or folder\n");
  EXPECT_THAT(world_.out(), StartsWith("component"));
}

TEST_F(Run, ColoursAreForTerminalsThatWantThem) {
  world_.add("a", {.name = "a"});
  world_.run({"run", "a"});
  EXPECT_THAT(world_.out() + world_.err(), Not(HasSubstr("\x1b")));
  world_.console.terminal = true;
  world_.run({"run", "a"});
  EXPECT_THAT(world_.out(), HasSubstr("\x1b[32mstopped"));
  EXPECT_THAT(world_.err(), HasSubstr("\r\x1b[K\x1b[2mcompiling a..."));
  for (const bool by_flag : {true, false}) {
    World other;
    other.console.terminal = true;
    other.add("a", {.name = "a"});
    if (!by_flag) other.environment["NO_COLOR"] = "1";
    other.run(by_flag ? std::vector<std::string>{"run", "a", "--no-color"} : std::vector<std::string>{"run", "a"});
    EXPECT_THAT(other.out() + other.err(), Not(HasSubstr("\x1b[3")));
  }
}

}  // namespace
}  // namespace airssys::cli
