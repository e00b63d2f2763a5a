// The mailbox, the run queue and the timers, each alone, in every order.
#include <algorithm>

#include "../../src/run_queue.h"
#include "model_world.h"

namespace airssys::rt::model {
namespace {

struct Node final : Envelope {
  int number = 0;
};
constexpr NodeSize node_size = node_size_for(sizeof(Node));

// A mailbox whose receiver takes and whose senders put, both only so many times.
struct MailboxWorld : World {
  explicit MailboxWorld(std::uint32_t capacity) : mailbox(capacity, node_size, 0) {}
  ~MailboxWorld() override { take(1000); }

  void sender(int number, int count) {
    threads.push_back({"sender " + std::to_string(number), [this, number, count] {
                         for (int n = 1; n <= count; ++n) send(10 * number + n);
                       }});
  }
  void receiver(int looks) {
    threads.push_back({"receiver", [this, looks] { take(looks); }});
  }
  void send(int message) {
    Mailbox::Word before = 0;
    if (const auto answer = mailbox.reserve(before); answer != Mailbox::Admission::granted) {
      (answer == Mailbox::Admission::full ? full : closed).push_back(message);
      return;
    }
    ++granted;
    require(granted - taken <= static_cast<int>(mailbox.capacity()), "more wait than the capacity");
    auto* const node = ::new (allocate_node(node_size, sizeof(Node))) Node;
    node->number = message;
    mailbox.push(*node);
  }
  void take(int looks) {
    for (; looks > 0; --looks)
      if (Envelope* const node = mailbox.pop()) {
        ++taken;
        got.push_back(static_cast<Node&>(*node).number);
      }
  }
  // What every order must lead to, once the rest has been taken.
  void require_books() {
    take(1000);
    require(mailbox.drained(), "drained does not see that nothing is left");
    require(static_cast<int>(got.size()) == granted, "a message was lost");
    auto all = got;
    all.insert(all.end(), full.begin(), full.end());
    all.insert(all.end(), closed.begin(), closed.end());
    std::sort(all.begin(), all.end());
    require(std::adjacent_find(all.begin(), all.end()) == all.end(), "a message was doubled");
    for (int sender = 1; sender <= 3; ++sender) {
      std::vector<int> of;
      std::copy_if(got.begin(), got.end(), std::back_inserter(of), [&](int message) { return message / 10 == sender; });
      require(std::is_sorted(of.begin(), of.end()), "messages of one sender out of order");
    }
  }

