// Text to PathPattern.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "airssys/base/text.h"
#include "airssys/wasm/core/path_pattern.h"
#include "utf8_character.h"

namespace airssys::wasm {

class PathPattern::Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<PathPattern> parse() {
    if (text_.empty()) return wrong(0, "is empty");
    if (text_.size() > max_bytes) return wrong(max_bytes, fmt::format("is longer than {} bytes", max_bytes));
    if (text_[0] != '/') return wrong(0, "is not absolute; begin it with '/'");
    if (const std::size_t nul = text_.find('\0'); nul != text_.npos) return wrong(nul, "holds a NUL byte");
    // So that a run of literal bytes never ends within a character.
    if (const std::size_t good = utf8_prefix(text_); good != text_.size()) return wrong(good, "is not UTF-8");
    pattern_.text_ = text_;
    if (text_ == "/") return finish();
    for (at_ = 1;;) {
      AIRSSYS_TRY_VOID(segment());
      if (at_ == text_.size()) return finish();
      ++at_;  // the slash
    }
  }

 private:
  std::unexpected<Error> wrong(std::size_t at, std::string_view why) const {
    return fail(Code::invalid_argument, fmt::format("{}: path pattern at byte {}: {}", quoted(text_), at + 1, why));
  }

  // The name that begins at at_; at_ is then at the slash after it, or at the end.
  Result<> segment() {
    const std::size_t begin = at_;
    if (segments_ == max_segments) return wrong(at_, fmt::format("more than {} names; write a shorter pattern", max_segments));
    ++segments_;
    tokens_begin_ = pattern_.tokens_.size();
    run_begin_ = pattern_.literals_.size();
    while (at_ < text_.size() && text_[at_] != '/') AIRSSYS_TRY_VOID(element(begin));
    const std::string_view written = text_.substr(begin, at_ - begin);
    if (written.empty())
      return wrong(begin, at_ == text_.size()
                              ? "ends with '/'; for all that is in the folder end it with '/*', for all below with '/**'"
                              : "two '/' in a row");
    if (is_rest_) {
      is_rest_ = false;
      pattern_.segments_.push_back({Segment::Kind::rest});
      return {};
    }
    if (pattern_.tokens_.size() == tokens_begin_) return literal(begin);
    end_run();
    glob();
    return {};
  }

  Result<> literal(std::size_t begin) {
    const std::string_view name = std::string_view(pattern_.literals_).substr(run_begin_);
    if (name == ".." || name == ".")
      return wrong(begin, fmt::format("'{}' is no name of a file; write the path without it", name));
    pattern_.segments_.push_back(
        {Segment::Kind::literal, static_cast<std::uint16_t>(run_begin_), static_cast<std::uint16_t>(name.size())});
    return {};
  }

  void glob() {
    auto& tokens = pattern_.tokens_;
    // `*?` is `?*`, and `**` in a row cannot be: so whatever is after a star is something to look for.
    const auto loose = [](const Token& token) { return token.kind == Token::Kind::one || token.kind == Token::Kind::many; };
    for (auto begin = tokens.begin() + static_cast<std::ptrdiff_t>(tokens_begin_); begin != tokens.end();) {
      begin = std::find_if(begin, tokens.end(), loose);
      const auto end = std::find_if_not(begin, tokens.end(), loose);
      const auto many = std::stable_partition(begin, end, [](const Token& token) { return token.kind == Token::Kind::one; });
      begin = many == end ? end : tokens.erase(many + 1, end);
    }
    const std::size_t size = tokens.size() - tokens_begin_;
    if (size == 1 && tokens.back().kind == Token::Kind::many) {
      tokens.pop_back();
      pattern_.segments_.push_back({Segment::Kind::any});
    } else {
      pattern_.segments_.push_back(
          {Segment::Kind::glob, static_cast<std::uint16_t>(tokens_begin_), static_cast<std::uint16_t>(size)});
    }
  }

  Result<> element(std::size_t segment_begin) {
    switch (const char c = text_[at_]; c) {
      case '*': return star(segment_begin);
      case '?': ++at_; return wildcard({Token::Kind::one});
      case '[': return set();
      case '{':
      case '}':
        return wrong(
            at_, fmt::format(R"('{}' is not allowed; write a pattern for each alternative, or '\{}' for the character)", c, c));
      case '\\':
        if (++at_; at_ == text_.size() || text_[at_] == '/')
          return wrong(at_ - 1, R"('\' with no character after it; write '\\' for the character)");
        [[fallthrough]];
      default: pattern_.literals_ += text_[at_++]; return {};
    }
  }

  Result<> star(std::size_t segment_begin) {
    if (!text_.substr(at_).starts_with("**")) {
      ++at_;
      return wildcard({Token::Kind::many});
    }
    const std::size_t end = at_ + 2;
    if (at_ != segment_begin || (end != text_.size() && text_[end] != '/'))
      return wrong(at_,
                   "'**' stands for folders, so it is a whole name between slashes, as in '/data/**'; within a name write '*'");
    at_ = end;
    is_rest_ = true;
    return count();
  }

