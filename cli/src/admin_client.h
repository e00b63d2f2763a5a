// AdminClient: a command's connection to a host that runs (docs/formats/admin-protocol.md).
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "airssys/base/descriptor.h"
#include "airssys/base/result.h"
#include "airssys/cli/cli.h"
#include "airssys/wasm/admin/line_buffer.h"
#include "airssys/wasm/admin/protocol.h"
#include "exit_code.h"

namespace airssys::cli {

// Threads: one. Every wait ends when the user asks for the end: cancelled.
class AdminClient {
 public:
  // To the host of that name or process, of the user's home; empty: what AIRSSYS_WASM_HOST says, or
  // the only one that runs. None, or one that does not answer: unavailable; several: invalid_argument.
  [[nodiscard]] static Result<AdminClient> connect(std::string_view host, const Context& context);
  [[nodiscard]] const wasm::AdminGreeting& host() const noexcept { return greeting_; }

  // The line that answers it. Nothing comes within `at_most`: timed_out; the host ends: unavailable.
  [[nodiscard]] Result<std::string> ask(const wasm::AdminRequest& request, Duration at_most);
  // The next line, without its line feed. None: nothing came within about `at_most`.
  [[nodiscard]] Result<std::optional<std::string>> next(Duration at_most);

 private:
  AdminClient(Descriptor socket, const Interrupt& interrupt);
  [[nodiscard]] Result<> greet(Duration at_most);
  [[nodiscard]] Result<> put(std::string_view line, Duration at_most);
  [[nodiscard]] Result<std::string> line_within(Duration at_most);
  // Until it is ready, or some of `left` has passed, which then is less.
  [[nodiscard]] Result<bool> wait(short events, Duration& left);

  Descriptor socket_;
  wasm::LineBuffer lines_;
  const Interrupt* interrupt_;
  wasm::AdminGreeting greeting_;
};

// Exit::network where it was the connection that failed.
[[nodiscard]] Exit admin_exit(const Error& error) noexcept;

}  // namespace airssys::cli
