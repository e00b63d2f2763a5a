// The two classes of instances (R1.10): who gets which, what each can, what happens when a pool or the kernel's table of
// mappings is full.
#include <gmock/gmock.h>
#include <sys/mman.h>
#include <unistd.h>

#include <fstream>
#include <optional>

#include "engine_fixture.h"

namespace airssys::wasm::testing {
namespace {

using ::testing::HasSubstr;

constexpr std::uint64_t page = 64 << 10;
constexpr std::uint64_t initial = 2 * page;  // of the puppet
constexpr WasmtimeConfig small_pools{.max_instances = 16,
                                     .max_fibers = 16,
                                     .max_memory_bytes = 1 << 20,
                                     .max_compact_instances = 8,
                                     .max_compact_fibers = 8,
                                     .compact_slot_bytes = 512 << 10};

class EngineClasses : public EngineFixture {
 protected:
  EngineClasses() : EngineFixture(small_pools) {}

  Result<std::shared_ptr<const CompiledComponent>> compile(const CompileOptions& options, Waits waits = Waits::no) {
    const Wasm wasm = puppet(waits);
    return engine_->compile("guest.wasm", std::as_bytes(std::span(wasm)), options);
  }
  EngineClass class_of(const CompileOptions& options) {
    const auto code = compile(options);
    EXPECT_TRUE(code) << code.error().message();
    return (*code)->description().engine_class;
  }
};

TEST_F(EngineClasses, AComponentThatBeginsWithAllItMayHaveIsCompact) {
  EXPECT_EQ(class_of({.max_memory_bytes = initial}), EngineClass::compact);
  EXPECT_EQ(class_of({.max_memory_bytes = initial + page}), EngineClass::standard) << "it may grow";
  EXPECT_EQ(class_of({}), EngineClass::standard) << "its limit is not known";
}

TEST_F(EngineClasses, TheManifestHasTheLastWord) {
  EXPECT_EQ(class_of({.engine_class = EngineClass::standard, .max_memory_bytes = initial}), EngineClass::standard);
  EXPECT_EQ(class_of({.engine_class = EngineClass::compact, .max_memory_bytes = 512 << 10}), EngineClass::compact);
}

TEST_F(EngineClasses, ALimitAboveTheSlotIsRefusedWithWhatToDo) {
  const auto refused = compile({.engine_class = EngineClass::compact, .max_memory_bytes = 1 << 20});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::invalid_configuration);
  EXPECT_EQ(refused.error().message(),
            "guest.wasm: [resources] class = \"compact\": its memory has 512 KiB, max_memory is 1 MiB; lower max_memory, or "
            "leave class out");
}

TEST_F(EngineClasses, AHostWithoutTheClassSaysSo) {
  WasmtimeConfig config = small_pools;
  config.max_compact_instances = 0;
  engine_ = *wasmtime_engine(config, *platform_, null_log());
  EXPECT_EQ(class_of({.max_memory_bytes = initial}), EngineClass::standard);
  EXPECT_THAT(compile({.engine_class = EngineClass::compact}).error().message(), HasSubstr("raise max_compact_instances"));
}

TEST_F(EngineClasses, CompactInstancesAnswerAndTrapAsOthersDo) {
  for (const Waits waits : {Waits::no, Waits::yes}) {
    const auto code = compile({.engine_class = EngineClass::compact}, waits);
    ASSERT_TRUE(code) << code.error().message();
    for (int n = 0; n < 20; ++n) {  // slots are used again, and clean
      auto sut = *(*code)->instantiate(host_.functions, roomy_limits);
      ASSERT_EQ(send(*sut, "ehello"), CallState::done);
      EXPECT_EQ(sut->report().reply->text(), "hello");
      ASSERT_EQ(send(*sut, "y"), CallState::done);
      EXPECT_EQ(sut->report().reply->text(), std::string_view("\0", 1));
      ASSERT_EQ(send(*sut, "o"), CallState::failed);
      EXPECT_EQ(*sut->report().trap, TrapKind::bounds);
    }
  }
}

TEST_F(EngineClasses, CompactMemoryStaysAsItBegan) {
  auto sut = *(*compile({.engine_class = EngineClass::compact}))->instantiate(host_.functions, roomy_limits);
  ASSERT_EQ(send(*sut, "g\1"), CallState::done);
  EXPECT_EQ(sut->report().reply->text(), "\xff") << "memory.grow answers -1";
  EXPECT_EQ(sut->memory().bytes, initial);
  EXPECT_EQ(sut->memory().refused_growths, 1u);
}

TEST_F(EngineClasses, EachClassHasAPoolOfItsOwn) {
  const auto compact = *compile({.engine_class = EngineClass::compact});
  std::vector<std::unique_ptr<Instance>> live;
  for (std::uint32_t n = 0; n < small_pools.max_compact_instances; ++n)
    live.push_back(*compact->instantiate(host_.functions, roomy_limits));
  EXPECT_EQ(compact->instantiate(host_.functions, roomy_limits).error().code(), Code::exhausted);
  EXPECT_TRUE((*compile({}))->instantiate(host_.functions, roomy_limits));
  live.pop_back();
  EXPECT_TRUE(compact->instantiate(host_.functions, roomy_limits));
}

TEST_F(EngineClasses, APoolThatTheKernelCannotHoldIsRefusedAtTheStart) {
  WasmtimeConfig config = small_pools;
  config.max_instances = 1'000'000'000;
  const auto refused = wasmtime_engine(config, *platform_, null_log());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::exhausted);
  EXPECT_THAT(refused.error().message(), HasSubstr("`sysctl -w vm.max_map_count=2000"));
}

// Takes all mappings that the kernel gives to this process but `left`, by giving every other page of a range other rights.
class FullTable {
 public:
  explicit FullTable(std::size_t left) {
    std::size_t most = 65'530;
    std::ifstream("/proc/sys/vm/max_map_count") >> most;
    bytes_ = most * step;
    range_ = static_cast<char*>(::mmap(nullptr, bytes_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
    std::size_t taken = 0;
    while ((taken + 1) * step <= bytes_ && ::mprotect(range_ + taken * step, step / 2, PROT_READ) == 0) ++taken;
    ::mprotect(range_ + (taken - left) * step, left * step, PROT_NONE);
  }
  FullTable(const FullTable&) = delete;
  FullTable& operator=(const FullTable&) = delete;
  ~FullTable() { ::munmap(range_, bytes_); }

 private:
  static constexpr std::size_t step = 2 * 4096;
  char* range_;
  std::size_t bytes_;
};

TEST_F(EngineClasses, AFullTableOfMappingsIsExhaustedAndNoMore) {
  const auto code = *compile({});
  std::vector<std::unique_ptr<Instance>> live;
  live.push_back(*code->instantiate(host_.functions, roomy_limits));
  std::optional<Error> refused;
  {
    const FullTable full(2);
    while (!refused && live.size() < small_pools.max_instances) {
      auto made = code->instantiate(host_.functions, roomy_limits);
      if (made)
        live.push_back(*std::move(made));
      else
        refused = std::move(made).error();
    }
  }
  ASSERT_TRUE(refused) << live.size() << " instances fit";
  EXPECT_EQ(refused->code(), Code::exhausted) << refused->message();
  EXPECT_THAT(refused->message(), HasSubstr("sysctl vm.max_map_count"));
  EXPECT_EQ(send(*live.front(), "ehello"), CallState::done) << "what lives goes on";
  EXPECT_TRUE(code->instantiate(host_.functions, roomy_limits)) << "and there is room again";
}

}  // namespace
}  // namespace airssys::wasm::testing
