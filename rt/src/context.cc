#include "airssys/rt/context.h"

#include <fmt/format.h>

#include "system_core.h"

namespace airssys::rt {

ActorSystem& Context::system() const noexcept { return cell_.core_->system; }
Executor& Context::executor() const noexcept { return cell_.core_->executor; }
Waker Context::waker() const noexcept { return {Ref<Cell>::share(cell_), cell_.take_epoch()}; }

Waker::Waker(Ref<Cell> cell, std::uint32_t epoch) noexcept : cell_(std::move(cell)), epoch_(epoch) {}
Waker::Waker(const Waker&) noexcept = default;
Waker::Waker(Waker&&) noexcept = default;
Waker& Waker::operator=(const Waker&) noexcept = default;
Waker& Waker::operator=(Waker&&) noexcept = default;
Waker::~Waker() = default;

void Waker::wake() const noexcept {
  if (cell_) cell_->wake(epoch_);
}

std::unexpected<Error> send_failure(SendStatus status, const Cell& receiver) {
  if (status == SendStatus::timed_out)
    return fail(Code::timed_out, fmt::format("mailbox of actor {} '{}' had no room within the ttl of the message",
                                             receiver.id().value(), receiver.name()));
  if (status == SendStatus::full)
    return fail(Code::exhausted, fmt::format("mailbox of actor {} '{}' is full: mailbox_capacity {}", receiver.id().value(),
                                             receiver.name(), receiver.capacity()));
  return fail(Code::unavailable, fmt::format("actor {} '{}' has ended", receiver.id().value(), receiver.name()));
}

std::string_view cause_name(RestartCause cause) noexcept {
  switch (cause) {
    case RestartCause::failure: return "failure";
    case RestartCause::sibling: return "sibling";
    case RestartCause::supervisor: return "supervisor";
  }
  return "unknown";
}

std::string_view exit_kind_name(ExitKind kind) noexcept {
  switch (kind) {
    case ExitKind::normal: return "normal";
    case ExitKind::error: return "error";
    case ExitKind::killed: return "killed";
    case ExitKind::timeout: return "timeout";
    case ExitKind::shutdown: return "shutdown";
  }
  return "unknown";
}

}  // namespace airssys::rt
