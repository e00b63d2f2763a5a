#include "airssys/wasm/storage/transfer.h"

#include <gmock/gmock.h>

#include "airssys/rt/testing/seeds.h"
#include "airssys/wasm/storage/export_format.h"
#include "airssys/wasm/storage/usage_record.h"
#include "export_world.h"

namespace airssys::wasm::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

std::string message_of(const auto& result) { return result ? "none" : result.error().message(); }

std::string entry(std::string_view component, std::string_view key_base64, std::string_view value_base64 = "") {
  return std::string(R"({"component":")") + std::string(component) + R"(","key":")" + std::string(key_base64) + R"(","value":")" +
         std::string(value_base64) + "\"}\n";
}

// ---- what is selected

std::vector<std::string> keys_in(const StorageBackend& backend, std::string_view selected) {
  const auto selection = StorageSelection::parse(selected);
  EXPECT_TRUE(selection) << selected;
  std::vector<std::string> keys;
  for (const auto& [from, to] : selection->ranges())
    for (const auto& [key, value] : scan(backend, {from, to})) keys.push_back(key);
  return keys;
}

TEST(StorageSelection, IsAComponentWithItsNamedStoresOrOneStore) {
  const auto backend = in_memory();
  for (const std::string_view store :
       {"default/a", "default/a:x", "default/a:y", "default/a-b", "default/b", "photos/a", "shared:a"})
    put(*backend, store, "k", "");
  EXPECT_THAT(keys_in(*backend, "a"), ElementsAre("component:default/a:k", "named:default/a:x:k", "named:default/a:y:k"));
  EXPECT_THAT(keys_in(*backend, "photos/a"), ElementsAre("component:photos/a:k"));
  EXPECT_THAT(keys_in(*backend, "a:x"), ElementsAre("named:default/a:x:k"));
  EXPECT_THAT(keys_in(*backend, "default/a:default"), ElementsAre("component:default/a:k"));
  EXPECT_THAT(keys_in(*backend, "shared:a"), ElementsAre("shared:a:k"));
  for (const std::string_view wrong : {"", ":", "A", "a:", "a:*", "shared:", "a/b/c/d", "a:x:y", "..", "component:default/a:"})
    EXPECT_FALSE(StorageSelection::parse(wrong)) << wrong;
}

// ---- export

TEST(Export, IsTheSameForTheSameContentsInWhateverOrderTheyWereWritten) {
  const auto forwards = in_memory(), backwards = in_memory();
  fill(*forwards, 1);
  Entries entries = scan(*forwards);
  std::ranges::reverse(entries);
  for (const auto& [key, value] : entries) ASSERT_OK(set(*backwards, key, value));
  EXPECT_EQ(export_text(*forwards), export_text(*backwards));
}

TEST(Export, RefusesAKeyThatBelongsToNoStore) {
  const auto backend = in_memory();
  put(*backend, "default/a", "k", "");
  ASSERT_OK(set(*backend, "stray", ""));
  const auto exported = export_storage(*backend, {}, export_time, [](std::string_view) { return Result<>(); }, {});
  EXPECT_EQ(exported.error().code(), Code::corrupt);
  EXPECT_THAT(message_of(exported), HasSubstr("the key 'stray' belongs to no store"));
  EXPECT_THAT(entries_of(export_text(*backend, *StorageSelection::parse("a"))), SizeIs(1));
}

TEST(Export, LeavesNoFileWhenItFails) {
  const StoreFolder folder;
  const auto backend = in_memory();
  fill(*backend, 1, 400);
  const auto file = folder.path() / "e.jsonl";
  const auto stopped = export_to_file(*backend, {}, export_time, file, [](auto, auto) { return false; });
  EXPECT_EQ(stopped.error().code(), Code::cancelled);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
  ASSERT_OK(export_to_file(*backend, {}, export_time, file, {}));
  EXPECT_EQ(std::filesystem::status(file).permissions(), std::filesystem::perms(0600));
  EXPECT_EQ(export_to_file(*backend, {}, export_time, folder.path() / "no" / "e.jsonl", {}).error().code(), Code::io);
}

