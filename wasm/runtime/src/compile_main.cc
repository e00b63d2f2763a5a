// airssys-compile: compiles one component in a process of its own, within limits that the kernel enforces, and ends. Started
// by ApartCompiler; nobody else has a use for it.
//
//   airssys-compile MEMORY_BYTES CPU_SECONDS ARTIFACT_BYTES     fd 3: CompileRequest and the component; fd 4: the answer
//
// It links the bridge alone: it starts in a millisecond, and is built without sanitizers, whose shadow memory no limit fits.
#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>

#include "compile_protocol.h"
#include "file.h"

namespace {

using namespace airssys::wasm;

bool limit(int resource, const char* text) {
  const rlim_t value = std::strtoull(text, nullptr, 10);
  const rlimit both{.rlim_cur = value, .rlim_max = value};
  return ::setrlimit(static_cast<__rlimit_resource>(resource), &both) == 0;
}

// Before the first hostile byte is looked at.
bool confine(char** words) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  ::syscall(SYS_close_range, compile_answer_fd + 1, ~0U, 0);
  return limit(RLIMIT_AS, words[1]) && limit(RLIMIT_CPU, words[2]) && limit(RLIMIT_FSIZE, words[3]) && limit(RLIMIT_CORE, "0");
}

bool answer(std::uint32_t code, std::span<const std::byte> content) {
  const CompileAnswer head{.code = code};
  return write_all(compile_answer_fd, std::as_bytes(std::span(&head, 1))) && write_all(compile_answer_fd, content);
}

}  // namespace

int main(int count, char** words) {
  if (count != 4 || !confine(words)) return 2;
  struct stat status{};
  if (::fstat(compile_request_fd, &status) != 0 || status.st_size < static_cast<off_t>(sizeof(CompileRequest))) return 2;
  const auto size = static_cast<std::size_t>(status.st_size);
  void* const input = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, compile_request_fd, 0);
  if (input == MAP_FAILED) return compile_without_memory;
  CompileRequest request;
  std::memcpy(&request, input, sizeof request);
  if (request.magic != compile_magic) return 2;
  const auto* wasm = static_cast<const std::uint8_t*>(input) + sizeof request;
  aw_buf artifact{};
  aw_error* error = aw_component_precompile(&request.config, {wasm, size - sizeof request}, &artifact);
  if (!error) return answer(0, std::as_bytes(std::span(artifact.ptr, artifact.len))) ? 0 : compile_artifact_too_large;
  const aw_str message = aw_error_message(error);
  return answer(aw_error_code(error), std::as_bytes(std::span(message.ptr, message.len))) ? 0 : 2;
}
