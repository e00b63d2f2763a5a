// Which files a grant means (R4.3): a pattern over absolute paths, compiled once, compared by text.
//
//   /etc/app/*.toml      names that end in .toml, in /etc/app itself
//   /var/data/app/**     everything below /var/data/app, at any depth; not the folder itself
//   /a/**/z.log          z.log in /a, or anywhere below it
//   /data/session-?      one character more
//   /data/part-[0-9a-f]  one of these; [!0-9] one that is none of these
//   /srv/what\?          a '?' itself: '\' takes the meaning of the next character
//
// `*` is any number of characters, none included, `**` any number of folders, and is a whole name of a path. Upper and lower case
// differ. There are no braces. A character is one of UTF-8; a byte that is not part of one counts as one.
//
// This is the lexical half of R4.4: whoever opens a file compares the path that was asked for, opens it without following what
// leads elsewhere, and compares the real path of what is open then.
//
// A value; any thread. Patterns are bounded (max_*), so that comparing one costs a bounded number of steps whoever wrote it.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "airssys/base/result.h"

namespace airssys::wasm {

// What is wrong with a path that somebody asks for; empty: nothing. Wrong is what is not absolute, holds NUL, a `.` or `..`, an
// empty name (`//`, a `/` at the end) or is longer than any path that the kernel takes: no pattern matches it.
inline constexpr std::size_t max_path_bytes = 4096;
[[nodiscard]] std::string_view wrong_with_path(std::string_view path) noexcept;

class PathPattern {
 public:
  static constexpr std::size_t max_bytes = 1024;
  static constexpr std::size_t max_segments = 64;  // names between slashes
  static constexpr std::size_t max_wildcards = 32;  // `*`, `**`, `?` and `[…]` together

  // Otherwise invalid_argument: what is wrong, and at which byte.
  [[nodiscard]] static Result<PathPattern> parse(std::string_view text);
  // The pattern of this path alone, whatever characters it has. invalid_argument: wrong_with_path, or too long for a pattern.
  [[nodiscard]] static Result<PathPattern> exactly(std::string_view path);
  // Of all that is in this folder: `<path>/*`.
  [[nodiscard]] static Result<PathPattern> in_folder(std::string_view path);

  [[nodiscard]] bool matches(std::string_view path) const noexcept;
  // Whether something in the folder `path` could match: what listing a folder needs (R4.4).
  [[nodiscard]] bool matches_in(std::string_view path) const noexcept;
  // Whether something below the folder `path`, at any depth, could match.
  [[nodiscard]] bool matches_below(std::string_view path) const;

  // Whether this matches every path that `other` matches. May say no where that is not obvious, never yes wrongly.
  [[nodiscard]] bool covers(const PathPattern& other) const;
  // Whether some path matches both. May say yes where there is none.
  [[nodiscard]] bool overlaps(const PathPattern& other) const;
  // Whether there is a folder in which something could match this, and something, perhaps another, `other`.
  [[nodiscard]] bool shares_folder(const PathPattern& other) const;

  // As it was written.
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  // Of one path only.
  [[nodiscard]] bool is_exact() const noexcept { return glob_ == segments_.size(); }
  // Whether it reaches into folders of folders: has a `**`.
  [[nodiscard]] bool is_recursive() const noexcept;
  // The path of the folder that all it matches is in, with its last '/'; of an exact one the path.
  [[nodiscard]] const std::string& fixed_part() const noexcept { return fixed_; }

  friend bool operator==(const PathPattern& a, const PathPattern& b) noexcept { return a.text_ == b.text_; }

 private:
  // Within a name: characters as they are, one, any number, one of a set.
  struct Token {
    enum class Kind : std::uint8_t { run, one, many, set };
    Kind kind;
    std::uint16_t begin = 0, size = 0;  // run: in literals_; set: begin is the place in sets_
  };
  // A name: `rest` is `**`, `any` is `*`.
  struct Segment {
    enum class Kind : std::uint8_t { literal, any, glob, rest };
    Kind kind;
    std::uint16_t begin = 0, size = 0;  // literal: in literals_; glob: in tokens_
  };
  // ASCII characters; of the others a set has all or none.
  struct Set {
    std::array<std::uint64_t, 2> ascii{};
    bool others = false;
  };
  // One element of a glob, for comparing patterns.
  struct Symbol {
    Token::Kind kind;
    std::string_view character;  // run: one
    const Set* set = nullptr;
  };
  class Parser;

  PathPattern() = default;
  [[nodiscard]] std::string_view literal(const Segment& segment) const noexcept {
    return std::string_view(literals_).substr(segment.begin, segment.size);
  }
  static bool contains(const Set& set, std::string_view character) noexcept;
  // Of this one; of one that is not ASCII it is empty.
  static Set only(std::string_view character) noexcept;
  bool matches_name(const Segment& segment, std::string_view name) const noexcept;
  bool matches_glob(std::span<const Token> tokens, std::string_view name) const noexcept;
  // How many bytes of `rest` the token takes; 0: it does not match there.
  std::size_t taken_by(const Token& token, std::string_view rest) const noexcept;
  // The names in `names` (a path without its first '/') against segments_[begin, end), and, when `then_rest`, any number more.
  bool matches_names(std::size_t begin, std::size_t end, bool then_rest, std::string_view names) const noexcept;
  // Those of the folders in which something could match.
  std::vector<Segment> folder_segments() const;
  bool segments_overlap(std::span<const Segment> mine, const PathPattern& other, std::span<const Segment> theirs) const;
  std::vector<Symbol> symbols(const Segment& segment) const;
  static bool name_covers(const PathPattern& a, const Segment& wide, const PathPattern& b, const Segment& narrow);
  static bool names_overlap(const PathPattern& a, const Segment& one, const PathPattern& b, const Segment& other);

  std::string text_;
  std::string fixed_;
  std::string literals_;  // unescaped
  std::vector<Segment> segments_;
  std::vector<Token> tokens_;
  std::vector<Set> sets_;
  std::size_t glob_ = 0;  // the first segment that is no literal
};

}  // namespace airssys::wasm
