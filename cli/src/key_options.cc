#include "key_options.h"

#include <memory>

#include "command_line.h"

namespace airssys::cli {
namespace {

struct Raw {
  std::string output, keypair, folder = ".", manifest, wasm, key;
  bool force = false, show = false, detached = false;
};

ProjectOptions project_of(const Raw& raw) { return {.folder = raw.folder, .manifest = raw.manifest, .wasm = raw.wasm}; }

void add_project(CLI::App& app, Raw& raw) {
  app.add_option("PATH", raw.folder, "Folder with a Component.toml (default: this one)")->type_name("DIR");
  app.add_option("--manifest", raw.manifest, "The manifest, when it stands elsewhere")->type_name("FILE");
  app.add_option("--wasm", raw.wasm, "The component, when it is not where the manifest says")->type_name("FILE");
}

void declare_keygen(CommandLine& line) {
  const auto raw = std::make_shared<Raw>();
  CLI::App& app =
      line.add(line.root(), "keygen", "Make the key with which you sign components", [raw](const CLI::App&) -> Result<Command> {
        if (raw->force && raw->show) return usage("keygen: --force makes a key, --show-public-key makes none");
        return KeygenOptions{.output = raw->output, .force = raw->force, .show = raw->show};
      });
  app.add_option("--output,-o", raw->output, "File to write (default ~/.airssys/keypair.json)")->type_name("FILE");
  app.add_flag("--force", raw->force, "Replace the key that is there; what it signed stays signed by it");
  app.add_flag("--show-public-key", raw->show, "Make nothing, show the public key of the file");
  app.footer(
      "The file is for you alone; the public key is what others put into their trust-config.toml.\n\n"
      "Examples:\n  airssys-wasm keygen\n  airssys-wasm keygen --show-public-key");
}

void declare_sign(CommandLine& line) {
  const auto raw = std::make_shared<Raw>();
  CLI::App& app = line.add(line.root(), "sign", "Sign a component and what it may do", [raw](const CLI::App&) {
    return SignOptions{.project = project_of(*raw), .keypair = raw->keypair, .detached = raw->detached};
  });
  add_project(app, *raw);
  app.add_option("--keypair", raw->keypair, "Key to sign with (default ~/.airssys/keypair.json)")->type_name("FILE");
  app.add_flag("--detached", raw->detached, "Also write the signature beside the component, as FILE.wasm.sig");
  app.footer(
      "Writes [security] into the manifest; the rest of it stays as it is. A change of the manifest or of the component after\n"
      "that makes the signature void.\n\n"
      "Examples:\n  airssys-wasm sign echo/\n  airssys-wasm sign --manifest Component.toml --wasm build/echo.wasm");
}

void declare_verify(CommandLine& line) {
  const auto raw = std::make_shared<Raw>();
  CLI::App& app = line.add(line.root(), "verify", "Check the signature of a component",
                           [raw](const CLI::App&) { return VerifyOptions{.project = project_of(*raw), .key = raw->key}; });
  add_project(app, *raw);
  app.add_option("--key", raw->key, "Public key that has to be the author's")->type_name("KEY");
  app.footer(
      "Ends with 9 when a check fails.\n\n"
      "Examples:\n  airssys-wasm verify echo/\n  airssys-wasm verify echo/ --key ed25519:d75a98… --json");
}

void declare_validate(CommandLine& line) {
  const auto raw = std::make_shared<Raw>();
  CLI::App& app = line.add(line.root(), "validate", "Check a manifest, its component, signature and capabilities",
                           [raw](const CLI::App&) { return ValidateOptions{project_of(*raw)}; });
  add_project(app, *raw);
  app.footer(
      "What a host checks before it adds a component, in that order, and nothing is run. A component that is not built yet is "
      "no\n"
      "mistake. Ends with 7 for the manifest or the component, 9 for the signature, 6 for what is forbidden.\n\n"
      "Example:\n  airssys-wasm validate echo/");
}

void declare_analyze(CommandLine& line) {
  const auto raw = std::make_shared<Raw>();
  CLI::App& app = line.add(line.root(), "analyze-capabilities", "Show what a component asks for, and what is dangerous about it",
                           [raw](const CLI::App&) { return AnalyzeOptions{project_of(*raw)}; });
  app.add_option("PATH", raw->folder, "Folder with a Component.toml (default: this one)")->type_name("DIR");
  app.add_option("--manifest", raw->manifest, "The manifest, when it stands elsewhere")->type_name("FILE");
  app.footer("Example:\n  airssys-wasm analyze-capabilities echo/ --json");
}

}  // namespace

void declare_keys(CommandLine& line) {
  declare_keygen(line);
  declare_sign(line);
  declare_verify(line);
  declare_validate(line);
  declare_analyze(line);
}

}  // namespace airssys::cli
