// The real binary with real components, made of WAT by the binary itself.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "process.h"

namespace airssys::cli {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using testing::Process;
using ::testing::StartsWith;
using Json = nlohmann::json;
namespace fs = std::filesystem;

// Obeys the first byte of a message, behind that of its codec: p sends it to itself again, l logs it, u publishes it, t traps;
// anything else is taken and forgotten.
constexpr std::string_view guest = R"((module
  (import "airssys:core/messaging@1.0.0" "send-message" (func $send (param i32 i32 i32 i32 i32)))
  (import "airssys:core/messaging@1.0.0" "publish" (func $publish (param i32 i32 i32 i32 i32)))
  (import "airssys:core/services@1.0.0" "log" (func $log (param i32 i32 i32 i32 i32)))
  (memory (export "memory") 24)
  (data (i32.const 16) "pinger")
  (data (i32.const 32) "orders.new")
  (global $heap (mut i32) (i32.const 1024))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $heap) (i32.const 7)) (i32.const -8)))
    (global.set $heap (i32.add (local.get $at) (local.get 3)))
    (local.get $at))
  (func $reset (param i32) (global.set $heap (i32.const 1024)))
  (export "cabi_post_airssys:core/lifecycle@1.0.0#handle-message" (func $reset))
  (func (export "airssys:core/lifecycle@1.0.0#init")
    (param i32 i32 i32 i32 i32 i64 i64 i64 i64 i32 i32) (result i32) (i32.const 512))
  (func (export "airssys:core/lifecycle@1.0.0#metadata") (result i32) (i32.const 512))
  (func (export "airssys:core/lifecycle@1.0.0#health") (result i32) (i32.const 512))
  (func (export "airssys:core/lifecycle@1.0.0#supported-codecs") (result i32) (i32.const 512))
  (func (export "airssys:core/lifecycle@1.0.0#execute")
    (param i32 i32 i64 i64 i32 i32 i64 i32 i32 i32) (result i32) (i32.const 512))
  (func (export "airssys:core/lifecycle@1.0.0#handle-callback") (param i64 i64 i32 i32 i64 i32) (result i32) (i32.const 512))
  (func (export "airssys:core/lifecycle@1.0.0#shutdown") (result i32) (i32.const 512))
  (func (export "airssys:core/lifecycle@1.0.0#handle-message")
    (param $from i32) (param $from_size i32) (param $text i32) (param $size i32) (param i32 i64 i64 i64) (result i32)
    (local $command i32)
    (if (i32.gt_u (local.get $size) (i32.const 1))
      (then (local.set $command (i32.load8_u offset=1 (local.get $text)))))
    (if (i32.eq (local.get $command) (i32.const 0x70)) ;; p
      (then (call $send (i32.const 16) (i32.const 6) (local.get $text) (local.get $size) (i32.const 256))))
    (if (i32.eq (local.get $command) (i32.const 0x6c)) ;; l
      (then (call $log (i32.const 2) (i32.add (local.get $text) (i32.const 1)) (i32.sub (local.get $size) (i32.const 1))
        (i32.const 0) (i32.const 0))))
    (if (i32.eq (local.get $command) (i32.const 0x75)) ;; u
      (then (call $publish (i32.const 32) (i32.const 10) (local.get $text) (local.get $size) (i32.const 256))))
    (if (i32.eq (local.get $command) (i32.const 0x74)) (then (unreachable))) ;; t
    (i32.const 512))))";

std::string slurp(const fs::path& file) {
  std::ostringstream all;
  all << std::ifstream(file, std::ios::binary).rdbuf();
  return all.str();
}

void spill(const fs::path& file, std::string_view content) {
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << content;
}

std::string manifest(std::string_view name, std::string_view resources = "max_memory = \"4MiB\"\nmax_stack = \"128KiB\"\n") {
  return "[package]\nname = \"" + std::string(name) + "\"\nversion = \"1.0.0\"\nauthors = [\"A\"]\n[resources]\n" +
         std::string(resources) +
         "[limits]\ncalls_per_minute = 60_000_000_000\nburst = 60_000_000\n"
         "[capabilities.messaging]\nsend = [\"pinger\"]\npublish = [\"orders.*\"]\n[mailbox]\npoison_after = 0\n";
}

