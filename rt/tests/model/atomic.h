// The Atomic of the exhaustive tests: each operation is a step of its model thread, taken when the explorer says so. All of
// them are sequentially consistent: what the runtime promises with weaker orders is ThreadSanitizer's to judge.
#pragma once
#include <atomic>
#include <cstdint>

#include "explorer.h"

namespace airssys::rt {

template <class T>
class Atomic {
 public:
  Atomic() : Atomic(T{}) {}
  Atomic(T value) : value_(value) {}  // as std::atomic's
  Atomic(const Atomic&) = delete;
  Atomic& operator=(const Atomic&) = delete;

  T load(std::memory_order = {}) const noexcept {
    model::step({"load", id_, model::Op::Kind::read});
    return value_;
  }
  void store(T value, std::memory_order = {}) noexcept {
    model::step({"store", id_});
    value_ = value;
  }
  T exchange(T value, std::memory_order = {}) noexcept {
    return update("exchange", model::Broken::exchange, [&](T) { return value; });
  }
  T fetch_add(T by, std::memory_order = {}) noexcept {
    return update("fetch_add", model::Broken::fetch, [&](T old) { return static_cast<T>(old + by); });
  }
  T fetch_sub(T by, std::memory_order = {}) noexcept {
    return update("fetch_sub", model::Broken::fetch, [&](T old) { return static_cast<T>(old - by); });
  }
  T fetch_or(T bits, std::memory_order = {}) noexcept {
    return update("fetch_or", model::Broken::fetch, [&](T old) { return static_cast<T>(old | bits); });
  }
  T fetch_and(T bits, std::memory_order = {}) noexcept {
    return update("fetch_and", model::Broken::fetch, [&](T old) { return static_cast<T>(old & bits); });
  }
  bool compare_exchange_strong(T& expected, T desired, std::memory_order = {}, std::memory_order = {}) noexcept {
    bool done = false;
    const T wanted = expected;
    expected = update("compare_exchange", model::Broken::compare_exchange, [&](T old) {
      done = old == wanted;
      return done ? desired : old;
    });
    return done;
  }
  bool compare_exchange_weak(T& expected, T desired, std::memory_order = {}, std::memory_order = {}) noexcept {
    return compare_exchange_strong(expected, desired);  // a spurious failure only tries again
  }

 private:
  template <class Change>
  T update(const char* name, model::Broken kind, Change change) noexcept {
    model::step({name, id_});
    const T old = value_;
    const T fresh = change(old);
    if (model::is_broken(kind)) model::step({name, id_});  // a seeded bug: another thread may come between
    value_ = fresh;
    return old;
  }

  T value_;
  const std::uint32_t id_ = model::new_object();
};

}  // namespace airssys::rt
