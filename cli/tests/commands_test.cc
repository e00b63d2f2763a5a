#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "exit_code.h"
#include "fakes.h"

namespace airssys::cli {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using testing::World;
using Json = nlohmann::json;
namespace fs = std::filesystem;

wasm::Inspection inspection(bool waits) {
  wasm::Inspection all{.wasm_file = "echo/echo.wasm", .file_bytes = 12'600, .description = {}, .items = {}, .manifest = {}};
  all.items.imports = {{"airssys:core/messaging@1.0.0", "small", "type = enum { a, b }"},
                       {"airssys:core/messaging@1.0.0", "large", "type = record { x: enum { a, b }, y: u8 }"},
                       {"airssys:core/messaging@1.0.0", "send-message",
                        "func(to: list<record { x: enum { a, b }, y: u8 }>) -> result<_, enum { a, b }>"},
                       {"airssys:core/services@1.0.0", "log", "func(text: string)"},
                       {"airssys:core/messaging@1.0.0", "self-id", "func() -> string"}};
  all.items.exports = {{"airssys:core/lifecycle@1.0.0", "init", "func()"}};
  all.description.initial_memory_bytes = 131'072;
  all.description.memories = 1;
  all.description.waits = waits;
  if (waits) all.items.imports.push_back({"airssys:core/waiting@1.0.0", "sleep-ms", "func(duration: u64)"});
  return all;
}

wasm::Manifest manifest() {
  auto parsed = wasm::parse_manifest(
      "[package]\nname = \"echo\"\nversion = \"1.2.3\"\nauthors = [\"A\"]\n[resources]\nmax_memory = \"4MiB\"\nmax_stack = "
      "\"64KiB\"\n"
      "[capabilities.messaging]\nsend = [\"counter\", \"photos/*\"]\n",
      "Component.toml");
  EXPECT_TRUE(parsed) << parsed.error().message();
  return *std::move(parsed);
}

TEST(Inspect, ShowsWorldLaneMemoryAndInterfacesWithTheirSignatures) {
  World world;
  world.backend.inspection = inspection(false);
  EXPECT_EQ(world.run({"inspect", "echo/echo.wasm"}), 0);
  EXPECT_EQ(world.out(),
            "file       echo/echo.wasm, 12.3 KiB\n"
            "world      airssys:core/component@1.0.0\n"
            "lane       sync: it imports nothing that waits\n"
            "memory     128 KiB at the start, no limit is known without a Component.toml\n"
            "\n"
            "imports\n"
            "  airssys:core/messaging@1.0.0\n"
            "    types  small, large\n"
            "    send-message  func(to: list<large>) -> result<_, small>\n"
            "    self-id       func() -> string\n"
            "  airssys:core/services@1.0.0\n"
            "    log    func(text: string)\n"
            "\n"
            "exports\n"
            "  airssys:core/lifecycle@1.0.0\n"
            "    init   func()\n"
            "\n"
            "may do\n"
            "  nothing is granted without a Component.toml\n");
}

TEST(Inspect, SaysInWordsWhatTheManifestGrants) {
  World world;
  world.backend.inspection = inspection(true);
  world.backend.inspection->manifest.push_back(manifest());
  EXPECT_EQ(world.run({"inspect", "echo"}), 0);
  EXPECT_THAT(world.out(), StartsWith("component  echo 1.2.3\n"
                                      "file       echo/echo.wasm, 12.3 KiB\n"
                                      "world      airssys:core/waiting-component@1.0.0\n"
                                      "lane       fiber: it imports something that waits\n"
                                      "memory     128 KiB at the start, at most 4 MiB\n"));
  EXPECT_THAT(world.out(), EndsWith("may do\n"
                                    "  send messages to       counter, photos/*\n"
                                    "  send requests to       counter, photos/*\n"
                                    "  receive messages from  every component\n"
                                    "  use for each message   at most 1000000 fuel and 100 ms\n"
                                    "  crash and restart      3 times within 60 s, then it is given up\n"
                                    "  write log lines, read the clock\n"
                                    "  everything else is denied\n"));
}

TEST(Inspect, NamesTheSmallestWorldAndWhatComesOnTop) {
  World world;
  world.backend.inspection = inspection(false);
  auto& imports = world.backend.inspection->items.imports;
  auto& exports = world.backend.inspection->items.exports;
  imports.push_back({"airssys:ext-filesystem/files@1.0.0", "stat", "func()"});
  imports.push_back({"airssys:ext-filesystem/files@1.0.0", "exists", "func()"});
  EXPECT_EQ(world.run({"inspect", "echo"}), 0);
  EXPECT_THAT(world.out(), HasSubstr("world      airssys:core/component@1.0.0 + airssys:ext-filesystem/files@1.0.0\n"));
  exports.front().interface = "airssys:core/lifecycle-min@1.0.0";
  imports.push_back({"airssys:core/waiting@1.0.0", "sleep-ms", "func(duration: u64)"});
  EXPECT_EQ(world.run({"inspect", "echo"}), 0);
  EXPECT_THAT(world.out(), HasSubstr("world      airssys:core/component-min@1.0.0 + airssys:ext-filesystem/files@1.0.0 + "
                                     "airssys:core/waiting@1.0.0\n"));
}

TEST(Inspect, HasADocument) {
  World world;
  world.backend.inspection = inspection(true);
  world.backend.inspection->manifest.push_back(manifest());
  EXPECT_EQ(world.run({"inspect", "echo", "--json"}), 0);
  const Json document = Json::parse(world.out());
  EXPECT_EQ(document["world"], "airssys:core/waiting-component@1.0.0");
  EXPECT_EQ(document["lane"], "fiber");
  EXPECT_EQ(document["memory"]["initial_bytes"], 131'072);
  EXPECT_EQ(document["imports"][0]["items"][3]["name"], "self-id");
  EXPECT_EQ(document["manifest"]["grants"]["messaging"]["send"], Json({"counter", "photos/*"}));
  EXPECT_EQ(document["manifest"]["max_memory_bytes"], 4 << 20);
}

TEST(Inspect, WhatIsNoComponentIsOneLineAndItsCode) {
  World world;
  EXPECT_EQ(world.run({"inspect", "core.wasm"}), 7);
  EXPECT_EQ(world.err(), "error: core.wasm: is a core module; make a component of it\n");
  EXPECT_EQ(world.out(), "");
}

class Tools : public ::testing::Test {
 protected:
  Tools() {
    folder_ = fs::path(::testing::TempDir()) /
              (std::string("cli_tools_") + ::testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~Tools() override { fs::remove_all(folder_); }
  [[nodiscard]] std::string path(const std::string& name) const { return (folder_ / name).string(); }
  [[nodiscard]] std::string content(const std::string& name) const {
    std::ostringstream all;
    all << std::ifstream(folder_ / name).rdbuf();
    return all.str();
  }
  [[nodiscard]] std::size_t files() const { return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder_), {})); }
  fs::path folder_;
  World world_;
};

TEST_F(Tools, ComponentizeWritesTheComponentAndNothingElse) {
  std::ofstream(path("core.wat")) << "(module)";
  EXPECT_EQ(world_.run({"componentize", path("core.wat"), "-o", path("out.wasm"), "--world", "component"}), 0);
  EXPECT_EQ(content("out.wasm"), "component of 8 bytes, world component");
  EXPECT_EQ(files(), 2u);
}

TEST_F(Tools, AComponentThatCannotBeMadeLeavesTheOldOne) {
  std::ofstream(path("core.wasm")) << "";
  std::ofstream(path("out.wasm")) << "old";
  EXPECT_EQ(world_.run({"componentize", path("core.wasm"), "-o", path("out.wasm")}), 7);
  EXPECT_EQ(world_.err(), "error: " + path("core.wasm") + ": empty; give a core module\n");
  EXPECT_EQ(content("out.wasm"), "old");
}

TEST_F(Tools, AFolderThatIsNotThereIsSaid) {
  std::ofstream(path("core.wasm")) << "x";
  EXPECT_EQ(world_.run({"componentize", path("core.wasm"), "-o", path("no/out.wasm")}), 1);
  EXPECT_THAT(world_.err(), HasSubstr("no/out.wasm: cannot be written: No such file or directory"));
  EXPECT_EQ(world_.run({"componentize", path("none.wasm"), "-o", path("out.wasm")}), 1);
}

TEST_F(Tools, BindgenWritesOnlyWhatChanged) {
  world_.backend.bindings = {{"component.h", "// h1"}, {"component.c", "// c1"}};
  EXPECT_EQ(world_.run({"wit", "bindgen", "--lang", "c", "--world", "component", "--out", path("deep/gen")}), 0);
  const auto old = fs::file_time_type::clock::time_point{} + std::chrono::hours(1);
  fs::last_write_time(path("deep/gen/component.h"), old);
  fs::last_write_time(path("deep/gen/component.c"), old);
  world_.backend.bindings[1].content = "// c2";
  EXPECT_EQ(world_.run({"wit", "bindgen", "--lang", "c", "--world", "component", "--out", path("deep/gen"), "--json"}), 0);
  EXPECT_EQ(fs::last_write_time(path("deep/gen/component.h")), old);
  EXPECT_NE(fs::last_write_time(path("deep/gen/component.c")), old);
  EXPECT_EQ(content("deep/gen/component.c"), "// c2");
  EXPECT_THAT(world_.out(), HasSubstr("\"unchanged\": [\n    \"" + path("deep/gen/component.h")));
}

TEST_F(Tools, BindgenOfAnUnknownWorldWritesNothing) {
  EXPECT_EQ(world_.run({"wit", "bindgen", "--lang", "c", "--world", "nope", "--out", path("gen")}), 7);
  EXPECT_EQ(files(), 0u);
}

TEST_F(Tools, WitDiffEndsWithOneWhenSomethingBreaks) {
  EXPECT_EQ(world_.run({"wit", "diff", "a", "b"}), 0);
  EXPECT_EQ(world_.out(), "no difference\n");
  world_.backend.differences = {{wasm::WitChange::added, false, "t:t/i.h", "", "func()"}};
  EXPECT_EQ(world_.run({"wit", "diff", "a", "b"}), 0);
  EXPECT_THAT(world_.out(), HasSubstr("added       t:t/i.h\n           is  func()\nnothing breaks"));
  world_.backend.differences.push_back({wasm::WitChange::changed, true, "t:t/i.f", "func()", "func() -> u8"});
  EXPECT_EQ(world_.run({"wit", "diff", "a", "b"}), 1);
  EXPECT_THAT(world_.out(), HasSubstr("breaks  changed     t:t/i.f\n           was func()\n           is  func() -> u8\n"
                                      "1 of 2 changes breaks: this needs a new major version\n"));
}

TEST_F(Tools, WitDiffAsJsonSaysBothTypes) {
  world_.backend.differences = {{wasm::WitChange::removed, true, "t:t/i.f", "func()", ""}};
  EXPECT_EQ(world_.run({"wit", "diff", "a", "b", "--json"}), 1);
  const auto document = nlohmann::json::parse(world_.out());
  EXPECT_EQ(document["breaks"], true);
  EXPECT_EQ(document["differences"][0]["change"], "removed");
  EXPECT_EQ(document["differences"][0]["before"], "func()");
}

TEST_F(Tools, WitDiffOfWhatDoesNotParseIsNoDifference) {
  EXPECT_EQ(world_.run({"wit", "diff", "broken", "b"}), 7);
  EXPECT_THAT(world_.err(), HasSubstr("the WIT in `broken` can't be used"));
}

TEST_F(Tools, WitCheckEndsWithSevenWhenAnAnnotationIsWrong) {
  world_.backend.functions = {{"t:t/i@1.0.0", "f", "func()", "none", ""}};
  EXPECT_EQ(world_.run({"wit", "check"}), 0);
  EXPECT_THAT(world_.out(), HasSubstr("t:t/i@1.0.0\n  f                             none\n"));
  world_.backend.functions.push_back({"t:t/i@1.0.0", "g", "func()", "", "has no `@capability`"});
  EXPECT_EQ(world_.run({"wit", "check", "wit", "--json"}), 7);
  EXPECT_THAT(world_.out(), HasSubstr("has no `@capability`"));
}

TEST(ExitCode, FollowsTheFamiliesOfTheErrors) {
  EXPECT_EQ(exit_code(Code::not_found), Exit::general);
  EXPECT_EQ(exit_code(Code::trapped), Exit::general);
  EXPECT_EQ(exit_code(Code::resource_limit_exceeded), Exit::general);
  EXPECT_EQ(exit_code(Code::internal), Exit::general);
  EXPECT_EQ(exit_code(Code::invalid_argument), Exit::usage);
  EXPECT_EQ(exit_code(Code::denied), Exit::authorization);
  for (const Code code : {Code::component_load_failed, Code::invalid_component, Code::instantiation_failed,
                          Code::missing_resource_limits, Code::invalid_configuration, Code::already_exists})
    EXPECT_EQ(exit_code(code), Exit::validation) << code_name(code);
}

}  // namespace
}  // namespace airssys::cli
