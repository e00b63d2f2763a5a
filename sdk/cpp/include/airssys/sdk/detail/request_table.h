// What is to be done with the outcomes of requests that are under way: each is taken once.
#pragma once
#include <cstddef>
#include <utility>
#include <vector>

#include "airssys/sdk/id.h"

namespace airssys::detail {

template <class Continuation>
class request_table {
 public:
  static constexpr std::size_t capacity = 256;

  [[nodiscard]] bool has_room() const { return waiting_.size() < capacity; }
  [[nodiscard]] std::size_t size() const { return waiting_.size(); }
  // There is room.
  void add(request_id id, Continuation then) { waiting_.push_back({id, std::move(then)}); }
  // Empty: nobody waits for that one.
  [[nodiscard]] Continuation take(request_id id) {
    for (entry& one : waiting_) {
      if (one.id != id) continue;
      Continuation then = std::move(one.then);
      one = std::move(waiting_.back());  // itself, when it is the last
      waiting_.pop_back();
      return then;
    }
    return {};
  }
  void clear() { waiting_.clear(); }

 private:
  struct entry {
    request_id id;
    Continuation then;
  };
  std::vector<entry> waiting_;
};

}  // namespace airssys::detail
