#include "airssys/wasm/core/forbidden_list.h"

#include <gtest/gtest.h>

#include <string_view>

namespace airssys::wasm {
namespace {

struct Asked {
  Action action;
  std::string_view resource;
};

TEST(ForbiddenList, OfNothingForbidsNothing) {
  EXPECT_EQ(ForbiddenList().find(Action::filesystem_write, "/etc/passwd"), nullptr);
}

TEST(ForbiddenList, HasTheDefaultsOfTheSpecification) {
  const ForbiddenList list = ForbiddenList::defaults();
  for (const Asked& asked : {
           Asked{Action::filesystem_write, "/etc/passwd"},
           Asked{Action::filesystem_write, "/etc/shadow"},
           Asked{Action::filesystem_write, "/etc/sudoers"},
           Asked{Action::filesystem_write, "/boot/vmlinuz"},
           Asked{Action::filesystem_write, "/sys/kernel/x"},
           Asked{Action::filesystem_write, "/proc/1/mem"},
           Asked{Action::filesystem_write, "/dev/sda"},
           Asked{Action::filesystem_delete, "/dev/sda"},
           Asked{Action::filesystem_read, "/etc/shadow"},
           Asked{Action::filesystem_read, "/root/.ssh/id_rsa"},
           Asked{Action::filesystem_read, "/home/ann/.ssh/id_ed25519"},
           Asked{Action::filesystem_execute, "/root/.ssh/rc"},
           Asked{Action::filesystem_list, "/root/.ssh"},
           Asked{Action::network_outbound, "localhost:22"},
           Asked{Action::network_outbound, "127.0.0.1:22"},
           Asked{Action::network_outbound, "[::1]:22"},
           Asked{Action::network_outbound, "[::ffff:127.0.0.1]:22"},
           Asked{Action::network_outbound, "0.0.0.0:22"},
           Asked{Action::network_outbound, "https:db.internal.secret:443"},
           Asked{Action::network_inbound, "0.0.0.0:22"},
           Asked{Action::network_inbound, "127.0.0.1:3306"},
           Asked{Action::network_inbound, "[::]:5432"},
       })
    EXPECT_TRUE(list.find(asked.action, asked.resource)) << action_name(asked.action) << " " << asked.resource;
  for (const Asked& asked : {
           Asked{Action::filesystem_read, "/etc/passwd"},
           Asked{Action::filesystem_read, "/home/ann/.ssh/config"},
           Asked{Action::filesystem_list, "/home/ann/.ssh"},
           Asked{Action::filesystem_list, "/etc"},
           Asked{Action::filesystem_write, "/etc/passwd2"},
           Asked{Action::filesystem_write, "/bootable"},
           Asked{Action::network_outbound, "localhost:80"},
           Asked{Action::network_outbound, "192.0.2.7:22"},
           Asked{Action::network_outbound, "internal.secret:443"},
           Asked{Action::network_inbound, "0.0.0.0:8080"},
           Asked{Action::messaging_send, "localhost"},
       })
    EXPECT_FALSE(list.find(asked.action, asked.resource)) << action_name(asked.action) << " " << asked.resource;
}

TEST(ForbiddenList, KeepsWhatItForbidsFromBeingMovedAway) {
  const ForbiddenList list = ForbiddenList::defaults();
  for (const auto path : {"/", "/etc", "/boot", "/home", "/home/ann", "/home/ann/.ssh", "/root/.ssh"})
    EXPECT_TRUE(list.find(Action::filesystem_delete, path)) << path;
  EXPECT_TRUE(list.find(Action::filesystem_write, "/root/.ssh/id_rsa")) << "what may not be read may not be renamed either";
  EXPECT_FALSE(list.find(Action::filesystem_delete, "/srv"));
  EXPECT_FALSE(list.find(Action::filesystem_read, "/etc"));
}

TEST(ForbiddenList, ForbidsAProgramByItsNameWhereverItIs) {
  ForbiddenList list;
  ASSERT_TRUE(list.add(*Capability::parse(Action::process_spawn, "sh", "forbidden-capabilities.toml:3:5")));
  ASSERT_TRUE(list.add(*Capability::parse(Action::process_spawn, "/opt/bad/**")));
  EXPECT_TRUE(list.find(Action::process_spawn, "/usr/bin/sh"));
  EXPECT_TRUE(list.find(Action::process_spawn, "/opt/bad/a/b"));
  EXPECT_FALSE(list.find(Action::process_spawn, "/usr/bin/ssh"));
  EXPECT_EQ(list.find(Action::process_spawn, "/usr/bin/sh")->place, "forbidden-capabilities.toml:3:5");
  EXPECT_FALSE(list.add(*Capability::parse(Action::process_kill, "sh")));
}

TEST(ForbiddenList, TellsWhatCannotBeGrantedFromWhatOnlyReachesIntoIt) {
  ForbiddenList list = ForbiddenList::defaults();
  ASSERT_TRUE(list.add(*Capability::parse(Action::process_spawn, "sh")));
  struct Case {
    Action action;
    std::string_view pattern;
    int denied, flagged;
  };
  for (const Case& one : {
           Case{Action::filesystem_write, "/etc/passwd", 1, 0},
           Case{Action::filesystem_write, "/etc/pass[w]d", 1, 0},
           Case{Action::filesystem_write, "/boot/**", 1, 0},
           Case{Action::filesystem_write, "/boot/efi/*", 1, 0},
           Case{Action::filesystem_write, "/boot", 1, 0},
           Case{Action::filesystem_write, "/etc/shadow", 1, 0},
           Case{Action::filesystem_write, "/etc/pass*", 0, 1},
           Case{Action::filesystem_write, "/etc/**", 0, 4},
           Case{Action::filesystem_write, "/**", 0, 10},
           Case{Action::filesystem_write, "/srv/**", 0, 0},
           Case{Action::filesystem_read, "/etc/passwd", 0, 0},
           Case{Action::filesystem_read, "/home/ann/.ssh/id_rsa", 1, 0},
           Case{Action::filesystem_read, "/home/ann/**", 0, 1},
           Case{Action::filesystem_list, "/root/.ssh/*", 1, 0},
           Case{Action::filesystem_list, "/home/ann/.ssh/id_*", 0, 1},
           Case{Action::network_outbound, "localhost:22", 1, 0},
           Case{Action::network_outbound, "tcp:127.0.0.1:22", 1, 0},
           Case{Action::network_outbound, "127.0.0.1:*", 0, 1},
           Case{Action::network_outbound, "localhost:80", 0, 0},
           Case{Action::network_outbound, "*:*", 0, 2},
           Case{Action::network_outbound, "*.db.internal.secret:1", 1, 0},
           Case{Action::network_inbound, "0.0.0.0:22", 1, 0},
           Case{Action::network_inbound, "127.0.0.1:*", 0, 3},
           Case{Action::process_spawn, "sh", 1, 0},
           Case{Action::process_spawn, "/usr/bin/sh", 1, 0},
           Case{Action::process_spawn, "/usr/bin/git", 0, 0},
           Case{Action::process_spawn, "/usr/bin/*", 0, 1},
           Case{Action::process_spawn, "*", 0, 1},
           Case{Action::messaging_send, "*", 0, 0},
       }) {
    CapabilitySet wanted;
    ASSERT_TRUE(wanted.grant(*Capability::parse(one.action, one.pattern)));
    const ForbiddenList::Conflicts conflicts = list.conflicts(wanted);
    EXPECT_EQ(conflicts.denied.size(), one.denied) << action_name(one.action) << " " << one.pattern;
    EXPECT_EQ(conflicts.flagged.size(), one.flagged) << action_name(one.action) << " " << one.pattern;
  }
}

}  // namespace
}  // namespace airssys::wasm
