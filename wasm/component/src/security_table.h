// `[security]`.
#pragma once
#include <optional>

#include "airssys/wasm/component/manifest_signature.h"
#include "airssys/wasm/toml/table_reader.h"

namespace airssys::wasm {

// Empty when there is no such table, or it is empty; its mistakes are in `problems`.
[[nodiscard]] std::optional<ManifestSignature> read_security(TableReader& table, Problems& problems);

// Of the document without that table (X.21).
[[nodiscard]] Digest digest_of(Value root);

}  // namespace airssys::wasm
