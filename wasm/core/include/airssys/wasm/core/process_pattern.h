// Which programs a component may start, and of those that it started which it may end or signal (R4.8):
//
//   /usr/bin/git        that file
//   /opt/tools/*        a pattern as in path_pattern.h
//   git                 the program that the host's fixed PATH leads to when the grant is made
//   *                   any program
//
// What is compared is the real path of the executable. A bare name matches nothing until whoever grants it has resolved it.
// A value; any thread.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "airssys/base/result.h"
#include "airssys/wasm/core/path_pattern.h"

namespace airssys::wasm {

class ProcessPattern {
 public:
  static constexpr std::size_t max_name_bytes = 64;  // of a bare one: letters, digits, '.', '_', '+' and '-'

  // Otherwise invalid_argument: what is wrong, and at which byte.
  [[nodiscard]] static Result<ProcessPattern> parse(std::string_view text);
  [[nodiscard]] static Result<ProcessPattern> exactly(std::string_view path);

  // Whether it is a bare name that nobody has resolved.
  [[nodiscard]] bool is_unresolved() const noexcept { return !any_ && !path_; }
  // A bare name that means this real path from now on. invalid_argument: it is none, or that is no path.
  [[nodiscard]] Result<ProcessPattern> resolved(std::string_view path) const;

  [[nodiscard]] bool matches(std::string_view path) const noexcept {
    return any_ ? wrong_with_path(path).empty() : path_ && path_->matches(path);
  }
  // Whether this matches every path that `other` matches; of unresolved names, whether they are the same.
  [[nodiscard]] bool covers(const ProcessPattern& other) const;
  // Whether some path matches both. May say yes where there is none: an unresolved name may lead anywhere.
  [[nodiscard]] bool overlaps(const ProcessPattern& other) const;

  // As it was written, also of a resolved name.
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  [[nodiscard]] bool is_any() const noexcept { return any_; }
  // What it matches; none: anything, or nothing yet.
  [[nodiscard]] const std::optional<PathPattern>& path() const noexcept { return path_; }

  friend bool operator==(const ProcessPattern&, const ProcessPattern&) = default;

 private:
  ProcessPattern(std::string_view text, bool any, std::optional<PathPattern> path)
      : text_(text),
        any_(any),
        path_(std::move(path)) {}
  std::string text_;
  bool any_;
  std::optional<PathPattern> path_;
};

}  // namespace airssys::wasm
