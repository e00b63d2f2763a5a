#include "airssys/wasm/storage/usage_record.h"

#include <fmt/format.h>

#include <charconv>
#include <string>
#include <utility>
#include <vector>

#include "airssys/base/text.h"

namespace airssys::wasm {
namespace {

constexpr std::string_view holds_key = "usage-holds";
constexpr std::string_view usage_prefix = "usage/";

std::optional<AccountUsage> parse_usage(std::string_view text) {
  AccountUsage usage;
  const char* const end = text.data() + text.size();
  const auto bytes = std::from_chars(text.data(), end, usage.bytes);
  if (bytes.ec != std::errc() || bytes.ptr == end || *bytes.ptr != ' ') return std::nullopt;
  const auto keys = std::from_chars(bytes.ptr + 1, end, usage.keys);
  if (keys.ec != std::errc() || keys.ptr != end) return std::nullopt;
  return usage;
}

}  // namespace

Result<UsageOfAccounts> scan_usage(const StorageBackend& backend) {
  UsageOfAccounts usage;
  // Keys come in the order of their stores: the latest one's prefix mostly fits.
  std::string prefix;
  AccountUsage* account = nullptr;
  std::optional<std::string> stray;
  AIRSSYS_TRY_VOID(backend.scan(Keyspace::guests, {}, [&](std::string_view key, std::string_view value) {
    if (prefix.empty() || !key.starts_with(prefix)) {
      const auto split = StoreId::split(key);
      if (!split) {
        stray = key;
        return false;
      }
      prefix = split->first.prefix();
      account = &usage[split->first.account()];
    }
    account->bytes += key.size() - prefix.size() + value.size();
    ++account->keys;
    return true;
  }));
  if (stray)
    return fail(Code::corrupt,
                fmt::format("the key {} belongs to no store; `airssys-wasm storage verify` says which others do not",
                            airssys::quoted(*stray)));
  return usage;
}

Result<std::optional<UsageOfAccounts>> recorded_usage(const StorageBackend& backend) {
  AIRSSYS_TRY(const auto holds, backend.size_of(Keyspace::host, holds_key));
  if (!holds) return std::nullopt;
  UsageOfAccounts usage;
  bool readable = true;
  const std::string end = end_of_prefix(usage_prefix);
  AIRSSYS_TRY_VOID(backend.scan(Keyspace::host, {usage_prefix, end}, [&](std::string_view key, std::string_view value) {
    auto id = StoreId::parse(key.substr(usage_prefix.size()));
    const auto parsed = parse_usage(value);
    readable = id && parsed;
    if (readable) usage.emplace(*std::move(id), *parsed);
    return readable;
  }));
  if (!readable) return std::nullopt;
  return usage;
}

Result<> record_usage(StorageBackend& backend, const UsageOfAccounts& usage) {
  std::vector<std::pair<std::string, std::string>> lines;
  lines.reserve(usage.size() + 1);
  for (const auto& [account, used] : usage)
    lines.emplace_back(fmt::format("{}{}", usage_prefix, account.text()), fmt::format("{} {}", used.bytes, used.keys));
  lines.emplace_back(holds_key, "1");
  std::vector<StorageWrite> writes;
  writes.reserve(lines.size());
  for (const auto& [key, value] : lines) writes.push_back({key, value});
  return backend.write(Keyspace::host, writes, Durability::disk);
}

Result<> forget_usage(StorageBackend& backend) {
  std::vector<std::string> keys{std::string(holds_key)};
  const std::string end = end_of_prefix(usage_prefix);
  AIRSSYS_TRY_VOID(backend.scan(Keyspace::host, {usage_prefix, end}, [&](std::string_view key, std::string_view) {
    keys.emplace_back(key);
    return true;
  }));
  std::vector<StorageWrite> writes;
  writes.reserve(keys.size());
  for (const std::string& key : keys) writes.push_back({key, std::nullopt});
  return backend.write(Keyspace::host, writes, Durability::disk);
}

}  // namespace airssys::wasm