// ---- import

TEST(Import, BringsBackWhatWasExported) {
  for (const std::uint64_t seed : rt::testing::seeds(200)) {
    const auto from = in_memory(), to = in_memory();
    fill(*from, seed);
    const std::string text = export_text(*from);
    const auto report = import_text(*to, text);
    ASSERT_TRUE(report) << report.error().message() << ", seed " << seed;
    EXPECT_EQ(scan(*to), scan(*from)) << seed;
    EXPECT_EQ(export_text(*to), text) << seed;
    EXPECT_EQ(report->keys, scan(*from).size());
    EXPECT_TRUE(report->trailer);
    EXPECT_THAT(scan(*to, {}, Keyspace::host), IsEmpty()) << seed;
  }
}

TEST(Import, TakesEntriesInAnyOrderWithoutHeaderAndTrailer) {
  for (const std::uint64_t seed : rt::testing::seeds(50)) {
    const auto from = in_memory(), to = in_memory();
    fill(*from, seed);
    std::vector<std::string> lines = entries_of(export_text(*from));
    std::mt19937_64 random(seed);
    std::ranges::shuffle(lines, random);
    std::string text;
    for (const std::string& line : lines) text += line;
    text.pop_back();  // nor the last line feed
    const auto report = import_text(*to, text, {.mode = ImportMode::replace});
    ASSERT_TRUE(report) << report.error().message() << ", seed " << seed;
    EXPECT_FALSE(report->trailer);
    EXPECT_EQ(scan(*to), scan(*from)) << seed;
  }
}

// Whatever becomes of one byte: it is found, with its line, and nothing has changed, or it made no difference.
TEST(Import, OfAFileDamagedAtAnyByteIsRefusedOrMadeNoDifference) {
  const auto from = in_memory(), other = in_memory();
  fill(*from, 7, 4);
  fill(*other, 8, 4);
  const std::string good = export_text(*from);
  const Entries before = scan(*other);
  Entries after;
  {
    const auto merged = in_memory();
    fill(*merged, 8, 4);
    ASSERT_OK(import_text(*merged, good));
    after = scan(*merged);
  }
  std::size_t refused = 0;
  const auto try_import = [&](const std::string& text, std::size_t at) {
    const auto backend = in_memory();
    fill(*backend, 8, 4);
    const auto report = import_text(*backend, text);
    EXPECT_EQ(scan(*backend), report ? after : before) << at;
    EXPECT_THAT(scan(*backend, {}, Keyspace::host), IsEmpty()) << at;
    if (report) return;
    ++refused;
    EXPECT_THAT(report.error().message(), ::testing::MatchesRegex("f\\.jsonl:[0-9]+: .*")) << at;
  };
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const char flip : {'\x01', '\x80'}) {
      std::string text = good;
      text[at] = static_cast<char>(text[at] ^ flip);
      try_import(text, at);
    }
    try_import(std::string(good).erase(at, 1), at);
    try_import(std::string(good).insert(at, 1, '\n'), at);
    if (at > 0) try_import(good.substr(0, at), at);
  }
  EXPECT_GT(refused, 4 * good.size());
}

TEST(Import, FindsLinesThatAreMissingDoubledOrOfAnotherFile) {
  const auto from = in_memory(), to = in_memory();
  fill(*from, 3, 10);
  const std::string good = export_text(*from);
  const std::vector<std::string> lines = entries_of(good);
  const std::string header = good.substr(0, good.find('\n') + 1), trailer = good.substr(good.rfind('{'));
  const auto with = [&](const std::function<void(std::vector<std::string>&)>& change) {
    std::vector<std::string> changed = lines;
    change(changed);
    std::string text = header;
    for (const std::string& line : changed) text += line;
    return message_of(import_text(*to, text + trailer));
  };
  EXPECT_THAT(with([](auto& all) { all.erase(all.begin() + 4); }), StartsWith("f.jsonl:11: the trailer counts 10 keys"));
  EXPECT_THAT(with([](auto& all) { all.insert(all.begin() + 4, all[4]); }), HasSubstr("f.jsonl:7: the key"));
  EXPECT_THAT(with([](auto& all) { std::swap(all[4], all[5]); }), HasSubstr("f.jsonl:12: the lines before the trailer are not"));
  std::string all_lines;
  for (const std::string& line : lines) all_lines += line;
  EXPECT_THAT(message_of(import_text(*to, all_lines + trailer)), HasSubstr("its beginning is missing"));
  EXPECT_THAT(message_of(import_text(*to, header + all_lines)), HasSubstr("f.jsonl:11: is the last line"));
  EXPECT_THAT(message_of(import_text(*to, good + lines[0])), HasSubstr("f.jsonl:13: nothing may follow the trailer"));
  EXPECT_THAT(message_of(import_text(*to, header + good)), HasSubstr("f.jsonl:2: a header can only be the first line"));
  EXPECT_THAT(scan(*to), IsEmpty());
}

