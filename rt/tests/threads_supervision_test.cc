// Supervision on real threads: a tree that crashes, ends, grows and is stopped from several threads at once.
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <vector>

#include "airssys/base/platform.h"
#include "airssys/rt/system.h"
#include "airssys/rt/work_stealing_executor.h"

namespace airssys::rt {
namespace {

using namespace std::chrono_literals;

struct Deed {
  std::uint64_t what = 0;
};

struct Tally {
  std::atomic<std::uint64_t> handled{0};
  std::atomic<std::uint64_t> lost{0};
  std::atomic<int> living{0};
};

class Member final : public Actor<Deed>, public Child {
 public:
  explicit Member(Tally& tally) : tally_(tally) { tally_.living.fetch_add(1); }
  ~Member() override { tally_.living.fetch_sub(1); }
  Result<Turn> start(Context& context) override { return once(started_, context); }
  Result<Turn> stop(Context& context, const ExitReason&) override { return once(stopped_, context); }
  Health health_check() override { return Healthy{}; }
  Child* as_child() noexcept override { return this; }
  Result<Turn> handle(Deed deed, Context& context) override {
    tally_.handled.fetch_add(1);
    if (deed.what % 16 == 0) return fail(Code::execution_failed, "crash");
    if (deed.what % 16 == 1) context.stop();
    if (deed.what % 16 == 2) return park(context);
    return Turn::done;
  }

 private:
  // Parks at the first call.
  Result<Turn> once(bool& done, Context& context) {
    if (std::exchange(done, true)) return Turn::done;
    return park(context);
  }
  static Result<Turn> park(Context& context) {
    context.executor().post_at(context.now() + 1us, [waker = context.waker()] { waker.wake(); });
    return Turn::parked;
  }
  Tally& tally_;
  bool started_ = false;
  bool stopped_ = false;
};

class Letters final : public EventSink {
 public:
  explicit Letters(Tally& tally) : tally_(tally) {}
  void on_dead_letter(const DeadLetter& letter) noexcept override {
    if (letter.why == DeadLetter::Why::discarded) tally_.lost.fetch_add(1);
  }

 private:
  Tally& tally_;
};

TEST(SupervisionOnThreads, NothingIsLostOrLeftInATreeThatIsShakenFromAllSides) {
  for (int round = 0; round < 12; ++round) {
    Tally tally;
    Letters letters(tally);
    const auto platform = real_platform();
    WorkStealingExecutor executor(*platform, 3);
    ActorSystem system(executor, null_log(), {.intensity = {1000, 1s}, .backoff = {0s, 1us}}, &letters);
    std::vector<Supervisor> nodes;
    for (int n = 0; n < 4; ++n) {
      const Supervisor above = n < 2 ? system.root() : nodes[static_cast<std::size_t>(n - 2)];
      nodes.push_back(*Supervisor(above).spawn_supervisor({.name = "s",
                                                           .strategy = static_cast<Strategy>((round + n) % 3),
                                                           .intensity = {.max_restarts = 3, .window = 1ms},
                                                           .backoff = {1us, 10us},
                                                           .exhausted = Exhausted::escalate}));
    }
    const auto spawn = [&](std::uint64_t n) {
      return nodes[n % nodes.size()].spawn({.health = HealthPolicy{50us, 40us, 1000}},
                                           [&] { return std::make_unique<Member>(tally); });
    };
    std::vector<Address<Deed>> members;
    for (std::uint64_t n = 0; n < 12; ++n) members.push_back(*spawn(n));
    std::atomic<std::uint64_t> accepted{0};
    std::vector<std::unique_ptr<Thread>> threads;
    for (std::uint64_t t = 0; t < 3; ++t)
      threads.push_back(platform->start_thread("test", [&, t] {
        std::uint64_t random = (static_cast<std::uint64_t>(round) * 3 + t + 1) * 0x9e3779b97f4a7c15u;
        std::vector<Address<Deed>> mine = members;
        for (int n = 0; n < 600; ++n) {
          random = random * 6364136223846793005u + 1442695040888963407u;
          const std::uint64_t what = random >> 33;
          Deed deed{what / 64};
          if (mine[what % mine.size()].try_send(deed) == SendStatus::sent) accepted.fetch_add(1);
          if (what % 50 == 0) mine[what % mine.size()].stop();
          if (what % 70 == 0) mine[what % mine.size()].kill();
          if (what % 20 == 0)
            if (auto added = spawn(what)) mine.push_back(*added);
          if (what % 40 == 0) {
            EXPECT_LE(system.root().tree().children.size(), 2u);
          }
          if (n == 500 && t == 0) nodes[3].stop();
        }
      }));
    if (round % 2 == 0) threads.clear();  // else the system goes down under them
    EXPECT_TRUE(system.shutdown(1h).empty());
    threads.clear();
    EXPECT_EQ(system.stats().alive, 0u);
    EXPECT_EQ(tally.living, 0);
    EXPECT_EQ(accepted, tally.handled + tally.lost);
  }
}

}  // namespace
}  // namespace airssys::rt
