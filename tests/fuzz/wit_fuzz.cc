// Laws of WIT and its annotations: any text ends in functions or an error of one line, and every function says either what it
// needs or what is wrong with that.
#include <cstdint>
#include <string_view>

#include "airssys/base/assert.h"
#include "airssys/wasm/wit/packages.h"

using namespace airssys;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto functions = wasm::wit_functions_of({reinterpret_cast<const char*>(data), size});
  if (!functions) {
    const std::string_view message = functions.error().message();
    AIRSSYS_ASSERT(!message.empty() && message.find('\n') == message.npos, "a refusal is one line: {}", message);
    return 0;
  }
  for (const wasm::WitFunction& function : *functions)
    AIRSSYS_ASSERT(function.needs.empty() != function.problem.empty(), "{} says both or neither", function.name);
  return 0;
}
