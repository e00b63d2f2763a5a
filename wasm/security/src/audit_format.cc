#include "audit_format.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>

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

void append_number(std::string& out, std::uint64_t number) {
  std::array<char, 20> text;
  out.append(text.data(), std::to_chars(text.data(), text.data() + text.size(), number).ptr);
}

void append_hex(std::string& out, const AuditHash& hash) {
  std::array<char, 2 * sizeof(AuditHash)> text;
  for (std::size_t n = 0; n < hash.size(); ++n) {
    text[2 * n] = digits[hash[n] >> 4];
    text[2 * n + 1] = digits[hash[n] & 15];
  }
  out.append(text.data(), text.size());
}

// What is not plain ASCII. Bytes that are no UTF-8 become the text \xNN, as in airssys::printable.
std::size_t append_special(std::string& out, std::string_view text) {
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

void append_text(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const auto special = std::ranges::find_if_not(text, [](char c) { return plain[static_cast<unsigned char>(c)]; });
    const auto before = static_cast<std::size_t>(special - text.begin());
    out.append(text.substr(0, before));
    text.remove_prefix(before);
    if (!text.empty()) text.remove_prefix(append_special(out, text));
  }
}

void append_two(char*& at, unsigned number) {
  *at++ = static_cast<char>('0' + number / 10);
  *at++ = static_cast<char>('0' + number % 10);
}

void append_time(std::string& out, WallTime time) {
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
  auto rest = static_cast<std::uint64_t>(clock.subseconds().count());
  for (std::uint64_t unit = 100'000'000; unit > 0; unit /= 10) {
    *at++ = static_cast<char>('0' + rest / unit);
    rest %= unit;
  }
  *at++ = 'Z';
  out.append(text.data(), text.size());
}

AuditHash hash_of_body(std::string_view body, const AuditHash& before) {
  AuditHash hash;
  crypto_generichash_state state;
  crypto_generichash_init(&state, nullptr, 0, hash.size());
  crypto_generichash_update(&state, before.data(), before.size());
  crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>(body.data()), body.size());
  crypto_generichash_final(&state, hash.data(), hash.size());
  return hash;
}

}  // namespace

void append_audit_line(std::string& out, AuditChain& chain, const AuditEntry& entry, AuditPlace place) {
  const AuditEvent& event = entry.event;
  bool cut = entry.cut;
  const auto text = [&](std::string_view name, std::string_view value) {
    out.append(",\"").append(name).append("\":\"");
    cut |= value.size() > AuditEvent::max_text_bytes;
    append_text(out, value.substr(0, AuditEvent::max_text_bytes));
    out += '"';
  };
  const std::size_t begin = out.size();
  out.append("{\"seq\":");
  append_number(out, ++chain.seq);
  out.append(",\"time\":\"");
  append_time(out, entry.time);
  out += '"';
  text("component", event.component);
  text("action", event.action);
  text("resource", event.resource);
  text("decision", audit_decision_name(event.decision));
  text("rule", event.rule);
  if (!event.place.empty()) text("place", event.place);
  out.append(",\"session\":\"");
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
  chain.hash = hash_of_body(std::string_view(out).substr(begin), chain.hash);
  out.append(",\"hash\":\"");
  append_hex(out, chain.hash);
  out.append("\"}\n");
}

std::string audit_hash_text(const AuditHash& hash) {
  std::string text;
  append_hex(text, hash);
  return text;
}

std::string audit_time_text(WallTime time) {
  std::string text;
  append_time(text, time);
  return text;
}

AuditHash audit_hash_of(std::string_view line, const AuditHash& before) {
  return hash_of_body(line.substr(0, line.rfind(",\"hash\":")), before);
}

}  // namespace airssys::wasm
