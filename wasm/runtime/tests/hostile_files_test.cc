// Files that are made to break a host while it loads them (R1.11): each is refused with a clear error, in bounded time
// and memory.
#include <gmock/gmock.h>
#include <sys/resource.h>

#include "airssys/wasm/runtime/wasmtime_engine.h"
#include "engine_rig.h"
#include "guests.h"

namespace airssys::wasm::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class HostileFiles : public ::testing::Test {
 protected:
  static constexpr std::size_t longest_message = 64 << 10;

  Error refusal(std::span<const std::uint8_t> wasm, const WasmtimeConfig& config) {
    auto engine = *wasmtime_engine(config, *platform_, null_log());
    auto code = engine->compile("guest.wasm", std::as_bytes(wasm), {});
    EXPECT_FALSE(code);
    Error error = code ? Error(Code::internal, "it was loaded") : std::move(code).error();
    EXPECT_LE(error.message().size(), longest_message);
    EXPECT_THAT(error.message(), Not(HasSubstr("\n")));
    return error;
  }
  Error refusal(std::span<const std::uint8_t> wasm) { return refusal(wasm, small); }

  static constexpr WasmtimeConfig small{.max_instances = 4, .max_fibers = 1, .max_memory_bytes = 1 << 20};
  const std::unique_ptr<Platform> platform_ = real_platform();
};

void put_number(Wasm& wasm, std::uint64_t value) {  // LEB128
  for (; value >= 0x80; value >>= 7) wasm.push_back(static_cast<std::uint8_t>(value | 0x80));
  wasm.push_back(static_cast<std::uint8_t>(value));
}

void put_section(Wasm& wasm, std::uint8_t id, const Wasm& content) {
  wasm.push_back(id);
  put_number(wasm, content.size());
  wasm.insert(wasm.end(), content.begin(), content.end());
}

void put_name(Wasm& wasm, const std::string& name) {
  put_number(wasm, name.size());
  wasm.insert(wasm.end(), name.begin(), name.end());
}

Wasm component() { return {0, 'a', 's', 'm', 13, 0, 1, 0}; }

// func(), as type 0.
constexpr std::initializer_list<std::uint8_t> one_function_type{1, 0x40, 0, 1, 0};

Wasm importing(std::size_t functions) {
  Wasm wasm = component();
  put_section(wasm, 7, one_function_type);
  Wasm imports;
  put_number(imports, functions);
  for (std::size_t n = 0; n < functions; ++n) {
    imports.push_back(0);  // a plain name
    put_name(imports, "f" + std::to_string(n));
    imports.insert(imports.end(), {1, 0});  // a function of type 0
  }
  put_section(wasm, 10, imports);
  return wasm;
}

// A module of `functions` functions of `instructions` instructions each, in a component.
Wasm computing(std::size_t functions, std::size_t instructions) {
  Wasm body{0};  // no locals
  for (std::size_t n = 0; n < instructions; ++n) body.insert(body.end(), {0x41, 1, 0x1a});  // i32.const 1, drop
  body.push_back(0x0b);
  Wasm module{0, 'a', 's', 'm', 1, 0, 0, 0};
  put_section(module, 1, {1, 0x60, 0, 0});
  Wasm declared, code;
  put_number(declared, functions);
  put_number(code, functions);
  for (std::size_t n = 0; n < functions; ++n) {
    declared.push_back(0);
    put_number(code, body.size());
    code.insert(code.end(), body.begin(), body.end());
  }
  put_section(module, 3, declared);
  put_section(module, 10, code);
  Wasm wasm = component();
  put_section(wasm, 1, module);
  return wasm;
}

TEST_F(HostileFiles, AHundredMegabytesAreRefusedUnread) {
  Wasm wasm = component();
  wasm.resize(100 << 20);
  const Error error = refusal(wasm);
  EXPECT_EQ(error.code(), Code::too_large);
  EXPECT_EQ(error.message(), "guest.wasm: 100 MiB, a component may have 64 MiB (max_component_size)");
}

TEST_F(HostileFiles, AMillionImportsAreRefusedWithoutNamingEach) {
  const Error error = refusal(importing(1'000'000));
  EXPECT_EQ(error.code(), Code::invalid_component) << error.message();
}

