// The commands of `airssys-wasm` as a library (R11.5): main() fills a Context and returns what execute() says.
//
// Results go to standard output, everything else to standard error. With `--json` standard output is one document.
#pragma once
#include <functional>
#include <map>
#include <span>
#include <string>

#include "airssys/base/platform.h"
#include "airssys/base/time.h"
#include "airssys/cli/backend.h"
#include "airssys/cli/console.h"

namespace airssys::cli {

// Whether the user asked the program to end (Ctrl-C, SIGTERM). Threads: requested any, wait one.
class Interrupt {
 public:
  virtual ~Interrupt() = default;
  [[nodiscard]] virtual bool requested() const noexcept = 0;
  // For who has nothing else to wait for: until it is requested or that time has passed, or earlier.
  virtual void wait(Duration at_most) const noexcept = 0;
};

// Everything a command knows of the world around it. All of it outlives the call of execute().
struct Context {
  Console& console;
  Platform& platform;
  Backend& backend;
  const Interrupt& interrupt;
  std::map<std::string, std::string, std::less<>> environment;
};

// `arguments` are those after the program's name. Returns the exit code (R11.2).
[[nodiscard]] int execute(std::span<const std::string> arguments, Context& context);

}  // namespace airssys::cli
