// ComponentDirectory: which component lives at which address. It maps identity to mailbox and nothing else (A020); who may
// send to whom is decided by who asks.
//
// Threads: any. A lookup takes a shared lock, so senders keep what they found: an entry stays valid for sending for as long
// as somebody holds it, and its mailbox says `unavailable` once the component ended for good.
#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "airssys/base/result.h"
#include "airssys/wasm/actor/component_mailbox.h"
#include "airssys/wasm/core/capability.h"
#include "airssys/wasm/core/component_metadata.h"
#include "airssys/wasm/core/identity.h"
#include "airssys/wasm/core/stats.h"

namespace airssys::wasm {

// What a component said of itself when it started last. Threads: any.
class KnownMetadata {
 public:
  void set(ComponentMetadata metadata);
  // Null before it said anything.
  [[nodiscard]] std::shared_ptr<const ComponentMetadata> get() const;

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const ComponentMetadata> metadata_;  // guarded by mutex_
};

struct DirectoryEntry {
  ComponentAddress address;
  MessagingGrants grants;   // receive_from is the receiver's half of the permission
  ComponentStats& stats;
  ComponentMailbox mailbox;
  const KnownMetadata* metadata = nullptr;  // outlives the entry; null: nobody keeps it
};

class ComponentDirectory {
 public:
  // One address twice: already_exists.
  [[nodiscard]] Result<> add(std::shared_ptr<const DirectoryEntry> entry);
  void remove(const ComponentAddress& address);
  // Null when nobody lives there.
  [[nodiscard]] std::shared_ptr<const DirectoryEntry> find(const ComponentAddress& address) const;
  // In the order of their texts.
  [[nodiscard]] std::vector<ComponentAddress> addresses() const;

 private:
  mutable std::shared_mutex mutex_;
  std::map<std::string, std::shared_ptr<const DirectoryEntry>, std::less<>> entries_;  // by the address's text
};

}  // namespace airssys::wasm
