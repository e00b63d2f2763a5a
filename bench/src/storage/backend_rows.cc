#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "../security/folder.h"
#include "airssys/wasm/storage/storage.h"
#include "entries.h"
#include "raw_rocksdb.h"
#include "rows.h"

namespace airssys::bench {
namespace {

using wasm::BackendKind;
using wasm::Durability;
using wasm::Keyspace;
using wasm::StorageWrite;

constexpr std::uint64_t cache_bytes = std::uint64_t{64} << 20;
constexpr std::uint64_t percentile_samples = 20'000;

// A backend with the calls that RawRocksdb has.
class Backend {
 public:
  static Result<std::unique_ptr<Backend>> open(BackendKind kind, const std::filesystem::path& folder) {
    auto opened = std::make_unique<Backend>();
    AIRSSYS_TRY(opened->store_,
                wasm::open_backend({.kind = kind, .directory = folder, .cache_bytes = cache_bytes, .may_wait = true}));
    return opened;
  }
  Result<> get(std::string_view key, std::string& value) {
    AIRSSYS_TRY(const bool found, store_->get(Keyspace::guests, key, value));
    if (!found) return fail(Code::not_found, std::string(key));
    return {};
  }
  Result<> set(std::string_view key, std::string_view value) { return write(key, value, Durability::process); }
  Result<> set_synced(std::string_view key, std::string_view value) { return write(key, value, Durability::disk); }
  Result<> scan(std::string_view from, int count) {
    std::size_t bytes = 0;
    AIRSSYS_TRY_VOID(store_->scan(Keyspace::guests, {from, ""}, [&](std::string_view key, std::string_view value) {
      bytes += key.size() + value.size();
      return --count > 0;
    }));
    if (bytes == 0) return fail(Code::not_found, "nothing to scan");
    return {};
  }
  Result<> compact() { return store_->compact(); }

 private:
  Result<> write(std::string_view key, std::string_view value, Durability durability) {
    return store_->write(Keyspace::guests, std::array{StorageWrite{key, value}}, durability);
  }
  std::unique_ptr<wasm::StorageBackend> store_;
};

// The store of a component over it: with prefix, account, limit and metrics.
class ComponentStore {
 public:
  static Result<std::unique_ptr<ComponentStore>> open(const std::filesystem::path& folder, Platform& platform) {
    auto opened = std::make_unique<ComponentStore>();
    AIRSSYS_TRY(opened->storage_,
                wasm::Storage::open({.backend = {.directory = folder, .cache_bytes = cache_bytes, .may_wait = true},
                                     .flush = wasm::FlushMode::manual,
                                     .limits = {{"default/bench", std::uint64_t{1} << 40}},
                                     .check_interval = Duration::zero()},
                                    platform, null_log()));
    opened->store_.emplace(opened->storage_->own_store(*wasm::ComponentAddress::parse("bench"), std::nullopt, true));
    return opened;
  }
  Result<> get(std::string_view key, std::string& value) {
    const auto found = store_->get(of_guest(key), value);
    if (!found) return failed(found.error());
    if (!*found) return fail(Code::not_found, std::string(key));
    return {};
  }
  Result<> set(std::string_view key, std::string_view value) {
    const wasm::StorageOperation one{of_guest(key), value};
    const auto written = store_->write(std::span(&one, 1));
    if (!written) return failed(written.error());
    return {};
  }
  Result<> set_synced(std::string_view key, std::string_view value) {
    AIRSSYS_TRY_VOID(set(key, value));
    return storage_->flush();
  }
  Result<> scan(std::string_view from, int count) {
    const auto scanned = store_->scan("", of_guest(from), static_cast<std::uint32_t>(count), true, page_);
    if (!scanned) return failed(scanned.error());
    if (page_.entries().empty()) return fail(Code::not_found, "nothing to scan");
    return {};
  }
  Result<> compact() { return storage_->backend().compact(); }

 private:
  static std::string_view of_guest(std::string_view key) { return key.substr(key.rfind(':') + 1); }
  static std::unexpected<Error> failed(const wasm::StoreError& error) { return fail(Code::io, "the store: " + error.reason); }
  std::unique_ptr<wasm::Storage> storage_;
  std::optional<wasm::Store> store_;
  wasm::StorePage page_;
};

// A store with all entries, made when its first row is asked for.
template <class Store>
class Rig {
 public:
  using Open = std::function<Result<std::unique_ptr<Store>>(const std::filesystem::path& folder)>;
  Rig(std::string_view name, Open open) : folder_(fmt::format("storage_{}", name)), open_(std::move(open)) {}

