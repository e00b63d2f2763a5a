#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "project_folder.h"

namespace airssys::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::ProjectFolder;
using Json = nlohmann::json;

class Compatibility : public ProjectFolder {
 protected:
  // A component whose manifest names these codecs; none: it says nothing of them.
  std::string component(const std::string& name, std::string_view codecs) {
    std::string text(manifest_);
    text.replace(text.find("\"echo\""), 6, '"' + name + '"');
    if (!codecs.empty()) text += "[serialization]\nsupported_codecs = [" + std::string(codecs) + "]\n";
    std::filesystem::create_directory(folder_ / name);
    write(name + "/Component.toml", text);
    return path(name);
  }
};

TEST_F(Compatibility, IsWhatBothUnderstandInTheOrderOfTheFirst) {
  EXPECT_EQ(run({"compatibility", component("a", R"("json", "messagepack", "cbor")"), component("b", R"("cbor", "json")")}), 0)
      << err_;
  EXPECT_EQ(out_,
            "a names json, messagepack, cbor\n"
            "b names cbor, json\n"
            "a -> b\n  taken    json, cbor\n  refused  messagepack; the host proposes cbor\n"
            "b -> a\n  taken    cbor, json\n"
            "in common: json, cbor\n");
}

// The table of R5.15, each as sender and receiver.
TEST_F(Compatibility, IsThatOfTheInteropTable) {
  const auto verdict = [&](std::string_view sender, std::string_view receiver) {
    const int exit = run({"compatibility", component("a", sender), component("b", receiver), "--json"});
    const Json way = Json::parse(out_)["directions"][0];
    EXPECT_EQ(exit, way["taken"].empty() ? 1 : 0) << err_;
    return way["refused"].empty();
  };
  EXPECT_TRUE(verdict(R"("borsh")", R"("borsh")"));
  EXPECT_FALSE(verdict(R"("borsh")", R"("messagepack")"));
  EXPECT_TRUE(verdict(R"("messagepack")", R"("borsh", "messagepack")"));
  EXPECT_FALSE(verdict(R"("bincode")", R"("borsh", "json")"));
  EXPECT_TRUE(verdict(R"("bincode")", ""));
}

TEST_F(Compatibility, SaysWhoNamesNothingAndWhenNothingIsInCommon) {
  EXPECT_EQ(run({"compatibility", component("a", ""), component("b", R"("json")")}), 0) << err_;
  EXPECT_THAT(out_, AllOf(HasSubstr("a names no codecs: all that the host knows\n"), HasSubstr("  taken    json\n"),
                          HasSubstr("; the host proposes json\n"), HasSubstr("b -> a\n  taken    json\nin common: json\n")));
  EXPECT_EQ(run({"compatibility", path("a"), path("a"), "--json"}), 0);
  EXPECT_TRUE(Json::parse(out_)["components"][0]["codecs"].is_null());
  EXPECT_EQ(run({"compatibility", component("a", R"("borsh")"), path("b")}), 1);
  EXPECT_THAT(out_, AllOf(HasSubstr("a -> b\n  refused  borsh\n"), HasSubstr("they have no codec in common\n")));
  EXPECT_EQ(run({"compatibility", path("a"), path("b"), "--json"}), 1);
  const Json json = Json::parse(out_);
  EXPECT_EQ(json["components"][1]["codecs"][0], "json");
  EXPECT_EQ(json["directions"][1]["refused"][0], "json");
  EXPECT_TRUE(json["directions"][1]["proposed"].is_null());
  EXPECT_TRUE(json["common"].empty());
}

TEST_F(Compatibility, NeedsTwoComponentsWithManifestsThatHold) {
  EXPECT_EQ(run({"compatibility", path("echo")}), 2);
  EXPECT_THAT(err_, HasSubstr("compatibility: B is missing"));
  EXPECT_EQ(run({"compatibility", path("echo"), path("none")}), 1);
  EXPECT_EQ(run({"compatibility", path("echo"), component("b", R"("yaml")"), "--json"}), 7);
  EXPECT_EQ(Json::parse(out_)["error"]["code"], "invalid-configuration");
}

}  // namespace
}  // namespace airssys::cli
