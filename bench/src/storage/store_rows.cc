// What the stores cost above their backend: prefixes, accounts, metrics; and writes that wait for the disk, gathered.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "../security/folder.h"
#include "airssys/wasm/storage/storage.h"
#include "entries.h"
#include "rows.h"

namespace airssys::bench {
namespace {

using wasm::StorageConfig;
using wasm::StorageOperation;
using wasm::Store;

constexpr std::size_t keys_of_each = 100;  // of a component that writes

std::unexpected<Error> failed(const wasm::StoreError& error) { return fail(Code::io, "the store refused: " + error.reason); }

// Those of suspended guests that are to go on, each woken for itself, as a host does.
class Woken {
 public:
  void add(std::size_t writer) {
    const std::scoped_lock lock(mutex_);
    writers_.push_back(writer);
    if (writers_.size() == 1) changed_.notify_one();
  }
  // One at least.
  void take(std::vector<std::size_t>& writers) {
    writers.clear();
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !writers_.empty(); });
    writers.swap(writers_);
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::size_t> writers_;  // guarded
};

// As many components as there are writers, each with one write under way.
class CommitRig {
 public:
  static Result<std::unique_ptr<CommitRig>> create(std::size_t writers, Platform& platform) {
    auto rig = std::make_unique<CommitRig>(writers, platform);
    AIRSSYS_TRY(rig->storage_,
                wasm::Storage::open({.backend = {.kind = wasm::BackendKind::rocksdb, .directory = rig->folder_.path()},
                                     .flush = wasm::FlushMode::always,
                                     .check_interval = Duration::zero()},
                                    platform, null_log()));
    for (std::size_t n = 0; n < writers; ++n) {
      const auto address = wasm::ComponentAddress::parse(fmt::format("writer-{}", n));
      rig->writers_.push_back(std::make_unique<Writer>(rig->storage_->own_store(*address, std::nullopt, true), n, rig->woken_));
    }
    return rig;
  }
  CommitRig(std::size_t writers, Platform& platform) : platform_(platform), folder_(fmt::format("commit_{}", writers)) {}

  Result<Ran> write(std::uint64_t n) {
    // Some of each: at the end of a batch the last have no others with them.
    const std::uint64_t count = std::max<std::uint64_t>(n, writers_.size() * writes_of_each);
    std::uint64_t begun = 0, ended = 0;
    std::vector<std::size_t> ready;
    const Instant begin = platform_.now();
    for (; begun < writers_.size(); ++begun) AIRSSYS_TRY_VOID(begin_write(*writers_[begun]));
    while (ended < count) {
      woken_.take(ready);
      for (const std::size_t number : ready) {
        Writer& writer = *writers_[number];
        if (!writer.pending->poll(wasm::CallWaker(writer))) continue;
        if (!writer.pending->result()) return failed(writer.pending->result().error());
        ++ended;
        if (begun == count) continue;
        ++begun;
        AIRSSYS_TRY_VOID(begin_write(writer));
      }
    }
    return Ran{count, platform_.now() - begin};
  }

 private:
  static constexpr std::size_t writes_of_each = 8;

  struct Writer final : wasm::WakeTarget {
    Writer(Store own, std::size_t its_number, Woken& its_woken) : store(std::move(own)), number(its_number), woken(its_woken) {}
    void retain() noexcept override {}
    void release() noexcept override {}
    void wake() noexcept override { woken.add(number); }

    const Store store;
    const std::size_t number;
    Woken& woken;
    std::shared_ptr<wasm::PendingWrite> pending = nullptr;
    std::uint64_t next = 0;
  };

  Result<> begin_write(Writer& writer) {
    const std::string key = fmt::format("key-{}", writer.next++ % keys_of_each);
    const StorageOperation one{key, value_};
    auto pending = writer.store.begin_write(std::span(&one, 1));
    if (!pending) return failed(pending.error());
    writer.pending = *std::move(pending);
    if (writer.pending->poll(wasm::CallWaker(writer))) writer.wake();
    return {};
  }

