#include "audit_format.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
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

// How many bytes from the beginning are plain; eight at a time.
std::size_t plain_prefix(std::string_view text) {
  constexpr std::uint64_t each = 0x0101010101010101, high = 0x8080808080808080;
  // A byte of `word` that is below `least`, or one that equals the byte in all of `same`, leaves its high bit.
  const auto below = [](std::uint64_t word, std::uint64_t least) { return (word - each * least) & ~word & high; };
  std::size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, 8);
    const std::uint64_t del = (word + each) & high;  // 0x7f, or no ASCII; what carries over comes from such a byte as well
    if ((word & high) | del | below(word, 0x20) | below(word ^ each * '"', 1) | below(word ^ each * '\\', 1)) break;
  }
  while (at < text.size() && plain[static_cast<unsigned char>(text[at])]) ++at;
  return at;
}

void append_text(Cursor& out, std::string_view text) {
  while (!text.empty()) {
    const std::size_t before = plain_prefix(text);
    out.append(text.substr(0, before));
    text.remove_prefix(before);
    if (!text.empty()) text.remove_prefix(append_special(out, text));
  }
}

void append_two(char*& at, unsigned number) {
  *at++ = static_cast<char>('0' + number / 10);
  *at++ = static_cast<char>('0' + number % 10);
}

void append_time(Cursor& out, WallTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  std::array<char, 30> text;
  char* at = text.data();
  const auto year = static_cast<unsigned>(std::clamp(static_cast<int>(date.year()), 0, 9999));
  append_two(at, year / 100);
  append_two(at, year % 100);
  *at++ = '-';
  append_two(at, static_cast<unsigned>(date.month()));
  *at++ = '-';
  append_two(at, static_cast<unsigned>(date.day()));
  *at++ = 'T';
  append_two(at, static_cast<unsigned>(clock.hours().count()));
  *at++ = ':';
  append_two(at, static_cast<unsigned>(clock.minutes().count()));
  *at++ = ':';
  append_two(at, static_cast<unsigned>(clock.seconds().count()));
  *at++ = '.';
  auto rest = static_cast<std::uint32_t>(clock.subseconds().count());
  for (std::size_t digit = 9; digit-- > 0; rest /= 10) at[digit] = static_cast<char>('0' + rest % 10);
  at += 9;
  *at++ = 'Z';
  out.append(text.data(), text.size());
}

AuditHash hash_of(std::string_view bytes) {
  AuditHash hash;
  crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), nullptr, 0);
  return hash;
}

std::string_view bytes_of(const AuditHash& hash) { return {reinterpret_cast<const char*>(hash.data()), hash.size()}; }

// How much room a line needs: each byte of a text may become six.
std::size_t most_bytes(const AuditEvent& event) {
  std::size_t texts = 0;
  for (const std::string_view text : {event.component, event.action, event.resource, event.rule, event.place})
    texts += std::min(text.size(), AuditEvent::max_text_bytes);
  return 6 * texts + 1024;
}

// From `begin` on: the hash before, only to be hashed with what follows, and then the line up to its own hash.
char* write_body(char* begin, const AuditChain& chain, const AuditEntry& entry, AuditPlace place) {
  const AuditEvent& event = entry.event;
  bool cut = entry.cut;
  Cursor out(begin);
  const auto text = [&](std::string_view value) {
    cut |= value.size() > AuditEvent::max_text_bytes;
    append_text(out, value.substr(0, AuditEvent::max_text_bytes));
  };
  out.append(bytes_of(chain.hash)).append("{\"seq\":");
  append_number(out, chain.seq + 1);
  out.append(",\"time\":\"");
  append_time(out, entry.time);
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
  for (int shift = 60; shift >= 0; shift -= 4) out += digits[event.session >> shift & 15];
  out.append("\",\"count\":");
  append_number(out, event.count);
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
    append_hex(out, chain.hash);
    out += '"';
  }
  return out.at();
}

}  // namespace

void append_audit_line(std::string& out, AuditChain& chain, const AuditEntry& entry, AuditPlace place) {
  const std::size_t before = out.size();
  out.resize_and_overwrite(before + most_bytes(entry.event), [&](char* memory, std::size_t) {
    char* const begin = memory + before;
    const char* const end = write_body(begin, chain, entry, place);
    const auto length = static_cast<std::size_t>(end - begin);
    chain.hash = hash_of({begin, length});
    ++chain.seq;
    std::memmove(begin, begin + chain.hash.size(), length - chain.hash.size());
    Cursor rest(begin + length - chain.hash.size());
    rest.append(",\"hash\":\"");
    append_hex(rest, chain.hash);
    rest.append("\"}\n");
    return static_cast<std::size_t>(rest.at() - memory);
  });
}

std::string audit_hash_text(const AuditHash& hash) {
  std::array<char, 2 * sizeof(AuditHash)> text;
  Cursor out(text.data());
  append_hex(out, hash);
  return {text.data(), text.size()};
}

std::string audit_time_text(WallTime time) {
  std::array<char, 30> text;
  Cursor out(text.data());
  append_time(out, time);
  return {text.data(), text.size()};
}

AuditHash audit_hash_of(std::string_view line, const AuditHash& before) {
  return hash_of(std::string(bytes_of(before)).append(line.substr(0, line.rfind(",\"hash\":"))));
}

}  // namespace airssys::wasm
