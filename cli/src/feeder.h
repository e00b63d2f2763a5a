// Feeder: brings the messages of `run` to their components, as fast as these take them.
//
// Nothing is dropped: a message for a full mailbox waits, and the feeds of other components go on meanwhile. A component that
// takes no more messages (given up, stopped) costs one warning, and its feed ends.
#pragma once
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "airssys/base/bytes.h"
#include "airssys/base/line_reader.h"
#include "airssys/cli/console.h"
#include "airssys/wasm/host/host.h"
#include "narration.h"

namespace airssys::cli {

// Threads: one.
class Feeder {
 public:
  // All of it is sent in `codec`; `max_bytes` of a line, without its prefix.
  Feeder(Console& console, Narration& narration, std::uint64_t codec, std::size_t max_bytes)
      : console_(console),
        narration_(narration),
        codec_(codec),
        lines_(max_bytes) {}

  // One after another, all of them `repeat` times.
  void add_messages(std::string component, std::vector<Bytes> messages, std::uint32_t repeat);
  // Each line of standard input. Once at most.
  void add_input(std::string component);
  [[nodiscard]] bool nothing_to_send() const noexcept { return feeds_.empty(); }

  enum class Step : std::uint8_t {
    sent,      // at least one message was taken
    full,      // mailboxes have no room
    no_input,  // the input has said nothing for `wait`
    done,
  };
  // One message of each feed. Waits for input, at most that long, when there is nothing else to do.
  [[nodiscard]] Step step(wasm::Host& host, Duration wait);

 private:
  struct Feed {
    std::string component;
    std::vector<Bytes> messages;  // none: the lines of the input
    std::uint32_t rounds_left = 1;
    std::size_t next = 0;
    bool ended = false;
  };
  enum class Outcome : std::uint8_t { taken, full, nothing_yet };

  [[nodiscard]] Outcome advance(Feed& feed, wasm::Host& host, Duration wait);
  [[nodiscard]] const Bytes* current(Feed& feed, Duration wait);
  [[nodiscard]] const Bytes* current_line(Feed& feed, Duration wait);
  void go_on(Feed& feed);

  Console& console_;
  Narration& narration_;
  const std::uint64_t codec_;
  std::deque<Feed> feeds_;
  LineReader lines_;
  std::optional<Bytes> line_;  // read, but not taken yet
  std::vector<char> buffer_;
};

}  // namespace airssys::cli
