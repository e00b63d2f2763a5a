// `[serialization]` of the manifest.
#pragma once
#include "airssys/wasm/component/manifest.h"
#include "airssys/wasm/toml/problems.h"
#include "airssys/wasm/toml/table_reader.h"

namespace airssys::wasm {

[[nodiscard]] Serialization read_serialization(TableReader& table, Problems& problems);

}  // namespace airssys::wasm
