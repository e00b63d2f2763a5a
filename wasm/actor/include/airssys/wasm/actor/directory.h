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
#include "airssys/wasm/core/codec_set.h"
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
  CodecSet codecs;          // that it understands
  ComponentStats& stats;
  ComponentMailbox mailbox;
  const KnownMetadata* metadata = nullptr;  // outlives the entry; null: nobody keeps it
  std::shared_ptr<const void> keeps = nullptr;  // what the mailbox needs
  bool has_successor = false;  // one that has ended is followed by another: see ComponentDirectory::successor
};

// The instances of a component that has one for each key.
class KeyedEntries {
 public:
  virtual ~KeyedEntries() = default;
  // The instance that lives there; made if there is none. `gone`: one that has ended; null: not known. exhausted: too many
  // live; unavailable: it has failed too often, and rests.
  virtual Result<std::shared_ptr<const DirectoryEntry>> find(const ComponentAddress& address, const DirectoryEntry* gone) = 0;
};

class ComponentDirectory {
 public:
  // One address twice: already_exists.
  [[nodiscard]] Result<> add(std::shared_ptr<const DirectoryEntry> entry);
  // All instances of that component, whatever the third part of `address`. `entries` outlives its place here, and every lookup
  // that began before its end.
  [[nodiscard]] Result<> add_keyed(const ComponentAddress& address, KeyedEntries& entries);
  void remove(const ComponentAddress& address);
  // For who sends: makes the instance of a key. not_found: nobody lives there; otherwise as KeyedEntries::find.
  [[nodiscard]] Result<std::shared_ptr<const DirectoryEntry>> resolve(const ComponentAddress& address) const;
  // For who has learnt by sending that `gone`, which has a successor, has ended. What it refused is no dead letter yet.
  [[nodiscard]] Result<std::shared_ptr<const DirectoryEntry>> successor(const DirectoryEntry& gone) const;
  // For who asks. Null when nobody lives there; instances of keys are in nobody's list.
  [[nodiscard]] std::shared_ptr<const DirectoryEntry> find(const ComponentAddress& address) const;
  // In the order of their texts.
  [[nodiscard]] std::vector<ComponentAddress> addresses() const;

 private:
  [[nodiscard]] KeyedEntries* keyed(const ComponentAddress& address) const;

  mutable std::shared_mutex mutex_;
  std::map<std::string, std::shared_ptr<const DirectoryEntry>, std::less<>> entries_;  // by the address's text
  std::map<std::string, KeyedEntries*, std::less<>> keyed_;  // by the address's text up to its key
};

}  // namespace airssys::wasm
