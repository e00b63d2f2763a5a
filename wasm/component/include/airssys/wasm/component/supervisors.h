// The supervisors of a host: a tree of named nodes that components are put below, by `[deployment] supervisor` of their
// manifests. A node restarts what is below it by its strategy; one whose children fail too often fails itself, and the node
// above it decides (R3.6). They come from the program around the host, or from `supervisors.toml`:
//
//   [supervisors.pipeline]
//   strategy = "one-for-all"      # one-for-one is the default; rest-for-one
//   max_restarts = 3              # within restart_window_s, of all its children together
//   restart_window_s = 60
//
//   [supervisors.parsers]
//   parent = "pipeline"           # otherwise the root, which is one-for-one and gives up
//   exhausted = "give-up"         # otherwise "escalate"
//
// Reading is strict, as for manifests: all mistakes of a file are reported together, with their places.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "airssys/base/result.h"
#include "airssys/base/time.h"

namespace airssys::wasm {

inline constexpr std::string_view supervisors_file_name = "supervisors.toml";
inline constexpr std::string_view root_supervisor_name = "root";
inline constexpr std::size_t max_supervisors = 1000;
inline constexpr std::size_t max_supervisor_depth = 16;  // below the root

enum class RestartStrategy : std::uint8_t {
  one_for_one,   // the child that failed
  one_for_all,   // all children
  rest_for_one,  // the one that failed, and those started after it
};
// "one-for-one", …
[[nodiscard]] std::string_view restart_strategy_name(RestartStrategy strategy) noexcept;

// What follows when children fail more often than max_restarts allows.
enum class WhenExhausted : std::uint8_t {
  escalate,  // the supervisor stops all its children and has failed itself
  give_up,   // the child ends for good, with a group strategy those with it that would have been restarted
};

struct SupervisorConfig {
  std::string name;    // as ComponentName; not "root"
  std::string parent = {};  // empty: the root
  RestartStrategy strategy = RestartStrategy::one_for_one;
  // One for one, components count their own failures by their manifests' limits; these are then for supervisors below it.
  std::uint32_t max_restarts = 3;
  Duration restart_window = std::chrono::seconds(60);
  WhenExhausted exhausted = WhenExhausted::escalate;
  std::string place = {};  // `file:line:column`, for messages; empty: from the program
};

// Mistakes: one line each, as invalid_configuration. `file_name` stands in the messages.
[[nodiscard]] Result<std::vector<SupervisorConfig>> parse_supervisors(std::string_view text, std::string_view file_name);
// `folder`/supervisors.toml; empty when there is none. Cannot be read: io.
[[nodiscard]] Result<std::vector<SupervisorConfig>> read_supervisors(const std::filesystem::path& folder);

// The same, parents before their children. invalid_configuration, all mistakes in one error, a line each: a wrong name, one that
// is there twice, an unknown parent, a cycle, restarts out of range, too many or too deep.
[[nodiscard]] Result<std::vector<SupervisorConfig>> order_supervisors(std::vector<SupervisorConfig> supervisors);

}  // namespace airssys::wasm