  Mailbox mailbox;
  int granted = 0;
  int taken = 0;
  std::vector<int> got, full, closed;
};

std::unique_ptr<World> senders_and_receiver(std::uint32_t capacity, int each, int looks) {
  auto world = std::make_unique<MailboxWorld>(capacity);
  world->sender(1, each);
  world->sender(2, each);
  world->receiver(looks);
  world->after = [w = world.get()] { w->require_books(); };
  return world;
}

TEST(MailboxModel, KeepsEachMessageOnceInItsSendersOrder) {
  expect_holds([] { return senders_and_receiver(8, 2, 2); });
}

TEST(MailboxModel, NeverHoldsMoreThanItsCapacityWhileItIsEmptied) {
  expect_holds([] { return senders_and_receiver(1, 2, 2); });
}

TEST(MailboxModel, GrantsExactlyItsCapacityWhenNobodyTakes) {
  expect_holds([] {
    auto world = std::make_unique<MailboxWorld>(2);
    for (int sender = 1; sender <= 3; ++sender) world->sender(sender, 1);
    world->after = [w = world.get()] {
      require(w->granted <= 2, "more granted than the capacity");
      require(w->granted >= 1, "all refused although there was room");
      w->require_books();
    };
    return world;
  });
}

TEST(MailboxModel, ClosesBetweenTheLastGrantedAndTheFirstRefused) {
  expect_holds([] {
    auto world = std::make_unique<MailboxWorld>(8);
    world->sender(1, 2);
    world->sender(2, 1);
    world->threads.push_back({"closer", [w = world.get()] {
                                w->mailbox.close();
                                w->take(2);
                              }});
    world->after = [w = world.get()] {
      w->require_books();
      require(w->granted + static_cast<int>(w->closed.size()) == 3, "a message was neither granted nor refused");
    };
    return world;
  });
}

TEST(MailboxModel, IsFoundBrokenWhenItsReservationIsNotAtomic) {
  EXPECT_NE(finds_failure([] { return senders_and_receiver(1, 1, 1); }, {.broken = Broken::fetch}), "");
}

TEST(MailboxModel, IsFoundBrokenWhenItsLinkIsNotAtomic) {
  EXPECT_NE(finds_failure([] { return senders_and_receiver(8, 1, 1); }, {.broken = Broken::exchange}), "");
}

// --- the run queue

struct Item final : Runnable {
  void run() noexcept override { ++runs; }
  int runs = 0;
};

// One owner and thieves with queues of their own, at a place in the ring where positions wrap.
struct QueueWorld : World {
  using Queue = BasicRunQueue<4>;
  QueueWorld(std::size_t waiting, std::size_t pushed, int popped, int thieves) {
    for (int n = 0; n < 3; ++n) {  // the next positions are the last slot and then the first
      require(queue.push(items[0]) && queue.pop() == &items[0], "an empty queue takes one");
    }
    for (; next < waiting; ++next) require(queue.push(items[next]), "there is room");
    threads.push_back({"owner", [this, pushed, popped] {
                         for (std::size_t n = 0; n < pushed; ++n)
                           if (queue.push(items[next])) ++next;
                         for (int n = 0; n < popped; ++n) run(queue.pop());
                       }});
    for (int n = 0; n < thieves; ++n)
      threads.push_back({"thief", [this, n] {
                           Queue& mine = stolen[static_cast<std::size_t>(n)];
                           run(queue.steal_into(mine));
                           run(mine.pop());
                         }});
    after = [this] {
      while (Runnable* const left = queue.pop()) run(left);
      for (Queue& mine : stolen)
        while (Runnable* const left = mine.pop()) run(left);
      for (std::size_t n = 0; n < next; ++n)
        require(items[n].runs == 1, "an item was taken " + std::to_string(items[n].runs) + " times");
    };
  }
  static void run(Runnable* runnable) {
    if (runnable) runnable->run();
  }
  std::array<Item, 8> items;
  std::size_t next = 0;  // items below it were pushed
  Queue queue;
  std::array<Queue, 2> stolen;
};

TEST(RunQueueModel, GivesEachItemToOneOfOwnerAndTwoThieves) {
  expect_holds([] { return std::make_unique<QueueWorld>(2, 1, 1, 2); }, {.preemptions = 3});
  expect_holds([] { return std::make_unique<QueueWorld>(2, 0, 1, 2); });
}

TEST(RunQueueModel, GivesEachItemOnceWhenThePositionsWrapUnderAThief) {
  expect_holds([] { return std::make_unique<QueueWorld>(4, 0, 4, 1); });
  expect_holds([] {
    auto world = std::make_unique<QueueWorld>(4, 0, 0, 1);
    world->threads[0].body = [w = world.get()] {  // makes room and fills it again while the thief reads
      for (int n = 0; n < 3; ++n) w->run(w->queue.pop());
      for (int n = 0; n < 3; ++n)
        if (w->queue.push(w->items[w->next])) ++w->next;
    };
    return world;
  });
}

TEST(RunQueueModel, GivesEachItemOnceWhenTheOwnerTakesHalfOfItOut) {
  expect_holds(
      [] {
        auto world = std::make_unique<QueueWorld>(4, 0, 0, 2);
        world->threads[0].body = [w = world.get()] {
          std::array<Runnable*, 2> half{};
          const std::uint32_t count = w->queue.pop_half(half);
          for (std::uint32_t n = 0; n < count; ++n) w->run(half[n]);
          require(w->queue.push(w->items[w->next]), "there is room once half has left");
          ++w->next;
        };
        return world;
      },
      {.preemptions = 3});
}

TEST(RunQueueModel, IsFoundBrokenWhenTakingIsNotAtomic) {
  EXPECT_NE(finds_failure([] { return std::make_unique<QueueWorld>(2, 0, 2, 1); }, {.broken = Broken::compare_exchange}), "");
}

// --- timers, as an executor guards them

TEST(TimersModel, FireOrAreCancelledButNeverBoth) {
  struct TimerWorld : World {
    ModelExecutor executor;
    Atomic<int> fired{0};
    int cancelled = 0;
    Ref<TimerTask> task;
  };
  expect_holds([] {
    auto world = std::make_unique<TimerWorld>();
    TimerWorld& w = *world;
    w.task = w.executor.post_at(Instant{} + 1ms, [&w] { w.fired.fetch_add(1); });
    const auto cancel = [&w] { w.cancelled += w.executor.cancel(*w.task) ? 1 : 0; };
    w.threads = {{"one", cancel}, {"two", cancel}, {"clock", [&w] { w.executor.tick(1); }, true}};
    w.after = [&w] { require(w.fired.load() + w.cancelled == 1, "neither fired nor cancelled, or both"); };
    return world;
  });
}

}  // namespace
}  // namespace airssys::rt::model
