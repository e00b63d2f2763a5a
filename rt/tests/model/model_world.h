// The runtime in a world of model threads: an executor whose workers are threads of the explorer, and an actor that records.
#pragma once
#include <gmock/gmock.h>

#include <cstdio>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "airssys/base/assert.h"
#include "airssys/base/sim_platform.h"
#include "airssys/rt/atomic.h"
#include "airssys/rt/system.h"
#include "airssys/rt/timer.h"
#include "explorer.h"

namespace airssys::rt::model {

using namespace std::chrono_literals;

class ModelExecutor final : public Executor {
 public:
  SimPlatform& platform() noexcept override { return platform_; }
  void schedule(Runnable& runnable, Urgency urgency) noexcept override {
    step({.name = "schedule", .object = ready_object_});
    const std::size_t who = self();
    ready_.push_back({&runnable, urgency == Urgency::later, who, steps_of_others(who)});
  }
  Ref<TimerTask> post_at(Instant due, std::function<void()> action) override {
    auto task = Ref<TimerTask>::adopt(new TimerTask(std::move(action)));
    step({.name = "post_at", .object = timers_object_});
    timers_.add(task, due);
    return task;
  }
  bool cancel(TimerTask& task) noexcept override {
    step({.name = "cancel", .object = timers_object_});
    return timers_.remove(task);
  }
  bool quiet() const noexcept override { return ready_.empty(); }
  std::atomic<std::uint32_t>& quiet_word() noexcept override { return quiet_word_; }
  // Outside of an exploration's threads only: runs the world.
  bool wait(const std::atomic<std::uint32_t>& word, std::uint32_t old, Instant) override {
    while (word.load() == old) {
      if (ready_.empty() && timers_.size() == 0) return false;
      if (!ready_.empty())
        run_ready();
      else
        fire();
    }
    return true;
  }
  void notify(const std::atomic<std::uint32_t>&) noexcept override {}

  // Outside of an exploration's threads.
  void run_ready() {
    while (!ready_.empty()) pop().run();
  }

  // A model thread: runs what is ready, for ever.
  void work() {
    this_thread().executor = this;
    // A turn that only waits for others goes on when one of them has done something.
    const Ready ready = [this](bool patient) {
      if (ready_.empty()) return false;
      const Entry& first = ready_.front();
      return !first.later || !patient || steps_of_others(first.by) > first.seen;
    };
    const Kind kind = [this] { return !ready_.empty() && ready_.front().later ? Op::Kind::any : Op::Kind::write; };
    while (!ending()) {
      model::wait({.name = "take", .object = ready_object_}, ready, &kind);
      if (!ready_.empty()) pop().run();
    }
  }
  // A model thread: fires the timers that are armed, one by one, as if their time had come; waits for `count` of them.
  void tick(int count) {
    this_thread().executor = this;
    for (; count > 0; --count) {
      model::wait({.name = "timer", .object = timers_object_}, [this](bool) { return timers_.size() != 0; });
      if (ending()) return;
      fire();
    }
  }

 private:
  struct Entry {
    Runnable* runnable;
    bool later;
    std::size_t by;
    std::uint64_t seen;
  };
  Runnable& pop() {
    Runnable& first = *ready_.front().runnable;
    ready_.pop_front();
    return first;
  }
  void fire() {
    platform_.advance_to(timers_.next());
    if (const Ref<TimerTask> task = timers_.take_due(platform_.now())) task->fire();
  }

  SimPlatform platform_{1};
  std::deque<Entry> ready_;
  TimerQueue timers_;
  std::atomic<std::uint32_t> quiet_word_{0};
  const std::uint32_t ready_object_ = new_object();
  const std::uint32_t timers_object_ = new_object();
};

// What an actor does with a message, and what became of all of them. Belongs to the world; the actor's turns write it.
struct Record {
  std::vector<int> handled = {};
  int resumed = 0;
  int started = 0;
  int ended = 0;
  std::function<Result<Turn>(int, Context&)> on_message = nullptr;
  std::function<Result<Turn>(Context&)> on_resume = nullptr;
  Atomic<int> inside{0};  // two turns at once would meet here

