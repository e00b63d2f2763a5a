// Storage through the engine: what a guest calls reaches StorageFunctions as it is meant, and its writes wait where they are
// synchronised.
#include <gmock/gmock.h>

#include <cstring>

#include "airssys/wasm/core/testing/map_storage.h"
#include "engine_fixture.h"

namespace airssys::wasm::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

// The keeper's memory, as bridge/tests/guests.h says.
class Image {
 public:
  explicit Image(Instance& instance) : bytes_(instance.report().reply->text()) {}
  [[nodiscard]] char byte(std::size_t at) const { return bytes_.at(at); }
  [[nodiscard]] std::uint32_t number(std::size_t at) const {
    std::uint32_t value;
    std::memcpy(&value, bytes_.data() + at, sizeof value);
    return value;
  }
  [[nodiscard]] std::string text(std::size_t at) const { return bytes_.substr(number(at), number(at + 4)); }

 private:
  std::string bytes_;
};

// Its writes may be made to wait: they take effect when they begin.
class WaitingStorage final : public MapStorage {
 public:
  bool waits = false;
  bool over = false;  // what is waited for
  StorageFailure end = StorageFailure::none;
  int waiting = 0;  // operations that live
  int ends_asked = 0;

  StorageResult set(StoreHandle store, std::string_view key, std::span<const std::byte> value) noexcept override {
    StorageResult result = MapStorage::set(store, key, value);
    result.pending = waits;
    return result;
  }
  std::unique_ptr<PendingOperation> wait() noexcept override { return std::make_unique<Wait>(*this); }
  StorageResult ended() noexcept override {
    ++ends_asked;
    return {.failure = end, .reason = end == StorageFailure::none ? "" : "the disk is full"};
  }

 private:
  class Wait final : public PendingOperation {
   public:
    explicit Wait(WaitingStorage& storage) : storage_(storage) { ++storage_.waiting; }
    ~Wait() override { --storage_.waiting; }
    bool poll(const CallWaker& waker) noexcept override {
      kept_.assign(1, waker);
      return storage_.over;
    }

   private:
    WaitingStorage& storage_;
    std::vector<CallWaker> kept_;
  };
};

class EngineStorage : public EngineFixture {
 protected:
  explicit EngineStorage(bool synced = false)
      : EngineFixture({.max_instances = 16, .max_fibers = 16, .max_memory_bytes = 8 << 20, .synced_storage = synced}) {
    limits_.memory_bytes = 8 << 20;
    limits_.call_timeout = 50ms;
  }
  CompiledCode compiled(Writes writes) { return compile(keeper(writes), {.clears_storage = writes == Writes::and_clears}); }
  std::unique_ptr<Instance> make_keeper(Writes writes = Writes::yes) {
    auto instance = compiled(writes)->instantiate(functions_, limits_);
    EXPECT_TRUE(instance) << instance.error().message();
    return *std::move(instance);
  }
  Image ask(Instance& instance, std::string_view payload) {
    EXPECT_EQ(send(instance, payload), CallState::done) << instance.report().error->message();
    return Image(instance);
  }

  ResourceLimits limits_ = roomy_limits;
  WaitingStorage storage_;
  MapStorage::Entries& own_ = storage_.stores[StorageFunctions::own];
  const HostFunctions functions_{.messaging = host_.functions.messaging,
                                 .storage = storage_,
                                 .services = host_.functions.services,
                                 .waiting = host_.functions.waiting,
                                 .capabilities = host_.functions.capabilities};
};

TEST_F(EngineStorage, KeepsWhatAGuestSetsForTheNextInstance) {
  auto sut = make_keeper();
  ask(*sut, "skvalue");
  ask(*sut, "sl");
  sut = make_keeper();
  EXPECT_EQ(ask(*sut, "gk").text(268), "value");
  EXPECT_EQ(ask(*sut, "gl").byte(264), 1);
  EXPECT_EQ(ask(*sut, "gm").byte(264), 0);
  EXPECT_EQ(ask(*sut, "hk").byte(264), 1);
  EXPECT_EQ(ask(*sut, "dk").byte(264), 1);
  EXPECT_EQ(ask(*sut, "dk").byte(264), 0);
  EXPECT_THAT(own_, ElementsAre(Pair("l", "")));
}

TEST_F(EngineStorage, GivesPagesAndWhereTheyGoOn) {
  for (int n = 0; n < 10; ++n) own_["a" + std::to_string(n)] = std::to_string(n * n);
  own_["b"] = "other";
  auto sut = make_keeper();
  const Image first = ask(*sut, "pa");
  EXPECT_EQ(first.number(268), 7u);
  EXPECT_EQ(first.text(276), "a6");
  const Image second = ask(*sut, "paa6");
  ASSERT_EQ(second.number(268), 3u);
  EXPECT_EQ(second.text(second.number(264) + 32), "a9");
  EXPECT_EQ(second.text(second.number(264) + 40), "81");
  EXPECT_EQ(second.byte(272), 0);
  const Image keys = ask(*sut, "ka");
  EXPECT_EQ(keys.number(268), 7u);
  EXPECT_EQ(keys.text(keys.number(264)), "a0");
  EXPECT_EQ(keys.byte(272), 1);
}

