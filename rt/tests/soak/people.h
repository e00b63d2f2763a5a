// The actors of the soak program: each does what its messages say, and counts it.
#pragma once
#include <cstdint>
#include <utility>
#include <vector>

#include "airssys/rt/system.h"
#include "books.h"

namespace airssys::rt::soak {

struct News {
  static constexpr std::uint64_t tick = 1;  // of a periodic timer
  std::uint64_t number = 0;
};

struct Task {
  enum class Kind : std::uint8_t { note, forward, ask, park, watch, link, begin_ticks, tell, fail, crash, end };
  Kind kind = Kind::note;
  std::uint64_t chance = 0;  // the dice of whoever handles it
  Address<Task> other = {};  // forward, ask, watch, link
  Address<News> sink = {};   // begin_ticks, tell
  Reply<std::uint64_t> reply = {};
};

// A continuation that is called once or destroyed with its asker, and counts which.
class Continuation {
 public:
  explicit Continuation(Books& books) noexcept : books_(&books) { books.asks.begin(); }
  Continuation(Continuation&& other) noexcept : books_(std::exchange(other.books_, nullptr)) {}
  Continuation& operator=(Continuation&&) = delete;
  ~Continuation();
  Result<Turn> operator()(Result<std::uint64_t> answer, Context& context);

 private:
  Books* books_;
};

class Person final : public Actor<Task> {
 public:
  explicit Person(Books& books) noexcept : books_(books) {}
  Result<Turn> handle(Task task, Context& context) override;
  Result<Turn> resume(Context& context) override;
  Result<Turn> on_terminated(Context& context, const Terminated& end) override;
  ErrorAction on_error(const Error& error) override;

 private:
  void answer(Task& task, Context& context);
  void ask(const Task& task, Context& context);
  Result<Turn> park(std::uint64_t chance, Context& context);
  Books& books_;
  std::vector<Reply<std::uint64_t>> kept_;
};

class Reader final : public Actor<News> {
 public:
  explicit Reader(Books& books) noexcept : books_(books) {}
  Result<Turn> handle(News news, Context& context) override;
  ErrorAction on_error(const Error& error) override;

 private:
  Books& books_;
};

// A priority, and sometimes a time to live.
[[nodiscard]] SendOptions some_options(std::uint64_t chance);

// Counts a send, whatever becomes of it.
void send(Books& books, const Address<Task>& to, Task task, const SendOptions& options = {});

}  // namespace airssys::rt::soak
