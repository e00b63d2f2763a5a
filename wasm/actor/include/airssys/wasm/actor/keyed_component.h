// KeyedComponent: one component with an instance for each key (`[deployment] instances = "per-key"`). The third part of an
// address is the key: `default/cart/alice`.
//
// The instance of a key is an actor like any other, made when it is first sent to, and put away (its `shutdown`, then its
// memory) when it has had nothing to do for a while: rt::Keyed says how, and that nothing is lost in between. All share one
// ComponentStats; each has a mailbox, limits and restart intensity of its own.
//
// Threads: any. Its instances may outlive it, what it is made of must not go before them.
#pragma once
#include <memory>
#include <vector>

#include "airssys/rt/keyed.h"
#include "airssys/rt/supervisor.h"
#include "airssys/wasm/actor/component_actor.h"
#include "airssys/wasm/actor/directory.h"

namespace airssys::wasm {

class KeyedComponent final : public KeyedEntries {
 public:
  struct Options {
    rt::SpawnOptions spawn;    // of each; the name is its address
    rt::KeyedOptions keyed;
    MessagingGrants grants;    // of each
    CodecSet codecs;           // that each understands
    MailboxPolicy mailbox;
    DeadLetterSink* dead_letters = nullptr;
  };
  // `like`: what all instances have in common; its stats are shared ones. It, and what it refers to, outlives all instances.
  KeyedComponent(rt::ActorSystem& system, rt::Supervisor below, const ComponentDefinition& like, Options options);

  Result<std::shared_ptr<const DirectoryEntry>> find(const ComponentAddress& address, const DirectoryEntry* gone) override;
  [[nodiscard]] rt::KeyedStats stats() const { return table_.stats(); }
  [[nodiscard]] std::vector<rt::KeyTable::Living> some(std::size_t at_most) const { return table_.some(at_most); }
  void close() noexcept { table_.close(); }  // see rt::KeyTable

 private:
  struct OfOneKey;
  Result<rt::KeyTable::Made> spawn(std::string_view key, const rt::ActorRef& predecessor);

  rt::Supervisor below_;
  const ComponentDefinition& like_;
  const Options options_;
  rt::KeyTable table_;
};

}  // namespace airssys::wasm
