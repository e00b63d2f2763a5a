// Functions of the host's WIT that nobody carries out: they link, and answer that they are unavailable. And imports of
// versions that the host does not have.
#include <set>

#include "rig.h"

namespace airssys::wasm::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// Calls the function with a path or key of one letter and answers the case of its error, and its text.
std::string asking(std::string_view import, std::string_view call) {
  std::string exports(lifecycle_exports);
  const auto handle = exports.find("  (func (export \"airssys:core/lifecycle@1.0.0#handle-message");
  exports.erase(handle, exports.find("(i32.const 0))\n", handle) + 15 - handle);
  const auto heap = exports.find("(i32.const 1024))");
  exports.replace(heap, 17, "(i32.const 2048))");
  return "(module " + std::string(import) + exports + R"(
  (data (i32.const 16) "k")
  (func (export "airssys:core/lifecycle@1.0.0#handle-message")
    (param i32 i32 i32 i32 i32 i64 i64 i64) (result i32)
    )" + std::string(call) +
         R"(
    (if (i32.eqz (i32.load8_u (i32.const 256))) (then (return (i32.const 0))))
    (i32.store8 (i32.const 512) (i32.const 1)) ;; err(failed(text))
    (i32.store8 (i32.const 516) (i32.const 6))
    (i32.store (i32.const 520) (i32.load (i32.const 272)))
    (i32.store (i32.const 524) (i32.load (i32.const 276)))
    (i32.const 512))))";
}

std::string answer_of(const Wasm& wasm, std::uint32_t lane) {
  auto engine = make_engine();
  auto component = compile(engine.get(), wasm);
  auto preinstance = prepare(component.get(), aw_host_tables{});
  EXPECT_EQ(aw_preinstance_lane(preinstance.get()), lane);
  Host host;
  Waker waker;
  auto instance = instantiate(preinstance.get(), host);
  const Answer first = send(instance.get(), "x", &waker);
  EXPECT_EQ(first.state(), AW_GUEST_ERROR) << first.message();
  EXPECT_EQ(send(instance.get(), "x", &waker).text(), first.text());  // the instance lives on
  return first.text();
}

// The host's own packages come with the folder, which does not hold them.
std::string files_wit() {
  return folder({{"w.wit",
                  "package test:files; world w { include airssys:core/component@1.0.0; "
                  "import airssys:ext-filesystem/files@1.0.0; }"}});
}

TEST(BridgeUnavailable, AnswersInTheFunctionsOwnErrorOnTheFiberLaneAsAllExtPackages) {
  constexpr std::string_view import =
      R"((import "airssys:ext-filesystem/files@1.0.0" "exists" (func $exists (param i32 i32 i32))))";
  EXPECT_EQ(answer_of(encode(asking(import, "(call $exists (i32.const 16) (i32.const 1) (i32.const 256))"), files_wit(), "w"),
                      AW_LANE_FIBER),
            "unavailable: this host does not have `airssys:ext-filesystem/files@1.0.0.exists`");
}

TEST(BridgeUnavailable, LinksResourcesThatNobodyCanHave) {
  constexpr std::string_view import = R"(
    (import "airssys:ext-filesystem/files@1.0.0" "open" (func $open (param i32 i32 i32 i32)))
    (import "airssys:ext-filesystem/files@1.0.0" "[method]file.tell" (func $tell (param i32 i32))))";
  const std::string_view open = "(call $open (i32.const 16) (i32.const 1) (i32.const 0) (i32.const 256))";
  EXPECT_EQ(answer_of(encode(asking(import, open), files_wit(), "w"), AW_LANE_FIBER),
            "unavailable: this host does not have `airssys:ext-filesystem/files@1.0.0.open`");
  auto engine = make_engine();
  auto component = compile(engine.get(), encode(asking(import, "(call $tell (i32.const 7) (i32.const 256))"), files_wit(), "w"));
  auto preinstance = prepare(component.get(), aw_host_tables{});
  Host host;
  Waker waker;
  auto instance = instantiate(preinstance.get(), host);
  EXPECT_EQ(failure(instance.get(), "x", &waker), AW_TRAP_BAD_HANDLE);
}

