// `[health]` of the manifest.
#pragma once
#include <optional>

#include "airssys/wasm/component/manifest.h"
#include "airssys/wasm/toml/table_reader.h"

namespace airssys::wasm {

// None: the component is not asked.
[[nodiscard]] std::optional<HealthChecks> read_health(TableReader& table, Problems& problems);

}  // namespace airssys::wasm
