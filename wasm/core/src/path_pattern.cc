// Comparing: a path with a pattern, a pattern with a pattern.
#include "airssys/wasm/core/path_pattern.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "utf8_character.h"
#include "wildcard.h"

namespace airssys::wasm {
namespace {

constexpr std::size_t none = static_cast<std::size_t>(-1);

// The name that begins at `at`, and where the next begins; none: there is no further one.
struct Name {
  std::string_view text;
  std::size_t next;
};
Name name_at(std::string_view names, std::size_t at) noexcept {
  const std::size_t slash = names.find('/', at);
  if (slash == names.npos) return {names.substr(at), none};
  return {names.substr(at, slash - at), slash + 1};
}

// Whether `path` begins with a pattern's fixed part. Those of one component begin alike and differ at the end, which is looked at
// first: most patterns are done with after these eight bytes.
bool begins_with(std::string_view path, std::string_view fixed) noexcept {
  if (path.size() < fixed.size()) return false;
  std::uint64_t one = 0, other = 0;
  if (fixed.size() >= sizeof one) {
    const std::size_t at = fixed.size() - sizeof one;
    std::memcpy(&one, path.data() + at, sizeof one);
    std::memcpy(&other, fixed.data() + at, sizeof other);
    if (one != other) return false;
  }
  return std::memcmp(path.data(), fixed.data(), fixed.size()) == 0;
}

// Whether a path in `folder` could begin with a fixed part that is that of a folder.
bool could_be_in(std::string_view folder, std::string_view fixed) noexcept {
  if (folder == "/") return fixed == "/";
  return folder.size() + 1 == fixed.size() ? fixed.starts_with(folder) : begins_with(folder, fixed);
}

// Whether `path` is below `folder`.
bool is_below(std::string_view path, std::string_view folder) noexcept {
  return folder == "/" || (path.size() > folder.size() && path[folder.size()] == '/' && path.starts_with(folder));
}

}  // namespace

std::string_view wrong_with_path(std::string_view path) noexcept {
  if (path.empty() || path[0] != '/') return "is not absolute";
  if (path.size() > max_path_bytes) return "is longer than 4096 bytes";
  if (path.contains('\0')) return "holds a NUL byte";
  if (path == "/") return {};
  for (std::size_t at = 1; at != none;) {
    const Name name = name_at(path, at);
    if (name.text.empty()) return name.next == none ? "ends with '/'" : "has two '/' in a row";
    if (name.text == "..") return "has a '..' in it";
    if (name.text == ".") return "has a '.' in it";
    at = name.next;
  }
  return {};
}

bool PathPattern::is_recursive() const noexcept {
  return std::ranges::any_of(segments_, [](const Segment& segment) { return segment.kind == Segment::Kind::rest; });
}

bool PathPattern::contains(const Set& set, std::string_view character) noexcept {
  if (character.size() != 1 || static_cast<unsigned char>(character[0]) >= 0x80) return set.others;
  const auto c = static_cast<unsigned char>(character[0]);
  return (set.ascii[c / 64] >> (c % 64) & 1) != 0;
}

std::size_t PathPattern::taken_by(const Token& token, std::string_view rest) const noexcept {
  switch (token.kind) {
    case Token::Kind::run: return rest.starts_with(std::string_view(literals_).substr(token.begin, token.size)) ? token.size : 0;
    case Token::Kind::one: return rest.empty() ? 0 : first_character_bytes(rest);
    case Token::Kind::set: {
      if (rest.empty()) return 0;
      const std::size_t bytes = first_character_bytes(rest);
      return contains(sets_[token.begin], rest.substr(0, bytes)) ? bytes : 0;
    }
    case Token::Kind::many: break;
  }
  return 0;
}

// After a star that matched, what the stars before it took need not be looked at again: so only the last is moved.
bool PathPattern::matches_glob(std::span<const Token> tokens, std::string_view name) const noexcept {
  std::size_t t = 0, at = 0, many = none, many_at = 0;
  while (at < name.size()) {
    if (t < tokens.size() && tokens[t].kind == Token::Kind::many) {
      if (++t == tokens.size()) return true;
      many = t;
      many_at = at;
      continue;
    }
    if (const std::size_t taken = t < tokens.size() ? taken_by(tokens[t], name.substr(at)) : 0; taken != 0) {
      ++t;
      at += taken;
      continue;
    }
    if (many == none) return false;
    many_at += first_character_bytes(name.substr(many_at));
    at = many_at;
    t = many;
  }
  while (t < tokens.size() && tokens[t].kind == Token::Kind::many) ++t;
  return t == tokens.size();
}

bool PathPattern::matches_name(const Segment& segment, std::string_view name) const noexcept {
  switch (segment.kind) {
    case Segment::Kind::literal: return literal(segment) == name;
    case Segment::Kind::glob: return matches_glob(std::span(tokens_).subspan(segment.begin, segment.size), name);
    case Segment::Kind::any:
    case Segment::Kind::rest: break;
  }
  return true;
}

bool PathPattern::matches_names(std::size_t begin, std::size_t end, bool then_rest, std::string_view names) const noexcept {
  std::size_t s = begin, at = names.empty() ? none : 0, rest = none, rest_at = 0;
  while (at != none) {
    if (s == end && then_rest) return true;
    if (s < end && segments_[s].kind == Segment::Kind::rest) {
      if (++s == end) return true;
      rest = s;
      rest_at = at;
      continue;
    }
    const Name name = name_at(names, at);
    if (s < end && matches_name(segments_[s], name.text)) {
      ++s;
      at = name.next;
      continue;
    }
    if (rest == none) return false;
    rest_at = name_at(names, rest_at).next;
    at = rest_at;
    s = rest;
  }
  while (s < end && segments_[s].kind == Segment::Kind::rest) ++s;
  return s == end;
}

bool PathPattern::matches(std::string_view path) const noexcept {
  if (!begins_with(path, fixed_)) return false;
  if (is_exact()) return path.size() == fixed_.size();
  if (!wrong_with_path(path).empty()) return false;
  return matches_names(glob_, segments_.size(), false, path.substr(fixed_.size()));
}

bool PathPattern::matches_in(std::string_view path) const noexcept {
  if (segments_.empty() || (!is_exact() && !could_be_in(path, fixed_)) || !wrong_with_path(path).empty()) return false;
  std::size_t end = segments_.size();
  const bool rest = segments_[end - 1].kind == Segment::Kind::rest;
  // A last `**` is `*` and any number more, see finish() of the parser.
  if (rest) --end;
  return matches_names(0, end - 1, rest, path.substr(1));
}

bool PathPattern::matches_below(std::string_view path) const {
  if (!is_below(fixed_, path) && (is_exact() || !could_be_in(path, fixed_))) return false;
  if (!wrong_with_path(path).empty()) return false;
  for (std::size_t end = 0; end < segments_.size(); ++end)
    if (matches_names(0, end, segments_[end].kind == Segment::Kind::rest, path.substr(1))) return true;
  return false;
}

std::vector<PathPattern::Symbol> PathPattern::symbols(const Segment& segment) const {
  std::vector<Symbol> list;
  const auto spell = [&](std::string_view text) {
    while (!text.empty()) {
      const std::size_t bytes = first_character_bytes(text);
      list.push_back({Token::Kind::run, text.substr(0, bytes)});
      text.remove_prefix(bytes);
    }
  };
  if (segment.kind == Segment::Kind::any) list.push_back({Token::Kind::many, {}});
  if (segment.kind == Segment::Kind::literal) spell(literal(segment));
  if (segment.kind == Segment::Kind::glob)
    for (const Token& token : std::span(tokens_).subspan(segment.begin, segment.size)) {
      if (token.kind == Token::Kind::run)
        spell(std::string_view(literals_).substr(token.begin, token.size));
      else
        list.push_back({token.kind, {}, token.kind == Token::Kind::set ? &sets_[token.begin] : nullptr});
    }
  return list;
}

PathPattern::Set PathPattern::only(std::string_view character) noexcept {
  Set set;
  const auto c = static_cast<unsigned char>(character[0]);
  if (c < 0x80) set.ascii[c / 64] = std::uint64_t{1} << (c % 64);
  return set;
}

bool PathPattern::name_covers(const PathPattern& a, const Segment& wide, const PathPattern& b, const Segment& narrow) {
  if (wide.kind == Segment::Kind::any) return true;
  if (narrow.kind == Segment::Kind::literal) return a.matches_name(wide, b.literal(narrow));
  const std::vector<Symbol> over = a.symbols(wide), under = b.symbols(narrow);
  return list_covers(
      std::span(over), std::span(under), [](const Symbol& symbol) { return symbol.kind == Token::Kind::many; },
      [](const Symbol& w, const Symbol& n) {
        if (w.kind == Token::Kind::one) return true;
        if (n.kind == Token::Kind::run) return w.set ? contains(*w.set, n.character) : w.character == n.character;
        if (!n.set) return false;
        const Set wide_set = w.set ? *w.set : only(w.character);
        return (n.set->ascii[0] & ~wide_set.ascii[0]) == 0 && (n.set->ascii[1] & ~wide_set.ascii[1]) == 0 &&
               (wide_set.others || !n.set->others);
      });
}

bool PathPattern::names_overlap(const PathPattern& a, const Segment& one, const PathPattern& b, const Segment& other) {
  if (one.kind == Segment::Kind::any || other.kind == Segment::Kind::any) return true;
  if (one.kind == Segment::Kind::literal) return b.matches_name(other, a.literal(one));
  if (other.kind == Segment::Kind::literal) return a.matches_name(one, b.literal(other));
  const std::vector<Symbol> left = a.symbols(one), right = b.symbols(other);
  return lists_overlap(
      std::span(left), std::span(right), [](const Symbol& symbol) { return symbol.kind == Token::Kind::many; },
      [](const Symbol& x, const Symbol& y) {
        if (x.kind == Token::Kind::one || y.kind == Token::Kind::one) return true;
        if (!x.set && !y.set) return x.character == y.character;
        if (!x.set) return contains(*y.set, x.character);
        if (!y.set) return contains(*x.set, y.character);
        return (x.set->ascii[0] & y.set->ascii[0]) != 0 || (x.set->ascii[1] & y.set->ascii[1]) != 0 ||
               (x.set->others && y.set->others);
      });
}

bool PathPattern::covers(const PathPattern& other) const {
  if (text_ == other.text_) return true;
  return list_covers(
      std::span(segments_), std::span(other.segments_),
      [](const Segment& segment) { return segment.kind == Segment::Kind::rest; },
      [&](const Segment& wide, const Segment& narrow) { return name_covers(*this, wide, other, narrow); });
}

bool PathPattern::segments_overlap(std::span<const Segment> mine, const PathPattern& other,
                                   std::span<const Segment> theirs) const {
  return lists_overlap(
      mine, theirs, [](const Segment& segment) { return segment.kind == Segment::Kind::rest; },
      [&](const Segment& one, const Segment& another) { return names_overlap(*this, one, other, another); });
}

bool PathPattern::overlaps(const PathPattern& other) const { return segments_overlap(segments_, other, other.segments_); }

std::vector<PathPattern::Segment> PathPattern::folder_segments() const {
  std::vector<Segment> folders = segments_;
  // A last `**` is `*` and any number more, see finish() of the parser: what is left without the `*` are folders.
  if (!folders.empty()) folders.erase(folders.end() - (folders.back().kind == Segment::Kind::rest ? 2 : 1));
  return folders;
}

bool PathPattern::shares_folder(const PathPattern& other) const {
  if (segments_.empty() || other.segments_.empty()) return false;
  return segments_overlap(folder_segments(), other, other.folder_segments());
}

}  // namespace airssys::wasm
