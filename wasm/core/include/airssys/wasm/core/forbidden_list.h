// What nobody gets (R4.9): entries that no grant, no trust and no development mode overcomes. They are asked first at runtime, so
// that what is forbidden stays carved out of a wider grant, and once when a component is added, so that people learn of it then.
//
// An entry is a capability for filesystem.read, filesystem.write, network.outbound, network.inbound or process.spawn, and forbids
// more than that one action where forbidding it alone would be of no use:
//
//   filesystem.read    also to list or read a folder that has nothing else in it, to execute, and to write and delete: what is
//                      moved away is read under another name
//   filesystem.write   also to delete
//   either             also to write or delete a folder above, which would move what is in it
//   network.outbound   of `localhost` also its addresses: 127.0.0.0/8, ::1, and 0.0.0.0 and ::, which lead to this machine too
//   process.spawn      of a bare name every program of that name, wherever it is
//
// A value; any thread as long as nobody changes it.
#pragma once
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "airssys/base/result.h"
#include "airssys/wasm/core/capability.h"

namespace airssys::wasm {

class ForbiddenList {
 public:
  static constexpr std::size_t max_entries = 1024;

  // Of nothing.
  ForbiddenList() = default;
  // Writing to the accounts, the kernel and the devices of this machine, reading its passwords and keys, its SSH, its databases.
  [[nodiscard]] static ForbiddenList defaults();

  // invalid_argument: of another action than the five. exhausted: max_entries.
  [[nodiscard]] Result<> add(Capability entry);
  [[nodiscard]] std::span<const Capability> all() const noexcept { return entries_; }

  // The entry that forbids it; null: none does.
  [[nodiscard]] const Capability* find(Action action, std::string_view resource) const noexcept;

  struct Conflict {
    const Capability* wanted;
    const Capability* entry;
  };
  struct Conflicts {
    std::vector<Conflict> denied;  // equal to an entry, inside of it, or its very name: cannot be granted
    std::vector<Conflict> flagged;  // reach into an entry: can be granted, and are without it
  };
  // Valid as long as both.
  [[nodiscard]] Conflicts conflicts(const CapabilitySet& wanted) const;

 private:
  std::vector<Capability> entries_;
};

}  // namespace airssys::wasm
