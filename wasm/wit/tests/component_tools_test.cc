#include "airssys/wasm/wit/component_tools.h"

#include <gmock/gmock.h>

#include <algorithm>

namespace airssys::wasm {
namespace {

using ::testing::HasSubstr;

std::span<const std::byte> bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

TEST(ComponentTools, MakeBindingsForBothWorldsOfTheHost) {
  for (const char* world : {"component", "waiting-component"}) {
    const auto files = generate_bindings("c", AIRSSYS_WIT_DIR, world);
    ASSERT_TRUE(files) << files.error().message();
    const auto header = std::ranges::find_if(*files, [](const GeneratedFile& file) { return file.name.ends_with(".h"); });
    ASSERT_NE(header, files->end());
    EXPECT_THAT(header->content, HasSubstr("handle_message"));
  }
}

TEST(ComponentTools, MakeBindingsForEachLanguage) {
  for (const auto& [language, file, said] : {std::tuple{"c", "component.h", "airssys_core_messaging_send_message("},
                                             {"cpp", "wit.hpp", "class owned"},
                                             {"go", "wit_exports.go", "HandleMessage("},
                                             {"rust", "component.rs", "pub fn send_message("}}) {
    const auto files = generate_bindings(language, "", "component");
    ASSERT_TRUE(files) << files.error().message();
    const auto found = std::ranges::find_if(*files, [&](const GeneratedFile& one) { return one.name.ends_with(file); });
    std::string names;
    for (const GeneratedFile& one : *files) names += one.name + " ";
    ASSERT_NE(found, files->end()) << names;
    EXPECT_THAT(found->content, HasSubstr(said)) << language;
  }
  const auto none = generate_bindings("ada", "", "component");
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().message(), HasSubstr("the languages are c, cpp, go and rust"));
}

TEST(ComponentTools, KnowTheHostsOwnPackageWithoutAFolder) {
  const auto built_in = generate_bindings("c", "", "component");
  const auto read = generate_bindings("c", AIRSSYS_WIT_DIR, "component");
  ASSERT_TRUE(built_in && read);
  ASSERT_EQ(built_in->size(), read->size());
  for (std::size_t n = 0; n < read->size(); ++n) EXPECT_EQ((*built_in)[n].content, (*read)[n].content);
}

TEST(ComponentTools, TakeTheWorldOutOfAModuleThatCarriesIt) {
  // No custom section and no world: a module of no world at all, which exports nothing.
  const auto component = componentize(bytes("(module)"), "", "");
  ASSERT_TRUE(component) << component.error().message();
  EXPECT_EQ(std::to_integer<int>(component->span()[6]), 1);  // the layer of components
  const auto wanted = componentize(bytes("(module)"), "", "component");
  ASSERT_FALSE(wanted);
  EXPECT_THAT(wanted.error().message(), HasSubstr("lifecycle"));
}

TEST(ComponentTools, SayWhichWorldIsNotThere) {
  const auto files = generate_bindings("c", AIRSSYS_WIT_DIR, "no-such-world");
  ASSERT_FALSE(files);
  EXPECT_EQ(files.error().code(), Code::invalid_component);
  EXPECT_THAT(files.error().message(), HasSubstr("no-such-world"));
  EXPECT_THAT(files.error().message(), HasSubstr("its worlds: host-imports, component, waiting-component, component-min"));
}

TEST(ComponentTools, SayWhatAModuleLacksForItsWorld) {
  const auto component = componentize(bytes("(module (memory (export \"memory\") 1))"), AIRSSYS_WIT_DIR, "component");
  ASSERT_FALSE(component);
  EXPECT_EQ(component.error().code(), Code::invalid_component);
  EXPECT_THAT(component.error().message(), HasSubstr("lifecycle"));
}

TEST(ComponentTools, SayThatTextDoesNotParse) {
  const auto component = componentize(bytes("(module"), AIRSSYS_WIT_DIR, "component");
  ASSERT_FALSE(component);
  EXPECT_EQ(component.error().code(), Code::invalid_component);
}

TEST(ComponentTools, SayThatAFolderOfWitIsNotThere) {
  const auto component = componentize(bytes("(module)"), "no/such/folder", "component");
  ASSERT_FALSE(component);
  EXPECT_THAT(component.error().message(), HasSubstr("no/such/folder"));
}

}  // namespace
}  // namespace airssys::wasm
