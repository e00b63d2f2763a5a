// Narration: what a person reads on standard error, line by line, and the list of what went wrong.
#pragma once
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "airssys/base/result.h"
#include "airssys/cli/console.h"
#include "exit_code.h"
#include "paint.h"

namespace airssys::cli {

// Something that failed while the rest went on.
struct Problem {
  Code code;
  std::string message;
  Exit exit;
};

// Threads: any; lines do not mix.
class Narration {
 public:
  enum class Detail : unsigned char { errors_only, all };
  Narration(Console& console, Paint paint, Detail detail) noexcept : console_(console), paint_(paint), detail_(detail) {}

  // One line on standard error for each line of the message, whatever the detail, and one problem.
  void error(const Error& error) { this->error(error, exit_code(error.code())); }
  void error(const Error& error, Exit exit);
  void warning(std::string_view text) { line(Colour::yellow, "warning", text); }
  void hint(std::string_view text) { line(Colour::cyan, "hint", text); }

  // On a terminal: shown until the next line takes its place. Empty: taken away.
  void progress(std::string_view text);
  // Whole lines, made safe by the caller.
  void block(std::string_view lines);

  // In the order in which they occurred.
  [[nodiscard]] std::vector<Problem> problems() const;

 private:
  void line(Colour colour, std::string_view label, std::string_view text);
  void write(std::string_view lines);

  Console& console_;
  const Paint paint_;
  const Detail detail_;
  mutable std::mutex mutex_;
  bool progress_shown_ = false;
  std::vector<Problem> problems_;
};

}  // namespace airssys::cli
