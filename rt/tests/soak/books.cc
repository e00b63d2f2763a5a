#include "books.h"

#include <fmt/format.h>

namespace airssys::rt::soak {

std::vector<std::string> Books::wrong(const SystemStats& stats, std::uint64_t living) const {
  std::vector<std::string> found;
  const auto equal = [&](std::string_view what, std::uint64_t left, std::uint64_t right) {
    if (left != right) found.push_back(fmt::format("{}: {} and {}", what, left, right));
  };
  equal("sends, and messages handled, discarded, dropped, expired, refused by full mailboxes, too late or in vain", sends.value(),
        handled.value() + letters_discarded.value() + stats.dropped + stats.expired + stats.refused + letters_ended.value() +
            vain.value());
  equal("dead letters of what was dropped or expired, and how many that were", letters_other.value(),
        stats.dropped + stats.expired);
  equal("crashes, as actors and the system count them", crashes.value(), stats.crashes);
  equal("asks, and their outcomes", asked.value(), answers.value() + timeouts.value() + given_up.value() + forgotten.value());
  equal("asks of plain threads, and their outcomes", futures.value(), future_outcomes.value());
  equal("actors alive, as their addresses and the system say", living, stats.alive);
  if (told.value() > watched.value()) found.push_back("more were told of an end than watched");
  if (resumed.value() > parked.value()) found.push_back("more resumed than parked");
  return found;
}

}  // namespace airssys::rt::soak
