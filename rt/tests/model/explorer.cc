#include "explorer.h"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <utility>

#include "airssys/base/assert.h"
#include "fiber.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/lsan_interface.h>
#endif

namespace airssys::rt::model {
namespace {

constexpr std::size_t threads_max = 8;
using Mask = std::uint32_t;
constexpr Mask bit(std::size_t thread) noexcept { return Mask{1} << thread; }

bool dependent(const Op& a, const Op& b) noexcept {
  if (a.kind == Op::Kind::any || b.kind == Op::Kind::any) return true;
  return a.object == b.object && (a.kind == Op::Kind::write || b.kind == Op::Kind::write);
}

struct ModelThread {
  explicit ModelThread(void (*body)()) : fiber(body) {}
  Fiber fiber;
  World::Thread* role = nullptr;  // null: has ended
  Op op;                          // the next step
  const Ready* ready = nullptr;   // null: may always go on
  const Kind* kind = nullptr;     // null: op's
  std::uint64_t steps = 0;
};

// A place where one of several threads was chosen.
struct Choice {
  std::array<Op, threads_max> ops{};
  Mask enabled = 0;
  Mask asleep = 0;  // done here, or equivalent to what was done before
  std::size_t chosen = 0;
  std::size_t previous = threads_max;
  int preemptions = 0;
};

class Explorer {
 public:
  explicit Explorer(Options options) : options_(options) {}
  Outcome explore(const std::function<std::unique_ptr<World>()>& make);

  std::uint32_t new_object() noexcept { return ++objects_; }
  void wait(Op op, const Ready* ready, const Kind* kind) noexcept;
  void require(bool holds, const std::string& text) noexcept {
    if (!holds && outcome_.failure.empty()) outcome_.failure = text + schedule();
  }
  bool is_broken(Broken kind) const noexcept { return options_.broken == kind; }
  std::size_t self() const noexcept { return last_; }
  std::uint64_t steps_of_others(std::size_t thread) const noexcept {
    return steps_ - (thread < threads_.size() ? threads_[thread]->steps : 0);
  }
  bool ending() const noexcept { return ending_; }
  [[nodiscard]] bool in_thread() const noexcept { return running_ != nullptr; }

  static Explorer* current;

 private:
  static void body();
  void execute(World& world);
  void resume(ModelThread& thread);
  bool choose(std::size_t depth, std::size_t& chosen);
  Mask enabled_threads(bool patient) const;
  Mask candidates(const Choice& choice) const noexcept;
  bool next_schedule() noexcept;
  std::string schedule() const;

