// Parking: a handler that has to wait gives its thread back, and another thread wakes it. One worker is enough here.
#include <fmt/format.h>

#include <future>
#include <memory>
#include <string>

#include "airssys/base/platform.h"
#include "airssys/rt/actor.h"
#include "airssys/rt/system.h"
#include "airssys/rt/work_stealing_executor.h"

using namespace airssys::rt;
using airssys::Result;

struct Read {
  std::string file;
};
// For the thread that does the slow work. It may outlive the reader, so the answer belongs to both.
struct Job {
  std::shared_ptr<std::string> answer;
  Waker waker;
};

class Reader final : public Actor<Read> {
 public:
  explicit Reader(std::promise<Job>& disk) : disk_(disk) {}

  Result<Turn> handle(Read message, Context& context) override {
    fmt::print("reader: asks for {}\n", message.file);
    answer_ = std::make_shared<std::string>();
    disk_.set_value({answer_, context.waker()});
    return Turn::parked;  // no further message until it is woken; a wake that comes first is not lost
  }
  Result<Turn> resume(Context&) override {
    fmt::print("reader: got {}\n", *answer_);
    return Turn::done;
  }

 private:
  std::promise<Job>& disk_;
  std::shared_ptr<std::string> answer_;
};

class Lamp final : public Actor<bool> {
 public:
  explicit Lamp(std::promise<void>& lit) : lit_(lit) {}
  Result<Turn> handle(bool, Context&) override {
    fmt::print("lamp: on, while the reader waits\n");
    lit_.set_value();
    return Turn::done;
  }

 private:
  std::promise<void>& lit_;
};

int main() {
  std::promise<Job> disk;
  std::promise<void> lit;
  const auto platform = airssys::real_platform();
  WorkStealingExecutor executor(*platform, 1);
  ActorSystem system(executor);
  auto reader = system.spawn_and_wait({}, std::make_unique<Reader>(disk));  // an object: it is not restarted
  auto lamp = system.spawn_and_wait({}, std::make_unique<Lamp>(lit));
  if (!reader || !lamp) return 1;
  const auto thread = platform->start_thread("disk", [&] {
    const Job job = disk.get_future().get();  // the reader has handed it over, and parks
    if (!lamp->send(true)) return;
    lit.get_future().wait();
    *job.answer = "42 lines";
    job.waker.wake();
  });
  if (!reader->send({"notes.txt"})) return 1;
  system.wait_idle(platform->now() + std::chrono::seconds(5));  // a parked actor is not idle
}
