#include "airssys/wasm/component/manifest_signature.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <vector>

#include "airssys/wasm/toml/canonical_json.h"
#include "airssys/wasm/toml/problems.h"
#include "airssys/wasm/toml/toml_document.h"
#include "security_table.h"

namespace airssys::wasm {
namespace {

constexpr std::string_view table_name = "security";

Result<Value> parse(std::string_view text, std::string_view file_name) {
  auto root = parse_toml(text);
  if (root) return std::move(*root);
  Problems problems(file_name);
  problems.mistake(root.error().place, std::move(root.error().what));
  return std::unexpected(problems.error());
}

// Takes the table out of the root.
std::optional<Entry> take_security(Value& root) {
  const auto found = std::ranges::find(root.entries, table_name, &Entry::key);
  if (found == root.entries.end()) return std::nullopt;
  Entry taken = std::move(*found);
  root.entries.erase(found);
  return taken;
}

void add_lines(const Entry& entry, std::set<std::uint32_t>& lines) {
  lines.insert(entry.place.line);
  for (const Entry& inner : entry.value.entries) add_lines(inner, lines);
}

// With their ends.
std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.push_back(text.substr(0, end == std::string_view::npos ? end : end + 1));
    text.remove_prefix(lines.back().size());
  }
  return lines;
}

bool is_blank(std::string_view line) { return line.find_first_not_of(" \t\r\n") == std::string_view::npos; }

std::string block_of(const ManifestSignature& signature, std::string_view line_end) {
  std::string block = fmt::format(
      "[security]\nauthor_public_key = \"{}\"\nsignature = \"{}\"\n\n[security.signature_payload]\npayload_version = {}\n"
      "wasm_hash = \"{}\"\ncomponent_name = \"{}\"\ncomponent_version = \"{}\"\nsigned_at = \"{}\"\n",
      signature.author_public_key, signature.signature, signature.payload_version, signature.wasm_hash, signature.component_name,
      signature.component_version, signature.signed_at);
  if (!signature.manifest_hash.empty()) block += fmt::format("manifest_hash = \"{}\"\n", signature.manifest_hash);
  if (line_end == "\n") return block;
  std::string lines;
  for (const char c : block) lines += c == '\n' ? std::string(line_end) : std::string(1, c);
  return lines;
}

std::string put_in(std::string_view text, const std::optional<Entry>& old, const std::string& block, std::string_view line_end) {
  std::set<std::uint32_t> dropped;
  if (old) add_lines(*old, dropped);
  std::string out;
  bool put = false;
  std::uint32_t number = 0;
  for (const std::string_view line : lines_of(text)) {
    ++number;
    const bool inside = !dropped.empty() && number > *dropped.begin() && number < *dropped.rbegin();
    if (!dropped.contains(number) && !(inside && is_blank(line))) {
      out += line;
      continue;
    }
    // A table may stand where the old one stood; after the key of an inline one it would swallow the keys that follow.
    const std::size_t begin = line.find_first_not_of(" \t");
    if (!put && begin != std::string_view::npos && line[begin] == '[') {
      out += block;
      put = true;
    }
  }
  if (put) return out;
  if (!out.empty() && !out.ends_with('\n')) out += line_end;
  if (!out.empty()) out += line_end;
  return out + block;
}

}  // namespace

Digest digest_of(Value root) {
  (void)take_security(root);
  const std::string text = canonical_json(root);
  return Digest::of(std::as_bytes(std::span(text)));
}

Result<Digest> manifest_digest(std::string_view text, std::string_view file_name) {
  AIRSSYS_TRY(Value root, parse(text, file_name));
  return digest_of(std::move(root));
}

Result<std::string> with_signature(std::string_view text, std::string_view file_name, const ManifestSignature& signature) {
  AIRSSYS_TRY(Value root, parse(text, file_name));
  const auto old = take_security(root);
  const std::string_view line_end = text.substr(0, text.find('\n') + 1).ends_with("\r\n") ? "\r\n" : "\n";
  const std::string block = block_of(signature, line_end);
  std::string out = put_in(text, old, block, line_end);
  // Lines are a guess about TOML; that the outcome says what it should is not.
  auto after = parse_toml(out);
  const auto wanted = parse_toml(block);
  const auto security = after ? take_security(*after) : std::nullopt;
  if (security && canonical_json(*after) == canonical_json(root) &&
      canonical_json(security->value) == canonical_json(wanted->entries.front().value))
    return out;
  Problems problems(file_name);
  problems.mistake(old ? old->place : Place{},
                   "the signature cannot be written in the place of what stands here; delete [security], and sign again");
  return std::unexpected(problems.error());
}

}  // namespace airssys::wasm
