#include "table.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <numeric>
#include <string_view>
#include <vector>

#include "airssys/base/units.h"

namespace airssys::cli {
namespace {

using wasm::ComponentReport;
using wasm::ComponentState;

enum class Drop : unsigned char { never, when_zero, when_narrow };

struct Column {
  std::string_view title;
  Drop drop;
  std::string (*text)(const ComponentReport&);
};

constexpr std::string_view gap = "  ";

std::uint64_t dead_letters_of(const ComponentReport& report) {
  return std::accumulate(report.dead_letters.begin(), report.dead_letters.end(), std::uint64_t{0});
}

std::string latency(const ComponentReport& report, Duration value) { return report.handled == 0 ? "-" : format_duration(value); }

// The most telling first: the order in which a paragraph shows them too.
const std::vector<Column>& columns() {
  static const std::vector<Column> all{
      {"component", Drop::never, [](const ComponentReport& r) { return r.name; }},
      {"state", Drop::never, [](const ComponentReport& r) { return std::string(component_state_name(r.state)); }},
      {"in", Drop::never, [](const ComponentReport& r) { return fmt::to_string(r.messages_in); }},
      {"out", Drop::when_narrow, [](const ComponentReport& r) { return fmt::to_string(r.messages_out); }},
      {"handled", Drop::never, [](const ComponentReport& r) { return fmt::to_string(r.handled); }},
      {"errors", Drop::when_zero, [](const ComponentReport& r) { return fmt::to_string(r.errors); }},
      {"refused", Drop::when_zero, [](const ComponentReport& r) { return fmt::to_string(r.refused); }},
      {"full", Drop::when_zero, [](const ComponentReport& r) { return fmt::to_string(r.mailbox_full); }},
      {"dead", Drop::when_zero, [](const ComponentReport& r) { return fmt::to_string(dead_letters_of(r)); }},
      {"restarts", Drop::when_zero, [](const ComponentReport& r) { return fmt::to_string(r.restarts); }},
      {"traps", Drop::when_zero, traps_text},
      {"fuel", Drop::when_narrow, [](const ComponentReport& r) { return format_count(r.fuel); }},
      {"memory", Drop::never, [](const ComponentReport& r) { return format_size(r.memory_peak_bytes); }},
      {"p50", Drop::when_narrow, [](const ComponentReport& r) { return latency(r, r.p50); }},
      {"p99", Drop::never, [](const ComponentReport& r) { return latency(r, r.p99); }},
  };
  return all;
}

struct Cells {
  const Column* column;
  std::vector<std::string> text;
  std::size_t width;
  [[nodiscard]] bool nothing() const {
    return std::ranges::all_of(text, [](const std::string& cell) { return cell == "0" || cell == "-"; });
  }
};

std::vector<Cells> fill(std::span<const ComponentReport> reports) {
  std::vector<Cells> all;
  for (const Column& column : columns()) {
    Cells cells{&column, {}, column.title.size()};
    for (const ComponentReport& report : reports) {
      cells.text.push_back(column.text(report));
      cells.width = std::max(cells.width, cells.text.back().size());
    }
    all.push_back(std::move(cells));
  }
  return all;
}

std::size_t total_width(const std::vector<Cells>& all) {
  std::size_t sum = 0;
  for (const Cells& cells : all) sum += cells.width + gap.size();
  return sum - gap.size();
}

// Takes away columns until the rest fits. False: it does not.
bool fit(std::vector<Cells>& all, std::size_t width) {
  if (width == 0) return true;
  if (total_width(all) > width)
    std::erase_if(all, [](const Cells& cells) { return cells.column->drop == Drop::when_zero && cells.nothing(); });
  while (total_width(all) > width) {
    const auto last =
        std::ranges::find_if(all.rbegin(), all.rend(), [](const Cells& c) { return c.column->drop == Drop::when_narrow; });
    if (last == all.rend()) return false;
    all.erase(std::next(last).base());
  }
  return true;
}

bool is_text(const Cells& cells) {
  return cells.column->title == "component" || cells.column->title == "state" || cells.column->title == "traps";
}

std::string cell_text(const Cells& cells, std::size_t row, const ComponentReport& report, Paint paint) {
  std::string padded =
      is_text(cells) ? fmt::format("{:<{}}", cells.text[row], cells.width) : fmt::format("{:>{}}", cells.text[row], cells.width);
  if (cells.column->title == "component") return paint(Colour::bold, padded);
  if (cells.column->title == "state") return paint(state_colour(report.state), padded);
  return padded;
}

std::string as_table(const std::vector<Cells>& all, std::span<const ComponentReport> reports, Paint paint) {
  std::string head;
  for (const Cells& cells : all) {
    if (!head.empty()) head += gap;
    head += is_text(cells) ? fmt::format("{:<{}}", cells.column->title, cells.width)
                           : fmt::format("{:>{}}", cells.column->title, cells.width);
  }
  std::string out = fmt::format("{}\n", paint(Colour::dim, head));
  for (std::size_t row = 0; row < reports.size(); ++row) {
    std::string_view before;
    for (const Cells& cells : all) {
      out += before;
      out += cell_text(cells, row, reports[row], paint);
      before = gap;
    }
    out += '\n';
  }
  return out;
}

std::string as_paragraphs(const std::vector<Cells>& all, std::span<const ComponentReport> reports, std::size_t width,
                          Paint paint) {
  std::string out;
  for (std::size_t row = 0; row < reports.size(); ++row) {
    const ComponentReport& report = reports[row];
    out += fmt::format("{} {}\n", paint(Colour::bold, report.name),
                       paint(state_colour(report.state), component_state_name(report.state)));
    std::size_t used = 0;
    for (const Cells& cells : all) {
      const bool zero = cells.text[row] == "0" || cells.text[row] == "-";
      if (cells.column->title == "component" || cells.column->title == "state" || zero) continue;
      const std::size_t need = gap.size() + cells.column->title.size() + 1 + cells.text[row].size();
      if (used > 0 && used + need > width) {
        out += '\n';
        used = 0;
      }
      out += fmt::format("{}{} {}", gap, paint(Colour::dim, cells.column->title), cells.text[row]);
      used += need;
    }
    if (used > 0) out += '\n';
  }
  return out;
}

}  // namespace

Colour state_colour(ComponentState state) noexcept {
  switch (state) {
    case ComponentState::given_up:
    case ComponentState::failed: return Colour::red;
    case ComponentState::restarting: return Colour::yellow;
    case ComponentState::running:
    case ComponentState::stopped: return Colour::green;
    case ComponentState::added: return Colour::dim;
  }
  return Colour::dim;
}

std::string component_table(std::span<const ComponentReport> reports, std::size_t width, Paint paint) {
  if (reports.empty()) return {};
  std::vector<Cells> all = fill(reports);
  if (fit(all, width)) return as_table(all, reports, paint);
  return as_paragraphs(fill(reports), reports, width, paint);
}

std::string traps_text(const ComponentReport& report) {
  std::string text;
  for (std::size_t kind = 0; kind < report.traps.size(); ++kind)
    if (report.traps[kind] > 0)
      text +=
          fmt::format("{}{} {}", text.empty() ? "" : ", ", report.traps[kind], trap_kind_name(static_cast<wasm::TrapKind>(kind)));
  return text.empty() ? "-" : text;
}

std::string format_count(std::uint64_t count) {
  if (count < 1'000'000) return fmt::to_string(count);
  double value = static_cast<double>(count) / 1e6;
  std::string_view unit = "M";
  for (std::string_view next : {"G", "T", "P"}) {
    if (value < 999.5) break;
    value /= 1e3;
    unit = next;
  }
  return fmt::format("{:.{}f} {}", value, value < 9.995 ? 2 : value < 99.95 ? 1 : 0, unit);
}

}  // namespace airssys::cli
