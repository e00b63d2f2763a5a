// Component.toml: what a component says about itself, what it needs, and what it may do. docs/guide/component-toml.md is the
// page for people who write one.
//
// Reading it is strict. A key that nobody knows, a value out of its range, a part that this version cannot enforce:
// each is a mistake, and all mistakes of a file are reported together, with their places. What was read is complete: every
// default is filled in, every name and pattern is checked.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "airssys/base/result.h"
#include "airssys/base/time.h"
#include "airssys/wasm/component/declared_capabilities.h"
#include "airssys/wasm/component/manifest_signature.h"
#include "airssys/wasm/core/codec_set.h"
#include "airssys/wasm/core/engine.h"
#include "airssys/wasm/core/identity.h"
#include "airssys/wasm/core/limits.h"
#include "airssys/wasm/core/mailbox_policy.h"
#include "airssys/wasm/core/rate_limit.h"

namespace airssys::wasm {

inline constexpr std::string_view manifest_file_name = "Component.toml";
inline constexpr std::size_t max_manifest_bytes = 64 * 1024;

enum class Language : std::uint8_t { rust, c, cpp, go, python, javascript, other };
[[nodiscard]] std::string_view language_name(Language language) noexcept;

struct Package {
  ComponentName name;
  std::string version;  // SemVer 2.0.0
  std::string description;
  std::vector<std::string> authors;  // at least one, none empty
  std::string license, repository, homepage, documentation, readme;
  std::vector<std::string> keywords, categories;
  Language language = Language::other;  // when not said: that of [build] type
};

enum class BuildType : std::uint8_t { rust, c, cpp, go, python, javascript, custom };
enum class BuildProfile : std::uint8_t { release, debug };

// How the component is made of its sources. A folder without it holds a finished component.
struct Build {
  BuildType type;
  std::filesystem::path output;  // of the component file; relative to the folder, and inside of it
  std::string target;            // empty: the language's own
  std::string command;           // empty: the type's own; always there for `custom`
  BuildProfile profile = BuildProfile::release;
  std::vector<std::string> flags;
  std::string toolchain_version;
};

inline constexpr std::uint64_t min_max_memory = 512 * 1024;
inline constexpr std::uint64_t max_memory_ceiling = 512 * 1024 * 1024;  // X.25
inline constexpr std::uint64_t min_max_stack = 64 * 1024;
inline constexpr std::uint64_t max_stack_ceiling = 2 * 1024 * 1024;

// Limits of each instance. Whoever writes the component decides about memory and stack: these two have no default.
struct Resources {
  std::uint64_t max_memory;                     // bytes; all linear memories together
  std::uint64_t max_stack;                      // bytes
  std::optional<std::uint64_t> initial_memory;  // bytes; otherwise what the module declares
  std::uint64_t max_fuel_per_execution = 1'000'000;
  Duration max_execution_time = std::chrono::milliseconds(100);
  std::uint32_t max_table_elements = 20'000;
  std::uint32_t max_tables = 100;
  std::uint32_t max_instances = 1000;
  std::uint32_t max_memories = 8;
  std::optional<EngineClass> engine_class = std::nullopt;  // `class`; otherwise by the component's initial memory (R1.10)

  // For the engine; the largest message is the host's decision.
  [[nodiscard]] ResourceLimits engine_limits(std::uint64_t message_bytes) const noexcept;
};

enum class RestartKind : std::uint8_t {
  permanent,  // after every end
  transient,  // after a failure
  temporary,  // never
};

// `[deployment] instances = "per-key"`: the third part of an address is the key.
struct PerKey {
  std::uint32_t max_live_keys = 256;
  Duration passivate_after = std::chrono::seconds(60);
};

struct Deployment {
  RestartKind restart = RestartKind::permanent;
  std::uint32_t max_restarts = 3;  // within restart_window, then the component is given up
  Duration restart_window = std::chrono::seconds(60);
  Duration shutdown_grace = std::chrono::seconds(30);
  Duration start_timeout = std::chrono::milliseconds(5000);
  std::uint64_t recycle_after_messages = 0;  // the instance is replaced after so many, 0: never
  std::uint64_t recycle_at_memory = 0;       // or when its memories have so many bytes, 0: never
  std::optional<PerKey> per_key = std::nullopt;  // else one instance
  std::string supervisor = {};  // of the host, that it is a child of (supervisors.h); empty: the root
  std::string supervisor_place = {};  // `file:line:column` of that
};

// How often the component is asked for its health (R3.8), as rt::HealthPolicy.
struct HealthChecks {
  Duration interval, timeout;
  std::uint32_t failures;  // in a row; then it is restarted
};

// What the component may ask of the host. Each is at most what the host gives.
struct CallLimits {
  RatePolicy calls;  // of host functions that need a capability
  std::uint64_t network_bytes_per_day = std::uint64_t{1} << 30;
  std::uint64_t network_requests_per_minute = 1000;
};

// In which codecs it takes its messages, and which of them it likes best (X.29).
struct Serialization {
  CodecSet codecs;  // none named: every registered one, as far as the host knows
  std::optional<std::uint64_t> preferred = std::nullopt;
};

struct Manifest {
  Package package;
  std::optional<Build> build;
  Resources resources;
  DeclaredCapabilities capabilities;
  MailboxPolicy mailbox;
  std::optional<HealthChecks> health;  // none: it is not asked
  std::optional<CallLimits> limits;    // none: nothing is said
  Serialization serialization;
  Deployment deployment;
  std::optional<ManifestSignature> signature;  // [security]; none: it is not signed
  Digest digest;                               // of all but [security]: manifest_digest
  // `[development] send`: files that `run` sends to the component when the user names none; relative ones to the folder.
  std::vector<std::filesystem::path> development_send;
  // Old spellings that were read, a file name of the wrong case: one line each, `file:line:column: what; what to do`.
  std::vector<std::string> warnings;

  // Of the component, relative to the folder: what [build] makes; without it, the finished component under its own name.
  [[nodiscard]] std::filesystem::path component_file() const;
};

// `file_name` stands in the messages. Mistakes: one line each, in the order of the text, as invalid_configuration, or as
// missing_resource_limits when one of them is that a required limit is missing. After a mistake of syntax nothing is known
// about the rest, so it is the only one.
[[nodiscard]] Result<Manifest> parse_manifest(std::string_view text, std::string_view file_name);

// Reads `folder`/Component.toml (or component.toml, with a warning). No folder or no file in it: not_found. Cannot be read:
// io. Otherwise as parse_manifest.
[[nodiscard]] Result<Manifest> read_manifest(const std::filesystem::path& folder);

}  // namespace airssys::wasm