// A world with a folder, a home, and a good component in `good/`. The component is compiled once for all tests.
class Binary : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    shared_ = fs::path(::testing::TempDir()) / ("airssys_binary_" + std::to_string(::getpid()));
    fs::create_directories(shared_);
    spill(shared_ / "guest.wat", guest);
    Process tool({AIRSSYS_BINARY, "componentize", shared_ / "guest.wat", "-o", shared_ / "guest.wasm", "--world", "component"},
                 {});
    ASSERT_EQ(tool.wait(), 0) << tool.err();
  }
  static void TearDownTestSuite() { fs::remove_all(shared_); }

  Binary() : folder_(shared_ / ::testing::UnitTest::GetInstance()->current_test_info()->name()) {
    add("good");
    spill(folder_ / "message", "hello");
  }

  fs::path add(const std::string& folder, std::string_view content = {}, std::string_view toml = {}) const {
    const std::string name = folder.substr(folder.find_last_of('/') + 1);
    spill(folder_ / folder / "Component.toml", toml.empty() ? manifest(name) : std::string(toml));
    spill(folder_ / folder / (name + ".wasm"), content.empty() ? slurp(shared_ / "guest.wasm") : std::string(content));
    return folder_ / folder;
  }
  [[nodiscard]] Process process(std::vector<std::string> arguments, Process::Output output = Process::Output::read) const {
    arguments.insert(arguments.begin(), AIRSSYS_BINARY);
    return Process(arguments, {{"AIRSSYS_WASM_HOME", shared_ / "home"}}, output);
  }
  [[nodiscard]] std::string path(const std::string& name) const { return folder_ / name; }
  [[nodiscard]] std::string good_send() const { return "good=" + path("message"); }

  // Runs a bad folder before the good one: its one line names `where`, the code is `code`, and the good one does its work.
  void bad(const std::string& folder, int code, const std::string& where, const std::string& what) {
    Process run = process({"run", path(folder), path("good"), "--send", good_send(), "--json", "--log-level", "error"});
    EXPECT_EQ(run.wait(), code);
    EXPECT_EQ(std::ranges::count(run.err(), '\n'), 1) << run.err();
    EXPECT_THAT(run.err(), AllOf(StartsWith("error: "), HasSubstr(where), HasSubstr(what), HasSubstr("; ")))
        << "where, what, what to do";
    const Json document = Json::parse(run.out());
    EXPECT_EQ(document["errors"].size(), 1u);
    ASSERT_EQ(document["components"].size(), 1u);
    EXPECT_EQ(document["components"][0]["name"], "good");
    EXPECT_EQ(document["components"][0]["handled"], 1);
  }

  static inline fs::path shared_;
  fs::path folder_;
};

TEST_F(Binary, RunsAComponentAndShowsItsLogAndItsTable) {
  spill(folder_ / "line", "log this");
  Process run = process({"run", path("good"), "--send", "good=" + path("line"), "--repeat", "3"});
  EXPECT_EQ(run.wait(), 0) << run.err();
  EXPECT_THAT(run.err(), HasSubstr("info  good        log this\n"));
  EXPECT_THAT(run.out(), AllOf(StartsWith("component  state"), HasSubstr("good       stopped   3")));
}

TEST_F(Binary, AMissingPathIsOneLine) { bad("missing", 1, path("missing"), "no such"); }

TEST_F(Binary, AFolderWithoutAManifestIsOneLine) {
  fs::create_directories(folder_ / "empty");
  bad("empty", 1, path("empty"), "Component.toml");
}

TEST_F(Binary, AMissingComponentFileIsOneLine) {
  add("bad");
  fs::remove(folder_ / "bad/bad.wasm");
  bad("bad", 1, path("bad/bad.wasm"), "no such file");
}

TEST_F(Binary, ACoreModuleIsOneLine) {
  add("bad", std::string_view("\0asm\1\0\0\0", 8));
  bad("bad", 7, path("bad/bad.wasm"), "module");
}

TEST_F(Binary, ATruncatedComponentIsOneLine) {
  const std::string whole = slurp(shared_ / "guest.wasm");
  add("bad", whole.substr(0, whole.size() / 2));
  bad("bad", 7, path("bad/bad.wasm"), "build");
}

