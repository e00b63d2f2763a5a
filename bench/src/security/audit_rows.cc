#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "airssys/wasm/security/audit_log.h"
#include "folder.h"
#include "rows.h"

namespace airssys::bench {
namespace {

namespace fs = std::filesystem;
using wasm::AuditEvent;
using wasm::AuditLog;
using wasm::AuditStatus;

constexpr std::uint64_t round_events = 20'000;       // of which many rings are full
constexpr std::uint64_t throughput_min = 1'000'000;  // so that a sync more or less does not count
constexpr std::size_t block_bytes = std::size_t{1} << 20;

// No two of them equal.
std::vector<std::string> some_resources() {
  std::vector<std::string> resources;
  for (std::uint64_t n = 0; n < round_events; ++n) resources.push_back(fmt::format("/var/data/reader/2026/report-{}.txt", n));
  return resources;
}

class AuditRig {
 public:
  static Result<std::unique_ptr<AuditRig>> create(Platform& platform) {
    auto rig = std::make_unique<AuditRig>(platform);
    AIRSSYS_TRY(rig->log_,
                AuditLog::open(rig->folder_.path(), {.ring_bytes = std::size_t{32} << 20, .max_files = 8}, platform, null_log()));
    return rig;
  }
  explicit AuditRig(Platform& platform) : platform_(platform) {}

  // Only what record() takes: between the rounds the ring is emptied.
  Result<Ran> enqueue(std::uint64_t n) {
    Ran ran{0, Duration::zero()};
    while (ran.operations < n) {
      const Instant begin = platform_.now();
      for (const std::string& resource : resources_)
        if (log_->record(event(resource)) != AuditStatus::recorded) return fail(Code::exhausted, "the ring is full");
      ran.took += platform_.now() - begin;
      ran.operations += resources_.size();
      AIRSSYS_TRY_VOID(log_->flush());
    }
    return ran;
  }
  enum class Which : std::uint8_t { different, equal };
  Result<Ran> throughput(std::uint64_t n, Which which) {
    const std::uint64_t count = std::max(n, throughput_min), before = log_->stats().decisions;
    const Instant begin = platform_.now();
    for (std::uint64_t done = 0; done < count;) {
      const std::uint64_t resource = which == Which::equal ? 0 : done % resources_.size();
      const AuditStatus status = log_->record(event(resources_[resource]));
      if (status == AuditStatus::failed) return fail(Code::io, "nothing can be written");
      if (status == AuditStatus::recorded)
        ++done;
      else
        std::this_thread::yield();  // back-pressure
    }
    AIRSSYS_TRY_VOID(log_->flush());
    const Duration took = platform_.now() - begin;
    if (log_->stats().decisions != before + count) return fail(Code::internal, "decisions were lost");
    return Ran{count, took};
  }

 private:
  static AuditEvent event(std::string_view resource) {
    return {.component = "default/reader/main",
            .action = "filesystem.read",
            .resource = resource,
            .decision = wasm::AuditDecision::allow,
            .rule = "/var/data/reader/**",
            .session = 0x0123456789abcdef};
  }
  Platform& platform_;
  const Folder folder_{"audit"};
  const std::vector<std::string> resources_ = some_resources();
  std::unique_ptr<AuditLog> log_;
};

constexpr std::uint64_t line_bytes = 265;  // of those decisions

Result<Ran> write_raw(Platform& platform, std::uint64_t n) {
  const std::uint64_t count = std::max(n, throughput_min);
  const fs::path file = fs::temp_directory_path() / fmt::format("airssys_bench_raw_{}", ::getpid());
  const std::string block(block_bytes, 'x');
  const Instant begin = platform.now();
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return fail(Code::io, file.native());
  bool good = true;
  for (std::uint64_t left = count * line_bytes; good && left > 0;) {
    const auto piece = static_cast<std::size_t>(std::min<std::uint64_t>(left, block.size()));
    good = ::write(fd, block.data(), piece) == static_cast<ssize_t>(piece);
    left -= piece;
  }
  good = good && ::fdatasync(fd) == 0;
  ::close(fd);
  const Duration took = platform.now() - begin;
  fs::remove(file);
  if (!good) return fail(Code::io, file.native());
  return Ran{count, took};
}

template <class Run>
Batch with_log(Platform& platform, Run run) {
  auto rig = std::make_shared<std::unique_ptr<AuditRig>>();
  return [&platform, rig, run](std::uint64_t n) -> Result<Ran> {
    if (!*rig) {
      AIRSSYS_TRY(*rig, AuditRig::create(platform));
    }
    return run(**rig, n);
  };
}

}  // namespace

void add_audit_rows(Platform& platform, Rows& rows) {
  using Which = AuditRig::Which;
  rows["audit.enqueue"] = with_log(platform, [](AuditRig& rig, std::uint64_t n) { return rig.enqueue(n); });
  rows["audit.throughput"] =
      with_log(platform, [](AuditRig& rig, std::uint64_t n) { return rig.throughput(n, Which::different); });
  rows["audit.folded"] = with_log(platform, [](AuditRig& rig, std::uint64_t n) { return rig.throughput(n, Which::equal); });
  rows["audit.throughput.limit"] = [&platform](std::uint64_t n) { return write_raw(platform, n); };
}

}  // namespace airssys::bench
