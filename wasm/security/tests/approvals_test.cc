#include "airssys/wasm/security/approvals.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scratch_folder.h"

namespace airssys::wasm {
namespace {

using testing::contents;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::mode_of;
using testing::ScratchFolder;
using ::testing::StartsWith;
namespace fs = std::filesystem;

CapabilitySet capabilities(std::initializer_list<std::pair<Action, std::string_view>> wanted) {
  CapabilitySet set;
  for (const auto& [action, pattern] : wanted) {
    auto capability = Capability::parse(action, pattern);
    EXPECT_TRUE(capability) << capability.error().message();
    EXPECT_TRUE(set.grant(*std::move(capability)));
  }
  return set;
}

ApprovalRecord sample() {
  return {.request = {.name = "thumbnailer",
                      .author = "ed25519:d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
                      .requested = capabilities(
                          {{Action::filesystem_read, "/srv/photos/**"}, {Action::network_outbound, "api.example.org:443"}}),
                      .custom = {"gpu"},
                      .version = "1.0.0",
                      .source = "/opt/thumbnailer",
                      .wasm_hash = "sha256:" + std::string(64, 'a'),
                      .rationale = {{"filesystem", "reads what it makes small"}}},
          .state = ApprovalState::approved,
          .granted = capabilities({{Action::filesystem_read, "/srv/photos/**"}}),
          .reason = "no network",
          .requested_at = "2026-01-31T12:00:00Z",
          .decided_at = "2026-01-31T12:01:00Z"};
}

TEST(Approval, HasTheFormOfTheGoldenFile) {
  EXPECT_EQ(approval_text(sample()), contents(fs::path(AIRSSYS_GOLDEN) / "approval.json"));
  const auto read = parse_approval(contents(fs::path(AIRSSYS_GOLDEN) / "approval.json"), "F");
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(approval_text(*read), approval_text(sample()));
}

TEST(Approval, IsOfOneQuestionWhoeverAsksAndHowever) {
  ApprovalRequest request = sample().request;
  const std::string id = request.id();
  EXPECT_EQ(id.size(), 16u);
  request.version = "2.0.0";
  request.source = "/elsewhere";
  request.wasm_hash = "sha256:" + std::string(64, 'b');
  EXPECT_EQ(request.id(), id);
  request.requested =
      capabilities({{Action::network_outbound, "api.example.org:443"}, {Action::filesystem_read, "/srv/photos/**"}});
  EXPECT_EQ(request.id(), id) << "the order";
  ApprovalRequest other = request;
  other.name = "thumbnailers";
  EXPECT_NE(other.id(), id);
  other = request;
  other.author.back() = '0';
  EXPECT_NE(other.id(), id);
  other = request;
  other.requested =
      capabilities({{Action::filesystem_write, "/srv/photos/**"}, {Action::network_outbound, "api.example.org:443"}});
  EXPECT_NE(other.id(), id);
  other = request;
  other.custom.clear();
  EXPECT_NE(other.id(), id);
}

TEST(Approvals, AreKeptForTheUserAlone) {
  const ScratchFolder folder;
  const Approvals approvals(folder.path() / "approvals");
  EXPECT_THAT(*approvals.all(), IsEmpty());
  ASSERT_TRUE(approvals.save(sample()));
  const fs::path file = folder.path() / "approvals/thumbnailer" / (sample().request.id() + ".json");
  EXPECT_EQ(approvals.file_of(sample().request), file);
  EXPECT_EQ(mode_of(file), 0600u);
  const auto found = approvals.find(sample().request);
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_EQ((*found)->granted, sample().granted);
  EXPECT_EQ((*found)->request.rationale.at("filesystem"), "reads what it makes small");
  EXPECT_EQ(approvals.find(sample().request.id().substr(0, 4))->reason, "no network");
  EXPECT_EQ(approvals.all()->size(), 1u);
}

TEST(Approvals, FindAWiderOneOfTheSameAuthorOnly) {
  const ScratchFolder folder;
  const Approvals approvals(folder.path());
  ASSERT_TRUE(approvals.save(sample()));
  ApprovalRequest less = sample().request;
  less.custom.clear();
  less.requested = capabilities({{Action::filesystem_read, "/srv/photos/a/*"}});
  EXPECT_TRUE(approvals.find_wider(less)->has_value());
  ApprovalRequest more = less;
  more.requested = capabilities({{Action::filesystem_read, "/srv/**"}});
  EXPECT_FALSE(approvals.find_wider(more)->has_value()) << "what was requested is not what was granted";
  more.requested = capabilities({{Action::network_outbound, "api.example.org:443"}});
  EXPECT_FALSE(approvals.find_wider(more)->has_value()) << "what was narrowed away";
  ApprovalRequest other = less;
  other.author = "sha256:" + std::string(64, 'a');
  EXPECT_FALSE(approvals.find_wider(other)->has_value());
  other = less;
  other.custom = {"tpu"};
  EXPECT_FALSE(approvals.find_wider(other)->has_value());
  ApprovalRecord denied = sample();
  denied.state = ApprovalState::denied;
  ASSERT_TRUE(approvals.save(denied));
  EXPECT_FALSE(approvals.find_wider(less)->has_value());
}

// A record that was copied to another component, or altered, is no decision.
TEST(Approvals, ThatWereReplayedOrAlteredAreRefused) {
  const ScratchFolder folder;
  const Approvals approvals(folder.path());
  ASSERT_TRUE(approvals.save(sample()));
  const fs::path file = approvals.file_of(sample().request);
  const std::string good = contents(file);

  fs::create_directory(folder.path() / "evil");
  fs::copy_file(file, folder.path() / "evil" / file.filename());
  ASSERT_FALSE(approvals.all());
  EXPECT_EQ(approvals.all().error().code(), Code::corrupt);
  fs::remove_all(folder.path() / "evil");

  for (const auto& [from, to] : {std::pair<std::string, std::string>{"/srv/photos/**\"", "/srv/**\""},
                                 {"\"thumbnailer\"", "\"evil\""},
                                 {"ed25519:d75a", "ed25519:d75b"},
                                 {"\"gpu\"", "\"tpu\""},
                                 {"\"version\": 1", "\"version\": 2"},
                                 {"\"approved\"", "\"allowed\""}}) {
    std::string changed = good;
    changed.replace(changed.find(from), from.size(), to);
    (void)folder.write(fs::relative(file, folder.path()), changed);
    const auto refused = approvals.find(sample().request);
    ASSERT_FALSE(refused) << to;
    EXPECT_EQ(refused.error().code(), Code::corrupt) << to;
    EXPECT_THAT(refused.error().message(), ::testing::AllOf(StartsWith(file.native()), HasSubstr("delete the file")));
  }
  std::string widened = good;
  widened.replace(widened.rfind("/srv/photos/**"), 14, "/srv/**");
  EXPECT_THAT(parse_approval(widened, "F").error().message(), HasSubstr("it grants more than was requested"));
  (void)folder.write(fs::relative(file, folder.path()), good, 0666);
  EXPECT_THAT(approvals.find(sample().request).error().message(), HasSubstr("chmod 600"));
}

TEST(Approvals, AreFoundByWhatIsNoIdAtAllEither) {
  const ScratchFolder folder;
  const Approvals approvals(folder.path());
  EXPECT_EQ(approvals.find("3f").error().code(), Code::not_found);
  EXPECT_EQ(approvals.find("../x").error().code(), Code::invalid_argument);
  EXPECT_EQ(approvals.find("").error().code(), Code::invalid_argument);
}

}  // namespace
}  // namespace airssys::wasm
