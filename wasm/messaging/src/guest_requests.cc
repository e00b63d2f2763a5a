// Requests of a guest: how they begin, are cancelled, and end.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "airssys/base/assert.h"
#include "airssys/wasm/messaging/guest_messaging.h"

namespace airssys::wasm {
namespace {

RequestFailure failure_of(const Error& error) noexcept {
  if (error.code() == Code::timed_out) return RequestFailure::timeout;
  const std::string_view said = error.field("request-error");
  for (std::size_t failure = 0; failure < request_failure_count; ++failure)
    if (said == request_failure_name(static_cast<RequestFailure>(failure))) return static_cast<RequestFailure>(failure);
  return RequestFailure::target_crashed;  // whoever had it let go of it
}

}  // namespace

SendResult GuestMessaging::send_request(std::string_view target, std::span<const std::byte> payload, std::uint64_t timeout_ms,
                                        MessageId& request) noexcept {
  SendResult failure;
  if (timeout_ms == 0 || timeout_ms > max_request_timeout_ms) {
    gate_.record_refusal(Action::messaging_request, target,
                         fmt::format("its timeout is not of 1 to {} ms", max_request_timeout_ms));
    return {SendFailure::invalid_timeout, max_request_timeout_ms, {}};
  }
  Route* const route = way_to(target, payload, Use::request, failure);
  if (!route) return failure;
  if (open_.size() >= max_open_requests) {
    gate_.record_refusal(Action::messaging_request, route->entry->address.text(),
                         fmt::format("{} requests wait for their outcome", max_open_requests));
    return {SendFailure::rate_limited, 0, {}};
  }
  Duration timeout = std::chrono::milliseconds(timeout_ms);
  if (!bound_by_deadline(*route, timeout, failure)) return failure;
  AIRSSYS_ASSERT(call_.context, "'{}' sends a request outside of a call", options_.self.text());
  const Message message = message_of(payload, MessageKind::request);
  const auto asked = broker_.request(*call_.context, directory_, route->entry, message, timeout,
                                     [actor = &call_.actor, id = message.id](Result<Bytes> answer, rt::Context& context) {
                                       return actor->on_answer(id, std::move(answer), context);
                                     });
  if (!asked) {
    if (asked.error().code() == Code::exhausted) {
      note(MessageEvent::rejected, route->entry->address.text(), message.id, "queue-full");
      return {SendFailure::queue_full, 0, {}};
    }
    if (asked.error().code() == Code::unavailable) return forget(*route);  // the runtime tells of a dead letter
    failure = not_resolved(asked.error(), route->entry->address, payload);
    forget(*route);
    return failure;
  }
  open_.push_back({message.id.low, *asked, timeout, options_.audit ? route->entry : nullptr});
  note(MessageEvent::request_sent, route->entry->address.text(), message.id);
  stats_.count(stats_.messages_out);
  stats_.count(stats_.requests);
  request = message.id;
  return {};
}

bool GuestMessaging::bound_by_deadline(const Route& route, Duration& timeout, SendResult& failure) {
  const Instant deadline = call_.deadline();
  if (deadline == Instant{}) return true;
  const Duration left = deadline - call_.context->now();
  timeout = std::min(timeout, left);
  if (left > Duration::zero()) return true;
  reason_ = "whoever asked for what this component is doing has stopped waiting";
  gate_.record_refusal(Action::messaging_request, route.entry->address.text(), reason_);
  failure = {SendFailure::delivery_failed, 0, reason_};
  return false;
}

std::vector<GuestMessaging::OpenRequest>::iterator GuestMessaging::find_open(MessageId request) noexcept {
  if (request.high != id_.high) return open_.end();
  const auto found = std::ranges::lower_bound(open_, request.low, {}, &OpenRequest::number);
  return found != open_.end() && found->number == request.low ? found : open_.end();
}

SendResult GuestMessaging::cancel_request(MessageId request) noexcept {
  const auto found = find_open(request);
  if (found == open_.end()) {
    gate_.record_refusal(Action::messaging_request, fmt::format("id {:x}-{}", request.high, request.low),
                         "no request of this instance that is under way, to be cancelled");
    return {SendFailure::unknown_request, 0, {}};
  }
  // False: its outcome is on its way, and end_request will not know it.
  static_cast<void>(call_.context->cancel(found->ask));
  note(MessageEvent::cancelled, found->target(), request);
  open_.erase(found);
  return {};
}

bool GuestMessaging::end_request(MessageId request, Result<Bytes> answer, RequestOutcome& outcome) noexcept {
  const auto found = find_open(request);
  if (found == open_.end()) return false;
  const OpenRequest ended = std::move(*found);
  open_.erase(found);
  if (answer) {
    take_response(*std::move(answer), outcome);
  } else if (outcome.failure = failure_of(answer.error()); *outcome.failure == RequestFailure::timeout) {
    outcome.timeout = ended.timeout;
    stats_.count(stats_.timeouts);
    note(MessageEvent::timed_out, ended.target(), request);
  } else {
    outcome.reason = answer.error().message();
  }
  note(MessageEvent::callback_delivered, ended.target(), request);
  return true;
}

// A response is a payload like any other; nothing answered is an empty one.
void GuestMessaging::take_response(Bytes response, RequestOutcome& outcome) {
  const auto refuse = [&](RequestFailure failure, std::string reason) {
    outcome.failure = failure;
    outcome.reason = std::move(reason);
  };
  if (!response.empty()) {
    if (response.size() > options_.max_message_bytes)
      return refuse(RequestFailure::handler_error,
                    fmt::format("its response has {} bytes, {} are allowed", response.size(), options_.max_message_bytes));
    const auto split = split_payload(response.span());
    if (!split)
      return refuse(RequestFailure::handler_error, fmt::format("its response does not say its codec: {}", split.error()));
    const Codec* const codec = find_codec(split->code);
    if (!codec || !codec->supported)
      return refuse(RequestFailure::handler_error,
                    fmt::format("its response is in codec {:#x}, which nobody knows", split->code));
    if (!options_.codecs.takes(codec->code))
      return refuse(RequestFailure::rejected,
                    fmt::format("its response is in {}, which this component does not understand", codec->name));
  }
  outcome.payload = std::move(response);
}

}  // namespace airssys::wasm
