// Storage as guests call it: what reaches the host, what comes back, stores that are opened, writes that wait.
#include <array>
#include <cstring>
#include <limits>

#include "rig.h"

namespace airssys::wasm::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;
using Entries = std::vector<std::pair<std::string, std::string>>;

// The keeper's memory after a call: what the function answered is at 256.
class Image {
 public:
  explicit Image(const Answer& answer) : bytes_(answer.text()) { EXPECT_EQ(answer.state(), AW_DONE) << answer.message(); }
  [[nodiscard]] std::uint8_t byte(std::size_t at) const { return static_cast<std::uint8_t>(bytes_.at(at)); }
  [[nodiscard]] std::uint32_t number(std::size_t at) const { return read<std::uint32_t>(at); }
  [[nodiscard]] std::uint64_t large(std::size_t at) const { return read<std::uint64_t>(at); }
  // A string or list of bytes whose pointer and length are there.
  [[nodiscard]] std::string text(std::size_t at) const { return bytes_.substr(number(at), number(at + 4)); }

  [[nodiscard]] bool ok() const { return byte(256) == 0; }
  // 1 + the case, and its text.
  [[nodiscard]] std::pair<int, std::string> error() const { return {byte(264) + 1, text(272)}; }

 private:
  template <class T>
  [[nodiscard]] T read(std::size_t at) const {
    T value;
    std::memcpy(&value, bytes_.substr(at, sizeof value).data(), sizeof value);
    return value;
  }
  std::string bytes_;
};

struct BridgeStorage : ::testing::Test {
  explicit BridgeStorage(const aw_host_tables& with = host_tables(), Writes writes = Writes::yes)
      : component(compile(engine.get(), keeper(writes))),
        preinstance(prepare(component.get(), with)) {}

  BridgeInstance make() { return instantiate(preinstance.get(), host); }
  Answer send(std::string_view payload) { return testing::send(instance.get(), payload, &waker); }
  Image ask(std::string_view payload) { return Image(send(payload)); }

  BridgeEngine engine = make_engine();
  BridgeComponent component;
  BridgePreinstance preinstance;
  Host host;
  Waker waker;
  StorageScript& storage = host.storage;
  BridgeInstance instance = make();
};

// --- reading and writing

TEST_F(BridgeStorage, PassesKeysAndValuesByteForByte) {
  const std::string value("\0\xff\n value", 9);
  EXPECT_TRUE(ask("sk" + value).ok());
  EXPECT_TRUE(ask("sk").ok());
  storage.answer.found = 1;
  storage.answer.value = to_bridge(std::as_bytes(std::span(value)));
  const Image got = ask("g\xc3\xbc/key");
  EXPECT_TRUE(got.ok());
  EXPECT_EQ(got.byte(264), 1);
  EXPECT_EQ(got.text(268), value);
  EXPECT_THAT(storage.asked, ElementsAre("set 0 k " + value, "set 0 k ", "get 0 \xc3\xbc/key"));
}

TEST_F(BridgeStorage, TellsAnEmptyValueFromNone) {
  EXPECT_EQ(ask("gk").byte(264), 0);
  storage.answer.found = 1;
  const Image empty = ask("gk");
  EXPECT_EQ(empty.byte(264), 1);
  EXPECT_EQ(empty.text(268), "");
}

TEST_F(BridgeStorage, SaysWhetherAKeyWasThere) {
  EXPECT_EQ(ask("hk").byte(264), 0);
  EXPECT_EQ(ask("dk").byte(264), 0);
  storage.answer.found = 1;
  EXPECT_EQ(ask("hk").byte(264), 1);
  EXPECT_EQ(ask("dk").byte(264), 1);
  EXPECT_THAT(storage.asked, ElementsAre("has 0 k", "remove 0 k", "has 0 k", "remove 0 k"));
}