TEST_F(HostileFiles, AsManyAsTheCompilerTakesAreTooManyForUs) {
  const Error error = refusal(importing(50'000));
  EXPECT_EQ(error.code(), Code::invalid_component);
  EXPECT_THAT(error.message(), HasSubstr("50000 imports and 0 exports; at most 10000"));
}

TEST_F(HostileFiles, ThousandsOfMismatchesAreNotAllNamed) {
  const Error error = refusal(importing(9'000));
  EXPECT_EQ(error.code(), Code::invalid_component);
  EXPECT_THAT(error.message(), AllOf(HasSubstr("imports `f0`"), HasSubstr(" more; the host offers")));
}

TEST_F(HostileFiles, TypesNestedWithoutEndAreRefused) {
  Wasm wasm = component();
  Wasm types;
  constexpr std::size_t depth = 5000;
  put_number(types, depth);
  types.insert(types.end(), {0x70, 0x7d});  // list<u8>
  for (std::size_t n = 1; n < depth; ++n) {
    types.push_back(0x70);  // list<the one before>
    put_number(types, n - 1);
  }
  put_section(wasm, 7, types);
  Wasm imports{1, 0};
  put_name(imports, "t");
  imports.insert(imports.end(), {3, 0});  // a type, equal to the deepest
  put_number(imports, depth - 1);
  put_section(wasm, 10, imports);
  EXPECT_EQ(refusal(wasm).code(), Code::invalid_component);
}

TEST_F(HostileFiles, TypesThatDoubleWithEachLevelAreRefused) {
  Wasm wasm = component();
  Wasm types;
  constexpr std::size_t depth = 60;
  put_number(types, depth);
  types.insert(types.end(), {0x6f, 2, 0x7d, 0x7d});  // tuple<u8, u8>
  for (std::size_t n = 1; n < depth; ++n) {
    types.insert(types.end(), {0x6f, 2});
    put_number(types, n - 1);
    put_number(types, n - 1);
  }
  put_section(wasm, 7, types);
  Wasm imports{1, 0};
  put_name(imports, "t");
  imports.insert(imports.end(), {3, 0});
  put_number(imports, depth - 1);
  put_section(wasm, 10, imports);
  EXPECT_EQ(refusal(wasm).code(), Code::invalid_component);
}

TEST_F(HostileFiles, ComponentsInComponentsWithoutEndAreRefused) {
  Wasm inner = component();
  for (int depth = 0; depth < 3000; ++depth) {
    Wasm outer = component();
    put_section(outer, 4, inner);
    inner = std::move(outer);
  }
  const Error error = refusal(inner);
  EXPECT_TRUE(error.code() == Code::invalid_component || error.code() == Code::resource_limit_exceeded) << error.message();
}

TEST_F(HostileFiles, CodeThatTakesTooLongToCompileIsGivenUp) {
  WasmtimeConfig config = small;
  config.max_compile_time = std::chrono::seconds(1);
  const Error error = refusal(computing(4000, 3000), config);  // 36 MB
  EXPECT_EQ(error.code(), Code::resource_limit_exceeded);
  EXPECT_THAT(error.message(), HasSubstr("1 s of processor time"));
}

TEST_F(HostileFiles, CodeThatTakesTooMuchMemoryToCompileIsGivenUp) {
  WasmtimeConfig config = small;
  config.max_compile_memory = std::uint64_t{128} << 20;
  const Error error = refusal(computing(1, 2'000'000), config);  // one function of 6 MB
  EXPECT_EQ(error.code(), Code::resource_limit_exceeded);
  EXPECT_THAT(error.message(), HasSubstr("128 MiB of memory"));
}

TEST_F(HostileFiles, NoneOfThemCostsThisProcessMuchMemory) {
  rusage before{}, after{};
  ::getrusage(RUSAGE_SELF, &before);
  WasmtimeConfig config = small;
  config.max_compile_time = std::chrono::seconds(1);
  const Wasm heavy = computing(1000, 3000);
  (void)wasmtime_engine(config, *platform_, null_log()).value()->compile("guest.wasm", std::as_bytes(std::span(heavy)), {});
  ::getrusage(RUSAGE_SELF, &after);
  EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 200 << 10) << "KiB";
}

}  // namespace
}  // namespace airssys::wasm::testing
