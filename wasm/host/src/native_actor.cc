#include "native_actor.h"

#include <fmt/format.h>

#include <optional>

#include "airssys/rt/context.h"

namespace airssys::wasm {
namespace {

Result<> outcome(const SendResult& sent, std::string_view target) {
  const auto failed = [&](Code code, std::string_view why) { return fail(code, fmt::format("send to '{}': {}", target, why)); };
  switch (sent.failure) {
    case SendFailure::none: return {};
    case SendFailure::target_not_found: return failed(Code::not_found, "nobody lives there");
    case SendFailure::permission_denied: return failed(Code::denied, sent.reason);
    case SendFailure::queue_full: return failed(Code::exhausted, "its mailbox is full; send again later");
    case SendFailure::message_too_large: return failed(Code::too_large, fmt::format("{} bytes are allowed", sent.number));
    default: return failed(Code::invalid_argument, sent.reason);
  }
}

}  // namespace

HostedActor::Authority HostedNative::authority_of(const MessagingGrants& grants) {
  return {.granted = as_capabilities(grants), .trust = TrustLevel::trusted, .rate = RatePolicy::unlimited()};
}

// One object of the program's, with what it sends by. It takes messages as components do, and is counted as they are.
class HostedNative::Incarnation final : public rt::Actor<ComponentMessage>, ActorOutbox, AnswerReceiver {
 public:
  explicit Incarnation(HostedNative& of)
      : inbox_(of.inbox),
        stats_(of.stats),
        gate_(of.security.make_gate()),
        messaging_({of.address, {}, of.config_.max_message_bytes, &of.letters_}, *gate_, of.directory_, of.broker_, of.platform_,
                   of.inbox, call_),
        actor_(of.factory_(*this)) {}
  ~Incarnation() override {
    if (in_hand_) lose();
  }
  [[nodiscard]] bool is_whole() const noexcept { return actor_ != nullptr; }

  Result<rt::Turn> handle(ComponentMessage message, rt::Context& context) override {
    call_.context = &context;
    message.arrive();
    stats_.messages_in.add_alone();
    began_ = context.recent();
    in_hand_ = message.message();  // two references more, for the dead letter that it may become
    // Looked at first: a publication's is not this receiver's to move.
    reply_ = message.more && message.more->reply ? std::move(message.more->reply) : rt::Reply<Bytes>();
    return count(actor_->handle(message.take_message(), context), context);
  }
  Result<rt::Turn> resume(rt::Context& context) override {
    call_.context = &context;
    return count(actor_->resume(context), context);
  }
  Result<rt::Turn> pre_start(rt::Context& context) override {
    call_.context = &context;
    return actor_->pre_start(context);
  }
  void post_stop(rt::Context& context, const rt::ExitReason& reason) override { actor_->post_stop(context, reason); }
  rt::ErrorAction on_error(const Error& error) override { return actor_->on_error(error); }
  Result<rt::Turn> on_terminated(rt::Context& context, const rt::Terminated& who) override {
    return actor_->on_terminated(context, who);
  }
  rt::Child* as_child() noexcept override { return actor_->as_child(); }

 private:
  Result<> send(std::string_view target, const Payload& payload) override {
    return outcome(messaging_.send_message(target, encode(payload).span()), target);
  }
  Result<> answer(const Payload& response) override {
    if (!reply_) return fail(Code::invalid_argument, "nobody waits for an answer: the message is no request, or has one");
    return answered(reply_.send(encode(response)));
  }
  Result<> answered(Result<rt::Answered> told) {
    if (!told) return std::unexpected(std::move(told).error());
    if (*told == rt::Answered::late) stats_.late_responses.add_alone();
    return {};
  }
  // It asks nobody.
  Result<rt::Turn> on_answer(MessageId, Result<Bytes>, rt::Context&) override { return rt::Turn::done; }
  Result<rt::Turn> count(Result<rt::Turn> result, const rt::Context& context) {
    if (!result) {
      lose();
    } else if (*result == rt::Turn::done) {
      in_hand_.reset();
      if (reply_) AIRSSYS_TRY_VOID(answered(reply_.send(Bytes())));
      stats_.handled.add_alone();
      stats_.handling_time.record_alone(context.now() - began_);
    }
    return result;
  }
  void lose() {
    stats_.lost.add_alone();
    inbox_.tell(*in_hand_, DeadLetterReason::crashed, false);
    in_hand_.reset();
    reply_ = {};  // which tells whoever waits
  }

  ComponentInbox& inbox_;
  ComponentStats& stats_;
  std::optional<wasm::Message> in_hand_;
  rt::Reply<Bytes> reply_;  // to it; empty: nobody waits, or it is answered
  CurrentCall call_{.actor = *this};
  const std::unique_ptr<PermissionGate> gate_;
  GuestMessaging messaging_;
  const std::unique_ptr<rt::Actor<wasm::Message>> actor_;
  Instant began_{};
};

HostedNative::HostedNative(const ComponentName& name, ActorOptions options, HostedSupervisor* parent_of, ActorFactory factory,
                           const HostConfig& config, const ComponentDirectory& directory, MessageBroker& broker,
                           DeadLetterSink& letters, const ComponentSecurity::Host& security_of_host)
    : HostedActor(name, authority_of(options.messaging), {}, std::move(options.deployment), options.mailbox, parent_of, letters,
                  security_of_host),
      factory_(std::move(factory)),
      config_(config),
      directory_(directory),
      broker_(broker),
      letters_(letters),
      platform_(security_of_host.platform) {}

Result<rt::Address<ComponentMessage>> HostedNative::spawn(rt::ActorSystem& system, const rt::Supervisor& below) {
  return system.spawn_and_wait(below, spawn_options(), [this]() -> Result<std::unique_ptr<Incarnation>> {
    auto made = std::make_unique<Incarnation>(*this);
    if (!made->is_whole()) return fail(Code::internal, "the factory made nothing");
    return made;
  });
}

}  // namespace airssys::wasm
