#include "clear_queue.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "emptying.h"

namespace airssys::wasm {

class ClearQueue::Clearing final : public PendingWrite {
 public:
  Clearing(std::shared_ptr<StorageAccount> account, std::string prefix)
      : account_(std::move(account)),
        emptying_(*account_, prefix, end_of_prefix(prefix)) {}

  bool poll(const CallWaker& waker) noexcept override {
    const std::scoped_lock lock(mutex_);
    if (!done_) waker_ = waker;
    return done_;
  }
  const StoreResult<std::uint64_t>& result() const noexcept override { return result_; }

  // False: it is done, and whoever waits knows.
  bool step() {
    StorageContext& context = account_->context();
    const auto more = emptying_.step();
    if (more && *more) return true;
    result_ = emptying_.deleted().keys;
    if (!more) {
      result_ = std::unexpected(more.error());
    } else if (context.config.flush == FlushMode::always) {
      if (const auto flushed = context.backend->flush(); !flushed) result_ = std::unexpected(context.failed(flushed.error()));
    }
    std::optional<CallWaker> waker;
    {
      const std::scoped_lock lock(mutex_);
      done_ = true;
      waker.swap(waker_);
    }
    if (waker) waker->wake();
    return false;
  }

 private:
  const std::shared_ptr<StorageAccount> account_;
  Emptying emptying_;
  StoreResult<std::uint64_t> result_ = 0;  // the queue's until done_
  std::mutex mutex_;
  bool done_ = false;  // guarded, as what follows
  std::optional<CallWaker> waker_;
};

ClearQueue::~ClearQueue() {
  {
    const std::scoped_lock lock(mutex_);
    over_ = true;
  }
  changed_.notify_one();
  thread_.reset();
}

StoreResult<std::shared_ptr<PendingWrite>> ClearQueue::add(std::shared_ptr<StorageAccount> account, std::string prefix) {
  auto added = std::make_shared<Clearing>(std::move(account), std::move(prefix));
  {
    const std::scoped_lock lock(mutex_);
    if (waiting_.size() >= context_.config.max_waiting_writes)
      return std::unexpected(StoreError{
          .failure = StorageFailure::unavailable,
          .reason = fmt::format("{} stores are being cleared, as many as the host lets wait; try again later", waiting_.size())});
    waiting_.push_back(added);
    if (!thread_) thread_ = context_.platform.start_thread("storage-clear", [this] { serve(); });
  }
  changed_.notify_one();
  return added;
}

void ClearQueue::serve() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return over_ || !waiting_.empty(); });
    if (over_) return;
    std::weak_ptr<Clearing> next = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    bool more = false;
    if (const auto clearing = next.lock()) more = clearing->step();
    lock.lock();
    if (more) waiting_.push_back(std::move(next));
  }
}

}  // namespace airssys::wasm
