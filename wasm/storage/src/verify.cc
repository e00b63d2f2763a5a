#include <fmt/format.h>

#include "airssys/base/text.h"
#include "airssys/wasm/storage/transfer.h"
#include "airssys/wasm/storage/usage_record.h"
#include "scanning.h"
#include "sha256.h"

namespace airssys::wasm {
namespace {

class Verification {
 public:
  explicit Verification(const TransferWatch& watch) : progress_(watch) {}

  Result<> look_at(std::string_view physical, std::string_view value) {
    ++report_.digest.keys;
    report_.digest.bytes += physical.size() + value.size();
    hash_.add_framed(physical);
    hash_.add_framed(value);
    if (const auto found = stores_.at(physical))
      look_at(*found->first, found->second, value);
    else
      say(fmt::format("the key {} belongs to no store", airssys::quoted(physical)));
    return progress_.step(physical.size() + value.size());
  }

  Result<VerifyReport> compare_with_record(const StorageBackend& backend) {
    report_.digest.sha256 = hash_.hex();
    AIRSSYS_TRY(const auto recorded, recorded_usage(backend));
    report_.recorded = recorded.has_value();
    if (!recorded) return std::move(report_);
    UsageOfAccounts differing = *recorded;
    for (const auto& [account, found] : usage_)
      if (found == differing[account]) differing.erase(account);
    for (const auto& [account, recorded_as] : differing) {
      const AccountUsage found = usage_[account];
      if (found != recorded_as)
        say(fmt::format("{}: the host's record says {} keys with {} bytes, there are {} with {}", account.text(),
                        recorded_as.keys, recorded_as.bytes, found.keys, found.bytes));
    }
    return std::move(report_);
  }

 private:
  void look_at(const StoreId& store, std::string_view key, std::string_view value) {
    if (report_.stores.empty() || report_.stores.back().store != store) report_.stores.push_back({.store = store});
    ++report_.stores.back().keys;
    report_.stores.back().bytes += key.size() + value.size();
    AccountUsage& account = usage_[store.account()];
    ++account.keys;
    account.bytes += key.size() + value.size();
    if (const std::string mistake = storage_key_mistake(key); !mistake.empty())
      say(fmt::format("{}: {}: {}", store.text(), airssys::quoted(key), mistake));
    if (value.size() > max_storage_value_bytes)
      say(fmt::format("{}: {} has a value of {} bytes; the most is {}", store.text(), airssys::quoted(key), value.size(),
                      max_storage_value_bytes));
  }
  void say(std::string problem) {
    if (report_.problems.size() < VerifyReport::max_problems)
      report_.problems.push_back(std::move(problem));
    else
      ++report_.more_problems;
  }

  Progress progress_;
  StoreCursor stores_;
  Sha256 hash_;
  UsageOfAccounts usage_;
  VerifyReport report_;
};

}  // namespace

Result<VerifyReport> verify_storage(const StorageBackend& backend, const TransferWatch& watch) {
  Verification verification(watch);
  AIRSSYS_TRY_VOID(scan_each(backend, Keyspace::guests, {},
                             [&](std::string_view key, std::string_view value) { return verification.look_at(key, value); }));
  return verification.compare_with_record(backend);
}

}  // namespace airssys::wasm
