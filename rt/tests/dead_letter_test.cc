// Observers see the message of a dead letter, whatever became of it (R0.5).
#include <fmt/format.h>

#include "airssys/base/assert.h"
#include "world.h"

namespace airssys::rt {
namespace {

// Prints who it was for, and what it said.
class Reader final : public EventSink {
 public:
  void on_dead_letter(const DeadLetter& letter) noexcept override {
    const auto* text = letter.message_as<std::string>();
    lines.push_back(fmt::format("{} {}: {}", event_name(letter.why), letter.receiver_name, text ? *text : "nothing to read"));
    EXPECT_EQ(letter.message_as<int>(), nullptr);
  }
  std::vector<std::string> lines;
};

class Listener final : public Actor<std::string> {
 public:
  Result<Turn> handle(std::string, Context&) override { return Turn::done; }
};

class DeadLetterTest : public ::testing::Test {
 protected:
  Address<std::string> make(SpawnOptions options) {
    auto made = system.spawn(std::move(options), [] { return std::make_unique<Listener>(); });
    AIRSSYS_ASSERT(made, "spawn");
    return *made;
  }
  SimPlatform platform{1};
  testing::SimExecutor executor{platform};
  Reader reader;
  ActorSystem system{executor, null_log(), {}, &reader};
};

TEST_F(DeadLetterTest, CarriesTheMessageThatNobodyHandles) {
  const auto first = make({.name = "first", .mailbox_capacity = 1, .overload = Overload::drop_newest});
  const auto second = make({.name = "second", .mailbox_capacity = 1, .overload = Overload::drop_oldest});
  const auto third = make({.name = "third"});
  for (const auto& to : {first, second}) {
    ASSERT_TRUE(to.send("one"));
    ASSERT_TRUE(to.send("two"));
  }
  ASSERT_TRUE(third.send("late", {.ttl = Duration(-1)}));
  ASSERT_TRUE(executor.run_ready());
  ASSERT_TRUE(third.send("waits"));
  third.kill();
  ASSERT_TRUE(executor.run_ready());
  ASSERT_FALSE(third.send("gone"));
  ASSERT_FALSE(system.send_to<std::string>("nobody", "lost"));
  EXPECT_EQ(reader.lines, (std::vector<std::string>{"overflow first: two", "overflow second: one", "expired third: late",
                                                    "discarded third: waits", "ended third: gone", "unresolved nobody: lost"}));
}

}  // namespace
}  // namespace airssys::rt
