#include "airssys/wasm/toml/problems.h"

#include <fmt/format.h>

#include <algorithm>

#include "airssys/base/assert.h"
#include "airssys/base/text.h"

namespace airssys::wasm {

void Problems::mistake(Place place, std::string what, Code code) { insert(mistakes_, {place, std::move(what), code}); }
void Problems::warning(Place place, std::string what) {
  insert(warnings_, {place, std::move(what), Code::invalid_configuration});
}

void Problems::insert(std::vector<Problem>& into, Problem problem) {
  const auto after = std::ranges::upper_bound(into, problem.place, {}, &Problem::place);
  into.insert(after, std::move(problem));
}

std::string Problems::at(Place place) const { return fmt::format("{}:{}:{}", printable(file_, 4096), place.line, place.column); }

std::string Problems::line(const Problem& problem) const { return fmt::format("{}: {}", at(problem.place), problem.what); }

Error Problems::error() const {
  AIRSSYS_ASSERT(!mistakes_.empty());
  std::string text;
  for (std::size_t i = 0; i < std::min(mistakes_.size(), max_lines); ++i) {
    if (i != 0) text += '\n';
    text += line(mistakes_[i]);
  }
  if (mistakes_.size() > max_lines)
    text += fmt::format("\n{}: {} more mistakes", printable(file_, 4096), mistakes_.size() - max_lines);
  const bool limits = std::ranges::find(mistakes_, Code::missing_resource_limits, &Problem::code) != mistakes_.end();
  return Error(limits ? Code::missing_resource_limits : Code::invalid_configuration, std::move(text))
      .with("file", file_)
      .with("mistakes", std::to_string(mistakes_.size()));
}

std::vector<std::string> Problems::warnings() const {
  std::vector<std::string> lines;
  for (const Problem& problem : warnings_) lines.push_back(line(problem));
  return lines;
}

}  // namespace airssys::wasm
