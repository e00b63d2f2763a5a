// Explorer: runs a small world of two to four model threads in every order that can make a difference.
//
// Model threads are fibers of one real thread. They change over only before a step: an operation on an Atomic, or one that
// the world declares. The exploration is depth first over which thread takes the next step, each execution from the start,
// with sleep sets: two orders that differ only in steps which do not depend on each other (other objects, or both only read)
// count as one. That leaves no outcome out. With `preemptions` set, sleep sets are off and all orders are explored in which
// at most so many times a thread is put aside that could have gone on.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace airssys::rt::model {

inline constexpr std::uint32_t no_object = 0;

struct Op {
  enum class Kind : std::uint8_t { read, write, any };  // any: depends on every other step
  const char* name = "";
  std::uint32_t object = no_object;
  Kind kind = Kind::write;
};

// A wait: the thread goes on only when this says so. `patient`: others may still change something, so whoever only looks
// again shall not be chosen; false when nobody else can go on.
using Ready = std::function<bool(bool patient)>;
// What kind of step it will be, when that depends on the world.
using Kind = std::function<Op::Kind()>;

// Kinds of operations that Options::broken makes two steps, a read and a blind write: the seeded bugs.
enum class Broken : std::uint8_t { nothing, exchange, fetch, compare_exchange };

// --- for the worlds; outside of an exploration they do nothing
std::uint32_t new_object() noexcept;
void step(Op op) noexcept;
// A step that waits. What makes it ready is a step on the same object, or `kind` says any.
void wait(Op op, const Ready& ready, const Kind* kind = nullptr) noexcept;
bool is_broken(Broken kind) noexcept;
// The running thread, and the steps that all threads but `thread` have taken.
std::size_t self() noexcept;
std::uint64_t steps_of_others(std::size_t thread) noexcept;
// All threads that do not wait for ever have ended: those who wait in `wait` go on once more, to end as well.
bool ending() noexcept;
// The execution has failed, with `text`, unless `holds`.
void require(bool holds, const std::string& text) noexcept;

// One execution's world, made afresh each time.
class World {
 public:
  virtual ~World() = default;
  // Model threads; those marked as workers may be waiting when all others have ended.
  struct Thread {
    std::string name;
    std::function<void()> body;
    bool worker = false;
  };
  std::vector<Thread> threads;
  // After all threads have ended; states what must hold.
  std::function<void()> after = nullptr;
};

struct Options {
  int preemptions = -1;  // -1: unlimited, with sleep sets
  std::uint64_t max_executions = 200'000;  // more is a failure: the world is too large
  std::uint64_t max_steps = 5'000;           // of one execution; more is a livelock
  Broken broken = Broken::nothing;
  bool fails = false;  // a failure is expected: the world that failed is left as it is
};

struct Outcome {
  std::uint64_t executions = 0;  // complete ones, no two of them equivalent when sleep sets are on
  std::uint64_t cut = 0;         // given up because only equivalent ones could follow
  std::uint64_t steps = 0;
  std::string failure = {};  // the first, with its schedule; empty: none
};

Outcome explore(const std::function<std::unique_ptr<World>()>& make, Options options = {});

}  // namespace airssys::rt::model
