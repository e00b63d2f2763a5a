// Over many seeds: components ask each other, cancel, crash, restart, are uninstalled and replaced, and their answers race with
// the time that is over. Every request that was accepted has exactly one outcome, told to the instance that made it, unless that
// has cancelled it or is gone (R5.5-R5.7).
#include <map>
#include <random>

#include "airssys/rt/testing/seeds.h"
#include "messaging_world.h"

namespace airssys::wasm::testing {
namespace {

// What happened in all worlds together: a law about nothing would hold as well.
struct Tally {
  std::uint64_t answered = 0, timed_out = 0, crashed = 0, errors = 0, cancelled = 0, orphaned = 0, refused = 0, late = 0;
};

class Town {
 public:
  Town(std::uint64_t seed, Tally& tally) : tally_(tally), random_(seed), world_(seed) {
    for (std::size_t place = 0; place < places; ++place) settle(place);
  }

  void live() {
    for (int step = 0; step < 120; ++step) {
      const std::uint64_t dice = below(100);
      if (dice < 70) {
        static_cast<void>(world_.tell(*living_[below(places)], "go"));  // a full mailbox is nothing special
        if (below(3) == 0) world_.run();
      } else if (dice < 96) {
        world_.run_for(std::chrono::microseconds(below(20'000)));
      } else {
        const std::size_t place = below(places);
        world_.end(*living_[place]);
        world_.run();
        settle(place);
      }
      if (::testing::Test::HasFailure()) return;
    }
    world_.run_for(30s);  // longer than any timeout
    for (auto& [id, request] : requests_) check(request);
    for (const Player* player : everybody_) tally_.late += player->stats.late_responses.value();
  }

 private:
  static constexpr std::size_t places = 4;

  struct Request {
    Player* by;
    int incarnation;
    bool cancelled = false;
    int outcomes = 0;
  };
  using Key = std::pair<std::uint64_t, std::uint64_t>;

  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }

  void settle(std::size_t place) {
    Player& player = world_.add("p" + std::to_string(place), below(2) == 0);
    player.mailbox.capacity = 1 + static_cast<std::uint32_t>(below(20));
    if (below(4) == 0) player.mailbox.on_crash = OnCrash::retry_once;
    if (below(4) == 0) player.mailbox.overload = MailboxOverload::drop_oldest;
    player.on_message = [this, &player](const Message& message, MessagingFunctions& messaging) {
      return message.kind == MessageKind::request ? answer(player, messaging) : go(player, messaging);
    };
    player.on_callback = [this, &player](MessageId id, const RequestOutcome& outcome, MessagingFunctions& messaging) {
      hear(player, id, outcome);
      if (below(4) == 0) ask(player, messaging);
      return below(20) == 0 ? FakeOutcome::trapped(TrapKind::unreachable) : FakeOutcome{};
    };
    world_.start(player);
    living_[place] = &player;
    everybody_.push_back(&player);
  }

  FakeOutcome go(Player& player, MessagingFunctions& messaging) {
    for (std::uint64_t n = below(4); n > 0; --n) ask(player, messaging);
    if (below(3) == 0) cancel(player, messaging);
    return below(15) == 0 ? FakeOutcome::trapped(TrapKind::unreachable) : FakeOutcome{};
  }

  FakeOutcome answer(Player& player, MessagingFunctions& messaging) {
    if (below(4) == 0) ask(player, messaging);
    const std::uint64_t dice = below(20);
    if (dice == 0) return FakeOutcome::trapped(TrapKind::unreachable);
    if (dice < 3) return FakeOutcome::error(6, "no");
    FakeOutcome outcome{.reply = raw("yes")};
    if (player.waits && dice < 12) {
      outcome.wait = std::make_shared<Gate>();
      world_.executor.post_at(world_.platform.now() + std::chrono::microseconds(below(40'000)),
                              [gate = std::static_pointer_cast<Gate>(outcome.wait)] { gate->open(); });
    }
    return outcome;
  }

  void ask(Player& player, MessagingFunctions& messaging) {
    MessageId id;
    const SendResult sent = messaging.send_request("p" + std::to_string(below(places)), raw("?").span(), 1 + below(25), id);
    if (sent.failure != SendFailure::none) {
      ++tally_.refused;
      return;
    }
    const bool is_new = requests_.emplace(Key{id.high, id.low}, Request{&player, player.incarnation}).second;
    EXPECT_TRUE(is_new) << "an id is given twice";
  }

  void cancel(Player& player, MessagingFunctions& messaging) {
    for (auto& [key, request] : requests_) {
      if (request.by != &player || below(8) != 0) continue;
      const bool open = request.incarnation == player.incarnation && !request.cancelled && request.outcomes == 0;
      const SendFailure failure = messaging.cancel_request({key.first, key.second}).failure;
      EXPECT_EQ(failure, open ? SendFailure::none : SendFailure::unknown_request);
      if (open) request.cancelled = true;
      return;
    }
  }

  void hear(Player& player, MessageId id, const RequestOutcome& outcome) {
    const auto found = requests_.find({id.high, id.low});
    ASSERT_NE(found, requests_.end()) << "a callback of a request that nobody made";
    Request& request = found->second;
    EXPECT_EQ(request.by, &player);
    EXPECT_EQ(request.incarnation, player.incarnation) << "of another incarnation";
    EXPECT_FALSE(request.cancelled);
    EXPECT_EQ(++request.outcomes, 1);
    if (!outcome.failure) {
      ++tally_.answered;
      return;
    }
    switch (*outcome.failure) {
      case RequestFailure::timeout: ++tally_.timed_out; break;
      case RequestFailure::handler_error: ++tally_.errors; break;
      default: ++tally_.crashed; break;
    }
  }

  void check(const Request& request) {
    const bool is_there = std::ranges::find(living_, request.by) != living_.end();
    if (request.cancelled) {
      ++tally_.cancelled;
      EXPECT_EQ(request.outcomes, 0);
    } else if (is_there && request.incarnation == request.by->incarnation) {
      EXPECT_EQ(request.outcomes, 1) << "no outcome, of " << request.by->name;
    } else if (request.outcomes == 0) {
      ++tally_.orphaned;
    }
  }

  Tally& tally_;
  std::mt19937_64 random_;
  std::map<Key, Request> requests_;
  std::array<Player*, places> living_{};
  std::vector<Player*> everybody_;
  MessagingWorld world_;
};

TEST(MessagingLaw, EveryRequestHasExactlyOneOutcome) {
  Tally tally;
  for (const std::uint64_t seed : rt::testing::seeds(100)) {
    SCOPED_TRACE(seed);
    Town town(seed, tally);
    town.live();
    if (::testing::Test::HasFailure()) return;
  }
  EXPECT_GT(tally.answered, 0u);
  EXPECT_GT(tally.timed_out, 0u);
  EXPECT_GT(tally.crashed, 0u);
  EXPECT_GT(tally.errors, 0u);
  EXPECT_GT(tally.cancelled, 0u);
  EXPECT_GT(tally.orphaned, 0u);
  EXPECT_GT(tally.refused, 0u);
  EXPECT_GT(tally.late, 0u);
}

}  // namespace
}  // namespace airssys::wasm::testing
