// What a reviewer looks at twice (R4.12), and what needs no reviewer at all (ADR 25).
#pragma once
#include <string_view>
#include <vector>

#include "airssys/wasm/core/capability.h"

namespace airssys::wasm {

// "writes everything below a folder", "any host", …; empty when it has none. For people.
[[nodiscard]] std::vector<std::string_view> risks_of(const Capability& capability);

// Whether it reaches beyond the host, or beyond what it names there: files, the network, programs, storage that it shares,
// components that it does not name. `owner` is the component's name.
[[nodiscard]] bool needs_approval(const Capability& capability, std::string_view owner) noexcept;

}  // namespace airssys::wasm
