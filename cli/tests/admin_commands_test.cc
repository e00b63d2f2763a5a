// The commands that talk to a host that runs, over its real socket; the host behind it is a fake.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "airssys/wasm/admin/admin_server.h"
#include "airssys/wasm/storage/backends.h"
#include "fake_host.h"
#include "fakes.h"

namespace airssys::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;
using testing::World;
using Json = nlohmann::json;

struct Running {
  wasm::testing::FakeHost host;
  std::unique_ptr<wasm::AdminServer> server;
};

class AdminCommands : public ::testing::Test {
 protected:
  AdminCommands() : home_(fs::path(::testing::TempDir()) / ("cli_admin_" + std::to_string(::getpid()))) {
    fs::create_directories(home_);
    world_.environment["AIRSSYS_WASM_HOME"] = home_;
  }
  ~AdminCommands() override {
    running_.clear();
    fs::remove_all(home_);
  }
  wasm::testing::FakeHost& start(const std::string& name) {
    Running& one = *running_.emplace_back(std::make_unique<Running>());
    auto socket = wasm::AdminSocket::open(home_, name);
    EXPECT_TRUE(socket) << socket.error().message();
    auto server =
        wasm::AdminServer::start(*std::move(socket), {.program = "1"}, one.host, wasm::null_audit(), *platform_, null_log());
    EXPECT_TRUE(server);
    one.server = *std::move(server);
    return one.host;
  }
  // The exit code; what the last run said is gone.
  int run(std::vector<std::string> arguments) {
    world_.console.out_text.clear();
    return world_.run(std::move(arguments));
  }
  [[nodiscard]] Json json() const { return Json::parse(world_.out()); }
  static wasm::DeadLetter letter(std::uint64_t number, std::string_view content, bool kept = true) {
    wasm::DeadLetter letter;
    letter.number = number;
    letter.reason = wasm::DeadLetterReason::crashed;
    letter.sender = "external";
    letter.receiver = "default/echo/main";
    letter.bytes = content.size();
    letter.beginning = content;
    if (kept) letter.contents = wasm::encode(Bytes::copy_of(content));
    return letter;
  }

  const fs::path home_;
  World world_;
  std::unique_ptr<Platform> platform_ = real_platform();
  std::vector<std::unique_ptr<Running>> running_;
};

TEST_F(AdminCommands, WithoutAHostSayHowToStartOne) {
  for (const std::vector<std::string>& command : {std::vector<std::string>{"send", "echo", "hello"},
                                                  {"deadletters", "list"},
                                                  {"deadletters", "show", "1"},
                                                  {"deadletters", "resend", "--all"},
                                                  {"topics", "watch", "**"}}) {
    EXPECT_EQ(run(command), 4) << command[0];
    EXPECT_THAT(world_.err(), HasSubstr("runs; start one, as with 'airssys-wasm run PATH --stay'"));
  }
  EXPECT_EQ(run({"send", "echo", "hello", "--json"}), 4);
  EXPECT_EQ(json()["error"]["code"], "unavailable");
}

TEST_F(AdminCommands, SendWhatTheLineSaysAFileHoldsOrTheInputGives) {
  auto& host = start("shop");
  std::ofstream(home_ / "message") << "from a file";
  world_.console.input = {"from ", std::nullopt, "input\n"};
  EXPECT_EQ(run({"send", "echo", "hello"}), 0) << world_.err();
  EXPECT_EQ(world_.out(), "sent 5 B to echo\n");
  EXPECT_EQ(run({"send", "photos/indexer/2", "@" + (home_ / "message").native()}), 0);
  EXPECT_EQ(run({"send", "echo", "-"}), 0);
  EXPECT_EQ(run({"send", "echo", ""}), 0);
  EXPECT_THAT(host.asked(),
              ElementsAre("send echo hello", "send photos/indexer/2 from a file", "send echo from input\n", "send echo"));
  EXPECT_EQ(run({"send", "echo", "hello", "--json"}), 0);
  EXPECT_EQ(json(), Json::parse(R"({"host":"shop","to":"echo","codec":"raw","bytes":5})"));
}