  const Options options_;
  Outcome outcome_;
  Fiber main_;
  std::vector<std::unique_ptr<ModelThread>> threads_;
  ModelThread* running_ = nullptr;
  std::vector<Choice> choices_;
  std::vector<std::pair<std::size_t, Op>> taken_;
  std::size_t last_ = threads_max;
  std::uint64_t steps_ = 0;  // of this execution
  std::uint32_t objects_ = 0;
  bool free_run_ = false;  // the rest of this execution is known
  bool ending_ = false;
};
Explorer* Explorer::current = nullptr;

void Explorer::body() {
  Explorer& self = *current;
  ModelThread& me = *self.running_;
  me.fiber.arrived();
  for (;;) {  // one turn for each execution
    self.wait({.name = "begin", .object = no_object, .kind = Op::Kind::read}, nullptr, nullptr);
    me.role->body();
    me.role = nullptr;
  }
}

void Explorer::wait(Op op, const Ready* ready, const Kind* kind) noexcept {
  ModelThread& me = *running_;
  me.op = op;
  me.ready = ready;
  me.kind = kind;
  me.fiber.switch_to(main_);
}

void Explorer::resume(ModelThread& thread) {
  running_ = &thread;
  main_.switch_to(thread.fiber);
  running_ = nullptr;
}

Mask Explorer::enabled_threads(bool patient) const {
  Mask mask = 0;
  for (std::size_t n = 0; n < threads_.size(); ++n)
    if (threads_[n]->role && (!threads_[n]->ready || (*threads_[n]->ready)(patient))) mask |= bit(n);
  return mask;
}

Mask Explorer::candidates(const Choice& choice) const noexcept {
  Mask mask = choice.enabled & ~choice.asleep;
  const bool could_go_on = choice.previous < threads_max && (choice.enabled & bit(choice.previous)) != 0;
  if (options_.preemptions >= 0 && could_go_on && choice.preemptions >= options_.preemptions) mask &= bit(choice.previous);
  return mask;
}

// The thread that takes the next step. False: none can.
bool Explorer::choose(std::size_t depth, std::size_t& chosen) {
  Mask enabled = enabled_threads(true);
  if (enabled == 0) enabled = enabled_threads(false);
  if (enabled == 0) return false;
  if (depth < choices_.size()) {
    AIRSSYS_ASSERT(choices_[depth].enabled == enabled, "step {} is not what it was: the world depends on more than the order",
                   depth);
    chosen = choices_[depth].chosen;
    return true;
  }
  if (free_run_) {
    // Round robin, so that the rest comes to an end.
    do last_ = (last_ + 1) % threads_.size();
    while ((enabled & bit(last_)) == 0);
    chosen = last_;
    return true;
  }
  Choice choice{.enabled = enabled, .previous = last_};
  for (std::size_t n = 0; n < threads_.size(); ++n)
    if ((enabled & bit(n)) != 0) {
      choice.ops[n] = threads_[n]->op;
      if (threads_[n]->kind) choice.ops[n].kind = (*threads_[n]->kind)();
    }
  if (!choices_.empty()) {
    const Choice& before = choices_.back();
    const bool put_aside =
        before.previous < threads_max && before.chosen != before.previous && (before.enabled & bit(before.previous));
    choice.preemptions = before.preemptions + (put_aside ? 1 : 0);
    if (options_.preemptions < 0)
      for (std::size_t n = 0; n < threads_.size(); ++n)
        if ((before.asleep & bit(n)) != 0 && n != before.chosen && !dependent(before.ops[n], before.ops[before.chosen]))
          choice.asleep |= bit(n);
  }
  const Mask open = candidates(choice);
  if (open == 0) {
    free_run_ = true;
    ++outcome_.cut;
    return choose(depth, chosen);
  }
  const bool goes_on = last_ < threads_max && (open & bit(last_)) != 0;
  chosen = choice.chosen = goes_on ? last_ : static_cast<std::size_t>(std::countr_zero(open));
  choices_.push_back(choice);
  return true;
}

void Explorer::execute(World& world) {
  AIRSSYS_ASSERT(world.threads.size() <= threads_max, "{} model threads", world.threads.size());
  while (threads_.size() < world.threads.size()) {
    threads_.push_back(std::make_unique<ModelThread>(&Explorer::body));
    resume(*threads_.back());
  }
  for (std::size_t n = 0; n < world.threads.size(); ++n) {
    threads_[n]->role = &world.threads[n];
    threads_[n]->steps = 0;
  }
  steps_ = 0;
  last_ = threads_max;
  free_run_ = ending_ = false;
  taken_.clear();
  std::size_t chosen = 0;
  for (std::size_t depth = 0; outcome_.failure.empty() && choose(depth, chosen); ++depth) {
    ModelThread& thread = *threads_[chosen];
    taken_.emplace_back(chosen, thread.op);
    ++steps_;
    ++thread.steps;
    last_ = chosen;
    resume(thread);
    require(steps_ < options_.max_steps, "livelock: the execution does not end");
  }
  outcome_.steps += steps_;
  if (!outcome_.failure.empty()) return;
  if (!free_run_) ++outcome_.executions;
  for (const auto& thread : threads_) require(!thread->role || thread->role->worker, "deadlock: a thread waits for ever");
  if (!outcome_.failure.empty()) return;
  ending_ = true;
  for (const auto& thread : threads_)
    while (thread->role) resume(*thread);
  if (world.after) world.after();
}

// The next order, in the deepest choice that has one left. False: all were explored.
bool Explorer::next_schedule() noexcept {
  while (!choices_.empty()) {
    Choice& choice = choices_.back();
    choice.asleep |= bit(choice.chosen);
    if (const Mask open = candidates(choice); open != 0) {
      choice.chosen = static_cast<std::size_t>(std::countr_zero(open));
      return true;
    }
    choices_.pop_back();
  }
  return false;
}

std::string Explorer::schedule() const {
  std::string text = fmt::format(", in execution {} by this schedule:", outcome_.executions + outcome_.cut + 1);
  for (const auto& [thread, op] : taken_)
    text += fmt::format("\n  {} {} #{}", threads_[thread]->role ? threads_[thread]->role->name : fmt::format("thread {}", thread),
                        op.name, op.object);
  return text;
}

Outcome Explorer::explore(const std::function<std::unique_ptr<World>()>& make) {
  current = this;
  do {
    objects_ = 0;
    std::unique_ptr<World> world = make();
    execute(*world);
    if (!outcome_.failure.empty()) {
      // Its threads stand in the middle of something: nothing of it can be taken down.
      (void)world.release();  // NOLINT(bugprone-unused-return-value): left as it is
      break;
    }
    if (outcome_.executions + outcome_.cut >= options_.max_executions)
      outcome_.failure = fmt::format("more than {} executions: the world is too large", options_.max_executions);
  } while (outcome_.failure.empty() && next_schedule());
  current = nullptr;
  return outcome_;
}

}  // namespace

std::uint32_t new_object() noexcept { return Explorer::current ? Explorer::current->new_object() : no_object; }
void step(Op op) noexcept {
  if (Explorer* const explorer = Explorer::current; explorer && explorer->in_thread() && !explorer->ending())
    explorer->wait(op, nullptr, nullptr);
}
void wait(Op op, const Ready& ready, const Kind* kind) noexcept {
  if (Explorer* const explorer = Explorer::current; explorer && explorer->in_thread() && !explorer->ending())
    explorer->wait(op, &ready, kind);
}
bool is_broken(Broken kind) noexcept {
  return Explorer::current && Explorer::current->in_thread() && Explorer::current->is_broken(kind);
}
std::size_t self() noexcept { return Explorer::current ? Explorer::current->self() : 0; }
std::uint64_t steps_of_others(std::size_t thread) noexcept {
  return Explorer::current ? Explorer::current->steps_of_others(thread) : 0;
}
bool ending() noexcept { return Explorer::current && Explorer::current->ending(); }
void require(bool holds, const std::string& text) noexcept {
  if (Explorer::current) Explorer::current->require(holds, text);
}

Outcome explore(const std::function<std::unique_ptr<World>()>& make, Options options) {
#if defined(__SANITIZE_ADDRESS__)
  if (options.fails) __lsan_disable();
#endif
  auto explorer = std::make_unique<Explorer>(options);
  Outcome outcome = explorer->explore(make);
  if (!outcome.failure.empty()) (void)explorer.release();  // NOLINT(bugprone-unused-return-value): its fibers hold what failed
#if defined(__SANITIZE_ADDRESS__)
  if (options.fails) __lsan_enable();
#endif
  return outcome;
}

}  // namespace airssys::rt::model
