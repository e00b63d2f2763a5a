#include "airssys/wasm/wit/packages.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace airssys::wasm {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// "removed! one:two/three.four: before -> after"; the mark stands behind what breaks.
std::string line(const WitDifference& one) {
  std::string text = std::string(wit_change_name(one.change)) + (one.breaks ? "! " : " ") + one.item + ": ";
  return text + one.before + (one.before.empty() || one.after.empty() ? "" : " -> ") + one.after;
}

class WitPackages : public ::testing::Test {
 protected:
  ~WitPackages() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  std::filesystem::path file(std::string_view name, std::string_view text) {
    std::filesystem::create_directories(folder_);
    std::ofstream(folder_ / name) << text;
    return folder_ / name;
  }
  std::vector<std::string> differences(std::string_view before, std::string_view after) {
    const auto found = wit_differences(file("before.wit", before), file("after.wit", after));
    EXPECT_TRUE(found) << found.error().message();
    std::vector<std::string> lines;
    for (const WitDifference& one : *found) lines.push_back(line(one));
    return lines;
  }
  std::string problem(std::string_view annotation) {
    const auto found = wit_functions_of("package t:t; interface i {\n" + std::string(annotation) + "\nf: func(a: string);\n}");
    EXPECT_TRUE(found) << found.error().message();
    return found->front().problem;
  }

 private:
  std::string made_ = ::testing::TempDir() + "packages_test_XXXXXX";
  const std::filesystem::path folder_ = ::mkdtemp(made_.data());
};

TEST_F(WitPackages, EveryFunctionOfTheHostSaysWhatItNeeds) {
  const auto functions = wit_functions("");
  ASSERT_TRUE(functions) << functions.error().message();
  EXPECT_GT(functions->size(), 60u);
  for (const WitFunction& function : *functions) {
    EXPECT_EQ(function.problem, "") << function.interface << "." << function.name;
    EXPECT_NE(function.needs, "") << function.interface << "." << function.name;
  }
  const auto rename = std::ranges::find(*functions, "rename", &WitFunction::name);
  ASSERT_NE(rename, functions->end());
  EXPECT_EQ(rename->needs, "filesystem.write(source), filesystem.write(destination)");
}

TEST_F(WitPackages, ReadsAnnotations) {
  EXPECT_EQ(problem("/// Words.\n/// @capability messaging.send(a)"), "");
  EXPECT_EQ(problem("/// @capability none"), "");
  EXPECT_EQ(problem("/// @capability storage.read()"), "");
}

TEST_F(WitPackages, SaysWhatIsWrongWithAnAnnotation) {
  EXPECT_THAT(problem(""), HasSubstr("text.wit:3:1: has no `@capability`"));
  EXPECT_THAT(problem("/// @capability messaging.send(b)"), HasSubstr("a parameter that the function does not have"));
  EXPECT_THAT(problem("/// @capability telepathy.send(a)"), HasSubstr("no kind of capability; the kinds are filesystem"));
  EXPECT_THAT(problem("/// @capability messaging.shout(a)"), HasSubstr("no action of `messaging`; they are send"));
  EXPECT_THAT(problem("/// @capability messaging"), HasSubstr("is not `@capability <kind>.<action>(<parameter>)`"));
  EXPECT_THAT(problem("/// @capability messaging.send(a"), HasSubstr("is not"));
  EXPECT_THAT(problem("/// needs @capability none"), HasSubstr("must begin one"));
  EXPECT_THAT(problem("/// @capability none\n/// @capability messaging.send(a)"), HasSubstr("beside another"));
  EXPECT_THAT(problem("/// @capability messaging.send(a)\n/// @capability messaging.send(a)"), HasSubstr("twice"));
}

TEST_F(WitPackages, RefusesTextThatNestsTooDeep) {
  const std::string deep = "package t:t; interface i { type x = " + std::string(100'000, '<') + "; }";
  const auto found = wit_functions_of(deep);
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().message(), HasSubstr("nests deeper"));
}

TEST_F(WitPackages, SpellsOutNoMoreThanFits) {
  std::string text = "package t:t; interface i { type t0 = string;";
  for (int n = 1; n < 60; ++n)
    text += "type t" + std::to_string(n) + " = tuple<t" + std::to_string(n - 1) + ", t" + std::to_string(n - 1) + ">;";
  const auto found = wit_functions_of(text + " f: func(a: t59); }");
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_LT(found->front().type.size(), std::size_t{4} << 20);
}

