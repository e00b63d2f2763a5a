#include "security_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "airssys/base/text.h"

namespace airssys::wasm {
namespace {

constexpr std::string_view remedy = "sign again with 'airssys-wasm sign', or delete [security]";

std::string read_text(TableReader& table, const Key& key, Problems& problems) {
  if (!table.has(key)) {
    problems.mistake(table.place(), fmt::format("{} has no '{}'; {}", table.title(), key.name, remedy));
    return {};
  }
  auto said = table.text(key);
  return said ? std::move(said->text) : std::string();
}

std::string read_hex(TableReader& table, const Key& key, std::size_t digits, Problems& problems) {
  std::string text = read_text(table, key, problems);
  const bool hex = std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  const Entry* entry = table.entry(key);
  if (entry != nullptr && entry->value.kind == ValueKind::text && (text.size() != digits || !hex))
    problems.mistake(entry->value.place, fmt::format("'{}' is {}, not {} lowercase hex digits; {}", key.name,
                                                     airssys::quoted(text, 20), digits, remedy));
  return text;
}

std::string read_digest(TableReader& table, const Key& key, Problems& problems) {
  std::string text = read_text(table, key, problems);
  const Entry* entry = table.entry(key);
  if (entry != nullptr && entry->value.kind == ValueKind::text)
    if (const auto digest = Digest::parse(text); !digest)
      problems.mistake(entry->value.place, fmt::format("'{}' is wrong: {}", key.name, digest.error().message()));
  return text;
}

}  // namespace

std::optional<ManifestSignature> read_security(TableReader& table, Problems& problems) {
  if (!table.present() || table.keys().empty()) return std::nullopt;
  ManifestSignature signature;
  signature.place = problems.at(table.place());
  signature.author_public_key = read_hex(table, {"author_public_key", R"("d75a98…")"}, 64, problems);
  signature.signature = read_hex(table, {"signature", R"("e55643…")"}, 128, problems);
  TableReader payload(problems, "[security.signature_payload]");
  table.tables({"signature_payload", ""}, payload);
  table.finish();
  if (!payload.present()) {
    problems.mistake(table.place(), fmt::format("there is no table [security.signature_payload]; {}", remedy));
    return signature;
  }
  // What the documents call version 1 does not say so.
  signature.payload_version = static_cast<std::uint32_t>(payload.integer({"payload_version", "2"}, {1, 2}).value_or(1));
  signature.wasm_hash = read_digest(payload, {"wasm_hash", R"("sha256:…")"}, problems);
  signature.component_name = read_text(payload, {"component_name", R"("word-counter")"}, problems);
  signature.component_version = read_text(payload, {"component_version", R"("1.0.0")"}, problems);
  signature.signed_at = read_text(payload, {"signed_at", R"("2026-01-31T12:00:00Z")"}, problems);
  constexpr Key manifest_key{"manifest_hash", R"("sha256:…")"};
  if (signature.payload_version == 2 || payload.has(manifest_key))
    signature.manifest_hash = read_digest(payload, manifest_key, problems);
  payload.finish();
  return signature;
}

}  // namespace airssys::wasm
