// Probe: an actor of a test that records what it is sent, and a handle that says what must have come.
//
//   testing::Probe<int> probe(system, "probe");
//   worker.send({.answer_to = probe.address()});
//   auto answer = probe.expect();                              // Result<int>: the next message
//   auto big = probe.expect([](int n) { return n > 9; });      // the next message, which must be such a one
//   auto quiet = probe.expect_none(1s);                        // Result<>: no message for so long
//
// Works on every executor. In a simulated world the waiting runs the world, in virtual time, and ends when nothing can happen any
// more; on real threads it blocks. Knows no test framework: what it did not find is an Error that says so.
#pragma once
#include <atomic>
#include <concepts>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "airssys/base/assert.h"
#include "airssys/rt/system.h"

namespace airssys::rt::testing {

// M: movable. For one thread, a plain one; the address may be used by any. The system outlives it.
template <class M>
class Probe {
 public:
  static constexpr std::uint32_t mailbox_capacity = 100'000;
  static constexpr std::size_t kept_max = 1'000'000;  // more that nobody expects is a broken test
  static constexpr Duration patience = std::chrono::seconds(1);

  // The name is as an actor's: unique among the living, or empty.
  explicit Probe(ActorSystem& system, std::string name = {})
      : system_(system),
        name_(name.empty() ? "probe" : "probe '" + name + "'"),
        box_(std::make_shared<Box>(system.executor())) {
    auto spawned =
        system.spawn({.name = std::move(name), .mailbox_capacity = mailbox_capacity}, std::make_unique<Recorder>(box_));
    AIRSSYS_ASSERT(spawned, "{}: {}", name_, spawned.error().message());
    address_ = *std::move(spawned);
  }
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;
  ~Probe() { address_.stop(); }

  [[nodiscard]] const Address<M>& address() const noexcept { return address_; }
  // Messages that have come and were not expected yet.
  [[nodiscard]] std::size_t waiting() const { return box_->size(); }

  // The next message. timed_out: none came within `within`.
  [[nodiscard]] Result<M> expect(Duration within = patience) { return next(deadline(within), within); }
  // The next message; invalid_argument when it is not `such` a one. It is taken in either case.
  template <std::predicate<const M&> Such>
  [[nodiscard]] Result<M> expect(Such such, Duration within = patience) {
    auto message = next(deadline(within), within);
    if (message && !such(std::as_const(*message)))
      return fail(Code::invalid_argument, name_ + ": message " + std::to_string(taken_) + " is not such a one");
    return message;
  }
  // The first that is `such` a one; those before it are dropped.
  template <std::predicate<const M&> Such>
  [[nodiscard]] Result<M> find(Such such, Duration within = patience) {
    const Instant until = deadline(within);
    for (;;) {
      auto message = next(until, within);
      if (!message || such(std::as_const(*message))) return message;
    }
  }
  // Waits for all of `during`. invalid_argument: a message came, or had come before; it still waits.
  [[nodiscard]] Result<> expect_none(Duration during) {
    if (!box_->wait(deadline(during))) return {};
    return fail(Code::invalid_argument, name_ + ": a message came, and none was expected");
  }

 private:
  class Box {
   public:
    explicit Box(Executor& executor) noexcept : executor_(executor) {}
    void add(M message) {
      {
        const std::scoped_lock lock(mutex_);
        AIRSSYS_ASSERT(messages_.size() < kept_max, "a probe keeps {} messages that nobody expects", kept_max);
        messages_.push_back(std::move(message));
      }
      came_.fetch_add(1, std::memory_order_release);
      executor_.notify(came_);
    }
    [[nodiscard]] std::size_t size() const {
      const std::scoped_lock lock(mutex_);
      return messages_.size();
    }
    // Until there is one. False: not by `until`.
    bool wait(Instant until) {
      for (;;) {
        const std::uint32_t before = came_.load(std::memory_order_acquire);
        if (size() != 0) return true;
        if (!executor_.wait(came_, before, until)) return size() != 0;
      }
    }
    M take() {
      const std::scoped_lock lock(mutex_);
      M message = std::move(messages_.front());
      messages_.pop_front();
      return message;
    }

   private:
    Executor& executor_;
    mutable std::mutex mutex_;
    std::deque<M> messages_;  // guarded
    std::atomic<std::uint32_t> came_{0};
  };
  class Recorder final : public Actor<M> {
   public:
    explicit Recorder(std::shared_ptr<Box> box) noexcept : box_(std::move(box)) {}
    Result<Turn> handle(M message, Context&) override {
      box_->add(std::move(message));
      return Turn::done;
    }

   private:
    const std::shared_ptr<Box> box_;  // the probe's as well; either may be last
  };

  [[nodiscard]] Instant deadline(Duration within) const {
    const Instant now = system_.executor().platform().now();
    return within > Instant::max() - now ? Instant::max() : now + within;
  }
  Result<M> next(Instant until, Duration within) {
    if (!box_->wait(until))
      return fail(Code::timed_out, name_ + ": message " + std::to_string(taken_ + 1) + " did not come within " +
                                       std::to_string(within / std::chrono::milliseconds(1)) + " ms");
    ++taken_;
    return box_->take();
  }

  ActorSystem& system_;
  const std::string name_;
  const std::shared_ptr<Box> box_;
  Address<M> address_;
  std::uint64_t taken_ = 0;
};

}  // namespace airssys::rt::testing
