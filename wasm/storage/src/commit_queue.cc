#include "commit_queue.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <optional>
#include <thread>
#include <utility>

namespace airssys::wasm {
namespace {

constexpr Duration longest_look = std::chrono::microseconds(100);

}  // namespace

class CommitQueue::Waiting final : public PendingWrite {
 public:
  Waiting(std::shared_ptr<StorageAccount> account, std::string_view prefix, std::span<const StorageOperation> operations)
      : account_(std::move(account)),
        prefix_bytes_(prefix.size()) {
    // Room for all first: the writes below are views of it.
    std::size_t size = 0;
    for (const StorageOperation& one : operations) size += prefix.size() + one.key.size() + (one.value ? one.value->size() : 0);
    text_.reserve(size);
    writes_.reserve(operations.size());
    for (const StorageOperation& one : operations) {
      const std::size_t key = text_.size();
      text_.append(prefix).append(one.key);
      const std::size_t value = text_.size();
      if (one.value) text_.append(*one.value);
      const std::string_view all = text_;
      writes_.push_back(
          {.key = all.substr(key, value - key), .value = one.value ? std::optional(all.substr(value)) : std::nullopt});
    }
  }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

  bool poll(const CallWaker& waker) noexcept override {
    const std::scoped_lock lock(mutex_);
    if (!done_) waker_ = waker;
    return done_;
  }
  const StoreResult<std::uint64_t>& result() const noexcept override { return result_; }

  // Who waits is told by tell().
  void settle(StoreResult<std::uint64_t> result) noexcept { result_ = std::move(result); }
  void tell() noexcept {
    std::optional<CallWaker> waker;
    {
      const std::scoped_lock lock(mutex_);
      done_ = true;
      waker.swap(waker_);
    }
    if (waker) waker->wake();
  }

  [[nodiscard]] StorageAccount& account() const noexcept { return *account_; }
  [[nodiscard]] std::span<const StorageWrite> writes() const noexcept { return writes_; }
  [[nodiscard]] std::size_t prefix_bytes() const noexcept { return prefix_bytes_; }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return text_.size(); }

 private:
  const std::shared_ptr<StorageAccount> account_;
  const std::size_t prefix_bytes_;
  std::string text_;  // keys and values
  std::vector<StorageWrite> writes_;
  StoreResult<std::uint64_t> result_ = 0;  // the queue's until done_
  std::mutex mutex_;
  bool done_ = false;  // guarded, as what follows
  std::optional<CallWaker> waker_;
};

CommitQueue::CommitQueue(StorageContext& context) : context_(context) {
  for (auto& thread : threads_) thread = context_.platform.start_thread("storage-commit", [this] { serve(); });
}

CommitQueue::~CommitQueue() {
  {
    const std::scoped_lock lock(mutex_);
    over_ = true;
  }
  idle_.notify_all();
  for (auto& thread : threads_) thread.reset();
}

StoreResult<std::shared_ptr<PendingWrite>> CommitQueue::add(std::shared_ptr<StorageAccount> account, std::string_view prefix,
                                                            std::span<const StorageOperation> operations) {
  auto added = std::make_shared<Waiting>(std::move(account), prefix, operations);
  std::condition_variable* wake = nullptr;
  {
    const std::scoped_lock lock(mutex_);
    const StorageConfig& limits = context_.config;
    const std::size_t count = waiting_.size() + gathered_;
    if (count >= limits.max_waiting_writes || waiting_bytes_ + added->bytes() > limits.max_waiting_bytes)
      return std::unexpected(StoreError{
          .failure = StorageFailure::unavailable,
          .reason = fmt::format("{} writes wait for the disk, as many as the host lets wait; try again later", count)});
    waiting_bytes_ += added->bytes();
    waiting_.push_back(added);
    arrived_.store(true, std::memory_order_release);
    if (!gathering_)
      wake = &idle_;
    else if (!syncing_ || waiting_.size() % CommitPace::portion == 0)
      wake = &gatherer_;
    if (looking_) wake = nullptr;
  }
  if (wake) wake->notify_one();
  return added;
}

void CommitQueue::serve() {
  Lock lock(mutex_);
  for (;;) {
    idle_.wait(lock, [this] { return !gathering_ && (over_ || !waiting_.empty()); });
    if (waiting_.empty()) return;
    gathering_ = true;
    const Batch group = gather(lock);
    gathering_ = false;
    gathered_ = 0;
    waiting_bytes_ = 0;
    for (const auto& one : waiting_) waiting_bytes_ += one->bytes();
    if (over_ || !waiting_.empty()) idle_.notify_one();
    if (!group.empty()) sync(group, lock);
    const bool nobody_else = !gathering_ && !looking_ && waiting_.empty() && !over_;
    if (nobody_else && looks_.worth_it()) {
      look_for_work(lock, context_.platform.now() + std::min(pace_.patience(), longest_look));
      waiting_.empty() ? looks_.in_vain() : looks_.paid();
    }
  }
}

