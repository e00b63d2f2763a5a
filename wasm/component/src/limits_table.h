// `[limits]` of the manifest.
#pragma once
#include <optional>

#include "airssys/wasm/component/manifest.h"
#include "airssys/wasm/toml/table_reader.h"

namespace airssys::wasm {

// None: the manifest has no such table.
[[nodiscard]] std::optional<CallLimits> read_limits(TableReader& table);

}  // namespace airssys::wasm
