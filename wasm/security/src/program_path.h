// Programs by their bare names (R4.8).
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace airssys::wasm {

// The real path of the executable file that `name` leads to in /usr/local/bin, /usr/bin or /bin, the first of these: fixed, so
// that no environment decides what is run. None: there is none.
[[nodiscard]] std::optional<std::string> find_program(std::string_view name);

}  // namespace airssys::wasm
