#include "airssys/wasm/security/audit_log.h"

#include <atomic>
#include <bit>
#include <condition_variable>
#include <limits>
#include <mutex>
#include <optional>

#include "airssys/base/metric.h"
#include "audit_files.h"
#include "audit_fold.h"
#include "audit_ring.h"
#include "audit_writer.h"
#include "encoding.h"

namespace airssys::wasm {
namespace {

// Of lines that are written at once; the rest of what waits comes next.
constexpr std::size_t max_batch_bytes = std::size_t{1} << 20;

}  // namespace

class AuditLog::Impl {
 public:
  Impl(std::unique_ptr<AuditWriter> writer, const AuditLogConfig& config, Platform& platform, LogSink& log)
      : config_(config),
        platform_(platform),
        log_(log),
        ring_(config.ring_bytes),
        writer_(std::move(writer)),
        last_sync_(platform.now()),
        thread_(platform.start_thread("audit", [this] { work(); })) {}

  AuditStatus record(const AuditEvent& event) noexcept {
    if (failing_.load(std::memory_order_relaxed)) return refuse(AuditStatus::failed);
    if (const AuditStatus status = ring_.put(event, platform_.wall_now()); status != AuditStatus::recorded) return refuse(status);
    if (event.decision == AuditDecision::deny) denied_.store(true, std::memory_order_seq_cst);
    const Sleep sleep = sleep_.load(std::memory_order_seq_cst);
    if (sleep == Sleep::no) return AuditStatus::recorded;
    if (sleep == Sleep::until_something || event.decision == AuditDecision::deny || is_crowded()) wake();
    return AuditStatus::recorded;
  }

  Result<> flush() {
    std::unique_lock lock(mutex_);
    const std::uint64_t mine = ++flushes_asked_;
    wake_up_.notify_one();
    flushed_.wait(lock, [&] { return flushes_done_ >= mine; });
    if (flush_error_) return std::unexpected(*flush_error_);
    return {};
  }

  Result<> close() {
    std::unique_ptr<Thread> thread;
    {
      const std::scoped_lock lock(mutex_);
      closing_ = true;
      thread = std::move(thread_);
      wake_up_.notify_one();
    }
    thread.reset();
    const std::scoped_lock lock(mutex_);
    if (flush_error_) return std::unexpected(*flush_error_);
    return {};
  }

  AuditStats stats() const noexcept {
    return {.decisions = decisions_.value(),
            .lines = lines_.value(),
            .bytes = bytes_.value(),
            .refused = refused_.value(),
            .waiting_bytes = ring_.used()};
  }
  const std::filesystem::path& folder() const noexcept { return writer_->folder(); }

 private:
  enum class Sleep : std::uint8_t { no, until_something, gathering };

  AuditStatus refuse(AuditStatus status) noexcept {
    refused_.add();
    return status;
  }

  void wake() noexcept {
    // Whoever is first. Under the lock, so that it does not come between the thread's look and its sleep.
    if (sleep_.exchange(Sleep::no, std::memory_order_seq_cst) == Sleep::no) return;
    const std::scoped_lock lock(mutex_);
    awake_ = true;
    wake_up_.notify_one();
  }

  void work() {
    for (;;) {
      const Asked asked = sleep_until_something();
      if (asked.closing) ring_.close();
      bool good = write_all();
      const bool over = asked.closing && (!good || ring_.empty());
      if (good && over) good = end_log();
      if (good && (over || asked.to_sync || failure_ || platform_.now() - last_sync_ >= config_.sync_every)) good = sync();
      if (good) recover();
      const std::scoped_lock lock(mutex_);
      flushes_done_ = over ? std::numeric_limits<std::uint64_t>::max() : asked.flush;
      flush_error_ = failure_;
      flushed_.notify_all();
      if (over) return;
    }
  }

  struct Asked {
    std::uint64_t flush;  // up to that one
    bool to_sync, closing;
  };
  // Until there is something to write, or to sync; what was allowed waits for company.
  Asked sleep_until_something() {
    std::unique_lock lock(mutex_);
    const auto is_asked = [this] { return closing_ || flushes_asked_ > flushes_done_; };
    if (failure_) {
      wake_up_.wait_for(lock, config_.retry_every, is_asked);
    } else if (!is_asked()) {
      if (fall_asleep(Sleep::until_something); ring_.empty()) {
        const auto is_awake = [&] { return awake_ || is_asked(); };
        if (writer_->synced())
          wake_up_.wait(lock, is_awake);
        else
          wake_up_.wait_for(lock, config_.sync_every, is_awake);
      }
      if (fall_asleep(Sleep::gathering); !ring_.empty() && !is_crowded() && !denied_.load(std::memory_order_seq_cst))
        wake_up_.wait_for(lock, config_.gather, [&] { return awake_ || is_asked(); });
      sleep_.store(Sleep::no, std::memory_order_seq_cst);
    }
    denied_.store(false, std::memory_order_relaxed);
    return {flushes_asked_, flushes_asked_ > flushes_done_, closing_};
  }
  void fall_asleep(Sleep how) {
    awake_ = false;
    sleep_.store(how, std::memory_order_seq_cst);
  }

