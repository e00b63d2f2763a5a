#include "airssys/wasm/actor/keyed_component.h"

#include <fmt/format.h>

#include <utility>

namespace airssys::wasm {

// What the incarnations of one key have in common. Kept by their factory and by everybody who may send there.
struct KeyedComponent::OfOneKey {
  OfOneKey(const ComponentAddress& address, const ComponentDefinition& like, const Options& options)
      : inbox(address, options.mailbox, like.stats, options.dead_letters),
        definition{.address = address,
                   .version = like.version,
                   .limits = like.limits,
                   .config = like.config,
                   .recycle = like.recycle,
                   .code = like.code,
                   .make_functions = like.make_functions,
                   .stats = like.stats,
                   .inbox = inbox,
                   .metadata = like.metadata,
                   .audit = like.audit} {}
  ComponentInbox inbox;
  const ComponentDefinition definition;
};

KeyedComponent::KeyedComponent(rt::ActorSystem& system, rt::Supervisor below, const ComponentDefinition& like, Options options)
    : below_(std::move(below)),
      like_(like),
      options_(std::move(options)),
      table_(system, options_.keyed,
             [this](std::string_view key, const rt::ActorRef& predecessor) { return spawn(key, predecessor); }) {}

Result<rt::KeyTable::Made> KeyedComponent::spawn(std::string_view key, const rt::ActorRef& predecessor) {
  AIRSSYS_TRY(const ComponentAddress address,
              ComponentAddress::parse(fmt::format("{}/{}/{}", like_.address.namespace_part(), like_.address.name(), key)));
  auto instance = std::make_shared<OfOneKey>(address, like_, options_);
  rt::SpawnOptions how = options_.spawn;
  how.name = address.text();
  auto make = [instance] { return std::make_unique<ComponentActor>(instance->definition); };
  AIRSSYS_TRY(auto mailbox, predecessor ? below_.spawn_after(predecessor, std::move(how), std::move(make))
                                        : below_.spawn(std::move(how), std::move(make)));
  rt::KeyTable::Made made{.actor = mailbox};
  made.with = std::make_shared<const DirectoryEntry>(DirectoryEntry{.address = address,
                                                                    .grants = options_.grants,
                                                                    .codecs = options_.codecs,
                                                                    .stats = like_.stats,
                                                                    .mailbox = ComponentMailbox(mailbox, instance->inbox),
                                                                    .metadata = like_.metadata,
                                                                    .keeps = instance,
                                                                    .has_successor = true});
  return made;
}

Result<std::shared_ptr<const DirectoryEntry>> KeyedComponent::find(const ComponentAddress& address, const DirectoryEntry* gone) {
  AIRSSYS_TRY(rt::KeyTable::Found found,
              table_.find(address.instance(), gone ? rt::KeyTable::cell_of(gone->mailbox.actor()).get() : nullptr));
  return std::static_pointer_cast<const DirectoryEntry>(std::move(found.with));
}

}  // namespace airssys::wasm
