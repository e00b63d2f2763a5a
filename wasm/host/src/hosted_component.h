// One component of a Host: all that its incarnations have in common.
#pragma once
#include <array>
#include <memory>
#include <mutex>
#include <string>

#include "airssys/rt/address.h"
#include "airssys/wasm/actor/component_actor.h"
#include "airssys/wasm/actor/directory.h"
#include "airssys/wasm/component/manifest.h"
#include "airssys/wasm/core/dead_letter.h"
#include "airssys/wasm/core/stats.h"
#include "airssys/wasm/host/host.h"
#include "supervision.h"

namespace airssys::wasm {

// Made by Host::add and kept until the host is gone, so that its numbers can be read after its end. Threads: state, last
// error and numbers any; the rest does not change after start.
class HostedComponent final : public TreeMember {
 public:
  // `parent_of` null: the root. `config` and what follows outlive this.
  HostedComponent(Manifest made_from, HostedSupervisor* parent_of, std::shared_ptr<const CompiledComponent> code,
                  const HostConfig& config, const ComponentDirectory& directory, DeadLetterSink& dead_letters, Platform& platform,
                  LogSink& log);

  [[nodiscard]] rt::SpawnOptions spawn_options() const;
  [[nodiscard]] ComponentReport report() const;
  // Without children.
  [[nodiscard]] SupervisionNode node() const;
  // Null before start.
  [[nodiscard]] std::shared_ptr<const DirectoryEntry> entry() const;
  void set_entry(std::shared_ptr<const DirectoryEntry> entry);

  const Manifest manifest;
  HostedSupervisor* const parent;  // null: the root
  const ComponentAddress address;
  ComponentStats stats;
  ComponentInbox inbox;
  KnownMetadata metadata;
  const ComponentDefinition definition;
  std::array<Counter, dead_letter_reason_count> dead_letters;  // by DeadLetterReason; see ComponentReport

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const DirectoryEntry> entry_;  // guarded by mutex_
};

}  // namespace airssys::wasm
