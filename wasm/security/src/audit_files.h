// The files of one audit log: their names, and the note of how far the log is safely on disk.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "airssys/base/result.h"
#include "audit_hash.h"

namespace airssys::wasm {

inline constexpr std::string_view audit_head_name = "head.json", audit_lock_name = "lock";
inline constexpr int max_audit_writers = 8;  // hosts at a time with logs beside each other

// The log's own lines.
inline constexpr std::string_view audit_open = "audit.open", audit_file = "audit.file", audit_drop = "audit.drop",
                                  audit_torn = "audit.torn", audit_damaged = "audit.damaged", audit_full = "audit.full",
                                  audit_close = "audit.close";

// "audit-3.jsonl".
[[nodiscard]] std::string audit_file_name(std::uint64_t number);
// Of a file with such a name.
[[nodiscard]] std::optional<std::uint64_t> audit_file_number(const std::filesystem::path& file);

// Without its line feed, as for_each_audit_line gives it; empty: there is none.
[[nodiscard]] Result<std::string> first_audit_line(const std::filesystem::path& file);

// What is known to be on disk: lines up to that one. Nothing: there is no such note, or it is unreadable.
[[nodiscard]] std::optional<AuditChain> read_audit_head(const std::filesystem::path& folder);
[[nodiscard]] Result<> write_audit_head(const std::filesystem::path& folder, const AuditChain& chain);

}  // namespace airssys::wasm