TEST_F(Binary, ARandomFileIsOneLine) {
  add("bad", "\x1b[31mthis is not\x07 a component\n");
  bad("bad", 7, path("bad/bad.wasm"), "build");
}

TEST_F(Binary, AnEmptyFileIsOneLine) {
  add("bad");
  spill(folder_ / "bad/bad.wasm", "");
  bad("bad", 7, path("bad/bad.wasm"), "build");
}

TEST_F(Binary, AComponentOfAnotherWorldIsOneLine) {
  spill(folder_ / "other/other.wit", "package some:thing@2.0.0;\nworld other { export start: func(); }\n");
  spill(folder_ / "other/other.wat", "(module (func (export \"start\")))");
  Process tool =
      process({"componentize", path("other/other.wat"), "-o", path("other.wasm"), "--wit", path("other"), "--world", "other"});
  ASSERT_EQ(tool.wait(), 0) << tool.err();
  add("bad", slurp(folder_ / "other.wasm"));
  bad("bad", 7, path("bad/bad.wasm"), "lifecycle");
}

TEST_F(Binary, AManifestWithoutMaxMemoryIsOneLine) {
  add("bad", {}, manifest("bad", "max_stack = \"128KiB\"\n"));
  bad("bad", 7, path("bad/Component.toml:5:"), "max_memory");
}

TEST_F(Binary, AnUnknownKeyIsOneLine) {
  add("bad", {}, manifest("bad", "max_memory = \"4MiB\"\nmax_stack = \"128KiB\"\nmax_memroy = \"1MiB\"\n"));
  bad("bad", 7, path("bad/Component.toml:8:"), "max_memory");
}

TEST_F(Binary, AWrongTypeIsOneLine) {
  add("bad", {}, manifest("bad", "max_memory = 4\nmax_stack = \"128KiB\"\n"));
  bad("bad", 7, path("bad/Component.toml:6:"), "max_memory");
}

TEST_F(Binary, ASecondComponentOfOneNameIsOneLine) {
  add("good/../twin/good", {}, manifest("good"));
  Process run = process({"run", path("good"), path("twin"), "--send", good_send(), "--log-level", "error"});
  EXPECT_EQ(run.wait(), 7);
  EXPECT_THAT(run.err(), AllOf(StartsWith("error: " + path("twin")), HasSubstr("'good'")));
  EXPECT_EQ(std::ranges::count(run.err(), '\n'), 1) << run.err();
  EXPECT_THAT(run.out(), HasSubstr("good       stopped   1"));
}

TEST_F(Binary, WhenAllAreBadThereIsNoTable) {
  Process run = process({"run", path("missing")});
  EXPECT_EQ(run.wait(), 1);
  EXPECT_EQ(run.out(), "");
}

TEST_F(Binary, ACrashingComponentIsGivenUpAndItsNeighbourIsNot) {
  add("bad");
  spill(folder_ / "trap", "trap");
  Process run = process(
      {"run", path("bad"), path("good"), "--send", "bad=" + path("trap"), "--send", good_send(), "--repeat", "20", "--json"});
  EXPECT_EQ(run.wait(), 1);
  const Json document = Json::parse(run.out());
  EXPECT_EQ(document["components"][0]["state"], "given-up");
  EXPECT_EQ(document["components"][0]["restarts"], 3);
  EXPECT_EQ(document["components"][0]["traps"]["unreachable"], 4);
  EXPECT_EQ(document["components"][1]["handled"], 20);
  EXPECT_EQ(document["errors"][0]["code"], "restart-limit");
}

TEST_F(Binary, AnInterruptStopsInOrderAndShowsTheTable) {
  for (const int number : {SIGINT, SIGTERM}) {
    add("pinger");
    spill(folder_ / "ping", "ping");
    Process run = process({"run", path("pinger"), "--send", "pinger=" + path("ping")});
    ASSERT_TRUE(run.wait_for_err("pinger: started"));
    run.signal(number);
    EXPECT_EQ(run.wait(), 0) << run.err();
    EXPECT_THAT(run.out(), HasSubstr("pinger"));
  }
}

TEST_F(Binary, ForEndsARunThatWouldNotEnd) {
  add("pinger");
  spill(folder_ / "ping", "ping");
  Process run = process({"run", path("pinger"), "--send", "pinger=" + path("ping"), "--for", "100ms", "--json"});
  EXPECT_EQ(run.wait(), 0) << run.err();
  EXPECT_GE(Json::parse(run.out())["duration_ms"], 100.0);
}

