// The check of a chain of lines, file by file.
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "airssys/wasm/security/audit_verify.h"
#include "audit_hash.h"

namespace airssys::wasm {

class AuditCheck {
 public:
  // Of the whole log: the first file is the first there ever was, or its predecessors were dropped, which a line says.
  enum class Of : std::uint8_t { whole_log, some_files };
  // `head`: what is known to have been written.
  AuditCheck(Of of, std::optional<AuditChain> head) : of_(of), head_(head) {}

  // In the order of the log. Of the last one: what a crash has cut there is no sign of tampering.
  enum class Place : std::uint8_t { before_others, last };
  [[nodiscard]] Result<> file(const std::filesystem::path& path, Place place);
  // After the last file.
  [[nodiscard]] AuditReport finish();
  // What the next hash would cover already.
  [[nodiscard]] const AuditHasher& open() const noexcept { return open_; }

 private:
  struct Gap {
    std::uint64_t first, last;  // numbers that are missing
    std::string file;           // where that was seen
    std::uint64_t line;
  };
  void take(std::string_view text);
  void follow(std::string_view text, const AuditLine& line);
  void begin_group(const AuditLine& line);
  void follow_hash(std::string_view text, const AuditLine& line);
  void take_own(const AuditLine& line);
  void note_gap(std::uint64_t first, std::uint64_t last);
  // True: it was missing, so it is at another place.
  bool fill_gap(std::uint64_t seq);
  void finish_beginning();
  void finish_head();
  void wrong(AuditProblem::Kind kind, std::string text) { wrong(kind, file_, line_, std::move(text)); }
  void wrong(AuditProblem::Kind kind, const std::string& file, std::uint64_t line, std::string text);
  void note(std::string text);

  const Of of_;
  const std::optional<AuditChain> head_;
  AuditReport report_;
  std::string file_;          // its name
  std::uint64_t line_ = 0;    // in it
  std::uint64_t unread_ = 0;  // lines since number report_.seq that cannot be read
  AuditHasher open_{AuditHash{}};
  std::uint64_t open_lines_ = 0;  // that it covers, without the latest
  bool in_doubt_ = false;         // the next hash cannot be right: what it covers is missing, or was named already
  std::vector<Gap> gaps_;
  std::optional<AuditLine> first_;
  std::string first_file_;
  std::map<std::string, AuditHash, std::less<>> dropped_;  // files, by the log's own words: the hashes of their last lines
};

}  // namespace airssys::wasm
