// Rows that one measurement answers: it is made by the first of them that is asked for.
#pragma once
#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "serve.h"

namespace airssys::bench {

// Adds the rows "GROUP.NAME", of each name in `figures` with the member that holds it. `measure` answers a Result<Figures>.
template <class Figures, std::size_t count, std::invocable Measure>
void add_figures(Rows& rows, const std::string& group, const std::pair<std::string_view, double Figures::*> (&figures)[count],
                 Measure measure) {
  auto measured = std::make_shared<std::optional<Figures>>();
  for (const auto& [name, figure] : figures)
    rows[group + "." + std::string(name)] = Gauge([measure, figure, measured]() -> Result<double> {
      if (!*measured) {
        AIRSSYS_TRY(*measured, measure());
      }
      return (*measured).value().*figure;
    });
}

}  // namespace airssys::bench
