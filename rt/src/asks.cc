#include "asks.h"

#include <fmt/format.h>

#include <algorithm>

#include "airssys/rt/context.h"
#include "airssys/rt/reply.h"
#include "cell_details.h"
#include "system_core.h"

namespace airssys::rt {

void Asks::put(std::size_t place, Entry entry) noexcept {
  heap_[place] = entry;
  entry.ask->place = static_cast<std::uint32_t>(place);
}

void Asks::rise(std::size_t place) noexcept {
  const Entry moved = heap_[place];
  for (std::size_t parent = 0; place > 0 && moved.deadline < heap_[parent = (place - 1) / 2].deadline; place = parent)
    put(place, heap_[parent]);
  put(place, moved);
}

void Asks::sink(std::size_t place) noexcept {
  const Entry moved = heap_[place];
  for (std::size_t child = 0; (child = 2 * place + 1) < heap_.size(); place = child) {
    if (child + 1 < heap_.size() && heap_[child + 1].deadline < heap_[child].deadline) ++child;
    if (moved.deadline <= heap_[child].deadline) break;
    put(place, heap_[child]);
  }
  put(place, moved);
}

void Asks::join(Line& line, Ask& ask) noexcept {
  ask.before = line.back;
  ask.behind = nullptr;
  (line.back ? line.back->behind : line.front) = &ask;
  line.back = &ask;
  ++in_lines_;
}

void Asks::leave(Line& line, Ask& ask) noexcept {
  (ask.before ? ask.before->behind : line.front) = ask.behind;
  (ask.behind ? ask.behind->before : line.back) = ask.before;
  --in_lines_;
}

void Asks::add(Ask& ask, Instant deadline) {
  if (line_.back && deadline < line_.back->due) {
    heap_.push_back({deadline, &ask});
    return rise(heap_.size() - 1);
  }
  ask.place = Ask::waiting_in_line;
  ask.due = deadline;
  join(line_, ask);
}

void Asks::remove(Ask& ask) noexcept {
  const std::uint32_t place = ask.place;
  if (place == Ask::waiting_in_line) return leave(line_, ask);
  if (place == Ask::over) return leave(over_, ask);
  const Entry last = heap_.back();
  heap_.pop_back();
  if (place == heap_.size()) return;
  put(place, last);
  rise(place);
  sink(last.ask->place);
}

void Asks::set_aside(Ask& ask) noexcept {
  remove(ask);
  ask.place = Ask::over;
  join(over_, ask);
}

Instant Asks::first_deadline() const noexcept {
  const Instant in_line = line_.front ? line_.front->due : Instant::max();
  return heap_.empty() ? in_line : std::min(in_line, heap_.front().deadline);
}

Ask& Asks::first() const noexcept {
  if (line_.front && (heap_.empty() || line_.front->due <= heap_.front().deadline)) return *line_.front;
  return heap_.empty() ? *over_.front : *heap_.front().ask;
}

Ask::Ask(Cell* asker) noexcept
    : Notice(asker ? asker->object_number() : any_object),
      asker_(asker ? Ref<Cell>::share(*asker) : Ref<Cell>()) {}

Ask::~Ask() = default;

Result<Turn> Ask::deliver(ActorBase&, Context& context) {
  context.cell_.asks().remove(*this);
  // The list's reference; the notice's remains. Two: the Reply has let go, and nobody else is left to count.
  if (refs_.load(std::memory_order_acquire) == 2)
    refs_.store(1, std::memory_order_relaxed);
  else
    refs_.fetch_sub(1, std::memory_order_acq_rel);
  return go_on(context);
}

void Ask::drop() noexcept {
  {
    const std::unique_lock<std::mutex> guard = lock();
    if (decide(Outcome::dropped) && bring()) return;
  }
  let_go();
}

std::unique_lock<std::mutex> Ask::lock() noexcept {
  if (asker_) return {};
  return std::unique_lock(waiting()->core->futures.mutex);
}

bool Ask::bring() noexcept {
  if (!asker_) {
    Waiting& its = *waiting();
    its.core->futures.wake(*this, its, its.core->executor);
    return false;
  }
  const Ref<Cell> asker = std::move(asker_);  // once it is posted this may be gone
  asker->post(*this);
  return true;
}

void Ask::count_late() noexcept { (asker_ ? *asker_->core_ : *waiting()->core).late_replies.add(); }

std::unexpected<Error> Ask::no_answer() const {
  if (outcome() == Outcome::timed_out) return fail(Code::timed_out, "no answer came within the time given to the ask");
  return fail(Code::unavailable, "the Reply was let go without an answer: who had it ended, crashed or forgot it");
}

std::unexpected<Error> answered_twice() {
  return fail(Code::invalid_argument, "this Reply was used already: a request is answered once");
}

// Within a turn of the actor.
Asks& Cell::asks() {
  Details& mine = details();
  if (!mine.asks) mine.asks = std::make_unique<Asks>();
  return *mine.asks;
}

Result<> Cell::may_ask() {
  if (const std::uint32_t most = core_->limits.max_asks; asks().size() >= most)
    return fail(Code::exhausted,
                fmt::format("max_asks: actor {} '{}' waits for {} answers; wait for some of them, or raise the limit",
                            id_.value(), name(), most));
  return {};
}

void Cell::add_ask(Ask& ask, Duration timeout) {
  Asks& mine = asks();
  const Instant deadline = later(clock_for(timeout), timeout);
  mine.add(ask, deadline);
  if (deadline < mine.due) arm_asks(mine);
}

void Cell::arm_asks(Asks& mine) {
  if (mine.timer) core_->executor.cancel(*mine.timer);
  mine.timer = {};
  mine.due = mine.first_deadline();
  if (mine.due == Instant::max()) return;
  mine.timer = core_->executor.post_at(mine.due, [cell = Ref<Cell>::share(*this), &mine] {
    mine.fired.store(true, std::memory_order_release);
    cell->signal(notice_bit);
  });
}

// The request was not sent. False: there is an outcome all the same, the Reply was used elsewhere.
bool Cell::withdraw(Ask& ask) noexcept {
  if (!ask.decide(Ask::Outcome::abandoned)) return false;
  asks().remove(ask);
  ask.forget();
  ask.let_go();
  return true;
}

// An ask whose deadline is over, decided and with a reference for whoever delivers it; or null, with the timer armed again.
Ask* Cell::next_timed_out() noexcept {
  Asks& mine = *details().asks;
  const Instant now = core_->executor.platform().now();
  while (now != Instant::max() && mine.first_deadline() <= now) {
    Ask& ask = mine.first();
    mine.set_aside(ask);
    if (!ask.decide(Ask::Outcome::timed_out)) continue;  // the answer is on its way
    ask.add_ref();
    return &ask;
  }
  mine.fired.store(false, std::memory_order_relaxed);
  arm_asks(mine);
  return nullptr;
}

// The object goes: nobody hears the answers.
void Cell::abandon_asks() noexcept {
  Details* const given = details_.load(std::memory_order_relaxed);
  if (!given || !given->asks) return;
  Asks& mine = *given->asks;
  while (mine.size() > 0) {
    Ask& ask = mine.first();
    mine.remove(ask);
    static_cast<void>(ask.decide(Ask::Outcome::abandoned));  // else its notice will find another object, or none
    ask.forget();
    ask.let_go();
  }
  arm_asks(mine);
}

}  // namespace airssys::rt