TEST_F(AdminCommands, ARequestPrintsItsAnswerAsItIs) {
  auto& host = start("shop");
  host.on_request = [](wasm::Payload, Duration) { return Bytes::copy_of("\x1b[31m\xff\nend"); };
  EXPECT_EQ(run({"send", "echo", "hello", "--request"}), 0) << world_.err();
  EXPECT_EQ(world_.out(), "\x1b[31m\xff\nend");
  world_.console.terminal = true;
  EXPECT_EQ(run({"send", "echo", "hello", "--request"}), 0);
  EXPECT_EQ(world_.out(), "\\x1b[31m\\xff\nend\n") << "a terminal is not steered";
  EXPECT_EQ(run({"send", "echo", "hello", "--request", "--json"}), 0);
  EXPECT_EQ(json()["answer"]["bytes"], 10);
  EXPECT_EQ(json()["answer"]["text"], nullptr);
  EXPECT_EQ(json()["answer"]["base64"], "G1szMW3/CmVuZA==");
}

TEST_F(AdminCommands, ARequestWaitsAsLongAsItSaysAndEndsWithItsError) {
  auto& host = start("shop");
  Duration waited{};
  host.on_request = [&](const wasm::Payload&, Duration timeout) -> Result<wasm::Payload> {
    waited = timeout;
    return fail(Code::timed_out, "no answer in time; ask for less");
  };
  EXPECT_EQ(run({"send", "echo", "hello", "--request", "--timeout", "1500ms", "--json"}), 1);
  EXPECT_EQ(waited, std::chrono::milliseconds(1500));
  EXPECT_EQ(json()["error"]["code"], "timeout");
  EXPECT_THAT(world_.err(), HasSubstr("error: no answer in time; ask for less\n"));
}

TEST_F(AdminCommands, SayWhatIsWrongWithTheirArguments) {
  const struct {
    std::vector<std::string> arguments;
    std::string says;
  } cases[]{
      {{"send"}, "send: NAME is missing"},
      {{"send", "echo"}, "send: PAYLOAD is missing"},
      {{"send", "echo", "x", "--codec", "jsno"}, "--codec 'jsno': messages cannot be sent in it; the codecs are protobuf, "},
      {{"send", "echo", "x", "--codec", "dag-json"}, "--codec 'dag-json': messages cannot"},
      {{"send", "echo", "x", "--timeout", "5s"}, "--timeout is for --request"},
      {{"send", "echo", "x", "--request", "--timeout", "6m"}, "--timeout 6m is out of range"},
      {{"send", "echo", "x", "--request", "--timeout", "soon"}, "--timeout"},
      {{"deadletters"}, "the commands are list, show, resend"},
      {{"deadletters", "show"}, "the number of a dead letter is missing"},
      {{"deadletters", "show", "first"}, "'first' is no number"},
      {{"deadletters", "resend", "0"}, "'0' is no number"},
      {{"deadletters", "resend", "1", "--all"}, "do not go together"},
      {{"topics", "watch"}, "PATTERN is missing"},
      {{"topics", "watch", "Orders"}, "watch: "},
  };
  for (const auto& one : cases) {
    EXPECT_EQ(run(one.arguments), 2) << one.says;
    EXPECT_THAT(world_.err(), HasSubstr(one.says));
  }
  EXPECT_EQ(run({"send", "echo", "@" + (home_ / "none").native()}), 1);
  world_.console.input = {std::string((1 << 20) + 1, 'x')};
  EXPECT_EQ(run({"send", "echo", "-"}), 1);
  EXPECT_THAT(world_.err(), HasSubstr("standard input: more than 1 MiB, the largest message"));
}

TEST_F(AdminCommands, OfSeveralHostsOneHasToBeNamed) {
  auto& shop = start("shop");
  auto& bank = start("bank");
  EXPECT_EQ(run({"send", "echo", "hello"}), 2);
  EXPECT_THAT(world_.err(), HasSubstr("2 hosts run: bank, shop; say which by --host NAME"));
  EXPECT_EQ(run({"send", "echo", "hello", "--host", "bank"}), 0) << world_.err();
  EXPECT_THAT(shop.asked(), IsEmpty());
  EXPECT_THAT(bank.asked(), ElementsAre("send echo hello"));
  world_.environment["AIRSSYS_WASM_HOST"] = "shop";
  EXPECT_EQ(run({"send", "echo", "hello"}), 0);
  EXPECT_THAT(shop.asked(), ElementsAre("send echo hello"));
  EXPECT_EQ(run({"send", "echo", "hello", "--host", std::to_string(::getpid())}), 0) << "both are this process, either will do";
  EXPECT_EQ(run({"send", "echo", "hello", "--host", "mill"}), 4);
  EXPECT_THAT(world_.err(), HasSubstr("no host 'mill' runs; those that do are bank, shop"));
}

