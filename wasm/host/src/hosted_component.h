// One component of a Host: all that its incarnations have in common.
#pragma once
#include <atomic>
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

namespace airssys::wasm {

// Made by Host::add and kept until the host is gone, so that its numbers can be read after its end. Threads: state, last
// error and numbers any; the rest does not change after start.
class HostedComponent {
 public:
  // `config` and what follows outlive this.
  HostedComponent(Manifest made_from, std::shared_ptr<const CompiledComponent> code, const HostConfig& config,
                  const ComponentDirectory& directory, DeadLetterSink& dead_letters, Platform& platform, LogSink& log);
  HostedComponent(const HostedComponent&) = delete;
  HostedComponent& operator=(const HostedComponent&) = delete;

  [[nodiscard]] rt::SpawnOptions spawn_options() const;
  [[nodiscard]] ComponentReport report() const;
  void set_state(ComponentState state) noexcept { state_.store(state, std::memory_order_relaxed); }
  [[nodiscard]] ComponentState state() const noexcept { return state_.load(std::memory_order_relaxed); }
  [[nodiscard]] bool ended() const noexcept { return state() >= ComponentState::given_up; }
  void set_last_error(const Error& error);
  // Null before start.
  [[nodiscard]] std::shared_ptr<const DirectoryEntry> entry() const;
  void set_entry(std::shared_ptr<const DirectoryEntry> entry);

  const Manifest manifest;
  const ComponentAddress address;
  ComponentStats stats;
  ComponentInbox inbox;
  KnownMetadata metadata;
  const ComponentDefinition definition;
  DeadLetterCounters dead_letters;

 private:
  std::atomic<ComponentState> state_{ComponentState::added};
  mutable std::mutex mutex_;
  std::string last_error_;                       // guarded by mutex_
  std::shared_ptr<const DirectoryEntry> entry_;  // guarded by mutex_
};

}  // namespace airssys::wasm
