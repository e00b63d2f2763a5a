#include "audit_writer.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <vector>

#include "airssys/wasm/security/audit_verify.h"
#include "audit_check.h"
#include "audit_files.h"

namespace airssys::wasm {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t write_back_bytes = std::uint64_t{1} << 20;

std::unexpected<Error> io_failure(const fs::path& path, int why = errno) {
  return fail(Code::io, fmt::format("the audit log {}: {}", path.native(), std::strerror(why)));
}

Result<> make_private_folder(const fs::path& folder) {
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return io_failure(folder);
  struct stat status{};
  if (::stat(folder.c_str(), &status) != 0) return io_failure(folder);
  if (!S_ISDIR(status.st_mode)) return io_failure(folder, ENOTDIR);
  if (status.st_uid != ::geteuid() || (status.st_mode & 022) != 0)
    return fail(Code::denied, fmt::format("the audit log {}: others may write there; make it yours alone (chmod 700 {})",
                                          folder.native(), folder.native()));
  return {};
}

// The first of the folders that nobody writes to, and its lock.
Result<std::pair<fs::path, Descriptor>> lock_folder(const fs::path& folder) {
  for (int writer = 1; writer <= max_audit_writers; ++writer) {
    fs::path one = writer == 1 ? folder : folder / std::to_string(writer);
    AIRSSYS_TRY_VOID(make_private_folder(one));
    const fs::path lock = one / audit_lock_name;
    Descriptor held(::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!held) return io_failure(lock);
    if (::flock(held.get(), LOCK_EX | LOCK_NB) == 0) return std::pair(std::move(one), std::move(held));
    if (errno != EWOULDBLOCK) return io_failure(lock);
  }
  return fail(Code::unavailable, fmt::format("the audit log {}: {} hosts write there already; end one, or give this one another "
                                             "AIRSSYS_WASM_HOME",
                                             folder.native(), max_audit_writers));
}

Result<> sync_folder(const fs::path& folder) {
  const Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened || ::fsync(opened.get()) != 0) return io_failure(folder);
  return {};
}

// False: errno says why.
bool write_at(int fd, std::uint64_t at, std::string_view text) noexcept {
  while (!text.empty()) {
    const ssize_t put = ::pwrite(fd, text.data(), text.size(), static_cast<off_t>(at));
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    at += static_cast<std::uint64_t>(put);
    text.remove_prefix(static_cast<std::size_t>(put));
  }
  return true;
}

// As the first line of that file says: of the last line of the file before it. Empty: it does not say.
Result<std::string> hash_before(const fs::path& file) {
  AIRSSYS_TRY(const std::string first, first_audit_line(file));
  const auto line = AuditLine::parse(first);
  return line && line->after ? audit_hash_text(*line->after) : std::string();
}

}  // namespace

Result<std::unique_ptr<AuditWriter>> AuditWriter::open(const fs::path& folder, const AuditLogConfig& config, Platform& platform,
                                                       LogSink& log) {
  AIRSSYS_TRY(auto locked, lock_folder(folder));
  auto writer = std::make_unique<AuditWriter>(std::move(locked.first), std::move(locked.second), config, platform);
  AIRSSYS_TRY_VOID(writer->go_on(log));
  return writer;
}

fs::path AuditWriter::path(std::uint64_t number) const { return folder_ / audit_file_name(number); }

Result<> AuditWriter::go_on(LogSink& log) {
  AIRSSYS_TRY(auto files, audit_files(folder_));
  const auto head = read_audit_head(folder_);
  std::string damage;
  std::uint64_t torn = 0;
  const std::uint64_t last = files.empty() ? 0 : *audit_file_number(files.back());
  bool last_is_empty = false;
  // A file without a line is one whose first line was torn: the one before it says where the log ended.
  for (bool is_last = true; !files.empty() && written_.seq == 0; is_last = false) {
    AuditCheck check(AuditCheck::Of::some_files, head);
    AIRSSYS_TRY_VOID(check.file(files.back(), AuditCheck::Place::last));
    const AuditReport end = check.finish();
    if (is_last) torn = end.torn_bytes;
    if (is_last) last_is_empty = end.lines == 0;
    if (damage.empty() && !end.problems.empty())
      damage = fmt::format("{}:{}: {}", end.problems[0].file, end.problems[0].line, end.problems[0].text);
    written_ = {end.seq, end.hash};
    open_ = check.open();
    files.pop_back();
  }
  if (damage.empty() && head && head->seq > written_.seq)
    damage = fmt::format("the log ended with number {}, but number {} was on disk", written_.seq, head->seq);
  abandon();

  if (last == 0 || last_is_empty) {
    AIRSSYS_TRY_VOID(begin_file(std::max<std::uint64_t>(last, 1)));
  } else {
    AIRSSYS_TRY_VOID(go_on_in(last, torn));
  }
  const std::string name = audit_file_name(number_);
  if (torn > 0) add_own(audit_torn, name, fmt::format("{} bytes of an unfinished line", torn));
  if (!damage.empty()) {
    airssys::log(log, LogLevel::warn, "audit", "{}: {}; `airssys-wasm audit verify` says more", folder_.native(), damage);
    add_own(audit_damaged, name, damage);
  }
  add_own(audit_open, name, "");
  AIRSSYS_TRY_VOID(commit());
  return sync();
}

