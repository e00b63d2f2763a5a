#include "airssys/wasm/security/review.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace airssys::wasm {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Risk, IsWhatAReviewerLooksAtTwice) {
  const auto risks = [](Action action, std::string_view pattern) { return risks_of(*Capability::parse(action, pattern)); };
  EXPECT_THAT(risks(Action::filesystem_write, "/srv/**"), ElementsAre(Risk::recursive_write));
  EXPECT_THAT(risks(Action::filesystem_write, "/srv/*"), IsEmpty());
  EXPECT_THAT(risks(Action::filesystem_read, "/srv/**"), IsEmpty());
  EXPECT_THAT(risks(Action::network_outbound, "*.a.org:*"), ElementsAre(Risk::wildcard_host, Risk::wildcard_port));
  EXPECT_THAT(risks(Action::network_outbound, "a.org:1"), IsEmpty());
  EXPECT_THAT(risks(Action::network_inbound, "0.0.0.0:80"), ElementsAre(Risk::wildcard_host));
  EXPECT_THAT(risks(Action::network_inbound, "127.0.0.1:80"), IsEmpty());
  EXPECT_THAT(risks(Action::storage_read, "shared:team"), ElementsAre(Risk::shared_storage));
  EXPECT_THAT(risks(Action::storage_read, "app:*"), IsEmpty());
  EXPECT_THAT(risks(Action::process_spawn, "/usr/bin/git"), ElementsAre(Risk::process_spawn));
  EXPECT_THAT(risks(Action::messaging_send, "*"), ElementsAre(Risk::any_target));
  EXPECT_THAT(risks(Action::messaging_send, "a-*"), IsEmpty());
  EXPECT_THAT(risks(Action::messaging_receive_from, "*"), IsEmpty());
  EXPECT_EQ(risk_name(Risk::any_target), "any-target");
}

struct ReviewCase {
  Action action;
  std::string_view pattern;
  bool asks;
};
class Review : public ::testing::TestWithParam<ReviewCase> {};

TEST_P(Review, IsOfWhatReachesBeyondWhatIsNamed) {
  const auto capability = Capability::parse(GetParam().action, GetParam().pattern);
  ASSERT_TRUE(capability) << capability.error().message();
  EXPECT_EQ(needs_approval(*capability, "app"), GetParam().asks) << GetParam().pattern;
}

INSTANTIATE_TEST_SUITE_P(
    Corners, Review,
    ::testing::Values(
        ReviewCase{Action::filesystem_read, "/etc/app/*.toml", true}, ReviewCase{Action::filesystem_write, "/var/app/**", true},
        ReviewCase{Action::filesystem_read, "/**", true}, ReviewCase{Action::network_outbound, "api.example.org:443", true},
        ReviewCase{Action::network_outbound, "*.example.org:443", true},
        ReviewCase{Action::network_outbound, "api.example.org:*", true}, ReviewCase{Action::network_inbound, "0.0.0.0:80", true},
        ReviewCase{Action::storage_read, "app:config", false}, ReviewCase{Action::storage_write, "app:*", false},
        ReviewCase{Action::storage_read, "app2:config", true}, ReviewCase{Action::storage_read, "shared:*", true},
        ReviewCase{Action::messaging_send, "indexer", false}, ReviewCase{Action::messaging_send, "photos/*", true},
        ReviewCase{Action::messaging_send, "*", true}, ReviewCase{Action::messaging_receive_from, "*", false},
        ReviewCase{Action::messaging_publish, "thumbs.created", false}, ReviewCase{Action::messaging_subscribe, "**", true},
        ReviewCase{Action::process_spawn, "/usr/bin/git", true}, ReviewCase{Action::process_spawn, "*", true}));

}  // namespace
}  // namespace airssys::wasm
