#include "keys.h"

#include "home.h"

namespace airssys::cli {

Result<std::filesystem::path> key_file(const Context& context) {
  if (const auto named = variable(context, "AIRSSYS_WASM_KEYPAIR"); !named.empty()) return std::filesystem::path(named);
  AIRSSYS_TRY(const Home home, find_home(context));
  return home.keypair();
}

Result<wasm::Keypair> find_keypair(const std::filesystem::path& named, const Context& context) {
  if (!named.empty()) return wasm::Keypair::read(named);
  if (const auto seed = variable(context, "AIRSSYS_WASM_PRIVATE_KEY"); !seed.empty()) {
    auto made = wasm::Keypair::from_base64_seed(seed);
    if (!made) return std::unexpected(std::move(made).error().within("AIRSSYS_WASM_PRIVATE_KEY"));
    return made;
  }
  AIRSSYS_TRY(const std::filesystem::path file, key_file(context));
  return wasm::Keypair::read(file);
}

Result<wasm::TrustConfig> find_trust(const Context& context) {
  const auto home = find_home(context);
  return home ? wasm::read_trust_config(home->trust_config()) : wasm::TrustConfig{};
}

}  // namespace airssys::cli
