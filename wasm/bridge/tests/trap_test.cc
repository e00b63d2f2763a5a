// What a guest can do wrong, told apart, and what is left of it.
#include "rig.h"

namespace airssys::wasm::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

struct Case {
  std::string name, payload;
  std::uint32_t code;
  std::string message;
};

class BridgeTrap : public ::testing::TestWithParam<std::tuple<Waits, Case>> {};

TEST_P(BridgeTrap, IsToldApartAndEndsTheInstance) {
  const auto& [waits, expected] = GetParam();
  Rig rig(waits);
  auto instance = rig.instance();
  const Answer answer = send(instance.get(), expected.payload, &rig.waker);
  EXPECT_EQ(answer.state(), AW_FAILED);
  EXPECT_EQ(answer.code(), expected.code) << answer.message();
  EXPECT_THAT(answer.message(), AllOf(HasSubstr(expected.message), Not(HasSubstr("\n")), Not(HasSubstr("0x"))));
  EXPECT_FALSE(answer.has_text());

  for (int i = 0; i < 2; ++i) EXPECT_EQ(failure(instance.get(), "ex", &rig.waker), AW_POISONED);
  Answer health;
  aw_instance_health(instance.get(), &rig.waker, health.out());
  EXPECT_EQ(health.code(), AW_POISONED);
  EXPECT_EQ(resume(instance.get(), &rig.waker).code(), AW_POISONED);
  instance.reset();
  EXPECT_EQ(aw_engine_pool_stats(rig.engine.get()).memories, 0u);
  EXPECT_EQ(rig.waker.references, 1);
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, BridgeTrap,
    ::testing::Combine(::testing::Values(Waits::no, Waits::yes),
                       ::testing::Values(Case{"Unreachable", "u", AW_TRAP_UNREACHABLE,
                                              "unreachable code was reached, in `handle`"},
                                         Case{"DivisionByZero", "z", AW_TRAP_INTEGER, "integer divide by zero, in `divide`"},
                                         Case{"BadConversion", "v", AW_TRAP_INTEGER, "invalid conversion to integer"},
                                         Case{"LoadOutOfBounds", "o", AW_TRAP_OUT_OF_BOUNDS, "out of bounds memory access"},
                                         Case{"AnswerOutOfBounds", "a", AW_TRAP_OUT_OF_BOUNDS, "out of bounds of memory"},
                                         Case{"CallOfNull", "c", AW_TRAP_OUT_OF_BOUNDS, "uninitialized element"},
                                         Case{"Recursion", "r", AW_TRAP_STACK_OVERFLOW, "call stack exhausted, in `deeper`"},
                                         Case{"EndlessLoop", "s", AW_TRAP_OUT_OF_FUEL, "used up its fuel, in `spin`"},
                                         Case{"RefusedMemory", "G\xff", AW_TRAP_MEMORY, "refused to grow memory, in `handle`"},
                                         Case{"TargetThatIsNoText", "jx", AW_TRAP_OTHER, "invalid utf-8"})),
    [](const auto& test) {
      return std::get<1>(test.param).name + (std::get<0>(test.param) == Waits::yes ? "OnTheFiberLane" : "OnTheSyncLane");
    });

TEST(BridgeTrapText, NamesTheGuestsFramesInnermostFirst) {
  Rig rig;
  const Answer answer = send(rig.instance().get(), "z");
  EXPECT_THAT(answer.backtrace(), StartsWith("divide\nhandle\n"));
  const Answer deep = send(rig.instance().get(), "r");
  const std::string frames = deep.backtrace();
  EXPECT_EQ(std::count(frames.begin(), frames.end(), '\n'), 16);
  EXPECT_TRUE(send(rig.instance().get(), "ex").backtrace().empty());
}

TEST(BridgeTrapText, NumbersTheFramesOfFunctionsWithoutNames) {
  std::string text = puppet_text(Waits::no);
  const std::string_view exported = "(func $handle (export \"airssys:core/lifecycle@1.0.0#handle-message\")";
  text.replace(text.find(exported), exported.size(), "(func (export \"airssys:core/lifecycle@1.0.0#handle-message\")");
  auto engine = make_engine();
  auto component = compile(engine.get(), encode(text, wit_dir(), "component"));
  auto preinstance = prepare(component.get());
  Host host;
  EXPECT_THAT(send(instantiate(preinstance.get(), host).get(), "u").backtrace(), StartsWith("function "));
}

TEST(BridgeTrapText, AHandleThatDoesNotExistIsABadHandle) {
  const std::string wit = folder({
      {"w.wit",
       "package test:handles; interface things { resource thing { constructor(); } }"
       " world w { include airssys:core/component@1.0.0; export things; }"},
      {"deps/core/core.wit", core_wit()},
  });
  std::string text = puppet_text(Waits::no);
  text.insert(text.find("(import"),
              "(import \"[export]test:handles/things\" \"[resource-drop]thing\" (func $drop (param i32)))\n  ");
  text.insert(text.rfind(')'), "(func (export \"test:handles/things#[constructor]thing\") (result i32) (i32.const 0))");
  const std::string_view unreachable = "(then (unreachable))) ;; u";
  text.replace(text.find(unreachable), unreachable.size(), "(then (call $drop (i32.const 77)))) ;; u");
  auto engine = make_engine();
  auto component = compile(engine.get(), encode(text, wit, "w"));
  auto preinstance = prepare(component.get());
  Host host;
  auto instance = instantiate(preinstance.get(), host);
  const Answer answer = send(instance.get(), "u");
  EXPECT_EQ(answer.code(), AW_TRAP_BAD_HANDLE) << answer.message();
  EXPECT_THAT(answer.message(), HasSubstr("unknown handle index 77"));
  EXPECT_EQ(failure(instance.get(), "ex"), AW_POISONED);
}

TEST(BridgeTrapText, AnAllocatorThatAnswersNonsenseIsOutOfBounds) {
  std::string text = puppet_text(Waits::no);
  const auto at = text.find("    (local.get $at))\n  (func $reset");
  text.replace(at, std::string_view("    (local.get $at))").size(), "    (i32.const -65536))");
  auto engine = make_engine();
  auto component = compile(engine.get(), encode(text, wit_dir(), "component"));
  auto preinstance = prepare(component.get());
  Host host;
  EXPECT_EQ(failure(instantiate(preinstance.get(), host).get(), "ex"), AW_TRAP_OUT_OF_BOUNDS);
}

}  // namespace
}  // namespace airssys::wasm::testing
