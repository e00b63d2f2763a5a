#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "airssys/wasm/storage/backends.h"
#include "airssys/wasm/storage/store_id.h"
#include "project_folder.h"

namespace airssys::cli {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::ProjectFolder;
using ::testing::StartsWith;
using Json = nlohmann::json;

using Contents = std::vector<std::pair<std::string, std::string>>;

class StorageCommands : public ProjectFolder {
 protected:
  [[nodiscard]] std::filesystem::path data() const { return folder_ / "user/.airssys/data"; }
  [[nodiscard]] static std::unique_ptr<wasm::StorageBackend> open(const std::filesystem::path& directory) {
    const auto kind = wasm::backend_of(directory);
    EXPECT_TRUE(kind) << kind.error().message();
    auto opened = wasm::open_backend({.kind = kind->value_or(wasm::BackendKind::rocksdb), .directory = directory});
    EXPECT_TRUE(opened) << opened.error().message();
    return *std::move(opened);
  }
  void put(const Contents& contents) const {
    const auto backend = open(data());
    for (const auto& [key, value] : contents) {
      const std::array writes{wasm::StorageWrite{key, value}};
      EXPECT_TRUE(backend->write(wasm::Keyspace::guests, writes, wasm::Durability::process));
    }
  }
  [[nodiscard]] static Contents contents_of(const std::filesystem::path& directory) {
    Contents contents;
    const auto backend = open(directory);
    EXPECT_TRUE(backend->scan(wasm::Keyspace::guests, {}, [&](std::string_view key, std::string_view value) {
      contents.emplace_back(key, value);
      return true;
    }));
    return contents;
  }
  // What `run` printed as JSON.
  [[nodiscard]] Json json() const { return Json::parse(out_); }

