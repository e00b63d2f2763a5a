#include "audit_format.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstring>

#include "airssys/base/text.h"

namespace airssys::wasm {
namespace {

constexpr std::string_view digits = "0123456789abcdef";

// 1: as it is; 0: to be looked at.
constexpr std::array<bool, 256> plain = [] {
  std::array<bool, 256> table{};
  for (std::size_t c = 0x20; c < 0x7f; ++c) table[c] = c != '"' && c != '\\';
  return table;
}();

// Writes where there is room enough.
class Cursor {
 public:
  explicit Cursor(char* begin) noexcept : at_(begin) {}
  Cursor& append(const char* bytes, std::size_t count) noexcept {
    if (count > 0) std::memcpy(at_, bytes, count);
    at_ += count;
    return *this;
  }
  Cursor& append(std::string_view text) noexcept { return append(text.data(), text.size()); }
  void operator+=(char c) noexcept { *at_++ = c; }
  // What of `text` is plain, from its beginning on; eight bytes at a time. How many that are.
  std::size_t append_plain(std::string_view text) noexcept;
  [[nodiscard]] char* at() const noexcept { return at_; }

 private:
  char* at_;
};

void append_number(Cursor& out, std::uint64_t number) {
  std::array<char, 20> text;
  const char* const end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
  out.append(text.data(), static_cast<std::size_t>(end - text.data()));
}

void append_hex(Cursor& out, const AuditHash& hash) {
  std::array<char, 2 * sizeof(AuditHash)> text;
  for (std::size_t n = 0; n < hash.size(); ++n) {
    text[2 * n] = digits[hash[n] >> 4];
    text[2 * n + 1] = digits[hash[n] & 15];
  }
  out.append(text.data(), text.size());
}

// What is not plain ASCII. Bytes that are no UTF-8 become the text \xNN, as in airssys::printable.
std::size_t append_special(Cursor& out, std::string_view text) {
  const auto byte = static_cast<unsigned char>(text[0]);
  if (byte == '"' || byte == '\\') {
    out += '\\';
    out += text[0];
    return 1;
  }
  if (byte < 0x20 || byte == 0x7f) {
    out.append("\\u00");
    out += digits[byte >> 4];
    out += digits[byte & 15];
    return 1;
  }
  if (const std::size_t good = utf8_prefix(text.substr(0, 4)); good > 0) {
    std::size_t end = 1;  // of this character
    while (end < good && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) ++end;
    out.append(text.substr(0, end));
    return end;
  }
  out.append("\\\\x");
  out += digits[byte >> 4];
  out += digits[byte & 15];
  return 1;
}

std::size_t Cursor::append_plain(std::string_view text) noexcept {
  constexpr std::uint64_t each = 0x0101010101010101, high = 0x8080808080808080;
  // A byte of `word` that is below `least`, or one that equals the byte in all of `same`, leaves its high bit.
  const auto below = [](std::uint64_t word, std::uint64_t least) { return (word - each * least) & ~word & high; };
  const auto copy_eight = [&](std::size_t from) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + from, 8);
    const std::uint64_t del = (word + each) & high;  // 0x7f, or no ASCII; what carries over comes from such a byte as well
    if ((word & high) | del | below(word, 0x20) | below(word ^ each * '"', 1) | below(word ^ each * '\\', 1)) return false;
    std::memcpy(at_ + from, &word, 8);
    return true;
  };
  std::size_t at = 0;
  while (at + 8 <= text.size() && copy_eight(at)) at += 8;
  // The rest with some that were copied already.
  if (at > 0 && text.size() - at < 8 && copy_eight(text.size() - 8)) at = text.size();
  for (; at < text.size() && plain[static_cast<unsigned char>(text[at])]; ++at) at_[at] = text[at];
  at_ += at;
  return at;
}

void append_text(Cursor& out, std::string_view text) {
  for (;;) {
    text.remove_prefix(out.append_plain(text));
    if (text.empty()) return;
    text.remove_prefix(append_special(out, text));
  }
}

void put_two(char* at, unsigned number) {
  at[0] = static_cast<char>('0' + number / 10);
  at[1] = static_cast<char>('0' + number % 10);
}

void append_hex(Cursor& out, std::uint64_t number, int of_digits) {
  for (int shift = 4 * (of_digits - 1); shift >= 0; shift -= 4) out += digits[number >> shift & 15];
}

// How much room a line needs: each byte of a text may become six.
std::size_t most_bytes(const AuditEvent& event) {
  std::size_t texts = 0;
  for (const std::string_view text : {event.component, event.action, event.resource, event.rule, event.place})
    texts += std::min(text.size(), AuditEvent::max_text_bytes);
  return 6 * texts + 1024;
}

}  // namespace

