// What the stores cost above their backend: prefixes, accounts, metrics; and writes that wait for the disk, gathered.
#include <fmt/format.h>

#include <array>
#include <atomic>
#include <memory>
#include <semaphore>
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

// Stands for a guest that is suspended: counts the wakes of all writers together.
class Woken final : public wasm::WakeTarget {
 public:
  void retain() noexcept override {}
  void release() noexcept override {}
  void wake() noexcept override { signal_.release(); }
  void wait() { signal_.acquire(); }

 private:
  std::counting_semaphore<> signal_{0};
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
      rig->writers_.push_back({.store = rig->storage_->own_store(*address, std::nullopt, true)});
    }
    return rig;
  }
  CommitRig(std::size_t writers, Platform& platform) : platform_(platform), folder_(fmt::format("commit_{}", writers)) {}

  Result<Ran> write(std::uint64_t n) {
    const std::uint64_t count = std::max<std::uint64_t>(n, writers_.size());
    std::uint64_t begun = 0, ended = 0;
    const Instant begin = platform_.now();
    while (ended < count) {
      bool moved = false;
      for (Writer& writer : writers_) {
        if (writer.pending && writer.pending->poll(wasm::CallWaker(woken_))) {
          if (!writer.pending->result()) return failed(writer.pending->result().error());
          writer.pending.reset();
          ++ended;
          moved = true;
        }
        if (!writer.pending && begun < count) {
          const std::string key = fmt::format("key-{}", writer.next++ % keys_of_each);
          const StorageOperation one{key, value_};
          auto pending = writer.store.begin_write(std::span(&one, 1));
          if (!pending) return failed(pending.error());
          writer.pending = *std::move(pending);
          ++begun;
          moved = true;
        }
      }
      if (!moved) woken_.wait();
    }
    return Ran{count, platform_.now() - begin};
  }

 private:
  struct Writer {
    Store store;
    std::shared_ptr<wasm::PendingWrite> pending = nullptr;
    std::uint64_t next = 0;
  };
  Platform& platform_;
  const Folder folder_;
  const std::string value_ = std::string(value_bytes, 'v');
  Woken woken_;
  std::unique_ptr<wasm::Storage> storage_;
  std::vector<Writer> writers_;
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
