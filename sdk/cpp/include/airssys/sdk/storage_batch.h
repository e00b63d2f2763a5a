// storage_batch: writes that go to the own store together, in their order: a call of the host for each hundred, or MiB, instead
// of one for each. Not a transaction: the calls are made one after the other, and when one is refused those before it stay.
//
//   airssys::storage_batch batch;
//   batch.set("a", "1").remove("b");
//   if (auto done = batch.apply(); !done) …
#pragma once
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "airssys/sdk/bytes.h"
#include "airssys/sdk/detail/bindings.h"
#include "airssys/sdk/storage.h"

namespace airssys {

class storage_batch {
 public:
  storage_batch& set(std::string key, bytes value) {
    operations_.push_back({std::move(key), std::move(value), true});
    return *this;
  }
  storage_batch& remove(std::string key) {
    operations_.push_back({std::move(key), {}, false});
    return *this;
  }
  [[nodiscard]] std::size_t size() const { return operations_.size(); }

  // What was applied leaves the batch; with an error what is left begins with the call that was refused.
  stored<void> apply() {
    std::vector<airssys_core_storage_operation_t> run;
    while (!operations_.empty()) {
      run.clear();
      std::size_t size = 0;
      for (const operation& one : operations_) {
        size += one.key.size() + one.value.size();
        if (run.size() == most_operations || (size > most_bytes && !run.empty())) break;
        run.push_back(lent(one));
      }
      airssys_core_storage_list_operation_t list{run.data(), run.size()};
      airssys_core_storage_storage_error_t refusal;
      if (!airssys_core_storage_apply(&list, &refusal)) return detail::refused(refusal);
      operations_.erase(operations_.begin(), operations_.begin() + static_cast<std::ptrdiff_t>(run.size()));
    }
    return {};
  }

 private:
  static constexpr std::size_t most_operations = 100, most_bytes = 1 << 20;

  struct operation {
    std::string key;
    bytes value;
    bool sets;
  };

  static airssys_core_storage_operation_t lent(const operation& one) {
    airssys_core_storage_operation_t raw{};
    if (one.sets) {
      raw.tag = AIRSSYS_CORE_STORAGE_OPERATION_SET;
      raw.val.set = {detail::lend(one.key), detail::lend_bytes(one.value.span())};
    } else {
      raw.tag = AIRSSYS_CORE_STORAGE_OPERATION_DELETE;
      raw.val.delete_ = detail::lend(one.key);
    }
    return raw;
  }

  std::vector<operation> operations_;
};

}  // namespace airssys