// The same second is written over and over again.
std::string_view AuditClockText::of(WallTime time) {
  const auto second = std::chrono::floor<std::chrono::seconds>(time);
  if (second != second_) {
    second_ = second;
    const auto day = std::chrono::floor<std::chrono::days>(second);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(second - day);
    text_ = {"0000-00-00T00:00:00.000000000Z"};
    const auto year = static_cast<unsigned>(std::clamp(static_cast<int>(date.year()), 0, 9999));
    put_two(&text_[0], year / 100);
    put_two(&text_[2], year % 100);
    put_two(&text_[5], static_cast<unsigned>(date.month()));
    put_two(&text_[8], static_cast<unsigned>(date.day()));
    put_two(&text_[11], static_cast<unsigned>(clock.hours().count()));
    put_two(&text_[14], static_cast<unsigned>(clock.minutes().count()));
    put_two(&text_[17], static_cast<unsigned>(clock.seconds().count()));
  }
  auto rest = static_cast<std::uint32_t>((time - second).count());
  for (std::size_t at = 27; at > 20; at -= 2, rest /= 100) put_two(&text_[at], rest % 100);
  text_[20] = static_cast<char>('0' + rest);
  return {text_.data(), text_.size() - 1};
}

void AuditLines::add(const AuditEntry& entry, AuditPlace place) {
  end_line();
  line_ = text_.size();
  text_.resize_and_overwrite(line_ + most_bytes(entry.event), [&](char* memory, std::size_t) {
    return static_cast<std::size_t>(write_body(memory + line_, entry, place) - memory);
  });
  ++chain_.seq;
  ++group_;
  ended_ = false;
}

// The line up to its check or hash. Returns its end.
char* AuditLines::write_body(char* begin, const AuditEntry& entry, AuditPlace place) {
  const AuditEvent& event = entry.event;
  bool cut = entry.cut;
  Cursor out(begin);
  const auto text = [&](std::string_view value) {
    cut |= value.size() > AuditEvent::max_text_bytes;
    append_text(out, value.substr(0, AuditEvent::max_text_bytes));
  };
  out.append("{\"seq\":");
  append_number(out, chain_.seq + 1);
  out.append(",\"time\":\"").append(clock_.of(entry.time));
  out.append("\",\"component\":\"");
  text(event.component);
  out.append("\",\"action\":\"");
  text(event.action);
  out.append("\",\"resource\":\"");
  text(event.resource);
  out.append("\",\"decision\":\"").append(audit_decision_name(event.decision)).append("\",\"rule\":\"");
  text(event.rule);
  if (!event.place.empty()) {
    out.append("\",\"place\":\"");
    text(event.place);
  }
  out.append("\",\"session\":\"");
  append_hex(out, event.session, 16);
  out += '"';
  if (event.count != 1) {
    out.append(",\"count\":");
    append_number(out, event.count);
  }
  if (event.number > 0) {
    out.append(",\"number\":");
    append_number(out, event.number);
  }
  if (event.number > 0 && entry.last > event.number) {
    out.append(",\"last\":");
    append_number(out, entry.last);
  }
  if (cut) out.append(",\"cut\":true");
  if (place == AuditPlace::begins_file) {
    out.append(",\"version\":");
    append_number(out, AuditLine::format_version);
    out.append(",\"after\":\"");
    append_hex(out, chain_.hash);
    out += '"';
  }
  return out.at();
}

void AuditLines::end_line() {
  if (ended_) return;
  if (group_ == max_group) return end_group();
  std::array<char, 32> end;
  Cursor out(end.data());
  out.append(audit_check_begin);
  append_hex(out, crc32c(std::string_view(text_).substr(line_)), 8);
  out.append(audit_line_end);
  out += '\n';
  text_.append(end.data(), out.at());
  ended_ = true;
}

void AuditLines::end_group() {
  open_.add(std::string_view(text_).substr(covered_));
  chain_.hash = open_.hash();
  open_ = AuditHasher(chain_.hash);
  std::array<char, 128> end;
  Cursor out(end.data());
  out.append(audit_hash_begin);
  append_hex(out, chain_.hash);
  out.append(audit_line_end);
  out += '\n';
  text_.append(end.data(), out.at());
  covered_ = text_.size();
  group_ = 0;
  ended_ = true;
}

const std::string& AuditLines::text() {
  if (!ended_) end_group();
  return text_;
}

std::string audit_hash_text(const AuditHash& hash) {
  std::array<char, 2 * sizeof(AuditHash)> text;
  Cursor out(text.data());
  append_hex(out, hash);
  return {text.data(), text.size()};
}

std::string audit_time_text(WallTime time) { return std::string(AuditClockText().of(time)); }

}  // namespace airssys::wasm
