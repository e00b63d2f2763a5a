// The end of an audit log, to which lines are added: its file, its chain, its lock.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "airssys/base/descriptor.h"
#include "airssys/base/log.h"
#include "airssys/base/platform.h"
#include "airssys/base/result.h"
#include "airssys/wasm/security/audit_log.h"
#include "audit_format.h"

namespace airssys::wasm {

// Threads: one at a time.
class AuditWriter {
 public:
  // As AuditLog::open.
  [[nodiscard]] static Result<std::unique_ptr<AuditWriter>> open(const std::filesystem::path& folder,
                                                                 const AuditLogConfig& config, Platform& platform, LogSink& log);

  // For open().
  AuditWriter(std::filesystem::path folder, Descriptor lock, const AuditLogConfig& config, Platform& platform)
      : folder_(std::move(folder)),
        lock_(std::move(lock)),
        config_(config),
        platform_(platform),
        session_(platform.random()) {}

  // Before lines are added: the next file, if this one is full, and the oldest goes.
  [[nodiscard]] Result<> make_room();
  // The next line; written by commit.
  void add(const AuditEntry& entry);
  // One of the log's own.
  void add_own(std::string_view action, std::string_view resource, std::string_view rule, std::uint64_t count = 1);
  // Writes what was added. Where that fails the log is as before; then abandon() what was added.
  [[nodiscard]] Result<> commit();
  void abandon();
  // What was committed is on disk.
  [[nodiscard]] Result<> sync();

  [[nodiscard]] bool synced() const noexcept { return synced_seq_ == written_.seq; }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }  // committed, over all
  [[nodiscard]] const std::filesystem::path& folder() const noexcept { return folder_; }

 private:
  // Where the log ended.
  [[nodiscard]] Result<> go_on(LogSink& log);
  [[nodiscard]] Result<> begin_file(std::uint64_t number);
  [[nodiscard]] Result<> go_on_in(std::uint64_t number, std::uint64_t torn_bytes);
  [[nodiscard]] Result<> drop_old();
  [[nodiscard]] AuditEntry own(std::string_view action, std::string_view resource, std::string_view rule,
                               std::uint64_t count) const;
  void count_written(const AuditLines& lines, std::size_t bytes) noexcept;
  void begin_write_back() noexcept;
  [[nodiscard]] std::filesystem::path path(std::uint64_t number) const;

  const std::filesystem::path folder_;
  const Descriptor lock_;
  const AuditLogConfig config_;
  Platform& platform_;
  const std::uint64_t session_;
  Descriptor file_;
  std::uint64_t number_ = 0;      // of the file
  std::uint64_t file_bytes_ = 0;  // good ones; what follows is cut off before the next
  std::uint64_t pushed_bytes_ = 0;  // of those, on their way to the disk
  AuditChain written_;            // as far as committed
  AuditHasher open_{AuditHash{}};  // past written_: lines that no hash covers, of a host that crashed
  AuditLines added_{AuditChain{}};
  std::vector<std::filesystem::path> dropped_;  // files that go with the next sync
  std::uint64_t bytes_ = 0;
  std::uint64_t synced_seq_ = 0;
};

}  // namespace airssys::wasm
