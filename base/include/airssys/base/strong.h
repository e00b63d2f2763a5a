// Strong: an integer with a meaning. Two ids of different meaning neither compare nor convert.
//   using ActorId = Strong<struct ActorIdTag, std::uint64_t>;
#pragma once
#include <compare>
#include <cstddef>
#include <functional>

namespace airssys {

template <class Tag, class Value>
class Strong {
 public:
  constexpr Strong() = default;
  explicit constexpr Strong(Value value) noexcept : value_(value) {}
  [[nodiscard]] constexpr Value value() const noexcept { return value_; }
  friend constexpr auto operator<=>(const Strong&, const Strong&) = default;

 private:
  Value value_{};
};

}  // namespace airssys

template <class Tag, class Value>
struct std::hash<airssys::Strong<Tag, Value>> {
  std::size_t operator()(const airssys::Strong<Tag, Value>& id) const noexcept { return std::hash<Value>{}(id.value()); }
};
