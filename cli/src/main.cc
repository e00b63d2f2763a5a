#include <fcntl.h>
#include <malloc.h>
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

// Messages come in bursts. To give the memory of each back to the kernel and fault it in again for the next costs more than
// the messages themselves: 30 us of 35 for one of 64 KiB, 1300 of 1350 for one of 1 MiB. So this much stays with the process, and
// no message has a mapping of its own.
void keep_freed_memory() {
  constexpr int kept_bytes = 64 << 20;
  constexpr int largest_message = 4 << 20;
  mallopt(M_TRIM_THRESHOLD, kept_bytes);
  mallopt(M_MMAP_THRESHOLD, largest_message);
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
  keep_freed_memory();
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
