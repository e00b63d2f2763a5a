#include "airssys/wasm/security/trust_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "airssys/base/text.h"
#include "airssys/wasm/toml/table_reader.h"
#include "private_file.h"

namespace airssys::wasm {
namespace {

using namespace std::string_view_literals;

constexpr std::array modes{"review"sv, "deny"sv, "allow"sv};
constexpr std::array kinds{"git"sv, "signature"sv, "local"sv};
constexpr std::array spelled_kinds{"git"sv, "signature"sv, "local"sv, "git-repository"sv, "signing_key"sv};
constexpr std::array kind_of_spelling{TrustSource::Kind::git, TrustSource::Kind::signature, TrustSource::Kind::local,
                                      TrustSource::Kind::git, TrustSource::Kind::signature};
constexpr Key description_key{"description", R"("our release key")"};
constexpr Key public_key_key{"public_key", R"("ed25519:…")"};

std::optional<bool> read_boolean(TableReader& table, const Key& key) {
  const Entry* entry = table.find(key);
  if (entry == nullptr || !table.expect(*entry, ValueKind::boolean, "true or false", key)) return std::nullopt;
  return entry->value.boolean;
}

std::string read_text(TableReader& table, const Key& key) {
  auto said = table.text(key);
  return said ? std::move(said->text) : std::string();
}

// Not empty.
std::optional<PlacedText> read_required(TableReader& table, const Key& key) {
  table.require(key);
  auto said = table.text(key);
  if (said && said->text.empty()) {
    table.wrong(said->place, key.name, "is empty", key);
    return std::nullopt;
  }
  return said;
}

std::optional<PublicKey> read_key(TableReader& table, Problems& problems) {
  const auto said = read_required(table, public_key_key);
  if (!said) return std::nullopt;
  auto key = PublicKey::parse(said->text);
  if (key) return *key;
  problems.mistake(said->place, fmt::format("'public_key' is wrong: {}", key.error().message()));
  return std::nullopt;
}

void read_git(TableReader& table, TrustSource& source) {
  static constexpr Alias old[]{{"pattern"}};
  constexpr Key url_key{"url", R"("git@git.example.com:team/*")", old};
  if (const auto url = read_required(table, url_key)) {
    source.pattern = url->text;
    if (normalised_git_url(url->text).empty() || !git_url_matches(url->text, url->text))
      table.wrong(url->place, "url", fmt::format("is {}, no URL of a repository", airssys::quoted(url->text)), url_key);
  }
  constexpr Key branch_key{"branch", R"("main")"};
  const auto branch = table.text(branch_key);
  if (branch && (branch->text.empty() || branch->text.find_first_of(" ~^:?*[\\") != std::string::npos))
    table.wrong(branch->place, "branch", fmt::format("is {}, no name of a branch", airssys::quoted(branch->text)), branch_key);
  if (branch) source.branch = branch->text;
}

void read_local(TableReader& table, TrustSource& source, Problems& problems) {
  static constexpr Alias old[]{{"path_pattern"}, {"pattern"}};
  constexpr Key path_key{"path", R"("/opt/verified/*")", old};
  const auto path = read_required(table, path_key);
  if (!path) return;
  constexpr std::string_view scheme = "file://";
  source.pattern = path->text.starts_with(scheme) ? path->text.substr(scheme.size()) : path->text;
  if (const auto pattern = PathPattern::parse(source.pattern); !pattern)
    problems.mistake(path->place, fmt::format("'path' is wrong: {}", pattern.error().message()));
}

std::optional<TrustSource> read_source(const Value& value, Problems& problems) {
  TableReader table(problems, "[[trust.sources]]");
  table.add(value);
  TrustSource source;
  source.place = problems.at(value.place);
  constexpr Key type_key{"type", R"("signature")"};
  table.require(type_key);
  const auto type = table.choice(type_key, spelled_kinds);
  if (!type) return std::nullopt;  // and what the other keys should be is not known
  source.kind = kind_of_spelling[*type];
  switch (source.kind) {
    case TrustSource::Kind::git: read_git(table, source); break;
    case TrustSource::Kind::local: read_local(table, source, problems); break;
    case TrustSource::Kind::signature:
      source.key = read_key(table, problems);
      source.signer = read_text(table, {"signer", R"("release@example.com")"});
      break;
  }
  if (auto description = read_required(table, description_key)) source.description = std::move(description->text);
  source.auto_approve = read_boolean(table, {"auto_approve", "true"}).value_or(true);
  table.finish();
  return source;
}

bool same(const TrustSource& a, const TrustSource& b) {
  return a.kind == b.kind && a.pattern == b.pattern && a.branch == b.branch && a.key == b.key;
}

// The tables of a list; a mistake for anything else.
std::vector<const Value*> tables_of(TableReader& trust, const Key& key, Problems& problems) {
  std::vector<const Value*> tables;
  const Entry* entry = trust.find(key);
  if (entry == nullptr || !trust.expect(*entry, ValueKind::list, "a list of tables", key)) return tables;
  if (entry->value.items.size() > max_trust_entries)
    problems.mistake(entry->place, fmt::format("there are {} entries, at most {} are allowed; remove some",
                                               entry->value.items.size(), max_trust_entries));
  for (const Value& item : entry->value.items) {
    if (item.kind == ValueKind::table)
      tables.push_back(&item);
    else
      problems.mistake(item.place, fmt::format("is {}, not a table; write [[trust.{}]] and its keys below",
                                               value_kind_name(item.kind), key.name));
  }
  return tables;
}

TrustConfig read_trust(TableReader& trust, Problems& problems) {
  TrustConfig config;
  config.dev_mode = read_boolean(trust, {"dev_mode", "false"}).value_or(false);
  if (const auto mode = trust.choice({"default_mode", R"("review")"}, modes))
    config.default_mode = static_cast<DefaultMode>(*mode);
  config.allow_version_1 = read_boolean(trust, {"allow_v1", "false"}).value_or(false);
  for (const Value* value : tables_of(trust, {"sources", R"([{ type = "local", … }])"}, problems)) {
    auto source = read_source(*value, problems);
    if (!source) continue;
    const auto twin = std::ranges::find_if(config.sources, [&](const TrustSource& other) { return same(other, *source); });
    if (twin != config.sources.end())
      problems.mistake(value->place, fmt::format("is the same source as the one at {}; remove one of them", twin->place));
    config.sources.push_back(*std::move(source));
  }
  for (const Value* value : tables_of(trust, {"revoked", R"([{ public_key = "ed25519:…", reason = "…" }])"}, problems)) {
    TableReader table(problems, "[[trust.revoked]]");
    table.add(*value);
    const auto key = read_key(table, problems);
    const auto reason = read_required(table, {"reason", R"("lost laptop")"});
    table.finish();
    if (key && reason) config.revoked.push_back({*key, reason->text, problems.at(value->place)});
  }
  trust.finish();
  return config;
}

}  // namespace

std::string_view default_mode_name(DefaultMode mode) noexcept { return modes[static_cast<std::size_t>(mode)]; }
std::string_view trust_source_name(TrustSource::Kind kind) noexcept { return kinds[static_cast<std::size_t>(kind)]; }

Result<TrustConfig> parse_trust_config(std::string_view text, std::string_view file_name) {
  Problems problems(file_name);
  auto root = parse_toml(text);
  if (!root) {
    problems.mistake(root.error().place, std::move(root.error().what));
    return std::unexpected(problems.error());
  }
  TableReader reader(problems, "the file");
  reader.add(*root);
  TableReader trust(problems, "[trust]");
  const Key key{"trust", ""};
  reader.tables(key, trust);
  reader.finish();
  if (!reader.has(key)) problems.mistake({}, "there is no table [trust]; add it, with dev_mode = false");
  TrustConfig config = read_trust(trust, problems);
  if (problems.any_mistake()) return std::unexpected(problems.error());
  if (config.dev_mode)
    problems.warning(trust.place(),
                     "development mode is on, and nothing but the forbidden list is checked; end it with 'airssys-wasm "
                     "trust disable-dev-mode'");
  if (config.default_mode == DefaultMode::allow)
    problems.warning(trust.place(),
                     "default_mode is \"allow\", so whatever a component asks for is granted; write \"review\", but for "
                     "tests on a machine of their own");
  config.warnings = problems.warnings();
  return config;
}

Result<std::string> read_trust_text(const std::filesystem::path& file) {
  const auto text = read_private(file, max_document_bytes, Code::invalid_configuration);
  if (text) return std::string(*text);
  if (text.error().code() != Code::not_found) return std::unexpected(text.error());
  return "# Whom this user trusts: docs/formats/trust-config.md\n[trust]\ndev_mode = false\ndefault_mode = \"review\"\n";
}

Result<TrustConfig> read_trust_config(const std::filesystem::path& file) {
  AIRSSYS_TRY(const std::string text, read_trust_text(file));
  return parse_trust_config(text, file.native());
}

Result<> save_trust_text(const std::filesystem::path& file, std::string_view text) {
  AIRSSYS_TRY_VOID(parse_trust_config(text, file.native()));
  return save_private(file, text, Replace::with_backup);
}

}  // namespace airssys::wasm
