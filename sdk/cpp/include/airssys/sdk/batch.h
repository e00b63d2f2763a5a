// batch: collects values, so that one message carries many of them.
//
//   if (auto full = batch_.add(reading, airssys::monotonic_now())) airssys::send_value("store", *full);
//
// Full after so many values, or when the first of them has waited for so long, as seen at the next add() or late().
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace airssys {

template <class Value>
class batch {
 public:
  // `longest` on the clock of `now`.
  batch(std::size_t most, std::uint64_t longest) : most_(most), longest_(longest) {}

  [[nodiscard]] std::optional<std::vector<Value>> add(Value value, std::uint64_t now) {
    if (values_.empty()) since_ = now;
    values_.push_back(std::move(value));
    if (values_.size() < most_ && now - since_ < longest_) return std::nullopt;
    return take();
  }
  [[nodiscard]] std::optional<std::vector<Value>> late(std::uint64_t now) {
    if (values_.empty() || now - since_ < longest_) return std::nullopt;
    return take();
  }
  // Whatever there is, as at shutdown.
  [[nodiscard]] std::vector<Value> take() { return std::exchange(values_, {}); }
  [[nodiscard]] std::size_t size() const { return values_.size(); }

 private:
  std::size_t most_;
  std::uint64_t longest_;
  std::uint64_t since_ = 0;
  std::vector<Value> values_;
};

}  // namespace airssys
