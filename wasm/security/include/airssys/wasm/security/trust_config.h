// trust-config.toml: whom the user of a host trusts (R4.10, docs/formats/trust-config.md).
//
//   [trust]
//   dev_mode = false
//   default_mode = "review"              # or "deny", "allow"
//
//   [[trust.sources]]
//   type = "signature"                   # or "git", "local"
//   public_key = "ed25519:…"
//   signer = "release@example.com"
//   description = "our release key"
//
//   [[trust.revoked]]
//   public_key = "ed25519:…"
//   reason = "lost laptop"
//
// Reading is strict, as for manifests: all mistakes are reported together, with their places. Changing is done to the text, so
// that comments stay. The file is its owner's alone (0600): who could write it could decide in the user's place.
#pragma once
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "airssys/base/result.h"
#include "airssys/wasm/core/path_pattern.h"
#include "airssys/wasm/security/keypair.h"
#include "airssys/wasm/security/signature.h"

namespace airssys::wasm {

// What becomes of a component that nobody has said anything about.
enum class DefaultMode : std::uint8_t { review, deny, allow };
[[nodiscard]] std::string_view default_mode_name(DefaultMode mode) noexcept;

struct TrustSource {
  enum class Kind : std::uint8_t { git, signature, local };
  Kind kind = Kind::local;
  std::string pattern = {};  // git: of the normalised URL; local: of the folder's path
  std::string branch = {};  // git: that has to be the one; empty: any
  std::optional<PublicKey> key = {};
  std::string signer = {};
  std::string description = {};
  bool auto_approve = true;  // false: what it asks for is reviewed all the same
  std::string place = {};  // `file:line:column`; empty: not from a file
};
// "git", "signature", "local".
[[nodiscard]] std::string_view trust_source_name(TrustSource::Kind kind) noexcept;

struct TrustConfig {
  bool dev_mode = false;
  DefaultMode default_mode = DefaultMode::review;
  bool allow_version_1 = false;  // allow_v1: signatures that leave the manifest open
  std::vector<TrustSource> sources;
  std::vector<RevokedKey> revoked;
  std::vector<std::string> warnings;  // with their places: development mode, default_mode = "allow", old spellings
};

inline constexpr std::size_t max_trust_entries = 1000;  // sources, and revoked keys

// Mistakes: one line each, as invalid_configuration.
[[nodiscard]] Result<TrustConfig> parse_trust_config(std::string_view text, std::string_view file_name);

// The file's text; of a file that is not there that of a config without sources. Not private: invalid_configuration, with the
// chmod that helps. Otherwise io or too_large.
[[nodiscard]] Result<std::string> read_trust_text(const std::filesystem::path& file);
[[nodiscard]] Result<TrustConfig> read_trust_config(const std::filesystem::path& file);
// Checks it, keeps what was there as FILE.bak, and replaces it whole.
[[nodiscard]] Result<> save_trust_text(const std::filesystem::path& file, std::string_view text);

// The same text with one thing changed, and comments and order as they were. `file_name` is for messages. already_exists: there
// is such a source. not_found: there is none with that number, from 1. Otherwise invalid_configuration: what stands there
// cannot be changed by lines.
[[nodiscard]] Result<std::string> with_source(std::string_view text, std::string_view file_name, const TrustSource& source);
[[nodiscard]] Result<std::string> without_source(std::string_view text, std::string_view file_name, std::size_t number);
[[nodiscard]] Result<std::string> with_dev_mode(std::string_view text, std::string_view file_name, bool on);

// "ssh://git@host/team/repository" for all spellings of a Git URL: `git@host:team/repository.git`, upper case hosts, default
// ports; without the user of an http URL. Empty: no URL with a host and a path.
[[nodiscard]] std::string normalised_git_url(std::string_view url);
// Whether a source's pattern means that URL. `*` and `?` do not match '/'; the whole URL is compared.
[[nodiscard]] bool git_url_matches(std::string_view pattern, std::string_view url);

}  // namespace airssys::wasm