TEST(Import, UndoesItselfWhenAKeyOutOfOrderIsThereTwice) {
  for (const ImportMode mode : {ImportMode::merge, ImportMode::replace}) {
    const auto backend = in_memory();
    put(*backend, "default/a", "a", "old");
    const Entries before = scan(*backend);
    const std::string text = entry("default/a", "Yg==") + entry("default/a", "YQ==", "bmV3") + entry("default/a", "Yw==") +
                             entry("default/a:default", "YQ==");
    EXPECT_THAT(message_of(import_text(*backend, text, {.mode = mode})), StartsWith("f.jsonl:4: the key 'a' of default/a is in"));
    EXPECT_EQ(scan(*backend), before);
    EXPECT_THAT(scan(*backend, {}, Keyspace::host), IsEmpty());
  }
}

TEST(Import, MergesReplacesOrRefusesAsItWasAsked) {
  const auto start = [] {
    auto backend = in_memory();
    put(*backend, "default/a", "kept", "1");
    put(*backend, "default/a", "same", "1");
    put(*backend, "default/a:x", "kept", "1");
    put(*backend, "default/b", "kept", "1");
    return backend;
  };
  const std::string text = entry("default/a", "bmV3") + entry("default/a", "c2FtZQ==", "Mg==");  // new, same=2
  const auto keys = [](const StorageBackend& backend) {
    std::vector<std::string> all;
    for (const auto& [key, value] : scan(backend)) all.push_back(key + "=" + value);
    return all;
  };

  const auto merged = start();
  const auto merge = import_text(*merged, text);
  ASSERT_OK(merge);
  EXPECT_EQ(merge->overwritten, 1U);
  EXPECT_THAT(keys(*merged), ElementsAre("component:default/a:kept=1", "component:default/a:new=", "component:default/a:same=2",
                                         "component:default/b:kept=1", "named:default/a:x:kept=1"));

  const auto replaced = start();
  const auto replace = import_text(*replaced, text, {.mode = ImportMode::replace});
  ASSERT_OK(replace);
  EXPECT_EQ(replace->overwritten, 1U);
  EXPECT_EQ(replace->removed, 1U);
  EXPECT_THAT(keys(*replaced), ElementsAre("component:default/a:new=", "component:default/a:same=2", "component:default/b:kept=1",
                                           "named:default/a:x:kept=1"))
      << "stores that the file does not name are left alone";

  const auto refusing = start();
  const Entries before = scan(*refusing);
  const auto refused = import_text(*refusing, text, {.mode = ImportMode::fail_on_conflict});
  EXPECT_EQ(refused.error().code(), Code::already_exists);
  EXPECT_THAT(message_of(refused), StartsWith("f.jsonl:2: default/a has the key 'same' already"));
  EXPECT_EQ(scan(*refusing), before);
}

TEST(Import, ChangesNothingWhenItIsADryRun) {
  const auto from = in_memory(), to = in_memory();
  fill(*from, 1);
  put(*to, "default/a", "k", "1");
  ASSERT_OK(record_usage(*to, *scan_usage(*to)));
  const Entries before = scan(*to), host_before = scan(*to, {}, Keyspace::host);
  const auto report = import_text(*to, export_text(*from), {.mode = ImportMode::replace, .dry_run = true});
  ASSERT_OK(report);
  EXPECT_EQ(report->keys, scan(*from).size());
  EXPECT_EQ(scan(*to), before);
  EXPECT_EQ(scan(*to, {}, Keyspace::host), host_before);
}

