#include "narration.h"

#include <fmt/format.h>

namespace airssys::cli {
namespace {

// To the first column, and nothing right of it.
constexpr std::string_view erase_line = "\r\x1b[K";

}  // namespace

void Narration::error(const Error& error, Exit exit) {
  std::string lines;
  for (std::string_view rest = error.message(); !rest.empty();) {
    const std::string_view one = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), one.size() + 1));
    if (!one.empty()) lines += fmt::format("{} {}\n", paint_(Colour::red, "error:"), printable(one));
  }
  const std::scoped_lock lock(mutex_);
  problems_.push_back({error.code(), error.message(), exit});
  write(lines);
}

void Narration::progress(std::string_view text) {
  if (detail_ == Detail::errors_only || !console_.err_is_terminal()) return;
  const std::scoped_lock lock(mutex_);
  if (text.empty() && !progress_shown_) return;
  progress_shown_ = !text.empty();
  console_.err(fmt::format("{}{}", erase_line, paint_(Colour::dim, printable(text))));
}

void Narration::block(std::string_view lines) {
  const std::scoped_lock lock(mutex_);
  write(lines);
}

std::vector<Problem> Narration::problems() const {
  const std::scoped_lock lock(mutex_);
  return problems_;
}

void Narration::line(Colour colour, std::string_view label, std::string_view text) {
  if (detail_ == Detail::errors_only) return;
  const std::string whole = fmt::format("{} {}\n", paint_(colour, fmt::format("{}:", label)), printable(text));
  const std::scoped_lock lock(mutex_);
  write(whole);
}

void Narration::write(std::string_view lines) {
  if (std::exchange(progress_shown_, false)) console_.err(erase_line);
  console_.err(lines);
}

}  // namespace airssys::cli
