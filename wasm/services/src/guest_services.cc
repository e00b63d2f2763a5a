#include "airssys/wasm/services/guest_services.h"

#include <algorithm>
#include <array>

namespace airssys::wasm {
namespace {

bool is_continuation(char c) noexcept { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

void append_escaped(std::string& out, unsigned char control) {
  switch (control) {
    case '\n': out += "\\n"; break;
    case '\r': out += "\\r"; break;
    default: fmt::format_to(std::back_inserter(out), "\\x{:02x}", control);
  }
}

// A line that needs no escaping is passed on as it is.
bool is_printable(std::string_view text) noexcept {
  return std::ranges::none_of(text, [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7F || c == 0xC2; });
}

}  // namespace

std::string printable(std::string_view text, std::size_t max_bytes) {
  const bool cut = text.size() > max_bytes;
  if (cut) {
    while (max_bytes > 0 && is_continuation(text[max_bytes])) --max_bytes;
    text = text.substr(0, max_bytes);
  }
  std::string out;
  out.reserve(text.size() + 8);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const bool c1 = c == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if (c1)
      append_escaped(out, static_cast<unsigned char>(text[++i]));
    else if ((c < 0x20 && c != '\t') || c == 0x7F)
      append_escaped(out, c);
    else
      out += text[i];
  }
  if (cut) out += "…";
  return out;
}

GuestServices::GuestServices(std::string name, Platform& platform, LogSink& log, ComponentStats& stats)
    : name_(std::move(name)), platform_(platform), log_(log), stats_(stats) {}

GuestServices::~GuestServices() { report_suppressed(); }

bool GuestServices::admit() noexcept {
  const Instant now = platform_.now();
  if (now - window_start_ >= std::chrono::seconds(1)) {
    report_suppressed();
    window_start_ = now;
    lines_in_window_ = 0;
  }
  if (lines_in_window_ == max_lines_per_second) {
    ++suppressed_;
    return false;
  }
  ++lines_in_window_;
  return true;
}

void GuestServices::report_suppressed() noexcept {
  if (suppressed_ == 0) return;
  airssys::log(log_, LogLevel::warn, name_, "{} log lines suppressed: more than {} in a second", suppressed_, max_lines_per_second);
  suppressed_ = 0;
}

void GuestServices::log(LogLevel level, std::string_view text, std::span<const LogField> fields) noexcept {
  stats_.log_lines.add();
  if (!admit()) return;
  if (fields.empty() && text.size() <= max_line_bytes && is_printable(text)) {
    log_.write({.level = level, .source = name_, .text = text});
    return;
  }
  std::array<std::pair<std::string, std::string>, max_fields> kept;
  std::array<LogField, max_fields> views;
  const std::size_t count = std::min(fields.size(), max_fields);
  for (std::size_t i = 0; i < count; ++i) {
    kept[i] = {printable(fields[i].first, max_field_bytes), printable(fields[i].second, max_field_bytes)};
    views[i] = {kept[i].first, kept[i].second};
  }
  const std::string line = printable(text, max_line_bytes);
  log_.write({.level = level, .source = name_, .text = line, .fields = {views.data(), count}});
}

}  // namespace airssys::wasm
