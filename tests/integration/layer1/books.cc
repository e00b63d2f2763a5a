#include "books.h"

#include <fmt/format.h>

#include <charconv>
#include <numeric>

#include "airssys/base/assert.h"
#include "airssys/wasm/core/multicodec.h"

namespace airssys::wasm::layer1 {

std::uint32_t Fate::all_letters() const { return std::accumulate(letters.begin(), letters.end(), 0u); }

std::string Fate::wrong() const {
  using enum DeadLetterReason;
  if (!accepted) {  // its sender knows; the host keeps a record of those to nobody
    if (begun != 0) return "was refused, and handled";
    if (all_letters() != letters_for(unresolved)) return "was refused, and is a dead letter as if it had been accepted";
    return {};
  }
  if (finished + all_letters() != 1)
    return fmt::format("was begun {} times, handled {} times, and is {} dead letters", begun, finished, all_letters());
  const bool again = on_crash == OnCrash::retry_once;
  if (begun > (again ? 2u : 1u)) return fmt::format("was begun {} times", begun);
  if (begun < finished) return "was handled without having begun";
  // What was in hand is a dead letter for its crash; what waits for its second attempt may become another one.
  if (begun != 0 && finished == 0 && letters_for(crashed) + (again ? letters_for(poison) + letters_for(discarded) : 0) != 1)
    return "was in hand, and is a dead letter for a reason that others have";
  if (begun == 0 && letters_for(crashed) != 0) return "never was in hand, and is a dead letter for a crash";
  return {};
}

Bytes Books::write(OnCrash on_crash) {
  fates_.push_back({.on_crash = on_crash});
  return encode(Bytes::copy_of(std::to_string(fates_.size() - 1)));
}

Fate& Books::of(const Bytes& payload) {
  std::size_t number = 0;
  const std::string_view text = payload.text().substr(encode_prefix(raw_codec).size);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  AIRSSYS_ASSERT(error == std::errc{} && end == text.data() + text.size() && number < fates_.size(), "'{}' is no number", text);
  return fates_[number];
}

std::vector<std::string> Books::wrong() const {
  std::vector<std::string> found;
  for (std::size_t n = 0; n < fates_.size(); ++n)
    if (const std::string what = fates_[n].wrong(); !what.empty()) found.push_back(fmt::format("message {} {}", n, what));
  return found;
}

void Books::count(Outcomes& into) const {
  for (const Fate& fate : fates_) {
    into.refused += !fate.accepted;
    into.handled += fate.finished;
    into.handled_again += fate.finished == 1 && fate.begun == 2;
    into.lost += fate.begun != 0 && fate.finished == 0;
    for (std::size_t reason = 0; reason < dead_letter_reason_count; ++reason) into.letters[reason] += fate.letters[reason];
  }
}

}  // namespace airssys::wasm::layer1