  Platform& platform_;
  const Folder folder_;
  const std::string value_ = std::string(value_bytes, 'v');
  Woken woken_;
  std::vector<std::unique_ptr<Writer>> writers_;
  std::unique_ptr<wasm::Storage> storage_;  // goes first: it may still wake writers
};

// The same puts one by one, each synchronised before the next.
class SyncedPuts {
 public:
  static Result<std::unique_ptr<SyncedPuts>> create(Platform& platform) {
    auto rig = std::make_unique<SyncedPuts>(platform);
    AIRSSYS_TRY(rig->backend_,
                wasm::open_backend({.kind = wasm::BackendKind::rocksdb, .directory = rig->folder_.path(), .may_wait = true}));
    return rig;
  }
  explicit SyncedPuts(Platform& platform) : platform_(platform), folder_("synced_puts") {}

  Result<Ran> write(std::uint64_t n) {
    const Instant begin = platform_.now();
    for (std::uint64_t left = n; left > 0; --left) {
      const std::string key = fmt::format("component:default/writer:key-{}", next_++ % keys_of_each);
      AIRSSYS_TRY_VOID(
          backend_->write(wasm::Keyspace::guests, std::array{wasm::StorageWrite{key, value_}}, wasm::Durability::disk));
    }
    return Ran{n, platform_.now() - begin};
  }

 private:
  Platform& platform_;
  const Folder folder_;
  const std::string value_ = std::string(value_bytes, 'v');
  std::unique_ptr<wasm::StorageBackend> backend_;
  std::uint64_t next_ = 0;
};

// Over memory, where the store's own work is most of it: with prefix, account, limit and metrics, and without.
class QuotaRig {
 public:
  static Result<std::unique_ptr<QuotaRig>> create(Platform& platform) {
    auto rig = std::make_unique<QuotaRig>(platform);
    AIRSSYS_TRY(rig->storage_, wasm::Storage::open({.flush = wasm::FlushMode::manual, .check_interval = Duration::zero()},
                                                   platform, null_log()));
    rig->store_ = std::make_unique<Store>(rig->storage_->own_store(*wasm::ComponentAddress::parse("writer"), std::nullopt, true));
    return rig;
  }
  explicit QuotaRig(Platform& platform) : platform_(platform) {}

  Result<Ran> through_store(std::uint64_t n) {
    const Instant begin = platform_.now();
    for (std::uint64_t left = n; left > 0; --left) {
      const StorageOperation one{keys_[left % keys_.size()], value_};
      if (auto written = store_->write(std::span(&one, 1)); !written) return failed(written.error());
    }
    return Ran{n, platform_.now() - begin};
  }
  Result<Ran> backend_alone(std::uint64_t n) {
    const Instant begin = platform_.now();
    for (std::uint64_t left = n; left > 0; --left)
      AIRSSYS_TRY_VOID(storage_->backend().write(
          wasm::Keyspace::host, std::array{wasm::StorageWrite{keys_[left % keys_.size()], value_}}, wasm::Durability::process));
    return Ran{n, platform_.now() - begin};
  }

 private:
  Platform& platform_;
  const std::array<std::string, 4> keys_{"alpha", "beta", "gamma", "delta"};
  const std::string value_ = std::string(16, 'v');
  std::unique_ptr<wasm::Storage> storage_;
  std::unique_ptr<Store> store_;
};

// Made when the row is asked for first: others need no folder of it.
template <class Rig, class Make, class Run>
Batch lazily(Make make, Run run) {
  return [make, run, rig = std::shared_ptr<Rig>()](std::uint64_t n) mutable -> Result<Ran> {
    if (!rig) {
      AIRSSYS_TRY(rig, make());
    }
    return run(*rig, n);
  };
}

}  // namespace

void add_store_rows(Platform& platform, Rows& rows) {
  for (const std::size_t writers : {std::size_t{1}, std::size_t{16}, std::size_t{256}})
    rows[fmt::format("commit.{}", writers)] =
        lazily<CommitRig>([writers, &platform] { return CommitRig::create(writers, platform); },
                          [](CommitRig& rig, std::uint64_t n) { return rig.write(n); });
  rows["commit.raw"] = lazily<SyncedPuts>([&platform] { return SyncedPuts::create(platform); },
                                          [](SyncedPuts& rig, std::uint64_t n) { return rig.write(n); });
  rows["quota"] = lazily<QuotaRig>([&platform] { return QuotaRig::create(platform); },
                                   [](QuotaRig& rig, std::uint64_t n) { return rig.through_store(n); });
  rows["quota.raw"] = lazily<QuotaRig>([&platform] { return QuotaRig::create(platform); },
                                       [](QuotaRig& rig, std::uint64_t n) { return rig.backend_alone(n); });
}

}  // namespace airssys::bench
