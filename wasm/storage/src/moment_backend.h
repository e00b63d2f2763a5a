// MomentBackend: gives a store that only knows the present what StorageBackend::scan and back_up promise, the picture of one
// moment while writing goes on.
//
// Writes pass through here one at a time. While somebody reads a range, each write first puts aside what the range had where it
// writes and the reader has not been yet. A reader takes its range in pieces, and in each puts back what was put aside. So a
// reader stops nobody for longer than a piece, and what is put aside is bounded: past max_kept_bytes the reader fails.
#pragma once
#include <cstddef>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "airssys/wasm/core/storage_backend.h"
#include "airssys/wasm/storage/backends.h"

namespace airssys::wasm {

class MomentBackend final : public StorageBackend {
 public:
  // What a reader may make others keep for it.
  static constexpr std::size_t max_kept_bytes = std::size_t{64} << 20;

  // Makes an empty store's files in a folder that does not exist. Empty: there are no backups.
  using MakeEmpty = std::function<Result<std::unique_ptr<StorageBackend>>(const std::filesystem::path& folder)>;
  // `present`, of that kind, may visit what is written meanwhile in its scan, and keeps its other promises.
  MomentBackend(std::unique_ptr<StorageBackend> present, BackendKind kind, MakeEmpty make_empty);
  ~MomentBackend() override;

  [[nodiscard]] std::string_view name() const noexcept override { return backend_name(kind_); }
  [[nodiscard]] bool survives_kill() const noexcept override { return present_->survives_kill(); }
  [[nodiscard]] Result<bool> get(Keyspace space, std::string_view key, std::string& value) const override {
    return present_->get(space, key, value);
  }
  [[nodiscard]] Result<std::optional<std::uint64_t>> size_of(Keyspace space, std::string_view key) const override {
    return present_->size_of(space, key);
  }
  [[nodiscard]] Result<> write(Keyspace space, std::span<const StorageWrite> writes, Durability durability) override;
  [[nodiscard]] Result<> scan(Keyspace space, KeyRange range, const Visit& visit) const override;
  [[nodiscard]] Result<> flush() override { return present_->flush(); }
  [[nodiscard]] Result<> compact() override { return present_->compact(); }
  [[nodiscard]] Result<> back_up(const std::filesystem::path& to) const override;
  [[nodiscard]] std::uint64_t bytes() const override { return present_->bytes(); }

 private:
  struct Reader;
  struct Reading;
  Result<> keep_what_is_replaced(Keyspace space, std::span<const StorageWrite> writes);
  Result<> read(Reader& reader, const Visit& visit) const;
  Result<> copy_to(StorageBackend& empty, Reading& reading) const;

  const std::unique_ptr<StorageBackend> present_;
  const BackendKind kind_;
  const MakeEmpty make_empty_;
  mutable std::mutex mutex_;  // of writes, and of the pieces that readers take
  mutable std::list<Reader> readers_;
};

}  // namespace airssys::wasm
