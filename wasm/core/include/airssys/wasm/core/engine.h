// The engine seam, three nouns: an Engine makes CompiledComponents, these make Instances.
//
//   Engine             process-wide, any thread
//   CompiledComponent  immutable code, linked and checked against the world; shared by all instances of it, any thread
//   Instance           one sandbox with its own memory; one owner, one call at a time, from any thread
//
// A call finishes or is pending. A pending one goes on with resume() after its waker woke. A call that failed (trap, fuel,
// timeout, cancel, panic) ends the instance: a further call fails, a new one comes from the CompiledComponent (R1.6).
#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "airssys/base/bytes.h"
#include "airssys/base/result.h"
#include "airssys/wasm/core/component_metadata.h"
#include "airssys/wasm/core/host_functions.h"
#include "airssys/wasm/core/limits.h"
#include "airssys/wasm/core/message.h"
#include "airssys/wasm/core/operation.h"

namespace airssys::wasm {

// Why a guest call was ended (R1.6). Append only: metrics and JSON use the names.
enum class TrapKind : std::uint8_t {
  out_of_fuel,
  timeout,
  memory,          // trapped after the memory limit had refused it more
  stack_overflow,
  unreachable,     // abort, panic, failed assertion of the guest
  integer_div,     // division by zero, overflow, bad conversion
  bounds,          // memory or table access out of bounds
  bad_handle,
  host_error,      // a host function ended the call, or the engine failed
};
inline constexpr std::size_t trap_kind_count = 9;
// "out-of-fuel", "timeout", …
[[nodiscard]] std::string_view trap_kind_name(TrapKind kind) noexcept;

enum class CallState : std::uint8_t {
  done,
  pending,
  guest_error,  // the export answered `err`: an ordinary error, the instance is fine
  failed,       // the instance is finished
};

// Cases of `component-error` in wit/core.wit, by name: "failed", "invalid-message", …
[[nodiscard]] std::string_view component_error_name(std::uint32_t variant) noexcept;
// Cases of `execution-error`, which only `execute` answers: "invalid-operation", "operation-failed", …
[[nodiscard]] std::string_view execution_error_name(std::uint32_t variant) noexcept;
inline constexpr std::uint32_t execution_error_unsupported_codec = 2;

enum class HealthStatus : std::uint8_t { healthy, degraded, unhealthy, unknown };

// What the last finished call left behind; overwritten by the next.
struct CallReport {
  std::uint64_t fuel = 0;                    // used by this call
  std::optional<Bytes> reply = std::nullopt;  // done: handle_message, execute (then always)
  std::string text = {};                     // guest_error: its text. done: reason of health
  std::uint32_t variant = 0;                 // guest_error: case of component-error, or execution-error. done: HealthStatus
  std::uint64_t number = 0;                  // guest_error: the codec that `execute` does not support
  std::vector<std::uint64_t> codecs = {};    // done: supported_codecs
  std::optional<ComponentMetadata> metadata = std::nullopt;
  std::optional<TrapKind> trap = std::nullopt;  // failed: also the field "trap" of `error`
  std::optional<Error> error = std::nullopt;    // failed: says which limit, and the guest's frames in field "backtrace"
};

struct MemoryUse {
  std::uint64_t bytes = 0, peak_bytes = 0, refused_growths = 0;
};

// What `init` gets. Kept by the caller until init ended.
struct ComponentConfig {
  std::vector<std::pair<std::string, std::string>> env;
  std::optional<Bytes> config_data;
  std::vector<GrantedCapability> granted;
  std::uint64_t storage_bytes = 0;  // that it may keep
};

// Where instances of a component live (R1.10). The manifest and the command line know the names.
enum class EngineClass : std::uint8_t {
  standard,  // memory grows up to its limit, accesses need no checks; takes 4 GiB of address space
  compact,   // memory stays as large as it begins and fits a small slot, accesses are checked; thrice as many fit a machine
};
// "standard", "compact".
[[nodiscard]] std::string_view engine_class_name(EngineClass kind) noexcept;

// A component need not export all (`lifecycle-min`). For what it lacks the host answers, and nothing of it runs: a callback is
// ignored, `execute` is the guest_error invalid-operation, health is healthy, no codec is said.
class Instance {
 public:
  virtual ~Instance() = default;

  // Each starts with the fuel and the deadline of its limits. What is passed must live until the call ended. `waker` is
  // used by components that wait; it may be the same for all calls.
  // Whether a call may be pending: the component waits for something, or its calls may last long enough that they have to
  // share their thread (R1.4). Then the thread is lent for a while at a time, and the waker woken when that is over.
  [[nodiscard]] virtual bool may_suspend() const noexcept = 0;