TEST(Import, HoldsTheLimitOfEachAccountToTheByte) {
  struct Case {
    ImportMode mode;
    std::uint64_t exact;
  };
  // There are 3 + 10 bytes in the component's two stores; the file has 3 + 4 of which the first key is there already.
  for (const auto& [mode, exact] : {Case{ImportMode::merge, 13 - 3 + 7}, Case{ImportMode::replace, 13 - 3 + 7}}) {
    for (const bool recorded : {false, true}) {
      const auto backend = in_memory();
      put(*backend, "default/a", "a", "12");
      put(*backend, "default/a:x", "k", "123456789");
      if (recorded) ASSERT_OK(record_usage(*backend, *scan_usage(*backend)));
      const Entries before = scan(*backend);
      const std::string text = entry("default/a", "YQ==", "MTI=") + entry("default/a", "Yg==", "MTIz");
      const auto with_limit = [&](std::uint64_t limit) {
        return import_text(*backend, text, {.mode = mode, .limit_of = [limit](const StoreId&) { return limit; }});
      };
      const auto refused = with_limit(exact - 1);
      ASSERT_FALSE(refused);
      EXPECT_EQ(refused.error().code(), Code::exhausted);
      EXPECT_THAT(message_of(refused), HasSubstr("default/a would hold 17 B (17 bytes) and may hold 16 B"));
      EXPECT_EQ(scan(*backend), before);
      EXPECT_EQ(recorded_usage(*backend)->has_value(), recorded) << "it is forgotten when something is written";
      ASSERT_OK(with_limit(exact));
      EXPECT_FALSE(recorded_usage(*backend)->has_value());
      ASSERT_OK(with_limit(1));  // what does not grow is not refused
    }
  }
}

TEST(Import, LeavesEverythingAsItWasWhenItIsStopped) {
  const auto from = in_memory(), to = in_memory();
  fill(*from, 1, 5000);
  fill(*to, 2, 3000);
  const Entries before = scan(*to);
  const std::string text = export_text(*from);
  for (const ImportMode mode : {ImportMode::merge, ImportMode::replace})
    for (std::uint64_t looks = 1;; ++looks) {
      std::uint64_t left = looks;
      const auto report = import_text(*to, text, {.mode = mode, .watch = [&](auto, auto) { return --left > 0; }});
      if (report) break;
      ASSERT_EQ(report.error().code(), Code::cancelled);
      ASSERT_EQ(scan(*to), before);
      ASSERT_THAT(scan(*to, {}, Keyspace::host), IsEmpty());
      if (looks > 20) break;
    }
}

TEST(Import, NamesTheLineThatIsTooLong) {
  const auto backend = in_memory();
  const std::string text = entry("default/a", "YQ==") + std::string(max_export_line_bytes + 1, 'x') + "\n";
  EXPECT_THAT(message_of(import_text(*backend, text)), StartsWith("f.jsonl:2: a line of more than 2097152 bytes"));
}

TEST(CheckExport, ChecksAFileWithoutABackend) {
  const auto from = in_memory();
  fill(*from, 1);
  const std::string text = export_text(*from);
  const auto report = check_export(file_of(text), "f.jsonl", {});
  ASSERT_OK(report);
  EXPECT_EQ(report->keys, scan(*from).size());
  EXPECT_EQ(check_export(file_of(text.substr(1)), "f.jsonl", {}).error().code(), Code::corrupt);
}

// ---- deletion

