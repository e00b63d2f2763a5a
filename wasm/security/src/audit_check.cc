#include "audit_check.h"

#include <fmt/format.h>

#include <algorithm>

#include "audit_files.h"

namespace airssys::wasm {
namespace {

using Kind = AuditProblem::Kind;

constexpr std::size_t max_gaps = 64;
constexpr std::size_t max_dropped = 4096;

std::string numbers(std::uint64_t first, std::uint64_t last) {
  return first == last ? fmt::format("number {}", first) : fmt::format("numbers {} to {}", first, last);
}

std::string missing(std::uint64_t first, std::uint64_t last) {
  return fmt::format("{} {} missing before this line", numbers(first, last), first == last ? "is" : "are");
}

}  // namespace

Result<> AuditCheck::file(const std::filesystem::path& path, Place place) {
  file_ = path.filename().native();
  line_ = 0;
  ++report_.files;
  AIRSSYS_TRY(const std::uint64_t torn, for_each_audit_line(path, [this](std::string_view text) {
                ++line_;
                take(text);
              }));
  if (torn == 0) return {};
  ++line_;
  if (place == Place::last)
    report_.torn_bytes = torn;
  else
    wrong(Kind::cut, "the file ends in the midst of this line");
  return {};
}

void AuditCheck::take(std::string_view text) {
  ++report_.lines;
  const auto line = AuditLine::parse(text);
  if (!line) {
    ++unread_;
    in_doubt_ = true;
    wrong(Kind::changed, line.error().message());
    return;
  }
  follow(text, *line);
  take_own(*line);
}

void AuditCheck::follow(std::string_view text, const AuditLine& line) {
  if (!first_) {
    first_ = line;
    first_file_ = file_;
    if (line.after) report_.hash = *line.after;
    in_doubt_ = false;
    if (!line.after) {
      in_doubt_ = true;
      wrong(Kind::removed, fmt::format("the log begins in the midst of a file, with number {}", line.seq));
    }
  } else if (line.seq <= report_.seq) {
    return wrong(Kind::misplaced, fill_gap(line.seq) ? fmt::format("number {} is not at its place", line.seq)
                                                     : fmt::format("number {} is there a second time", line.seq));
  } else if (const std::uint64_t missing = line.seq - report_.seq - 1; missing > 0) {
    in_doubt_ = true;
    if (missing > unread_) note_gap(report_.seq + 1, line.seq - 1);
  }
  if (line.after) begin_group(line);
  report_.seq = line.seq;
  unread_ = 0;
  follow_hash(text, line);
  if (head_ && head_->seq == line.seq && head_->hash != line.hash)
    wrong(Kind::changed, fmt::format("number {} is another one than {} says", line.seq, audit_head_name));
}

// At the beginning of a file.
void AuditCheck::begin_group(const AuditLine& line) {
  if (open_lines_ > 0)
    wrong(Kind::cut, fmt::format("no hash covers {} in front of this file", numbers(line.seq - open_lines_, line.seq - 1)));
  open_ = AuditHasher(report_.hash);
  open_lines_ = 0;
}

void AuditCheck::follow_hash(std::string_view text, const AuditLine& line) {
  if (!line.hash) {
    if (audit_check_of(text) != line.check) {
      in_doubt_ = true;
      wrong(Kind::changed, fmt::format("number {} was changed", line.seq));
    }
    open_.add(text);
    open_.add("\n");
    ++open_lines_;
    return;
  }
  open_.add(audit_line_body(text));
  if (!in_doubt_ && open_.hash() != *line.hash) {
    const bool is_first = line.seq == first_->seq;
    const std::string before = is_first ? "" : fmt::format(", or number {} and its hash", line.seq - open_lines_ - 1);
    wrong(Kind::changed, open_lines_ == 0 ? fmt::format("number {} was changed{}", line.seq, before)
                                          : fmt::format("number {} was changed, or one of the {} before it and its check{}",
                                                        line.seq, open_lines_, before));
  }
  report_.hash = *line.hash;
  open_ = AuditHasher(report_.hash);
  open_lines_ = 0;
  in_doubt_ = false;
}

void AuditCheck::take_own(const AuditLine& line) {
  report_.closed = line.action == audit_close;
  if (!line.component.empty() || !line.action.starts_with("audit.")) {
    report_.decisions += line.count;
  } else if (line.action == audit_drop) {
    const auto hash = parse_audit_hash(line.rule);
    if (hash && dropped_.size() < max_dropped) dropped_[line.resource] = *hash;
  } else if (line.action == audit_damaged) {
    note(fmt::format("{}:{}: when it was opened: {}", file_, line_, line.rule));
  } else if (line.action == audit_full) {
    note(fmt::format("{}:{}: {} decisions were refused, because more were waiting than may", file_, line_, line.count));
  }
}

void AuditCheck::note_gap(std::uint64_t first, std::uint64_t last) {
  if (gaps_.size() < max_gaps)
    gaps_.push_back({first, last, file_, line_});
  else
    wrong(Kind::removed, missing(first, last));
}

bool AuditCheck::fill_gap(std::uint64_t seq) {
  const auto gap = std::ranges::find_if(gaps_, [seq](const Gap& one) { return one.first <= seq && seq <= one.last; });
  if (gap == gaps_.end()) return false;
  Gap after = *gap;
  after.first = seq + 1;
  gap->last = seq - 1;
  if (gap->first > gap->last) gaps_.erase(gap);
  if (after.first <= after.last) gaps_.push_back(std::move(after));
  return true;
}

// Of the whole log: nothing came before it, or what came was dropped.
void AuditCheck::finish_beginning() {
  if (!first_ || !first_->after || first_->seq == 1) return;
  const auto number = audit_file_number(first_file_);
  const auto dropped = dropped_.find(audit_file_name(number.value_or(1) - 1));
  if (dropped != dropped_.end() && dropped->second == *first_->after) return;
  wrong(Kind::removed, first_file_, 1,
        fmt::format("the log begins with number {}, and no line says that what was before it was dropped", first_->seq));
}

void AuditCheck::finish_head() {
  if (!head_)
    return note(
        fmt::format("there is no {} that can be read: lines that are missing at the end are not noticed", audit_head_name));
  if (head_->seq > report_.seq)
    wrong(Kind::cut, fmt::format("the log ends with number {}, but number {} was on disk", report_.seq, head_->seq));
}

AuditReport AuditCheck::finish() {
  for (const Gap& gap : gaps_) wrong(Kind::removed, gap.file, gap.line, missing(gap.first, gap.last));
  if (of_ == Of::whole_log) {
    finish_beginning();
    finish_head();
  }
  if (open_lines_ > 0)
    note(fmt::format("{}: no hash covers {} yet, as a crash leaves it", file_,
                     numbers(report_.seq - open_lines_ + 1, report_.seq)));
  if (report_.torn_bytes > 0)
    note(fmt::format("{}: ends with {} bytes of an unfinished line, as a crash leaves it", file_, report_.torn_bytes));
  std::ranges::stable_sort(report_.problems, {},
                           [](const AuditProblem& one) { return std::pair(audit_file_number(one.file).value_or(0), one.line); });
  return std::move(report_);
}

void AuditCheck::wrong(Kind kind, const std::string& file, std::uint64_t line, std::string text) {
  if (report_.problems.size() < AuditReport::max_problems)
    report_.problems.push_back({kind, file, line, std::move(text)});
  else
    ++report_.more_problems;
}

void AuditCheck::note(std::string text) {
  if (report_.notes.size() < AuditReport::max_problems) report_.notes.push_back(std::move(text));
}

std::string_view audit_problem_name(AuditProblem::Kind kind) noexcept {
  switch (kind) {
    case Kind::changed: return "changed";
    case Kind::removed: return "removed";
    case Kind::misplaced: return "misplaced";
    case Kind::cut: return "cut";
  }
  return "unknown";
}

Result<AuditReport> verify_audit_files(std::span<const std::filesystem::path> files) {
  if (files.empty()) return fail(Code::invalid_argument, "no file of an audit log is named");
  AuditCheck check(AuditCheck::Of::some_files, std::nullopt);
  for (const auto& file : files)
    AIRSSYS_TRY_VOID(check.file(file, &file == &files.back() ? AuditCheck::Place::last : AuditCheck::Place::before_others));
  return check.finish();
}

Result<AuditReport> verify_audit_folder(const std::filesystem::path& folder) {
  // Before the files, which meanwhile may go on.
  AuditCheck check(AuditCheck::Of::whole_log, read_audit_head(folder));
  AIRSSYS_TRY(const auto files, audit_files(folder));
  if (files.empty()) return fail(Code::not_found, fmt::format("{}: no audit log is there", folder.native()));
  for (const auto& file : files)
    AIRSSYS_TRY_VOID(check.file(file, &file == &files.back() ? AuditCheck::Place::last : AuditCheck::Place::before_others));
  return check.finish();
}

}  // namespace airssys::wasm
