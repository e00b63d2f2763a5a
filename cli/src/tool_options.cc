#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <memory>

#include "airssys/base/text.h"
#include "command_line.h"

namespace airssys::cli {
namespace {

constexpr std::array<std::string_view, 4> guest_languages{"c", "cpp", "go", "rust"};

// CLI11 fills in strings, and paths are made of them.
struct Raw {
  std::string path, module, output, wit, world, language, before, after;
};

Result<Command> take_bindgen(const Raw& raw, const CLI::App& app) {
  AIRSSYS_TRY_VOID(required(app, raw.language, "--lang"));
  if (std::ranges::find(guest_languages, raw.language) == guest_languages.end())
    return usage(fmt::format("bindgen: --lang {} is not supported; the languages are: {}", airssys::quoted(raw.language),
                             fmt::join(guest_languages, ", ")));
  AIRSSYS_TRY_VOID(required(app, raw.world, "--world"));
  AIRSSYS_TRY_VOID(required(app, raw.output, "--out"));
  return BindgenOptions{raw.language, raw.world, raw.output, raw.wit};
}

Result<Command> take_componentize(const Raw& raw, const CLI::App& app) {
  AIRSSYS_TRY_VOID(required(app, raw.module, "the core module"));
  AIRSSYS_TRY_VOID(required(app, raw.output, "-o OUT.wasm"));
  return ComponentizeOptions{raw.module, raw.output, raw.wit, raw.world};
}

Result<Command> take_diff(const Raw& raw, const CLI::App& app) {
  AIRSSYS_TRY_VOID(required(app, raw.before, "OLD"));
  AIRSSYS_TRY_VOID(required(app, raw.after, "NEW"));
  return WitDiffOptions{raw.before, raw.after};
}

void declare_inspect(CommandLine& line) {
  const auto raw = std::make_shared<Raw>();
  CLI::App& app = line.add(line.root(), "inspect", "Show what a component is, and what it may do",
                           [raw](const CLI::App& self) -> Result<Command> {
                             AIRSSYS_TRY_VOID(required(self, raw->path, "the .wasm file or folder"));
                             return InspectOptions{raw->path};
                           });
  app.add_option("PATH", raw->path, "A .wasm file, or a folder with a Component.toml")->type_name("FILE.wasm|DIR");
  app.footer("Examples:\n  airssys-wasm inspect examples/echo\n  airssys-wasm inspect echo.wasm --json");
}

void declare_componentize(CommandLine& line) {
  const auto raw = std::make_shared<Raw>();
  CLI::App& app = line.add(line.root(), "componentize", "Turn a core module into a component",
                           [raw](const CLI::App& self) { return take_componentize(*raw, self); });
  app.add_option("CORE", raw->module, "A core module, .wasm or .wat")->type_name("CORE.wasm");
  app.add_option("--output,-o", raw->output, "The component to write")->type_name("OUT.wasm");
  app.add_option("--wit", raw->wit, "Folder of WIT files (default: the host's own, built in)")->type_name("DIR");
  app.add_option("--world", raw->world, "World of the component (default: the module says it)")->type_name("W");
  app.footer("Example:\n  airssys-wasm componentize core.wasm -o echo.wasm --world component");
}

void declare_compatibility(CommandLine& line) {
  const auto raw = std::make_shared<Raw>();
  CLI::App& app = line.add(line.root(), "compatibility", "Say in which codecs two components can talk",
                           [raw](const CLI::App& self) -> Result<Command> {
                             AIRSSYS_TRY_VOID(required(self, raw->before, "A"));
                             AIRSSYS_TRY_VOID(required(self, raw->after, "B"));
                             return CompatibilityOptions{raw->before, raw->after};
                           });
  app.add_option("A", raw->before, "A folder with a Component.toml")->type_name("");
  app.add_option("B", raw->after, "Another")->type_name("");
  app.footer(
      "By what [serialization] of their manifests says; nothing runs. Ends with 1 when they have no codec in common.\n\n"
      "Example:\n  airssys-wasm compatibility examples/text-pipeline/splitter examples/text-pipeline/counter");
}

void declare_wit(CommandLine& line) {
  CLI::App& wit = line.add_group("wit", "Work with WIT, the language of interfaces");
  const auto raw = std::make_shared<Raw>();
  CLI::App& bindgen = line.add(wit, "bindgen", "Write the bindings of a world for guests",
                               [raw](const CLI::App& self) { return take_bindgen(*raw, self); });
  bindgen.add_option("--lang", raw->language, "Language of the guest: c, cpp, go, rust")->type_name("LANG");
  bindgen.add_option("--world", raw->world, "World the guest implements")->type_name("W");
  bindgen.add_option("--out", raw->output, "Folder to write to; files that would not change stay untouched")->type_name("DIR");
  bindgen.add_option("--wit", raw->wit, "Folder of WIT files (default: the host's own, built in)")->type_name("DIR");
  bindgen.footer("Example:\n  airssys-wasm wit bindgen --lang c --world component --out generated/");

  CLI::App& check = line.add(wit, "check", "List the functions that WIT offers, with the capability that each needs",
                             [raw](const CLI::App&) { return WitCheckOptions{raw->wit}; });
  check.add_option("WIT", raw->wit, "Folder of WIT files, or a file (default: the host's own, built in)")->type_name("PATH");
  check.footer(
      "Ends with 7 when a function has no annotation, or one that is not understood.\n\n"
      "Example:\n  airssys-wasm wit check wit/");

  CLI::App& diff = line.add(wit, "diff", "Say which changes between two versions of WIT break components",
                            [raw](const CLI::App& self) { return take_diff(*raw, self); });
  diff.add_option("OLD", raw->before, "Folder of WIT files, or a file")->type_name("");
  diff.add_option("NEW", raw->after, "The same, later")->type_name("");
  diff.footer(
      "What is removed or changed breaks what was built against it, and needs a new major version; what is added does not.\n"
      "Ends with 1 when something breaks.\n\n"
      "Example:\n  airssys-wasm wit diff released/wit wit");
}

}  // namespace

void declare_tools(CommandLine& line) {
  declare_inspect(line);
  declare_componentize(line);
  declare_wit(line);
  declare_compatibility(line);
}

}  // namespace airssys::cli
