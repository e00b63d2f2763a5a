// The cell: resting, parking, waking, stopping, in every order, with the real runtime around it.
#include "model_world.h"

namespace airssys::rt::model {
namespace {

using enum SendStatus;

std::unique_ptr<World> two_senders(int each, std::uint32_t capacity) {
  auto world = std::make_unique<ActorWorld>(SpawnOptions{.mailbox_capacity = capacity});
  world->sender(1, each);
  world->sender(2, each);
  world->after = [w = world.get(), each] {
    w->require_all_handled();
    require(w->sent() >= 1, "all were refused");
    require(w->sent() + w->actor.stats().refused == static_cast<std::size_t>(2 * each), "a refusal was not counted");
    require(w->actor.stats().waiting == 0, "it rests while a message waits");
  };
  return world;
}

TEST(CellModel, NoMessageWakesTheActorInVain) {
  expect_holds([] { return two_senders(1, 8); });
  expect_holds([] { return two_senders(2, 8); }, {.preemptions = 2});
}

TEST(CellModel, AFullMailboxRefusesAndForgetsNothing) {
  expect_holds([] { return two_senders(1, 1); });
  expect_holds([] { return two_senders(2, 1); }, {.preemptions = 2});
}

TEST(CellModel, TwoWorkersNeverRunOneActorAtOnce) {
  expect_holds([] {
    auto world = std::make_unique<ActorWorld>(SpawnOptions{}, 2);
    world->sender(1, 2);
    world->after = [w = world.get()] { w->require_all_handled(); };
    return world;
  });
}

// Every message that was accepted is handled or a dead letter, and the end comes once.
void require_ended(const ActorWorld& w, std::size_t sends) {
  require(w.actor.ended(), "it has not ended");
  require(w.record.ended == 1, "post_stop was not called once");
  require(w.sent() == w.record.handled.size() + static_cast<std::size_t>(w.letters.discarded), "an accepted message was lost");
  require(w.sent() + static_cast<std::size_t>(w.letters.late) == sends, "a refused message is no dead letter");
}

TEST(CellModel, AStopHandlesWhatWasAcceptedBefore) {
  expect_holds([] {
    auto world = std::make_unique<ActorWorld>();
    world->sender(1, 2);
    world->thread("stopper", [w = world.get()] { w->actor.stop(); });
    world->after = [w = world.get()] {
      w->require_all_handled();
      require_ended(*w, 2);
    };
    return world;
  });
}

TEST(CellModel, AKillBalancesItsBooks) {
  expect_holds([] {
    auto world = std::make_unique<ActorWorld>();
    world->sender(1, 2);
    world->thread("killer", [w = world.get()] { w->actor.kill(); });
    world->after = [w = world.get()] { require_ended(*w, 2); };
    return world;
  });
}

TEST(CellModel, AStopAndAKillTogetherEndItOnce) {
  expect_holds([] {
    auto world = std::make_unique<ActorWorld>();
    world->thread("stopper", [w = world.get()] { w->actor.stop(); });
    world->thread("killer", [w = world.get()] { w->actor.kill(); });
    world->thread("killer", [w = world.get()] { w->actor.kill(); });
    world->after = [w = world.get()] { require_ended(*w, 0); };
    return world;
  });
}

TEST(CellModel, ATimerThatFiresDuringAStopIsNoSecondEnd) {
  expect_holds([] {
    auto world = std::make_unique<ActorWorld>(SpawnOptions{.shutdown = ShutdownPolicy::graceful(1s)});
    world->sender(1, 1);
    world->thread("stopper", [w = world.get()] { w->actor.stop(); });
    world->threads.push_back({"clock", [w = world.get()] { w->executor.tick(1); }, true});
    world->after = [w = world.get()] { require_ended(*w, 1); };
    return world;
  });
}

// The actor parks at message 11 and leaves its waker.
struct ParkWorld : ActorWorld {
  explicit ParkWorld(int messages = 1) {
    sender(1, messages);
    record.on_message = [this](int message, Context& context) -> Result<Turn> {
      if (message != 11) return Turn::done;
      Waker mine = context.waker();
      step({.name = "leave waker", .object = waker_object});
      waker = std::move(mine);
      return Turn::parked;
    };
  }
  // A thread that wakes as soon as there is a waker, which may be before the actor has parked, and may never be when it is
  // stopped before.
  void wakes(int times) {
    threads.push_back({"waker",
                       [this, times] {
                         model::wait({"look for waker", waker_object, Op::Kind::read},
                                     [this](bool) { return static_cast<bool>(waker); });
                         if (ending()) return;
                         const Waker mine = waker;
                         for (int n = 0; n < times; ++n) mine.wake();
                       },
                       true});
  }
  Waker waker;
  Waker second;
  const std::uint32_t waker_object = new_object();
};

TEST(CellModel, AWakeBeforeDuringOrAfterParkingIsOneResume) {
  expect_holds([] {
    auto world = std::make_unique<ParkWorld>();
    world->wakes(1);
    world->sender(2, 1);
    world->after = [w = world.get()] {
      w->require_all_handled();
      require(w->record.resumed == 1, "a wake-up was lost or doubled");
      require(w->system.is_idle(), "it is still parked");
    };
    return world;
  });
}

TEST(CellModel, ManyWakesOfOneParkingAreOneResume) {
  expect_holds([] {
    auto world = std::make_unique<ParkWorld>();
    world->wakes(2);
    world->wakes(1);
    world->after = [w = world.get()] { require(w->record.resumed == 1, "a wake-up was lost or doubled"); };
    return world;
  });
}

TEST(CellModel, AStaleWakeDoesNotResumeTheNextParking) {
  expect_holds([] {
    auto world = std::make_unique<ParkWorld>(2);
    world->record.on_message = [w = world.get(), first = world->record.on_message](int message, Context& context) {
      if (message != 12) return first(message, context);
      w->second = context.waker();  // whom nobody wakes
      return Result<Turn>(Turn::parked);
    };
    world->wakes(2);
    world->after = [w = world.get()] {
      require(w->record.handled == (std::vector{11, 12}), "a message was lost");
      require(w->record.resumed == 1, "the first parking was not resumed once");
      require(!w->system.is_idle(), "the second parking was resumed by the first one's waker");
      w->second.wake();
      w->executor.run_ready();
      require(w->record.resumed == 2 && w->system.is_idle(), "its own waker does not resume the second parking");
    };
    return world;
  });
}

TEST(CellModel, AStopReachesAnActorThatParksOrIsWoken) {
  expect_holds([] {
    auto world = std::make_unique<ParkWorld>();
    world->wakes(1);
    world->thread("stopper", [w = world.get()] { w->actor.stop(); });
    world->after = [w = world.get()] { require_ended(*w, 1); };
    return world;
  });
}

TEST(CellModel, AKillReachesAnActorThatParksOrIsWoken) {
  expect_holds([] {
    auto world = std::make_unique<ParkWorld>();
    world->wakes(1);
    world->thread("killer", [w = world.get()] { w->actor.kill(); });
    world->after = [w = world.get()] {
      require_ended(*w, 1);
      require(w->record.resumed <= 1, "resumed twice");
      w->waker.wake();  // of one that has ended
      w->executor.run_ready();
    };
    return world;
  });
}

TEST(CellModel, AKillEndsWhatNobodyWakes) {
  expect_holds([] {
    auto world = std::make_unique<ParkWorld>();
    world->thread("killer", [w = world.get()] { w->actor.kill(); });
    world->after = [w = world.get()] { require_ended(*w, 1); };
    return world;
  });
}

// --- notices

struct Numbered final : Notice {
  Numbered(Record& into, int given) : Notice(any_object), record(into), number(given) {}
  Result<Turn> deliver(ActorBase&, Context&) override {
    require(record.inside.load() == 0, "a notice within a message");
    record.handled.push_back(number);
    return Turn::done;
  }
  void release() noexcept override { ++released; }
  Record& record;
  const int number;
  int released = 0;
};

struct Reach : ActorRef {
  explicit Reach(const ActorRef& actor) : ActorRef(actor) {}
  Cell& cell() const { return *cell_; }
};

struct NoticeWorld : ActorWorld {
  void poster(int number) {
    Numbered& notice = notices.emplace_back(record, number);
    thread("poster", [this, &notice] { posted += Reach(actor).cell().post(notice) ? 1u : 0u; });
  }
  void require_released() const {
    for (const Numbered& notice : notices) require(notice.released == 1, "a notice was not released once");
  }
  std::deque<Numbered> notices;
  std::size_t posted = 0;
};

TEST(CellModel, NoticesArriveOnceBesideMessages) {
  expect_holds(
      [] {
        auto world = std::make_unique<NoticeWorld>();
        world->poster(31);
        world->poster(41);
        world->sender(1, 1);
        world->after = [w = world.get()] {
          w->require_released();
          require(w->posted == 2 && w->record.handled.size() == 3, "a notice or a message was lost");
        };
        return world;
      },
      {.preemptions = 2});
}

TEST(CellModel, ANoticeToAnActorThatEndsIsReleasedOnce) {
  expect_holds(
      [] {
        auto world = std::make_unique<NoticeWorld>();
        world->poster(31);
        world->poster(41);
        world->thread("killer", [w = world.get()] { w->actor.kill(); });
        world->after = [w = world.get()] {
          w->require_released();
          require(w->actor.ended() && w->record.ended == 1, "it has not ended once");
        };
        return world;
      },
      {.preemptions = 2});
}

// --- seeded bugs

TEST(CellModel, IsFoundBrokenWhenResting) {
  const auto two_messages = [] {
    auto world = std::make_unique<ActorWorld>();
    world->sender(1, 1);
    world->sender(2, 1);
    world->after = [w = world.get()] { w->require_all_handled(); };
    return world;
  };
  EXPECT_NE(finds_failure(two_messages, {.broken = Broken::compare_exchange}), "") << "to rest without the last look";
  EXPECT_NE(finds_failure(two_messages, {.broken = Broken::fetch}), "") << "to be activated by two";
}

TEST(CellModel, IsFoundBrokenWhenParkingIsNotAtomic) {
  const auto parks = [] {
    auto world = std::make_unique<ParkWorld>();
    world->wakes(1);
    world->after = [w = world.get()] { require(w->record.resumed == 1, "a wake-up was lost or doubled"); };
    return world;
  };
  EXPECT_NE(finds_failure(parks, {.broken = Broken::compare_exchange}), "");
}

}  // namespace
}  // namespace airssys::rt::model
