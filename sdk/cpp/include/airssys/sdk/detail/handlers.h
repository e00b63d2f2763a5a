// How a handler that takes a value is called with a message, and what it answers becomes an answer.
#pragma once
#include <concepts>
#include <expected>
#include <optional>
#include <type_traits>
#include <utility>

#include "airssys/sdk/error.h"
#include "airssys/sdk/message.h"
#include "airssys/sdk/values.h"

namespace airssys::detail {

template <class>
struct signature;
template <class Result, class Class, class... Arguments>
struct signature<Result (Class::*)(Arguments...)> {
  template <std::size_t N>
  using argument = std::remove_cvref_t<std::tuple_element_t<N, std::tuple<Arguments...>>>;
  static constexpr std::size_t arguments = sizeof...(Arguments);
};
template <class Result, class Class, class... Arguments>
struct signature<Result (Class::*)(Arguments...) const> : signature<Result (Class::*)(Arguments...)> {};

// What handlers may return: nothing, a status, an answer, a value, a value or an error.
template <class>
inline constexpr bool is_expected = false;
template <class T>
inline constexpr bool is_expected<std::expected<T, error>> = true;

template <class T>
answer answer_of(const T& value, std::uint64_t in) {
  auto made = encode(value, in);
  if (!made) return failed("the answer cannot be written: " + made.error());
  return *std::move(made);
}

template <class Call>
answer answer_of_call(Call&& call, std::uint64_t asked_in) {
  using Result = std::invoke_result_t<Call>;
  const std::uint64_t in = asked_in == codec::json ? codec::json : codec::borsh;
  if constexpr (std::is_void_v<Result>) {
    call();
    return {};
  } else if constexpr (std::same_as<Result, answer>) {
    return call();
  } else if constexpr (std::same_as<Result, payload> || std::same_as<Result, std::optional<payload>>) {
    return call();
  } else if constexpr (is_expected<Result>) {
    auto done = call();
    if (!done) return std::unexpected(std::move(done).error());
    if constexpr (std::is_void_v<typename Result::value_type>)
      return {};
    else
      return answer_of_call([&] { return *std::move(done); }, asked_in);
  } else {
    return answer_of(call(), in);
  }
}

// `handle(value)` or `handle(value, message)`.
template <class Value, bool WithMessage, class Handler>
answer call_with_value(Handler&& handler, const message& got) {
  auto value = decode<Value>(got.payload());
  if (!value) return invalid_message(std::move(value).error());
  return answer_of_call(
      [&] {
        if constexpr (WithMessage)
          return handler(*std::move(value), got);
        else
          return handler(*std::move(value));
      },
      got.codec());
}

template <class Component>
concept takes_messages = requires(Component& self, message got) { self.handle(std::move(got)); };

template <class Component>
answer call_component(Component& self, message got) {
  if constexpr (takes_messages<Component>) {
    const std::uint64_t in = got.codec();
    return answer_of_call([&] { return self.handle(std::move(got)); }, in);
  } else {
    using Handle = signature<decltype(&Component::handle)>;
    static_assert(Handle::arguments == 1 || Handle::arguments == 2,
                  "handle takes a message, a value, or a value and its message");
    return call_with_value < typename Handle::template argument<0>,
           Handle::arguments ==
               2 > ([&](auto&&... arguments) { return self.handle(std::forward<decltype(arguments)>(arguments)...); }, got);
  }
}

// The same of a function object, to which the message stays.
template <class Handler>
answer call_handler(Handler& handler, const message& got) {
  if constexpr (std::is_invocable_v<Handler&, const message&>) {
    return answer_of_call([&] { return handler(got); }, got.codec());
  } else {
    using Handle = signature<decltype(&Handler::operator())>;
    static_assert(Handle::arguments == 1 || Handle::arguments == 2, "it takes a message, a value, or a value and its message");
    return call_with_value < typename Handle::template argument<0>, Handle::arguments == 2 > (handler, got);
  }
}

}  // namespace airssys::detail
