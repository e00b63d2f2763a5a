#include <airssys/sdk/component.h>

#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>

namespace {

constexpr std::size_t piece_bytes = 4 * 1024;
constexpr int pieces_per_call = 2;  // bounds the fuel of one call

// Finds a string_view without making a string of it.
struct Hash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};
using Counts = std::unordered_map<std::string, std::uint64_t, Hash, std::equal_to<>>;

}  // namespace

// Counts the words that `splitter` sends, and at the end of each text sends its counts on to `report`, some 4 KiB of
// `word count` lines at a time. What `report` has no room for waits here; an empty message to itself continues.
class Counter : public airssys::component<Counter> {
 public:
  static constexpr airssys::metadata about{.version = "1.0.0", .description = "Counts words, text by text"};

  airssys::status init(const airssys::config&) {
    self_ = airssys::self_id();
    return {};
  }

  airssys::answer handle(airssys::message message) {
    if (message.sender() == self_) {
      continuing_ = false;
    } else if (message.payload().empty()) {
      finished_.push_back(std::move(counts_));
      counts_.clear();
    } else {
      count(message.text());
    }
    if (auto sent = drain(); !sent && sent.error().code != airssys::messaging_errc::queue_full) {
      return airssys::failed("cannot send to report: " + sent.error().text());
    }
    // Refused because the own mailbox is full: then another message is there to go on with.
    if (unsent() && !continuing_) continuing_ = airssys::send(self_, "").has_value();
    return {};
  }

  airssys::status shutdown() {
    if (!unsent() && counts_.empty()) return {};
    return airssys::failed("counts of " + std::to_string(finished_.size() + (counts_.empty() ? 0 : 1)) + " texts were not sent");
  }

 private:
  void count(std::string_view words) {
    while (!words.empty()) {
      const std::size_t end = words.find('\n');
      const std::string_view word = words.substr(0, end);
      if (auto known = counts_.find(word); known != counts_.end()) {
        ++known->second;
      } else if (!word.empty()) {
        counts_.emplace(word, 1);
      }
      words.remove_prefix(end == std::string_view::npos ? words.size() : end + 1);
    }
  }

  [[nodiscard]] bool unsent() const { return !piece_.empty() || !finished_.empty(); }

  std::expected<void, airssys::messaging_error> drain() {
    for (int sent = 0; sent < pieces_per_call && unsent(); ++sent) {
      if (piece_.empty()) make_piece();
      if (piece_.empty()) continue;
      if (auto done = airssys::send("report", piece_); !done) return done;
      piece_.clear();
    }
    return {};
  }

  void make_piece() {
    Counts& counts = finished_.front();
    while (!counts.empty() && piece_.size() < piece_bytes) {
      const auto first = counts.begin();
      piece_.append(first->first).append(" ").append(std::to_string(first->second)).append("\n");
      counts.erase(first);
    }
    if (counts.empty()) finished_.pop_front();
  }

  std::string self_;
  Counts counts_;                // of the text that is arriving
  std::deque<Counts> finished_;  // of texts that ended, on their way out
  std::string piece_;            // taken out of finished_, not yet accepted by report
  bool continuing_ = false;      // an empty message to itself is on its way
};
AIRSSYS_REGISTER_COMPONENT(Counter)
