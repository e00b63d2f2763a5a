// What guests ask of the host, and what it answers.
#include "rig.h"

namespace airssys::wasm::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

struct BridgeHost : ::testing::Test {
  Rig rig;
  BridgeInstance instance = rig.instance();
  Answer send(std::string_view payload) { return testing::send(instance.get(), payload); }
  std::string answered(std::uint32_t error, std::uint64_t number, std::string_view text) {
    rig.host.answer = {error, number, to_bridge(text)};
    return send("tx").text();
  }
};

TEST_F(BridgeHost, GetsMessagesByteForByte) {
  const std::string payload("\0\xff\n text", 8);
  EXPECT_EQ(send("t" + payload).text(), std::string("\0", 1));
  EXPECT_EQ(send("t").text(), std::string("\0", 1));
  EXPECT_THAT(rig.host.sent, ElementsAre(Pair("peer", payload), Pair("peer", "")));
}

TEST_F(BridgeHost, AnswersWithEveryCaseOfTheError) {
  EXPECT_EQ(answered(1, 0, {}), "\1");
  EXPECT_EQ(answered(2, 0, "not granted"), "\2not granted");
  EXPECT_EQ(answered(3, 0, {}), "\3");
  EXPECT_EQ(answered(4, 0, {}), "\4");
  EXPECT_EQ(answered(5, 77, {}), "\5");
  EXPECT_EQ(answered(6, 0, "not that"), "\6not that");
  EXPECT_EQ(answered(7, 77, {}), "\7");
  EXPECT_EQ(answered(9, 77, {}), "\11");
  EXPECT_EQ(answered(10, 0, {}), "\12");
  EXPECT_EQ(answered(11, 0, "gone"), "\13gone");
}

TEST_F(BridgeHost, ATextThatIsNotUtf8IsMended) {
  EXPECT_EQ(answered(2, 0, "a\xff"), "\2a\xef\xbf\xbd");
  rig.host.answer = {2, 0, {nullptr, 9}};
  EXPECT_EQ(send("tx").text(), "\2");
}

TEST_F(BridgeHost, EndsACallWithItsOwnWords) {
  rig.host.answer = {AW_HOST_TRAP, 0, to_bridge(std::string_view("said\ntoo much"))};
  const Answer answer = send("tx");
  EXPECT_EQ(answer.code(), AW_TRAP_HOST);
  EXPECT_THAT(answer.message(), HasSubstr("said too much"));
  EXPECT_THAT(answer.backtrace(), HasSubstr("handle"));
  EXPECT_EQ(send("ex").code(), AW_POISONED);
}

TEST_F(BridgeHost, ATrapWithoutWordsHasSome) {
  rig.host.answer = {AW_HOST_TRAP, 0, {}};
  EXPECT_THAT(send("tx").message(), HasSubstr("the host ended the call"));
}

TEST_F(BridgeHost, AnAnswerThatIsNoCaseEndsTheCall) {
  rig.host.answer = {12, 0, {}};
  const Answer answer = send("tx");
  EXPECT_EQ(answer.code(), AW_TRAP_HOST);
  EXPECT_THAT(answer.message(), HasSubstr("messaging-error 12"));
}

TEST_F(BridgeHost, BroadcastsAreOneSendEachInOrder) {
  int calls = 0;
  rig.host.during_send = [&] { rig.host.answer = {calls++ == 0 ? 3u : 0u, 0, {}}; };
  EXPECT_EQ(send("bhi").text(), std::string("\3\0", 2));
  EXPECT_THAT(rig.host.sent, ElementsAre(Pair("peer", "hi"), Pair("other", "hi")));
}

TEST_F(BridgeHost, GetsLogLinesWithFields) {
  EXPECT_EQ(send("lhello").state(), AW_DONE);
  EXPECT_THAT(rig.host.logged, ElementsAre("2 hello key=value"));
}

TEST_F(BridgeHost, TellsTheGuestItsAddress) {
  EXPECT_EQ(send("i").text(), "test/puppet/1");
  rig.host.id.assign(70'000, 'n');  // larger than what the guest has: its allocator grows while the host answers
  EXPECT_EQ(send("i").text(), rig.host.id);
}

TEST_F(BridgeHost, TellsTheTime) {
  EXPECT_EQ(send("q").text(),
            std::string("\x08\x07\x06\x05\x04\x03\x02\x01\x0d\x0c\x0b\x0a\x18\x17\x16\x15\x14\x13\x12\x11", 20));
}

TEST_F(BridgeHost, BoundsWhatACallBringsAlong) {
  aw_instance_limits limits = roomy();
  limits.hostcall_bytes = 8;  // less than a log line's list of fields
  const Answer answer = testing::send(rig.instance(limits).get(), "lhello");
  EXPECT_EQ(answer.code(), AW_TRAP_OTHER);
  EXPECT_THAT(answer.message(), HasSubstr("fuel allocated for hostcalls has been exhausted"));
  EXPECT_TRUE(rig.host.logged.empty());
}

}  // namespace
}  // namespace airssys::wasm::testing
