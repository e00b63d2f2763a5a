#include "signals.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>

namespace airssys::cli {
namespace {

// A handler has no argument to find its object by, so this one thing is global.
std::atomic<bool> requested_by_signal{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may touch nothing else");

extern "C" void on_signal(int signal) {
  if (requested_by_signal.exchange(true)) ::_exit(128 + signal);
}

class ProcessInterrupt final : public Interrupt {
 public:
  bool requested() const noexcept override { return requested_by_signal.load(std::memory_order_relaxed); }
  // A signal ends it, but for one that comes just before.
  void wait(Duration at_most) const noexcept override {
    if (!requested()) ::poll(nullptr, 0, static_cast<int>(ceil<std::chrono::milliseconds>(at_most).count()));
  }
};

}  // namespace

std::unique_ptr<Interrupt> process_interrupt() {
  struct sigaction action{};
  action.sa_handler = on_signal;
  ::sigemptyset(&action.sa_mask);
  // No SA_RESTART: whoever waits for input looks at once.
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction before{};
    ::sigaction(number, nullptr, &before);
    if (number == SIGHUP && before.sa_handler == SIG_IGN) continue;
    ::sigaction(number, &action, nullptr);
  }
  ::signal(SIGPIPE, SIG_IGN);
  return std::make_unique<ProcessInterrupt>();
}

}  // namespace airssys::cli
