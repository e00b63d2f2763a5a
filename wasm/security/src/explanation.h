// Why the answer is no, in the words that a guest gets: it learns nothing but what it asked, and what to do.
#pragma once
#include <string>
#include <string_view>

#include "airssys/wasm/core/capability.h"

namespace airssys::wasm {

// Rule of what is allowed only because the component runs in development mode.
inline constexpr std::string_view development_rule = "development mode: not granted";

// Where a manifest grants it: "[capabilities.messaging] send".
[[nodiscard]] std::string_view manifest_key(Action action) noexcept;

// `resource` is printable.
[[nodiscard]] std::string not_granted_reason(Action action, std::string_view resource);
[[nodiscard]] std::string forbidden_reason(Action action, std::string_view resource);
[[nodiscard]] std::string policy_reason(Action action, std::string_view resource);

}  // namespace airssys::wasm
