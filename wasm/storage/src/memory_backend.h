// A store in this process's memory, below a MomentBackend.
#pragma once
#include <map>
#include <shared_mutex>
#include <string>

#include "airssys/wasm/core/storage_backend.h"

namespace airssys::wasm {

class MemoryBackend final : public StorageBackend {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "memory"; }
  [[nodiscard]] bool survives_kill() const noexcept override { return false; }
  [[nodiscard]] Result<bool> get(Keyspace space, std::string_view key, std::string& value) const override;
  [[nodiscard]] Result<std::optional<std::uint64_t>> size_of(Keyspace space, std::string_view key) const override;
  [[nodiscard]] Result<> write(Keyspace space, std::span<const StorageWrite> writes, Durability durability) override;
  // Nobody writes while it visits.
  [[nodiscard]] Result<> scan(Keyspace space, KeyRange range, const Visit& visit) const override;
  [[nodiscard]] Result<> flush() override { return {}; }
  [[nodiscard]] Result<> compact() override { return {}; }
  [[nodiscard]] Result<> back_up(const std::filesystem::path& to) const override;
  [[nodiscard]] std::uint64_t bytes() const override;

 private:
  struct Entries {
    std::map<std::string, std::string, std::less<>> map{};
    std::uint64_t bytes = 0;
  };
  mutable std::shared_mutex mutex_;
  std::array<Entries, keyspace_count> spaces_{};
};

}  // namespace airssys::wasm
