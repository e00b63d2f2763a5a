#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <vector>

#include "airssys/base/text.h"
#include "airssys/wasm/security/trust_config.h"
#include "airssys/wasm/toml/canonical_json.h"

namespace airssys::wasm {
namespace {

// A basic string of TOML; JSON's escapes are among TOML's.
std::string quoted_text(std::string_view text) { return canonical_string(text); }

std::string block_of(const TrustSource& source) {
  std::string block = fmt::format("\n[[trust.sources]]\ntype = \"{}\"\n", trust_source_name(source.kind));
  const auto add = [&](std::string_view key, std::string_view value) {
    if (!value.empty()) block += fmt::format("{} = {}\n", key, quoted_text(value));
  };
  add(source.kind == TrustSource::Kind::git ? "url" : "path", source.pattern);
  add("branch", source.branch);
  if (source.key) add("public_key", source.key->text());
  add("signer", source.signer);
  add("description", source.description);
  if (!source.auto_approve) block += "auto_approve = false\n";
  return block;
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.emplace_back(text.substr(0, end == std::string_view::npos ? end : end + 1));
    text.remove_prefix(lines.back().size());
  }
  return lines;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line;
  return text;
}

Value* find(Value& table, std::string_view key) {
  const auto found = std::ranges::find(table.entries, key, &Entry::key);
  return found == table.entries.end() ? nullptr : &found->value;
}

std::uint32_t last_line(const Value& value) {
  std::uint32_t last = value.place.line;
  for (const Entry& entry : value.entries) last = std::max({last, entry.place.line, last_line(entry.value)});
  for (const Value& item : value.items) last = std::max(last, last_line(item));
  return last;
}

// Lines are a guess about TOML; that the outcome says what it should is not. `wanted` is the old document, changed.
Result<std::string> checked(std::string text, const Value& wanted, std::string_view file_name, std::string_view advice) {
  const auto after = parse_toml(text);
  if (after && canonical_json(*after) == canonical_json(wanted)) return text;
  return fail(Code::invalid_configuration,
              fmt::format("{}: cannot be changed in the form that it has; {}", printable(file_name, 4096), advice));
}

}  // namespace

Result<std::string> with_source(std::string_view text, std::string_view file_name, const TrustSource& source) {
  AIRSSYS_TRY(const TrustConfig before, parse_trust_config(text, file_name));
  for (const TrustSource& other : before.sources)
    if (other.kind == source.kind && other.pattern == source.pattern && other.branch == source.branch && other.key == source.key)
      return fail(Code::already_exists, fmt::format("{}: is trusted already; see 'airssys-wasm trust list'", other.place));
  std::string changed(text);
  if (!changed.empty() && !changed.ends_with('\n')) changed += '\n';
  changed += block_of(source);
  AIRSSYS_TRY(const TrustConfig after, parse_trust_config(changed, file_name));
  if (after.sources.size() == before.sources.size() + 1) return changed;
  return fail(
      Code::invalid_configuration,
      fmt::format("{}: cannot be added to in the form that it has; write [[trust.sources]] by hand", printable(file_name, 4096)));
}

Result<std::string> without_source(std::string_view text, std::string_view file_name, std::size_t number) {
  AIRSSYS_TRY(const TrustConfig before, parse_trust_config(text, file_name));
  if (number == 0 || number > before.sources.size())
    return fail(Code::not_found,
                fmt::format("there is no source {}, there are {}; see 'airssys-wasm trust list'", number, before.sources.size()));
  Value wanted = *parse_toml(text);
  Value* sources = find(*find(wanted, "trust"), "sources");
  const Value& gone = sources->items[number - 1];
  const std::uint32_t first = gone.place.line, last = last_line(gone);
  std::vector<std::string> lines = lines_of(text);
  const auto at = [&](std::uint32_t line) { return lines.begin() + std::min<std::ptrdiff_t>(line, std::ssize(lines)); };
  lines.erase(at(first - 1), at(last));
  sources->items.erase(sources->items.begin() + static_cast<std::ptrdiff_t>(number - 1));
  if (sources->items.empty())
    std::erase_if(find(wanted, "trust")->entries, [](const Entry& entry) { return entry.key == "sources"; });
  return checked(joined(lines), wanted, file_name, "remove the source by hand");
}

Result<std::string> with_dev_mode(std::string_view text, std::string_view file_name, bool on) {
  AIRSSYS_TRY_VOID(parse_trust_config(text, file_name));
  Value wanted = *parse_toml(text);
  Value& trust = *find(wanted, "trust");
  std::vector<std::string> lines = lines_of(text);
  const std::string setting = fmt::format("dev_mode = {}", on);
  if (Value* said = find(trust, "dev_mode")) {
    std::string& line = lines[said->place.line - 1];
    const std::string old = said->boolean ? "true" : "false";
    // Columns count characters; what stands before is a key in ASCII.
    if (line.compare(said->place.column - 1, old.size(), old) == 0)
      line.replace(said->place.column - 1, old.size(), on ? "true" : "false");
    said->boolean = on;
  } else {
    lines.insert(lines.begin() + trust.place.line, setting + "\n");
    Entry entry{"dev_mode", {}, {}};
    entry.value.kind = ValueKind::boolean;
    entry.value.boolean = on;
    trust.entries.push_back(std::move(entry));
  }
  return checked(joined(lines), wanted, file_name, fmt::format("write {} below [trust] by hand", setting));
}

}  // namespace airssys::wasm
