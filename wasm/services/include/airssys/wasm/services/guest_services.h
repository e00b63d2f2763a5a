// `airssys:core/services` for one component: its log lines, its clocks, who else is there, and what the program around the
// host offers; and what its WASI needs besides, random bytes from the crypto library.
//
// Log lines reach the host's LogSink under the component's name. Nothing of a guest reaches a terminal raw: control
// characters are escaped here, so that no sink has to think of it. Bounds: a line is cut at max_line_bytes, at most
// max_fields are kept, at most max_lines_per_second pass; what is over is counted, and the count is logged once the
// component is quiet again.
//
// Who else is there a component learns of those only that it may send to, and of itself; about others the answer is the same
// whether they exist or not, and likewise about functions of the program that do not name it.
//
// Threads: as HostFunctions: one call at a time.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "airssys/base/log.h"
#include "airssys/base/platform.h"
#include "airssys/base/result.h"
#include "airssys/wasm/actor/directory.h"
#include "airssys/wasm/core/capability.h"
#include "airssys/wasm/core/host_functions.h"
#include "airssys/wasm/core/identity.h"
#include "airssys/wasm/core/security.h"
#include "airssys/wasm/core/stats.h"

namespace airssys::wasm {

// Who calls a function of the program, and with what. Valid during the call.
struct EmbedderCall {
  const ComponentAddress& caller;
  // Of the caller. A function that does in its name what needs a capability asks here first, as open_file (guarded_open.h) does:
  // else whoever may call it can do with it what the program may.
  PermissionGate& gate;
  std::span<const std::byte> payload;
};

// A function of the program around the host, for `call-host-function`. Whom a pattern names is granted host_call of its name, and
// nobody else.
struct EmbedderFunction {
  std::string name;
  std::vector<TargetPattern> callers;
  // On the worker that runs the caller: it must neither block nor throw. An error's message is what the guest gets, as
  // `permission-denied` when the error is denied, forbidden or policy_violation, else as `failed`.
  std::function<Result<Bytes>(const EmbedderCall& call)> call;
};

class GuestServices final : public ServicesFunctions {
 public:
  static constexpr std::size_t max_line_bytes = 4096;
  static constexpr std::size_t max_field_bytes = 256;
  static constexpr std::size_t max_fields = 16;
  static constexpr std::uint32_t max_lines_per_second = 1000;

  struct Options {
    ComponentAddress self;
    std::span<const EmbedderFunction> functions;
  };

  // All, also what `options` points to, outlive this.
  GuestServices(Options options, PermissionGate& gate, const ComponentDirectory& directory, Platform& platform, LogSink& log,
                ComponentStats& stats);
  ~GuestServices() override;

  void log(LogLevel level, std::string_view text, std::span<const LogField> fields) noexcept override;
  WallTime current_time() noexcept override { return platform_.wall_now(); }
  Instant monotonic_now() noexcept override { return platform_.now(); }
  void fill_random(std::span<std::byte> bytes) noexcept override;
  std::vector<std::string> list_components() noexcept override;
  MetadataResult component_metadata(std::string_view id) noexcept override;
  HostCallResult call_host_function(std::string_view name, std::span<const std::byte> payload) noexcept override;

 private:
  bool admit() noexcept;
  void report_suppressed() noexcept;

  bool may_know(const ComponentAddress& other) const noexcept {
    return other == options_.self || gate_.would_allow(Action::messaging_send, other.text());
  }

  const Options options_;
  const std::string name_;
  PermissionGate& gate_;
  const ComponentDirectory& directory_;
  Platform& platform_;
  LogSink& log_;
  ComponentStats& stats_;
  Instant window_start_{};
  std::uint32_t lines_in_window_ = 0;
  std::uint64_t suppressed_ = 0;
};

}  // namespace airssys::wasm
