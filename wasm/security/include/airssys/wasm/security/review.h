// What has to be reviewed before it is granted (ADR 25).
#pragma once
#include <string_view>

#include "airssys/wasm/core/capability.h"

namespace airssys::wasm {

// Whether it reaches beyond the host, or beyond what it names there: files, the network, programs, storage that it shares,
// components that it does not name. `owner` is the component's name.
[[nodiscard]] bool needs_approval(const Capability& capability, std::string_view owner) noexcept;

}  // namespace airssys::wasm
