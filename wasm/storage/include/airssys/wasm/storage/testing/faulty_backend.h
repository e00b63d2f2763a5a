// FaultyBackend: a backend that fails where a test wants it to, over any other. A write that fails has changed nothing.
// Threads: any.
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

#include "airssys/wasm/core/storage_backend.h"

namespace airssys::wasm::testing {

class FaultyBackend final : public StorageBackend {
 public:
  explicit FaultyBackend(std::unique_ptr<StorageBackend> inner) : inner_(std::move(inner)) {}

  // The n-th from now on fails with io, and no other: 1 is the next, 0 none. Reads are get, size_of, and each entry of a scan,
  // which then ends in its middle; writes are write and flush.
  void fail_read(std::uint64_t nth) noexcept { until_read_fault_ = nth; }
  void fail_write(std::uint64_t nth) noexcept { until_write_fault_ = nth; }
  // The same of flush alone.
  void fail_flush(std::uint64_t nth) noexcept { until_flush_fault_ = nth; }
  // A flush that has not failed waits while this holds.
  void hold_flushes(bool hold) noexcept {
    held_ = hold;
    held_.notify_all();
  }
  [[nodiscard]] bool holds_a_flush() const noexcept { return holds_ > 0; }
  // How many bytes of keys and values the disk still takes. A write of more fails with io, deletions never do.
  void set_room(std::uint64_t bytes) noexcept { room_ = bytes; }
  // How many calls failed here: none, when a test has seen all its steps fail.
  [[nodiscard]] std::uint64_t faults() const noexcept { return faults_; }

  [[nodiscard]] std::string_view name() const noexcept override { return inner_->name(); }
  [[nodiscard]] bool survives_kill() const noexcept override { return inner_->survives_kill(); }
  [[nodiscard]] Result<bool> get(Keyspace space, std::string_view key, std::string& value) const override {
    AIRSSYS_TRY_VOID(step(until_read_fault_, "read"));
    return inner_->get(space, key, value);
  }
  [[nodiscard]] Result<std::optional<std::uint64_t>> size_of(Keyspace space, std::string_view key) const override {
    AIRSSYS_TRY_VOID(step(until_read_fault_, "read"));
    return inner_->size_of(space, key);
  }
  [[nodiscard]] Result<> write(Keyspace space, std::span<const StorageWrite> writes, Durability durability) override {
    AIRSSYS_TRY_VOID(step(until_write_fault_, "write"));
    std::uint64_t bytes = 0;
    for (const StorageWrite& one : writes)
      if (one.value) bytes += one.key.size() + one.value->size();
    std::uint64_t room = room_;
    do
      if (bytes > room) return fault("write: no space left on device");
    while (!room_.compare_exchange_weak(room, room == unlimited ? room : room - bytes));
    return inner_->write(space, writes, durability);
  }
  [[nodiscard]] Result<> scan(Keyspace space, KeyRange range, const Visit& visit) const override {
    Result<> read;
    AIRSSYS_TRY_VOID(inner_->scan(space, range, [&](std::string_view key, std::string_view value) {
      read = step(until_read_fault_, "read");
      return read && visit(key, value);
    }));
    return read;
  }
  [[nodiscard]] Result<> flush() override {
    AIRSSYS_TRY_VOID(step(until_write_fault_, "flush"));
    AIRSSYS_TRY_VOID(step(until_flush_fault_, "flush"));
    ++holds_;
    held_.wait(true);
    --holds_;
    return inner_->flush();
  }
  [[nodiscard]] Result<> compact() override { return inner_->compact(); }
  [[nodiscard]] Result<> back_up(const std::filesystem::path& to) const override { return inner_->back_up(to); }
  [[nodiscard]] std::uint64_t bytes() const override { return inner_->bytes(); }

 private:
  static constexpr std::uint64_t unlimited = UINT64_MAX;

  std::unexpected<Error> fault(std::string what) const {
    ++faults_;
    return fail(Code::io, "an injected fault: " + std::move(what));
  }
  Result<> step(std::atomic<std::uint64_t>& until, std::string_view what) const {
    std::uint64_t left = until;
    while (left != 0 && !until.compare_exchange_weak(left, left - 1)) {}
    if (left == 1) return fault(std::string(what) + ": input/output error");
    return {};
  }

  const std::unique_ptr<StorageBackend> inner_;
  mutable std::atomic<std::uint64_t> until_read_fault_{0}, until_write_fault_{0}, until_flush_fault_{0};
  std::atomic<bool> held_{false};
  std::atomic<unsigned> holds_{0};
  mutable std::atomic<std::uint64_t> room_{unlimited}, faults_{0};
};

}  // namespace airssys::wasm::testing
