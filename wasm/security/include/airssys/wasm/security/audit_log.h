// AuditLog: the decisions about components, on disk, in a chain that shows whether it was altered (R8.8, C.48). The files are
// docs/formats/audit-log.md's; audit_verify.h checks them.
//
// Whoever decides puts the decision into a bounded ring and goes on; one thread takes them out, makes lines of them and writes
// those in batches. Equal decisions of a batch are one line with their number. What was refused is never held back for the
// sake of others; what was allowed waits `gather` for company.
//
// Nothing is lost silently. A full ring is `full`, a disk that takes nothing is `failed`, and whoever asks refuses what was to
// be recorded; how many that were stands in the log afterwards. The thread tries again every `retry_every`, with what waits.
//
// A crash of the host loses what is in the ring, and may leave the last line unfinished: the next host cuts that off and says
// so. A crash of the machine loses what was not synced, at most `sync_every` long.
//
// One host writes to a folder at a time. Others meanwhile write to logs of their own in the folders `2` to `8` within it.
//
// Threads: any. Outlives whoever records.
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>

#include "airssys/base/log.h"
#include "airssys/base/platform.h"
#include "airssys/base/result.h"
#include "airssys/wasm/core/audit.h"

namespace airssys::wasm {

struct AuditLogConfig {
  std::size_t ring_bytes = std::size_t{8} << 20;          // a power of two, at least 64 KiB
  std::uint64_t max_file_bytes = std::uint64_t{16} << 20;  // one that is larger is followed by the next
  std::uint64_t max_files = 64;                            // >= 2; the oldest goes, which is recorded
  Duration gather = std::chrono::milliseconds(5);
  Duration sync_every = std::chrono::seconds(1);
  Duration retry_every = std::chrono::seconds(1);
};

struct AuditStats {
  std::uint64_t decisions = 0;      // written, each of equal ones counted
  std::uint64_t lines = 0;          // that they became
  std::uint64_t bytes = 0;
  std::uint64_t refused = 0;        // by `full` and `failed`
  std::uint64_t waiting_bytes = 0;  // in the ring
};

class AuditLog final : public AuditSink {
  class Impl;

 public:
  // Makes the folder, whose parent is there (0700), and goes on where the log ended. denied: others may write there;
  // unavailable: eight hosts write there already; io. Damage of what is there is logged and recorded, and no failure.
  [[nodiscard]] static Result<std::unique_ptr<AuditLog>> open(const std::filesystem::path& folder, const AuditLogConfig& config,
                                                              Platform& platform, LogSink& log);
  explicit AuditLog(std::unique_ptr<Impl> impl);  // for open()
  // close().
  ~AuditLog() override;

  [[nodiscard]] AuditStatus record(const AuditEvent& event) noexcept override;
  // All that was recorded before is on disk when it returns. Blocks: not for workers.
  [[nodiscard]] Result<> flush();
  // The same, and ends the log: what comes later is `failed`. Twice is once.
  Result<> close();
  [[nodiscard]] AuditStats stats() const noexcept;
  // Where it writes: the folder, or one of those in it.
  [[nodiscard]] const std::filesystem::path& folder() const noexcept;

 private:
  const std::unique_ptr<Impl> impl_;
};

}  // namespace airssys::wasm
