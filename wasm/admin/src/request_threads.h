// RequestThreads: ask components and wait for their answers, so that nobody else has to.
#pragma once
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "airssys/base/platform.h"

namespace airssys::wasm {

// A thread is made when all others are busy, and stays. Threads: one, but for the bodies of what is done.
class RequestThreads {
 public:
  // `done` is called on one of them with what a task answered; it does not block. Both outlive this.
  using Done = std::function<void(std::uint64_t client, std::string line)>;
  RequestThreads(std::uint32_t at_most, Platform& platform, Done done)
      : at_most_(at_most),
        platform_(platform),
        done_(std::move(done)) {}
  ~RequestThreads();  // waits for what is being done; what was not begun is not

  // False: all are busy.
  [[nodiscard]] bool start(std::uint64_t client, std::function<std::string()> task);

 private:
  struct Task {
    std::uint64_t client;
    std::function<std::string()> body;
  };
  void run();

  const std::uint32_t at_most_;
  Platform& platform_;
  const Done done_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Task> tasks_;  // guarded, like the next two
  std::uint32_t busy_ = 0;  // with a task, or about to take one
  bool over_ = false;
  std::vector<std::unique_ptr<Thread>> threads_;
};

}  // namespace airssys::wasm
