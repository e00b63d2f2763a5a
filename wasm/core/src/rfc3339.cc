#include "airssys/wasm/core/rfc3339.h"

#include <fmt/format.h>

#include <charconv>

namespace airssys::wasm {
namespace {

using namespace std::chrono;

std::optional<int> digits(std::string_view text) noexcept {
  int value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

std::optional<nanoseconds> fraction(std::string_view text) noexcept {
  if (text.empty()) return nanoseconds(0);
  text.remove_prefix(1);
  const auto value = digits(text.substr(0, 9));
  if (!value || text.empty() || text.size() > 9) return std::nullopt;
  std::int64_t scaled = *value;
  for (std::size_t i = text.size(); i < 9; ++i) scaled *= 10;
  return nanoseconds(scaled);
}

}  // namespace

std::string format_rfc3339(WallTime time) {
  const auto second = floor<seconds>(time);
  const auto day = floor<days>(second);
  const year_month_day date(day);
  const hh_mm_ss clock(second - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()), clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

std::optional<WallTime> parse_rfc3339(std::string_view text) noexcept {
  constexpr std::string_view form = "0000-00-00T00:00:00";
  if (text.size() <= form.size() || !text.ends_with('Z')) return std::nullopt;
  for (std::size_t i = 0; i < form.size(); ++i)
    if (form[i] != '0' && text[i] != form[i]) return std::nullopt;
  const std::string_view rest = text.substr(form.size(), text.size() - form.size() - 1);
  if (!rest.empty() && rest.front() != '.') return std::nullopt;
  const auto year_ = digits(text.substr(0, 4)), month_ = digits(text.substr(5, 2)), day_ = digits(text.substr(8, 2));
  const auto hour_ = digits(text.substr(11, 2)), minute_ = digits(text.substr(14, 2)), second_ = digits(text.substr(17, 2));
  const auto part = fraction(rest);
  if (!year_ || !month_ || !day_ || !hour_ || !minute_ || !second_ || !part) return std::nullopt;
  const year_month_day date(year(*year_), month(static_cast<unsigned>(*month_)), day(static_cast<unsigned>(*day_)));
  // Nanoseconds since 1970 end in 2262. A leap second is none in Unix time.
  if (!date.ok() || *year_ < 1970 || *year_ > 2200 || *hour_ > 23 || *minute_ > 59 || *second_ > 59) return std::nullopt;
  return WallTime(sys_days(date)) + hours(*hour_) + minutes(*minute_) + seconds(*second_) + *part;
}

}  // namespace airssys::wasm