TEST_F(AdminCommands, ListDeadLettersAndShowOne) {
  auto& host = start("shop");
  EXPECT_EQ(run({"deadletters", "list"}), 0);
  EXPECT_EQ(world_.out(), "no dead letters\n");
  host.add_letter(letter(1, "hello\x1b"));
  host.add_letter(letter(2, "secret", false));
  EXPECT_EQ(run({"deadletters", "list"}), 0);
  EXPECT_THAT(world_.out(), AllOf(HasSubstr("external -> echo  crashed, 6 B: hello\\x1b\n"), HasSubstr("6 B: secret  not kept\n"),
                                  HasSubstr("\n2 dead letters: 2 crashed\n")));
  EXPECT_EQ(run({"deadletters", "list", "--json"}), 0);
  EXPECT_EQ(json()["letters"][0]["number"], 1);
  EXPECT_EQ(json()["letters"][1]["kept"], false);
  EXPECT_EQ(json()["counts"]["crashed"], 2);
  EXPECT_EQ(run({"deadletters", "show", "1"}), 0);
  EXPECT_THAT(world_.out(),
              AllOf(StartsWith("number    1\n"), HasSubstr("to        default/echo/main\n"), HasSubstr("\n\nhello\x1b")));
  EXPECT_EQ(run({"deadletters", "show", "2"}), 0);
  EXPECT_THAT(world_.out(), HasSubstr("contents  not kept\n"));
  EXPECT_EQ(run({"deadletters", "show", "1", "--json"}), 0);
  EXPECT_EQ(json()["payload"]["text"], "hello\x1b");
  EXPECT_EQ(run({"deadletters", "show", "3"}), 1);
}

TEST_F(AdminCommands, SendDeadLettersAgain) {
  auto& host = start("shop");
  for (std::uint64_t number = 1; number <= 4; ++number) host.add_letter(letter(number, "x", number != 3));
  EXPECT_EQ(run({"deadletters", "resend", "1"}), 0) << world_.err();
  EXPECT_EQ(world_.out(), "sent again: 1\n");
  EXPECT_EQ(run({"deadletters", "resend", "2"}), 1);
  EXPECT_THAT(world_.err(), HasSubstr("dead letter 2 was sent again already"));
  EXPECT_EQ(run({"deadletters", "resend", "--all", "--json"}), 1) << "2 could not be";
  EXPECT_EQ(json()["resent"], Json::parse("[1,4]"));
  EXPECT_EQ(json()["errors"][0]["number"], 2);
  EXPECT_THAT(host.asked(), ElementsAre("resend 1", "resend 2", "resend 1", "resend 2", "resend 4"));
}

TEST_F(AdminCommands, WatchTopicsUntilTheUserEndsIt) {
  auto& host = start("shop");
  host.to_publish = {{"orders.new", "one\n"}, {"weather", "no"}, {"orders.paid", std::string(500, 'y')}};
  int lines = 0;
  world_.console.on_out = [&] { world_.interrupt.flag = ++lines == 2; };
  EXPECT_EQ(run({"topics", "watch", "orders.*"}), 0) << world_.err();
  EXPECT_THAT(world_.out(), AllOf(HasSubstr("  orders.new  shop  raw, 4 B: one\\x0a\n"),
                                  HasSubstr("  orders.paid  shop  raw, 500 B: yyy"), HasSubstr("yyy...\n")));
  world_.interrupt.flag = false;
  lines = 0;
  EXPECT_EQ(run({"topics", "watch", "orders.*", "--json"}), 0);
  const Json first = Json::parse(world_.out().substr(0, world_.out().find('\n')));
  EXPECT_EQ(first["topic"], "orders.new");
  EXPECT_EQ(first["payload"]["text"], "one\n");
}

TEST_F(AdminCommands, WatchTopicsUntilTheHostEnds) {
  start("shop").to_publish = {{"a", "x"}};
  world_.console.on_out = [&] { running_.clear(); };
  EXPECT_EQ(run({"topics", "watch", "**"}), 0);
  EXPECT_THAT(world_.err(), HasSubstr("the host has ended"));
}

