#include "people.h"

#include <memory>
#include <stdexcept>

namespace airssys::rt::soak {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kept_max = 8;

}  // namespace

Continuation::~Continuation() {
  if (!books_) return;
  books_->forgotten.add();
  books_->asks.end();
}

Result<Turn> Continuation::operator()(Result<std::uint64_t> answer, Context&) {
  Books& books = *std::exchange(books_, nullptr);
  const bool late = !answer && answer.error().code() == Code::timed_out;
  const bool gone = !answer && answer.error().code() == Code::unavailable;
  (late ? books.timeouts : gone ? books.given_up : books.answers).add();
  books.asks.end();
  return Turn::done;
}

void send(Books& books, const Address<Task>& to, Task task, const SendOptions& options) {
  books.sends.add();
  static_cast<void>(options == SendOptions{} ? to.try_send(task) : to.try_send(task, options));
}

Result<Turn> Person::handle(Task task, Context& context) {
  books_.handled.add();
  if (task.reply) answer(task, context);
  switch (task.kind) {
    case Task::Kind::note: return Turn::done;
    case Task::Kind::forward: send(books_, task.other, {.chance = task.chance / 7}); return Turn::done;
    case Task::Kind::ask: ask(task, context); return Turn::done;
    case Task::Kind::park: return park(task.chance, context);
    case Task::Kind::watch:  // twice is once; a full list is refused
      if (context.watch(task.other)) books_.watched.add();
      return Turn::done;
    case Task::Kind::link: static_cast<void>(context.link(task.other).has_value()); return Turn::done;
    case Task::Kind::begin_ticks:
      static_cast<void>(context.send_every(50ms, task.sink, News{News::tick}).has_value());
      return Turn::done;
    case Task::Kind::tell:  // held, where the sink is full and blocks: this one then takes no message until it is in
      books_.sends.add();
      static_cast<void>(task.sink.send(News{task.chance}, some_options(task.chance)).has_value());
      return Turn::done;
    case Task::Kind::fail: return airssys::fail(Code::internal, "as told");
    case Task::Kind::crash: throw std::runtime_error("as told");
    case Task::Kind::end: context.stop(); return Turn::done;
  }
  return Turn::done;
}

SendOptions some_options(std::uint64_t chance) {
  return {.priority = static_cast<Priority>(chance % 4), .ttl = chance % 7 == 0 ? Duration(1 + chance % 1'000'000) : 0ns};
}

Result<Turn> Person::on_terminated(Context&, const Terminated&) {
  books_.told.add();
  return Turn::done;
}

ErrorAction Person::on_error(const Error&) {
  books_.crashes.add();
  return ErrorAction::stop;
}

ErrorAction Reader::on_error(const Error&) {
  books_.crashes.add();
  return ErrorAction::stop;
}

Result<Turn> Person::resume(Context&) {
  books_.resumed.add();
  return Turn::done;
}

void Person::answer(Task& task, Context& context) {
  switch (task.chance % 16) {
    case 0: task.reply = {}; return;  // forgotten
    case 1: static_cast<void>(task.reply.fail(Error(Code::denied, "no"))); return;
    case 2:  // kept for a while, or until this object ends
      if (kept_.size() == kept_max) kept_.clear();
      kept_.push_back(std::move(task.reply));
      return;
    case 3:  // later, on no turn
      books_.timers.begin();
      context.executor().post_at(context.now() + Duration(task.chance % 2'000'000),
                                 [&books = books_, reply = std::make_shared<Reply<std::uint64_t>>(std::move(task.reply))] {
                                   static_cast<void>(reply->send(1));
                                   books.timers.end();
                                 });
      return;
    default: static_cast<void>(task.reply.send(task.chance)); return;
  }
}

void Person::ask(const Task& task, Context& context) {
  books_.asked.add();
  const auto request = [&](Reply<std::uint64_t> reply) {
    books_.sends.add();
    return Task{.chance = task.chance / 5, .reply = std::move(reply)};
  };
  // One that cannot be sent destroys its continuation, which counts it as forgotten.
  static_cast<void>(
      context.ask<std::uint64_t>(task.other, request, 1ms + Duration(task.chance % 3'000'000), Continuation(books_)).has_value());
}

Result<Turn> Person::park(std::uint64_t chance, Context& context) {
  books_.parked.add();
  const Waker waker = context.waker();
  const int wakes = chance % 3 == 0 ? 2 : 1;  // of two the second is stale, or both count as one
  for (int n = 0; n < wakes; ++n) {
    books_.timers.begin();
    context.executor().post_at(context.now() + Duration(chance % 1'000'000), [&books = books_, waker] {
      waker.wake();
      books.timers.end();
    });
  }
  if (chance % 5 == 0) waker.wake();
  return Turn::parked;
}

Result<Turn> Reader::handle(News news, Context&) {
  (news.number == News::tick ? books_.ticks : books_.handled).add();
  if (news.number % 1000 != 0) return Turn::done;
  return airssys::fail(Code::internal, "as told");
}

}  // namespace airssys::rt::soak
