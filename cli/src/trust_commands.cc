#include <fmt/format.h>

#include "airssys/base/text.h"
#include "commands.h"
#include "decision_record.h"
#include "home.h"
#include "json_text.h"
#include "prompt.h"

namespace airssys::cli {
namespace {

namespace fs = std::filesystem;
using wasm::TrustConfig;
using wasm::TrustSource;

Json source_json(const TrustSource& source, std::size_t number) {
  Json json{{"number", number}, {"type", trust_source_name(source.kind)}};
  if (!source.pattern.empty()) json[source.kind == TrustSource::Kind::git ? "url" : "path"] = source.pattern;
  if (!source.branch.empty()) json["branch"] = source.branch;
  if (source.key) json["public_key"] = source.key->text();
  if (!source.signer.empty()) json["signer"] = source.signer;
  json["description"] = source.description;
  json["auto_approve"] = source.auto_approve;
  return json;
}

Json config_json(const TrustConfig& config, const fs::path& file) {
  Json sources = Json::array(), revoked = Json::array();
  for (std::size_t i = 0; i < config.sources.size(); ++i) sources.push_back(source_json(config.sources[i], i + 1));
  for (const wasm::RevokedKey& key : config.revoked) revoked.push_back({{"public_key", key.key.text()}, {"reason", key.reason}});
  return {{"file", file.string()},
          {"dev_mode", config.dev_mode},
          {"default_mode", default_mode_name(config.default_mode)},
          {"allow_v1", config.allow_version_1},
          {"sources", std::move(sources)},
          {"revoked", std::move(revoked)},
          {"warnings", config.warnings}};
}

std::string what_of(const TrustSource& source) {
  std::string what = source.key ? source.key->text() : printable(source.pattern);
  if (!source.branch.empty()) what += fmt::format(", branch {}", printable(source.branch));
  if (!source.signer.empty()) what += fmt::format(", {}", printable(source.signer));
  if (!source.auto_approve) what += ", reviewed all the same";
  return what;
}

std::string list_text(const TrustConfig& config, Paint paint) {
  std::string out;
  for (std::size_t i = 0; i < config.sources.size(); ++i) {
    const TrustSource& source = config.sources[i];
    out += fmt::format("{:>3}  {:<9}  {}\n     {}\n", i + 1, trust_source_name(source.kind), what_of(source),
                       paint(Colour::dim, printable(source.description)));
  }
  if (config.sources.empty()) out += "you trust nobody; see 'airssys-wasm trust --help'\n";
  for (const wasm::RevokedKey& key : config.revoked)
    out += fmt::format("  {}  {}: {}\n", paint(Colour::red, "revoked"), key.key.text(), printable(key.reason));
  return out;
}

std::string status_text(const TrustConfig& config, const fs::path& file, Paint paint) {
  constexpr std::string_view unknown[]{"what it asks for is reviewed", "it is refused", "it gets what it asks for"};
  return fmt::format("{}\ndevelopment mode   {}\nwho is not known   {}\nsources trusted    {}\nkeys revoked       {}\n",
                     printable(file.string()),
                     config.dev_mode ? paint(Colour::red, "on: nothing is checked but the forbidden list") : "off",
                     unknown[static_cast<std::size_t>(config.default_mode)], config.sources.size(), config.revoked.size());
}

// What a change of the file has to be told: the old text, and where.
struct TrustFile {
  fs::path path;
  std::string text;
};

Result<TrustFile> open_trust(const Context& context) {
  AIRSSYS_TRY(const Home home, find_home(context));
  AIRSSYS_TRY(std::string text, wasm::read_trust_text(home.trust_config()));
  return TrustFile{home.trust_config(), std::move(text)};
}

// A mistake in the file is one of the user's own configuration.
Exit exit_of(const Error& error) {
  return error.code() == Code::invalid_configuration ? Exit::configuration : exit_code(error.code());
}

Exit changed(const Result<TrustFile>& file, std::string_view what, const Settings& settings, Context& context) {
  if (!file) return end_with(file.error(), exit_of(file.error()), settings, context);
  const auto config = wasm::parse_trust_config(file->text, file->path.native());
  Narration narration = narration_of(settings, context.console);
  for (const std::string& warning : config->warnings) narration.warning(warning);
  context.console.out(settings.json ? json_text(config_json(*config, file->path))
                                    : fmt::format("{}: {}\n", printable(file->path.string()), what));
  return Exit::ok;
}

// Reads, changes, records and saves.
template <class Change>
Result<TrustFile> change(std::string_view action, std::string_view what, const Settings& settings, Context& context,
                         Change make) {
  AIRSSYS_TRY(TrustFile file, open_trust(context));
  AIRSSYS_TRY(file.text, make(file.text, file.path.native()));
  AIRSSYS_TRY_VOID(record_decision(action, what, wasm::AuditDecision::allow, "the user", settings, context));
  AIRSSYS_TRY_VOID(wasm::save_trust_text(file.path, file.text));
  return file;
}

Result<TrustFile> add_source(const TrustSource& source, const Settings& settings, Context& context) {
  return change("trust.add", what_of(source), settings, context,
                [&](std::string_view text, std::string_view name) { return wasm::with_source(text, name, source); });
}

Result<TrustFile> set_up(const Context& context) {
  AIRSSYS_TRY(TrustFile file, open_trust(context));
  std::error_code ignored;
  if (!fs::exists(file.path, ignored)) AIRSSYS_TRY_VOID(wasm::save_trust_text(file.path, file.text));
  return file;
}

}  // namespace

Result<> trust_source(const TrustSource& source, const Settings& settings, Context& context) {
  const auto file = add_source(source, settings, context);
  if (file) return {};
  if (file.error().code() != Code::already_exists) return std::unexpected(file.error());
  narration_of(settings, context.console).hint(file.error().message());
  return {};
}

Exit perform(const TrustAddOptions& options, const Settings& settings, Context& context) {
  const auto file = add_source(options.source, settings, context);
  return changed(file, fmt::format("trusts {} now", what_of(options.source)), settings, context);
}

Exit perform(const TrustRemoveOptions& options, const Settings& settings, Context& context) {
  const auto file =
      change("trust.remove", std::to_string(options.number), settings, context,
             [&](std::string_view text, std::string_view name) { return wasm::without_source(text, name, options.number); });
  return changed(file, fmt::format("source {} is gone; those behind it have moved up", options.number), settings, context);
}

Exit perform(const TrustModeOptions& options, const Settings& settings, Context& context) {
  if (options.on && !options.yes) {
    const auto answer =
        ask("Development mode lets every component do everything but what the forbidden list says, signed or not.\n"
            "Never on a machine that others rely on. Type yes to turn it on: ",
            context);
    if (answer != "yes")
      return end_with(Error(Code::invalid_argument, answer ? "development mode stays off; type yes, in full, to turn it on"
                                                           : "nobody is here to say yes; add --yes if you mean it"),
                      settings, context);
  }
  const auto file =
      change("trust.dev-mode", options.on ? "on" : "off", settings, context,
             [&](std::string_view text, std::string_view name) { return wasm::with_dev_mode(text, name, options.on); });
  return changed(file, options.on ? "development mode is on" : "development mode is off", settings, context);
}

Exit perform(const TrustShowOptions& options, const Settings& settings, Context& context) {
  using What = TrustShowOptions::What;
  if (options.what == What::setup)
    return changed(set_up(context),
                   "is there; 'airssys-wasm trust add-key', 'add-local' and 'add-git' say whom you trust, "
                   "docs/formats/trust-config.md what else it may hold",
                   settings, context);
  const auto file = open_trust(context);
  if (!file) return end_with(file.error(), Exit::configuration, settings, context);
  if (options.what == What::path && !settings.json) {
    context.console.out(fmt::format("{}\n", file->path.string()));
    return Exit::ok;
  }
  const auto config = wasm::parse_trust_config(file->text, file->path.native());
  if (!config) return end_with(config.error(), Exit::configuration, settings, context);
  if (options.what == What::validate) return changed(file, "is valid", settings, context);
  Narration narration = narration_of(settings, context.console);
  for (const std::string& warning : config->warnings) narration.warning(warning);
  TrustConfig shown = *config;
  if (options.what == What::status && settings.development_mode) {
    shown.dev_mode = *settings.development_mode;
    narration.hint(
        fmt::format("AIRSSYS_WASM_DEV_MODE, and not the file, says that development mode is {}", shown.dev_mode ? "on" : "off"));
  }
  if (settings.json)
    context.console.out(json_text(config_json(shown, file->path)));
  else
    context.console.out(options.what == What::list ? list_text(shown, settings.out)
                                                   : status_text(shown, file->path, settings.out));
  return Exit::ok;
}

}  // namespace airssys::cli
