// Keys and values that outlive the instance, in the component's own store or in one that several share.
//
//   const auto kept = airssys::storage().get("greeting");            // a std::expected of an optional of bytes
//   airssys::storage().set("greeting", "hello");
//   airssys::storage().set_value("order/7", order);                  // and get_value<Order>("order/7")
//   airssys::storage().scan("order/", [](std::string_view key, airssys::bytes value) { … });
//   auto team = airssys::open_store("shared:team");                   // with the same functions, as far as a store has them
//
// A key is UTF-8 of 1 to 256 bytes without control characters, a value has at most 1 MiB, and an empty one is not none. There are
// no transactions: a crash between two writes leaves the first (storage_batch.h has many in one call). One call passes 4 MiB at
// most, more ends it as a trap does. Needs `read`, `write` and for clear() `admin` of [capabilities.storage], which name keys;
// and a quota. Where the host synchronises each write with the disk, a component that writes waits for it meanwhile.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <expected>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "airssys/sdk/bytes.h"
#include "airssys/sdk/detail/bindings.h"
#include "airssys/sdk/payload.h"
#include "airssys/sdk/values.h"

namespace airssys {

// The cases of `storage-error`, in the order of the WIT, and two of this SDK: a value has no form in its codec, or is not what
// was expected.
enum class storage_errc : std::uint8_t {
  permission_denied,
  quota_exceeded,
  invalid_key,
  value_too_large,
  unavailable,
  io_error,
  unwritable,
  unreadable,
};

struct storage_error {
  storage_errc code;
  std::string reason = {};  // all but quota_exceeded and value_too_large
  std::uint64_t used = 0;  // quota_exceeded: bytes of keys and values
  std::uint64_t requested = 0;  // quota_exceeded
  std::uint64_t limit = 0;  // quota_exceeded; value_too_large: the most that a value may have