TEST_F(WitPackages, FindsNoDifferenceWhereOnlyWordsAndVersionsDiffer) {
  EXPECT_THAT(differences("package t:t@1.0.0; interface i { /// old\n/// @capability none\nf: func(); }",
                          "package t:t@1.1.0; interface i { /// new\n/// @capability none\nf: func(); }"),
              IsEmpty());
}

TEST_F(WitPackages, TellsWhatBreaksFromWhatDoesNot) {
  EXPECT_THAT(differences("package t:t; interface i { record r { a: u8 } /// @capability none\nf: func(r: r); g: func(); }"
                          "interface old {}",
                          "package t:t; interface i { record r { a: u16 } /// @capability none\nf: func(r: r); h: func(); }"),
              ElementsAre("removed! t:t/i.g: func()", "changed! t:t/i.r: record { a: u8 } -> record { a: u16 }",
                          "removed! t:t/old: interface", "added t:t/i.h: func()"));
}

TEST_F(WitPackages, AnotherCapabilityBreaks) {
  EXPECT_THAT(differences("package t:t; interface i { /// @capability none\nf: func(a: string); }",
                          "package t:t; interface i { /// @capability messaging.send(a)\nf: func(a: string); }"),
              ElementsAre("changed! t:t/i.f: func(a: string); needs none -> func(a: string); needs messaging.send(a)"));
}

TEST_F(WitPackages, WhatAWorldNewlyAsksForBreaksItsComponents) {
  EXPECT_THAT(differences("package t:t; interface i {} world w {}",
                          "package t:t; interface i {} world w { export i; import j: func(); }"
                          " world x { export i; }"),
              ElementsAre("added! t:t/w exports t:t/i: exports", "added t:t/w imports j: imports func()", "added t:t/x: world",
                          "added t:t/x exports t:t/i: exports"));
}

TEST_F(WitPackages, SaysWhatIsNewlyDeprecatedAndThatItBreaksNobody) {
  const auto package = [](std::string_view version, std::string_view gate, std::string_view type) {
    return fmt::format("package t:t@{}; interface i {{ {} f: func(); {} type x = {}; }}", version, gate, gate, type);
  };
  const std::string since = "@since(version = 1.0.0)", deprecated = since + " @deprecated(version = 1.1.0)";
  EXPECT_THAT(differences(package("1.0.0", since, "u8"), package("1.1.0", deprecated, "u8")),
              ElementsAre("deprecated t:t/i.f: deprecated since 1.1.0", "deprecated t:t/i.x: deprecated since 1.1.0"));
  EXPECT_THAT(differences(package("1.1.0", deprecated, "u8"), package("1.2.0", deprecated, "u8")), IsEmpty());
  EXPECT_THAT(differences(package("1.0.0", since, "u8"), package("1.1.0", deprecated, "u16")),
              ElementsAre("deprecated t:t/i.f: deprecated since 1.1.0", "changed! t:t/i.x: u8 -> u16",
                          "deprecated t:t/i.x: deprecated since 1.1.0"));
}

TEST_F(WitPackages, SaysWhichWholeInterfaceIsDeprecated) {
  const std::string_view before = "package t:t@1.0.0; @since(version = 1.0.0) interface i {} @since(version = 1.0.0) world w {}";
  const std::string_view after =
      "package t:t@1.1.0; @since(version = 1.0.0) @deprecated(version = 1.1.0) interface i {}"
      " @since(version = 1.0.0) @deprecated(version = 1.1.0) world w {}";
  EXPECT_THAT(differences(before, after),
              ElementsAre("deprecated t:t/i: deprecated since 1.1.0", "deprecated t:t/w: deprecated since 1.1.0"));
}

TEST_F(WitPackages, GivesAFileThePackagesOfTheHost) {
  const auto path = file("own.wit",
                         "package my:shop; world w { include airssys:core/component@1.0.0; "
                         "import airssys:ext-filesystem/files@1.0.0; }");
  const auto functions = wit_functions(path);
  ASSERT_TRUE(functions) << functions.error().message();
  EXPECT_THAT(*functions, IsEmpty());
  const auto missing = wit_functions(file("missing.wit", "package my:shop; world w { import other:thing/i; }"));
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().message(), HasSubstr("other:thing"));
}

TEST_F(WitPackages, SaysWhereTextDoesNotParse) {
  const auto broken = wit_differences(file("a.wit", "package t:t; interface {"), file("b.wit", "package t:t;"));
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().code(), Code::invalid_component);
  EXPECT_THAT(broken.error().message(), HasSubstr("a.wit:1:"));
}

}  // namespace
}  // namespace airssys::wasm
