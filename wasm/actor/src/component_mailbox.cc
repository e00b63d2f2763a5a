#include "airssys/wasm/actor/component_mailbox.h"

#include <fmt/format.h>

#include "airssys/base/units.h"

namespace airssys::wasm {
namespace {

rt::Overload overload_of(MailboxOverload overload) noexcept {
  switch (overload) {
    case MailboxOverload::error: return rt::Overload::error;
    case MailboxOverload::block: return rt::Overload::block;
    case MailboxOverload::drop_newest: return rt::Overload::drop_newest;
    case MailboxOverload::drop_oldest: return rt::Overload::drop_oldest;
  }
  return rt::Overload::error;
}

}  // namespace

void apply(const MailboxPolicy& policy, rt::SpawnOptions& options) noexcept {
  options.mailbox_capacity = policy.capacity.value_or(0);
  options.overload = overload_of(policy.overload);
}

ComponentMessage ComponentMailbox::request_of(Message message, ComponentMessage::Kind kind, Instant now, Duration timeout) {
  auto more = ComponentMessage::More::make();
  more->kind = kind;
  more->deadline = timeout < Instant::max() - now ? now + timeout : Instant::max();
  if (kind == ComponentMessage::Kind::operation)
    more->context = {.request = message.id, .caller = message.sender, .timeout = timeout};
  return ComponentMessage(std::move(message), std::move(more));
}

Result<Bytes> ComponentMailbox::request(rt::ActorSystem& system, Message message, Duration timeout) const {
  const Instant now = system.executor().platform().now();
  return ask(system, request_of(std::move(message), ComponentMessage::Kind::message, now, timeout), timeout);
}

Result<Bytes> ComponentMailbox::execute(rt::ActorSystem& system, Message operation, Duration timeout) const {
  const Instant now = system.executor().platform().now();
  return ask(system, request_of(std::move(operation), ComponentMessage::Kind::operation, now, timeout), timeout);
}

Result<Bytes> ComponentMailbox::ask(rt::ActorSystem& system, ComponentMessage whole, Duration timeout) const {
  if (ended()) return std::unexpected(result(rt::SendStatus::ended).error());
  if (!whole.enter(inbox_->bytes())) return std::unexpected(result(settle(rt::SendStatus::full)).error());
  return system.ask<Bytes>(address_, replying(whole), timeout).wait();
}

Result<> ComponentMailbox::result(rt::SendStatus status) const {
  const std::string_view name = inbox_->address().short_text();
  if (status == rt::SendStatus::sent || status == rt::SendStatus::dropped) return {};
  if (status == rt::SendStatus::ended) return fail(Code::unavailable, fmt::format("'{}' has ended", name));
  return fail(
      Code::exhausted,
      fmt::format("the mailbox of '{}' is full: {} messages, {} of {}; send later, or raise [mailbox] capacity or max_bytes",
                  name, address_.stats().waiting, format_size(inbox_->bytes().waiting()),
                  format_size(inbox_->bytes().max_bytes())));
}

rt::SendStatus ComponentMailbox::settle(rt::SendStatus status) const noexcept {
  if (status == rt::SendStatus::full) inbox_->stats().overflows.add();
  return status;
}

rt::SendStatus ComponentMailbox::send_otherwise(ComponentMessage& whole, rt::WhenFull when_full) const {
  const MailboxPolicy& policy = inbox_->policy();
  if (!whole.is_within()) {
    if (ended()) return address_.try_send(whole);  // which says so, and counts it
    if (policy.overload != MailboxOverload::drop_newest) return settle(rt::SendStatus::full);
    inbox_->tell(whole.message(), DeadLetterReason::overflow, false);
    return rt::SendStatus::dropped;
  }
  const rt::SendOptions options{.ttl = policy.message_ttl};
  if (when_full == rt::WhenFull::refuse) return settle(address_.try_send(whole, options));
  Message kept = whole.message();  // shares what it holds
  const Result<> sent = address_.send(std::move(whole), options);
  if (sent) return rt::SendStatus::sent;
  whole = ComponentMessage(std::move(kept));
  return settle(sent.error().code() == Code::unavailable ? rt::SendStatus::ended : rt::SendStatus::full);
}

}  // namespace airssys::wasm
