// `[capabilities]` of the manifest.
#pragma once
#include <optional>

#include "airssys/wasm/component/declared_capabilities.h"
#include "airssys/wasm/core/identity.h"
#include "airssys/wasm/toml/table_reader.h"

namespace airssys::wasm {

// `own` is the component's name where that is known; `old_storage` is the table [storage], an old place of max_size.
[[nodiscard]] DeclaredCapabilities read_capabilities(TableReader& table, TableReader& old_storage, const ComponentName* own,
                                                     Problems& problems);

}  // namespace airssys::wasm
