// unique_function: something callable that is moved, never copied; empty at first.
#pragma once
#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

namespace airssys::detail {

template <class>
class unique_function;

template <class Result, class... Arguments>
class unique_function<Result(Arguments...)> {
 public:
  constexpr unique_function() = default;
  template <class Function>
    requires(!std::same_as<std::remove_cvref_t<Function>, unique_function> &&
             std::is_invocable_r_v<Result, std::remove_cvref_t<Function>&, Arguments...>)
  unique_function(Function&& function)
      : held_(std::make_unique<held<std::remove_cvref_t<Function>>>(std::forward<Function>(function))) {}

  explicit operator bool() const { return held_ != nullptr; }
  Result operator()(Arguments... arguments) { return held_->call(std::forward<Arguments>(arguments)...); }

 private:
  struct any {
    virtual ~any() = default;
    virtual Result call(Arguments... arguments) = 0;
  };
  template <class Function>
  struct held final : any {
    explicit held(Function from) : function(std::move(from)) {}
    Result call(Arguments... arguments) override { return function(std::forward<Arguments>(arguments)...); }
    Function function;
  };

  std::unique_ptr<any> held_;
};

}  // namespace airssys::detail
