#include "airssys/wasm/component/supervisors.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "airssys/base/text.h"
#include "airssys/wasm/core/identity.h"
#include "airssys/wasm/toml/problems.h"
#include "airssys/wasm/toml/table_reader.h"
#include "bounded_file.h"

namespace airssys::wasm {
namespace {

using namespace std::string_view_literals;

constexpr std::array strategies{"one-for-one"sv, "one-for-all"sv, "rest-for-one"sv};
constexpr std::array exhausted_names{"escalate"sv, "give-up"sv};
constexpr std::uint64_t most_restarts = 1000;
constexpr std::uint64_t longest_window_s = 86'400;

SupervisorConfig read_one(const Entry& entry, Problems& problems) {
  SupervisorConfig config{.name = entry.key, .place = problems.at(entry.place)};
  TableReader table(problems, fmt::format("[supervisors.{}]", printable(entry.key, ComponentName::max_bytes)));
  if (entry.value.kind != ValueKind::table) {
    problems.mistake(entry.place, fmt::format("{} is no table; write its keys below that line", table.title()));
    return config;
  }
  table.add(entry.value);
  if (auto parent = table.text({"parent", R"("pipeline")"})) config.parent = std::move(parent->text);
  if (const auto said = table.choice({"strategy", R"("one-for-all")"}, strategies))
    config.strategy = static_cast<RestartStrategy>(*said);
  if (const auto said = table.integer({"max_restarts", "3"}, {0, most_restarts}))
    config.max_restarts = static_cast<std::uint32_t>(*said);
  if (const auto said = table.integer({"restart_window_s", "60"}, {1, longest_window_s}))
    config.restart_window = std::chrono::seconds(*said);
  if (const auto said = table.choice({"exhausted", R"("escalate")"}, exhausted_names))
    config.exhausted = static_cast<WhenExhausted>(*said);
  table.finish();
  return config;
}

// Checks the whole and sorts it.
class Order {
 public:
  explicit Order(std::vector<SupervisorConfig> given) : given_(std::move(given)) {
    if (given_.size() > max_supervisors) {
      problem(given_.back(), fmt::format("there are {} supervisors, {} are allowed", given_.size(), max_supervisors));
      return;
    }
    for (std::size_t n = 0; n < given_.size(); ++n) check_alone(n);
    for (const SupervisorConfig& config : given_) check_parent(config);
    if (problems_.empty())
      for (std::size_t n = 0; n < given_.size(); ++n) place(n);
  }
  Result<std::vector<SupervisorConfig>> result() && {
    if (!problems_.empty()) return fail(Code::invalid_configuration, std::move(problems_));
    return std::move(sorted_);
  }

 private:
  void check_alone(std::size_t n) {
    const SupervisorConfig& config = given_[n];
    const auto name = ComponentName::parse(config.name);
    if (!name)
      problem(config, fmt::format("the name is wrong: {}", name.error().message()));
    else if (config.name == root_supervisor_name)
      problem(config, "the root is there by itself; choose another name");
    if (const auto [at, is_new] = by_name_.try_emplace(config.name, n); !is_new) {
      const std::string& place = given_[at->second].place;
      problem(config,
              fmt::format("there is one of that name already{}{}; rename one of them", place.empty() ? "" : ", at ", place));
    }
    if (config.max_restarts > most_restarts || config.restart_window <= Duration::zero())
      problem(config, fmt::format("at most {} restarts in a window longer than 0 are allowed", most_restarts));
  }

  void check_parent(const SupervisorConfig& config) {
    if (config.parent.empty() || config.parent == root_supervisor_name || by_name_.contains(config.parent)) return;
    std::vector<std::string_view> known;
    for (const auto& [name, index] : by_name_) known.push_back(name);
    const std::string_view near = nearest(config.parent, known);
    problem(config,
            fmt::format("its parent {} is no supervisor; {}", airssys::quoted(config.parent),
                        near.empty() ? "add it, or leave parent out for the root" : fmt::format("did you mean '{}'?", near)));
  }

  // After its parent. As deep as max_supervisors at most, in a cycle too.
  std::size_t place(std::size_t n) {
    SupervisorConfig& config = given_[n];
    if (depth_.contains(n)) {
      if (depth_[n] == 0 && problems_.empty()) problem(config, "it is below itself; give one of the circle another parent");
      return depth_[n];
    }
    depth_[n] = 0;  // on the way
    if (config.parent == root_supervisor_name) config.parent.clear();
    const std::size_t depth = (config.parent.empty() ? 0 : place(by_name_.find(config.parent)->second)) + 1;
    if (depth > max_supervisor_depth && problems_.empty())
      problem(config, fmt::format("it is more than {} supervisors below the root; make the tree flatter", max_supervisor_depth));
    sorted_.push_back(config);
    return depth_[n] = depth;
  }

  void problem(const SupervisorConfig& config, std::string_view what) {
    problems_ += fmt::format("{}{}{}supervisor {}: {}", problems_.empty() ? "" : "\n", config.place,
                             config.place.empty() ? "" : ": ", airssys::quoted(config.name), what);
  }

  std::vector<SupervisorConfig> given_;
  std::vector<SupervisorConfig> sorted_;
  std::map<std::string, std::size_t, std::less<>> by_name_;
  std::map<std::size_t, std::size_t> depth_;
  std::string problems_;
};

}  // namespace

std::string_view restart_strategy_name(RestartStrategy strategy) noexcept {
  return strategies[static_cast<std::size_t>(strategy)];
}

Result<std::vector<SupervisorConfig>> order_supervisors(std::vector<SupervisorConfig> supervisors) {
  return Order(std::move(supervisors)).result();
}

Result<std::vector<SupervisorConfig>> parse_supervisors(std::string_view text, std::string_view file_name) {
  Problems problems(file_name);
  auto root = parse_toml(text);
  if (!root) {
    problems.mistake(root.error().place, std::move(root.error().what));
    return std::unexpected(problems.error());
  }
  TableReader reader(problems, "the file");
  reader.add(*root);
  constexpr Key key{"supervisors", "{ pipeline = {} }"};
  std::vector<SupervisorConfig> all;
  if (const Entry* entry = reader.find(key); entry && reader.expect(*entry, ValueKind::table, "a table", key))
    for (const Entry& one : entry->value.entries) all.push_back(read_one(one, problems));
  reader.finish();
  if (problems.any_mistake()) return std::unexpected(problems.error());
  return all;
}

Result<std::vector<SupervisorConfig>> read_supervisors(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / supervisors_file_name;
  std::error_code error;
  if (!std::filesystem::exists(std::filesystem::symlink_status(file, error))) return std::vector<SupervisorConfig>();
  AIRSSYS_TRY(const std::string text, read_bounded(file, max_document_bytes));
  return parse_supervisors(text, file.native());
}

}  // namespace airssys::wasm
