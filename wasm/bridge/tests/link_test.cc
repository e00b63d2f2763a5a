// Whether a component fits the host: everything that is wrong, in one message.
#include "rig.h"

namespace airssys::wasm::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

Fault prepare_fails(const Wasm& wasm, const aw_host_tables& tables = host_tables()) {
  auto engine = make_engine();
  auto component = compile(engine.get(), wasm);
  aw_preinstance* preinstance = nullptr;
  Fault fault(aw_preinstance_new(component.get(), &tables, &preinstance));
  EXPECT_EQ(preinstance, nullptr);
  aw_preinstance_delete(preinstance);
  return fault;
}

TEST(BridgeLink, PutsAComponentOnTheFiberLaneOnlyWhenItWaits) {
  EXPECT_EQ(aw_preinstance_lane(Rig(Waits::no).preinstance.get()), AW_LANE_SYNC);
  EXPECT_EQ(aw_preinstance_lane(Rig(Waits::yes).preinstance.get()), AW_LANE_FIBER);
  // The world alone decides nothing: what is not imported does not count.
  auto engine = make_engine();
  auto component = compile(engine.get(), encode(puppet_text(Waits::no), wit_dir(), "waiting-component"));
  EXPECT_EQ(aw_preinstance_lane(prepare(component.get()).get()), AW_LANE_SYNC);
  EXPECT_EQ(aw_preinstance_lane(nullptr), AW_LANE_SYNC);
}

TEST(BridgeLink, NamesAComponentOfAnotherWorldByWhatItExports) {
  const std::string wit =
      folder({{"w.wit", "package other:thing@2.0.0; interface run { run: func(); } world w { export run; }"}});
  const Fault fault = prepare_fails(encode(R"((module (func (export "other:thing/run@2.0.0#run"))))", wit, "w"));
  EXPECT_EQ(fault.code(), AW_LINK);
  EXPECT_THAT(fault.message(),
              AllOf(HasSubstr("does not export `airssys:core/lifecycle@1.0.0`"), HasSubstr("other:thing/run@2.0.0")));
  EXPECT_THAT(prepare_fails(encode("(component)", "", "")).message(), HasSubstr("but nothing"));
}

TEST(BridgeLink, NamesAllMismatchesInOneLine) {
  const std::string wit = folder({
      {"w.wit",
       "package test:broken; interface extra { one: func(); two: func() -> string; }"
       " world w { import extra; import root: func(); import airssys:core/messaging@1.0.0; export airssys:core/lifecycle@1.0.0; "
       "}"},
      {"deps/core/core.wit", core_wit("health: func() -> health-report;", "health: func() -> string;")},
  });
  const std::string module = R"((module
    (import "test:broken/extra" "one" (func)) (import "test:broken/extra" "two" (func (param i32)))
    (import "$root" "root" (func)) (import "airssys:core/messaging@1.0.0" "self-id" (func (param i32))))" +
                             std::string(lifecycle_exports) + ")";
  const Fault fault = prepare_fails(encode(module, wit, "w"));
  EXPECT_EQ(fault.code(), AW_LINK);
  EXPECT_THAT(fault.message(), AllOf(HasSubstr("imports `test:broken/extra.one`, which the host does not offer"),
                                     HasSubstr("imports `test:broken/extra.two`"), HasSubstr("imports `root`"),
                                     HasSubstr("exports `airssys:core/lifecycle@1.0.0.health` as func() -> string"),
                                     Not(HasSubstr("self-id")), Not(HasSubstr("\n"))));
}

TEST(BridgeLink, NamesAnImportOfAnotherType) {
  const std::string wit = folder({
      {"w.wit", "package test:broken; world w { import airssys:core/messaging@1.0.0; export airssys:core/lifecycle@1.0.0; }"},
      {"deps/core/core.wit", core_wit("self-id: func() -> string;", "self-id: func() -> u32;")},
  });
  const std::string module =
      R"((module (import "airssys:core/messaging@1.0.0" "self-id" (func (result i32))))" + std::string(lifecycle_exports) + ")";
  const Fault fault = prepare_fails(encode(module, wit, "w"));
  EXPECT_EQ(fault.code(), AW_LINK);
  EXPECT_THAT(fault.message(),
              HasSubstr("imports `airssys:core/messaging@1.0.0.self-id` as func() -> u32, the host offers func() -> string"));
}

TEST(BridgeLink, NamesAnExportThatIsMissing) {
  const std::string wit = folder({
      {"w.wit", "package test:broken; world w { export airssys:core/lifecycle@1.0.0; }"},
      {"deps/core/core.wit", core_wit("  shutdown: func() -> result<_, component-error>;\n", "")},
  });
  std::string exports(lifecycle_exports);
  const auto at = exports.find("  (func (export \"airssys:core/lifecycle@1.0.0#shutdown");
  exports.erase(at, exports.find('\n', at) - at);
  const Fault fault = prepare_fails(encode("(module " + exports + ")", wit, "w"));
  EXPECT_EQ(fault.code(), AW_LINK);
  EXPECT_THAT(fault.message(), HasSubstr("lacks the export `airssys:core/lifecycle@1.0.0.shutdown`"));
}

TEST(BridgeLink, AFunctionMissingFromTheTableIsNotOffered) {
  aw_host_tables tables = host_tables();
  tables.messaging.self_id = nullptr;
  tables.waiting.sleep_ms = nullptr;
  const Fault fault = prepare_fails(puppet(Waits::yes), tables);
  EXPECT_EQ(fault.code(), AW_LINK);
  EXPECT_THAT(fault.message(), AllOf(HasSubstr("messaging@1.0.0.self-id`, which the host does not offer"),
                                     HasSubstr("waiting@1.0.0.sleep-ms`"), Not(HasSubstr("send-message"))));
}

TEST(BridgeLink, AnEmptyTableServesAComponentThatImportsNothing) {
  auto engine = make_engine();
  auto component = compile(engine.get(), encode("(module " + std::string(lifecycle_exports) + ")", wit_dir(), "component"));
  auto preinstance = prepare(component.get(), aw_host_tables{});
  Host host;
  auto instance = instantiate(preinstance.get(), host);
  EXPECT_EQ(send(instance.get(), "anything").state(), AW_DONE);
}

TEST(BridgeLink, RefusesNulls) {
  Rig rig;
  const aw_host_tables tables = host_tables();
  aw_preinstance* preinstance = nullptr;
  EXPECT_EQ(Fault(aw_preinstance_new(nullptr, &tables, &preinstance)).code(), AW_INVALID_ARGUMENT);
  EXPECT_EQ(Fault(aw_preinstance_new(rig.component.get(), nullptr, &preinstance)).code(), AW_INVALID_ARGUMENT);
  EXPECT_EQ(Fault(aw_preinstance_new(rig.component.get(), &tables, nullptr)).code(), AW_INVALID_ARGUMENT);
}

}  // namespace
}  // namespace airssys::wasm::testing
