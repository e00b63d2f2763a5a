#include "airssys/wasm/actor/suspects.h"

#include <gtest/gtest.h>

#include <string>

#include "airssys/base/sim_platform.h"

namespace airssys::wasm {
namespace {

using namespace std::chrono_literals;

Message message(std::string_view payload, std::string_view sender = "default/a/main") {
  return {.sender = Bytes::copy_of(sender), .payload = Bytes::copy_of(payload)};
}

struct SuspectsTest : ::testing::Test {
  void accuse(Suspects& suspects, const Message& of) { suspects.accuse(of, platform.now(), platform); }
  bool is_poison(Suspects& suspects, const Message& what) { return suspects.is_poison(what, platform.now()); }
  SimPlatform platform{1};
};

TEST_F(SuspectsTest, ArePoisonAfterSoManyCrashes) {
  Suspects suspects(2, 60s);
  accuse(suspects, message("bad"));
  EXPECT_FALSE(is_poison(suspects, message("bad")));
  EXPECT_FALSE(suspects.any_poison());
  accuse(suspects, message("bad"));
  EXPECT_TRUE(is_poison(suspects, message("bad")));
}

TEST_F(SuspectsTest, AreToldFromOthersByTheirPayloadAndTheirSender) {
  Suspects suspects(1, 60s);
  accuse(suspects, message("twelve bytes"));
  EXPECT_FALSE(is_poison(suspects, message("twelve bytez")));
  EXPECT_FALSE(is_poison(suspects, message("twelve byte")));
  EXPECT_FALSE(is_poison(suspects, message("twelve bytes", "default/b/main")));
  EXPECT_FALSE(is_poison(suspects, message("bytes", "default/a/maintwelve ")));
  EXPECT_TRUE(is_poison(suspects, message("twelve bytes")));
}

TEST_F(SuspectsTest, AreForgottenWhenTheirLastCrashIsLongerAgoThanTheWindow) {
  Suspects suspects(2, 60s);
  accuse(suspects, message("bad"));
  platform.advance(59s);
  accuse(suspects, message("bad"));
  platform.advance(59s);
  EXPECT_TRUE(is_poison(suspects, message("bad")));
  platform.advance(1s);
  EXPECT_FALSE(is_poison(suspects, message("bad")));
  EXPECT_FALSE(suspects.any_poison());
  accuse(suspects, message("bad"));
  EXPECT_FALSE(is_poison(suspects, message("bad")));
}

TEST_F(SuspectsTest, AreAtMostSoManyOfWhichTheOldestGoes) {
  Suspects suspects(2, 60s);
  accuse(suspects, message("first"));
  for (std::size_t n = 0; n < Suspects::max_suspects; ++n) accuse(suspects, message(std::to_string(n)));
  accuse(suspects, message("first"));
  EXPECT_FALSE(is_poison(suspects, message("first")));
  accuse(suspects, message("first"));
  EXPECT_TRUE(is_poison(suspects, message("first")));
}

TEST_F(SuspectsTest, AreNoneWhenNothingIsToBePoison) {
  Suspects suspects(0, 60s);
  for (int i = 0; i < 10; ++i) accuse(suspects, message("bad"));
  EXPECT_FALSE(is_poison(suspects, message("bad")));
}

}  // namespace
}  // namespace airssys::wasm
