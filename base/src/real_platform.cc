#include <pthread.h>
#include <sys/random.h>
#include <time.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "airssys/base/assert.h"
#include "airssys/base/platform.h"

namespace airssys {
namespace {

class RealThread final : public Thread {
 public:
  RealThread(std::string name, std::function<void()> body)
      : thread_([name = name.substr(0, 15), body = std::move(body)] {
          pthread_setname_np(pthread_self(), name.c_str());
          body();
        }) {}

 private:
  std::jthread thread_;
};

class Ticker final : public Thread {
 public:
  Ticker(std::string name, Duration period, std::function<void()> body)
      : thread_(std::move(name), [this, period, body = std::move(body)] {
          std::unique_lock lock(mutex_);
          while (!stop_.wait_for(lock, period, [this] { return stopping_; })) body();
        }) {}
  ~Ticker() override {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    stop_.notify_one();
  }

 private:
  std::mutex mutex_;
  std::condition_variable stop_;
  bool stopping_ = false;
  RealThread thread_;  // last: it is joined before what it uses goes
};

class RealPlatform final : public Platform {
 public:
  Instant now() const noexcept override { return Instant(std::chrono::steady_clock::now().time_since_epoch()); }
  Instant coarse_now() const noexcept override {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
    return Instant(std::chrono::seconds(time.tv_sec) + Duration(time.tv_nsec));
  }
  Duration coarse_lag() const noexcept override { return std::chrono::milliseconds(10); }  // the longest tick of Linux
  WallTime wall_now() const noexcept override { return std::chrono::system_clock::now(); }
  std::uint64_t random() noexcept override {
    std::uint64_t bits = 0;
    const ssize_t got = getrandom(&bits, sizeof bits, 0);
    AIRSSYS_ASSERT(got == sizeof bits, "getrandom gave {} bytes", got);  // below 256 bytes it is never short
    return bits;
  }
  std::unique_ptr<Thread> start_thread(std::string name, std::function<void()> body) override {
    return std::make_unique<RealThread>(std::move(name), std::move(body));
  }
  std::unique_ptr<Thread> start_ticker(std::string name, Duration period, std::function<void()> body) override {
    return std::make_unique<Ticker>(std::move(name), period, std::move(body));
  }
};

}  // namespace

std::unique_ptr<Platform> real_platform() { return std::make_unique<RealPlatform>(); }

}  // namespace airssys
