// Laws of asks, for every schedule of answers, deadlines, crashes, restarts, stops and kills.
#include "airssys/rt/testing/seeds.h"
#include "world.h"

namespace airssys::rt {
namespace {

struct Query {
  std::size_t id = 0;
  Reply<std::size_t> reply;
};

// One ask: what was heard of it, and what became of its continuation.
struct Asked {
  int heard = 0;
  int destroyed = 0;
  bool refused = false;
  std::size_t asker = 0;
  int object = 0;  // of the asker
};

struct Village {
  World& world;
  std::vector<Address<Query>> people = {};
  std::vector<int> objects = {};  // how many each had so far
  std::vector<bool> gone = {};    // the latest of them is destroyed
  std::vector<Asked> asked = {};
  std::size_t to_ask = 60;
  std::uint64_t answers = 0;
  std::uint64_t values = 0;
  std::vector<std::string> broken = {};
  std::uint64_t random(std::uint64_t below) { return world.platform.random() % below; }
};

// A continuation that tells its end.
class Heard {
 public:
  Heard(Village& village, std::size_t id) : village_(&village), id_(id) {}
  Heard(Heard&& other) noexcept : village_(std::exchange(other.village_, nullptr)), id_(other.id_) {}
  Heard& operator=(Heard&&) = delete;
  ~Heard() {
    if (village_) ++village_->asked[id_].destroyed;
  }
  Result<Turn> operator()(Result<std::size_t> answer, Context& context);

 private:
  Village* village_;
  std::size_t id_;
};

class Villager final : public Actor<Query> {
 public:
  Villager(Village& village, std::size_t me) : village_(village), me_(me) {
    ++village_.objects[me_];
    village_.gone[me_] = false;
  }
  ~Villager() override { village_.gone[me_] = true; }

  Result<Turn> handle(Query query, Context& context) override {
    switch (village_.random(10)) {
      case 0: return fail(Code::internal, "crash with the Reply in hand");
      case 1: return Turn::done;  // forgotten
      case 2: return park(context, std::move(query));
      case 3: kept_.push_back(std::move(query)); break;
      case 4: {  // somebody else answers
        const auto status = village_.people[village_.random(village_.people.size())].try_send(query);
        if (status != SendStatus::sent) answer(query);
        break;
      }
      case 5:  // on no turn of anybody
        context.executor().post_at(context.now() + Duration(village_.random(2'000)),
                                   [&village = village_, late = std::make_shared<Query>(std::move(query))] {
                                     village.answers += late->id != 0;
                                     EXPECT_EQ(late->reply.send(late->id).has_value(), late->id != 0);
                                   });
        break;
      default: answer(query);
    }
    for (auto& each : std::exchange(kept_, {})) answer(each);
    ask_others(village_, context, me_);
    if (village_.random(40) == 0) context.stop();
    if (village_.random(60) == 0) village_.people[village_.random(village_.people.size())].stop();
    if (village_.random(60) == 0) village_.people[village_.random(village_.people.size())].kill();
    return Turn::done;
  }
  Result<Turn> resume(Context&) override {
    for (auto& each : std::exchange(kept_, {})) answer(each);
    return Turn::done;
  }

  static void ask_others(Village& village, Context& context, std::size_t me) {
    for (std::uint64_t n = village.random(4); n > 0 && village.to_ask > 0; --n) {
      --village.to_ask;
      const std::size_t id = village.asked.size();
      village.asked.push_back({.asker = me, .object = village.objects[me]});
      const auto make = [id](Reply<std::size_t> reply) { return Query{id, std::move(reply)}; };
      const auto& to = village.people[village.random(village.people.size())];
      village.asked[id].refused =
          !context.ask<std::size_t>(to, make, Duration(village.random(3'000)), Heard(village, id)).has_value();
    }
  }

 private:
  void answer(Query& query) {
    if (query.id == 0) return;  // the first message, whose Reply is empty
    ++village_.answers;
    if (!query.reply) return village_.broken.push_back("a Reply that was not used cannot be used");
    if (!query.reply.send(query.id)) village_.broken.push_back("the first answer is refused");
    if (query.reply.send(query.id)) village_.broken.push_back("a second answer is accepted");
  }
  Result<Turn> park(Context& context, Query query) {
    kept_.push_back(std::move(query));
    context.executor().post_at(context.now() + Duration(village_.random(2'000)), [waker = context.waker()] { waker.wake(); });
    return Turn::parked;
  }

  Village& village_;
  const std::size_t me_;
  std::vector<Query> kept_;
};

Result<Turn> Heard::operator()(Result<std::size_t> answer, Context& context) {
  Asked& mine = village_->asked[id_];
  ++mine.heard;
  if (answer) ++village_->values;
  if (answer && *answer != id_) village_->broken.push_back("the answer to another question");
  if (mine.object != village_->objects[mine.asker]) village_->broken.push_back("an object hears what an earlier one asked");
  Villager::ask_others(*village_, context, mine.asker);
  if (village_->random(20) == 0) return fail(Code::internal, "crash in the continuation");
  return Turn::done;
}

TEST(AskLaws, EveryAskHasExactlyOneOutcomeOrItsAskerIsGone) {
  std::uint64_t heard = 0;
  std::uint64_t unheard = 0;
  std::uint64_t late = 0;
  for (const std::uint64_t seed : testing::seeds(1000)) {
    World world(seed, {.mailbox_capacity = static_cast<std::uint32_t>(1 + seed % 7),
                       .messages_per_turn = static_cast<std::uint32_t>(1 + seed % 3),
                       .max_asks = static_cast<std::uint32_t>(3 + seed % 5)});
    Village village{world};
    const std::string about = "AIRSSYS_SEED=" + std::to_string(seed);
    for (std::size_t n = 0; n < 2 + seed % 4; ++n) {
      village.objects.push_back(0);
      village.gone.push_back(false);
      village.people.push_back(*world.system.spawn({.intensity = RestartIntensity{1000, 1h}, .backoff = Backoff{0s, 1us}},
                                                   [&village, n] { return std::make_unique<Villager>(village, n); }));
    }
    village.asked.push_back({.heard = 1, .destroyed = 1});  // the first message
    for (const auto& one : village.people) ASSERT_TRUE(one.send({0, {}}).has_value() || one.ended()) << about;
    ASSERT_TRUE(world.executor.run_until_idle()) << about;
    for (std::size_t id = 1; id < village.asked.size(); ++id) {
      const Asked& one = village.asked[id];
      EXPECT_EQ(one.destroyed, 1) << about << " ask " << id;
      const bool object_gone = one.object != village.objects[one.asker] || village.gone[one.asker];
      EXPECT_TRUE(one.heard == 1 || (one.heard == 0 && (one.refused || object_gone))) << about << " ask " << id;
      EXPECT_FALSE(one.heard == 1 && one.refused) << about << " ask " << id;
      (one.heard == 1 ? heard : unheard) += 1;
    }
    EXPECT_GE(village.answers, village.values + world.system.stats().late_replies) << about;
    EXPECT_TRUE(village.broken.empty()) << about << ": " << village.broken.front();
    late += world.system.stats().late_replies;
    EXPECT_TRUE(world.system.shutdown(1h).empty()) << about;  // before the village goes
  }
  EXPECT_TRUE((heard > 0 && unheard > 0 && late > 0) || testing::seeds(1000).size() == 1) << "no seed brought it about";
}

}  // namespace
}  // namespace airssys::rt
