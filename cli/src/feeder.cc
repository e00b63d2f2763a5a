#include "feeder.h"

#include <fmt/format.h>

#include <algorithm>

namespace airssys::cli {
namespace {

constexpr std::size_t input_bytes = 64 * 1024;  // read at once

}  // namespace

void Feeder::add_messages(std::string component, std::vector<Bytes> messages, std::uint32_t repeat) {
  if (!messages.empty()) feeds_.push_back({std::move(component), std::move(messages), repeat});
}

void Feeder::add_input(std::string component) {
  buffer_.resize(input_bytes);
  feeds_.push_back({.component = std::move(component), .messages = {}});
}

Feeder::Step Feeder::step(wasm::Host& host, Duration wait) {
  bool sent = false;
  bool full = false;
  Feed* reader = nullptr;
  for (Feed& feed : feeds_) {
    if (feed.ended) continue;
    switch (advance(feed, host, Duration::zero())) {
      case Outcome::taken: sent = true; break;
      case Outcome::full: full = true; break;
      case Outcome::nothing_yet: reader = feed.ended ? reader : &feed; break;
    }
  }
  std::erase_if(feeds_, [](const Feed& feed) { return feed.ended; });
  if (sent) return Step::sent;
  if (full) return Step::full;
  if (feeds_.empty()) return Step::done;
  if (!reader) return Step::sent;  // a feed ended in this round, others have not had their turn
  switch (advance(feeds_.front(), host, wait)) {
    case Outcome::taken: return Step::sent;
    case Outcome::full: return Step::full;
    case Outcome::nothing_yet: break;
  }
  return Step::no_input;
}

Feeder::Outcome Feeder::advance(Feed& feed, wasm::Host& host, Duration wait) {
  const Bytes* message = current(feed, wait);
  if (!message) return Outcome::nothing_yet;
  const auto taken = host.send(feed.component, {*message, codec_});
  if (taken) {
    go_on(feed);
    return Outcome::taken;
  }
  if (taken.error().code() == Code::exhausted) return Outcome::full;
  narration_.warning(fmt::format("nothing more is sent to {}: {}", feed.component, taken.error().message()));
  feed.ended = true;
  return Outcome::nothing_yet;
}

const Bytes* Feeder::current(Feed& feed, Duration wait) {
  return feed.messages.empty() ? current_line(feed, wait) : &feed.messages[feed.next];
}

const Bytes* Feeder::current_line(Feed& feed, Duration wait) {
  while (!line_) {
    if (auto line = lines_.next()) {
      line_ = std::move(line->content);
      if (!line_)
        narration_.error(
            Error(Code::too_large,
                  fmt::format("standard input: line {} is longer than a message may be; it was skipped", line->number)));
      continue;
    }
    if (lines_.ended()) {
      feed.ended = true;
      return nullptr;
    }
    const auto input = console_.read(buffer_, wait);
    if (!input) narration_.error(Error(input.error()).within("standard input"));
    if (!input || input->state == Input::State::end) {
      lines_.end();
    } else if (input->state == Input::State::nothing_yet) {
      return nullptr;
    } else {
      lines_.put({buffer_.data(), input->bytes});
    }
  }
  return &*line_;
}

void Feeder::go_on(Feed& feed) {
  if (feed.messages.empty()) {
    line_.reset();
    return;
  }
  if (++feed.next < feed.messages.size()) return;
  feed.next = 0;
  feed.ended = --feed.rounds_left == 0;
}

}  // namespace airssys::cli