TEST_F(Binary, SendsLinesOfStandardInputAsTheyCome) {
  Process run = process({"run", path("good"), "--send", "good=-"});
  run.write("log one\nlog ");
  ASSERT_TRUE(run.wait_for_err("good        log one\n"));
  run.write("two\n");
  ASSERT_TRUE(run.wait_for_err("good        log two\n"));
  run.write("log three");
  EXPECT_EQ(run.wait(), 0);
  EXPECT_THAT(run.err(), HasSubstr("log three\n"));
  EXPECT_THAT(run.out(), HasSubstr("good       stopped   3"));
}

TEST_F(Binary, ALotOfInputLosesNothing) {
  Process run = process({"run", path("good"), "--send", "good=-", "--json", "--quiet"});
  std::string lines;
  for (int i = 0; i < 1000; ++i) lines += "line\n";
  for (int i = 0; i < 20; ++i) run.write(lines);
  EXPECT_EQ(run.wait(), 0) << run.err();
  EXPECT_EQ(Json::parse(run.out())["components"][0]["handled"], 20'000);
}

TEST_F(Binary, AnInterruptEndsTheWaitForInput) {
  Process run = process({"run", path("good"), "--send", "good=-"});
  ASSERT_TRUE(run.wait_for_err("good: started"));
  run.signal(SIGINT);
  ASSERT_TRUE(run.wait_for_err("good: stopped")) << "with its input still open";
  EXPECT_EQ(run.wait(), 0);
}

TEST_F(Binary, AReaderThatWentAwayIsNoCrash) {
  add("pinger");
  spill(folder_ / "ping", "ping");
  Process run = process({"run", path("pinger"), "--send", "pinger=" + path("ping")}, Process::Output::closed);
  EXPECT_EQ(run.wait(), 0) << "it ends, although its work does not";
}

TEST_F(Binary, AHostThatStaysIsSpokenToByOthers) {
  add("good", {}, manifest("good") + "on_crash = \"dead-letter\"\n");
  Process run = process({"run", path("good"), "--stay", "--name", "shop", "--json"});
  ASSERT_TRUE(run.wait_for_err("find it as 'shop'")) << run.err();
  Process send = process({"send", "good", "log this"});
  EXPECT_EQ(send.wait(), 0) << send.err();
  EXPECT_EQ(send.out(), "sent 8 B to good\n");
  ASSERT_TRUE(run.wait_for_err("good        log this\n"));
  Process request = process({"send", "good", "?", "--request", "--json"});
  EXPECT_EQ(request.wait(), 0) << request.err();
  EXPECT_EQ(Json::parse(request.out())["answer"]["bytes"], 0);
  EXPECT_EQ(process({"send", "nobody", "hello"}).wait(), 1);
  EXPECT_EQ(process({"send", "good", "trap", "--request"}).wait(), 1);
  Process list = process({"deadletters", "list", "--json"});
  EXPECT_EQ(list.wait(), 0) << list.err();
  const Json letters = Json::parse(list.out());
  EXPECT_EQ(letters["counts"]["unresolved"], 1);
  EXPECT_EQ(letters["counts"]["crashed"], 1);
  Process show = process({"deadletters", "show", "2"});
  EXPECT_EQ(show.wait(), 0) << show.err();
  EXPECT_THAT(show.out(), EndsWith("\n\ntrap"));
  Process resend = process({"deadletters", "resend", "2"});
  EXPECT_EQ(resend.wait(), 0) << resend.err();
  EXPECT_EQ(process({"deadletters", "resend", "2"}).wait(), 1);
  Process audit = process({"audit", "show", "--action", "admin"});
  EXPECT_EQ(audit.wait(), 0);
  EXPECT_THAT(audit.out(), AllOf(HasSubstr("host  admin.send  good  (user "), HasSubstr("host  admin.resend  2  (user ")));
  run.signal(SIGTERM);
  EXPECT_EQ(run.wait(), 0) << run.err();
  const Json document = Json::parse(run.out());
  EXPECT_EQ(document["components"][0]["traps"]["unreachable"], 2);
  EXPECT_EQ(document["admin"]["requests"], 8);
  EXPECT_EQ(process({"send", "good", "hello"}).wait(), 4);
}

TEST_F(Binary, WhatAComponentPublishesIsShownToWhoWatches) {
  Process run = process({"run", path("good"), "--stay", "--name", "shop"});
  ASSERT_TRUE(run.wait_for_err("find it as 'shop'")) << run.err();
  Process watch = process({"topics", "watch", "orders.*"});
  ASSERT_TRUE(watch.wait_for_err("watching orders.* of shop")) << watch.err();
  EXPECT_EQ(process({"send", "good", "up and away"}).wait(), 0);
  EXPECT_TRUE(watch.wait_for_out("  orders.new  good  raw, 11 B: up and away\n")) << watch.out();
  Process json = process({"topics", "watch", "**", "--json"});
  ASSERT_TRUE(json.wait_for_err("watching ** of shop"));
  EXPECT_EQ(process({"send", "good", "u"}).wait(), 0);
  EXPECT_TRUE(json.wait_for_out("\"topic\":\"orders.new\"")) << json.out();
  json.signal(SIGINT);
  EXPECT_EQ(json.wait(), 0);
  run.signal(SIGINT);
  EXPECT_EQ(run.wait(), 0);
  EXPECT_EQ(watch.wait(), 0);
  EXPECT_THAT(watch.err(), HasSubstr("the host has ended"));
}

TEST_F(Binary, AHostThatWasKilledLeavesNothingInTheWayOfTheNext) {
  {
    Process run = process({"run", path("good"), "--stay", "--name", "shop"});
    ASSERT_TRUE(run.wait_for_err("find it as 'shop'"));
    Process second = process({"run", path("good"), "--stay", "--name", "shop"});
    EXPECT_EQ(second.wait(), 7);
    EXPECT_THAT(second.err(), HasSubstr("a host named 'shop' runs already"));
    run.signal(SIGKILL);
    EXPECT_EQ(run.wait(), 128 + SIGKILL);
  }
  EXPECT_EQ(process({"send", "good", "hello"}).wait(), 4);
  Process next = process({"run", path("good"), "--stay", "--name", "shop"});
  ASSERT_TRUE(next.wait_for_err("find it as 'shop'")) << next.err();
  EXPECT_EQ(process({"send", "good", "hello"}).wait(), 0);
  next.signal(SIGINT);
  EXPECT_EQ(next.wait(), 0);
}

TEST_F(Binary, InspectTellsWhatAComponentIs) {
  Process text = process({"inspect", path("good")});
  EXPECT_EQ(text.wait(), 0) << text.err();
  EXPECT_THAT(text.out(),
              AllOf(HasSubstr("airssys:core/component@1.0.0"), HasSubstr("lane       sync"), HasSubstr("send-message"),
                    HasSubstr("send messages to       pinger\n"), HasSubstr("everything else is denied")));
  Process json = process({"inspect", path("good/good.wasm"), "--json"});
  EXPECT_EQ(json.wait(), 0);
  const Json document = Json::parse(json.out());
  EXPECT_EQ(document["memory"]["initial_bytes"], 24 * 65536);
  EXPECT_TRUE(document["manifest"].is_null());
}

TEST_F(Binary, InspectRefusesWhatIsNoComponent) {
  spill(folder_ / "core.wasm", std::string_view("\0asm\1\0\0\0", 8));
  Process run = process({"inspect", path("core.wasm")});
  EXPECT_EQ(run.wait(), 7);
  EXPECT_THAT(run.err(), StartsWith("error: " + path("core.wasm")));
  EXPECT_EQ(process({"inspect", path("none.wasm")}).wait(), 1);
}

TEST_F(Binary, BindgenWritesTheBindingsOnce) {
  Process first = process({"wit", "bindgen", "--lang", "c", "--world", "component", "--out", path("gen")});
  EXPECT_EQ(first.wait(), 0) << first.err();
  EXPECT_TRUE(fs::exists(folder_ / "gen/component.h"));
  Process second = process({"wit", "bindgen", "--lang", "c", "--world", "component", "--out", path("gen")});
  EXPECT_EQ(second.wait(), 0);
  EXPECT_THAT(second.out(), HasSubstr("component.h (unchanged)\n"));
}

}  // namespace
}  // namespace airssys::cli