  [[nodiscard]] std::string text() const {
    switch (code) {
      case storage_errc::permission_denied: return "permission denied: " + reason;
      case storage_errc::quota_exceeded:
        return "quota exceeded: " + std::to_string(used) + " of " + std::to_string(limit) + " bytes are used, " +
               std::to_string(requested) + " were asked for";
      case storage_errc::invalid_key: return "invalid key: " + reason;
      case storage_errc::value_too_large: return "value too large, the limit is " + std::to_string(limit) + " bytes";
      case storage_errc::unavailable: return "storage unavailable: " + reason;
      case storage_errc::io_error: return "storage failed: " + reason;
      case storage_errc::unwritable: return "the value cannot be written: " + reason;
      case storage_errc::unreadable: return "what is stored cannot be read: " + reason;
    }
    return "unknown storage error";
  }
};

template <class T>
using stored = std::expected<T, storage_error>;

struct storage_entry {
  std::string key;
  bytes value;
};
// As many as were asked for or a page holds. `next` is the cursor of the page that follows; none: this was the last.
struct storage_page {
  std::vector<storage_entry> entries;
  std::optional<std::string> next;
};
struct key_page {
  std::vector<std::string> keys;
  std::optional<std::string> next;
};

struct storage_usage {
  std::uint64_t used = 0;  // bytes of keys and values
  std::uint64_t quota = 0;
  std::uint64_t keys = 0;
};

inline constexpr std::uint32_t default_page_entries = 100;

namespace detail {

inline std::unexpected<storage_error> refused(const airssys_core_storage_storage_error_t& raw) {
  storage_error error{.code = static_cast<storage_errc>(raw.tag)};
  switch (error.code) {
    case storage_errc::quota_exceeded:
      error.used = raw.val.quota_exceeded.used;
      error.limit = raw.val.quota_exceeded.limit;
      error.requested = raw.val.quota_exceeded.requested;
      break;
    case storage_errc::value_too_large: error.limit = raw.val.value_too_large; break;
    default:  // all texts share one place in the union
      error.reason = bytes::adopt(raw.val.permission_denied.ptr, raw.val.permission_denied.len).text();
  }
  return std::unexpected(std::move(error));
}

inline std::string take_text(const wit_string& raw) { return std::string(bytes::adopt(raw.ptr, raw.len).text()); }

inline wit_bytes lend_bytes(std::span<const std::uint8_t> value) {
  return {const_cast<std::uint8_t*>(value.data()), value.size()};
}

inline std::span<const std::uint8_t> octets(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

template <class Option>
std::optional<std::string> take_cursor(const Option& raw) {
  if (!raw.is_some) return std::nullopt;
  return take_text(raw.val);
}

inline storage_page take(const airssys_core_storage_scan_page_t& raw) {
  storage_page page;
  page.entries.reserve(raw.entries.len);
  for (const auto& one : std::span(raw.entries.ptr, raw.entries.len))
    page.entries.push_back({take_text(one.key), bytes::adopt(one.value.ptr, one.value.len)});
  if (raw.entries.len > 0) std::free(raw.entries.ptr);
  page.next = take_cursor(raw.next);
  return page;
}

// What stores do by means of their own functions: typed values, and all pages.
struct store_functions {
  // Without prefix: whatever get() answers.
  stored<void> set(this const auto& self, std::string_view key, std::string_view value) { return self.put(key, octets(value)); }
  stored<void> set(this const auto& self, std::string_view key, std::span<const std::uint8_t> value) {
    return self.put(key, value);
  }

  // With the code of its codec in front, as in a message.
  template <class T>
  stored<void> set_value(this const auto& self, std::string_view key, const T& value, std::uint64_t in = codec::borsh) {
    auto written = encode(value, in);
    if (!written) return std::unexpected(storage_error{.code = storage_errc::unwritable, .reason = std::move(written).error()});
    return self.put(key, written->wire());
  }
  template <class T>
  stored<std::optional<T>> get_value(this const auto& self, std::string_view key) {
    const auto unreadable = [](std::string why) {
      return std::unexpected(storage_error{.code = storage_errc::unreadable, .reason = std::move(why)});
    };
    auto found = self.get(key);
    if (!found) return std::unexpected(std::move(found).error());
    if (!*found) return std::nullopt;
    const auto kept = payload::adopt(**std::move(found));
    if (!kept) return unreadable(std::string(kept.error()));
    auto value = decode<T>(*kept);
    if (!value) return unreadable(std::move(value).error());
    return *std::move(value);
  }

  // Visits all that begin with `prefix` in the order of their bytes, each page as it is when it is fetched; what `visit` deletes
  // or adds meanwhile is no harm. `visit` may answer false to end it.
  template <class Visit>
  stored<void> scan(this const auto& self, std::string_view prefix, Visit&& visit,
                    std::uint32_t page_entries = default_page_entries) {
    std::optional<std::string> cursor;
    do {
      auto page = self.page(prefix, cursor, page_entries);
      if (!page) return std::unexpected(std::move(page).error());
      for (storage_entry& entry : page->entries) {
        if constexpr (std::is_same_v<std::invoke_result_t<Visit&, std::string_view, bytes>, bool>) {
          if (!visit(std::string_view(entry.key), std::move(entry.value))) return {};
        } else {
          visit(std::string_view(entry.key), std::move(entry.value));
        }
      }
      cursor = std::move(page->next);
    } while (cursor);
    return {};
  }
};

}  // namespace detail

// The component's own store.
class own_store : public detail::store_functions {
 public:
  [[nodiscard]] stored<std::optional<bytes>> get(std::string_view key) const {
    detail::wit_string wanted = detail::lend(key);
    detail::wit_answer value;
    airssys_core_storage_storage_error_t refusal;
    if (!airssys_core_storage_get(&wanted, &value, &refusal)) return detail::refused(refusal);
    if (!value.is_some) return std::nullopt;
    return bytes::adopt(value.val.ptr, value.val.len);
  }
  // Reads no value.
  [[nodiscard]] stored<bool> has(std::string_view key) const {
    detail::wit_string wanted = detail::lend(key);
    bool found = false;
    airssys_core_storage_storage_error_t refusal;
    if (!airssys_core_storage_has(&wanted, &found, &refusal)) return detail::refused(refusal);
    return found;
  }
  // Whether it was there.
  stored<bool> remove(std::string_view key) const {
    detail::wit_string wanted = detail::lend(key);
    bool found = false;
    airssys_core_storage_storage_error_t refusal;
    if (!airssys_core_storage_delete(&wanted, &found, &refusal)) return detail::refused(refusal);
    return found;
  }
  stored<void> put(std::string_view key, std::span<const std::uint8_t> value) const {
    detail::wit_string wanted = detail::lend(key);
    detail::wit_bytes lent = detail::lend_bytes(value);
    airssys_core_storage_storage_error_t refusal;
    if (!airssys_core_storage_set(&wanted, &lent, &refusal)) return detail::refused(refusal);
    return {};
  }
  [[nodiscard]] stored<storage_page> page(std::string_view prefix, std::optional<std::string_view> cursor,
                                          std::uint32_t entries) const {
    detail::wit_string wanted = detail::lend(prefix), after = detail::lend(cursor.value_or(""));
    airssys_core_storage_scan_page_t found;
    airssys_core_storage_storage_error_t refusal;
    if (!airssys_core_storage_scan_prefix(&wanted, cursor ? &after : nullptr, entries, &found, &refusal))
      return detail::refused(refusal);
    return detail::take(found);
  }
  [[nodiscard]] stored<key_page> page_of_keys(std::string_view prefix, std::optional<std::string_view> cursor,
                                              std::uint32_t entries) const {
    detail::wit_string wanted = detail::lend(prefix), after = detail::lend(cursor.value_or(""));
    airssys_core_storage_key_page_t found;
    airssys_core_storage_storage_error_t refusal;
    if (!airssys_core_storage_keys(&wanted, cursor ? &after : nullptr, entries, &found, &refusal))
      return detail::refused(refusal);
    key_page taken;
    taken.keys.reserve(found.keys.len);
    for (const auto& key : std::span(found.keys.ptr, found.keys.len)) taken.keys.push_back(detail::take_text(key));
    if (found.keys.len > 0) std::free(found.keys.ptr);
    taken.next = detail::take_cursor(found.next);
    return taken;
  }
  // All that begin with `prefix`, however many: where these may be too many for this component's memory, page_of_keys().
  [[nodiscard]] stored<std::vector<std::string>> keys(std::string_view prefix) const {
    std::vector<std::string> all;
    std::optional<std::string> cursor;
    do {
      auto page = page_of_keys(prefix, cursor, default_page_entries);
      if (!page) return std::unexpected(std::move(page).error());
      all.insert(all.end(), std::make_move_iterator(page->keys.begin()), std::make_move_iterator(page->keys.end()));
      cursor = std::move(page->next);
    } while (cursor);
    return all;
  }
  [[nodiscard]] stored<storage_usage> usage() const {
    airssys_core_storage_usage_report_t report;
    airssys_core_storage_storage_error_t refusal;
    if (!airssys_core_storage_usage(&report, &refusal)) return detail::refused(refusal);
    return storage_usage{report.used, report.quota, report.key_count};
  }
  // Removes everything; answers how many keys that were. Suspends the component until it is done; a call that ends before, by its
  // timeout, leaves the rest.
  stored<std::uint64_t> clear() const {
    std::uint64_t keys = 0;
    airssys_core_storage_storage_error_t refusal;
    if (!airssys_core_storage_clear(&keys, &refusal)) return detail::refused(refusal);
    return keys;
  }
};
inline own_store storage() { return {}; }

// One that was opened; closed with the object. A component may hold 64 open.
class shared_store : public detail::store_functions {
 public:
  shared_store(shared_store&& other) noexcept : handle_(std::exchange(other.handle_, none)) {}
  shared_store& operator=(shared_store&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~shared_store() {
    if (handle_ != none) airssys_core_storage_store_drop_own({handle_});
  }

  [[nodiscard]] stored<std::optional<bytes>> get(std::string_view key) const {
    detail::wit_string wanted = detail::lend(key);
    detail::wit_answer value;
    airssys_core_storage_storage_error_t refusal;
    if (!airssys_core_storage_method_store_get(borrow(), &wanted, &value, &refusal)) return detail::refused(refusal);
    if (!value.is_some) return std::nullopt;
    return bytes::adopt(value.val.ptr, value.val.len);
  }
  [[nodiscard]] stored<bool> has(std::string_view key) const {
    detail::wit_string wanted = detail::lend(key);
    bool found = false;
    airssys_core_storage_storage_error_t refusal;
    if (!airssys_core_storage_method_store_has(borrow(), &wanted, &found, &refusal)) return detail::refused(refusal);
    return found;
  }
  stored<bool> remove(std::string_view key) const {
    detail::wit_string wanted = detail::lend(key);
    bool found = false;
    airssys_core_storage_storage_error_t refusal;
    if (!airssys_core_storage_method_store_delete(borrow(), &wanted, &found, &refusal)) return detail::refused(refusal);
    return found;
  }
  stored<void> put(std::string_view key, std::span<const std::uint8_t> value) const {
    detail::wit_string wanted = detail::lend(key);
    detail::wit_bytes lent = detail::lend_bytes(value);
    airssys_core_storage_storage_error_t refusal;
    if (!airssys_core_storage_method_store_set(borrow(), &wanted, &lent, &refusal)) return detail::refused(refusal);
    return {};
  }
  [[nodiscard]] stored<storage_page> page(std::string_view prefix, std::optional<std::string_view> cursor,
                                          std::uint32_t entries) const {
    detail::wit_string wanted = detail::lend(prefix), after = detail::lend(cursor.value_or(""));
    airssys_core_storage_scan_page_t found;
    airssys_core_storage_storage_error_t refusal;
    if (!airssys_core_storage_method_store_scan_prefix(borrow(), &wanted, cursor ? &after : nullptr, entries, &found, &refusal))
      return detail::refused(refusal);
    return detail::take(found);
  }

 private:
  friend stored<shared_store> open_store(std::string_view name);
  static constexpr std::int32_t none = 0;  // no handle has this number

  explicit shared_store(std::int32_t handle) : handle_(handle) {}
  [[nodiscard]] airssys_core_storage_borrow_store_t borrow() const { return {handle_}; }

  std::int32_t handle_;
};

// `shared:<name>`.
inline stored<shared_store> open_store(std::string_view name) {
  detail::wit_string wanted = detail::lend(name);
  airssys_core_storage_own_store_t opened;
  airssys_core_storage_storage_error_t refusal;
  if (!airssys_core_storage_open(&wanted, &opened, &refusal)) return detail::refused(refusal);
  return shared_store(opened.__handle);
}

}  // namespace airssys
