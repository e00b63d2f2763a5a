// `[deployment]` of the manifest.
#pragma once
#include <cstdint>

#include "airssys/wasm/component/manifest.h"
#include "airssys/wasm/toml/table_reader.h"

namespace airssys::wasm {

// `max_memory`: of the component, in bytes.
[[nodiscard]] Deployment read_deployment(TableReader& table, const Problems& problems, std::uint64_t max_memory);

}  // namespace airssys::wasm
