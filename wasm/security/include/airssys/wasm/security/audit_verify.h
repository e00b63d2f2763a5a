// Whether an audit log is as it was written: each line follows from the one before it, none is missing, none is at another
// place. docs/formats/audit-log.md says what that shows, and what it cannot show.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "airssys/base/result.h"
#include "airssys/wasm/security/audit_line.h"

namespace airssys::wasm {

struct AuditProblem {
  enum class Kind : std::uint8_t {
    changed,    // a line is not what was written, or the one before it is not
    removed,    // lines are missing before this one, or a file
    misplaced,  // a line is not at its place, or there twice
    cut,        // lines are missing at the end, or the last of a file was cut
  };
  Kind kind = Kind::changed;
  std::string file;        // its name
  std::uint64_t line = 0;  // in that file, from 1; 0: the file as a whole
  std::string text;
};
// "changed", "removed", "misplaced", "cut".
[[nodiscard]] std::string_view audit_problem_name(AuditProblem::Kind kind) noexcept;

struct AuditReport {
  static constexpr std::size_t max_problems = 100;

  std::vector<AuditProblem> problems;
  std::uint64_t more_problems = 0;  // than these
  std::vector<std::string> notes;   // what is not as usual, and no sign of tampering; at most max_problems
  std::uint64_t files = 0, lines = 0;
  std::uint64_t decisions = 0;      // that the lines stand for; the log's own lines are none
  std::uint64_t torn_bytes = 0;     // at the end of the last file: a line that a crash has left unfinished
  std::uint64_t seq = 0;            // the last one
  AuditHash hash{};                 // its
  bool closed = false;              // the last line says that the log was closed

  [[nodiscard]] bool intact() const noexcept { return problems.empty(); }
};

// All files of a log. not_found: there is none; io. While a host writes to it: as far as it has come.
[[nodiscard]] Result<AuditReport> verify_audit_folder(const std::filesystem::path& folder);
// Files one after another, the first of which follows on whatever it says. invalid_argument: none is named.
[[nodiscard]] Result<AuditReport> verify_audit_files(std::span<const std::filesystem::path> files);

// The files of a log, oldest first. not_found: the folder is not there.
[[nodiscard]] Result<std::vector<std::filesystem::path>> audit_files(const std::filesystem::path& folder);
// `folder`, and the folders in it where other hosts have written at the same time, see AuditLog::open: those that hold a log.
[[nodiscard]] std::vector<std::filesystem::path> audit_folders(const std::filesystem::path& folder);

// Calls `each` with each line of a file, without its line feed; of one that is longer than AuditLine::max_bytes only so much
// and a byte more. Returns how many bytes follow the last line feed.
[[nodiscard]] Result<std::uint64_t> for_each_audit_line(const std::filesystem::path& file,
                                                        const std::function<void(std::string_view line)>& each);

}  // namespace airssys::wasm
