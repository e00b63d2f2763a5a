#include <fcntl.h>
#include <unistd.h>

#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "airssys/cli/cli.h"
#include "signals.h"

namespace {

// Standard descriptors that the parent closed would be given to the next file that is opened, and lines for a person would
// end up in it.
void hold_standard_descriptors() {
  int opened = 0;
  do {
    opened = ::open("/dev/null", O_RDWR);
  } while (opened >= 0 && opened <= STDERR_FILENO);
  if (opened > STDERR_FILENO) ::close(opened);
}

std::map<std::string, std::string, std::less<>> environment() {
  std::map<std::string, std::string, std::less<>> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    if (const auto equals = text.find('='); equals != std::string_view::npos)
      variables.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return variables;
}

}  // namespace

int main(int count, char** values) try {
  hold_standard_descriptors();
  const auto console = airssys::cli::process_console();
  const auto interrupt = airssys::cli::process_interrupt();
  const auto platform = airssys::real_platform();
  const auto backend = airssys::cli::host_backend();
  airssys::cli::Context context{*console, *platform, *backend, *interrupt, environment()};
  const std::vector<std::string> arguments(values + (count > 0 ? 1 : 0), values + count);
  return airssys::cli::execute(arguments, context);
} catch (const std::exception& exception) {
  // A library's exception that no seam caught: out of memory.
  const std::string line = std::string("error: ") + exception.what() + "\n";
  return ::write(STDERR_FILENO, line.data(), line.size()) < 0 ? 2 : 1;
}
