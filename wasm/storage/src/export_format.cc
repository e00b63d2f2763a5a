#include "airssys/wasm/storage/export_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "airssys/base/text.h"
#include "airssys/wasm/core/base64.h"
#include "airssys/wasm/core/rfc3339.h"
#include "flat_json.h"

namespace airssys::wasm {
namespace {

constexpr std::array<std::string_view, 11> known{"type",   "version",   "backend", "created", "keys",     "bytes",
                                                 "sha256", "component", "key",     "value",   "timestamp"};
constexpr std::size_t max_backend_bytes = 64;

std::unexpected<Error> wrong(std::string what) { return fail(Code::corrupt, std::move(what)); }

// Also of those that only other builds have.
bool is_backend_name(std::string_view name) {
  const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  return !name.empty() && name.size() <= max_backend_bytes && std::ranges::all_of(name, allowed);
}

Bytes bytes_of(FlatJson& fields, std::string_view name) {
  auto bytes = bytes_from_base64(fields.text(name));
  if (!bytes) fields.say(fmt::format("'{}' is no base64 with padding", name));
  return bytes ? *std::move(bytes) : Bytes();
}

Result<ExportLine> header_of(FlatJson& fields) {
  // First of all: another version may have other keys.
  const std::uint64_t version = fields.number("version");
  AIRSSYS_TRY_VOID(fields.good());
  if (version != storage_export_version)
    return fail(Code::version_mismatch,
                fmt::format("an export of version {}; this program reads version {}", version, storage_export_version));
  ExportHeader header{.backend = fields.text("backend"), .created = fields.time("created")};
  if (!is_backend_name(header.backend))
    fields.say(fmt::format("'backend' is {}, no name of one", airssys::quoted(header.backend)));
  AIRSSYS_TRY_VOID(fields.done());
  return header;
}

Result<ExportLine> trailer_of(FlatJson& fields) {
  ExportTrailer trailer{.keys = fields.number("keys"), .bytes = fields.number("bytes"), .sha256 = fields.sha256("sha256")};
  AIRSSYS_TRY_VOID(fields.done());
  return trailer;
}

// What the store's own keys begin with in the backend; empty: other stores' keys never had it in an export.
std::string tolerated_prefix(const StoreId& store) {
  return store.is_shared() || store.account() != store ? std::string() : store.prefix();
}

Result<ExportLine> entry_of(FlatJson& fields) {
  const std::string component = fields.text("component");
  const Bytes key_bytes = bytes_of(fields, "key");
  Bytes value = bytes_of(fields, "value");
  if (fields.has("timestamp")) fields.time("timestamp");
  AIRSSYS_TRY_VOID(fields.done());
  auto store = StoreId::parse(component);
  if (!store) return wrong(fmt::format("'component': {}", store.error().message()));
  std::string_view key = key_bytes.text();
  if (const std::string prefix = tolerated_prefix(*store); !prefix.empty() && key.starts_with(prefix))
    key.remove_prefix(prefix.size());
  if (const std::string mistake = storage_key_mistake(key); !mistake.empty()) return wrong(fmt::format("'key': {}", mistake));
  if (value.size() > max_storage_value_bytes)
    return wrong(fmt::format("'value' has {} bytes; the most is {}", value.size(), max_storage_value_bytes));
  return ExportEntry{.store = *std::move(store), .key = std::string(key), .value = std::move(value)};
}

}  // namespace

Result<ExportLine> parse_export_line(std::string_view line) {
  if (line.size() > max_export_line_bytes)
    return wrong(fmt::format("a line of {} bytes; the most is {}", line.size(), max_export_line_bytes));
  AIRSSYS_TRY(FlatJson fields, FlatJson::parse(line, known));
  if (!fields.has("type")) return entry_of(fields);
  const std::string type = fields.text("type");
  AIRSSYS_TRY_VOID(fields.good());
  if (type == "header") return header_of(fields);
  if (type == "trailer") return trailer_of(fields);
  return wrong(fmt::format("'type' is {}; there are header and trailer, and entries have none", airssys::quoted(type)));
}

std::string export_line(const ExportHeader& header) {
  return fmt::format("{{\"type\":\"header\",\"version\":{},\"backend\":\"{}\",\"created\":\"{}\"}}\n", storage_export_version,
                     header.backend, format_rfc3339(header.created));
}

std::string export_line(const ExportTrailer& trailer) {
  return fmt::format("{{\"type\":\"trailer\",\"keys\":{},\"bytes\":{},\"sha256\":\"{}\"}}\n", trailer.keys, trailer.bytes,
                     trailer.sha256);
}

// Nothing in it needs an escape.
std::string export_line(const StoreId& store, std::string_view key, std::string_view value, std::string_view at) {
  std::string whole;
  if (const std::string prefix = tolerated_prefix(store); !prefix.empty() && key.starts_with(prefix)) {
    whole = prefix;
    key = whole.append(key);
  }
  return fmt::format("{{\"component\":\"{}\",\"key\":\"{}\",\"value\":\"{}\",\"timestamp\":\"{}\"}}\n", store.text(),
                     to_base64(std::as_bytes(std::span(key))), to_base64(std::as_bytes(std::span(value))), at);
}

}  // namespace airssys::wasm
