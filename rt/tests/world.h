// A simulated world for tests, with an actor that does what its messages say.
#pragma once
#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "airssys/base/sim_platform.h"
#include "airssys/rt/system.h"
#include "airssys/rt/testing/sim_executor.h"

namespace airssys::rt {

using namespace std::chrono_literals;

// A message that is what its receiver does.
using Act = std::function<Result<Turn>(Context&)>;

// What a puppet's hooks do and saw; shared by all objects of one actor. Outlives them.
struct Strings {
  std::vector<std::string> seen = {};
  std::function<Result<Turn>(Context&)> child_start = nullptr;  // set: the puppet is a Child as well
  std::function<Result<Turn>(Context&)> child_stop = nullptr;
  std::function<Result<Turn>(Context&)> pre_start = nullptr;
  std::function<Result<Turn>(Context&)> resume = nullptr;
  std::function<void(Context&)> post_stop = nullptr;
  std::function<ErrorAction(const Error&)> on_error = nullptr;
  int made = 0;
  int living = 0;
};

class Puppet final : public Actor<Act>, public Child {
 public:
  explicit Puppet(Strings& strings) : strings_(strings) {
    ++strings_.made;
    ++strings_.living;
  }
  ~Puppet() override { --strings_.living; }

  Result<Turn> start(Context& context) override { return call("start", strings_.child_start, context); }
  Result<Turn> stop(Context& context, const ExitReason& reason) override {
    return call("stop " + std::string(exit_kind_name(reason.kind)), strings_.child_stop, context);
  }
  Health health_check() override { return Healthy{}; }
  Result<Turn> pre_start(Context& context) override { return call("pre_start", strings_.pre_start, context); }
  Result<Turn> handle(Act act, Context& context) override { return act(context); }
  Result<Turn> resume(Context& context) override { return call("resume", strings_.resume, context); }
  void post_stop(Context& context, const ExitReason& reason) override {
    strings_.seen.push_back("post_stop " + std::string(exit_kind_name(reason.kind)));
    if (strings_.post_stop) strings_.post_stop(context);
  }
  ErrorAction on_error(const Error& error) override { return strings_.on_error ? strings_.on_error(error) : ErrorAction::stop; }
  Child* as_child() noexcept override { return strings_.child_start || strings_.child_stop ? this : nullptr; }

 private:
  Result<Turn> call(const std::string& hook, const std::function<Result<Turn>(Context&)>& does, Context& context) {
    strings_.seen.push_back(hook);
    return does ? does(context) : Turn::done;
  }
  Strings& strings_;
};

// "started a", "crashed a: why", …, and the dead letters, in order.
class Recorder final : public EventSink {
 public:
  explicit Recorder(Platform& platform) : platform_(platform) {}
  void on_event(const SupervisionEvent& event) noexcept override {
    std::string line = std::string(event_name(event.kind)) + " " + std::string(event.name);
    if (event.kind == SupervisionEvent::Kind::restarting) {
      line += " after " + std::to_string(event.delay / 1ms);
      restarts.push_back(platform_.now() + event.delay);
    }
    if (event.kind == SupervisionEvent::Kind::crashed) line += ": " + event.error->message();
    if (also) also(line);
    lines.push_back(std::move(line));
  }
  void on_dead_letter(const DeadLetter& letter) noexcept override {
    switch (letter.why) {
      case DeadLetter::Why::ended: ++late; break;
      case DeadLetter::Why::discarded: ++discarded; break;
      case DeadLetter::Why::expired: ++expired; break;
      case DeadLetter::Why::overflow: ++overflow; break;
      default: break;
    }
    if (also) also("dead letter of actor " + std::to_string(letter.receiver.value()));
  }
  std::vector<std::string> lines;
  std::vector<Instant> restarts;
  int late = 0;
  int discarded = 0;
  int expired = 0;
  int overflow = 0;
  std::function<void(std::string_view)> also = nullptr;  // told each line

 private:
  Platform& platform_;
};

// How to see again what a law found with one seed.
inline std::string replay(std::uint64_t seed) {
  const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
  return "seed " + std::to_string(seed) + ": ./dev sim --seed " + std::to_string(seed) +
         (test ? std::string(" ") + test->test_suite_name() + "." + test->name() : "");
}
inline constexpr std::uint64_t law_seeds = 1000;  // of each law, in the ordinary test run

struct World {
  explicit World(std::uint64_t seed = 1, SystemLimits limits = {})
      : platform(seed),
        executor(platform),
        events(platform),
        system(executor, null_log(), limits, &events) {
    if (const auto* test = ::testing::UnitTest::GetInstance()->current_test_info())
      executor.note(std::string("test ") + test->test_suite_name() + "." + test->name());
    events.also = [this](std::string_view line) { executor.note(line); };
  }

  // Of a new puppet; lives as long as the world.
  Strings& strings() { return all_strings.emplace_back(); }
  auto puppet(Strings& pulled) {
    return [&pulled] { return std::make_unique<Puppet>(pulled); };
  }
  // A permanent puppet that has started.
  Address<Act> start(SpawnOptions options, Strings& pulled) {
    auto address = system.spawn(std::move(options), puppet(pulled));
    EXPECT_TRUE(address) << address.error().message();
    settle();
    return *address;
  }
  // Runs what is ready; time stands still.
  void settle() { ASSERT_TRUE(executor.run_ready()) << "livelock"; }
  void pass(Duration time) { ASSERT_TRUE(executor.run_for(time)) << "livelock"; }

  std::deque<Strings> all_strings;  // first: hooks are called until the system is gone
  SimPlatform platform;
  testing::SimExecutor executor;
  Recorder events;
  ActorSystem system;
};

inline Act note(std::vector<int>& into, int n) {
  return [&into, n](Context&) -> Result<Turn> {
    into.push_back(n);
    return Turn::done;
  };
}
inline Act fails(std::string why = "broken") {
  return [why](Context&) -> Result<Turn> { return fail(Code::execution_failed, why); };
}
inline Act nothing() {
  return [](Context&) -> Result<Turn> { return Turn::done; };
}

}  // namespace airssys::rt