CommitQueue::Batch CommitQueue::gather(Lock& lock) {
  Batch group;
  pace_.begin();
  do {
    const auto step = pace_.next(group.size(), waiting_.size(), !syncing_, context_.platform.now());
    if (step == CommitPace::Step::sync) break;
    if (step == CommitPace::Step::wait && syncing_) {
      gatherer_.wait(lock);
    } else if (step == CommitPace::Step::wait) {
      wait_for_company(lock);
    } else {
      Batch batch;
      batch.swap(waiting_);
      arrived_.store(false, std::memory_order_relaxed);
      gathered_ += batch.size();
      lock.unlock();
      batch = write(std::move(batch));
      lock.lock();
      group.insert(group.end(), std::make_move_iterator(batch.begin()), std::make_move_iterator(batch.end()));
      gathered_ = group.size();
    }
  } while (!group.empty() || !waiting_.empty());
  return group;
}

void CommitQueue::wait_for_company(Lock& lock) {
  const Instant now = context_.platform.now();
  look_for_work(lock, std::min(pace_.deadline(), now + longest_look));
  if (pace_.deadline() > now + longest_look)
    gatherer_.wait_for(lock, pace_.deadline() - now, [this] { return over_ || !waiting_.empty(); });
}

void CommitQueue::look_for_work(Lock& lock, Instant until) {
  looking_ = true;
  lock.unlock();
  while (!arrived_.load(std::memory_order_acquire) && context_.platform.now() < until) std::this_thread::yield();
  lock.lock();
  looking_ = false;
}

void CommitQueue::sync(const Batch& group, Lock& lock) {
  syncing_ = true;
  lock.unlock();
  const Instant begin = context_.platform.now();
  const Result<> done = context_.backend->flush();
  const Duration took = context_.platform.now() - begin;
  if (done) {
    context_.syncs.add();
    context_.synced_writes.add(group.size());
  } else {
    const StoreError error = context_.failed(done.error());
    for (const auto& one : group) one->settle(std::unexpected(error));
  }
  lock.lock();
  syncing_ = false;
  if (done) pace_.synced(group.size(), gathered_ + waiting_.size(), took);
  if (gathering_) gatherer_.notify_one();
  lock.unlock();
  for (const auto& one : group) one->tell();
  lock.lock();
}

CommitQueue::Batch CommitQueue::write(Batch batch) {
  {
    // Nobody else holds more than one of these, so that their order does not matter.
    std::vector<StorageAccount*> accounts;
    accounts.reserve(batch.size());
    for (const auto& one : batch) accounts.push_back(&one->account());
    std::ranges::sort(accounts);
    accounts.erase(std::ranges::unique(accounts).begin(), accounts.end());
    std::vector<std::unique_lock<std::mutex>> held;
    held.reserve(accounts.size());
    for (StorageAccount* const account : accounts) held.push_back(account->lock());
    std::vector<Waiting*> all;
    all.reserve(batch.size());
    for (const auto& one : batch) all.push_back(one.get());
    write_together(all, accounts.size() < batch.size());
  }
  const auto refused = std::ranges::stable_partition(batch, [](const auto& one) { return one->result().has_value(); });
  for (const auto& one : refused) one->tell();
  batch.erase(refused.begin(), refused.end());
  return batch;
}

void CommitQueue::write_together(std::span<Waiting* const> batch, bool share_accounts) {
  PlannedSizes sizes;
  std::vector<StorageWrite> writes;
  std::vector<Waiting*> planned;
  std::vector<PlannedWrite> plans;
  writes.reserve(batch.size());
  planned.reserve(batch.size());
  plans.reserve(batch.size());
  for (Waiting* const one : batch) {
    auto plan = one->account().plan(one->writes(), one->prefix_bytes(), share_accounts ? &sizes : nullptr);
    if (!plan) {
      one->settle(std::unexpected(std::move(plan).error()));
      continue;
    }
    writes.insert(writes.end(), one->writes().begin(), one->writes().end());
    planned.push_back(one);
    plans.push_back(*plan);
  }
  const Result<> done = writes.empty() ? Result<>() : context_.backend->write(Keyspace::guests, writes, Durability::process);
  for (std::size_t n = 0; n < planned.size(); ++n) {
    Waiting& one = *planned[n];
    if (done) {
      one.account().written(plans[n], one.writes());
      one.settle(plans[n].found);
    } else {
      one.account().undo(plans[n]);
    }
  }
  if (done) return;
  if (planned.size() == 1) {
    planned.front()->settle(std::unexpected(context_.failed(done.error())));
    return;
  }
  // One may be what the disk has no room for: the others need not fail with it.
  for (Waiting* const one : planned) write_together(std::span(&one, 1), false);
}

}  // namespace airssys::wasm