  [[nodiscard]] bool is_crowded() const noexcept { return ring_.used() > ring_.capacity() / 2; }

  // All that is published. False: the disk takes nothing.
  bool write_all() {
    for (;;) {
      const bool any = gather();
      const Result<> written = any || refused_.value() > refused_told_ ? write_batch() : Result<>();
      if (!written) {
        writer_->abandon();
        fold_.clear();
        ring_.return_taken();
        return fail(written.error());
      }
      if (!any) return true;
    }
  }

  // Takes out a batch. False: nothing is there.
  bool gather() {
    std::size_t bytes = 0;
    while (!fold_.full() && bytes < max_batch_bytes) {
      const AuditRing::Record* const record = ring_.take();
      if (!record) break;
      bytes += record->size;
      fold_.add(*record);
    }
    return bytes > 0;
  }

  Result<> write_batch() {
    AIRSSYS_TRY_VOID(writer_->make_room());
    std::uint64_t decisions = 0;
    for (const AuditFold::Entry& entry : fold_.entries()) {
      writer_->add({.event = entry.record->event(entry.count),
                    .time = WallTime(Duration(entry.record->time)),
                    .last = entry.last,
                    .cut = entry.record->cut});
      decisions += entry.count;
    }
    const std::uint64_t refused = refused_.value();
    if (refused > refused_told_)
      writer_->add_own(audit_full, "", "more waited than may, or nothing could be written", refused - refused_told_);
    AIRSSYS_TRY_VOID(writer_->commit());
    decisions_.add(decisions);
    lines_.add(fold_.entries().size());
    bytes_.add(writer_->bytes() - bytes_.value());
    refused_told_ = refused;
    fold_.clear();
    ring_.free_taken();
    return {};
  }

  bool end_log() {
    writer_->add_own(audit_close, "", "");
    const auto closed = writer_->commit();
    if (closed) return true;
    writer_->abandon();
    return fail(closed.error());
  }

  bool sync() {
    last_sync_ = platform_.now();
    const auto synced = writer_->sync();
    return synced ? true : fail(synced.error());
  }

  bool fail(const Error& why) {
    if (!failure_) log(log_, LogLevel::error, "audit", "{}; what has to be recorded is refused until it can be", why.message());
    failure_ = why;
    failing_.store(true, std::memory_order_relaxed);
    return false;
  }
  void recover() {
    if (!failure_) return;
    log(log_, LogLevel::info, "audit", "{}: written to again", folder().native());
    failure_.reset();
    failing_.store(false, std::memory_order_relaxed);
  }

  const AuditLogConfig config_;
  Platform& platform_;
  LogSink& log_;
  AuditRing ring_;
  std::atomic<Sleep> sleep_{Sleep::no};
  std::atomic<bool> failing_{false};
  std::atomic<bool> denied_{false};  // since the thread looked last
  Counter decisions_, lines_, bytes_, refused_;

  std::mutex mutex_;
  std::condition_variable wake_up_, flushed_;
  bool awake_ = false;                // guarded, as the next four
  bool closing_ = false;
  std::uint64_t flushes_asked_ = 0, flushes_done_ = 0;
  std::optional<Error> flush_error_;  // of the latest

  // The thread's.
  const std::unique_ptr<AuditWriter> writer_;
  AuditFold fold_;
  std::optional<Error> failure_;
  Instant last_sync_;
  std::uint64_t refused_told_ = 0;
  std::unique_ptr<Thread> thread_;  // last: it begins when all is there; then guarded
};

AuditLog::AuditLog(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
AuditLog::~AuditLog() { static_cast<void>(close()); }

Result<std::unique_ptr<AuditLog>> AuditLog::open(const std::filesystem::path& folder, const AuditLogConfig& config,
                                                 Platform& platform, LogSink& log) {
  AIRSSYS_TRY_VOID(sodium_ready());
  if (!std::has_single_bit(config.ring_bytes) || config.ring_bytes < 64 << 10)
    return fail(Code::invalid_argument, "the ring of an audit log has a power of two of bytes, at least 64 KiB");
  AIRSSYS_TRY(auto writer, AuditWriter::open(folder, config, platform, log));
  return std::make_unique<AuditLog>(std::make_unique<Impl>(std::move(writer), config, platform, log));
}

AuditStatus AuditLog::record(const AuditEvent& event) noexcept { return impl_->record(event); }
Result<> AuditLog::flush() { return impl_->flush(); }
Result<> AuditLog::close() { return impl_->close(); }
AuditStats AuditLog::stats() const noexcept { return impl_->stats(); }
const std::filesystem::path& AuditLog::folder() const noexcept { return impl_->folder(); }

}  // namespace airssys::wasm
