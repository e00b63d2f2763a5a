#include "airssys/wasm/admin/protocol.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <random>

namespace airssys::wasm {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string_view without_feed(std::string_view line) {
  EXPECT_TRUE(line.ends_with('\n'));
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  return line.substr(0, line.size() - 1);
}

std::string wrong(std::string_view line) {
  const auto request = parse_admin_request(line);
  EXPECT_FALSE(request) << line;
  if (request) return {};
  EXPECT_EQ(request.error().code(), Code::invalid_argument);
  return request.error().message();
}

class Random {
 public:
  explicit Random(std::uint64_t seed) : random_(seed) {}
  std::uint64_t below(std::uint64_t end) { return random_() % end; }
  bool coin() { return below(2) == 0; }
  Bytes bytes(std::size_t most) {
    return Bytes::make(below(most + 1), [this](std::span<std::byte> into) {
      for (std::byte& byte : into) byte = static_cast<std::byte>(below(256));
    });
  }
  std::string word() {
    static constexpr std::array<std::string_view, 9> parts{"a", "b", "/", "-", ".", "\"", "\\", " ", "\xc3\xa4"};
    std::string word;
    for (std::uint64_t n = below(12); n > 0; --n) word += parts[below(parts.size())];
    return word;
  }
  Payload payload() { return {bytes(200), coin() ? 0x55u : 0x0200u}; }
  WallTime time() { return WallTime(std::chrono::milliseconds(below(4'000'000'000'000))); }
  AdminLetter letter() {
    AdminLetter letter{.number = 1 + below(1000), .at = time(), .reason = word(), .kind = word(), .sender = word()};
    letter.receiver = word();
    if (coin()) letter.codec = coin() ? std::optional(below(1 << 20)) : std::nullopt;
    letter.bytes = random_();
    letter.beginning = bytes(64);
    letter.kept = coin();
    letter.resent = coin();
    return letter;
  }
  AdminRequest request() {
    switch (below(12)) {
      case 0: return AdminSend{word(), payload()};
      case 1: return AdminAsk{word(), payload(), std::chrono::milliseconds(1 + below(300'000))};
      case 2: return AdminDeadLetters{static_cast<std::uint32_t>(1 + below(max_admin_letters))};
      case 3: return AdminDeadLetter{1 + random_() / 2};
      case 4: return AdminResend{UINT64_MAX};
      case 5: return AdminWatchTopics{word()};
      case 6: return AdminStorageList{};
      case 7: return AdminStorageExport{coin() ? "" : word(), word()};
      case 8: return AdminStorageDelete{word()};
      case 9: return AdminStorageVerify{};
      case 10: return AdminStorageCompact{};
      default: return AdminStorageBackup{word()};
    }
  }
  AdminEvent event() {
    if (coin()) return AdminMissed{1 + below(10)};
    return AdminPublished{.at = time(), .topic = word(), .publisher = word(), .codec = 0x0200, .bytes = 7, .content = bytes(50)};
  }

 private:
  std::mt19937_64 random_;
};

TEST(AdminProtocol, ReadsWhatItWrites) {
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    Random random(seed);
    const AdminRequest request = random.request();
    const auto read = parse_admin_request(without_feed(admin_line(request)));
    ASSERT_TRUE(read) << seed << ": " << read.error().message();
    EXPECT_TRUE(*read == request) << seed << ": " << admin_line(request);

    const Payload payload = random.payload();
    EXPECT_TRUE(parse_admin_payload(without_feed(admin_answer_line(payload))).value() == payload) << seed;

    AdminLetterList letters{.letters = {}, .counts = {{"crashed", 3}, {"poison", seed}}, .dropped = seed};
    for (std::uint64_t n = random.below(4); n > 0; --n) letters.letters.push_back(random.letter());
    EXPECT_TRUE(parse_admin_letters(without_feed(admin_answer_line(letters))).value() == letters) << seed;

    AdminLetterContent content{.letter = random.letter(), .content = {}};
    if (random.coin()) content.content = random.bytes(100);
    EXPECT_TRUE(parse_admin_letter(without_feed(admin_answer_line(content))).value() == content) << seed;

    AdminStorageAccounts accounts{.backend = random.word(), .disk_bytes = seed, .accounts = {}, .dropped = seed};
    for (std::uint64_t n = random.below(4); n > 0; --n) accounts.accounts.push_back({random.word(), n, seed, 7});
    EXPECT_TRUE(parse_admin_storage_accounts(without_feed(admin_answer_line(accounts))).value() == accounts) << seed;
    const AdminStorageDone stored{.keys = seed, .bytes = UINT64_MAX, .sha256 = std::string(64, 'a')};
    EXPECT_TRUE(parse_admin_storage_done(without_feed(admin_answer_line(stored))).value() == stored) << seed;
    const AdminStorageCompacted compacted{.before = seed, .after = 1};
    EXPECT_TRUE(parse_admin_storage_compacted(without_feed(admin_answer_line(compacted))).value() == compacted) << seed;
    const AdminStorageVerified verified{.backend = "sled",
                                        .stores = 1,
                                        .keys = seed,
                                        .bytes = 2,
                                        .sha256 = "b",
                                        .problems = {random.word(), random.word()},
                                        .more_problems = 3};
    EXPECT_TRUE(parse_admin_storage_verified(without_feed(admin_answer_line(verified))).value() == verified) << seed;

    const AdminEvent event = random.event();
    EXPECT_TRUE(parse_admin_event(without_feed(admin_line(event))).value() == event) << seed;
  }
  const AdminGreeting greeting{.host = "shop", .process = 4711, .program = "0.1.0"};
  EXPECT_TRUE(parse_admin_greeting(without_feed(admin_line(greeting))).value() == greeting);
  EXPECT_TRUE(parse_admin_done(without_feed(admin_done_line())));
}

TEST(AdminProtocol, APayloadOfTheLargestMessageFitsALine) {
  const Bytes largest = Bytes::copy_of(std::string(1 << 20, '\xff'));
  EXPECT_LT(admin_line(AdminRequest(AdminSend{std::string(194, 'a'), {largest}})).size(), max_admin_line_bytes);
  const AdminLetterContent letter{.letter = {.number = 1, .beginning = largest.slice(0, 64)}, .content = largest};
  EXPECT_LT(admin_answer_line(letter).size(), max_admin_line_bytes);
}

// Written again, each is the same bytes.
TEST(AdminProtocol, EachLineIsAsItIsDocumented) {
  std::ifstream golden(AIRSSYS_GOLDEN "/lines.jsonl");
  ASSERT_TRUE(golden);
  int lines = 0;
  for (std::string line; std::getline(golden, line); ++lines) {
    std::string again;
    if (const auto request = parse_admin_request(line)) again = admin_line(*request);
    if (const auto greeting = parse_admin_greeting(line)) again = admin_line(*greeting);
    if (const auto event = parse_admin_event(line)) again = admin_line(*event);
    if (const auto payload = parse_admin_payload(line)) again = admin_answer_line(*payload);
    if (const auto letters = parse_admin_letters(line)) again = admin_answer_line(*letters);
    if (const auto letter = parse_admin_letter(line)) again = admin_answer_line(*letter);
    if (const auto accounts = parse_admin_storage_accounts(line)) again = admin_answer_line(*accounts);
    if (const auto stored = parse_admin_storage_done(line)) again = admin_answer_line(*stored);
    if (const auto compacted = parse_admin_storage_compacted(line)) again = admin_answer_line(*compacted);
    if (const auto verified = parse_admin_storage_verified(line)) again = admin_answer_line(*verified);
    const auto done = parse_admin_done(line);
    if (done) again = admin_done_line();
    if (line.starts_with("{\"error\"")) again = admin_error_line(done.error());
    EXPECT_EQ(again, line + "\n");
  }
  EXPECT_EQ(lines, 26);
}

TEST(AdminProtocol, ALineThatIsCutAnywhereIsNoRequest) {
  const std::string whole = admin_line(AdminRequest(AdminAsk{"echo", {Bytes::copy_of("hello")}, 1500ms}));
  const std::string_view line = without_feed(whole);
  for (std::size_t size = 0; size < line.size(); ++size)
    EXPECT_THAT(wrong(line.substr(0, size)), StartsWith("request: no JSON at byte ")) << size;
  EXPECT_TRUE(parse_admin_request(line));
}

TEST(AdminProtocol, SaysWhatIsWrongWithARequest) {
  using namespace std::string_view_literals;
  const struct {
    std::string_view line, says;
  } cases[]{
      {"", "no JSON at byte 1"},
      {"hello", "no JSON at byte"},
      {"[]", "no JSON object"},
      {"7", "no JSON object"},
      {"{\"op\":\"send\",\"to\":\"a\0b\"}"sv, "no JSON at byte"},
      {"{\"op\":\"send\",\"to\":\"\xff\"}", "no JSON at byte"},
      {R"({"op":"send"} {"op":"send"})", "no JSON at byte"},
      {R"({"op":1e999})", "no JSON"},
      {R"({})", "'op' is missing"},
      {R"({"op":7})", "'op' is no string"},
      {R"({"op":"sent"})", "'op' is 'sent', which is no request; did you mean 'send'?"},
      {R"({"op":"send","op":"send"})", "the key 'op' is there twice"},
      {R"({"op":[[[[[[[[1]]]]]]]]})", "nested deeper than 4"},
      {R"({"op":"send","payload":""})", "'to' is missing"},
      {R"({"op":"send","to":"a"})", "'payload' is missing"},
      {R"({"op":"send","to":7,"payload":""})", "'to' is no string"},
      {R"({"op":"send","to":"a","payload":"aGk"})", "'payload' is no base64 with padding"},
      {R"({"op":"send","to":"a","payload":"aG k="})", "'payload' is no base64 with padding"},
      {R"({"op":"send","to":"a","payload":"","codec":"jsno"})", "'codec' is 'jsno', which is no codec; the codecs are protobuf,"},
      {R"({"op":"send","to":"a","payload":"","codc":"json"})", "the key 'codc' is unknown; did you mean 'codec'?"},
      {R"({"op":"request","to":"a","payload":"","timeout_ms":0})", "'timeout_ms' is 0; 1 to 300000 are allowed"},
      {R"({"op":"request","to":"a","payload":"","timeout_ms":300001})", "'timeout_ms' is 300001"},
      {R"({"op":"request","to":"a","payload":"","timeout_ms":-1})", "'timeout_ms' is no whole number that is not negative"},
      {R"({"op":"request","to":"a","payload":"","timeout_ms":1.5})", "'timeout_ms' is no whole number"},
      {R"({"op":"dead-letters","latest":1001})", "'latest' is 1001; 1 to 1000"},
      {R"({"op":"dead-letter"})", "'number' is missing"},
      {R"({"op":"resend","number":0})", "'number' is 0"},
      {R"({"op":"resend","number":18446744073709551616})", "'number' is no whole number"},
      {R"({"op":"watch-topics"})", "'pattern' is missing"},
  };
  for (const auto& one : cases) EXPECT_THAT(wrong(one.line), HasSubstr(one.says)) << one.line;
  EXPECT_THAT(wrong(R"({"op":"send","payload":"","to":")" + std::string(300, 'a') + "\"}"), HasSubstr("'to' has 300 bytes"));
  std::string keys = R"({"op":"send")";
  for (int n = 0; n < 100; ++n) keys += ",\"k" + std::to_string(n) + "\":0";
  EXPECT_THAT(wrong(keys + "}"), HasSubstr("more than 64 keys"));
}

TEST(AdminProtocol, AnErrorTravelsWithItsCode) {
  const std::string line = admin_error_line(Error(Code::timed_out, "no answer within 5 s\n\xff"));
  const auto read = parse_admin_payload(without_feed(line));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code(), Code::timed_out);
  EXPECT_THAT(read.error().message(), StartsWith("no answer within 5 s\n"));
  EXPECT_EQ(parse_admin_done(R"({"error":{"code":"of-tomorrow","message":"x"}})").error().code(), Code::internal);
  EXPECT_EQ(parse_admin_greeting(R"({"error":{"code":"exhausted","message":"x"}})").error().code(), Code::exhausted);
}

TEST(AdminProtocol, AHostOfAnotherVersionIsNamed) {
  const auto greeting = parse_admin_greeting(R"({"airssys-admin":2,"host":"a","process":1,"program":"9.0.0","new":true})");
  ASSERT_FALSE(greeting);
  EXPECT_EQ(greeting.error().code(), Code::unavailable);
  EXPECT_THAT(greeting.error().message(), HasSubstr("version 2 of the admin protocol, this program version 1"));
  EXPECT_EQ(parse_admin_greeting("{}").error().code(), Code::invalid_argument);
}

}  // namespace
}  // namespace airssys::wasm
