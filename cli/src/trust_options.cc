#include "trust_options.h"

#include <fmt/format.h>

#include <charconv>
#include <memory>

#include "airssys/base/text.h"
#include "command_line.h"

namespace airssys::cli {
namespace {

using wasm::TrustSource;

struct Raw {
  std::string value, description, branch, signer, number, narrow, reason;
  bool review = false, yes = false;
};

void add_source_options(CLI::App& app, Raw& raw) {
  app.add_option("--description", raw.description, "Why; needed, for whoever reads the file later")->type_name("TEXT");
  app.add_flag("--review", raw.review, "Review what its components ask for all the same");
}

Result<Command> take_source(TrustSource::Kind kind, const Raw& raw, const CLI::App& app, std::string_view what) {
  AIRSSYS_TRY_VOID(required(app, raw.value, what));
  AIRSSYS_TRY_VOID(required(app, raw.description, "--description TEXT"));
  TrustSource source{.kind = kind,
                     .pattern = {},
                     .branch = raw.branch,
                     .key = {},
                     .signer = raw.signer,
                     .description = raw.description,
                     .auto_approve = !raw.review,
                     .place = {}};
  if (kind == TrustSource::Kind::signature) {
    AIRSSYS_TRY(source.key, wasm::PublicKey::parse(raw.value));
  } else {
    source.pattern = raw.value;
  }
  return TrustAddOptions{std::move(source)};
}

void declare_adding(CommandLine& line, CLI::App& trust) {
  auto raw = std::make_shared<Raw>();
  CLI::App& git = line.add(trust, "add-git", "Trust repositories", [raw](const CLI::App& self) {
    return take_source(TrustSource::Kind::git, *raw, self, "the URL, which may be a pattern");
  });
  git.add_option("URL", raw->value, "As git takes it; '*' stands for a part between two '/'")->type_name("PATTERN");
  git.add_option("--branch", raw->branch, "Only this branch")->type_name("NAME");
  add_source_options(git, *raw);
  git.footer("Example:\n  airssys-wasm trust add-git 'git@git.example.com:team/*' --description 'team repositories'");

  raw = std::make_shared<Raw>();
  CLI::App& key = line.add(trust, "add-key", "Trust what somebody signed", [raw](const CLI::App& self) {
    return take_source(TrustSource::Kind::signature, *raw, self, "the public key");
  });
  key.add_option("KEY", raw->value, "ed25519:…, as 'keygen --show-public-key' shows it")->type_name("KEY");
  key.add_option("--signer", raw->signer, "Whose it is")->type_name("NAME");
  add_source_options(key, *raw);
  key.footer("Example:\n  airssys-wasm trust add-key ed25519:d75a98… --signer release@example.com --description 'release key'");

  raw = std::make_shared<Raw>();
  CLI::App& local = line.add(trust, "add-local", "Trust folders of this machine", [raw](const CLI::App& self) {
    return take_source(TrustSource::Kind::local, *raw, self, "the folder, which may be a pattern");
  });
  local.add_option("PATH", raw->value, "Absolute; '*' stands for a name, '**' for any number of them")->type_name("PATTERN");
  add_source_options(local, *raw);
  local.footer("Example:\n  airssys-wasm trust add-local '/opt/verified/*' --description 'looked at before'");
}

Result<Command> take_remove(const Raw& raw, const CLI::App& app) {
  AIRSSYS_TRY_VOID(required(app, raw.number, "the number"));
  std::size_t number = 0;
  const char* end = raw.number.data() + raw.number.size();
  if (const auto [stop, error] = std::from_chars(raw.number.data(), end, number);
      error != std::errc() || stop != end || number == 0)
    return usage(
        fmt::format("remove: {} is not a number of a source; see 'airssys-wasm trust list'", airssys::quoted(raw.number)));
  return TrustRemoveOptions{number};
}

void declare_trust_verbs(CommandLine& line) {
  CLI::App& trust = line.add_group("trust", "Say whom you trust");
  declare_adding(line, trust);
  using What = TrustShowOptions::What;
  const auto show = [&](const std::string& name, const std::string& description, What what) {
    line.add(trust, name, description, [what](const CLI::App&) { return TrustShowOptions{what}; });
  };
  show("list", "List the sources that you trust, and the keys that you do not", What::list);
  const auto raw = std::make_shared<Raw>();
  CLI::App& remove =
      line.add(trust, "remove", "No longer trust a source", [raw](const CLI::App& self) { return take_remove(*raw, self); });
  remove.add_option("N", raw->number, "Its number in 'airssys-wasm trust list'")->type_name("");
  CLI::App& enable = line.add(trust, "enable-dev-mode", "Check nothing but the forbidden list, for development",
                              [raw](const CLI::App&) { return TrustModeOptions{.on = true, .yes = raw->yes}; });
  enable.add_flag("--yes", raw->yes, "Ask nothing");
  line.add(trust, "disable-dev-mode", "Check everything again", [](const CLI::App&) { return TrustModeOptions{.on = false}; });
  show("status", "Say what holds now, and what is dangerous about it", What::status);
  show("validate", "Check trust-config.toml", What::validate);
  show("path", "Say where trust-config.toml is", What::path);
  show("setup", "Make a trust-config.toml, and say what may stand in it", What::setup);
}

void declare_approvals(CommandLine& line) {
  const auto raw = std::make_shared<Raw>();
  CLI::App& approvals = line.add(line.root(), "approvals", "Show what components ask for, and what was decided",
                                 [raw](const CLI::App&) { return ApprovalsOptions{raw->value}; });
  approvals.add_option("ID", raw->value, "Of a request, or its beginning: all of it (default: a line for each)")->type_name("");

  CLI::App& approve =
      line.add(line.root(), "approve", "Let a component have what it asks for", [raw](const CLI::App& self) -> Result<Command> {
        AIRSSYS_TRY_VOID(required(self, raw->value, "the id of a request"));
        return DecideOptions{.id = raw->value, .approve = true, .narrow = raw->narrow, .reason = raw->reason, .yes = raw->yes};
      });
  approve.add_option("ID", raw->value, "Of the request, or its beginning")->type_name("");
  approve.add_option("--narrow", raw->narrow, "Grant only what this manifest asks for")->type_name("Component.toml");
  approve.add_option("--reason", raw->reason, "For whoever reads it later")->type_name("TEXT");
  approve.add_flag("--yes", raw->yes, "Ask nothing, on a terminal either");
  approve.footer("Example:\n  airssys-wasm approve 3f9a --reason 'reads its own photos'");

  CLI::App& deny =
      line.add(line.root(), "deny", "Refuse a component what it asks for", [raw](const CLI::App& self) -> Result<Command> {
        AIRSSYS_TRY_VOID(required(self, raw->value, "the id of a request"));
        return DecideOptions{.id = raw->value, .approve = false, .narrow = {}, .reason = raw->reason, .yes = true};
      });
  deny.add_option("ID", raw->value, "Of the request, or its beginning")->type_name("");
  deny.add_option("--reason", raw->reason, "For whoever reads it later")->type_name("TEXT");
}

}  // namespace

void declare_trust(CommandLine& line) {
  declare_trust_verbs(line);
  declare_approvals(line);
}

}  // namespace airssys::cli
