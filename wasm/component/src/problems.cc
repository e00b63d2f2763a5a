#include "problems.h"

#include <fmt/format.h>

#include <algorithm>

#include "airssys/base/assert.h"
#include "airssys/base/text.h"

namespace airssys::wasm {

void Problems::mistake(Place place, std::string what, Code code) { mistakes_.push_back({place, std::move(what), code}); }
void Problems::warning(Place place, std::string what) {
  warnings_.push_back({place, std::move(what), Code::invalid_configuration});
}

std::string Problems::line(const Problem& problem) const {
  return fmt::format("{}:{}:{}: {}", printable(file_, 4096), problem.place.line, problem.place.column, problem.what);
}

Error Problems::error() const {
  AIRSSYS_ASSERT(!mistakes_.empty());
  std::vector<Problem> sorted = mistakes_;
  std::ranges::stable_sort(sorted, {}, &Problem::place);
  std::string text;
  for (std::size_t i = 0; i < std::min(sorted.size(), max_lines); ++i) {
    if (i != 0) text += '\n';
    text += line(sorted[i]);
  }
  if (sorted.size() > max_lines) text += fmt::format("\n{}: {} more mistakes", printable(file_, 4096), sorted.size() - max_lines);
  const bool limits = std::ranges::find(sorted, Code::missing_resource_limits, &Problem::code) != sorted.end();
  return Error(limits ? Code::missing_resource_limits : Code::invalid_configuration, std::move(text))
      .with("file", file_)
      .with("mistakes", std::to_string(sorted.size()));
}

std::vector<std::string> Problems::warnings() const {
  std::vector<Problem> sorted = warnings_;
  std::ranges::stable_sort(sorted, {}, &Problem::place);
  std::vector<std::string> lines;
  for (const Problem& problem : sorted) lines.push_back(line(problem));
  return lines;
}

}  // namespace airssys::wasm
