// ask.seq, ask.100: what an ask costs; ask.10m: that none is lost.
#include <fmt/format.h>

#include "machine.h"

namespace airssys::bench {
namespace {

using rt::Address;
using rt::Context;
using rt::Turn;

constexpr std::uint64_t asks_min = 20'000;
constexpr Duration timeout = std::chrono::seconds(5);

struct Question {
  std::uint64_t number = 0;
  rt::Reply<std::uint64_t> reply;
};

class Answering final : public rt::Actor<Question> {
 public:
  Result<Turn> handle(Question question, Context&) override {
    AIRSSYS_TRY_VOID(question.reply.send(question.number));
    return Turn::done;
  }
};

// Its message says how many answers to get, and how many questions may be open.
class Asking final : public rt::Actor<Message> {
 public:
  Asking(Machine& machine, Address<Question> whom, std::uint64_t& lost)
      : machine_(machine),
        whom_(std::move(whom)),
        lost_(lost) {}
  Result<Turn> handle(Message message, Context& context) override {
    unasked_ = unanswered_ = message.a;
    for (std::uint64_t n = 0; n < message.b; ++n) AIRSSYS_TRY_VOID(ask(context));
    return Turn::done;
  }

 private:
  Result<rt::PendingAsk> ask(Context& context) {
    const std::uint64_t number = --unasked_;
    return context.ask<std::uint64_t>(
        whom_, [number](rt::Reply<std::uint64_t> reply) { return Question{number, std::move(reply)}; }, timeout,
        [this, number](Result<std::uint64_t> answer, Context& here) -> Result<Turn> {
          if (!answer || *answer != number) ++lost_;
          if (unasked_ > 0) AIRSSYS_TRY_VOID(ask(here));
          if (--unanswered_ == 0) machine_.done();
          return Turn::done;
        });
  }

  Machine& machine_;
  const Address<Question> whom_;
  std::uint64_t& lost_;
  std::uint64_t unasked_ = 0;
  std::uint64_t unanswered_ = 0;
};

struct AskRig {
  Result<Ran> run(std::uint64_t count, std::uint64_t open) {
    AIRSSYS_TRY(const Duration took, machine.until_done([&] { return asker.send({count, open}); }));
    machine.wait_idle();
    return Ran{count, took};
  }
  Result<Ran> run_without_loss(std::uint64_t count, std::uint64_t open) {
    AIRSSYS_TRY(const Ran ran, run(count, open));
    if (lost != 0) return fail(Code::internal, fmt::format("{} asks had no answer", lost));
    return ran;
  }
  std::uint64_t lost = 0;
  Machine machine;
  Address<Message> asker = machine.spawn(std::make_unique<Asking>(machine, machine.spawn(std::make_unique<Answering>()), lost));
};

// How many of `count` had no answer, or a wrong one, or timed out.
Result<double> lost_of(std::uint64_t count) {
  AskRig rig;
  AIRSSYS_TRY_VOID(rig.run(count, 100));
  return static_cast<double>(rig.lost);
}

}  // namespace

void add_ask_rows(Rows& rows) {
  rows["ask.seq"] = row_of<AskRig>([](AskRig& rig, std::uint64_t n) { return rig.run_without_loss(std::max(n, asks_min), 1); });
  rows["ask.100"] = row_of<AskRig>([](AskRig& rig, std::uint64_t n) { return rig.run_without_loss(std::max(n, asks_min), 100); });
  rows["ask.10m"] = [] { return lost_of(10'000'000); };
}

}  // namespace airssys::bench
