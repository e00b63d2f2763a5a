// A town of actors that talk, park, crash and stop by chance, for the laws; what they accepted and handled is on record.
#pragma once
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "airssys/rt/testing/seeds.h"
#include "world.h"

namespace airssys::rt {

struct Numbered {
  std::size_t from = 0;
  std::uint64_t number = 0;  // 1, 2, … for each (from, to)
};

struct Chances {  // of 1000
  std::uint64_t park = 100;
  std::uint64_t crash = 5;
  std::uint64_t stop = 0;
};

// Whether messages may be missing between two of one sender: where faults drop them, or dead letters come between late ones.
enum class Gaps : std::uint8_t { none, allowed };

// What everybody knows about everybody; the actors of one world share it because nothing of it runs at the same time.
struct Town {
  World& world;
  Chances chances;
  Gaps gaps;
  std::vector<Address<Numbered>> people = {};
  std::map<std::pair<std::size_t, std::size_t>, std::uint64_t> accepted = {};
  std::map<std::pair<std::size_t, std::size_t>, std::uint64_t> handled = {};
  std::map<std::pair<std::size_t, std::size_t>, std::uint64_t> latest = {};  // the number that was handled last
  std::map<std::size_t, std::uint64_t> crashes = {};
  std::uint64_t parked = 0;
  std::uint64_t resumed = 0;
  std::uint64_t to_send = 2000;
  std::vector<std::string> broken = {};

  bool chance(std::uint64_t of_1000) { return world.platform.random() % 1000 < of_1000; }
  void send(std::size_t from, std::size_t to) {
    if (to_send == 0) return;
    --to_send;
    const auto before = accepted.find({from, to});
    Numbered message{from, (before == accepted.end() ? 0 : before->second) + 1};
    if (people[to].try_send(message) == SendStatus::sent) ++accepted[{from, to}];
  }
};

class Chatter final : public Actor<Numbered> {
 public:
  Chatter(Town& town, std::size_t me) : town_(town), me_(me) {}
  Result<Turn> handle(Numbered message, Context& context) override {
    if (busy_) town_.broken.push_back("a message during a parked one");
    ++town_.handled[{message.from, me_}];
    auto& last = town_.latest[{message.from, me_}];
    if (town_.gaps == Gaps::allowed ? message.number <= last : message.number != last + 1)
      town_.broken.push_back("message " + std::to_string(message.number) + " after " + std::to_string(last));
    last = message.number;
    if (town_.chance(town_.chances.crash)) {
      ++town_.crashes[me_];
      if (town_.chance(500)) throw std::runtime_error("crash");
      return fail(Code::internal, "crash");
    }
    if (town_.chance(town_.chances.stop)) context.ref().stop();
    talk();
    if (!town_.chance(town_.chances.park)) return Turn::done;
    return park(context);
  }
  Result<Turn> resume(Context& context) override {
    busy_ = false;
    ++town_.resumed;
    talk();
    return town_.chance(200) ? park(context) : Result<Turn>(Turn::done);
  }

 private:
  void talk() {
    for (std::uint64_t n = town_.world.platform.random() % 4; n > 0; --n)
      town_.send(me_, town_.world.platform.random() % town_.people.size());
  }
  Result<Turn> park(Context& context) {
    busy_ = true;
    ++town_.parked;
    const Waker waker = context.waker();
    switch (town_.world.platform.random() % 3) {
      case 0: waker.wake(); break;  // before it has parked
      case 1: context.executor().post_at(context.now(), [waker] { waker.wake(); }); break;
      default:
        for (int n = 0; n < 2; ++n)  // twice: the second is stale, or both count as one
          context.executor().post_at(context.now() + Duration(town_.world.platform.random() % 1000), [waker] { waker.wake(); });
    }
    return Turn::parked;
  }

  Town& town_;
  const std::size_t me_;
  bool busy_ = false;
};

struct Story {
  Story(std::uint64_t seed, Chances chances, RestartIntensity intensity, Gaps gaps = Gaps::none)
      : world(seed, {.mailbox_capacity = static_cast<std::uint32_t>(1 + seed % 40),
                     .messages_per_turn = static_cast<std::uint32_t>(1 + seed % 5)}),
        town{world, chances, gaps} {
    for (std::size_t n = 0; n < 2 + seed % 7; ++n) {
      auto one = world.system.spawn({.intensity = intensity, .backoff = Backoff{1us, 10us}},
                                    [this, n] { return std::make_unique<Chatter>(town, n); });
      EXPECT_TRUE(one);
      town.people.push_back(*one);
    }
    for (std::size_t n = 0; n < town.people.size(); ++n) town.send(town.people.size(), n);  // from outside
  }
  std::uint64_t sum(const std::map<std::pair<std::size_t, std::size_t>, std::uint64_t>& counts) const {
    std::uint64_t all = 0;
    for (const auto& [who, count] : counts) all += count;
    return all;
  }
  std::string about(std::uint64_t seed) const { return replay(seed) + (town.broken.empty() ? "" : "\n" + town.broken.front()); }
  World world;
  Town town;
};

}  // namespace airssys::rt
