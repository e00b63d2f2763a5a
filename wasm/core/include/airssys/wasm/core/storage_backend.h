// StorageBackend: where the bytes of all stores are kept (R6.1), by physical key. It knows no component, no quota and no grant:
// those are of wasm/storage. Every implementation passes the suite of wasm/storage/tests/backend_suite.h.
//
// Threads: any, at once; what one thread wrote before another reads is seen. Calls may take as long as a disk takes.
//
// Failures: io, with what the system said (a full disk: what was kept stays readable, and writing works again once there is
// room); corrupt, when what is read is not what was written; unavailable, when the backend can take no more right now.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "airssys/base/result.h"

namespace airssys::wasm {

// Two that never mix (R6.5): no key of a guest reaches what the host keeps for itself.
enum class Keyspace : std::uint8_t { guests, host };
inline constexpr std::size_t keyspace_count = 2;

// What has to be true of a write when it returns.
enum class Durability : std::uint8_t {
  process,  // the end of this process cannot undo it, as far as the backend promises that: survives_kill()
  disk,  // nor can the end of the machine's power
};

// Sets `key` to `value`; deletes it, where there is none. Views, for the duration of a call.
struct StorageWrite {
  std::string_view key;
  std::optional<std::string_view> value;
};

// The keys k with from <= k < to, in the order of their unsigned bytes. An empty `to`: up to the last.
struct KeyRange {
  std::string_view from, to;
};
// The range of all keys that begin with `prefix` ends here: the prefix with its last byte incremented, those of 0xFF dropped.
// Empty: it has no upper end.
[[nodiscard]] std::string end_of_prefix(std::string_view prefix);

class StorageBackend {
 public:
  virtual ~StorageBackend() = default;  // flushes and closes

  // "rocksdb", "sled", "memory": as users write it.
  [[nodiscard]] virtual std::string_view name() const noexcept = 0;
  // Whether what was written with Durability::process is still there after the process was killed.
  [[nodiscard]] virtual bool survives_kill() const noexcept = 0;

  // Whether there is such a key; then `value` is what it has (its capacity is used again).
  [[nodiscard]] virtual Result<bool> get(Keyspace space, std::string_view key, std::string& value) const = 0;
  // How many bytes its value has; none: there is no such key. The value is not copied.
  [[nodiscard]] virtual Result<std::optional<std::uint64_t>> size_of(Keyspace space, std::string_view key) const = 0;
  // All of them, in their order, or none; a reader sees all or none.
  [[nodiscard]] virtual Result<> write(Keyspace space, std::span<const StorageWrite> writes, Durability durability) = 0;
  // Visits what the range had when the scan began, whatever is written meanwhile, until `visit` answers false. The views are
  // good for one visit; `visit` may call the backend.
  using Visit = std::function<bool(std::string_view key, std::string_view value)>;
  [[nodiscard]] virtual Result<> scan(Keyspace space, KeyRange range, const Visit& visit) const = 0;
  // Everything that was written gets Durability::disk.
  [[nodiscard]] virtual Result<> flush() = 0;

  // Gives back the room of what was overwritten and deleted; takes minutes where there is much.
  [[nodiscard]] virtual Result<> compact() = 0;
  // Makes the folder `to`, which must not exist, another store with the contents of one moment, while writing goes on. It can be
  // opened like this one. unavailable: this backend has none (memory).
  [[nodiscard]] virtual Result<> back_up(const std::filesystem::path& to) const = 0;
  // On disk, as far as it can be told; of memory the bytes of keys and values.
  [[nodiscard]] virtual std::uint64_t bytes() const = 0;
};

}  // namespace airssys::wasm