TEST(Deletion, TakesWhatWasSelectedAndNothingElse) {
  const auto backend = in_memory();
  for (const std::string_view store : {"default/a", "default/a:x", "default/a-b", "photos/a", "shared:a"})
    put(*backend, store, "k", "12");
  ASSERT_OK(record_usage(*backend, *scan_usage(*backend)));
  const auto report = delete_stores(*backend, *StorageSelection::parse("a"), {});
  ASSERT_OK(report);
  EXPECT_EQ(report->keys, 2U);
  EXPECT_EQ(report->bytes, 6U);
  EXPECT_THAT(scan(*backend), SizeIs(3));
  EXPECT_THAT(scan(*backend, {}, Keyspace::host), IsEmpty()) << "what is recorded holds no more";
}

// ---- copies

TEST(Copy, HasBothKeyspacesAndNeedsAnEmptyPlace) {
  const auto from = in_memory(), to = in_memory();
  fill(*from, 1, 3000);
  ASSERT_OK(set(*from, "host", "record", Keyspace::host));
  const auto digest = copy_storage(*from, *to, {});
  ASSERT_OK(digest);
  EXPECT_EQ(*digest, *digest_storage(*from, Keyspace::guests, {}));
  EXPECT_EQ(scan(*to), scan(*from));
  EXPECT_EQ(scan(*to, {}, Keyspace::host), scan(*from, {}, Keyspace::host));
  EXPECT_EQ(copy_storage(*from, *to, {}).error().code(), Code::already_exists);
}

TEST(Digest, DiffersWhereverAByteStands) {
  const auto digest = [](const Entries& entries) {
    const auto backend = in_memory();
    for (const auto& [key, value] : entries) EXPECT_TRUE(set(*backend, key, value));
    return digest_storage(*backend, Keyspace::guests, {})->sha256;
  };
  EXPECT_NE(digest({{"ab", "c"}}), digest({{"a", "bc"}}));
  EXPECT_NE(digest({{"a", "b"}, {"c", "d"}}), digest({{"a", "b\0c"}, {"d", ""}}));
  EXPECT_EQ(digest({}), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

// ---- verification

TEST(Verification, CountsEachStoreAndFindsWhatNoGuestCouldHaveWritten) {
  const auto backend = in_memory();
  put(*backend, "default/a", "k", "12");
  put(*backend, "default/a", "l", "");
  put(*backend, "shared:t", "k", "1");
  const auto good = verify_storage(*backend, {});
  ASSERT_OK(good);
  EXPECT_THAT(good->problems, IsEmpty());
  ASSERT_THAT(good->stores, SizeIs(2));
  EXPECT_EQ(good->stores[0].store.text(), "default/a");
  EXPECT_EQ(good->stores[0].keys, 2U);
  EXPECT_EQ(good->stores[0].bytes, 4U);
  EXPECT_FALSE(good->recorded);
  EXPECT_EQ(good->digest, *digest_storage(*backend, Keyspace::guests, {}));

  ASSERT_OK(record_usage(*backend, *scan_usage(*backend)));
  EXPECT_TRUE(verify_storage(*backend, {})->recorded);
  EXPECT_THAT(verify_storage(*backend, {})->problems, IsEmpty());
  put(*backend, "default/a", "\x01", std::string(max_storage_value_bytes + 1, 'v'));
  ASSERT_OK(set(*backend, "named:default/a:default:k", ""));
  ASSERT_OK(set(*backend, "sys/usage", ""));
  const auto bad = verify_storage(*backend, {});
  EXPECT_THAT(bad->problems,
              ElementsAre("default/a: '\\x01': a control character at byte 1 of the key",
                          "default/a: '\\x01' has a value of 1048577 bytes; the most is 1048576",
                          "the key 'named:default/a:default:k' belongs to no store", "the key 'sys/usage' belongs to no store",
                          "default/a: the host's record says 2 keys with 4 bytes, there are 3 with 1048582"));
}

TEST(Verification, ListsNoMoreProblemsThanItMay) {
  const auto backend = in_memory();
  for (int n = 0; n < 150; ++n) ASSERT_OK(set(*backend, "stray" + std::to_string(n), ""));
  const auto report = verify_storage(*backend, {});
  EXPECT_THAT(report->problems, SizeIs(VerifyReport::max_problems));
  EXPECT_EQ(report->more_problems, 50U);
}

}  // namespace
}  // namespace airssys::wasm::testing
