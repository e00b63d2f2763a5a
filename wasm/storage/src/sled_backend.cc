#include "sled_backend.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "airssys/base/descriptor.h"
#include "airssys/base/units.h"
#include "airssys/wasm/bridge/handles.h"
#include "airssys/wasm/bridge/sled.h"
#include "shared_flush.h"

namespace airssys::wasm {
namespace {

namespace fs = std::filesystem;

using Sled = BridgeHandle<aw_sled, aw_sled_delete>;
static_assert(AW_SLED_TREES == keyspace_count);

// sled keeps at least this much in memory whatever it is told.
constexpr std::uint64_t min_cache_bytes = std::uint64_t{1} << 20;
// sled does not recover from a full disk: reads fail, too, until it is opened again. So it is not let get there: writing ends
// while there is still this much, which is looked at each time so much was written.
constexpr std::uint64_t reserve_bytes = std::uint64_t{32} << 20;
constexpr std::uint64_t look_bytes = std::uint64_t{1} << 20;

aw_bytes of_text(std::string_view text) noexcept { return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; }
std::string_view to_text(aw_bytes bytes) noexcept { return {reinterpret_cast<const char*>(bytes.ptr), bytes.len}; }

std::string_view advice(Code code) noexcept {
  if (code == Code::corrupt) return "; restore a backup";
  if (code == Code::io) return "; the store has to be opened again, and loses what it had not flushed";
  return "";
}

Result<> checked(aw_error* error, std::string_view doing) {
  auto done = check(error);
  if (done) return {};
  const Code code = done.error().code();
  return fail(code, fmt::format("sled: {}: {}{}", doing, done.error().message(), advice(code)));
}

class SledBackend final : public StorageBackend {
 public:
  SledBackend(fs::path folder, Sled store, std::optional<StoreDirectory> directory)
      : directory_(std::move(directory)),
        folder_(std::move(folder)),
        store_(std::move(store)) {}
  ~SledBackend() override { static_cast<void>(flush()); }

  [[nodiscard]] std::string_view name() const noexcept override { return backend_name(BackendKind::sled); }
  [[nodiscard]] bool survives_kill() const noexcept override { return false; }

  [[nodiscard]] Result<bool> get(Keyspace space, std::string_view key, std::string& value) const override {
    struct Found {
      std::string& value;
      bool found = false;
    } to{value};
    const auto copy = [](void* found, aw_bytes bytes) noexcept {
      static_cast<Found*>(found)->found = true;
      static_cast<Found*>(found)->value.assign(to_text(bytes));
    };
    AIRSSYS_TRY_VOID(checked(aw_sled_get(store_.get(), tree(space), of_text(key), &to, copy), "get"));
    return to.found;
  }
  [[nodiscard]] Result<std::optional<std::uint64_t>> size_of(Keyspace space, std::string_view key) const override {
    std::optional<std::uint64_t> size;
    const auto measure = [](void* to, aw_bytes bytes) noexcept { *static_cast<std::optional<std::uint64_t>*>(to) = bytes.len; };
    AIRSSYS_TRY_VOID(checked(aw_sled_get(store_.get(), tree(space), of_text(key), &size, measure), "get"));
    return size;
  }
  [[nodiscard]] Result<> write(Keyspace space, std::span<const StorageWrite> writes, Durability durability) override;
  [[nodiscard]] Result<> scan(Keyspace space, KeyRange range, const Visit& visit) const override;
  [[nodiscard]] Result<> flush() override {
    return flush_([this] { return flush_to_disk(); });
  }
  // It cleans up by itself, while it is written.
  [[nodiscard]] Result<> compact() override { return flush(); }
  [[nodiscard]] Result<> back_up(const fs::path&) const override {
    return fail(Code::unavailable, "sled has no picture of a moment");
  }
  [[nodiscard]] std::uint64_t bytes() const override { return bytes_below(folder_); }

 private:
  static std::uint32_t tree(Keyspace space) noexcept { return static_cast<std::uint32_t>(space); }
  Result<> flush_to_disk();
  Result<> look_for_room(std::uint64_t bytes);

  const std::optional<StoreDirectory> directory_;
  const fs::path folder_;
  const Sled store_;
  SharedFlush flush_;
  std::atomic<std::uint64_t> written_{look_bytes};  // since there was room
};

Result<> SledBackend::write(Keyspace space, std::span<const StorageWrite> writes, Durability durability) {
  std::vector<aw_sled_write> all;
  all.reserve(writes.size());
  std::uint64_t more = 0;
  for (const StorageWrite& one : writes) {
    all.push_back({.key = of_text(one.key), .value = of_text(one.value.value_or("")), .has_value = one.value.has_value()});
    if (one.value) more += one.key.size() + one.value->size();
  }
  if (more > 0) AIRSSYS_TRY_VOID(look_for_room(more));
  AIRSSYS_TRY_VOID(checked(aw_sled_apply(store_.get(), tree(space), all.data(), all.size()), "write"));
  return durability == Durability::disk ? flush() : Result<>();
}

Result<> SledBackend::look_for_room(std::uint64_t bytes) {
  if ((written_ += bytes) < look_bytes) return {};
  std::error_code error;
  const auto space = fs::space(folder_, error);
  if (!error && space.available < reserve_bytes)
    return fail(Code::io,
                fmt::format("sled: write: no space left on the disk of {} but the {} that sled needs to stay readable; make "
                            "room there, then writing goes on",
                            folder_.native(), format_size(reserve_bytes)));
  written_ = 0;
  return {};
}

Result<> SledBackend::scan(Keyspace space, KeyRange range, const Visit& visit) const {
  if (!range.to.empty() && range.to <= range.from) return {};
  const auto one = [](void* to, aw_bytes key, aw_bytes value) noexcept -> std::uint8_t {
    return (*static_cast<const Visit*>(to))(to_text(key), to_text(value));
  };
  // The bridge hands it back as it was.
  void* const to = const_cast<Visit*>(&visit);
  return checked(aw_sled_scan(store_.get(), tree(space), of_text(range.from), of_text(range.to), to, one), "scan");
}

// sled's own flush ends with sync_file_range, which leaves the disk's cache and the file's size to chance, and it does not
// synchronise the files of large values at all.
Result<> SledBackend::flush_to_disk() {
  AIRSSYS_TRY_VOID(checked(aw_sled_flush(store_.get()), "flush"));
  std::error_code error;
  const bool has_large = !fs::is_empty(folder_ / "blobs", error);
  const fs::path file = folder_ / "db";
  const Descriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!opened || (has_large ? ::syncfs(opened.get()) : ::fdatasync(opened.get())) != 0)
    return fail(Code::io, fmt::format("sled: flush: {}: {}", file.native(), std::strerror(errno)));
  return {};
}

}  // namespace

Result<std::unique_ptr<StorageBackend>> open_sled(const fs::path& folder, std::uint64_t cache_bytes,
                                                  std::optional<StoreDirectory> directory) {
  aw_sled* store = nullptr;
  AIRSSYS_TRY_VOID(checked(aw_sled_open(to_bridge(folder.native()), std::max(cache_bytes, min_cache_bytes), &store),
                           "open " + folder.native()));
  return std::make_unique<SledBackend>(folder, Sled(store), std::move(directory));
}

}  // namespace airssys::wasm
