// Questions and answers over plain messages, by numbers that the components carry themselves (R5.8): for a conversation that the
// host's requests are not made for, as one question with many answers, or an answer hours later.
//
//   const auto question = asked_.add(order.id);              // none: too many are open
//   airssys::send("stock", airssys::correlated(*question, airssys::payload("how many?")));
//   …and in handle():
//   auto answer = airssys::uncorrelate(message.payload());   // {number, payload}, or what is wrong with it
//   if (auto order_id = asked_.take(answer->number)) …
//
// The payload is raw: the number in eight bytes, little-endian, and then the other payload with the code of its own codec.
#pragma once
#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "airssys/sdk/payload.h"

namespace airssys {

[[nodiscard]] inline payload correlated(std::uint64_t number, const payload& what) {
  const std::span<const std::uint8_t> wire = what.wire();
  return payload::make(codec::raw, sizeof number + wire.size(), [&](std::span<std::uint8_t> to) {
    for (std::size_t n = 0; n < sizeof number; ++n) to[n] = static_cast<std::uint8_t>(number >> (8 * n));
    std::memcpy(to.data() + sizeof number, wire.data(), wire.size());
  });
}

struct correlated_payload {
  std::uint64_t number = 0;
  payload content;
};
[[nodiscard]] inline std::expected<correlated_payload, std::string_view> uncorrelate(const payload& from) {
  constexpr std::size_t size = sizeof(std::uint64_t);
  if (from.codec() != codec::raw || from.size() < size) return std::unexpected("a payload without a number in front");
  correlated_payload found;
  for (std::size_t n = 0; n < size; ++n) found.number |= std::uint64_t{from.span()[n]} << (8 * n);
  auto content = payload::adopt(bytes(from.span().subspan(size)));
  if (!content) return std::unexpected(content.error());
  found.content = *std::move(content);
  return found;
}

// What is known of questions that are open, by number; at most `Most`.
template <class Known, std::size_t Most = 256>
class open_questions {
 public:
  // `until`: when drop_late() gives it up, on any clock. None: so many are open.
  [[nodiscard]] std::optional<std::uint64_t> add(Known known, std::uint64_t until = UINT64_MAX) {
    if (open_.size() >= Most) return std::nullopt;
    open_.emplace(++last_, entry{std::move(known), until});
    return last_;
  }
  // None: nobody asked that, or it was answered already.
  [[nodiscard]] std::optional<Known> take(std::uint64_t number) {
    const auto found = open_.find(number);
    if (found == open_.end()) return std::nullopt;
    std::optional<Known> known(std::move(found->second.known));
    open_.erase(found);
    return known;
  }
  // Hands each whose time has come to `late`.
  template <class Late>
  void drop_late(std::uint64_t now, Late&& late) {
    for (auto one = open_.begin(); one != open_.end();) {
      if (one->second.until > now) {
        ++one;
        continue;
      }
      Known known = std::move(one->second.known);
      one = open_.erase(one);
      late(std::move(known));
    }
  }
  [[nodiscard]] std::size_t size() const { return open_.size(); }

 private:
  struct entry {
    Known known;
    std::uint64_t until;
  };
  std::map<std::uint64_t, entry> open_;
  std::uint64_t last_ = 0;
};

}  // namespace airssys
