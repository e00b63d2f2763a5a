// A conversation of three languages over every pattern of messages, step by step: what is answered, what each of them hears, and
// the audit of the whole of it, event by event.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "attack_world.h"

namespace airssys::wasm {
namespace {

using attacks::GuestOptions;
using ::testing::ElementsAreArray;

// The part of an address that a component calls another by.
std::string short_name(std::string_view text) {
  constexpr std::string_view head = "default/", tail = "/main";
  if (!text.starts_with(head) || !text.ends_with(tail)) return std::string(text);
  return std::string(text.substr(head.size(), text.size() - head.size() - tail.size()));
}

struct Step {
  std::string who;
  std::string command;  // of tests/guests/talker.cc, as a request from outside
  std::string answer;
  std::vector<std::string> heard;  // lines of the log: who, and what
  std::vector<std::string> audit;  // after its request-received: who, event, peer
};

class Conversation : public attacks::Attacks {
 protected:
  Conversation() {
    config_.workers = 1;  // so that one thing follows the other
    config_.audit_messages = 1;
    config_.engine.cache_directory = AIRSSYS_GUEST_CACHE;  // a Python component takes ten seconds to compile, and never changes
    make_host();
    const std::string all = R"("anna", "rosa", "pia", "cleo", "nobody")",
                      grants = "publish = [\"news.*\"]\nsubscribe = [\"news.*\", \"*.alarm\"]\n";
    const std::string resources = "max_fuel_per_execution = 500000000\nmax_execution_time_ms = 60000\n";
    run({.name = "anna", .resources = resources, .send = all, .further = grants, .wasm = "waiting-talker-cpp.wasm"});
    run({.name = "rosa", .resources = resources, .send = all, .further = grants, .wasm = "talker-rust.wasm"});
    run({.name = "pia",
         .resources = resources,
         .send = all,
         .further = grants,
         .wasm = "talker-python.wasm",
         .room = "max_memory = \"48MiB\"\nmax_stack = \"512KiB\"\n"});
    run({.name = "cleo", .further = "[serialization]\nsupported_codecs = [\"json\", \"borsh\"]\n"});
    run({.name = "vault"});
  }

  void take(const Step& step) {
    SCOPED_TRACE(fmt::format("{}: {}", step.who, step.command));
    const std::size_t before = log_.all().size();
    EXPECT_EQ(ask(step.who, step.command), step.answer);
    ASSERT_TRUE(host_->wait_idle(attacks::patience));
    EXPECT_THAT(heard_since(before), ElementsAreArray(step.heard));
    expected_.push_back(step.who + " request-received external");
    expected_.insert(expected_.end(), step.audit.begin(), step.audit.end());
  }

  // Events of messages and refusals, in the order of the log.
  [[nodiscard]] std::vector<std::string> told() {
    std::vector<std::string> events;
    for (const AuditLine& line : audit()) {
      const bool event = line.action.starts_with(message_head);
      if (!event && line.decision != AuditDecision::deny) continue;
      EXPECT_EQ(line.count, 1u);
      const std::string what = event ? line.action.substr(message_head.size()) : "refused " + line.action;
      events.push_back(fmt::format("{} {} {}", short_name(line.component), what,
                                   line.resource.starts_with("id ") ? "id" : short_name(line.resource)));
    }
    return events;
  }

  static constexpr std::string_view message_head = "message.";
  std::vector<std::string> expected_;