TEST_F(BridgeStorage, PassesLargeValuesBothWays) {
  const std::string large(300'000, 'x');
  EXPECT_TRUE(ask("sk" + large).ok());
  EXPECT_THAT(storage.asked, ElementsAre("set 0 k " + large));
  instance = make();
  storage.answer.found = 1;
  storage.answer.value = to_bridge(std::as_bytes(std::span(large)));
  EXPECT_EQ(ask("gk").text(268), large);
}

TEST_F(BridgeStorage, AnswersWithEveryCaseOfTheError) {
  const auto answered = [&](std::uint32_t error, std::string_view text) {
    storage.answer = {};
    storage.answer.error = error;
    storage.answer.text = to_bridge(text);
    const Image image = ask("gk");
    EXPECT_FALSE(image.ok());
    return image.error();
  };
  EXPECT_THAT(answered(1, "not granted"), Pair(1, "not granted"));
  EXPECT_THAT(answered(3, "no such key"), Pair(3, "no such key"));
  EXPECT_THAT(answered(5, "not now"), Pair(5, "not now"));
  EXPECT_THAT(answered(6, "disk \xff"), Pair(6, "disk \xef\xbf\xbd"));
  storage.answer = {
      .error = 2, .found = 0, .pending = 0, .number = 0, .used = 7, .limit = 8, .requested = 9, .text = {}, .value = {}};
  const Image quota = ask("sk");
  EXPECT_EQ(quota.byte(264), 1);
  EXPECT_THAT((std::array{quota.large(272), quota.large(280), quota.large(288)}), ElementsAre(7, 8, 9));
  storage.answer = {};
  storage.answer.error = 4;
  storage.answer.number = 1 << 20;
  EXPECT_EQ(ask("sk").byte(264), 3);
  EXPECT_EQ(ask("sk").large(272), 1u << 20);
}

TEST_F(BridgeStorage, EndsTheCallWhenTheHostAnswersWithNoCase) {
  storage.answer.error = 7;
  const Answer answer = send("gk");
  EXPECT_EQ(answer.code(), AW_TRAP_HOST);
  EXPECT_THAT(answer.message(), HasSubstr("storage-error 7, which is no case"));
  instance = make();
  storage.answer.error = AW_HOST_TRAP;
  storage.answer.text = to_bridge(std::string_view("enough of it"));
  EXPECT_THAT(send("sk").message(), HasSubstr("enough of it"));
}

TEST_F(BridgeStorage, AppliesOperationsInTheirOrder) {
  EXPECT_TRUE(ask("a").ok());
  EXPECT_THAT(storage.asked, ElementsAre("apply set k v;remove x;"));
}

aw_host_tables clearing_tables() {
  aw_host_tables tables = host_tables();
  tables.storage.clears = 1;
  return tables;
}

struct BridgeClears : BridgeStorage {
  BridgeClears() : BridgeStorage(clearing_tables(), Writes::and_clears) {}
};

TEST_F(BridgeClears, CountsWhatThereIsAndWhatItCleared) {
  storage.answer = {
      .error = 0, .found = 0, .pending = 0, .number = 3, .used = 40, .limit = 50, .requested = 0, .text = {}, .value = {}};
  const Image usage = ask("u");
  EXPECT_THAT((std::array{usage.large(264), usage.large(272), usage.large(280)}), ElementsAre(40, 50, 3));
  EXPECT_EQ(ask("c").large(264), 3u);
  EXPECT_THAT(storage.asked, ElementsAre("usage", "clear"));
}

TEST_F(BridgeClears, SuspendsUntilEverythingIsCleared) {
  EXPECT_EQ(aw_preinstance_lane(preinstance.get()), AW_LANE_FIBER);
  EXPECT_EQ(aw_preinstance_lane(prepare(component.get()).get()), AW_LANE_SYNC);
  storage.answer.pending = 1;
  storage.ended.number = 9;
  EXPECT_EQ(send("c").state(), AW_PENDING);
  EXPECT_EQ(Image(resume(instance.get(), &waker)).large(264), 9u);
  EXPECT_THAT(storage.asked, ElementsAre("clear", "ended"));
  storage.answer.pending = 0;
  EXPECT_TRUE(ask("skv").ok());
}

// --- pages

TEST_F(BridgeStorage, GivesAPageInItsOrderWithTheCursorOfTheNext) {
  storage.entries = {{"a", "1"}, {"\xc3\xbc", ""}, {"z", std::string("\0\xff", 2)}};
  storage.next = "z";
  const Image page = ask("p");
  ASSERT_EQ(page.number(268), 3u);
  Entries entries;
  for (std::size_t at = page.number(264); entries.size() < 3; at += 16) entries.emplace_back(page.text(at), page.text(at + 8));
  EXPECT_EQ(entries, storage.entries);
  EXPECT_EQ(page.byte(272), 1);
  EXPECT_EQ(page.text(276), "z");
  const Image keys = ask("kac");
  ASSERT_EQ(keys.number(268), 3u);
  EXPECT_EQ(keys.text(keys.number(264) + 8), "\xc3\xbc");
  EXPECT_EQ(keys.text(276), "z");
  EXPECT_THAT(storage.asked, ElementsAre("scan 0  none 7", "keys 0 a c 7"));
}

TEST_F(BridgeStorage, TheLastPageHasNoCursor) {
  const Image page = ask("pa");
  EXPECT_TRUE(page.ok());
  EXPECT_EQ(page.number(268), 0u);
  EXPECT_EQ(page.byte(272), 0);
  EXPECT_EQ(ask("ka").byte(272), 0);
}

TEST_F(BridgeStorage, AnErrorOfAPageLeavesItsEntriesOut) {
  storage.entries = {{"a", "1"}};
  storage.answer.error = 5;
  storage.answer.text = to_bridge(std::string_view("not now"));
  EXPECT_THAT(ask("p").error(), Pair(5, "not now"));
  EXPECT_THAT(ask("k").error(), Pair(5, "not now"));
}

TEST_F(BridgeStorage, AKeyThatIsNotUtf8EndsTheCall) {
  for (const char* command : {"p", "k"}) {
    instance = make();
    storage.entries = {{"a", "1"}, {"\xff", "2"}};
    EXPECT_EQ(send(command).code(), AW_TRAP_HOST);
    instance = make();
    storage.entries = {};
    storage.next = "\xff";
    EXPECT_EQ(send(command).code(), AW_TRAP_HOST);
    storage.next = "";
  }
}

// What the host answers is good until it is asked on that thread again, by whomever; a guest whose slice ends while it makes room
// for the answer gives way before that is copied.
TEST_F(BridgeStorage, AGuestThatGivesWayWhileItIsAnsweredGetsWhatWasAnswered) {
  aw_instance_limits limits = roomy();
  limits.slice_ticks = 1;
  instance = instantiate(preinstance.get(), host, limits);
  storage.during_answer = [&] {
    for (int n = 0; n < 2; ++n) aw_engine_tick(engine.get());
  };
  std::string value = "first";
  const auto shown = [&](std::string_view command) {
    EXPECT_EQ(send(command).state(), AW_PENDING);
    std::ranges::fill(value, '?');
    for (auto& [key, one] : storage.entries) key = one = "?";
    Answer answer = resume(instance.get(), &waker);
    while (answer.state() == AW_PENDING) answer = resume(instance.get(), &waker);
    return Image(answer);
  };
  storage.answer.found = 1;
  storage.answer.value = to_bridge(std::as_bytes(std::span(value)));
  EXPECT_EQ(shown("gk").text(268), "first");
  storage.entries = {{"a", "1"}, {"b", "2"}};
  const Image page = shown("p");
  EXPECT_EQ(page.text(page.number(264)) + page.text(page.number(264) + 8), "a1");
  EXPECT_EQ(page.text(page.number(264) + 16) + page.text(page.number(264) + 24), "b2");
  storage.entries = {{"a", ""}, {"b", ""}};
  const Image keys = shown("k");
  EXPECT_EQ(keys.text(keys.number(264)) + keys.text(keys.number(264) + 8), "ab");
}

// --- stores

TEST_F(BridgeStorage, CarriesTheNumberOfTheStoreThatItOpened) {
  storage.answer.number = 5;
  EXPECT_TRUE(ask("oshared:team").ok());
  storage.answer.found = 1;
  EXPECT_EQ(ask("Gk").byte(264), 1);
  EXPECT_EQ(ask("Hk").byte(264), 1);
  EXPECT_TRUE(ask("Skv").ok());
  EXPECT_EQ(ask("Dk").byte(264), 1);
  EXPECT_TRUE(ask("Pab").ok());
  EXPECT_THAT(storage.asked, ElementsAre("open shared:team", "get 5 k", "has 5 k", "set 5 k v", "remove 5 k", "scan 5 a b 7"));
}

TEST_F(BridgeStorage, ARefusedStoreIsNone) {
  storage.answer.error = 1;
  storage.answer.text = to_bridge(std::string_view("not granted"));
  EXPECT_THAT(ask("oshared:team").error(), Pair(1, "not granted"));
  EXPECT_EQ(send("Gk").code(), AW_TRAP_BAD_HANDLE);
  EXPECT_THAT(storage.asked, SizeIs(1));
}

TEST_F(BridgeStorage, DroppingAHandleClosesItsStoreAndNoOther) {
  storage.answer.number = 5;
  EXPECT_TRUE(ask("oshared:a").ok());
  storage.answer.number = 6;
  EXPECT_TRUE(ask("oshared:b").ok());
  EXPECT_EQ(send("x").state(), AW_DONE);
  EXPECT_EQ(storage.asked.back(), "close 6");
  EXPECT_EQ(send("Gk").code(), AW_TRAP_BAD_HANDLE);
  EXPECT_EQ(storage.asked.back(), "close 6");
  instance.reset();
  EXPECT_THAT(storage.asked, ElementsAre("open shared:a", "open shared:b", "close 6", "close 5"));
}

TEST_F(BridgeStorage, ForgedHandlesAreBad) {
  for (const char* command : {"Gk", "Hk", "Sk", "Dk", "P", "x"}) {
    instance = make();
    EXPECT_EQ(send(command).code(), AW_TRAP_BAD_HANDLE) << command;
  }
  EXPECT_THAT(storage.asked, IsEmpty());
}

TEST_F(BridgeStorage, AStoreBeyondAllNumbersEndsTheCall) {
  storage.answer.number = std::uint64_t{1} << 32;
  EXPECT_EQ(send("oshared:team").code(), AW_TRAP_HOST);
  instance.reset();
  EXPECT_THAT(storage.asked, ElementsAre("open shared:team"));
}

TEST_F(BridgeStorage, IsNotOfferedWhereItsTableIsEmpty) {
  aw_host_tables tables = host_tables();
  tables.storage = {};
  aw_preinstance* made = nullptr;
  const Fault fault(aw_preinstance_new(component.get(), &tables, &made));
  EXPECT_EQ(fault.code(), AW_LINK);
  for (const char* name : {"get", "set", "open", "[method]store.scan-prefix"})
    EXPECT_THAT(fault.message(), HasSubstr(std::string("storage@1.0.0.") + name + "`, which the host does not offer"));
}

// --- writes that wait

aw_host_tables synced_tables() {
  aw_host_tables tables = host_tables();
  tables.storage.synced = 1;
  return tables;
}

struct BridgeSyncedStorage : BridgeStorage {
  BridgeSyncedStorage() : BridgeStorage(synced_tables()) { storage.answer.pending = 1; }
  Image go_on() { return Image(resume(instance.get(), &waker)); }
  void expect_balanced(int operations) {
    EXPECT_EQ(host.begun, operations);
    EXPECT_EQ(host.dropped, operations);
    EXPECT_EQ(host.kept, nullptr);
    EXPECT_EQ(waker.references, 1);
  }
};

TEST_F(BridgeSyncedStorage, PutsWhoWritesOnTheFiberLaneAndNobodyElse) {
  EXPECT_EQ(aw_preinstance_lane(preinstance.get()), AW_LANE_FIBER);
  EXPECT_EQ(aw_preinstance_lane(prepare(component.get()).get()), AW_LANE_SYNC);
  const auto reader = compile(engine.get(), keeper(Writes::no));
  EXPECT_EQ(aw_preinstance_lane(prepare(reader.get(), synced_tables()).get()), AW_LANE_SYNC);
}

TEST_F(BridgeSyncedStorage, SuspendsUntilTheWriteHasEnded) {
  EXPECT_EQ(send("skv").state(), AW_PENDING);
  EXPECT_THAT(storage.asked, ElementsAre("set 0 k v"));
  EXPECT_EQ(send("gk").code(), AW_BUSY);
  EXPECT_TRUE(go_on().ok());
  EXPECT_THAT(storage.asked, ElementsAre("set 0 k v", "ended"));
  expect_balanced(1);
}

TEST_F(BridgeSyncedStorage, AnswersWhatBecameOfTheWrite) {
  storage.ended.found = 1;
  EXPECT_EQ(send("dk").state(), AW_PENDING);
  EXPECT_EQ(go_on().byte(264), 1);
  EXPECT_EQ(send("a").state(), AW_PENDING);
  EXPECT_TRUE(go_on().ok());
  storage.ended.error = 6;
  storage.ended.text = to_bridge(std::string_view("the disk is full"));
  EXPECT_EQ(send("skv").state(), AW_PENDING);
  EXPECT_THAT(go_on().error(), Pair(6, "the disk is full"));
  expect_balanced(3);
}

TEST_F(BridgeSyncedStorage, WaitsForWritesOfOpenedStoresToo) {
  storage.answer.pending = 0;
  storage.answer.number = 5;
  EXPECT_TRUE(ask("oshared:team").ok());
  storage.answer.pending = 1;
  EXPECT_EQ(send("Skv").state(), AW_PENDING);
  EXPECT_TRUE(go_on().ok());
  storage.ended.found = 1;
  EXPECT_EQ(send("Dk").state(), AW_PENDING);
  EXPECT_EQ(go_on().byte(264), 1);
  EXPECT_THAT(storage.asked, ElementsAre("open shared:team", "set 5 k v", "ended", "remove 5 k", "ended"));
}

TEST_F(BridgeSyncedStorage, DoesNotSuspendForAWriteThatHasEnded) {
  storage.answer.pending = 0;
  storage.answer.error = 2;
  EXPECT_EQ(ask("skv").byte(264), 1);
  storage.answer = {};
  storage.answer.pending = 1;
  host.polls_until_done = 1;
  EXPECT_TRUE(ask("skv").ok());
  expect_balanced(1);
}

TEST_F(BridgeSyncedStorage, ACancelledCallGivesTheWaitUpAndAsksForNoEnd) {
  EXPECT_EQ(send("skv").state(), AW_PENDING);
  aw_instance_cancel(instance.get());
  expect_balanced(1);
  EXPECT_THAT(storage.asked, ElementsAre("set 0 k v"));
  EXPECT_EQ(send("gk").code(), AW_POISONED);
}

TEST_F(BridgeSyncedStorage, DeletingASuspendedInstanceClosesItsStoresAfterTheWait) {
  storage.answer.pending = 0;
  storage.answer.number = 5;
  EXPECT_TRUE(ask("oshared:team").ok());
  storage.answer.pending = 1;
  EXPECT_EQ(send("Skv").state(), AW_PENDING);
  host.during_drop = [&] { EXPECT_EQ(storage.asked.back(), "set 5 k v"); };
  instance.reset();
  EXPECT_EQ(storage.asked.back(), "close 5");
  expect_balanced(1);
}

TEST_F(BridgeSyncedStorage, EndsTheCallWhenTheHostDoesNotLetItWait) {
  storage.wait_answer = AW_HOST_TRAP;
  const Answer refused = send("skv");
  EXPECT_EQ(refused.code(), AW_TRAP_HOST);
  EXPECT_THAT(refused.message(), HasSubstr("does not let the component wait"));
  instance = make();
  storage.wait_answer = 7;
  EXPECT_THAT(send("skv").message(), HasSubstr("answered 7 to a write"));
  expect_balanced(0);
}

TEST_F(BridgeStorage, AWriteThatWaitsThoughNoneShouldEndsTheCall) {
  storage.answer.pending = 1;
  const Answer answer = send("skv");
  EXPECT_EQ(answer.code(), AW_TRAP_HOST);
  EXPECT_THAT(answer.message(), HasSubstr("a write of the host waits"));
  EXPECT_EQ(host.begun, host.dropped);
}

// What runs while an instance is made finds a `set` that is `unavailable`, and the host is not asked.
TEST_F(BridgeSyncedStorage, NothingIsWrittenBeforeItIsInstantiated) {
  std::string text = keeper_text();
  const std::string_view fill = "    (memory.fill (i32.const 256) (i32.const 0) (i32.const 64))\n";
  text.erase(text.find(fill), fill.size());
  text.insert(
      text.rfind(')'),
      "(func (export \"_initialize\") (call $set (i32.const 16) (i32.const 1) (i32.const 17) (i32.const 1) (i32.const 256)))");
  component = compile(engine.get(), encode(text, wit_dir(), "component"));
  preinstance = prepare(component.get(), synced_tables());
  instance = make();
  EXPECT_THAT(storage.asked, IsEmpty());
  EXPECT_THAT(ask("?").error(), Pair(5, HasSubstr("before it is instantiated")));
  preinstance = prepare(component.get());
  storage.answer = {};
  instance = make();
  EXPECT_THAT(storage.asked, ElementsAre("set 0 k v"));
}

}  // namespace
}  // namespace airssys::wasm::testing
