// The user's own key, and whom they trust.
#pragma once
#include <filesystem>

#include "airssys/cli/cli.h"
#include "airssys/wasm/security/keypair.h"
#include "airssys/wasm/security/trust_config.h"

namespace airssys::cli {

// AIRSSYS_WASM_KEYPAIR, otherwise the one of the home folder.
[[nodiscard]] Result<std::filesystem::path> key_file(const Context& context);
// The file that `named` says; otherwise the key in AIRSSYS_WASM_PRIVATE_KEY, and then that of key_file (R11.3, X.23).
[[nodiscard]] Result<wasm::Keypair> find_keypair(const std::filesystem::path& named, const Context& context);

// Whom the user trusts; nobody, when no home is known.
[[nodiscard]] Result<wasm::TrustConfig> find_trust(const Context& context);

}  // namespace airssys::cli
