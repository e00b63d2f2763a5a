// The books of a world of components: what became of each message, by its number, which is the content of its payload.
#pragma once
#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "airssys/base/bytes.h"
#include "airssys/wasm/core/dead_letter.h"
#include "airssys/wasm/core/mailbox_policy.h"

namespace airssys::wasm::layer1 {

struct Fate {
  bool accepted = false;  // its sender was told so
  OnCrash on_crash = OnCrash::drop;  // of its receiver
  std::uint32_t begun = 0;
  std::uint32_t finished = 0;
  std::array<std::uint32_t, dead_letter_reason_count> letters{};

  [[nodiscard]] std::uint32_t letters_for(DeadLetterReason reason) const { return letters[static_cast<std::size_t>(reason)]; }
  [[nodiscard]] std::uint32_t all_letters() const;
  // Empty: as the law says.
  [[nodiscard]] std::string wrong() const;
};

// How often each outcome was seen: a law about nothing would hold as well.
struct Outcomes {
  std::uint64_t handled = 0, handled_again = 0, lost = 0, refused = 0, timeouts = 0, recycled = 0;
  std::array<std::uint64_t, dead_letter_reason_count> letters{};
};

// One thread.
class Books {
 public:
  [[nodiscard]] Bytes write(OnCrash on_crash);  // a message that is about to be sent
  // Of a message's payload; valid as long as the books.
  [[nodiscard]] Fate& of(const Bytes& payload);
  [[nodiscard]] std::size_t size() const { return fates_.size(); }
  // One line for each message that does not balance.
  [[nodiscard]] std::vector<std::string> wrong() const;
  void count(Outcomes& into) const;

 private:
  std::deque<Fate> fates_;  // each keeps its place
};

}  // namespace airssys::wasm::layer1
