#include "world.h"

#include "airssys/base/assert.h"

namespace airssys::bench {
namespace {

constexpr wasm::MailboxPolicy large{.capacity = 100'000, .max_bytes = std::uint64_t{1} << 30};

// To everybody, about everything.
wasm::CapabilitySet all_of_messaging() {
  wasm::CapabilitySet granted;
  using wasm::Action;
  for (const Action action : {Action::messaging_send, Action::messaging_request, Action::messaging_broadcast})
    static_cast<void>(granted.grant(*wasm::Capability::parse(action, "*")));
  for (const Action action : {Action::messaging_publish, Action::messaging_subscribe})
    static_cast<void>(granted.grant(*wasm::Capability::parse(action, "**")));
  return granted;
}

std::unique_ptr<wasm::AuditLog> open_log(const std::filesystem::path& folder, Platform& platform) {
  auto log = wasm::AuditLog::open(folder, {.ring_bytes = std::size_t{64} << 20, .max_files = 8}, platform, null_log());
  AIRSSYS_ASSERT(log, "{}", log.error().message());
  return *std::move(log);
}

}  // namespace

Talker::Talker(World& world, std::string_view name)
    : address_(*wasm::ComponentAddress::parse(name)),
      inbox_(address_, large, stats_, nullptr),
      security_({.component = address_, .trust = wasm::TrustLevel::approved, .session = 1}, all_of_messaging(),
                wasm::RatePolicy::unlimited(), world.security_, stats_),
      gate_(security_.make_gate()),
      audit_(world.message_audit_ ? &*world.message_audit_ : nullptr),
      messaging_({.self = address_, .max_message_bytes = World::max_message_bytes, .audit = audit_}, *gate_, world.directory_,
                 *world.broker_, *world.platform_, inbox_, call_) {}

Result<rt::Turn> Talker::handle(wasm::ComponentMessage message, rt::Context& context) {
  call_.context = &context;
  message.arrive();
  if (audit_) audit_->record(wasm::MessageEvent::received, address_, message.message().sender.text(), message.message().id);
  AIRSSYS_TRY_VOID(on_message(message, *this));
  return rt::Turn::done;
}

Result<rt::Turn> Talker::on_answer(wasm::MessageId request, Result<Bytes> answer, rt::Context& context) {
  call_.context = &context;
  wasm::RequestOutcome outcome;
  if (!messaging_.end_request(request, std::move(answer), outcome)) return fail(Code::internal, "an answer to nothing");
  if (outcome.failure) return fail(Code::internal, "a request failed: " + outcome.reason);
  AIRSSYS_TRY_VOID(on_answer_of(*this));
  return rt::Turn::done;
}

World::World(Audit audit)
    : platform_(real_platform()),
      log_(audit == Audit::none ? nullptr : open_log(folder_.path(), *platform_)),
      security_{forbidden_, log_ ? *log_ : wasm::null_audit(), *platform_, null_log()} {
  if (audit == Audit::every) message_audit_.emplace(*log_, 1);
  broker_.emplace(system_);
}

Result<> World::settle_audit() {
  if (message_audit_ && message_audit_->behind() != 0) return fail(Code::internal, "the audit log was behind");
  return log_ ? log_->flush() : Result<>();
}

Talker& World::add(std::string_view name) {
  auto made = std::make_unique<Talker>(*this, name);
  Talker& talker = *made;
  rt::SpawnOptions options{.name = talker.address().text()};
  wasm::apply(large, options);
  auto actor = system_.spawn(std::move(options), std::move(made));
  AIRSSYS_ASSERT(actor, "{}", actor.error().message());
  const auto added = directory_.add(std::make_shared<const wasm::DirectoryEntry>(
      wasm::DirectoryEntry{talker.address(), {}, {}, talker.inbox().stats(), wasm::ComponentMailbox(*actor, talker.inbox())}));
  AIRSSYS_ASSERT(added, "{}", added.error().message());
  return talker;
}

Result<Duration> World::until_done(Talker& to) {
  AIRSSYS_TRY(const auto entry, directory_.resolve(to.address()));
  const std::uint32_t before = done_.load(std::memory_order_acquire);
  const Instant begin = platform_->now();
  if (entry->mailbox.send(
          {.sender = Bytes::copy_of("external"), .payload = Bytes::copy_of("U"), .kind = wasm::MessageKind::external}) !=
      rt::SendStatus::sent)
    return fail(Code::internal, "the mailbox of who is to begin is full");
  while (done_.load(std::memory_order_acquire) == before)
    if (!executor_.wait(done_, before, begin + patience)) return fail(Code::timed_out, "a message was lost");
  return platform_->now() - begin;
}

}  // namespace airssys::bench
