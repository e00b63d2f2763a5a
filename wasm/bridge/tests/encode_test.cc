// Making components and bindings.
#include "rig.h"

namespace airssys::wasm::testing {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Key;
using ::testing::Not;

Fault encode_fails(std::string_view module, std::string_view wit, std::string_view world) {
  BridgeBuffer out;
  Fault fault(aw_encode_component(to_bridge(std::as_bytes(std::span(module))), to_bridge(wit), to_bridge(world), out.out()));
  EXPECT_EQ(out.bytes().size(), 0u);
  EXPECT_EQ(fault.code(), AW_ENCODE) << fault.message();
  EXPECT_THAT(fault.message(), Not(HasSubstr("\n")));
  return fault;
}

TEST(BridgeEncode, TakesBinariesToo) {
  const Wasm binary{0, 'a', 's', 'm', 1, 0, 0, 0};
  const Fault fault = encode_fails({reinterpret_cast<const char*>(binary.data()), binary.size()}, wit_dir(), "component");
  EXPECT_THAT(fault.message(), HasSubstr("lifecycle"));
}

TEST(BridgeEncode, NamesTheExportThatTheWorldAsksFor) {
  EXPECT_THAT(encode_fails("(module)", wit_dir(), "component").message(),
              AllOf(HasSubstr("does not make a component of this world"), HasSubstr("airssys:core/lifecycle@1.0.0")));
}

TEST(BridgeEncode, NamesAnImportThatTheWorldDoesNotHave) {
  const std::string text = puppet_text(Waits::yes);
  EXPECT_THAT(encode_fails(text, wit_dir(), "component").message(), HasSubstr("airssys:core/waiting@1.0.0"));
}

TEST(BridgeEncode, ShowsThePlaceInTextAndInWit) {
  EXPECT_THAT(encode_fails("(module (func (i32.oops)))", wit_dir(), "component").message(), HasSubstr(":1:16"));
  const std::string wit = folder({{"bad.wit", "package a:b;\ninterface c {\n  f: func(x: nothing);\n}\n"}});
  EXPECT_THAT(encode_fails("(module)", wit, "w").message(), AllOf(HasSubstr("nothing"), HasSubstr("bad.wit:3:14")));
}

TEST(BridgeEncode, NamesWhatIsMissing) {
  EXPECT_THAT(encode_fails("(module)", wit_dir() + "/nowhere", "w").message(), HasSubstr("/nowhere"));
  EXPECT_THAT(encode_fails("(module)", wit_dir(), "no-such-world").message(), HasSubstr("no-such-world"));
  EXPECT_THAT(encode_fails("(component)", wit_dir(), "component").message(), HasSubstr("a component already"));
  encode_fails("", wit_dir(), "component");
}

TEST(BridgeEncode, RefusesNullsAndBadText) {
  BridgeBuffer out;
  const aw_bytes module{nullptr, 0};
  EXPECT_EQ(Fault(aw_encode_component(module, {}, {}, nullptr)).code(), AW_INVALID_ARGUMENT);
  EXPECT_EQ(Fault(aw_encode_component({nullptr, 4}, {}, {}, out.out())).code(), AW_INVALID_ARGUMENT);
  EXPECT_EQ(Fault(aw_encode_component(module, to_bridge(std::string_view("\xff")), {}, out.out())).code(), AW_INVALID_ARGUMENT);
  EXPECT_EQ(Fault(aw_generate_bindings({}, {}, {}, nullptr, nullptr)).code(), AW_INVALID_ARGUMENT);
}

TEST(BridgeEncode, GeneratesCBindings) {
  std::map<std::string, std::string> files;
  const auto add = [](void* to, aw_str name, aw_bytes content) noexcept {
    (*static_cast<std::map<std::string, std::string>*>(to))[std::string(from_bridge(name))] =
        std::string(reinterpret_cast<const char*>(content.ptr), content.len);
  };
  const std::string wit = wit_dir();
  const Fault fault(aw_generate_bindings(to_bridge(std::string_view("c")), to_bridge(std::string_view(wit)),
                                         to_bridge(std::string_view("component")), add, &files));
  EXPECT_FALSE(fault.error) << fault.message();
  EXPECT_THAT(files, AllOf(Contains(Key("component.h")), Contains(Key("component.c"))));
  EXPECT_THAT(files["component.h"], AllOf(HasSubstr("handle_message"), HasSubstr("send_message"), Not(HasSubstr("sleep_ms"))));
  const Fault none(aw_generate_bindings(to_bridge(std::string_view("c")), to_bridge(std::string_view(wit)),
                                        to_bridge(std::string_view("nothing")), add, &files));
  EXPECT_EQ(none.code(), AW_ENCODE);
}

}  // namespace
}  // namespace airssys::wasm::testing