  const Contents some_{{"component:default/counter:count", "42"},
                       {"component:photos/log:a", std::string(1000, 'a')},
                       {"named:default/counter:settings:theme", "dark"},
                       {"shared:team:k", ""}};
};

TEST_F(StorageCommands, FindNothingWhereNothingIsKept) {
  for (const std::string verb : {"export", "list", "verify", "compact"}) {
    EXPECT_EQ(run({"storage", verb}), 1) << verb;
    EXPECT_THAT(err_, HasSubstr(data().native() + ": nothing is kept there; --data names another directory"));
  }
  EXPECT_FALSE(std::filesystem::exists(data()));
}

TEST_F(StorageCommands, ListWhoKeepsHowMuch) {
  put(some_);
  EXPECT_EQ(run({"storage", "list", "--storage-limit", "photos/log=1KiB"}), 0) << err_;
  EXPECT_THAT(out_, AllOf(StartsWith("component              keys        size       quota     %\n"),
                          HasSubstr("default/counter           2        16 B      50 MiB     0\n"),
                          HasSubstr("photos/log                1      1001 B       1 KiB    97  nearly full\n"),
                          HasSubstr("shared:team               1         1 B      50 MiB     0\n"), HasSubstr("rocksdb, ")));
  EXPECT_EQ(run({"storage", "list", "--json", "--storage-limit", "photos/log=1000B"}), 0) << err_;
  const Json log = json()["components"][1];
  EXPECT_EQ(log["component"], "photos/log");
  EXPECT_EQ(log["bytes"], 1001);
  EXPECT_EQ(log["quota"], 1000);
  EXPECT_EQ(log["warning"], true);
  EXPECT_EQ(json()["components"][0]["warning"], false);
}

TEST_F(StorageCommands, ExportAndImportTheSameContents) {
  put(some_);
  EXPECT_EQ(run({"storage", "export"}), 0) << err_;
  const std::string all = out_;
  EXPECT_EQ(run({"storage", "export", "-o", path("all.jsonl"), "--json"}), 0) << err_;
  EXPECT_EQ(json()["keys"], 4);
  EXPECT_EQ(read("all.jsonl"), all);
  EXPECT_EQ(mode("all.jsonl"), 0600u);
  EXPECT_EQ(run({"storage", "verify", path("all.jsonl")}), 0) << err_;
  EXPECT_THAT(out_, HasSubstr("all.jsonl: intact\n  4 keys, 1018 B in 4 stores\n"));

  for (const std::string backend : {"sled", "rocksdb"}) {
    EXPECT_EQ(run({"storage", "import", path("all.jsonl"), "--data", path(backend), "--backend", backend}), 0) << err_;
    EXPECT_THAT(out_, HasSubstr("imported 4 keys"));
    EXPECT_EQ(contents_of(folder_ / backend), some_);
  }
  EXPECT_EQ(run({"storage", "export", "--component", "counter"}), 0) << err_;
  EXPECT_THAT(out_, AllOf(HasSubstr("\"default/counter\""), HasSubstr("\"default/counter:settings\""), Not(HasSubstr("photos"))));
  EXPECT_EQ(run({"storage", "export", "--component", "counter:settings"}), 0) << err_;
  EXPECT_THAT(out_, Not(HasSubstr("\"default/counter\"")));
  EXPECT_EQ(run({"storage", "export", "--component", "nobody"}), 0);
  EXPECT_THAT(err_, HasSubstr("there was nothing to export"));
}

TEST_F(StorageCommands, ImportStandardInput) {
  put(some_);
  EXPECT_EQ(run({"storage", "export"}), 0) << err_;
  input_ = {out_.substr(0, 100), std::nullopt, out_.substr(100)};
  EXPECT_EQ(run({"storage", "import", "-", "--data", path("other")}), 0) << err_;
  EXPECT_EQ(contents_of(folder_ / "other"), some_);
  input_ = {"{}\n"};
  EXPECT_EQ(run({"storage", "import", "-", "--data", path("other")}), 1);
  EXPECT_THAT(err_, HasSubstr("standard input:1: 'component' is missing"));
}

TEST_F(StorageCommands, ImportNothingOfWhatIsWrong) {
  put(some_);
  const std::string entry = R"({"component":"default/counter","key":"Y291bnQ=","value":"NDM="})"
                            "\n";
  write("bad.jsonl", entry + "{\n");
  EXPECT_EQ(run({"storage", "import", path("bad.jsonl")}), 1);
  EXPECT_THAT(err_, HasSubstr("bad.jsonl:2: no JSON at byte"));
  EXPECT_EQ(run({"storage", "verify", path("bad.jsonl"), "--json"}), 7);
  EXPECT_EQ(json()["error"]["code"], "corrupt");
  write("good.jsonl", entry);
  EXPECT_EQ(run({"storage", "import", path("good.jsonl"), "--mode", "fail-on-conflict"}), 7);
  EXPECT_THAT(err_, HasSubstr("good.jsonl:1: default/counter has the key 'count' already"));
  EXPECT_EQ(run({"storage", "import", path("good.jsonl"), "--storage-limit", "counter=8B"}), 0) << "it does not grow";
  put({some_[0]});
  write("more.jsonl", R"({"component":"default/counter","key":"Yg==","value":""})"
                      "\n");
  EXPECT_EQ(run({"storage", "import", path("more.jsonl"), "--storage-limit", "counter=16B"}), 1);
  EXPECT_THAT(err_, HasSubstr("default/counter would hold 17 B (17 bytes) and may hold 16 B; --storage-limit gives it more"));
  EXPECT_EQ(run({"storage", "import", path("good.jsonl"), "--backend", "sled"}), 7);
  EXPECT_THAT(err_, HasSubstr("is kept by rocksdb, and --backend is for a directory that is not there yet"));
  EXPECT_EQ(run({"storage", "import", path("none.jsonl")}), 1);
  EXPECT_EQ(run({"storage", "import", folder_.native()}), 2);
  EXPECT_EQ(contents_of(data()), some_);
  EXPECT_EQ(run({"storage", "import", path("more.jsonl"), "--storage-limit", "counter=16B", "--ignore-quota"}), 0) << err_;
}

TEST_F(StorageCommands, ChangeNothingInADryRun) {
  write("one.jsonl", R"({"component":"default/counter","key":"Y291bnQ=","value":"NDM="})"
                     "\n");
  EXPECT_EQ(run({"storage", "import", path("one.jsonl"), "--dry-run"}), 0) << err_;
  EXPECT_THAT(out_, StartsWith("would import 1 key (7 B) of 1 store\n"));
  EXPECT_FALSE(std::filesystem::exists(data()));
  put({{"component:default/counter:other", ""}});
  EXPECT_EQ(run({"storage", "import", path("one.jsonl"), "--dry-run", "--mode", "replace"}), 0) << err_;
  EXPECT_THAT(out_, HasSubstr("; 1 other would go\n"));
  EXPECT_EQ(contents_of(data()).front().first, "component:default/counter:other");
}

TEST_F(StorageCommands, AskBeforeAnythingGoes) {
  put(some_);
  write("one.jsonl", R"({"component":"default/counter","key":"bmV3","value":""})"
                     "\n");
  const std::vector<std::vector<std::string>> commands{{"storage", "delete", "--component", "counter"},
                                                       {"storage", "import", path("one.jsonl"), "--mode", "replace"}};
  for (const auto& command : commands) {
    EXPECT_EQ(run(command), 2);
    EXPECT_THAT(err_, HasSubstr("as nobody is here to say yes; add --yes if you mean it"));
  }
  terminal_ = true;
  for (const auto& command : commands) {
    input_ = {"y\n"};
    EXPECT_EQ(run(command), 2);
    EXPECT_THAT(err_, HasSubstr("type yes, in full, to go on"));
  }
  EXPECT_EQ(contents_of(data()), some_);
  input_ = {"yes\n"};
  EXPECT_EQ(run(commands[1]), 0) << err_;
  EXPECT_THAT(err_, HasSubstr("1 key in 1 store go, and 1 of the file take their place."));
  input_ = {"yes\n"};
  EXPECT_EQ(run(commands[0]), 0) << err_;
  EXPECT_THAT(err_, HasSubstr("2 keys of counter in"));
  EXPECT_THAT(contents_of(data()), ElementsAre(some_[1], some_[3]));
  EXPECT_EQ(run({"audit", "show", "--action", "storage.delete"}), 0);
  EXPECT_THAT(out_, HasSubstr("counter in " + data().native()));
}

TEST_F(StorageCommands, DeleteWithoutAQuestionWhenToldSo) {
  put(some_);
  EXPECT_EQ(run({"storage", "delete", "--component", "shared:team", "--yes", "--json"}), 0) << err_;
  EXPECT_EQ(json()["keys"], 1);
  EXPECT_THAT(contents_of(data()), ElementsAre(some_[0], some_[1], some_[2]));
  EXPECT_EQ(run({"storage", "delete", "--yes"}), 2);
  EXPECT_THAT(err_, HasSubstr("--component NAME is missing"));
  EXPECT_EQ(run({"storage", "delete", "--yes", "--component", "Counter"}), 2);
}

TEST_F(StorageCommands, VerifyWhatIsThere) {
  put(some_);
  EXPECT_EQ(run({"storage", "verify"}), 0) << err_;
  EXPECT_THAT(out_, AllOf(HasSubstr(": intact\n"), HasSubstr("rocksdb, 4 keys, 1018 B in 4 stores\n  sha256 ")));
  put({{"stray", ""}, {"component:default/counter:\x01", ""}});
  EXPECT_EQ(run({"storage", "verify"}), 7);
  EXPECT_THAT(out_, AllOf(HasSubstr(": not as it should be\n"), HasSubstr("  the key 'stray' belongs to no store\n"),
                          HasSubstr("default/counter: '\\x01': a control character at byte 1")));
  EXPECT_EQ(run({"storage", "verify", "--json"}), 7);
  EXPECT_EQ(json()["intact"], false);
  EXPECT_EQ(json()["problems"].size(), 2u);
  EXPECT_EQ(json()["stores"], 4);
  EXPECT_EQ(run({"storage", "export"}), 1);
  EXPECT_EQ(run({"storage", "compact"}), 0) << err_;
}

TEST_F(StorageCommands, BackUpAndRestore) {
  put(some_);
  EXPECT_EQ(run({"storage", "verify", "--json"}), 0);
  const Json hash = json()["sha256"];
  EXPECT_EQ(run({"storage", "backup", path("backup"), "--json"}), 0) << err_;
  EXPECT_EQ(json()["sha256"], hash);
  EXPECT_EQ(run({"storage", "backup", path("backup")}), 7) << "it is there already";
  put({{"component:default/later:k", ""}});
  EXPECT_EQ(run({"storage", "restore", path("backup")}), 2) << "nobody says yes";
  EXPECT_EQ(contents_of(data()).size(), 5u);
  EXPECT_EQ(run({"storage", "restore", path("backup"), "--yes"}), 0) << err_;
  EXPECT_THAT(out_, HasSubstr("4 keys, as they were at 2025-12-18T00:00:00Z"));
  EXPECT_EQ(contents_of(data()), some_);
  EXPECT_EQ(run({"storage", "restore", path("backup"), "--data", path("new")}), 0) << "nothing goes: " << err_;
  EXPECT_EQ(contents_of(folder_ / "new"), some_);
  EXPECT_EQ(run({"storage", "restore", path("new"), "--yes"}), 1);
  EXPECT_THAT(err_, HasSubstr("is no backup, it has no file BACKUP"));
}

TEST_F(StorageCommands, MigrateAndKeepWhatWas) {
  put(some_);
  EXPECT_EQ(run({"storage", "migrate", "--to", "rocksdb"}), 7);
  EXPECT_EQ(run({"storage", "migrate", "--from", "sled", "--to", "rocksdb"}), 7);
  EXPECT_EQ(run({"storage", "migrate", "--to", "sled", "--json"}), 0) << err_;
  EXPECT_EQ(json()["from"], "rocksdb");
  EXPECT_EQ(json()["kept"], data().native() + ".rocksdb");
  EXPECT_EQ(*wasm::backend_of(data()), wasm::BackendKind::sled);
  EXPECT_EQ(contents_of(data()), some_);
  EXPECT_EQ(contents_of(data().native() + ".rocksdb"), some_);
  EXPECT_EQ(run({"storage", "migrate", "--to", "memory"}), 2);
}

TEST_F(StorageCommands, LeaveAloneWhatSomebodyElseHasOpen) {
  put(some_);
  const auto held = open(data());
  for (const std::vector<std::string>& command : std::vector<std::vector<std::string>>{
           {"storage", "import", path("echo/echo.wasm")}, {"storage", "migrate", "--to", "sled"}}) {
    EXPECT_EQ(run(command), 1);
    EXPECT_THAT(err_, HasSubstr(" needs the storage directory for itself, and process "));
  }
}

TEST_F(StorageCommands, LeaveEverythingAsItWasWhenInterrupted) {
  put(some_);
  EXPECT_EQ(run({"storage", "export", "-o", path("all.jsonl")}), 0);
  interrupted_ = true;
  EXPECT_EQ(run({"storage", "import", "-"}), 1);
  EXPECT_THAT(err_, HasSubstr("interrupted"));
  EXPECT_EQ(run({"storage", "restore", path("backup"), "--yes"}), 1);
  EXPECT_EQ(contents_of(data()), some_);
}

TEST_F(StorageCommands, RefuseArgumentsThatMakeNoSense) {
  put(some_);
  const std::pair<std::vector<std::string>, std::string> mistakes[]{
      {{"storage"}, "storage: no command; the commands are export, import"},
      {{"storage", "exprot"}, "did you mean 'export'?"},
      {{"storage", "export", "--json"}, "standard output has the export itself"},
      {{"storage", "import"}, "FILE is missing"},
      {{"storage", "import", "x", "--mode", "overwrite"}, "write merge, replace or fail-on-conflict"},
      {{"storage", "import", "x", "--backend", "lmdb"}, "there are rocksdb, sled, memory"},
      {{"storage", "import", "x", "--storage-limit", "counter"}, "write whose store, and what it may keep"},
      {{"storage", "verify", "x", "--data", "y"}, "do not go together"},
      {{"storage", "migrate"}, "--to BACKEND is missing"},
      {{"storage", "backup"}, "DIR is missing"},
      {{"storage", "restore"}, "BACKUP is missing"}};
  for (const auto& [command, mistake] : mistakes) {
    EXPECT_EQ(run(command), 2);
    EXPECT_THAT(err_, HasSubstr(mistake));
  }
}

}  // namespace
}  // namespace airssys::cli
