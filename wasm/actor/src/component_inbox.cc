#include "airssys/wasm/actor/component_inbox.h"

#include <fmt/format.h>

#include <utility>

namespace airssys::wasm {
namespace {

// Tells who asked why there is no answer, as the guest that asked would read it.
void refuse(ComponentMessage& message, Code code, std::string text, RequestFailure failure) {
  if (!message.more || !message.more->reply) return;
  const auto told =
      message.more->reply.fail(Error(code, std::move(text)).with("request-error", std::string(request_failure_name(failure))));
  static_cast<void>(told);  // it had not been answered
}

}  // namespace

ComponentInbox::ComponentInbox(ComponentAddress address, const MailboxPolicy& policy, ComponentStats& stats,
                               DeadLetterSink* dead_letters)
    : policy_(policy),
      address_(std::move(address)),
      stats_(stats),
      dead_letters_(dead_letters),
      suspects_(policy.poison_after, policy.poison_window),
      bytes_(policy.max_bytes) {}

bool ComponentInbox::set_aside_poison(ComponentMessage& message) {
  stats_.count(stats_.poisoned);
  tell(message.message(), DeadLetterReason::poison, true);
  refuse(message, Code::unavailable,
         fmt::format("'{}' has crashed {} times at a message like this, and is not given it any more", address_.short_text(),
                     policy_.poison_after),
         RequestFailure::rejected);
  return true;
}

void ComponentInbox::crashed(ComponentMessage message, const Error& error, Instant now, Platform& platform) {
  // A callback is of the component's own making, and comes once.
  if (message.kind() != ComponentMessage::Kind::callback) suspects_.accuse(message.message(), now, platform);
  if (keep_for_second_attempt(message)) return;
  lose(message);
  refuse(message, Code::trapped, fmt::format("'{}' crashed: {}", address_.short_text(), error.message()),
         RequestFailure::target_crashed);
}

void ComponentInbox::interrupted(ComponentMessage message) {
  if (keep_for_second_attempt(message)) return;
  lose(message);
  refuse(message, Code::unavailable, fmt::format("'{}' was ended while it handled the request", address_.short_text()),
         RequestFailure::target_crashed);
}

bool ComponentInbox::keep_for_second_attempt(ComponentMessage& message) {
  if (message.kind() == ComponentMessage::Kind::callback) return false;  // of a request that its next incarnation did not make
  if (policy_.on_crash != OnCrash::retry_once || std::exchange(message.tried_before, true)) return false;
  second_attempt_ = std::make_unique<ComponentMessage>(std::move(message));
  return true;
}

void ComponentInbox::lose(const ComponentMessage& message) {
  stats_.count(stats_.lost);
  tell(message.message(), DeadLetterReason::crashed, policy_.on_crash != OnCrash::drop);
}

void ComponentInbox::close() noexcept {
  if (!second_attempt_) return;
  stats_.count(stats_.lost);
  tell(second_attempt_->message(), DeadLetterReason::discarded, true);
  second_attempt_ = nullptr;
}

}  // namespace airssys::wasm