TEST_F(AdminCommands, ReachARunThatStays) {
  world_.backend.reachable = true;
  auto& echo = world_.add("echo", {.name = "echo"});
  World other;
  other.environment["AIRSSYS_WASM_HOME"] = home_;
  int sent = -1;
  world_.interrupt.on_wait = [&] {
    sent = other.run({"send", "echo", "hello", "--host", "shop"});
    world_.interrupt.flag = true;
  };
  EXPECT_EQ(run({"run", "echo", "--stay", "--name", "shop", "--json"}), 0) << world_.err();
  EXPECT_EQ(sent, 0) << other.err();
  EXPECT_THAT(echo.taken, ElementsAre("hello"));
  EXPECT_EQ(json()["admin"]["host"], "shop");
  EXPECT_EQ(json()["admin"]["requests"], 1);
  EXPECT_THAT(world_.err(), HasSubstr("find it as 'shop'"));
  EXPECT_FALSE(fs::exists(home_ / "run/shop.sock"));
}

TEST_F(AdminCommands, ARunThatNobodyCanReachSaysSoAndGoesOnUnlessItShallBe) {
  world_.backend.admin_error = Error(Code::invalid_configuration, "too long for a socket; set AIRSSYS_WASM_HOME");
  auto& echo = world_.add("echo", {.name = "echo"});
  EXPECT_EQ(run({"run", "echo"}), 0);
  EXPECT_THAT(world_.err(), HasSubstr("warning: nobody can send to this host: too long for a socket"));
  EXPECT_TRUE(echo.started);
  EXPECT_EQ(run({"run", "echo", "--json"}), 0);
  EXPECT_EQ(json()["admin"], nullptr);
  echo.started = false;
  EXPECT_EQ(run({"run", "echo", "--stay"}), 3);
  EXPECT_EQ(run({"run", "echo", "--name", "shop"}), 3);
  EXPECT_FALSE(echo.started);
}

TEST_F(AdminCommands, WorkOnStorageThroughTheHostThatHasTheDirectoryOpen) {
  auto& host = start("shop");
  const wasm::Store counter = *host.storage().store(*wasm::StoreId::parse("default/counter"));
  ASSERT_TRUE(counter.write(std::array{wasm::StorageOperation{"count", "42"}}));
  const auto held = wasm::open_backend({.directory = home_ / "data"});
  ASSERT_TRUE(held) << held.error().message();

  EXPECT_EQ(run({"storage", "list", "--json"}), 0) << world_.err();
  EXPECT_EQ(json()["components"][0]["component"], "default/counter");
  EXPECT_EQ(json()["components"][0]["bytes"], 7);
  EXPECT_EQ(run({"storage", "list", "--host", "shop"}), 0);
  EXPECT_THAT(world_.out(), HasSubstr("host shop: memory"));
  EXPECT_EQ(run({"storage", "export"}), 0) << world_.err();
  EXPECT_THAT(world_.out(), AllOf(StartsWith(R"({"type":"header")"), HasSubstr(R"("key":"Y291bnQ=","value":"NDI=")")));
  EXPECT_EQ(run({"storage", "export", "--component", "counter", "-o", home_ / "e.jsonl", "--json"}), 0) << world_.err();
  EXPECT_EQ(json()["keys"], 1);
  EXPECT_EQ(run({"storage", "verify", home_ / "e.jsonl"}), 0) << world_.err();
  EXPECT_EQ(run({"storage", "verify"}), 0) << world_.err();
  EXPECT_THAT(world_.out(), HasSubstr("memory, 1 key, 7 B in 1 store, as the host counted"));
  EXPECT_EQ(run({"storage", "compact"}), 0) << world_.err();
  EXPECT_EQ(run({"storage", "backup", home_ / "backup"}), 1);
  EXPECT_THAT(world_.err(), HasSubstr("of kind memory has no files to back up"));
  EXPECT_EQ(run({"storage", "import", home_ / "e.jsonl"}), 1);
  EXPECT_THAT(world_.err(), HasSubstr("import needs the storage directory for itself, and process"));
  EXPECT_EQ(run({"storage", "delete", "--component", "counter"}), 2);
  EXPECT_EQ(counter.usage().keys, 1u);
  EXPECT_EQ(run({"storage", "delete", "--component", "counter", "--yes"}), 0) << world_.err();
  EXPECT_EQ(counter.usage().keys, 0u);
  EXPECT_EQ(run({"storage", "list", "--host", "nobody"}), 4);
  for (const auto& entry : fs::directory_iterator(home_ / "run"))
    EXPECT_TRUE(entry.is_socket() || entry.path().filename() == "lock");
}

}  // namespace
}  // namespace airssys::cli
