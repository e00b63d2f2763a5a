#include "airssys/wasm/component/manifest.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "airssys/base/text.h"
#include "airssys/wasm/toml/canonical_json.h"
#include "airssys/wasm/toml/problems.h"
#include "airssys/wasm/toml/table_reader.h"
#include "airssys/wasm/toml/toml_document.h"
#include "deployment_table.h"
#include "health_table.h"
#include "limits_table.h"
#include "mailbox_table.h"
#include "manifest_capabilities.h"
#include "security_table.h"
#include "serialization_table.h"
#include "text_rules.h"

namespace airssys::wasm {
namespace {

using namespace std::string_view_literals;

constexpr std::array languages{"rust"sv, "c"sv, "cpp"sv, "go"sv, "python"sv, "javascript"sv, "other"sv};
constexpr std::array build_types{"rust"sv, "c"sv, "cpp"sv, "go"sv, "python"sv, "javascript"sv, "custom"sv};
constexpr std::array targets{"wasm32-wasip2"sv, "wasm32-wasip1"sv, "wasm32-wasi"sv, "wasm32-unknown-unknown"sv};
constexpr std::array profiles{"release"sv, "debug"sv};
static_assert(static_cast<std::size_t>(BuildType::custom) == static_cast<std::size_t>(Language::other));

constexpr std::uint64_t mebi = 1024 * 1024;
static_assert(max_manifest_bytes == max_document_bytes);
constexpr std::size_t max_description_bytes = 1024;

std::vector<std::string> plain(std::vector<PlacedText> placed) {
  std::vector<std::string> texts;
  for (PlacedText& one : placed) texts.push_back(std::move(one.text));
  return texts;
}

std::string text_or_empty(TableReader& table, const Key& key) {
  auto said = table.text(key);
  return said ? std::move(said->text) : std::string();
}

std::string url(TableReader& table, const Key& key) {
  auto said = table.text(key);
  if (!said) return {};
  if (!said->text.empty() && !is_url(said->text))
    table.wrong(said->place, key.name, fmt::format("is {}, not a URL", airssys::quoted(said->text)), key);
  return std::move(said->text);
}

// ---- [package]

std::optional<ComponentName> read_name(TableReader& table, Problems& problems) {
  constexpr Key key{"name", R"("word-counter")"};
  table.require(key);
  const auto said = table.text(key);
  if (!said) return std::nullopt;
  auto name = ComponentName::parse(said->text);
  if (name) return std::move(*name);
  problems.mistake(said->place, fmt::format("'name' is wrong: {}", name.error().message()));
  return std::nullopt;
}

std::vector<std::string> read_authors(TableReader& table) {
  static constexpr Alias old[]{{"author"}};
  constexpr Key key{"authors", R"(["Dana <dana@example.org>"])", old};
  table.require(key);
  std::vector<PlacedText> authors = table.texts(key);
  for (const PlacedText& author : authors)
    if (author.text.empty()) table.wrong(author.place, key.name, "holds an empty string", key);
  const Entry* entry = table.entry(key);
  if (entry && entry->value.kind == ValueKind::list && entry->value.items.empty())
    table.wrong(entry->value.place, entry->key, "is empty", key);
  return plain(std::move(authors));
}

std::optional<Package> read_package(TableReader& table, Problems& problems, std::optional<BuildType> build) {
  auto name = read_name(table, problems);
  constexpr Key version_key{"version", R"("1.0.0")"};
  table.require(version_key);
  const auto version = table.text(version_key);
  if (version && !is_semantic_version(version->text))
    table.wrong(version->place, "version", fmt::format("is {}, not a semantic version", airssys::quoted(version->text)),
                version_key);
  constexpr Key description_key{"description", R"("Counts words.")"};
  const auto description = table.text(description_key);
  if (description && description->text.size() > max_description_bytes)
    table.wrong(description->place, "description",
                fmt::format("is {} bytes long, at most {} are allowed", description->text.size(), max_description_bytes),
                description_key);
  auto authors = read_authors(table);
  const auto language = table.choice({"language", R"("cpp")"}, languages);
  Language inferred = build ? static_cast<Language>(*build) : Language::other;
  auto license = text_or_empty(table, {"license", R"("Apache-2.0")"});
  auto repository = url(table, {"repository", R"("https://git.example.org/word-counter")"});
  auto homepage = url(table, {"homepage", R"("https://example.org")"});
  auto documentation = url(table, {"documentation", R"("https://docs.example.org")"});
  auto readme = text_or_empty(table, {"readme", R"("README.md")"});
  auto keywords = plain(table.texts({"keywords", R"(["text"])"}));
  auto categories = plain(table.texts({"categories", R"(["tools"])"}));
  table.finish();
  if (!name || !version) return std::nullopt;
  return Package{.name = std::move(*name),
                 .version = version->text,
                 .description = description ? description->text : std::string(),
                 .authors = std::move(authors),
                 .license = std::move(license),
                 .repository = std::move(repository),
                 .homepage = std::move(homepage),
                 .documentation = std::move(documentation),
                 .readme = std::move(readme),
                 .keywords = std::move(keywords),
                 .categories = std::move(categories),
                 .language = language ? static_cast<Language>(*language) : inferred};
}

// ---- [build]

std::optional<Build> read_build(TableReader& table) {
  static constexpr Alias old_command[]{{"build_command"}};
  static constexpr Alias old_output[]{{"artifact_path"}};
  static constexpr Alias old_flags[]{{"rustflags"}};
  static constexpr Alias old_version[]{{"rust_version"}};
  constexpr Key type_key{"type", R"("cpp")"};
  constexpr Key output_key{"output", R"("build/word-counter.wasm")", old_output};
  constexpr Key command_key{"command", R"("make")", old_command};
  table.require(type_key);
  table.require(output_key);
  const auto type = table.choice(type_key, build_types);
  const auto output = table.text(output_key);
  if (output && !is_inner_path(output->text))
    table.wrong(output->place, "output",
                fmt::format("is {}, must be a relative path of a file inside the component's folder, without '..'",
                            airssys::quoted(output->text)),
                output_key);
  const auto target = table.choice({"target", R"("wasm32-wasip2")"}, targets);
  auto command = text_or_empty(table, command_key);
  if (type && static_cast<BuildType>(*type) == BuildType::custom) table.require(command_key);
  const auto profile = table.choice({"profile", R"("release")"}, profiles);
  auto flags = plain(table.texts({"flags", R"(["-O2"])", old_flags}));
  auto toolchain_version = text_or_empty(table, {"toolchain_version", R"("19")", old_version});
  table.finish();
  if (!type || !output) return std::nullopt;
  return Build{.type = static_cast<BuildType>(*type),
               .output = std::filesystem::path(output->text).lexically_normal(),
               .target = target ? std::string(targets[*target]) : std::string(),
               .command = std::move(command),
               .profile = profile ? static_cast<BuildProfile>(*profile) : BuildProfile::release,
               .flags = std::move(flags),
               .toolchain_version = std::move(toolchain_version)};
}

// ---- [resources]

void read_counts(TableReader& table, Resources& resources) {
  const auto count = [&](std::string_view name, std::string_view example, std::uint64_t most, std::uint32_t& value) {
    if (const auto said = table.integer({name, example}, {1, most})) value = static_cast<std::uint32_t>(*said);
  };
  count("max_table_elements", "20000", 10'000'000, resources.max_table_elements);
  count("max_tables", "100", 1000, resources.max_tables);
  count("max_instances", "1000", 10'000, resources.max_instances);
  count("max_memories", "8", 100, resources.max_memories);
}

Resources read_resources(TableReader& table) {
  static constexpr Alias old_memory[]{{"memory_limit_mb", mebi}, {"max_memory_mb", mebi}, {"memory-max"}};
  static constexpr Alias old_initial[]{{"memory-min"}};
  static constexpr Alias old_fuel[]{{"fuel_limit"}};
  static constexpr Alias old_time[]{{"timeout_seconds", 1000}, {"max_execution_time_seconds", 1000}, {"timeout-ms"}};
  constexpr Key memory_key{"max_memory", R"("4MiB")", old_memory};
  constexpr Key stack_key{"max_stack", R"("256KiB")"};
  table.require(memory_key, Code::missing_resource_limits);
  table.require(stack_key, Code::missing_resource_limits);

  Resources resources{.max_memory = 0, .max_stack = 0, .initial_memory = {}};
  const auto memory = table.size(memory_key, {min_max_memory, max_memory_ceiling});
  resources.max_memory = memory.value_or(0);
  resources.max_stack = table.size(stack_key, {min_max_stack, max_stack_ceiling}).value_or(0);
  resources.initial_memory = table.size({"initial_memory", R"("1MiB")", old_initial}, {0, memory.value_or(max_memory_ceiling)});
  const Range fuel{1, static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())};
  if (const auto said = table.integer({"max_fuel_per_execution", "1000000", old_fuel}, fuel))
    resources.max_fuel_per_execution = *said;
  if (const auto said = table.integer({"max_execution_time_ms", "100", old_time}, {1, 600'000}))
    resources.max_execution_time = std::chrono::milliseconds(*said);
  read_counts(table, resources);
  // One actor handles one message at a time; the schema has the key so that people who write 4 learn it here.
  (void)table.integer({"max_concurrent_invocations", "1"}, {1, 1});
  static constexpr std::array classes{"standard"sv, "compact"sv};  // in the order of EngineClass
  if (const auto said = table.choice({"class", R"("compact")"}, classes))
    resources.engine_class = static_cast<EngineClass>(*said);
  table.finish();
  return resources;
}

// ---- the whole

// All but `send` is free.
std::vector<std::filesystem::path> read_development(TableReader& table) {
  constexpr Key key{"send", R"(["sample.txt"])"};
  std::vector<std::filesystem::path> files;
  for (const PlacedText& file : table.texts(key)) {
    if (file.text.empty() || file.text.contains('\0')) table.wrong(file.place, "send", "holds an impossible file name", key);
    files.emplace_back(file.text);
  }
  return files;
}

struct Tables {
  explicit Tables(Problems& problems)
      : package(problems, "[package]"),
        build(problems, "[build]"),
        resources(problems, "[resources]"),
        capabilities(problems, "[capabilities]"),
        old_storage(problems, "[storage]"),
        mailbox(problems, "[mailbox]"),
        health(problems, "[health]"),
        limits(problems, "[limits]"),
        serialization(problems, "[serialization]"),
        deployment(problems, "[deployment]"),
        security(problems, "[security]"),
        metadata(problems, "[metadata]"),
        development(problems, "[development]") {}
  TableReader package, build, resources, capabilities, old_storage, mailbox, health, limits, serialization, deployment, security,
      metadata, development;
};

void split(const Value& root, Tables& tables, Problems& problems) {
  TableReader reader(problems, "the manifest");
  reader.add(root);
  static constexpr Alias component[]{{"component"}};
  static constexpr Alias runtime[]{{"runtime"}};
  static constexpr Alias permissions[]{{"permissions"}};
  static constexpr Alias quota[]{{"quota"}};
  static constexpr Alias multicodec[]{{"multicodec"}};
  const Key package{"package", "", component}, resources{"resources", "", runtime};
  reader.tables(package, tables.package);
  reader.tables({"build", ""}, tables.build);
  reader.tables(resources, tables.resources);
  reader.tables({"capabilities", "", permissions}, tables.capabilities);
  reader.tables({"mailbox", ""}, tables.mailbox);
  reader.tables({"health", ""}, tables.health);
  reader.tables({"limits", "", quota}, tables.limits);
  reader.tables({"serialization", "", multicodec}, tables.serialization);
  reader.tables({"deployment", ""}, tables.deployment);
  reader.tables({"security", ""}, tables.security);
  reader.tables({"metadata", ""}, tables.metadata);
  reader.tables({"development", ""}, tables.development);
  // Known to nobody who does not use it.
  if (const Entry* storage = reader.entry({"storage", ""}); storage) reader.tables({"storage", ""}, tables.old_storage);
  constexpr std::array later{"interfaces"sv, "dependencies"sv, "wit-dependencies"sv};
  reader.finish(later);
  if (!reader.has(package)) problems.mistake({}, "there is no table [package]; add it, with name, version and authors");
  if (!reader.has(resources))
    problems.mistake({}, "there is no table [resources]; add it, with max_memory = \"4MiB\" and max_stack = \"256KiB\"",
                     Code::missing_resource_limits);
}

}  // namespace

std::filesystem::path Manifest::component_file() const {
  return build ? build->output : std::filesystem::path(package.name.text() + ".wasm");
}

std::string_view language_name(Language language) noexcept { return languages[static_cast<std::size_t>(language)]; }

ResourceLimits Resources::engine_limits(std::uint64_t message_bytes) const noexcept {
  return {.memory_bytes = max_memory,
          .table_elements = max_table_elements,
          .tables = max_tables,
          .instances = max_instances,
          .memories = max_memories,
          .fuel_per_call = max_fuel_per_execution,
          .call_timeout = max_execution_time,
          .message_bytes = message_bytes};
}

Result<Manifest> parse_manifest(std::string_view text, std::string_view file_name) {
  Problems problems(file_name);
  auto root = parse_toml(text);
  if (!root) {
    problems.mistake(root.error().place, std::move(root.error().what));
    return std::unexpected(problems.error());
  }
  Tables tables(problems);
  split(*root, tables, problems);
  std::optional<Build> build;
  if (tables.build.present()) build = read_build(tables.build);
  std::optional<Package> package;
  if (tables.package.present())
    package = read_package(tables.package, problems, build ? std::optional(build->type) : std::nullopt);
  std::optional<Resources> resources;
  if (tables.resources.present()) resources = read_resources(tables.resources);
  auto capabilities = read_capabilities(tables.capabilities, tables.old_storage, package ? &package->name : nullptr, problems);
  MailboxPolicy mailbox = read_mailbox(tables.mailbox);
  const std::uint64_t max_memory = resources && resources->max_memory != 0 ? resources->max_memory : max_memory_ceiling;
  const Deployment deployment = read_deployment(tables.deployment, problems, max_memory);
  const std::optional<HealthChecks> health = read_health(tables.health, problems);
  const std::optional<CallLimits> limits = read_limits(tables.limits);
  Serialization serialization = read_serialization(tables.serialization, problems);
  mailbox.poison_window = deployment.restart_window;
  auto signature = read_security(tables.security, problems);
  auto development_send = read_development(tables.development);
  if (problems.any_mistake()) return std::unexpected(problems.error());
  return Manifest{.package = std::move(*package),
                  .build = std::move(build),
                  .resources = *resources,
                  .capabilities = std::move(capabilities),
                  .mailbox = mailbox,
                  .health = health,
                  .limits = limits,
                  .serialization = std::move(serialization),
                  .deployment = deployment,
                  .signature = std::move(signature),
                  .digest = digest_of(*std::move(root)),
                  .development_send = std::move(development_send),
                  .warnings = problems.warnings()};
}

}  // namespace airssys::wasm
