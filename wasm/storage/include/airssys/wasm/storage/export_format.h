// The lines of an export (R6.12, docs/formats/storage-export.md): JSON Lines that any backend can be written to and read from.
//
//   {"type":"header","version":1,"backend":"rocksdb","created":"2026-01-31T12:00:00Z"}
//   {"component":"default/counter","key":"Y291bnQ=","value":"NDI=","timestamp":"2026-01-31T12:00:00Z"}
//   {"type":"trailer","keys":1,"bytes":7,"sha256":"…"}
//
// Here are the lines as values. Reading is strict: an unknown, missing or doubled key, a wrong type, base64 of another form, a
// key or value that no guest could have written is corrupt, in words for people; the caller adds which line it was. Threads:
// all functions are pure.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "airssys/base/bytes.h"
#include "airssys/base/result.h"
#include "airssys/base/time.h"
#include "airssys/wasm/storage/store_id.h"

namespace airssys::wasm {

inline constexpr std::uint32_t storage_export_version = 1;
// A value of 1 MiB in base64, with room for what stands around it and for writers that escape each '/'.
inline constexpr std::size_t max_export_line_bytes = 2 << 20;

// May be the first line.
struct ExportHeader {
  std::string backend;  // that it was made of
  WallTime created{};
  friend bool operator==(const ExportHeader&, const ExportHeader&) = default;
};

// `component` is the text of a StoreId. The timestamp is that of the export: backends keep no times. A reader only looks whether
// it is one.
struct ExportEntry {
  StoreId store;
  std::string key;  // as the guest wrote it
  Bytes value;
  friend bool operator==(const ExportEntry&, const ExportEntry&) = default;
};

// May be the last line, and counts the entries before it.
struct ExportTrailer {
  std::uint64_t keys = 0;
  std::uint64_t bytes = 0;  // of keys and values as guests wrote them
  std::string sha256 = {};  // of the entries as they stand in the file, with their line feeds; 64 lowercase hex digits
  friend bool operator==(const ExportTrailer&, const ExportTrailer&) = default;
};

using ExportLine = std::variant<ExportHeader, ExportEntry, ExportTrailer>;

// Without the line feed. A header of another version: version_mismatch; what guests may not write: corrupt too.
//
// A key of an own store that begins with the store's physical prefix (`component:default/counter:count` of `default/counter`, as
// older tools write it) loses it; export_line() puts it before keys that really begin so, and each key comes back as it was.
[[nodiscard]] Result<ExportLine> parse_export_line(std::string_view line);

// With their line feeds.
[[nodiscard]] std::string export_line(const ExportHeader& header);
[[nodiscard]] std::string export_line(const ExportTrailer& trailer);
// Of an entry, whose parts mostly are views into a backend. `at` is RFC 3339.
[[nodiscard]] std::string export_line(const StoreId& store, std::string_view key, std::string_view value, std::string_view at);

}  // namespace airssys::wasm
