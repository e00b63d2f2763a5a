#include <airssys/sdk/component.h>

#include <algorithm>
#include <deque>
#include <string>

namespace {

constexpr std::size_t scanned_per_call = 8 * 1024;     // bytes of text: bounds the fuel of one call
constexpr std::size_t chunk_bytes = 4 * 1024;           // a chunk is sent once it is this long
constexpr std::size_t held_bytes = 2 * 1024 * 1024;     // texts kept here; further ones wait in the own mailbox

constexpr char lower_case_bit = 0x20;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

}  // namespace

// Cuts each text it gets into words (runs of ASCII letters, in lower case) and sends them to `counter`, some 4 KiB of them
// at a time, one per line; an empty message marks the end of the text.
//
// When the mailbox of `counter` is full, the rest stays here and an empty message to itself continues later: nothing is
// lost, no call is long, and other components get their turn in between.
class Splitter : public airssys::component<Splitter> {
 public:
  static constexpr airssys::metadata about{.version = "1.0.0", .description = "Cuts texts into words"};

  airssys::status init(const airssys::config&) {
    self_ = airssys::self_id();
    return {};
  }

  airssys::answer handle(airssys::message message) {
    if (message.sender() == self_ && message.payload().empty()) {
      continuing_ = false;
    } else {
      accept(message.take_payload());
    }
    if (auto sent = work(); !sent && sent.error().code != airssys::messaging_errc::queue_full) {
      return airssys::failed("cannot send to counter: " + sent.error().text());
    }
    // Refused because the own mailbox is full: then another message is there to go on with.
    if (!texts_.empty() && !continuing_) continuing_ = airssys::send(self_, "").has_value();
    return {};
  }

  airssys::status shutdown() {
    if (texts_.empty()) return {};
    return airssys::failed(std::to_string(texts_.size()) + " texts were not finished");
  }

 private:
  using sent = std::expected<void, airssys::messaging_error>;

  void accept(airssys::payload text) {
    if (!texts_.empty() && held_ + text.size() > held_bytes && airssys::send(self_, text)) return;
    held_ += text.size();
    texts_.push_back(std::move(text));
  }

  sent work() {
    std::size_t budget = scanned_per_call;
    while (!texts_.empty() && budget > 0) {
      const std::size_t before = at_;
      if (auto done = scan(std::min(texts_.front().size(), at_ + budget)); !done) return done;
      budget -= at_ - before;
      if (at_ < texts_.front().size()) break;
      if (auto done = finish(); !done) return done;
    }
    return {};
  }

  // Takes words up to `stop`; one that goes on there stays open in chunk_.
  sent scan(std::size_t stop) {
    const std::string_view text = texts_.front().text();
    while (at_ < stop) {
      std::size_t end = at_;
      while (end < stop && is_letter(text[end])) ++end;
      if (end > at_) {
        const auto start = static_cast<std::ptrdiff_t>(chunk_.size());
        chunk_.append(text.substr(at_, end - at_));
        std::for_each(chunk_.begin() + start, chunk_.end(),
                      [](char& letter) { letter = static_cast<char>(letter | lower_case_bit); });
        at_ = end;
        continue;
      }
      close_word();
      if (chunk_.size() >= chunk_bytes) {
        if (auto done = ship(); !done) return done;
      }
      while (at_ < stop && !is_letter(text[at_])) ++at_;
    }
    return {};
  }

  sent finish() {
    close_word();
    if (!chunk_.empty()) {
      if (auto done = ship(); !done) return done;
    }
    if (auto done = airssys::send("counter", ""); !done) return done;
    held_ -= texts_.front().size();
    texts_.pop_front();
    at_ = 0;
    return {};
  }

  void close_word() {
    if (!chunk_.empty() && chunk_.back() != '\n') chunk_.push_back('\n');
  }

  sent ship() {
    auto done = airssys::send("counter", chunk_);
    if (done) chunk_.clear();
    return done;
  }

  std::string self_;
  std::deque<airssys::payload> texts_;
  std::size_t held_ = 0;  // bytes in texts_
  std::size_t at_ = 0;    // in the first text
  std::string chunk_;
  bool continuing_ = false;  // an empty message to itself is on its way
};
AIRSSYS_REGISTER_COMPONENT(Splitter)
