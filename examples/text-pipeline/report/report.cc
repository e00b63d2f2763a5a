#include <airssys/sdk/component.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace {

constexpr std::size_t shown = 40;

// Finds a string_view without making a string of it.
struct Hash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};
using Counts = std::unordered_map<std::string, std::uint64_t, Hash, std::equal_to<>>;

}  // namespace

// Adds up what `counter` sends, and logs the result when the host shuts it down, for programs to read:
//   words=<all> distinct=<different>
//   word <count> <word>                  the 40 most frequent, ties in the order of the bytes
class Report : public airssys::component<Report> {
 public:
  static constexpr airssys::metadata about{.version = "1.0.0", .description = "Adds up word counts and logs them at shutdown"};

  airssys::answer handle(airssys::message message) {
    std::string_view lines = message.text();
    while (!lines.empty()) {
      const std::size_t end = lines.find('\n');
      if (end == std::string_view::npos || !add(lines.substr(0, end))) {
        return airssys::invalid_message("expected lines of `word count`, got: " + std::string(lines.substr(0, 40)));
      }
      lines.remove_prefix(end + 1);
    }
    return {};
  }

  airssys::status shutdown() {
    using Entry = Counts::const_pointer;
    std::vector<Entry> entries;
    entries.reserve(counts_.size());
    std::uint64_t words = 0;
    for (const auto& entry : counts_) {
      entries.push_back(&entry);
      words += entry.second;
    }
    const std::size_t top = std::min(shown, entries.size());
    std::partial_sort(entries.begin(), entries.begin() + static_cast<std::ptrdiff_t>(top), entries.end(),
                      [](Entry a, Entry b) { return a->second != b->second ? a->second > b->second : a->first < b->first; });
    airssys::log::info("words=" + std::to_string(words) + " distinct=" + std::to_string(entries.size()));
    for (std::size_t i = 0; i < top; ++i) {
      airssys::log::info("word " + std::to_string(entries[i]->second) + " " + entries[i]->first);
    }
    return {};
  }

 private:
  bool add(std::string_view line) {
    const std::size_t space = line.find(' ');
    if (space == 0 || space == std::string_view::npos) return false;
    std::uint64_t count = 0;
    const auto [end, failure] = std::from_chars(line.data() + space + 1, line.data() + line.size(), count);
    if (failure != std::errc{} || end != line.data() + line.size()) return false;
    const std::string_view word = line.substr(0, space);
    if (auto known = counts_.find(word); known != counts_.end()) {
      known->second += count;
    } else {
      counts_.emplace(word, count);
    }
    return true;
  }

  Counts counts_;
};
AIRSSYS_REGISTER_COMPONENT(Report)