 private:
  [[nodiscard]] std::vector<std::string> heard_since(std::size_t first) const {
    static constexpr std::string_view crash = "crashed: unreachable code was reached";
    static constexpr std::array said{": heard ", ": news ", ": answer ", ": error "};
    std::vector<std::string> lines = log_.all();
    lines.erase(lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(first));
    for (std::string& line : lines)  // where in its own code is its compiler's affair
      if (const std::size_t at = line.find(crash); at != std::string::npos) line.resize(at + crash.size());
    std::erase_if(lines, [](const std::string& line) {
      return line.starts_with("supervisor") || std::ranges::none_of(said, [&](const char* word) { return line.contains(word); });
    });
    return lines;
  }
};

TEST_F(Conversation, OfThreeLanguagesIsHeardAndAuditedAsItWas) {
  const std::vector<Step> script{
      // One way, through all three: C++ to Rust to Python.
      {.who = "anna",
       .command = "send rosa send pia hello",
       .answer = "done",
       .heard = {"pia: heard hello"},
       .audit = {"anna sent rosa", "rosa received anna", "rosa sent pia", "pia received rosa"}},
      // Requests with an answer.
      {.who = "anna",
       .command = "ask pia 60000 how are you",
       .answer = "done",
       .heard = {"pia: heard how are you", "anna: answer how are you"},
       .audit = {"anna request-sent pia", "pia request-received anna", "anna callback-delivered pia"}},
      {.who = "pia",
       .command = "ask rosa 60000 and you",
       .answer = "done",
       .heard = {"rosa: heard and you", "pia: answer and you"},
       .audit = {"pia request-sent rosa", "rosa request-received pia", "pia callback-delivered rosa"}},
      // One whose answer comes too late.
      {.who = "rosa",
       .command = "ask anna 1000 sleep 3000 good morning",
       .answer = "done",
       .heard = {"rosa: error no answer within 1000 ms"},
       .audit = {"rosa request-sent anna", "anna request-received rosa", "rosa timed-out anna", "rosa callback-delivered anna",
                 "anna late-response rosa"}},
      // One that is cancelled: twice, which is once.
      {.who = "rosa",
       .command = "cancel pia never mind",
       .answer = "done, then unknown request",
       .heard = {"pia: heard never mind"},
       .audit = {"rosa request-sent pia", "rosa cancelled pia", "rosa refused messaging.request id", "pia request-received rosa",
                 "pia late-response rosa"}},
      // One at which the other crashes.
      {.who = "anna",
       .command = "ask pia 60000 crash",
       .answer = "done",
       .heard = {"anna: error target crashed: 'pia' crashed: unreachable code was reached"},
       .audit = {"anna request-sent pia", "pia request-received anna", "anna callback-delivered pia"}},
      // To several, one of whom does not exist. The worker goes on with whom it was given last.
      {.who = "anna",
       .command = "broadcast rosa,nobody,pia to all",
       .answer = "done, target not found, done",
       .heard = {"pia: heard to all", "rosa: heard to all"},
       .audit = {"anna sent rosa", "anna rejected nobody", "anna sent pia", "pia received anna", "rosa received anna"}},
      // To whoever subscribed, Python again after its crash; not to who publishes.
      {.who = "rosa",
       .command = "publish news.weather sun",
       .answer = "done",
       .heard = {"pia: news news.weather sun", "anna: news news.weather sun"},
       .audit = {"rosa published news.weather", "pia received rosa", "anna received rosa"}},
      {.who = "pia",
       .command = "publish news.sport goal",
       .answer = "done",
       .heard = {"rosa: news news.sport goal", "anna: news news.sport goal"},
       .audit = {"pia published news.sport", "rosa received pia", "anna received pia"}},
      // What the receiver does not understand, with what it would; and who is not to be talked to.
      {.who = "pia",
       .command = "send cleo hello",
       .answer = "CodecIncompatible: CodecMismatch(sent=85, supported=[512, 1793], suggestion='borsh')",
       .heard = {},
       .audit = {"pia refused messaging.send cleo"}},
      {.who = "anna",
       .command = "ask cleo 1000 hello",
       .answer = "the receiver does not understand codec 85; both understand borsh",
       .heard = {},
       .audit = {"anna refused messaging.request cleo"}},
      {.who = "pia",
       .command = "send vault open",
       .answer =
           "PermissionDenied: messaging.send 'default/vault/main' is not granted; it needs [capabilities.messaging] send in "
           "Component.toml",
       .heard = {},
       .audit = {"pia refused messaging.send vault"}},
  };
  for (const Step& step : script) take(step);
  EXPECT_THAT(told(), ElementsAreArray(expected_));
  for (const char* name : {"cleo", "vault"}) EXPECT_EQ(report(name).messages_in, 0u) << name;
}

// What is received was sent, under the same number, and a request has one end.
TEST_F(Conversation, IsHeldTogetherByTheNumbersOfItsMessages) {
  for (const char* command : {"send rosa send pia hello", "ask pia 60000 hello", "cancel rosa hello", "publish news.a hello",
                              "broadcast rosa,pia hello", "ask nobody 60000 hello", "ask pia 60000 crash"}) {
    static_cast<void>(ask("anna", command));
    ASSERT_TRUE(host_->wait_idle(attacks::patience));
  }
  std::set<std::string> sent;
  std::map<std::string, int> ends;
  for (const AuditLine& line : audit()) {
    if (!line.action.starts_with(message_head) || line.resource == "external") continue;
    const std::string event = line.action.substr(message_head.size());
    if (event == "request-sent") ends[line.rule] = 0;
    if (event == "sent" || event == "request-sent" || event == "published") {
      EXPECT_TRUE(sent.insert(line.rule).second) << line.rule;
    }
    if (event == "received" || event == "request-received") {
      EXPECT_TRUE(sent.contains(line.rule)) << line.rule;
    }
    if (event == "callback-delivered" || event == "cancelled") ++ends[line.rule];
  }
  EXPECT_EQ(sent.size(), 8u);
  EXPECT_EQ(ends.size(), 3u);
  for (const auto& [id, count] : ends) EXPECT_EQ(count, 1) << id;
}

}  // namespace
}  // namespace airssys::wasm
