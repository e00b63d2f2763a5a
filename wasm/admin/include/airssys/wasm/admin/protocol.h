// The admin protocol (docs/formats/admin-protocol.md): what a running host is asked over its local socket, and what it answers.
//
// JSON Lines in both directions. The host greets; then each line of the client is a request, and each is answered by one line, in
// their order: {"ok": …} or {"error": {code, message}}. After watch-topics lines of events follow until the client goes.
// Both ends read strictly: an unknown or missing key, a wrong type, a number out of range is an error that names it.
//
// Here are the lines as values. Threads: all functions are pure.
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "airssys/base/bytes.h"
#include "airssys/base/result.h"
#include "airssys/base/time.h"
#include "airssys/wasm/core/multicodec.h"

namespace airssys::wasm {

inline constexpr std::uint32_t admin_protocol_version = 1;
// A payload of 1 MiB in base64, with room for what stands around it.
inline constexpr std::size_t max_admin_line_bytes = 2 << 20;
inline constexpr Duration max_admin_timeout = std::chrono::minutes(5);
inline constexpr std::uint32_t max_admin_letters = 1000;  // of one answer

struct AdminGreeting {
  std::uint32_t version = admin_protocol_version;
  std::string host;  // its name
  std::int64_t process = 0;
  std::string program;  // its version
  friend bool operator==(const AdminGreeting&, const AdminGreeting&) = default;
};

// ---- requests

// Into the mailbox of `to`, as from outside.
struct AdminSend {
  std::string to;
  Payload payload;
  friend bool operator==(const AdminSend&, const AdminSend&) = default;
};
// The same, and its answer within `timeout`.
struct AdminAsk {
  std::string to;
  Payload payload;
  Duration timeout = std::chrono::seconds(5);  // whole milliseconds
  friend bool operator==(const AdminAsk&, const AdminAsk&) = default;
};
struct AdminDeadLetters {
  std::uint32_t latest = max_admin_letters;  // at most so many
  friend bool operator==(const AdminDeadLetters&, const AdminDeadLetters&) = default;
};
// One, with its contents.
struct AdminDeadLetter {
  std::uint64_t number = 0;
  friend bool operator==(const AdminDeadLetter&, const AdminDeadLetter&) = default;
};
struct AdminResend {
  std::uint64_t number = 0;
  friend bool operator==(const AdminResend&, const AdminResend&) = default;
};
// What is published from now on to topics that match.
struct AdminWatchTopics {
  std::string pattern;
  friend bool operator==(const AdminWatchTopics&, const AdminWatchTopics&) = default;
};
// Who keeps how much.
struct AdminStorageList {
  friend bool operator==(const AdminStorageList&, const AdminStorageList&) = default;
};
// What `component` keeps, as StorageSelection::parse takes it (empty: everybody), into a file.
struct AdminStorageExport {
  std::string component;
  std::string file;  // absolute
  friend bool operator==(const AdminStorageExport&, const AdminStorageExport&) = default;
};
struct AdminStorageDelete {
  std::string component;
  friend bool operator==(const AdminStorageDelete&, const AdminStorageDelete&) = default;
};
struct AdminStorageVerify {
  friend bool operator==(const AdminStorageVerify&, const AdminStorageVerify&) = default;
};
struct AdminStorageCompact {
  friend bool operator==(const AdminStorageCompact&, const AdminStorageCompact&) = default;
};
// Everything as it is at one moment.
struct AdminStorageBackup {
  std::string to;  // a folder that is not there yet, absolute
  friend bool operator==(const AdminStorageBackup&, const AdminStorageBackup&) = default;
};
using AdminRequest =
    std::variant<AdminSend, AdminAsk, AdminDeadLetters, AdminDeadLetter, AdminResend, AdminWatchTopics, AdminStorageList,
                 AdminStorageExport, AdminStorageDelete, AdminStorageVerify, AdminStorageCompact, AdminStorageBackup>;

// ---- answers

struct AdminLetter {
  std::uint64_t number = 0;
  WallTime at{};
  std::string reason = {}, kind = {}, sender = {}, receiver = {};
  std::optional<std::uint64_t> codec = raw_codec;  // none: the payload does not say, and all of it is its content
  std::uint64_t bytes = 0;  // of the content
  Bytes beginning = {};
  bool kept = false;  // its content is there, and it can be sent again
  bool resent = false;  // it was
  friend bool operator==(const AdminLetter&, const AdminLetter&) = default;
};
struct AdminLetterList {
  std::vector<AdminLetter> letters;  // the oldest first
  std::map<std::string, std::uint64_t> counts;  // of all there were, by reason
  std::uint64_t dropped = 0;  // older than those that are kept
  friend bool operator==(const AdminLetterList&, const AdminLetterList&) = default;
};
struct AdminLetterContent {
  AdminLetter letter;
  std::optional<Bytes> content;  // none: it was not kept
  friend bool operator==(const AdminLetterContent&, const AdminLetterContent&) = default;
};

struct AdminStorageAccount {
  std::string component;
  std::uint64_t keys = 0, bytes = 0, quota = 0;
  friend bool operator==(const AdminStorageAccount&, const AdminStorageAccount&) = default;
};
inline constexpr std::size_t max_admin_accounts = 10'000;  // of one answer
struct AdminStorageAccounts {
  std::string backend;
  std::uint64_t disk_bytes = 0;
  std::vector<AdminStorageAccount> accounts;
  std::uint64_t dropped = 0;  // accounts that had no room
  friend bool operator==(const AdminStorageAccounts&, const AdminStorageAccounts&) = default;
};
// Of an export, a deletion, a backup.
struct AdminStorageDone {
  std::uint64_t keys = 0, bytes = 0;
  std::string sha256;  // of an export as its trailer has it, of a backup that of its contents, of a deletion empty
  friend bool operator==(const AdminStorageDone&, const AdminStorageDone&) = default;
};
struct AdminStorageCompacted {
  std::uint64_t before = 0, after = 0;  // bytes on disk
  friend bool operator==(const AdminStorageCompacted&, const AdminStorageCompacted&) = default;
};
struct AdminStorageVerified {
  std::string backend;
  std::uint64_t stores = 0, keys = 0, bytes = 0;
  std::string sha256;
  std::vector<std::string> problems;
  std::uint64_t more_problems = 0;
  friend bool operator==(const AdminStorageVerified&, const AdminStorageVerified&) = default;
};

// ---- events of watch-topics

struct AdminPublished {
  WallTime at{};
  std::string topic = {}, publisher = {};
  std::optional<std::uint64_t> codec = raw_codec;  // as of a letter
  std::uint64_t bytes = 0;  // of the content
  Bytes content;  // its beginning, at most max_admin_event_bytes
  friend bool operator==(const AdminPublished&, const AdminPublished&) = default;
};
inline constexpr std::size_t max_admin_event_bytes = 64 * 1024;
// So many were not shown since the beginning, because the client takes them too slowly.
struct AdminMissed {
  std::uint64_t messages = 0;
  friend bool operator==(const AdminMissed&, const AdminMissed&) = default;
};
using AdminEvent = std::variant<AdminPublished, AdminMissed>;

// Lines with their line feed.
[[nodiscard]] std::string admin_line(const AdminGreeting& greeting);
[[nodiscard]] std::string admin_line(const AdminRequest& request);
[[nodiscard]] std::string admin_line(const AdminEvent& event);
// {"ok": {}} of what was done and has no answer.
[[nodiscard]] std::string admin_done_line();
[[nodiscard]] std::string admin_answer_line(const Payload& payload);
[[nodiscard]] std::string admin_answer_line(const AdminLetterList& letters);
[[nodiscard]] std::string admin_answer_line(const AdminLetterContent& letter);
[[nodiscard]] std::string admin_answer_line(const AdminStorageAccounts& accounts);
[[nodiscard]] std::string admin_answer_line(const AdminStorageDone& done);
[[nodiscard]] std::string admin_answer_line(const AdminStorageCompacted& compacted);
[[nodiscard]] std::string admin_answer_line(const AdminStorageVerified& verified);
[[nodiscard]] std::string admin_error_line(const Error& error);

// The other way, without the line feed. What is wrong with a line is invalid_argument; of the parse_ of answers also each error
// that the line itself carries, with its code.
[[nodiscard]] Result<AdminRequest> parse_admin_request(std::string_view line);
// A host of another version: version_mismatch, with both.
[[nodiscard]] Result<AdminGreeting> parse_admin_greeting(std::string_view line);
[[nodiscard]] Result<> parse_admin_done(std::string_view line);
[[nodiscard]] Result<Payload> parse_admin_payload(std::string_view line);
[[nodiscard]] Result<AdminLetterList> parse_admin_letters(std::string_view line);
[[nodiscard]] Result<AdminLetterContent> parse_admin_letter(std::string_view line);
[[nodiscard]] Result<AdminStorageAccounts> parse_admin_storage_accounts(std::string_view line);
[[nodiscard]] Result<AdminStorageDone> parse_admin_storage_done(std::string_view line);
[[nodiscard]] Result<AdminStorageCompacted> parse_admin_storage_compacted(std::string_view line);
[[nodiscard]] Result<AdminStorageVerified> parse_admin_storage_verified(std::string_view line);
[[nodiscard]] Result<AdminEvent> parse_admin_event(std::string_view line);

// What requests are called in lines and in the audit log: "send", "request", "dead-letters", …
[[nodiscard]] std::string_view admin_request_name(const AdminRequest& request) noexcept;

}  // namespace airssys::wasm
