#include "airssys/wasm/actor/keyed_component.h"

#include "actor_world.h"

namespace airssys::wasm::testing {
namespace {

// The fake component `default/cart`, with an instance for each key.
struct Carts {
  explicit Carts(rt::KeyedOptions options = {}) : like(world.define("default/cart/main")) {
    like.stats.shared = true;
    carts.emplace(world.system, world.system.root(), *like.definition,
                  KeyedComponent::Options{.spawn = {.intensity = rt::RestartIntensity{0, 1s}},
                                          .keyed = options,
                                          .grants = {},
                                          .mailbox = {},
                                          .dead_letters = nullptr});
    EXPECT_TRUE(directory.add_keyed(like.definition->address, *carts));
  }
  std::shared_ptr<const DirectoryEntry> at(std::string_view key) {
    auto found = directory.resolve(*ComponentAddress::parse("default/cart/" + std::string(key)));
    EXPECT_TRUE(found) << found.error().message();
    return found ? *found : nullptr;
  }
  static Message text(std::string_view text) {
    return {.sender = Bytes::copy_of("external"), .payload = Bytes::copy_of(text), .kind = MessageKind::external};
  }
  rt::SendStatus send(std::string_view key, std::string_view what) { return at(key)->mailbox.send(text(what)); }

  World world;
  ComponentDirectory directory;
  Fake& like;
  std::optional<KeyedComponent> carts;
};

TEST(KeyedComponent, HasAnInstanceForEachKeyThatIsSentTo) {
  Carts carts;
  EXPECT_EQ(carts.send("alice", "a1"), rt::SendStatus::sent);
  EXPECT_EQ(carts.send("bob", "b1"), rt::SendStatus::sent);
  EXPECT_EQ(carts.send("alice", "a2"), rt::SendStatus::sent);
  carts.world.run();
  EXPECT_EQ(carts.like.script.alive, 2);
  EXPECT_EQ(carts.like.stats.handled.value(), 3u);
  EXPECT_EQ(carts.at("alice")->address.text(), "default/cart/alice");
  EXPECT_EQ(carts.at("alice"), carts.at("alice"));
  EXPECT_TRUE(carts.world.system.find_any("default/cart/bob"));
}

TEST(KeyedComponent, CountsTheMemoryOfAllItsInstances) {
  Carts carts({.idle = 10s});
  carts.like.script.on_memory = [] { return MemoryUse{.bytes = 100, .peak_bytes = 150}; };
  carts.send("alice", "a");
  carts.send("bob", "b");
  carts.world.run();
  EXPECT_EQ(carts.like.stats.memory_bytes.load(), 200u);
  EXPECT_EQ(carts.like.stats.memory_peak_bytes.load(), 150u);
  carts.world.run_for(30s);
  EXPECT_EQ(carts.like.stats.memory_bytes.load(), 0u);
}

TEST(KeyedComponent, ShutsAnIdleInstanceDownAndForgetsIt) {
  Carts carts({.idle = 10s});
  carts.send("alice", "hello");
  carts.world.run_for(30s);
  EXPECT_EQ(carts.like.script.calls, (std::vector<std::string>{"new", "init", "hello", "shutdown", "gone"}));
  EXPECT_EQ(carts.carts->stats().live, 0u);
  EXPECT_EQ(carts.carts->stats().put_away, 1u);
}

TEST(KeyedComponent, GivesWhoSendsToAnEndedOneItsSuccessorAndTheMessageBack) {
  Carts carts({.idle = 10s});
  const auto old = carts.at("alice");
  carts.world.run_for(30s);
  Message message = carts.text("late");
  EXPECT_EQ(old->mailbox.send(std::move(message)), rt::SendStatus::ended);
  EXPECT_EQ(message.payload.text(), "late");
  ASSERT_TRUE(old->has_successor);
  const auto next = carts.directory.successor(*old);
  ASSERT_TRUE(next);
  EXPECT_EQ((*next)->mailbox.send(std::move(message)), rt::SendStatus::sent);
  carts.world.run();
  EXPECT_EQ(carts.like.stats.handled.value(), 1u);
  EXPECT_EQ(carts.world.system.stats().dead_letters, 0u);
}

TEST(KeyedComponent, LetsAKeyThatCrashesTooOftenRestWhileOthersGoOn) {
  Carts carts({.idle = 1h, .rest = 60s});
  carts.like.script.on_message = [](const Message& message) {
    return message.payload.text() == "bad" ? FakeOutcome::trapped(TrapKind::unreachable) : FakeOutcome{};
  };
  carts.send("alice", "bad");
  carts.send("bob", "good");
  carts.world.run();
  const auto alice = carts.directory.resolve(*ComponentAddress::parse("default/cart/alice"));
  ASSERT_FALSE(alice);
  EXPECT_EQ(alice.error().code(), Code::unavailable);
  EXPECT_EQ(carts.send("bob", "good"), rt::SendStatus::sent);
  carts.world.run_for(61s);
  EXPECT_EQ(carts.send("alice", "good"), rt::SendStatus::sent);
}

TEST(KeyedComponent, HasItsPlaceInTheDirectoryBesideOthers) {
  Carts carts;
  EXPECT_EQ(carts.directory.add_keyed(carts.like.definition->address, *carts.carts).error().code(), Code::already_exists);
  const auto address = *ComponentAddress::parse("default/other/alice");
  EXPECT_EQ(carts.directory.resolve(address).error().code(), Code::not_found);
  EXPECT_EQ(carts.directory.find(*ComponentAddress::parse("default/cart/alice")), nullptr);
  carts.directory.remove(carts.like.definition->address);
  EXPECT_EQ(carts.directory.resolve(carts.like.definition->address).error().code(), Code::not_found);
}

}  // namespace
}  // namespace airssys::wasm::testing