// What has no error to say it with must be carried out.
TEST(BridgeUnavailable, EveryFunctionIsCarriedOutOrCanSayThatItIsNot) {
  std::set<std::string> mute;
  const auto look = [](void* to, const aw_wit_function* one) noexcept {
    const std::string_view type = from_bridge(one->type);
    if (type.find("unavailable(string)") == type.npos && type.find("delivery-failed(string)") == type.npos)
      static_cast<std::set<std::string>*>(to)->insert(std::string(from_bridge(one->name)));
  };
  EXPECT_EQ(Fault(aw_wit_check({}, nullptr, look, &mute)).message(), "");
  for (const char* carried_out : {"self-id", "current-metadata", "log", "current-time", "current-time-millis", "monotonic-now",
                                  "list-components", "get-component-metadata", "call-host-function", "sleep-ms", "is-granted",
                                  "granted", "encode", "decode", "is-supported", "info"})
    EXPECT_EQ(mute.erase(carried_out), 1u) << carried_out;
  EXPECT_THAT(mute, IsEmpty());
}

Fault prepare_of_version(std::string_view version) {
  std::string core = core_wit("@1.0.0;", "@" + std::string(version) + ";");
  const std::string wit = folder({{"w.wit", "package test:later; world w { import airssys:core/storage@" + std::string(version) +
                                                "; export airssys:core/lifecycle@" + std::string(version) + "; }"},
                                  {"deps/core/core.wit", core}});
  std::string text = asking(R"((import "airssys:core/storage@1.0.0" "get" (func $get (param i32 i32 i32))))",
                            "(call $get (i32.const 16) (i32.const 1) (i32.const 256))");
  for (auto at = text.find("@1.0.0"); at != text.npos; at = text.find("@1.0.0", at))
    text.replace(at, 6, "@" + std::string(version));
  auto engine = make_engine();
  auto component = compile(engine.get(), encode(text, wit, "w"));
  const aw_host_tables tables = host_tables();
  aw_preinstance* preinstance = nullptr;
  Fault fault(aw_preinstance_new(component.get(), &tables, &preinstance));
  aw_preinstance_delete(preinstance);
  return fault;
}

TEST(BridgeVersions, RefusesANewerMinorVersionThanItHas) {
  const Fault fault = prepare_of_version("1.1.0");
  EXPECT_EQ(fault.code(), AW_LINK);
  EXPECT_THAT(fault.message(), AllOf(HasSubstr("imports `airssys:core/storage` of version 1.1.0 or newer, the host offers 1.0.0"),
                                     Not(HasSubstr("exports"))));
}

TEST(BridgeVersions, RefusesAnotherMajorVersionOfImportsAndExportsAtOnce) {
  for (const char* version : {"2.0.0", "0.9.0"}) {
    const std::string message = prepare_of_version(version).message();
    EXPECT_THAT(message, HasSubstr(std::string("imports `airssys:core/storage` of version ") + version +
                                   ", the host offers 1.0.0, which is not compatible"));
    EXPECT_THAT(message, HasSubstr(std::string("exports `airssys:core/lifecycle` of version ") + version));
  }
}

TEST(BridgeVersions, NamesTheFunctionsThatAnInterfaceHas) {
  const std::string wit = folder({{"w.wit",
                                   "package test:more; world w { import airssys:core/waiting@1.0.0; "
                                   "export airssys:core/lifecycle@1.0.0; }"},
                                  {"deps/core/core.wit", core_wit("  sleep-ms: func(duration: u64);\n",
                                                                  "  sleep-ms: func(duration: u64);\n  nap: func();\n")}});
  const std::string module =
      R"((module (import "airssys:core/waiting@1.0.0" "nap" (func)))" + std::string(lifecycle_exports) + ")";
  auto engine = make_engine();
  auto component = compile(engine.get(), encode(module, wit, "w"));
  const aw_host_tables tables = host_tables();
  aw_preinstance* preinstance = nullptr;
  EXPECT_THAT(Fault(aw_preinstance_new(component.get(), &tables, &preinstance)).message(),
              HasSubstr("imports `airssys:core/waiting@1.0.0.nap`, which the host does not offer; `airssys:core/waiting@1.0.0` "
                        "has sleep-ms"));
}

}  // namespace
}  // namespace airssys::wasm::testing
