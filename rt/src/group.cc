#include "airssys/rt/group.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <shared_mutex>

#include "airssys/base/text.h"
#include "airssys/rt/system.h"
#include "system_core.h"

namespace airssys::rt {
namespace {

constexpr std::size_t name_bytes_max = 256;

// Steele and others' splitmix64: as good as chance for who is next.
std::uint64_t mixed(std::uint64_t n) noexcept {
  n = (n ^ (n >> 30)) * 0xbf58476d1ce4e5b9;
  n = (n ^ (n >> 27)) * 0x94d049bb133111eb;
  return n ^ (n >> 31);
}

Ref<CellList> list_of(std::vector<Ref<Cell>> cells) { return Ref<CellList>::adopt(new CellList(std::move(cells))); }

}  // namespace

MemberTable::MemberTable(std::string name, const void* type, GroupOptions options, std::uint64_t seed)
    : name_(std::move(name)),
      type_(type),
      options_(options),
      turn_(seed),
      members_(list_of({})) {}

Result<Ref<MemberTable>> MemberTable::open(ActorSystem& system, std::string_view name, const void* type, GroupOptions options) {
  if (name.empty() || name.size() > name_bytes_max)
    return fail(Code::invalid_argument,
                fmt::format("name of a group: {} bytes, 1 to {} are allowed", name.size(), name_bytes_max));
  if (options.max_members == 0) return fail(Code::invalid_argument, fmt::format("group '{}': max_members is 0", name));
  SystemCore& core = *system.core_;
  auto made = Ref<MemberTable>::adopt(new MemberTable(std::string(name), type, options, core.executor.platform().random()));
  const std::scoped_lock lock(core.groups_mutex);
  const auto same = std::ranges::find(core.groups, name, [](const auto& group) -> std::string_view { return group->name(); });
  if (same != core.groups.end()) return fail(Code::already_exists, fmt::format("a group named {} is open", quoted(name)));
  if (core.groups.size() >= core.limits.max_groups)
    return fail(Code::exhausted, fmt::format("max_groups: {} are open; raise the limit or close one", core.groups.size()));
  core.groups.push_back(made);
  return made;
}

Result<Ref<MemberTable>> MemberTable::find(const ActorSystem& system, std::string_view name, const void* type) {
  SystemCore& core = *system.core_;
  const std::scoped_lock lock(core.groups_mutex);
  for (const Ref<MemberTable>& group : core.groups) {
    if (group->name() != name) continue;
    if (group->type() == type) return group;
    return fail(Code::invalid_argument, fmt::format("the group {} takes messages of another type", quoted(name)));
  }
  return fail(Code::not_found, fmt::format("no group named {} is open", quoted(name)));
}

bool MemberTable::close(ActorSystem& system, std::string_view name) {
  SystemCore& core = *system.core_;
  const std::scoped_lock lock(core.groups_mutex);
  return std::erase_if(core.groups, [&](const auto& group) { return group->name() == name; }) != 0;
}

Result<> MemberTable::join(const ActorRef& member) {
  if (!member) return fail(Code::invalid_argument, fmt::format("group '{}': an empty address joins", name_));
  const std::scoped_lock lock(mutex_);
  std::vector<Ref<Cell>> cells = members_->cells;
  if (std::ranges::find(cells, member.cell_) != cells.end()) return {};
  if (cells.size() >= options_.max_members) std::erase_if(cells, [](const auto& cell) { return cell->ended(); });
  if (cells.size() >= options_.max_members)
    return fail(Code::exhausted, fmt::format("max_members: group '{}' has {}", name_, cells.size()));
  cells.push_back(member.cell_);
  members_ = list_of(std::move(cells));
  return {};
}

bool MemberTable::remove(const Cell* member) {
  const std::scoped_lock lock(mutex_);
  std::vector<Ref<Cell>> cells = members_->cells;
  if (std::erase_if(cells, [&](const auto& cell) { return cell.get() == member; }) == 0) return false;
  members_ = list_of(std::move(cells));
  return true;
}

Ref<Cell> MemberTable::pick() {
  const std::uint64_t turn = turn_.fetch_add(1, std::memory_order_relaxed);
  const std::shared_lock lock(mutex_);
  const std::vector<Ref<Cell>>& cells = members_->cells;
  if (cells.empty()) return {};
  if (options_.strategy == GroupStrategy::random) return cells[mixed(turn) % cells.size()];
  const std::size_t first = turn % cells.size();
  if (options_.strategy == GroupStrategy::round_robin) return cells[first];
  std::size_t best = first;  // of equals the one whose turn it is
  std::uint64_t least = cells[first]->stats().waiting;
  for (std::size_t n = 1; n < cells.size() && least > 0; ++n) {
    const std::size_t other = (first + n) % cells.size();
    if (const std::uint64_t waiting = cells[other]->stats().waiting; waiting < least) {
      best = other;
      least = waiting;
    }
  }
  return cells[best];
}

Ref<CellList> MemberTable::members() const {
  const std::shared_lock lock(mutex_);
  return members_;
}

std::unexpected<Error> MemberTable::nobody() const {
  return fail(Code::unavailable, fmt::format("group '{}' has no living member", name_));
}

}  // namespace airssys::rt