  Result<> fill() {
    if (store_) return {};
    std::filesystem::create_directories(folder_.path());
    AIRSSYS_TRY(auto store, open_(folder_.path() / "store"));
    for (std::uint64_t n = 0; n < entry_count; ++n) AIRSSYS_TRY_VOID(store->set(RandomEntries::key(n), entries_.any_value()));
    AIRSSYS_TRY_VOID(store->compact());
    store_ = std::move(store);
    return {};
  }
  Result<> get() { return store_->get(entries_.any_key(), value_); }
  Result<> set() { return store_->set(entries_.any_key(), entries_.any_value()); }
  Result<> set_synced() { return store_->set_synced(entries_.any_key(), entries_.any_value()); }
  Result<> scan() {
    return store_->scan(RandomEntries::key(entries_.any_number(entry_count - scanned_entries)), scanned_entries);
  }

 private:
  const Folder folder_;
  const Open open_;
  std::unique_ptr<Store> store_;
  RandomEntries entries_;
  std::string value_;
};

template <class Step>
Result<Ran> repeat(Platform& platform, std::uint64_t n, Step step) {
  const Instant begin = platform.now();
  for (std::uint64_t i = 0; i < n; ++i) AIRSSYS_TRY_VOID(step());
  return Ran{n, platform.now() - begin};
}

template <class Step>
Result<double> percentile(Platform& platform, double fraction, Step step) {
  std::vector<double> took;
  for (std::uint64_t i = 0; i < percentile_samples; ++i) {
    const Instant begin = platform.now();
    AIRSSYS_TRY_VOID(step());
    took.push_back(static_cast<double>((platform.now() - begin).count()));
  }
  const auto at = took.begin() + static_cast<std::ptrdiff_t>(fraction * static_cast<double>(took.size()));
  std::ranges::nth_element(took, at);
  return *at;
}

template <class Store>
void add_rows(Platform& platform, Rows& rows, std::string_view name, typename Rig<Store>::Open open) {
  // Those that only read have a store of their own, which lies still; those that sync one without a backlog of others.
  const auto still = std::make_shared<Rig<Store>>(fmt::format("{}_read", name), open);
  const auto synced = std::make_shared<Rig<Store>>(fmt::format("{}_synced", name), open);
  const auto written = std::make_shared<Rig<Store>>(fmt::format("{}_written", name), open);
  using Call = Result<> (Rig<Store>::*)();
  const auto add = [&](std::string_view row, std::shared_ptr<Rig<Store>> rig, Call call) {
    rows[fmt::format("{}.{}", name, row)] = [&platform, rig, call](std::uint64_t n) -> Result<Ran> {
      AIRSSYS_TRY_VOID(rig->fill());
      return repeat(platform, n, [&] { return std::invoke(call, *rig); });
    };
  };
  add("get", still, &Rig<Store>::get);
  add("scan", still, &Rig<Store>::scan);
  add("set", written, &Rig<Store>::set);
  add("sync", synced, &Rig<Store>::set_synced);
  const auto add_percentiles = [&](std::string_view row, std::shared_ptr<Rig<Store>> rig, Call call) {
    for (const auto& [suffix, fraction] : {std::pair{"p50", 0.5}, std::pair{"p99", 0.99}})
      rows[fmt::format("{}.{}.{}", name, row, suffix)] = [&platform, rig, call, fraction = fraction]() -> Result<double> {
        AIRSSYS_TRY_VOID(rig->fill());
        return percentile(platform, fraction, [&] { return std::invoke(call, *rig); });
      };
  };
  add_percentiles("get", still, &Rig<Store>::get);
  add_percentiles("set", written, &Rig<Store>::set);
}

}  // namespace

void add_backend_rows(Platform& platform, Rows& rows) {
  for (const BackendKind kind : {BackendKind::rocksdb, BackendKind::sled})
    add_rows<Backend>(platform, rows, wasm::backend_name(kind),
                      [kind](const std::filesystem::path& folder) { return Backend::open(kind, folder); });
  add_rows<ComponentStore>(platform, rows, "store",
                           [&platform](const std::filesystem::path& folder) { return ComponentStore::open(folder, platform); });
  add_rows<RawRocksdb>(platform, rows, "raw",
                       [](const std::filesystem::path& folder) { return RawRocksdb::open(folder, cache_bytes); });
}

}  // namespace airssys::bench
