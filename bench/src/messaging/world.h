// What the rows of the group `messaging` run on: components without guests, on one worker, each with the whole path of its
// messages before it: gate, directory, broker, mailbox.
#pragma once
#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "../security/folder.h"
#include "../serve.h"
#include "airssys/base/log.h"
#include "airssys/base/platform.h"
#include "airssys/rt/system.h"
#include "airssys/rt/work_stealing_executor.h"
#include "airssys/wasm/actor/current_call.h"
#include "airssys/wasm/core/message_audit.h"
#include "airssys/wasm/messaging/guest_messaging.h"
#include "airssys/wasm/security/audit_log.h"
#include "airssys/wasm/security/component_security.h"

namespace airssys::bench {

class World;

// It handles as `on_message` and `on_answer` say, and talks by messaging(), within them only.
class Talker final : public rt::Actor<wasm::ComponentMessage>, wasm::AnswerReceiver {
 public:
  using OnMessage = std::function<Result<>(wasm::ComponentMessage& message, Talker& self)>;
  using OnAnswer = std::function<Result<>(Talker& self)>;

  Talker(World& world, std::string_view name);
  Result<rt::Turn> handle(wasm::ComponentMessage message, rt::Context& context) override;

  [[nodiscard]] wasm::GuestMessaging& messaging() noexcept { return messaging_; }
  [[nodiscard]] wasm::ComponentInbox& inbox() noexcept { return inbox_; }
  [[nodiscard]] const wasm::ComponentAddress& address() const noexcept { return address_; }
  OnMessage on_message = [](wasm::ComponentMessage&, Talker&) -> Result<> { return {}; };
  OnAnswer on_answer_of = [](Talker&) -> Result<> { return {}; };

 private:
  Result<rt::Turn> on_answer(wasm::MessageId request, Result<Bytes> answer, rt::Context& context) override;

  const wasm::ComponentAddress address_;
  wasm::ComponentStats stats_;
  wasm::ComponentInbox inbox_;
  wasm::ComponentSecurity security_;
  const std::unique_ptr<wasm::PermissionGate> gate_;
  wasm::CurrentCall call_{.actor = *this};
  wasm::MessageAudit* const audit_;  // null: messages are not recorded one by one
  wasm::GuestMessaging messaging_;
};

class World {
 public:
  static constexpr std::uint64_t max_message_bytes = 2 << 20;
  static constexpr Duration patience = std::chrono::seconds(60);

  // What is recorded: nothing; decisions, equal ones by their number; and besides each message that is sent and received.
  enum class Audit : std::uint8_t { none, decisions, every };
  explicit World(Audit audit = Audit::none);
  // Known under its name from now on. Kept by its actor.
  Talker& add(std::string_view name);
  // Everything that `begin` starts, a message to `to`, until done() is called.
  Result<Duration> until_done(Talker& to);
  void done() noexcept {
    done_.fetch_add(1, std::memory_order_release);
    executor_.notify(done_);
  }
  // Once all that was recorded is on disk. internal: something was recorded by its number only.
  [[nodiscard]] Result<> settle_audit();
  [[nodiscard]] Platform& platform() noexcept { return *platform_; }
  [[nodiscard]] rt::ActorSystem& system() noexcept { return system_; }

 private:
  friend class Talker;
  const std::unique_ptr<Platform> platform_;
  const wasm::ForbiddenList forbidden_ = wasm::ForbiddenList::defaults();
  const Folder folder_{"messaging"};
  const std::unique_ptr<wasm::AuditLog> log_;  // null: nothing is recorded
  std::optional<wasm::MessageAudit> message_audit_;
  const wasm::ComponentSecurity::Host security_;
  wasm::ComponentDirectory directory_;
  std::optional<wasm::MessageBroker> broker_;
  rt::WorkStealingExecutor executor_{*platform_, 1};
  rt::ActorSystem system_{executor_, null_log(), {}};
  std::atomic<std::uint32_t> done_{0};
};

// One function per file; each adds its rows, named without "messaging.".
void add_path_rows(Rows& rows);
void add_topic_rows(Rows& rows);

}  // namespace airssys::bench