TEST_F(EngineStorage, AppliesCountsAndClears) {
  own_["x"] = "1";
  auto sut = make_keeper(Writes::and_clears);
  EXPECT_EQ(ask(*sut, "a").byte(256), 0);
  EXPECT_THAT(own_, ElementsAre(Pair("k", "v")));
  const Image usage = ask(*sut, "u");
  EXPECT_EQ(usage.number(264), 2u);
  EXPECT_EQ(usage.number(272), 1u << 20);
  EXPECT_EQ(usage.number(280), 1u);
  EXPECT_EQ(ask(*sut, "c").number(264), 1u);
  EXPECT_THAT(own_, IsEmpty());
}

TEST_F(EngineStorage, OnlyWhoMayClearWaitsWhereWritesDoNot) {
  EXPECT_TRUE(compiled(Writes::and_clears)->description().waits);
  EXPECT_FALSE(compile(keeper(Writes::and_clears))->description().waits);
  EXPECT_FALSE(compile(keeper(), {.clears_storage = true})->description().waits);
}

TEST_F(EngineStorage, ClosesWhatAnInstanceOpened) {
  auto sut = make_keeper();
  ask(*sut, "oshared:a");
  ask(*sut, "Skv");
  ask(*sut, "x");
  EXPECT_THAT(storage_.stores, SizeIs(1));
  ask(*sut, "oshared:b");
  EXPECT_EQ(ask(*sut, "Gk").byte(264), 0);
  EXPECT_THAT(storage_.stores, SizeIs(2));
  sut.reset();
  EXPECT_THAT(storage_.stores, SizeIs(1));
}

TEST_F(EngineStorage, TakesValuesLargerThanMessagesMayBe) {
  limits_.message_bytes = 16;
  auto sut = make_keeper();
  const std::string value(1 << 20, 'x');
  ask(*sut, "sk" + value);
  EXPECT_EQ(own_["k"], value);
}

TEST_F(EngineStorage, TakesFourMebibytesWithOneCallAndNoMore) {
  auto sut = make_keeper();
  ask(*sut, "sk" + std::string(4 << 20, 'x'));
  sut = make_keeper();
  ASSERT_EQ(send(*sut, "sk" + std::string(5 << 20, 'x')), CallState::failed);
  EXPECT_THAT(sut->report().error->message(), HasSubstr("too much data is being copied between the host and the guest"));
  EXPECT_EQ(own_["k"].size(), 4u << 20);
}

TEST_F(EngineStorage, AWriteThatWaitsThoughTheEngineWasNotToldFails) {
  EXPECT_FALSE(compile(keeper())->description().waits);
  storage_.waits = true;
  auto sut = make_keeper();
  ASSERT_EQ(send(*sut, "skv"), CallState::failed);
  EXPECT_EQ(*sut->report().trap, TrapKind::host_error);
  EXPECT_EQ(storage_.waiting, 0);
}

class EngineSyncedStorage : public EngineStorage {
 protected:
  EngineSyncedStorage() : EngineStorage(true) { storage_.waits = true; }
};

TEST_F(EngineSyncedStorage, OnlyWritesMakeAComponentWait) {
  EXPECT_TRUE(compile(keeper())->description().waits);
  EXPECT_FALSE(compile(keeper(Writes::no))->description().waits);
  EXPECT_TRUE(make_keeper()->may_suspend());
}

TEST_F(EngineSyncedStorage, SuspendsUntilTheWriteHasEnded) {
  auto sut = make_keeper();
  ASSERT_EQ(send(*sut, "skv"), CallState::pending);
  EXPECT_EQ(storage_.ends_asked, 0);
  EXPECT_EQ(sut->resume(waker_), CallState::pending);
  storage_.over = true;
  ASSERT_EQ(sut->resume(waker_), CallState::done);
  EXPECT_EQ(Image(*sut).byte(256), 0);
  EXPECT_EQ(storage_.ends_asked, 1);
  EXPECT_EQ(storage_.waiting, 0);
  storage_.over = false;
  storage_.end = StorageFailure::io_error;
  ASSERT_EQ(send(*sut, "skw"), CallState::pending);
  storage_.over = true;
  ASSERT_EQ(sut->resume(waker_), CallState::done);
  EXPECT_EQ(Image(*sut).byte(264), 5);
  EXPECT_EQ(Image(*sut).text(272), "the disk is full");
}

TEST_F(EngineSyncedStorage, ACancelledCallLeavesItsWriteToItsFate) {
  auto sut = make_keeper();
  ASSERT_EQ(send(*sut, "skv"), CallState::pending);
  sut->cancel(TrapKind::timeout);
  EXPECT_EQ(*sut->report().trap, TrapKind::timeout);
  EXPECT_EQ(storage_.waiting, 0);
  EXPECT_EQ(storage_.ends_asked, 0);
  sut.reset();
  EXPECT_EQ(waker_.references, 0);
  EXPECT_THAT(own_, ElementsAre(Pair("k", "v")));
}

}  // namespace
}  // namespace airssys::wasm::testing
