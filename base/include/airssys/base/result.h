// Result and Error: every failure that is not a broken invariant.
//
// An Error has one code that callers branch on, one message that people read (what failed, why, what to do), named
// fields for machines, and the chain of what was being done. Copying one is cheap. Results cannot be dropped silently.
#pragma once
#include <cstdint>
#include <expected>
#include <memory>
#include <source_location>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace airssys {

// Stable values: they reach logs, JSON and the WIT boundary. Append only. Names are X.16's.
enum class Code : std::uint8_t {
  invalid_argument = 1,
  not_found = 2,
  already_exists = 3,
  denied = 4,      // capability-denied: no grant covers it
  exhausted = 5,   // a named limit is full
  timed_out = 6,
  unavailable = 7,  // stopped, stopping, or not there yet
  cancelled = 8,
  corrupt = 9,
  internal = 10,
  io = 11,
  invalid_configuration = 12,
  missing_resource_limits = 13,
  component_load_failed = 14,
  invalid_component = 15,     // not a component, or one of another world
  instantiation_failed = 16,
  trapped = 17,
  resource_limit_exceeded = 18,
  execution_failed = 19,      // the guest answered with an error of its own
  restart_limit = 20,
  too_large = 21,
  forbidden = 22,            // forbidden-capability: on the forbidden list, nobody can grant it
  policy_violation = 23,     // the host's trust policy refuses it
  approval_needed = 24,      // somebody has to decide first; the field `request` names what
  key_unavailable = 25,      // a signing key is missing, unreadable or not private
  invalid_signature = 26,
  hash_mismatch = 27,        // of a component or a manifest, with what was signed
  name_mismatch = 28,
  version_mismatch = 29,
  timestamp_out_of_range = 30,
};

// "capability-denied", "resource-limit-exceeded", …
[[nodiscard]] std::string_view code_name(Code code) noexcept;

class Error {
 public:
  struct Field {
    std::string name;
    std::string value;
  };

  explicit Error(Code code, std::string message, std::source_location where = std::source_location::current());

  [[nodiscard]] Code code() const noexcept;
  // The whole sentence, outermost context first: "run: start splitter: Component.toml:4:1: …".
  [[nodiscard]] const std::string& message() const noexcept;
  [[nodiscard]] const std::vector<Field>& fields() const noexcept;
  // The value of a field; empty when there is none.
  [[nodiscard]] std::string_view field(std::string_view name) const noexcept;
  [[nodiscard]] const std::source_location& where() const noexcept;

  // Puts "doing: " before the message. Once per layer that knows something the inner one did not.
  [[nodiscard]] Error within(std::string_view doing) &&;
  [[nodiscard]] Error with(std::string name, std::string value) &&;

 private:
  struct Rep;
  Rep& own();
  std::shared_ptr<const Rep> rep_;  // shared because errors are copied to every waiter; never altered in place
};

[[nodiscard]] std::unexpected<Error> fail(Code code, std::string message,
                                          std::source_location where = std::source_location::current());

// A class and not an alias: libstdc++ 12's std::expected is not [[nodiscard]].
template <class T = void>
class [[nodiscard]] Result : public std::expected<T, Error> {
 public:
  using std::expected<T, Error>::expected;
};

}  // namespace airssys

#define AIRSSYS_CONCAT_(a, b) a##b
#define AIRSSYS_CONCAT(a, b) AIRSSYS_CONCAT_(a, b)
#define AIRSSYS_TRY_(result, declaration, expression)      \
  auto result = (expression);                              \
  if (!result) [[unlikely]]                                \
    return ::std::unexpected(::std::move(result).error()); \
  declaration = *::std::move(result)

// AIRSSYS_TRY(auto manifest, read_manifest(dir)); returns the error to the caller, or declares the value.
#define AIRSSYS_TRY(declaration, ...) AIRSSYS_TRY_(AIRSSYS_CONCAT(try_, __COUNTER__), declaration, (__VA_ARGS__))
// The same for a Result<>.
#define AIRSSYS_TRY_VOID(...)                                        \
  do {                                                               \
    if (auto airssys_try = (__VA_ARGS__); !airssys_try) [[unlikely]] \
      return ::std::unexpected(::std::move(airssys_try).error());    \
  } while (false)
