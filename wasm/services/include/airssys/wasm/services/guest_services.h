// `airssys:core/services` for one component: its log lines and its clocks; and what its WASI needs besides, random bytes
// from the crypto library.
//
// Log lines reach the host's LogSink under the component's name. Nothing of a guest reaches a terminal raw: control
// characters are escaped here, so that no sink has to think of it. Bounds: a line is cut at max_line_bytes, at most
// max_fields are kept, at most max_lines_per_second pass; what is over is counted, and the count is logged once the
// component is quiet again.
//
// Threads: as HostFunctions: one call at a time.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>

#include "airssys/base/log.h"
#include "airssys/base/platform.h"
#include "airssys/wasm/core/host_functions.h"
#include "airssys/wasm/core/stats.h"

namespace airssys::wasm {

class GuestServices final : public ServicesFunctions {
 public:
  static constexpr std::size_t max_line_bytes = 4096;
  static constexpr std::size_t max_field_bytes = 256;
  static constexpr std::size_t max_fields = 16;
  static constexpr std::uint32_t max_lines_per_second = 1000;

  // All but `name` outlive this.
  GuestServices(std::string name, Platform& platform, LogSink& log, ComponentStats& stats);
  ~GuestServices() override;

  void log(LogLevel level, std::string_view text, std::span<const LogField> fields) noexcept override;
  WallTime current_time() noexcept override { return platform_.wall_now(); }
  Instant monotonic_now() noexcept override { return platform_.now(); }
  void fill_random(std::span<std::byte> bytes) noexcept override;

 private:
  bool admit() noexcept;
  void report_suppressed() noexcept;

  const std::string name_;
  Platform& platform_;
  LogSink& log_;
  ComponentStats& stats_;
  Instant window_start_{};
  std::uint32_t lines_in_window_ = 0;
  std::uint64_t suppressed_ = 0;
};

}  // namespace airssys::wasm
