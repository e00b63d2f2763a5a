#include "commit_queue.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace airssys::wasm {

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

  // Who waits is told by tell(): the result is of a group, and nobody runs before all of it is known.
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
  thread_ = context.platform.start_thread("storage-commit", [this] { serve(); });
}

CommitQueue::~CommitQueue() {
  {
    const std::scoped_lock lock(mutex_);
    over_ = true;
  }
  changed_.notify_one();
  thread_.reset();
}

StoreResult<std::shared_ptr<PendingWrite>> CommitQueue::add(std::shared_ptr<StorageAccount> account, std::string_view prefix,
                                                            std::span<const StorageOperation> operations) {
  auto added = std::make_shared<Waiting>(std::move(account), prefix, operations);
  {
    const std::scoped_lock lock(mutex_);
    const StorageConfig& limits = context_.config;
    if (waiting_.size() >= limits.max_waiting_writes || waiting_bytes_ + added->bytes() > limits.max_waiting_bytes)
      return std::unexpected(StoreError{
          .failure = StorageFailure::unavailable,
          .reason = fmt::format("{} writes wait for the disk, as many as the host lets wait; try again later", waiting_.size())});
    waiting_bytes_ += added->bytes();
    waiting_.push_back(added);
  }
  changed_.notify_one();
  return added;
}

void CommitQueue::serve() {
  for (;;) {
    Batch batch;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return over_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      batch.swap(waiting_);
      waiting_bytes_ = 0;
    }
    commit(batch);
  }
}

void CommitQueue::commit(const Batch& batch) {
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
    write_together(batch);
  }
  for (const auto& one : batch) one->tell();
}

void CommitQueue::write_together(std::span<const std::shared_ptr<Waiting>> batch) {
  PlannedSizes sizes;
  std::vector<StorageWrite> writes;
  std::vector<std::pair<Waiting*, PlannedWrite>> planned;
  for (const auto& one : batch) {
    auto plan = one->account().plan(one->writes(), one->prefix_bytes(), &sizes);
    if (!plan) {
      one->settle(std::unexpected(std::move(plan).error()));
      continue;
    }
    writes.insert(writes.end(), one->writes().begin(), one->writes().end());
    planned.emplace_back(one.get(), *plan);
  }
  if (planned.empty()) return;
  const Result<> done =
      writes.empty() ? context_.backend->flush() : context_.backend->write(Keyspace::guests, writes, Durability::disk);
  if (done) {
    context_.syncs.add();
    context_.synced_writes.add(planned.size());
    for (const auto& [one, plan] : planned) {
      one->account().written(plan, one->writes());
      one->settle(plan.found);
    }
    return;
  }
  for (const auto& [one, plan] : planned) one->account().undo(plan);
  if (batch.size() == 1) {
    batch.front()->settle(std::unexpected(context_.failed(done.error())));
    return;
  }
  // One may be what the disk has no room for: the others need not fail with it.
  for (const auto& one : batch) write_together(std::span(&one, 1));
}

}  // namespace airssys::wasm
