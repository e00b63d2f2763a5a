// Components that are written with an SDK, hosted: the same one in C++ and in Rust (talker.cc, rust-sdk).
#include <gmock/gmock.h>

#include "hosted_guests.h"

namespace airssys::wasm {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::uint64_t json = 0x0200, borsh = 0x0701;

class Talkers : public testing::HostedGuests, public ::testing::WithParamInterface<const char*> {
 protected:
  Talkers() {
    make_host({});
    run_talker("talker");
  }
  void run_talker(const std::string& name) {
    run({.name = name,
         .wasm = std::filesystem::path(AIRSSYS_PUPPETS) / fmt::format("talker-{}.wasm", GetParam()),
         .messaging = "request = [\"*\"]\npublish = [\"news.**\"]\nsubscribe = [\"news.*\", \"*.alarm\"]\n"});
  }
  std::string told(std::string_view command) {
    const auto answer = ask(Bytes::copy_of(command));
    settle();
    return answer ? std::string(answer->text()) : answer.error().message();
  }
  Result<Payload> ask(Payload what) { return host_->request("talker", std::move(what), testing::patience); }
};

TEST_P(Talkers, AnswerTextInRaw) {
  const auto answer = ask(Bytes::copy_of("hello"));
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(*answer, Payload(Bytes::copy_of("hello")));
}

TEST_P(Talkers, ReadValuesByTheirCodecAndAnswerInTheSame) {
  const auto in_json = ask({Bytes::copy_of(R"({"a":4000000000,"b":2})"), json});
  ASSERT_TRUE(in_json) << in_json.error().message();
  EXPECT_EQ(*in_json, Payload(Bytes::copy_of(R"({"sum":4000000002})"), json));
  const auto in_borsh = ask({Bytes::copy_of(std::string_view("\1\0\0\0\xff\0\0\0", 8)), borsh});
  ASSERT_TRUE(in_borsh) << in_borsh.error().message();
  EXPECT_EQ(*in_borsh, Payload(Bytes::copy_of(std::string_view("\0\1\0\0\0\0\0\0", 8)), borsh));
}

TEST_P(Talkers, SayWhatIsWrongWithValuesAndGoOn) {
  for (const auto& [content, codec] : {std::pair{R"({"a":1})", json}, {R"({"a":1,"b":-1})", json}, {"abc", borsh}}) {
    const auto refused = ask({Bytes::copy_of(content), codec});
    ASSERT_FALSE(refused) << content;
    EXPECT_EQ(refused.error().code(), Code::execution_failed) << content;
  }
  EXPECT_THAT(ask({Bytes::copy_of(R"({"a":1})"), json}).error().message(), HasSubstr("missing"));
  EXPECT_EQ(report("talker").restarts, 0u);
}

TEST_P(Talkers, HaveTheirContinuationCalledWithTheAnswerOrWithWhyThereIsNone) {
  run("other", "");
  EXPECT_EQ(told("ask other 5000 echo hello"), "done");
  EXPECT_THAT(log_.lines(), Contains("talker: answer hello"));
  EXPECT_EQ(told("ask other 5000 nothing"), "done");
  EXPECT_THAT(log_.lines(), Contains("talker: answer "));
  EXPECT_EQ(told("ask other 5000 fail out of paper"), "done");
  EXPECT_THAT(log_.lines(), Contains(HasSubstr("talker: error answered with an error: ")));
  EXPECT_EQ(told("ask other 5000 trap"), "done");
  EXPECT_THAT(log_.lines(), Contains(HasSubstr("talker: error target crashed: ")));
  EXPECT_THAT(told("ask other 0 echo hello"), HasSubstr("invalid timeout"));
  EXPECT_THAT(told("ask nobody 5000 echo hello"), HasSubstr("target not found"));
  EXPECT_EQ(report("talker").errors, 0u);
}

TEST_P(Talkers, AskAgainWithALongerTimeoutUntilTheLastAttempt) {
  run({.name = "other",
       .wasm = std::filesystem::path(AIRSSYS_PUPPETS) / "waiting-puppet.wasm",
       .resources = "max_execution_time_ms = 60000\n"});
  EXPECT_EQ(told("again other 5 sleep 300"), "done");
  EXPECT_THAT(log_.lines(), Contains("talker: error no answer within 20 ms"));
  EXPECT_THAT(log_.lines(), Not(Contains("talker: error no answer within 5 ms")));
  EXPECT_EQ(report("other").messages_in, 3u);
}

TEST_P(Talkers, HearNothingOfWhatTheyCancelled) {
  run("other", "");
  EXPECT_EQ(told("cancel other echo hello"), "done, then unknown request");
  EXPECT_THAT(log_.lines(), Not(Contains(HasSubstr("answer"))));
}

TEST_P(Talkers, KnowHowLongWhoeverAsksStillWaits) {
  run_talker("other");
  EXPECT_EQ(told("ask other 5000 deadline"), "done");
  EXPECT_THAT(log_.lines(), Contains(::testing::MatchesRegex("talker: answer [0-9]+")));
  EXPECT_EQ(told("publish news.local hi"), "done");
}

TEST_P(Talkers, HearWhatOthersPublishAndNotWhatTheyDo) {
  run_talker("other");
  EXPECT_EQ(told("publish news.local it rains"), "done");
  EXPECT_THAT(log_.lines(), Contains("other: news news.local it rains"));
  EXPECT_THAT(log_.lines(), Not(Contains(HasSubstr("talker: news"))));
  EXPECT_EQ(told("publish news.local.weather it pours"), "done");
  EXPECT_THAT(log_.lines(), Not(Contains(HasSubstr("it pours"))));
  EXPECT_EQ(told("publish news.alarm it burns"), "done");
  std::vector<std::string> heard;
  for (const std::string& line : log_.lines())
    if (line.ends_with("it burns")) heard.push_back(line);
  EXPECT_THAT(heard, ::testing::ElementsAre("other: news news.alarm it burns", "other: alarm it burns"));
  EXPECT_THAT(told("publish gossip hush"), HasSubstr("permission denied"));
}

INSTANTIATE_TEST_SUITE_P(Sdk, Talkers, ::testing::Values("cpp", "rust"), [](const auto& of) { return std::string(of.param); });

}  // namespace
}  // namespace airssys::wasm