  virtual CallState init(const ComponentConfig& config, WakeTarget& waker) noexcept = 0;
  virtual CallState handle_message(const Message& message, WakeTarget& waker) noexcept = 0;
  // Tells how a request ended that the component sent.
  virtual CallState handle_callback(MessageId request, const RequestOutcome& outcome, WakeTarget& waker) noexcept = 0;
  virtual CallState execute(const Bytes& operation, const ExecutionContext& context, WakeTarget& waker) noexcept = 0;
  virtual CallState metadata(WakeTarget& waker) noexcept = 0;
  virtual CallState health(WakeTarget& waker) noexcept = 0;
  virtual CallState supported_codecs(WakeTarget& waker) noexcept = 0;
  virtual CallState shutdown(WakeTarget& waker) noexcept = 0;

  // Goes on with the pending call, and there must be one; as there must be none when another call begins.
  virtual CallState resume(WakeTarget& waker) noexcept = 0;
  // Ends the pending call as failed with `why`; the report is that of a failed call. None pending: nothing.
  virtual void cancel(TrapKind why) noexcept = 0;

  [[nodiscard]] virtual CallReport& report() noexcept = 0;
  [[nodiscard]] virtual MemoryUse memory() const noexcept = 0;
};

// One function (or other item) that a component imports or exports.
struct InterfaceItem {
  std::string interface;  // "airssys:core/messaging@1.0.0"; empty for an item of the world itself
  std::string name;
  std::string type;       // as in WIT: "func(target: string, …) -> result<_, messaging-error>"
  // Of an import: the capabilities that a call needs, as the host's WIT says: "messaging.send(target)", "none". Empty: no
  // function of the host.
  std::string needs = {};
};

struct ComponentItems {
  std::vector<InterfaceItem> imports = {};
  std::vector<InterfaceItem> exports = {};
};

struct ComponentDescription {
  // What an instance has at its birth. Bytes and elements are those of its largest memory and table: all together may be more.
  std::uint64_t initial_memory_bytes = 0;
  std::uint32_t memories = 0;
  std::uint64_t initial_table_elements = 0;
  std::uint32_t tables = 0;
  bool waits = false;  // imports something that suspends: runs on a fiber
  EngineClass engine_class = EngineClass::standard;
};

// Whether an instance could be born within `limits`, asked before anything is made: resource_limit_exceeded names every limit
// that does not suffice, what is needed, and the key of the manifest (R1.10). What it lets pass can still fail when it is
// instantiated, where all memories are counted together (R1.2).
[[nodiscard]] Result<> admit(const ComponentDescription& description, const ResourceLimits& limits);

class CompiledComponent {
 public:
  virtual ~CompiledComponent() = default;
  [[nodiscard]] virtual const ComponentDescription& description() const noexcept = 0;
  // Written out anew by each call, for readers.
  [[nodiscard]] virtual ComponentItems items() const = 0;
  // `functions` outlives the instance. Above its limits at birth: resource_limit_exceeded. Pool full: exhausted. A start
  // function that traps: instantiation_failed.
  [[nodiscard]] virtual Result<std::unique_ptr<Instance>> instantiate(const HostFunctions& functions,
                                                                      const ResourceLimits& limits) const = 0;
};

// What is known of a component beside its code.
struct CompileOptions {
  // The class to take. None: compact when instances begin with all the memory that they may ever have, and it fits the slot;
  // otherwise standard.
  std::optional<EngineClass> engine_class = std::nullopt;
  // ResourceLimits::memory_bytes of the instances to come; 0: not known, which is never compact by itself.
  std::uint64_t max_memory_bytes = 0;
  // It may be granted storage.admin: where it imports `storage.clear`, that suspends it, and it waits. Otherwise that may only be
  // refused: StorageResult::pending must not come of it.
  bool clears_storage = false;
};

class Engine {
 public:
  virtual ~Engine() = default;
  // Takes milliseconds to seconds on the calling thread: not for scheduler workers. Not a component, not well-formed, or
  // of another world: invalid_component, naming every mismatch. A class that does not fit: invalid_configuration. `name` is
  // for messages.
  [[nodiscard]] virtual Result<std::shared_ptr<const CompiledComponent>> compile(std::string_view name,
                                                                                 std::span<const std::byte> wasm,
                                                                                 const CompileOptions& options) = 0;
};

}  // namespace airssys::wasm
