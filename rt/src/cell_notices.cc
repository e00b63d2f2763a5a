// What reaches a cell beside its mailbox.
#include <utility>

#include "airssys/rt/cell.h"
#include "airssys/rt/context.h"
#include "cell_details.h"
#include "guarded.h"

namespace airssys::rt {
namespace {

// Stands in the list of a cell that takes no more notices.
class Closed final : public Notice {
 public:
  constexpr Closed() noexcept : Notice(any_object) {}
  Result<Turn> deliver(ActorBase&, Context&) override { return Turn::done; }
  void release() noexcept override {}
};
constinit Closed closed;

}  // namespace

bool Cell::post(Notice& notice) noexcept {
  Notice* before = notices_.load(std::memory_order_acquire);
  do {
    if (before == &closed) {
      notice.release();
      return false;
    }
    notice.next_notice = before;
  } while (!notices_.compare_exchange_weak(before, &notice, std::memory_order_acq_rel, std::memory_order_acquire));
  if (!before) signal(notice_bit);  // else who posted the first of them does
  return true;
}

bool Cell::has_notices() const noexcept {
  const Details* const details = details_.load(std::memory_order_relaxed);
  if (notices_.load(std::memory_order_relaxed)) return true;
  return details && (details->notices || (details->asks && details->asks->fired.load(std::memory_order_acquire)));
}

// The oldest, or null.
Notice* Cell::next_notice() noexcept {
  Details* const given = details_.load(std::memory_order_relaxed);
  if (given && given->notices) return std::exchange(given->notices, given->notices->next_notice);
  if (!notices_.load(std::memory_order_relaxed)) {
    const bool late = given && given->asks && given->asks->fired.load(std::memory_order_acquire);
    return late ? next_timed_out() : nullptr;
  }
  Notice* oldest = nullptr;
  for (Notice* posted = notices_.exchange(nullptr, std::memory_order_acq_rel); posted;) {
    Notice* const earlier = std::exchange(posted->next_notice, oldest);
    oldest = std::exchange(posted, earlier);
  }
  if (oldest->next_notice) details().notices = oldest->next_notice;
  return oldest;
}

// The object is ready. Stops early when the actor parks, fails, ends, or somebody signals.
Cell::Step Cell::run_notices(Context& context) noexcept {
  while (context.budget_ > 0) {
    Notice* const notice = next_notice();
    if (!notice) return Step::go_on;
    --context.budget_;
    if (notice->object != Notice::any_object && notice->object != object_number_) {
      notice->release();
      continue;
    }
    context.sender_ = {};
    Result<Turn> result = guarded([&] { return notice->deliver(*object_, context); });
    notice->release();
    const bool plain = result && *result == Turn::done && !context.crash_ && !exit_requested_ && !sent_too_much_ && !waker_taken_;
    if (!plain) [[unlikely]] {
      const Step step = after_call(context, std::move(result));
      if (step != Step::go_on || phase_ != Phase::ready) return step;
    }
    if (signalled_.load(std::memory_order_relaxed)) [[unlikely]]
      return Step::go_on;
  }
  signalled_.store(true, std::memory_order_relaxed);
  return Step::yield;
}

// The actor is over for good; what is posted from now on is released at once.
void Cell::close_notices() noexcept {
  while (Notice* const notice = next_notice()) notice->release();
  Notice* posted = notices_.exchange(&closed, std::memory_order_acq_rel);
  while (posted) std::exchange(posted, posted->next_notice)->release();
}

}  // namespace airssys::rt
