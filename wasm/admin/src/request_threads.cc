#include "request_threads.h"

#include <utility>

namespace airssys::wasm {

RequestThreads::~RequestThreads() {
  {
    const std::scoped_lock lock(mutex_);
    over_ = true;
    tasks_.clear();
  }
  changed_.notify_all();
  threads_.clear();
}

bool RequestThreads::start(std::uint64_t client, std::function<std::string()> task) {
  {
    const std::scoped_lock lock(mutex_);
    if (busy_ == at_most_) return false;
    ++busy_;
    tasks_.push_back({client, std::move(task)});
    if (busy_ <= threads_.size()) {
      changed_.notify_one();
      return true;
    }
  }
  threads_.push_back(platform_.start_thread("admin-request", [this] { run(); }));
  return true;
}

void RequestThreads::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return over_ || !tasks_.empty(); });
    if (over_) return;
    const Task task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    std::string line = task.body();
    lock.lock();
    --busy_;
    lock.unlock();
    done_(task.client, std::move(line));
    lock.lock();
  }
}

}  // namespace airssys::wasm