  Result<> set() {
    const std::size_t open = at_++;
    Set set;
    const bool negated = at_ < text_.size() && text_[at_] == '!';
    if (negated) ++at_;
    bool empty = true;
    for (;; empty = false) {
      if (at_ == text_.size() || text_[at_] == '/')
        return wrong(open, "'[' without ']'; close it, or write '\\[' for the character");
      if (text_[at_] == ']') break;
      AIRSSYS_TRY(const unsigned char from, member());
      unsigned char to = from;
      if (text_.substr(at_).starts_with('-') && at_ + 1 < text_.size() && text_[at_ + 1] != ']') {
        const std::size_t dash = at_++;
        AIRSSYS_TRY(to, member());
        if (to < from) return wrong(dash, "the range runs backwards");
      }
      for (unsigned c = from; c <= to; ++c) set.ascii[c / 64] |= std::uint64_t{1} << (c % 64);
    }
    if (empty) return wrong(open, "'[]' matches nothing; name characters in it, ']' as '\\]'");
    ++at_;
    if (negated) set = {{~set.ascii[0], ~set.ascii[1]}, true};
    pattern_.sets_.push_back(set);
    return wildcard({Token::Kind::set, static_cast<std::uint16_t>(pattern_.sets_.size() - 1)});
  }

  Result<unsigned char> member() {
    if (text_[at_] == '\\' && ++at_ == text_.size()) return wrong(at_ - 1, "'\\' with no character after it");
    const auto c = static_cast<unsigned char>(text_[at_]);
    if (c >= 0x80) return wrong(at_, "only ASCII characters may stand in '[…]'; write a pattern for each of the others");
    if (c == '/') return wrong(at_, "'/' may not stand in '[…]': no name has one");
    ++at_;
    return c;
  }

  Result<> wildcard(Token token) {
    end_run();
    pattern_.tokens_.push_back(token);
    return count();
  }

  Result<> count() {
    if (++wildcards_ > max_wildcards)
      return wrong(at_ - 1, fmt::format("more than {} wildcards; write a simpler pattern", max_wildcards));
    return {};
  }

  // What was read of literal characters becomes a token of the glob.
  void end_run() {
    const std::size_t end = pattern_.literals_.size();
    if (end != run_begin_)
      pattern_.tokens_.push_back(
          {Token::Kind::run, static_cast<std::uint16_t>(run_begin_), static_cast<std::uint16_t>(end - run_begin_)});
    run_begin_ = end;
  }

  PathPattern finish() {
    auto& segments = pattern_.segments_;
    using Kind = Segment::Kind;
    // Last, `**` needs a name; and `**/*` is `*/**`: what has to be there comes first.
    if (!segments.empty() && segments.back().kind == Kind::rest) segments.push_back({Kind::any});
    const auto loose = [](const Segment& segment) { return segment.kind == Kind::any || segment.kind == Kind::rest; };
    for (auto begin = segments.begin(); begin != segments.end();) {
      begin = std::find_if(begin, segments.end(), loose);
      const auto end = std::find_if_not(begin, segments.end(), loose);
      const auto rest = std::stable_partition(begin, end, [](const Segment& segment) { return segment.kind == Kind::any; });
      begin = rest == end ? end : segments.erase(rest + 1, end);
    }
    pattern_.fixed_ = "/";
    for (const Segment& segment : segments) {
      if (segment.kind != Kind::literal) break;
      pattern_.fixed_ += pattern_.literal(segment);
      if (++pattern_.glob_ != segments.size()) pattern_.fixed_ += '/';
    }
    return std::move(pattern_);
  }

  const std::string_view text_;
  PathPattern pattern_;
  std::size_t at_ = 0;
  std::size_t segments_ = 0, wildcards_ = 0;
  std::size_t tokens_begin_ = 0;  // of this segment
  std::size_t run_begin_ = 0;     // of the literal characters that are in no token yet
  bool is_rest_ = false;          // this segment is `**`
};

Result<PathPattern> PathPattern::parse(std::string_view text) { return Parser(text).parse(); }

namespace {

Result<std::string> escaped(std::string_view path) {
  if (const std::string_view wrong = wrong_with_path(path); !wrong.empty())
    return fail(Code::invalid_argument, fmt::format("{}: the path {}", quoted(path), wrong));
  std::string text;
  for (const char c : path) {
    if (std::string_view(R"(*?[]{}\)").contains(c)) text += '\\';
    text += c;
  }
  return text;
}

}  // namespace

Result<PathPattern> PathPattern::exactly(std::string_view path) {
  AIRSSYS_TRY(const std::string text, escaped(path));
  return parse(text);
}

Result<PathPattern> PathPattern::in_folder(std::string_view path) {
  AIRSSYS_TRY(std::string text, escaped(path));
  return parse(text + (text == "/" ? "*" : "/*"));
}

}  // namespace airssys::wasm
