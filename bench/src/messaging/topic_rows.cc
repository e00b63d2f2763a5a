// topic: one publication to many subscribers, per delivery, with its handling.
#include <fmt/format.h>

#include <vector>

#include "world.h"

namespace airssys::bench {
namespace {

constexpr std::uint64_t subscribers = 16;
constexpr std::uint64_t publishes_per_round = 16;

struct TopicRig {
  TopicRig() {
    for (std::uint64_t n = 0; n < subscribers; ++n) {
      Talker& one = world.add(fmt::format("subscriber-{}", n));
      one.on_message = [this](wasm::ComponentMessage& message, Talker& self) -> Result<> {
        if (message.message().kind == wasm::MessageKind::external) {  // what it begins with
          if (self.messaging().subscribe("bench.*").failure != wasm::SendFailure::none)
            return fail(Code::internal, "no subscription");
          world.done();
          return {};
        }
        if (++arrived % (publishes_per_round * subscribers) != 0) return {};
        if (self.messaging().send_message("source", payload).failure != wasm::SendFailure::none)
          return fail(Code::internal, "no message to the publisher");
        return {};
      };
      begun.push_back(&one);
    }
    source.on_message = [this](wasm::ComponentMessage&, Talker& self) -> Result<> {
      if (rounds_left-- == 0) {
        world.done();
        return {};
      }
      for (std::uint64_t n = 0; n < publishes_per_round; ++n)
        if (self.messaging().publish("bench.topic", payload).failure != wasm::SendFailure::none)
          return fail(Code::internal, "not published");
      return {};
    };
  }
  Result<Ran> run(std::uint64_t n) {
    for (Talker* one : std::exchange(begun, {})) AIRSSYS_TRY_VOID(world.until_done(*one));
    constexpr std::uint64_t per_round = publishes_per_round * subscribers;
    const std::uint64_t rounds = n / per_round + 1;
    rounds_left = rounds;
    AIRSSYS_TRY(const Duration took, world.until_done(source));
    return Ran{rounds * per_round, took};
  }
  World world;
  Talker& source = world.add("source");
  std::vector<Talker*> begun;
  const std::vector<std::byte> payload{std::byte{0x55}, std::byte{1}};
  std::uint64_t rounds_left = 0, arrived = 0;
};

}  // namespace

void add_topic_rows(Rows& rows) {
  rows["topic"] = [rig = std::shared_ptr<TopicRig>()](std::uint64_t n) mutable -> Result<Ran> {
    if (!rig) rig = std::make_shared<TopicRig>();
    return rig->run(n);
  };
}

}  // namespace airssys::bench
