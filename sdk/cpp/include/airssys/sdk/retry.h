// A request that is made again when it had no answer.
//
//   airssys::request_again("prices", question, {.attempts = 4}, [this](airssys::response got) { … });
//
// Each attempt has a longer timeout than the one before it, which is the backoff of what does not answer; when the target
// crashed, the next follows at once. A component of world `waiting-component` may give `.between`, and sleep before each; then a
// full mailbox is worth another try too. The continuation is called once, with the outcome of the last attempt.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "airssys/sdk/backoff.h"
#include "airssys/sdk/requests.h"

namespace airssys {

struct retry {
  unsigned attempts = 3;  // in all
  backoff timeout_ms = {.first = 1000, .factor = 2, .most = 30'000};
  // Called before each attempt but the first, with its number, from 2 on: `airssys::sleep_before` of waiting.h.
  void (*between)(unsigned attempt) = nullptr;
};

namespace detail {

// An answer that is an error, or cannot be read, will be the same again.
inline bool is_worth_another_try(const request_error& error) {
  return error.code == request_errc::timeout || error.code == request_errc::target_crashed ||
         error.code == request_errc::rejected;
}
inline bool is_worth_another_try(const messaging_error& error) {
  return error.code == messaging_errc::queue_full || error.code == messaging_errc::rate_limited;
}

struct retried {
  std::string target;
  payload what;
  retry policy;
  continuation then;
  unsigned attempt = 0;
};

inline status on_attempt(const std::shared_ptr<retried>& one, response got);

// Until one attempt is on its way.
inline std::expected<void, messaging_error> attempt(const std::shared_ptr<retried>& one) {
  for (;;) {
    if (++one->attempt > 1 && one->policy.between) one->policy.between(one->attempt);
    auto sent = request(one->target, one->what, one->policy.timeout_ms.wait(one->attempt),
                        [one](response got) { return on_attempt(one, std::move(got)); });
    if (sent) return {};
    // Within one call nothing changes unless somebody waits.
    const bool again = one->policy.between && is_worth_another_try(sent.error()) && one->attempt < one->policy.attempts;
    if (!again) return std::unexpected(std::move(sent).error());
  }
}

inline status on_attempt(const std::shared_ptr<retried>& one, response got) {
  if (got || !is_worth_another_try(got.error()) || one->attempt >= one->policy.attempts) return one->then(std::move(got));
  if (const auto again = attempt(one); !again)
    return one->then(std::unexpected(request_error{request_errc::rejected, again.error().text()}));
  return {};
}

}  // namespace detail

// The error: the first attempt could not be sent, and `then` is not called.
template <std::invocable<response> Then>
std::expected<void, messaging_error> request_again(std::string_view target, payload what, retry policy, Then then) {
  return detail::attempt(std::make_shared<detail::retried>(detail::retried{
      std::string(target), std::move(what), policy,
      [then = std::move(then)](response got) mutable { return detail::call_continuation(then, std::move(got)); }}));
}

}  // namespace airssys
