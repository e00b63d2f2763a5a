// The command line as values. Nothing is opened, read or looked up here.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "admin_options.h"
#include "airssys/base/log.h"
#include "airssys/base/result.h"
#include "airssys/base/time.h"
#include "airssys/wasm/core/audit.h"
#include "airssys/wasm/core/multicodec.h"
#include "airssys/wasm/storage/storage.h"
#include "key_options.h"
#include "storage_options.h"
#include "trust_options.h"

namespace airssys::cli {

struct SendOption {
  std::string component;
  std::string file;  // "-": standard input, a message for each line
  [[nodiscard]] bool from_input() const { return file == "-"; }
};

struct RunOptions {
  std::vector<std::filesystem::path> paths;
  std::vector<SendOption> sends;
  std::uint32_t repeat = 1;
  std::uint64_t codec = wasm::raw_codec;  // of all that is sent
  std::optional<Duration> at_most;  // --for
  bool record_permissions = false;
  bool wall = true;  // around the process
  std::string name;  // by which others find this host; empty: the number of its process
  bool stay = false;  // when there is nothing to do
  std::uint32_t audit_messages = 0;  // as HostConfig::audit_messages
  std::filesystem::path data;  // where components keep what they keep; empty: in the home folder
  std::optional<wasm::BackendKind> storage;  // none: what the folder holds already, or the default
  wasm::FlushMode flush = wasm::FlushMode::interval;
  Duration flush_interval = wasm::StorageConfig().flush_interval;
  std::map<std::string, std::uint64_t, std::less<>> storage_limits;  // as StorageConfig::limits
};

struct InspectOptions {
  std::filesystem::path path;
};

// Folders of two components.
struct CompatibilityOptions {
  std::filesystem::path first, second;
};

struct ComponentizeOptions {
  std::filesystem::path module, output, wit;
  std::string world;
};

struct BindgenOptions {
  std::string language, world;
  std::filesystem::path output, wit;
};

struct WitCheckOptions {
  std::filesystem::path wit;  // empty: the host's own
};

struct WitDiffOptions {
  std::filesystem::path before, after;
};

// Files of the audit log; none: all logs of the home folder.
struct AuditVerifyOptions {
  std::vector<std::filesystem::path> files;
};

// A time, or how long ago.
using AuditTime = std::variant<WallTime, Duration>;

struct AuditShowOptions {
  std::vector<std::filesystem::path> files;  // as above
  std::string component, action;             // empty: any
  std::optional<wasm::AuditDecision> decision;
  std::string containing;
  std::optional<AuditTime> since, until;
  std::uint32_t last = 50;
};

// Of a denial: its reference, or the number of its line in the audit log.
struct WhyDeniedOptions {
  std::string reference;
};

// What a changed manifest would do to what was recorded.
struct PermissionsCheckOptions {
  std::filesystem::path path;                   // a folder with a Component.toml, or that file
  std::vector<std::filesystem::path> against;   // files of the audit log; none: all logs of the home folder
};

// --help and --version.
struct ShowText {
  std::string text;
};

struct CommonOptions {
  bool json = false, no_color = false, quiet = false;
  std::optional<LogLevel> log_level;
};

using Command =
    std::variant<ShowText, RunOptions, InspectOptions, ComponentizeOptions, BindgenOptions, WitCheckOptions, WitDiffOptions,
                 KeygenOptions, SignOptions, VerifyOptions, ValidateOptions, AnalyzeOptions, AuditVerifyOptions, AuditShowOptions,
                 WhyDeniedOptions, PermissionsCheckOptions, TrustAddOptions, TrustRemoveOptions, TrustModeOptions,
                 TrustShowOptions, ApprovalsOptions, DecideOptions, CompatibilityOptions, SendMessageOptions, DeadLettersOptions,
                 DeadLetterOptions, ResendOptions, WatchTopicsOptions, StorageExportOptions, StorageImportOptions,
                 StorageListOptions, StorageDeleteOptions, StorageVerifyOptions, StorageCompactOptions, StorageBackupOptions,
                 StorageRestoreOptions, StorageMigrateOptions>;

struct Invocation {
  CommonOptions common;
  Command command;
};

// Otherwise invalid_argument: what is wrong, and the nearest word that is known.
[[nodiscard]] Result<Invocation> parse_arguments(std::span<const std::string> arguments);

// "error", "warn", "info", "debug", "trace"; otherwise invalid_argument.
[[nodiscard]] Result<LogLevel> parse_log_level(std::string_view text);

}  // namespace airssys::cli
