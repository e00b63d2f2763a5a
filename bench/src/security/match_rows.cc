// match: whether one of fifty capabilities allows what is asked for, nothing remembered. The one that does is the last of them,
// so that all are compared.
#include <fmt/format.h>
#include <fnmatch.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "airssys/base/assert.h"
#include "airssys/wasm/core/capability.h"
#include "airssys/wasm/core/forbidden_list.h"
#include "rows.h"

namespace airssys::bench {
namespace {

using namespace wasm;

constexpr std::size_t patterns = 50;

// Of fifty, by number; all begin alike, as those of one component do.
template <class Text>
std::shared_ptr<const CapabilitySet> fifty(Action action, Text text) {
  auto set = std::make_shared<CapabilitySet>();
  for (std::size_t n = 0; n < patterns; ++n) {
    auto capability = Capability::parse(action, text(n));
    AIRSSYS_ASSERT(capability && set->grant(*std::move(capability)), "{}", text(n));
  }
  AIRSSYS_ASSERT(set->size() == patterns, "two of the patterns are the same");
  return set;
}

// `ask` answers whether it was allowed, which has to be `expected`.
template <class Ask>
Batch asking(bool expected, Ask ask) {
  return [expected, ask = std::move(ask)](std::uint64_t n) -> Result<Ran> {
    std::uint64_t allowed = 0;
    const auto begin = std::chrono::steady_clock::now();
    for (std::uint64_t i = 0; i < n; ++i) allowed += ask();
    const Duration took = std::chrono::steady_clock::now() - begin;
    if (allowed != (expected ? n : 0)) return fail(Code::internal, "a wrong answer");
    return Ran{n, took};
  };
}

Batch by_text(std::shared_ptr<const CapabilitySet> set, Action action, std::string resource, bool expected = true) {
  return asking(expected, [set = std::move(set), action, resource = std::move(resource)] {
    return set->find(action, resource) != nullptr;
  });
}

template <class Typed>
Batch by_value(std::shared_ptr<const CapabilitySet> set, Action action, Typed resource) {
  return asking(
      true, [set = std::move(set), action, resource = std::move(resource)] { return set->find(action, resource) != nullptr; });
}

// A third each: everything below, one name, a part of a name.
std::string path_pattern(std::size_t n) {
  switch (n % 3) {
    case 0: return fmt::format("/srv/data/customer-{}/**", n);
    case 1: return fmt::format("/srv/data/customer-{}/*/report.csv", n);
    default: return fmt::format("/srv/data/customer-{}/**/part-*.csv", n);
  }
}

void add_path_rows(Rows& rows) {
  const auto set = fifty(Action::filesystem_read, path_pattern);
  rows["match.path"] = by_text(set, Action::filesystem_read, "/srv/data/customer-49/2026/report.csv");
  rows["match.path.denied"] = by_text(set, Action::filesystem_read, "/srv/data/customer-x/2026/report.csv", false);
  // The C library's matcher, which crosses slashes and compiles nothing.
  std::vector<std::string> plain;
  for (std::size_t n = 0; n < patterns; ++n) {
    plain.push_back(path_pattern(n));
    if (const std::size_t two = plain.back().find("**"); two != std::string::npos) plain.back().erase(two, 1);
  }
  rows["match.path.fnmatch"] = asking(true, [plain = std::move(plain)] {
    for (const std::string& pattern : plain)
      if (fnmatch(pattern.c_str(), "/srv/data/customer-49/2026/report.csv", 0) == 0) return true;
    return false;
  });
  // One pattern with all the wildcards that it may have, on a path that is as long as a path may be and fails at the end.
  std::string hard, path;
  for (int n = 0; n < 7; ++n) hard += "/*a?a*b";
  while (path.size() + 18 <= max_path_bytes) path += "/aaaaaaaaaaaaaaaab";
  auto hostile = std::make_shared<CapabilitySet>();
  auto capability = Capability::parse(Action::filesystem_read, "/**" + hard + "/**/x");
  AIRSSYS_ASSERT(capability && hostile->grant(*std::move(capability)), "{}", hard);
  rows["match.path.hostile"] = by_text(std::move(hostile), Action::filesystem_read, path, false);
  rows["match.forbidden"] = asking(false, [list = ForbiddenList::defaults()] {
    return list.find(Action::filesystem_write, "/srv/data/customer-49/2026/report.csv") != nullptr;
  });
}

void add_other_rows(Rows& rows) {
  const auto endpoints = fifty(Action::network_outbound, [](std::size_t n) {
    return n % 2 == 0 ? fmt::format("api-{}.example.org:443", n) : fmt::format("*.cdn-{}.example.org:443", n);
  });
  const std::string endpoint = "https:img.cdn-49.example.org:443";
  rows["match.endpoint"] = by_value(endpoints, Action::network_outbound, *Endpoint::parse(endpoint));
  rows["match.endpoint.text"] = by_text(endpoints, Action::network_outbound, endpoint);

  const auto storage = fifty(Action::storage_read, [](std::size_t n) { return fmt::format("shared:catalogue-{}", n); });
  rows["match.storage"] = by_text(storage, Action::storage_read, "shared:catalogue-49");

  const auto targets = fifty(Action::messaging_send, [](std::size_t n) {
    return n % 2 == 0 ? fmt::format("photos/indexer-{}", n) : fmt::format("photos/worker-{}-*", n);
  });
  rows["match.target"] = by_value(targets, Action::messaging_send, *ComponentAddress::parse("photos/worker-49-7"));
  rows["match.target.text"] = by_text(targets, Action::messaging_send, "photos/worker-49-7");

  const auto topics = fifty(Action::messaging_publish, [](std::size_t n) {
    return n % 2 == 0 ? fmt::format("orders.region-{}.*", n) : fmt::format("orders.region-{}.**", n);
  });
  rows["match.topic"] = by_value(topics, Action::messaging_publish, *Topic::parse("orders.region-49.created"));
  rows["match.topic.text"] = by_text(topics, Action::messaging_publish, "orders.region-49.created");

  const auto programs = fifty(Action::process_spawn, [](std::size_t n) { return fmt::format("/usr/bin/tool-{}", n); });
  rows["match.process"] = by_text(programs, Action::process_spawn, "/usr/bin/tool-49");
}

}  // namespace

void add_match_rows(Rows& rows) {
  add_path_rows(rows);
  add_other_rows(rows);
}

}  // namespace airssys::bench