  // handled holds the numbers from `from`, which begin with 10 * sender, in their order.
  [[nodiscard]] std::vector<int> of(int sender) const {
    std::vector<int> found;
    for (const int number : handled)
      if (number / 10 == sender) found.push_back(number);
    return found;
  }
};

class Recording final : public Actor<int> {
 public:
  explicit Recording(Record& record) : record_(record) { ++record_.started; }
  Result<Turn> handle(int message, Context& context) override {
    enter();
    record_.handled.push_back(message);
    return leave(record_.on_message ? record_.on_message(message, context) : Turn::done);
  }
  Result<Turn> resume(Context& context) override {
    enter();
    ++record_.resumed;
    return leave(record_.on_resume ? record_.on_resume(context) : Turn::done);
  }
  void post_stop(Context&, const ExitReason&) override { ++record_.ended; }

 private:
  void enter() { require(record_.inside.exchange(1) == 0, "two turns of one actor at once"); }
  Result<Turn> leave(Result<Turn> result) {
    require(record_.inside.exchange(0) == 1, "two turns of one actor at once");
    return result;
  }
  Record& record_;
};

struct Letters final : EventSink {
  void on_dead_letter(const DeadLetter& letter) noexcept override {
    (letter.why == DeadLetter::Why::ended ? late : discarded) += 1;
  }
  int late = 0;
  int discarded = 0;
};

// One actor that rests, and a worker that runs it.
struct ActorWorld : World {
  explicit ActorWorld(SpawnOptions options = {}, std::size_t workers = 1) {
    auto spawned = system.spawn(std::move(options), [this] { return std::make_unique<Recording>(record); });
    AIRSSYS_ASSERT(spawned, "the world's actor");
    actor = *std::move(spawned);
    executor.run_ready();
    for (std::size_t n = 0; n < workers; ++n)
      threads.push_back({.name = "worker", .body = [this] { executor.work(); }, .worker = true});
  }
  void thread(std::string name, std::function<void()> body) {
    threads.push_back({.name = std::move(name), .body = std::move(body)});
  }
  // Sends the numbers 10 * sender + 1, 2, …
  void sender(int number, int count) {
    accepted.resize(std::max(accepted.size(), static_cast<std::size_t>(number) + 1));
    thread("sender " + std::to_string(number), [this, number, count] {
      for (int n = 1; n <= count; ++n)
        if (int message = 10 * number + n; actor.try_send(message) == SendStatus::sent)
          accepted[static_cast<std::size_t>(number)].push_back(10 * number + n);
    });
  }
  [[nodiscard]] std::size_t sent() const {
    std::size_t all = 0;
    for (const auto& one : accepted) all += one.size();
    return all;
  }
  // Everybody's messages were handled, once and in order.
  void require_all_handled() const {
    for (std::size_t n = 0; n < accepted.size(); ++n)
      require(record.of(static_cast<int>(n)) == accepted[n],
              "messages of sender " + std::to_string(n) + " lost, doubled or out of order");
  }

  Record record;
  std::vector<std::vector<int>> accepted;
  Letters letters;
  ModelExecutor executor;
  ActorSystem system{executor, null_log(), {.messages_per_turn = 2}, &letters};
  Address<int> actor;
};

// Explores and says how much that was.
inline void expect_holds(const std::function<std::unique_ptr<World>()>& make, Options options = {}) {
  const Outcome outcome = explore(make, options);
  EXPECT_EQ(outcome.failure, "");
  EXPECT_GT(outcome.executions, 1u);
  const std::string text = std::to_string(outcome.executions);
  ::testing::Test::RecordProperty("executions", text);
  std::printf("  %s executions%s, %llu cut, %llu steps\n", text.c_str(),
              options.preemptions < 0 ? "" : (" with at most " + std::to_string(options.preemptions) + " preemptions").c_str(),
              static_cast<unsigned long long>(outcome.cut), static_cast<unsigned long long>(outcome.steps));
}
inline std::string finds_failure(const std::function<std::unique_ptr<World>()>& make, Options options = {}) {
  options.fails = true;
  return explore(make, options).failure;
}

}  // namespace airssys::rt::model
