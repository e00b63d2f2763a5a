#include "airssys/wasm/core/identity.h"
#include "airssys/wasm/storage/transfer.h"

namespace airssys::wasm {
namespace {

std::pair<std::string, std::string> range_of(std::string prefix) {
  std::string end = end_of_prefix(prefix);
  return {std::move(prefix), std::move(end)};
}

}  // namespace

Result<StorageSelection> StorageSelection::parse(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == text.npos) {
    AIRSSYS_TRY(const ComponentAddress address, ComponentAddress::parse(text));
    return of_account(StoreId::own_of(address));
  }
  const bool in_default = text.substr(0, colon).find('/') == text.npos && !text.starts_with("shared:");
  const std::string whole = in_default ? std::string(ComponentAddress::default_namespace) + "/" : std::string();
  AIRSSYS_TRY(const StoreId store, StoreId::parse(whole + std::string(text)));
  return of_store(store);
}

StorageSelection StorageSelection::of_account(const StoreId& account) {
  StorageSelection selection = of_store(account);
  selection.is_account_ = true;
  if (!account.is_shared()) selection.ranges_.push_back(range_of(account.named_prefix()));
  return selection;
}

StorageSelection StorageSelection::of_store(const StoreId& store) {
  StorageSelection selection;
  selection.ranges_ = {range_of(store.prefix())};
  selection.store_ = store;
  return selection;
}

}  // namespace airssys::wasm
