#include <fmt/format.h>
#include <fmt/ranges.h>

#include "airssys/base/text.h"
#include "airssys/wasm/security/review.h"
#include "airssys/wasm/security/signature.h"
#include "airssys/wasm/security/trust_config.h"
#include "commands.h"
#include "json_text.h"
#include "keys.h"
#include "log_pipeline.h"
#include "project.h"
#include "records.h"
#include "world.h"

namespace airssys::cli {
namespace {

namespace fs = std::filesystem;

// The layers of M.2 that need no host: what each found. A layer behind one that failed was not looked at.
struct Layer {
  std::string name;
  enum class State : unsigned char { ok, absent, failed } state;
  std::string detail;  // of failed: the error's
};

struct Validation {
  std::vector<Layer> layers;
  std::vector<std::string> warnings;
  std::optional<Error> failure;

  void ok(std::string name, std::string detail) { layers.push_back({std::move(name), Layer::State::ok, std::move(detail)}); }
  void absent(std::string name, std::string detail) {
    layers.push_back({std::move(name), Layer::State::absent, std::move(detail)});
  }
  void failed(std::string name, Error error) {
    layers.push_back({std::move(name), Layer::State::failed, error.message()});
    failure = std::move(error);
  }
};

Result<std::string> check_component(const fs::path& file, const Settings& settings, Context& context) {
  const wasm::HostConfig config = config_for_one_look(settings);
  Narration narration = narration_of(settings, context.console);
  LogPipeline log({.level = LogLevel::error}, context.platform, narration, settings.err);
  const auto inspection = context.backend.inspect(file, config, context.platform, log);
  log.close();
  if (!inspection) return std::unexpected(inspection.error());
  return world_of(inspection->items);
}

Result<std::string> check_capabilities(const wasm::Manifest& manifest, const Context& context,
                                       std::vector<std::string>& warnings) {
  AIRSSYS_TRY(const wasm::ForbiddenList forbidden, forbidden_list(context));
  const std::string name(manifest.package.name.text());
  const auto conflicts = forbidden.conflicts(manifest.capabilities.set);
  for (const auto& [wanted, entry] : conflicts.flagged)
    warnings.push_back(
        fmt::format("{}: {} is granted without {}, which is forbidden", wanted->place, to_string(*wanted), entry->text()));
  std::vector<std::string> denied;
  for (const auto& [wanted, entry] : conflicts.denied) denied.push_back(fmt::format("{}: {}", wanted->place, to_string(*wanted)));
  if (!denied.empty())
    return fail(Code::forbidden, fmt::format("{}: nobody may have this; remove it from the manifest", fmt::join(denied, ", ")));
  const auto asks = std::ranges::count_if(
      manifest.capabilities.set, [&](const wasm::Capability& capability) { return wasm::needs_approval(capability, name); });
  return fmt::format("{}, {} to be approved by whoever runs it", manifest.capabilities.set.size(), asks);
}

Validation validate(const ProjectOptions& options, const Settings& settings, Context& context) {
  Validation done;
  const auto manifest = read_manifest_file(options);
  if (!manifest) {
    done.failed("manifest", manifest.error());
    return done;
  }
  done.ok("manifest", manifest->file.string());
  done.warnings = manifest->manifest.warnings;
  const fs::path file = component_path(options, *manifest);
  const auto component = read_component(file);
  if (component) {
    const auto world = check_component(file, settings, context);
    if (!world) {
      done.failed("component", world.error());
      return done;
    }
    done.ok("component", fmt::format("{}, {}", file.string(), *world));
  } else if (component.error().code() == Code::not_found && options.wasm.empty()) {
    done.absent("component", fmt::format("{} is not built yet", file.string()));
  } else {
    done.failed("component", component.error());
    return done;
  }
  if (manifest->manifest.signature && component) {
    const auto trust = find_trust(context);
    if (!trust) {
      done.failed("signature", trust.error());
      return done;
    }
    auto verdict =
        wasm::verify(*manifest->manifest.signature, manifest->manifest, wasm::Digest::of(component->span()),
                     {.now = context.platform.wall_now(), .revoked = trust->revoked, .allow_version_1 = trust->allow_version_1});
    done.warnings.insert(done.warnings.end(), verdict.warnings.begin(), verdict.warnings.end());
    if (verdict.failure) {
      done.failed("signature", *std::move(verdict.failure));
      return done;
    }
    done.ok("signature", verdict.author->text());
  } else {
    done.absent("signature", manifest->manifest.signature ? "cannot be checked without the component" : "not signed");
  }
  const auto capabilities = check_capabilities(manifest->manifest, context, done.warnings);
  if (capabilities)
    done.ok("capabilities", *capabilities);
  else
    done.failed("capabilities", capabilities.error());
  return done;
}

std::string_view state_name(Layer::State state) {
  switch (state) {
    case Layer::State::ok: return "ok";
    case Layer::State::absent: return "absent";
    case Layer::State::failed: return "failed";
  }
  return "";
}

std::string validation_text(const Validation& validation, Paint paint) {
  std::string out;
  for (const Layer& layer : validation.layers) {
    const Colour colour = layer.state == Layer::State::ok       ? Colour::green
                          : layer.state == Layer::State::absent ? Colour::dim
                                                                : Colour::red;
    const std::string state = fmt::format("{:<6}", state_name(layer.state));
    out += fmt::format("{}  {:<12}  {}\n", paint(colour, state), layer.name,
                       layer.state == Layer::State::failed ? "" : printable(layer.detail));
  }
  return out;
}

struct Analysed {
  const wasm::Capability* capability;
  bool optional, asks;
  const wasm::Capability* forbidden = nullptr;  // all of it
  const wasm::Capability* carved = nullptr;     // a part of it
  std::vector<wasm::Risk> risks;
};

void analyse(const wasm::CapabilitySet& set, bool optional, std::string_view name, const wasm::ForbiddenList& forbidden,
             std::vector<Analysed>& into) {
  const auto conflicts = forbidden.conflicts(set);
  for (const wasm::Capability& capability : set) {
    Analysed one{.capability = &capability,
                 .optional = optional,
                 .asks = wasm::needs_approval(capability, name),
                 .risks = wasm::risks_of(capability)};
    for (const auto& [wanted, entry] : conflicts.denied)
      if (wanted == &capability) one.forbidden = entry;
    for (const auto& [wanted, entry] : conflicts.flagged)
      if (wanted == &capability) one.carved = entry;
    into.push_back(std::move(one));
  }
}

Json analysis_json(const wasm::Manifest& manifest, const std::vector<Analysed>& all) {
  Json list = Json::array();
  for (const Analysed& one : all) {
    Json risks = Json::array();
    for (const wasm::Risk risk : one.risks) risks.push_back(risk_name(risk));
    Json json{{"action", action_name(one.capability->action)},
              {"pattern", one.capability->text()},
              {"place", one.capability->place},
              {"optional", one.optional},
              {"needs_approval", one.asks},
              {"forbidden", one.forbidden != nullptr},
              {"risks", std::move(risks)}};
    if (const auto* entry = one.forbidden != nullptr ? one.forbidden : one.carved) json["forbidden_by"] = entry->text();
    list.push_back(std::move(json));
  }
  Json custom = Json::array();
  for (const wasm::CustomCapability& one : manifest.capabilities.custom) custom.push_back(one.name);
  Json rationale = Json::object();
  for (const auto& [what, why] : manifest.capabilities.rationale) rationale[what] = why;
  return {{"name", manifest.package.name.text()},
          {"version", manifest.package.version},
          {"capabilities", std::move(list)},
          {"custom", std::move(custom)},
          {"rationale", std::move(rationale)}};
}

std::string analysis_text(const wasm::Manifest& manifest, const std::vector<Analysed>& all, Paint paint) {
  std::string out =
      fmt::format("{} {} asks for\n", paint(Colour::bold, manifest.package.name.text()), printable(manifest.package.version));
  for (const Analysed& one : all) {
    out += fmt::format("  {}{}{}\n", printable(to_string(*one.capability)), one.optional ? paint(Colour::dim, "  optional") : "",
                       one.asks ? paint(Colour::yellow, "  needs an approval") : "");
    for (const wasm::Risk risk : one.risks) out += fmt::format("    {}\n", paint(Colour::red, risk_text(risk)));
    if (one.forbidden != nullptr)
      out += fmt::format("    {}\n",
                         paint(Colour::red, fmt::format("is forbidden by {}: it will not be added", one.forbidden->text())));
    else if (one.carved != nullptr)
      out += fmt::format("    {}\n",
                         paint(Colour::yellow, fmt::format("is granted without {}, which is forbidden", one.carved->text())));
  }
  for (const wasm::CustomCapability& custom : manifest.capabilities.custom)
    out += fmt::format("  custom {}  {}\n", printable(custom.name), paint(Colour::dim, "never granted by this version"));
  for (const auto& [what, why] : manifest.capabilities.rationale) out += fmt::format("{}: {}\n", printable(what), printable(why));
  return out;
}

}  // namespace

Exit perform(const ValidateOptions& options, const Settings& settings, Context& context) {
  const Validation done = validate(options.project, settings, context);
  Narration narration = narration_of(settings, context.console);
  if (settings.json) {
    Json layers = Json::array();
    for (const Layer& layer : done.layers)
      layers.push_back({{"layer", layer.name}, {"state", state_name(layer.state)}, {"detail", layer.detail}});
    Json document{{"valid", !done.failure}, {"layers", std::move(layers)}, {"warnings", done.warnings}};
    if (done.failure) document["error"] = problem_json(done.failure->code(), done.failure->message());
    context.console.out(json_text(document));
  } else {
    context.console.out(validation_text(done, settings.out));
  }
  for (const std::string& warning : done.warnings) narration.warning(warning);
  if (!done.failure) return Exit::ok;
  narration.error(*done.failure);
  return exit_code(done.failure->code());
}

Exit perform(const AnalyzeOptions& options, const Settings& settings, Context& context) {
  const auto manifest = read_manifest_file(options.project);
  if (!manifest) return end_with(manifest.error(), settings, context);
  const auto forbidden = forbidden_list(context);
  if (!forbidden) return end_with(forbidden.error(), Exit::configuration, settings, context);
  const wasm::Manifest& said = manifest->manifest;
  const std::string name(said.package.name.text());
  std::vector<Analysed> all;
  analyse(said.capabilities.set, false, name, *forbidden, all);
  for (const wasm::DeclaredCapabilities& optional : said.capabilities.optional)
    analyse(optional.set, true, name, *forbidden, all);
  context.console.out(settings.json ? json_text(analysis_json(said, all)) : analysis_text(said, all, settings.out));
  return Exit::ok;
}

}  // namespace airssys::cli
