// message_id: of a message, and of a request.
#pragma once
#include <cstdint>

namespace airssys {

struct message_id {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  friend bool operator==(const message_id&, const message_id&) = default;
};
using request_id = message_id;

}  // namespace airssys
