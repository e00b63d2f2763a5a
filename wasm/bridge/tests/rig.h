// What the tests of the bridge share: a host that records and can be told what to answer, a waker that counts, and short
// ways to make the objects of the ABI. A rig fails the test when something can't be made.
#pragma once
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "airssys/wasm/bridge/handles.h"
#include "guests.h"

namespace airssys::wasm::testing {

struct Waker : aw_waker {
  Waker();
  std::atomic<int> references{1};
  std::atomic<int> wakes{0};
};

// The storage of the test host: what it was asked, "get 0 key", and what it answers to everything.
struct StorageScript {
  std::vector<std::string> asked;
  aw_storage_result answer{};
  std::vector<std::pair<std::string, std::string>> entries;  // of each page
  std::string next;  // empty: no further page
  std::function<void()> during_answer = [] {};
  std::uint32_t wait_answer = 0;
  aw_storage_result ended{};  // how a write that was pending ends
};

// How a sleep or a write of the test host goes on. Counts live in the host, so that they can be read after the drop.
struct Host {
  std::vector<std::pair<std::string, std::string>> sent;
  std::vector<std::string> logged;
  std::function<void()> during_send = [] {};
  std::function<void()> during_clock = [] {};  // of monotonic_now, which a start function may call: it needs no memory
  aw_messaging_result answer{};
  std::string id = "test/puppet/1";
  StorageScript storage;
  std::uint32_t sleep_answer = 0;
  int polls_until_done = 2;
  bool wake_in_first_poll = false;
  std::function<void()> during_poll = [] {};
  std::int32_t poll_answer = 1;  // when it is done
  std::function<void()> during_drop = [] {};
  int begun = 0, polled = 0, dropped = 0;
  aw_waker* kept = nullptr;  // retained by the last poll that said "not yet"
};

aw_host_tables host_tables();
aw_engine_config small_engine();
aw_instance_limits roomy();

BridgeEngine make_engine(const aw_engine_config& config = small_engine());
BridgeComponent compile(const aw_engine* engine, const Wasm& wasm);
BridgePreinstance prepare(const aw_component* component, const aw_host_tables& tables = host_tables());
BridgeInstance instantiate(const aw_preinstance* preinstance, Host& host, const aw_instance_limits& limits = roomy());

// Engine, puppet and one host.
struct Rig {
  explicit Rig(Waits waits = Waits::no, const aw_engine_config& config = small_engine())
      : engine(make_engine(config)),
        component(compile(engine.get(), puppet(waits))),
        preinstance(prepare(component.get())) {}
  BridgeInstance instance(const aw_instance_limits& limits = roomy()) { return instantiate(preinstance.get(), host, limits); }

  Host host;
  Waker waker;
  BridgeEngine engine;
  BridgeComponent component;
  BridgePreinstance preinstance;
};

// An error of the ABI, taken over.
struct Fault {
  explicit Fault(aw_error* raw) : error(raw) {}
  [[nodiscard]] std::uint32_t code() const { return aw_error_code(error.get()); }
  [[nodiscard]] std::string message() const { return std::string(from_bridge(aw_error_message(error.get()))); }
  [[nodiscard]] std::string backtrace() const { return std::string(from_bridge(aw_error_backtrace(error.get()))); }
  BridgeError error;
};

// An outcome, taken over.
class Answer {
 public:
  Answer() { outcome_.state = 99; }
  Answer(Answer&& other) noexcept : outcome_(std::exchange(other.outcome_, {})) {}
  Answer& operator=(Answer&& other) noexcept {
    std::swap(outcome_, other.outcome_);
    return *this;
  }
  ~Answer() {
    aw_buf_delete(&outcome_.text);
    aw_component_metadata_delete(outcome_.metadata);
    aw_error_delete(outcome_.error);
  }
  aw_outcome* out() { return &outcome_; }
  [[nodiscard]] std::uint32_t state() const { return outcome_.state; }
  [[nodiscard]] std::uint32_t variant() const { return outcome_.variant; }
  [[nodiscard]] bool has_text() const { return outcome_.has_text != 0; }
  [[nodiscard]] std::string text() const { return {reinterpret_cast<const char*>(outcome_.text.ptr), outcome_.text.len}; }
  [[nodiscard]] std::uint64_t number() const { return outcome_.number; }
  [[nodiscard]] const aw_component_metadata* metadata() const { return outcome_.metadata; }
  [[nodiscard]] std::uint32_t code() const { return aw_error_code(outcome_.error); }
  [[nodiscard]] std::string message() const { return std::string(from_bridge(aw_error_message(outcome_.error))); }
  [[nodiscard]] std::string backtrace() const { return std::string(from_bridge(aw_error_backtrace(outcome_.error))); }

 private:
  aw_outcome outcome_{};
};

Answer send(aw_instance* instance, std::string_view payload, aw_waker* waker = nullptr);
Answer resume(aw_instance* instance, aw_waker* waker);

// The code that a call with this payload fails with, 0 when it does not fail.
std::uint32_t failure(aw_instance* instance, std::string_view payload, aw_waker* waker = nullptr);

}  // namespace airssys::wasm::testing
