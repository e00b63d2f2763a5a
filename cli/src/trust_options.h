// Commands of trust and approvals.
#pragma once
#include <cstddef>
#include <filesystem>
#include <string>

#include "airssys/wasm/security/trust_config.h"

namespace airssys::cli {

// `trust add-git`, `add-key`, `add-local`.
struct TrustAddOptions {
  wasm::TrustSource source;
};
// `trust remove N`.
struct TrustRemoveOptions {
  std::size_t number;
};
// `trust enable-dev-mode`, `disable-dev-mode`.
struct TrustModeOptions {
  bool on;
  bool yes = false;
};
// The others, which take nothing.
struct TrustShowOptions {
  enum class What : unsigned char { list, status, validate, path, setup };
  What what;
};

struct ApprovalsOptions {
  std::string id;  // empty: all
};
struct DecideOptions {
  std::string id;
  bool approve;
  std::filesystem::path narrow;  // a manifest with less; empty: all that was requested
  std::string reason;
  bool yes = false;  // asks nothing
};

}  // namespace airssys::cli
