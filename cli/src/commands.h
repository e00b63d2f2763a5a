// The commands, by their options. Each prints its results and its errors, and returns the exit code.
#pragma once
#include "airssys/cli/cli.h"
#include "exit_code.h"
#include "narration.h"
#include "options.h"
#include "settings.h"

namespace airssys::cli {

[[nodiscard]] Exit perform(const ShowText& options, const Settings& settings, Context& context);
[[nodiscard]] Exit perform(const RunOptions& options, const Settings& settings, Context& context);
[[nodiscard]] Exit perform(const InspectOptions& options, const Settings& settings, Context& context);
[[nodiscard]] Exit perform(const CompatibilityOptions& options, const Settings& settings, Context& context);
[[nodiscard]] Exit perform(const ComponentizeOptions& options, const Settings& settings, Context& context);
[[nodiscard]] Exit perform(const BindgenOptions& options, const Settings& settings, Context& context);
[[nodiscard]] Exit perform(const WitCheckOptions& options, const Settings& settings, Context& context);
[[nodiscard]] Exit perform(const WitDiffOptions& options, const Settings& settings, Context& context);
[[nodiscard]] Exit perform(const KeygenOptions& options, const Settings& settings, Context& context);
[[nodiscard]] Exit perform(const SignOptions& options, const Settings& settings, Context& context);
[[nodiscard]] Exit perform(const VerifyOptions& options, const Settings& settings, Context& context);
[[nodiscard]] Exit perform(const AuditVerifyOptions& options, const Settings& settings, Context& context);
[[nodiscard]] Exit perform(const AuditShowOptions& options, const Settings& settings, Context& context);
[[nodiscard]] Exit perform(const WhyDeniedOptions& options, const Settings& settings, Context& context);
[[nodiscard]] Exit perform(const PermissionsCheckOptions& options, const Settings& settings, Context& context);
[[nodiscard]] Exit perform(const ValidateOptions& options, const Settings& settings, Context& context);
[[nodiscard]] Exit perform(const AnalyzeOptions& options, const Settings& settings, Context& context);
[[nodiscard]] Exit perform(const TrustAddOptions& options, const Settings& settings, Context& context);
[[nodiscard]] Exit perform(const TrustRemoveOptions& options, const Settings& settings, Context& context);
[[nodiscard]] Exit perform(const TrustModeOptions& options, const Settings& settings, Context& context);
[[nodiscard]] Exit perform(const TrustShowOptions& options, const Settings& settings, Context& context);
[[nodiscard]] Exit perform(const ApprovalsOptions& options, const Settings& settings, Context& context);
[[nodiscard]] Exit perform(const DecideOptions& options, const Settings& settings, Context& context);
[[nodiscard]] Exit perform(const SendMessageOptions& options, const Settings& settings, Context& context);
[[nodiscard]] Exit perform(const DeadLettersOptions& options, const Settings& settings, Context& context);
[[nodiscard]] Exit perform(const DeadLetterOptions& options, const Settings& settings, Context& context);
[[nodiscard]] Exit perform(const ResendOptions& options, const Settings& settings, Context& context);
[[nodiscard]] Exit perform(const WatchTopicsOptions& options, const Settings& settings, Context& context);

// Adds a source to those that are trusted, and records it. That it is one already is a hint, and no failure.
[[nodiscard]] Result<> trust_source(const wasm::TrustSource& source, const Settings& settings, Context& context);
// Shows what a component asks for and lets the person at the terminal decide (R4.12). False: later.
[[nodiscard]] Result<bool> review(std::string_view request, const Settings& settings, Context& context);
[[nodiscard]] Exit perform(const StorageExportOptions& options, const Settings& settings, Context& context);
[[nodiscard]] Exit perform(const StorageImportOptions& options, const Settings& settings, Context& context);
[[nodiscard]] Exit perform(const StorageListOptions& options, const Settings& settings, Context& context);
[[nodiscard]] Exit perform(const StorageDeleteOptions& options, const Settings& settings, Context& context);
[[nodiscard]] Exit perform(const StorageVerifyOptions& options, const Settings& settings, Context& context);
[[nodiscard]] Exit perform(const StorageCompactOptions& options, const Settings& settings, Context& context);
[[nodiscard]] Exit perform(const StorageBackupOptions& options, const Settings& settings, Context& context);
[[nodiscard]] Exit perform(const StorageRestoreOptions& options, const Settings& settings, Context& context);
[[nodiscard]] Exit perform(const StorageMigrateOptions& options, const Settings& settings, Context& context);

// Of a host that compiles one component and never runs it.
[[nodiscard]] wasm::HostConfig config_for_one_look(const Settings& settings);

// Says the one error that ended a command: a line on standard error, and with --json the document.
[[nodiscard]] Exit end_with(const Error& error, const Settings& settings, Context& context);
// The same with another exit code than the error's own.
[[nodiscard]] Exit end_with(const Error& error, Exit exit, const Settings& settings, Context& context);

// For commands without a log pipeline.
[[nodiscard]] inline Narration narration_of(const Settings& settings, Console& console) {
  return Narration(console, settings.err, settings.quiet ? Narration::Detail::errors_only : Narration::Detail::all);
}

}  // namespace airssys::cli
