#include "airssys/wasm/messaging/guest_messaging.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace airssys::wasm {
namespace {

// One more than any address has: what is longer is no address, and is not looked at any further.
constexpr std::size_t max_target_bytes = ComponentAddress::max_bytes + 1;

}  // namespace

GuestMessaging::GuestMessaging(Options options, PermissionGate& gate, const ComponentDirectory& directory, MessageBroker& broker,
                               Platform& platform, ComponentStats& stats)
    : options_(std::move(options)),
      self_text_(Bytes::copy_of(options_.self.text())),
      gate_(gate),
      directory_(directory),
      broker_(broker),
      platform_(platform),
      stats_(stats),
      id_{platform.random(), 0} {}

SendResult GuestMessaging::send_message(std::string_view target, std::span<const std::byte> payload) noexcept {
  if (payload.size() > options_.max_message_bytes) {
    stats_.refused.add();
    return {SendFailure::message_too_large, options_.max_message_bytes, {}};
  }
  if (Route* const route = find(target)) [[likely]] {
    switch (gate_.again(route->permit)) {
      case PermissionGate::Again::yes: return deliver(*route, payload);
      case PermissionGate::Again::no: return refused(gate_.last_denial());
      case PermissionGate::Again::changed: forget(*route); break;
    }
  }
  SendResult failure;
  Route* const route = resolve(target, payload, failure);
  return route ? deliver(*route, payload) : failure;
}

GuestMessaging::Route* GuestMessaging::find(std::string_view target) noexcept {
  if (last_ < routes_.size() && routes_[last_].target == target) return &routes_[last_];
  const auto found = std::ranges::find(routes_, target, &Route::target);
  if (found == routes_.end()) return nullptr;
  last_ = static_cast<std::size_t>(found - routes_.begin());
  return &*found;
}

GuestMessaging::Route* GuestMessaging::resolve(std::string_view target, std::span<const std::byte> payload, SendResult& failure) {
  const auto address = ComponentAddress::parse(target.substr(0, max_target_bytes));
  if (!address) {
    reason_ = fmt::format("no address: {}", address.error().message());
    failure = {SendFailure::delivery_failed, 0, reason_};
    return nullptr;
  }
  const auto permit = gate_.check<Action::messaging_send>(address->text());
  if (!permit) {
    failure = refused(*permit.error());
    return nullptr;
  }
  auto entry = directory_.resolve(*address);
  if (!entry) {
    failure = not_resolved(entry.error(), *address, payload);
    return nullptr;
  }
  if (!(*entry)->grants.allows_receive(options_.self)) {
    reason_ =
        fmt::format("'{}' does not receive from this component ([capabilities.messaging] receive_from)", address->short_text());
    gate_.record_refusal(Action::messaging_receive_from, address->text(), reason_);
    failure = {SendFailure::permission_denied, 0, reason_};
    return nullptr;
  }
  return remember({std::string(target), *std::move(entry), *permit});
}

SendResult GuestMessaging::refused(const Denial& denial) noexcept {
  switch (denial.code) {
    case Code::exhausted: return {SendFailure::rate_limited, 0, denial.reason};
    case Code::unavailable: return {SendFailure::delivery_failed, 0, denial.reason};
    default: return {SendFailure::permission_denied, 0, denial.reason};
  }
}

GuestMessaging::Route* GuestMessaging::remember(Route route) {
  if (routes_.size() < max_routes) {
    routes_.push_back(std::move(route));
    last_ = routes_.size() - 1;
  } else {
    last_ = next_victim_;
    next_victim_ = (next_victim_ + 1) % max_routes;
    routes_[last_] = std::move(route);
  }
  return &routes_[last_];
}

SendResult GuestMessaging::not_resolved(const Error& why, const ComponentAddress& receiver, std::span<const std::byte> payload) {
  if (why.code() == Code::exhausted) return {SendFailure::queue_full, 0, {}};  // of its keys too many live: later there is room
  tell_unresolved(receiver, payload);
  return {SendFailure::target_not_found, 0, {}};
}

void GuestMessaging::tell_unresolved(const ComponentAddress& receiver, std::span<const std::byte> payload) noexcept {
  if (!options_.dead_letters) return;
  options_.dead_letters->on_dead_letter(receiver, message_of(payload), DeadLetterReason::unresolved, true);
}

Message GuestMessaging::message_of(std::span<const std::byte> payload) {
  ++id_.low;
  return {.sender = self_text_,
          .payload = Bytes::copy_of(payload),
          .id = id_,
          .sent_at = platform_.wall_now(),
          .kind = MessageKind::fire_and_forget};
}

SendResult GuestMessaging::deliver(Route& route, std::span<const std::byte> payload) {
  Message message = message_of(payload);
  rt::SendStatus status = broker_.deliver(route.entry, std::move(message), rt::WhenFull::wait);
  if (status == rt::SendStatus::ended && route.entry->has_successor) [[unlikely]] {
    const auto next = broker_.deliver_to_successor(directory_, route.entry, std::move(message), rt::WhenFull::wait);
    if (!next) {
      const SendResult failure = not_resolved(next.error(), route.entry->address, payload);
      forget(route);
      return failure;
    }
    status = *next;
  }
  switch (status) {
    case rt::SendStatus::sent: stats_.count(stats_.messages_out); return {};
    case rt::SendStatus::dropped: return {};  // as the receiver wants it; counted there
    case rt::SendStatus::full: return {SendFailure::queue_full, 0, {}};
    case rt::SendStatus::timed_out:  // happens to threads that wait
    case rt::SendStatus::ended: break;
  }
  return forget(route);  // the runtime tells of a dead letter
}

SendResult GuestMessaging::forget(Route& route) noexcept {
  routes_.erase(routes_.begin() + (&route - routes_.data()));
  return {SendFailure::target_not_found, 0, {}};
}

}  // namespace airssys::wasm
