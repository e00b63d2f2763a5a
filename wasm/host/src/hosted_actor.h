// One actor of a Host that has an address: a component, or an actor of the program around the host.
#pragma once
#include <array>
#include <memory>
#include <mutex>
#include <string>

#include "airssys/rt/system.h"
#include "airssys/wasm/actor/component_inbox.h"
#include "airssys/wasm/actor/component_message.h"
#include "airssys/wasm/actor/directory.h"
#include "airssys/wasm/component/manifest.h"
#include "airssys/wasm/core/codec_set.h"
#include "airssys/wasm/core/dead_letter.h"
#include "airssys/wasm/core/stats.h"
#include "airssys/wasm/host/host.h"
#include "airssys/wasm/security/component_security.h"
#include "supervision.h"

namespace airssys::wasm {

// All that its incarnations have in common. Made once and kept until the host is gone, so that its numbers can be read after
// its end. Threads: numbers, report, node, entry any; the rest does not change.
class HostedActor : public TreeMember {
 public:
  virtual ~HostedActor() = default;

  // Its first incarnation; blocks until that has started.
  [[nodiscard]] virtual Result<rt::Address<ComponentMessage>> spawn(rt::ActorSystem& system, const rt::Supervisor& below) = 0;
  // The same, and makes it known at its address; with an instance for each key only that.
  [[nodiscard]] virtual Result<> start(rt::ActorSystem& system, const rt::Supervisor& below, ComponentDirectory& directory);
  // Before the system goes, of which nothing is wanted from now on.
  virtual void retire() noexcept {}
  // Its instances are at all addresses that begin as its own does.
  [[nodiscard]] virtual bool has_keys() const noexcept { return false; }
  // Null of an actor that is no component.
  [[nodiscard]] virtual const Manifest* manifest() const noexcept { return nullptr; }

  [[nodiscard]] virtual ComponentReport report() const;
  // Its children are keys, if anything.
  [[nodiscard]] virtual SupervisionNode node() const;
  // Null before start.
  [[nodiscard]] std::shared_ptr<const DirectoryEntry> entry() const;
  void set_entry(std::shared_ptr<const DirectoryEntry> entry);

  const ComponentAddress address;
  const MessagingGrants grants;  // the receiver's half counts here
  const CodecSet codecs;         // that it understands
  const Deployment deployment;
  HostedSupervisor* const parent;  // null: the root
  ComponentStats stats;
  ComponentInbox inbox;
  KnownMetadata metadata;
  ComponentSecurity security;
  std::array<Counter, dead_letter_reason_count> dead_letters;  // by DeadLetterReason; see ComponentReport

 protected:
  struct Authority {
    CapabilitySet granted;
    TrustLevel trust;
    RatePolicy rate;
  };
  HostedActor(const ComponentName& name, Authority authority, CodecSet understood, Deployment deployed,
              const MailboxPolicy& mailbox, HostedSupervisor* parent_of, DeadLetterSink& letters,
              const ComponentSecurity::Host& security_of_host);
  [[nodiscard]] rt::SpawnOptions spawn_options() const;
  // Of what sends and receives only.
  [[nodiscard]] static CapabilitySet as_capabilities(const MessagingGrants& grants);

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const DirectoryEntry> entry_;  // guarded by mutex_
};

}  // namespace airssys::wasm
