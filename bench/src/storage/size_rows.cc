// Much in one component, and many components: what of a store grows with what it holds, at two sizes each, so that a third can be
// told from them.
#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "../process_figures.h"
#include "../security/folder.h"
#include "airssys/wasm/core/testing/fixed_gate.h"
#include "airssys/wasm/storage/guest_storage.h"
#include "airssys/wasm/storage/storage.h"
#include "entries.h"
#include "raw_rocksdb.h"
#include "rows.h"

namespace airssys::bench {
namespace {

struct Shape {
  std::string_view name;
  std::uint64_t components, keys_each;  // values of 1 KiB
  [[nodiscard]] std::uint64_t entries() const noexcept { return components * keys_each; }
};
constexpr std::array shapes{Shape{"large.256m", 1, 256 << 10}, Shape{"large.2g", 1, 2 << 20},  //
                            Shape{"many.1000", 1000, 250}, Shape{"many.10000", 10'000, 100}};
constexpr std::uint64_t cache_bytes = std::uint64_t{64} << 20;
constexpr int warming_gets = 20'000;

std::string component_name(std::uint64_t component) { return fmt::format("c{:05}", component); }
std::string key_of(std::uint64_t number) { return fmt::format("{:08}", number); }
std::string physical(std::uint64_t component, std::uint64_t key) {
  return fmt::format("component:default/{}:{}", component_name(component), key_of(key));
}
std::unexpected<Error> failed(const wasm::StoreError& error) { return fail(Code::io, "the store: " + error.reason); }

std::uint64_t bytes_of_files(const std::filesystem::path& folder) {
  std::uint64_t bytes = 0;
  for (const auto& file : std::filesystem::recursive_directory_iterator(folder))
    if (file.is_regular_file()) bytes += file.file_size();
  return bytes;
}

// The stores of so many components.
class Ours {
 public:
  Ours(const Shape& shape, std::filesystem::path folder, Platform& platform)
      : shape_(shape),
        folder_(std::move(folder)),
        platform_(platform) {}

  // Not through the stores, which would ask for each key what it had.
  Result<> begin_filling() {
    AIRSSYS_TRY(filling_, wasm::open_backend(backend()));
    return {};
  }
  Result<> fill(std::uint64_t component, std::uint64_t key, std::string_view value) {
    const std::string name = physical(component, key);
    return filling_->write(wasm::Keyspace::guests, std::array{wasm::StorageWrite{name, value}}, wasm::Durability::process);
  }
  Result<> end_filling() {
    AIRSSYS_TRY_VOID(filling_->compact());
    filling_.reset();
    return open();
  }
  Result<> open() {
    AIRSSYS_TRY(storage_, wasm::Storage::open({.backend = backend(),
                                               .flush = wasm::FlushMode::manual,
                                               .default_max = std::uint64_t{1} << 40,
                                               .check_interval = Duration::zero()},
                                              platform_, null_log()));
    for (std::uint64_t n = 0; n < shape_.components; ++n)
      stores_.push_back(storage_->own_store(*wasm::ComponentAddress::parse(component_name(n)), std::nullopt, false));
    return {};
  }
  void close() {
    stores_.clear();
    storage_.reset();
  }
  // As after a host that was killed: nobody has written down who uses how much.
  Result<> forget() {
    AIRSSYS_TRY(const auto opened, wasm::open_backend(backend()));
    return wasm::forget_usage(*opened);
  }
  Result<> get(std::uint64_t component, std::uint64_t key, std::string& value) {
    const auto found = stores_[component].get(key_of(key), value);
    if (!found) return failed(found.error());
    if (!*found) return fail(Code::not_found, key_of(key));
    return {};
  }
  Result<> set(std::uint64_t component, std::uint64_t key, std::string_view value) {
    const std::string name = key_of(key);
    const wasm::StorageOperation one{name, value};
    if (const auto written = stores_[component].write(std::span(&one, 1)); !written) return failed(written.error());
    return {};
  }
  Result<> scan(std::uint64_t component, std::uint64_t from, int count) {
    const auto scanned = stores_[component].scan("", key_of(from), static_cast<std::uint32_t>(count), true, page_);
    if (!scanned) return failed(scanned.error());
    return {};
  }
  Result<> read_all() { return storage_->check(); }

 private:
  wasm::BackendConfig backend() const { return {.directory = folder_, .cache_bytes = cache_bytes, .may_wait = true}; }

  const Shape& shape_;
  const std::filesystem::path folder_;
  Platform& platform_;
  std::unique_ptr<wasm::StorageBackend> filling_;
  std::unique_ptr<wasm::Storage> storage_;
  std::vector<wasm::Store> stores_;
  wasm::StorePage page_;
};

// The same entries in RocksDB.
class Raw {
 public:
  Raw(const Shape& shape, std::filesystem::path folder, Platform&) : shape_(shape), folder_(std::move(folder)) {}

  Result<> begin_filling() { return open(); }
  Result<> fill(std::uint64_t component, std::uint64_t key, std::string_view value) { return set(component, key, value); }
  Result<> end_filling() {
    AIRSSYS_TRY_VOID(db_->compact());
    close();
    AIRSSYS_TRY_VOID(open());
    return read_all();
  }
  Result<> open() {
    AIRSSYS_TRY(db_, RawRocksdb::open(folder_, cache_bytes));
    return {};
  }
  void close() { db_.reset(); }
  static Result<> forget() { return {}; }
  Result<> get(std::uint64_t component, std::uint64_t key, std::string& value) {
    return db_->get(physical(component, key), value);
  }
  Result<> set(std::uint64_t component, std::uint64_t key, std::string_view value) {
    return db_->set(physical(component, key), value);
  }
  Result<> scan(std::uint64_t component, std::uint64_t from, int count) { return db_->scan(physical(component, from), count); }
  Result<> read_all() { return db_->scan(physical(0, 0), std::numeric_limits<int>::max()); }

 private:
  const Shape& shape_;
  const std::filesystem::path folder_;
  std::unique_ptr<RawRocksdb> db_;
};

template <class Side>
class Rig {
 public:
  Rig(const Shape& shape, std::string_view side, Platform& platform)
      : shape_(shape),
        folder_(fmt::format("storage_{}_{}", shape.name, side)),
        platform_(platform),
        side_(shape, folder_.path() / "store", platform) {}

  Result<> fill() {
    std::filesystem::create_directories(folder_.path());
    AIRSSYS_TRY_VOID(side_.begin_filling());
    // In the order of the keys: what is compacted is the same, and it takes a sixth of the time.
    for (std::uint64_t n = 0; n < shape_.entries(); ++n)
      AIRSSYS_TRY_VOID(side_.fill(n / shape_.keys_each, n % shape_.keys_each, entries_.any_value()));
    AIRSSYS_TRY_VOID(side_.end_filling());
    // Until the cache has what it keeps: a block of an index is half a megabyte.
    for (int n = 0; n < warming_gets; ++n) AIRSSYS_TRY_VOID(get());
    return {};
  }
  Result<> get() { return side_.get(any_component(), any_key(), value_); }
  Result<> set() { return side_.set(any_component(), any_key(), entries_.any_value()); }
  Result<> scan() {
    return side_.scan(any_component(), entries_.any_number(shape_.keys_each - scanned_entries + 1), scanned_entries);
  }
  Result<double> open() {
    side_.close();
    return timed([this] { return side_.open(); });
  }
  Result<double> recount() {
    side_.close();
    AIRSSYS_TRY_VOID(side_.forget());
    return timed([this]() -> Result<> {
      AIRSSYS_TRY_VOID(side_.open());
      // Ours has read everything to open.
      if constexpr (std::is_same_v<Side, Raw>) AIRSSYS_TRY_VOID(side_.read_all());
      return {};
    });
  }
  Result<double> check() {
    return timed([this] { return side_.read_all(); });
  }
  // Bytes of its files for each byte of keys and values.
  Result<double> disk() {
    const auto data = static_cast<double>(shape_.entries() * (value_bytes + key_of(0).size()));
    return static_cast<double>(bytes_of_files(folder_.path())) / data;
  }

 private:
  std::uint64_t any_component() { return entries_.any_number(shape_.components); }
  std::uint64_t any_key() { return entries_.any_number(shape_.keys_each); }
  template <class Step>
  Result<double> timed(Step step) {
    const Instant begin = platform_.now();
    AIRSSYS_TRY_VOID(step());
    return static_cast<double>((platform_.now() - begin).count());
  }

  const Shape& shape_;
  const Folder folder_;
  Platform& platform_;
  Side side_;
  RandomEntries entries_;
  std::string value_;
};

// Of one side, that of the shape that was asked for last: no disk has to have room for all.
template <class Side>
class Latest {
 public:
  Latest(std::string_view side, Platform& platform) : side_(side), platform_(platform) {}

  Result<Rig<Side>*> of(const Shape& shape) {
    if (shape_ != &shape) {
      shape_ = nullptr;
      rig_ = std::make_unique<Rig<Side>>(shape, side_, platform_);
      AIRSSYS_TRY_VOID(rig_->fill());
      shape_ = &shape;
    }
    return rig_.get();
  }

 private:
  const std::string side_;
  Platform& platform_;
  std::unique_ptr<Rig<Side>> rig_;
  const Shape* shape_ = nullptr;  // of a rig that is filled
};

template <class Side>
void add_side(Platform& platform, Rows& rows, std::string_view side) {
  const auto latest = std::make_shared<Latest<Side>>(side, platform);
  for (const Shape& shape : shapes) {
    const auto name = [&](std::string_view row) { return fmt::format("{}.{}.{}", side, shape.name, row); };
    using Call = Result<> (Rig<Side>::*)();
    for (const auto& [row, call] :
         {std::pair<std::string_view, Call>{"get", &Rig<Side>::get}, {"set", &Rig<Side>::set}, {"scan", &Rig<Side>::scan}})
      rows[name(row)] = [&platform, &shape, latest, call = call](std::uint64_t n) -> Result<Ran> {
        AIRSSYS_TRY(Rig<Side>* const rig, latest->of(shape));
        const Instant begin = platform.now();
        for (std::uint64_t i = 0; i < n; ++i) AIRSSYS_TRY_VOID((rig->*call)());
        return Ran{n, platform.now() - begin};
      };
    using Figure = Result<double> (Rig<Side>::*)();
    for (const auto& [row, figure] : {std::pair<std::string_view, Figure>{"open", &Rig<Side>::open},
                                      {"recount", &Rig<Side>::recount},
                                      {"check", &Rig<Side>::check},
                                      {"disk", &Rig<Side>::disk}})
      rows[name(row)] = [&shape, latest, figure = figure]() -> Result<double> {
        AIRSSYS_TRY(Rig<Side>* const rig, latest->of(shape));
        return (rig->*figure)();
      };
  }
}

// N.13: all keys of a component that has 10 000, and counting them.
class TenThousand {
 public:
  static Result<std::shared_ptr<TenThousand>> create(wasm::BackendKind kind, Platform& platform) {
    auto made = std::make_shared<TenThousand>(kind);
    AIRSSYS_TRY(made->storage_,
                wasm::Storage::open({.backend = {.kind = kind, .directory = made->folder_.path(), .may_wait = true},
                                     .flush = wasm::FlushMode::manual,
                                     .check_interval = Duration::zero()},
                                    platform, null_log()));
    made->store_.emplace(made->storage_->own_store(*wasm::ComponentAddress::parse("bench"), std::nullopt, false));
    RandomEntries entries;
    for (std::uint64_t n = 0; n < wasm::max_storage_page_entries; ++n) {
      const std::string key = key_of(n);
      const wasm::StorageOperation one{key, entries.any_value()};
      if (const auto written = made->store_->write(std::span(&one, 1)); !written) return failed(written.error());
    }
    return made;
  }
  explicit TenThousand(wasm::BackendKind kind) : folder_(fmt::format("storage_10k_{}", wasm::backend_name(kind))) {}

  Result<> keys() {
    const auto scanned = store_->scan("", std::nullopt, 0, false, page_);
    if (!scanned) return failed(scanned.error());
    if (page_.more() || page_.entries().size() != wasm::max_storage_page_entries) return fail(Code::internal, "not all keys");
    return {};
  }
  Result<> check() { return storage_->check(); }

 private:
  const Folder folder_;
  std::unique_ptr<wasm::Storage> storage_;
  std::optional<wasm::Store> store_;
  wasm::StorePage page_;
};

void add_ten_thousand(wasm::BackendKind kind, Platform& platform, Rows& rows) {
  const auto made = std::make_shared<std::shared_ptr<TenThousand>>();
  for (const auto& [row, call] :
       {std::pair<std::string_view, Result<> (TenThousand::*)()>{"keys", &TenThousand::keys}, {"check", &TenThousand::check}})
    rows[fmt::format("10k.{}.{}", wasm::backend_name(kind), row)] = [kind, made, call = call,
                                                                     &platform](std::uint64_t n) -> Result<Ran> {
      if (!*made) {
        AIRSSYS_TRY(*made, TenThousand::create(kind, platform));
      }
      const Instant begin = platform.now();
      for (std::uint64_t i = 0; i < n; ++i) AIRSSYS_TRY_VOID((made->get()->*call)());
      return Ran{n, platform.now() - begin};
    };
}

// What a component's storage takes when it lies still: account, store, and what its guest calls. Of a new process.
Result<double> bytes_of_each(std::uint64_t components, Platform& platform) {
  wasm::testing::FixedGate gate;
  AIRSSYS_TRY(const auto storage,
              wasm::Storage::open({.flush = wasm::FlushMode::manual, .check_interval = Duration::zero()}, platform, null_log()));
  std::vector<std::unique_ptr<wasm::GuestStorage>> guests;
  guests.reserve(components);
  const double before = resident_bytes();
  for (std::uint64_t n = 0; n < components; ++n) {
    const auto address = *wasm::ComponentAddress::parse(component_name(n));
    guests.push_back(
        std::make_unique<wasm::GuestStorage>(address, storage->own_store(address, std::nullopt, false), *storage, gate));
  }
  return (resident_bytes() - before) / static_cast<double>(components);
}

}  // namespace

void add_size_rows(Platform& platform, Rows& rows) {
  add_side<Ours>(platform, rows, "size");
  add_side<Raw>(platform, rows, "size.raw");
  for (const auto kind : {wasm::BackendKind::rocksdb, wasm::BackendKind::sled}) add_ten_thousand(kind, platform, rows);
  for (const Shape& shape : shapes)
    if (shape.components > 1)
      rows[fmt::format("size.{}.bytes", shape.name)] = [&platform, &shape] { return bytes_of_each(shape.components, platform); };
}

}  // namespace airssys::bench
