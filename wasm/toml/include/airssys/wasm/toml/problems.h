// What is wrong with one file: all of it, in the order of the text, so that people correct a file once.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "airssys/base/result.h"
#include "airssys/wasm/toml/toml_document.h"

namespace airssys::wasm {

class Problems {
 public:
  static constexpr std::size_t max_lines = 20;  // of an error; the rest is counted

  explicit Problems(std::string_view file) : file_(file) {}

  // `what` says what is wrong and, after a semicolon, what to do.
  void mistake(Place place, std::string what, Code code = Code::invalid_configuration);
  void warning(Place place, std::string what);

  // `file:line:column`.
  [[nodiscard]] std::string at(Place place) const;
  [[nodiscard]] bool any_mistake() const noexcept { return !mistakes_.empty(); }
  // One line `file:line:column: what` for each mistake. Of several codes missing_resource_limits wins: it is the more exact one.
  [[nodiscard]] Error error() const;
  [[nodiscard]] std::vector<std::string> warnings() const;

 private:
  struct Problem {
    Place place;
    std::string what;
    Code code;
  };
  static void insert(std::vector<Problem>& into, Problem problem);
  std::string line(const Problem& problem) const;

  std::string file_;
  std::vector<Problem> mistakes_;  // both in the order of the text
  std::vector<Problem> warnings_;
};

}  // namespace airssys::wasm
