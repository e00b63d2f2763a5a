// The component's log: airssys::log::info("text"), with fields airssys::log::warn("refused", {{"target", name}}).
//
// printf, puts and std::cout work too: a line of stdout becomes one of level info, of stderr one of level warn.
#pragma once
#include <initializer_list>
#include <string_view>
#include <utility>
#include <vector>

#include "airssys/sdk/detail/bindings.h"

namespace airssys::log {

// In the order of the WIT.
enum class level : std::uint8_t { trace, debug, info, warn, error };
using field = std::pair<std::string_view, std::string_view>;

// One line. Longer than the host's limit: cut, with a mark.
inline void write(level at, std::string_view text, std::initializer_list<field> fields = {}) {
  detail::wit_string line = detail::lend(text);
  std::vector<detail::wit_pair> pairs;
  pairs.reserve(fields.size());
  for (const auto& [key, value] : fields) pairs.push_back({detail::lend(key), detail::lend(value)});
  detail::wit_pairs list{pairs.data(), pairs.size()};
  airssys_core_services_log(static_cast<airssys_core_services_log_level_t>(at), &line, &list);
}

inline void trace(std::string_view text, std::initializer_list<field> fields = {}) { write(level::trace, text, fields); }
inline void debug(std::string_view text, std::initializer_list<field> fields = {}) { write(level::debug, text, fields); }
inline void info(std::string_view text, std::initializer_list<field> fields = {}) { write(level::info, text, fields); }
inline void warn(std::string_view text, std::initializer_list<field> fields = {}) { write(level::warn, text, fields); }
inline void error(std::string_view text, std::initializer_list<field> fields = {}) { write(level::error, text, fields); }

}  // namespace airssys::log