Result<> AuditWriter::go_on_in(std::uint64_t number, std::uint64_t torn_bytes) {
  Descriptor opened(::open(path(number).c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW));
  struct stat status{};
  if (!opened || ::fstat(opened.get(), &status) != 0) return io_failure(path(number));
  file_ = std::move(opened);
  number_ = number;
  file_bytes_ = pushed_bytes_ = static_cast<std::uint64_t>(status.st_size) - torn_bytes;
  return {};
}

void AuditWriter::add(const AuditEntry& entry) { added_.add(entry, AuditPlace::within_file); }

void AuditWriter::add_own(std::string_view action, std::string_view resource, std::string_view rule, std::uint64_t count) {
  add(own(action, resource, rule, count));
}

AuditEntry AuditWriter::own(std::string_view action, std::string_view resource, std::string_view rule,
                            std::uint64_t count) const {
  return {.event = {.action = action,
                    .resource = resource,
                    .decision = action == audit_full ? AuditDecision::deny : AuditDecision::allow,
                    .rule = rule,
                    .session = session_,
                    .count = count},
          .time = platform_.wall_now()};
}

Result<> AuditWriter::commit() {
  // What a write that failed has left, or a crash, is in the way.
  struct stat status{};
  if (::fstat(file_.get(), &status) != 0) return io_failure(path(number_));
  const bool longer = static_cast<std::uint64_t>(status.st_size) > file_bytes_;
  if (longer && ::ftruncate(file_.get(), static_cast<off_t>(file_bytes_)) != 0) return io_failure(path(number_));
  const std::string& text = added_.text();
  if (!write_at(file_.get(), file_bytes_, text)) return io_failure(path(number_));
  count_written(added_, text.size());
  added_.clear();
  begin_write_back();
  return {};
}

void AuditWriter::count_written(const AuditLines& lines, std::size_t bytes) noexcept {
  file_bytes_ += bytes;
  bytes_ += bytes;
  written_ = lines.chain();
  open_ = AuditHasher(written_.hash);
}

// So that a sync finds little left to wait for. Where it fails the sync does.
void AuditWriter::begin_write_back() noexcept {
  if (file_bytes_ - pushed_bytes_ < write_back_bytes) return;
  ::sync_file_range(file_.get(), static_cast<off_t>(pushed_bytes_), static_cast<off_t>(file_bytes_ - pushed_bytes_),
                    SYNC_FILE_RANGE_WRITE);
  pushed_bytes_ = file_bytes_;
}

void AuditWriter::abandon() { added_ = AuditLines(written_, open_); }

Result<> AuditWriter::make_room() {
  if (file_bytes_ < config_.max_file_bytes) return {};
  AIRSSYS_TRY_VOID(sync());
  AIRSSYS_TRY_VOID(begin_file(number_ + 1));
  return drop_old();
}

// With its first line.
Result<> AuditWriter::begin_file(std::uint64_t number) {
  Descriptor opened(::open(path(number).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!opened) return io_failure(path(number));
  AuditLines first(written_);
  first.add(own(audit_file, audit_file_name(number), "", 1), AuditPlace::begins_file);
  if (!write_at(opened.get(), 0, first.text())) {
    const int why = errno;
    ::unlink(path(number).c_str());
    return io_failure(path(number), why);
  }
  file_ = std::move(opened);
  number_ = number;
  file_bytes_ = pushed_bytes_ = 0;
  count_written(first, first.text().size());
  abandon();
  return sync_folder(folder_);
}

// Their lines are synced before the files go: sync() does both.
Result<> AuditWriter::drop_old() {
  AIRSSYS_TRY(const auto files, audit_files(folder_));
  const std::uint64_t most = std::max<std::uint64_t>(config_.max_files, 2);
  for (std::size_t n = 0; files.size() - n > most; ++n) {
    AIRSSYS_TRY(const std::string last_hash, hash_before(files[n + 1]));
    add_own(audit_drop, files[n].filename().native(), last_hash);
    AIRSSYS_TRY_VOID(commit());
    dropped_.push_back(files[n]);
  }
  return {};
}

Result<> AuditWriter::sync() {
  if (synced()) return {};
  if (::fdatasync(file_.get()) != 0) return io_failure(path(number_));
  AIRSSYS_TRY_VOID(write_audit_head(folder_, written_));
  synced_seq_ = written_.seq;
  for (; !dropped_.empty(); dropped_.pop_back())
    if (::unlink(dropped_.back().c_str()) != 0 && errno != ENOENT) return io_failure(dropped_.back());
  return {};
}

}  // namespace airssys::wasm
