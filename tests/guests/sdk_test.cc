// Components that are written with an SDK, hosted: the same one in C++ and in Rust (talker.cc, rust-sdk).
#include <gmock/gmock.h>

#include "hosted_guests.h"

namespace airssys::wasm {
namespace {

using ::testing::HasSubstr;

constexpr std::uint64_t json = 0x0200, borsh = 0x0701;

class Talkers : public testing::HostedGuests, public ::testing::WithParamInterface<const char*> {
 protected:
  Talkers() {
    make_host({});
    run("talker", "", std::filesystem::path(AIRSSYS_PUPPETS) / fmt::format("talker-{}.wasm", GetParam()));
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

INSTANTIATE_TEST_SUITE_P(Sdk, Talkers, ::testing::Values("cpp", "rust"), [](const auto& of) { return std::string(of.param); });

}  // namespace
}  // namespace airssys::wasm
