#include "airssys/base/units.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <limits>

#include "airssys/base/text.h"

namespace airssys {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::uint64_t kibi = 1024;
constexpr std::array sizes{Unit{"B", 1},
                           Unit{"KB", kibi},
                           Unit{"KiB", kibi},
                           Unit{"MB", kibi* kibi},
                           Unit{"MiB", kibi* kibi},
                           Unit{"GB", kibi* kibi* kibi},
                           Unit{"GiB", kibi* kibi* kibi}};
constexpr std::uint64_t second = 1'000'000'000;
constexpr std::array durations{Unit{"ms", second / 1000}, Unit{"s", second}, Unit{"m", 60 * second}, Unit{"h", 3600 * second},
                               Unit{"d", 86'400 * second}};

template <std::size_t N>
Result<std::uint64_t> parse(std::string_view text, const std::array<Unit, N>& units, std::string_view looks_like) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  std::string_view name(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (name.starts_with(' ')) name.remove_prefix(1);
  if (end != text.data())
    for (const Unit& unit : units)
      if (unit.name == name) {
        const bool overflow = error == std::errc::result_out_of_range;
        if (overflow || number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) / unit.factor)
          return fail(Code::invalid_argument, fmt::format("{} is too large", quoted(text)));
        return number * unit.factor;
      }
  return fail(Code::invalid_argument, fmt::format("{} is not {}", quoted(text), looks_like));
}

// Three significant digits, without trailing zeros after the point.
std::string three_digits(double value, std::string_view unit) {
  const int decimals = value < 10 ? 2 : value < 100 ? 1 : 0;
  std::string number = fmt::format("{:.{}f}", value, decimals);
  if (number.contains('.')) {
    number.erase(number.find_last_not_of('0') + 1);
    if (number.ends_with('.')) number.pop_back();
  }
  return fmt::format("{} {}", number, unit);
}

}  // namespace

Result<std::uint64_t> parse_size(std::string_view text) {
  return parse(text, sizes, "a size: an integer and a unit, B KB MB GB KiB MiB GiB, as in \"4MiB\"");
}

Result<Duration> parse_duration(std::string_view text) {
  AIRSSYS_TRY(auto ns, parse(text, durations, "a duration: an integer and a unit, ms s m h d, as in \"30s\""));
  return Duration(static_cast<Duration::rep>(ns));
}

std::string format_size(std::uint64_t bytes) {
  if (bytes < kibi) return fmt::format("{} B", bytes);
  double value = static_cast<double>(bytes);
  std::string_view unit = "B";
  for (std::string_view next : {"KiB", "MiB", "GiB", "TiB"}) {
    if (value < 1023.5) break;  // the rest would be rounded to 1024
    value /= kibi;
    unit = next;
  }
  return three_digits(value, unit);
}

std::string format_duration(Duration duration) {
  const auto ns = static_cast<double>(duration.count());
  if (ns < 1e3) return fmt::format("{} ns", duration.count());
  if (ns < 999.5e3) return three_digits(ns / 1e3, "us");
  if (ns < 999.5e6) return three_digits(ns / 1e6, "ms");
  if (ns < 120e9) return three_digits(ns / 1e9, "s");
  const auto seconds = duration.count() / static_cast<Duration::rep>(second);
  if (seconds < 7200) return fmt::format("{}m {}s", seconds / 60, seconds % 60);
  return fmt::format("{}h {}m", seconds / 3600, seconds / 60 % 60);
}

}  // namespace airssys
