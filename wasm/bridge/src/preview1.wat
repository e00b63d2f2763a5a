;; wasi_snapshot_preview1 over WASI 0.2, for core modules of toolchains that know nothing newer (Go, wasi-libc): standard output
;; and error, clocks, random bytes and exit are the host's; there are no files, sockets, arguments or environment.
;;
;; It owns no memory. Where an import answers through a pointer, a place of the caller's is lent and restored.
;;
;; While the guest's allocator works for the canonical ABI no import may be called (`preview1.rs` marks these times with a clock
;; of the number -1, for a collector may ask for the time): then clocks stand still and the rest answers "again".
(module
  (import "env" "memory" (memory 0))
  (import "wasi:cli/stdout@0.2.0" "get-stdout" (func $get_stdout (result i32)))
  (import "wasi:cli/stderr@0.2.0" "get-stderr" (func $get_stderr (result i32)))
  (import "wasi:cli/exit@0.2.0" "exit-with-code" (func $exit (param i32)))
  (import "wasi:io/streams@0.2.0" "[method]output-stream.blocking-write-and-flush" (func $write (param i32 i32 i32 i32)))
  (import "wasi:clocks/monotonic-clock@0.2.0" "now" (func $monotonic (result i64)))
  (import "wasi:clocks/wall-clock@0.2.0" "now" (func $wall (param i32)))
  (import "wasi:random/random@0.2.0" "get-random-u64" (func $random (result i64)))

  (global $marked (mut i32) (i32.const 0))
  (global $last_wall (mut i64) (i64.const 0))
  (global $last_monotonic (mut i64) (i64.const 0))
  (global $stdout (mut i32) (i32.const -1))
  (global $stderr (mut i32) (i32.const -1))

  ;; errno: 0 success, 6 again, 8 badf, 28 inval

  (func $stream (param $fd i32) (result i32)
    (if (i32.eq (local.get $fd) (i32.const 1))
      (then
        (if (i32.eq (global.get $stdout) (i32.const -1)) (then (global.set $stdout (call $get_stdout))))
        (return (global.get $stdout))))
    (if (i32.eq (global.get $stderr) (i32.const -1)) (then (global.set $stderr (call $get_stderr))))
    (global.get $stderr))

  ;; Nanoseconds of a clock; `place` lends 16 bytes.
  (func $now (param $clock i32) (param $place i32) (result i64)
    (local $kept_low i64) (local $kept_high i64)
    (if (i32.eqz (local.get $clock))
      (then
        (if (i32.eqz (global.get $marked))
          (then
            (local.set $kept_low (i64.load align=1 (local.get $place)))
            (local.set $kept_high (i64.load offset=8 align=1 (local.get $place)))
            (call $wall (local.get $place))
            (global.set $last_wall
              (i64.add
                (i64.mul (i64.load (local.get $place)) (i64.const 1000000000))
                (i64.load32_u offset=8 (local.get $place))))
            (i64.store align=1 (local.get $place) (local.get $kept_low))
            (i64.store offset=8 align=1 (local.get $place) (local.get $kept_high))))
        (return (global.get $last_wall))))
    (if (i32.eqz (global.get $marked)) (then (global.set $last_monotonic (call $monotonic))))
    (global.get $last_monotonic))

  ;; A place of `size` bytes at `place`, or before it at the end of the memory.
  (func $lend (param $place i32) (param $size i32) (result i32)
    (select
      (local.get $place)
      (i32.and (i32.sub (local.get $place) (local.get $size)) (i32.const -8))
      (i64.le_u
        (i64.add (i64.extend_i32_u (local.get $place)) (i64.extend_i32_u (local.get $size)))
        (i64.shl (i64.extend_i32_u (memory.size)) (i64.const 16)))))

  (func (export "clock_time_get") (param $clock i32) (param $precision i64) (param $result i32) (result i32)
    (if (i32.eq (local.get $clock) (i32.const -1))
      (then
        (global.set $marked (i32.wrap_i64 (local.get $precision)))
        (return (i32.const 0))))
    (if (i32.gt_u (local.get $clock) (i32.const 3)) (then (return (i32.const 28))))
    (i64.store (local.get $result) (call $now (local.get $clock) (call $lend (local.get $result) (i32.const 16))))
    (i32.const 0))
  (func (export "clock_res_get") (param i32 i32) (result i32)
    (i64.store (local.get 1) (i64.const 1))
    (i32.const 0))

  (func (export "random_get") (param $to i32) (param $size i32) (result i32)
    (local $number i64)
    (if (global.get $marked) (then (return (i32.const 6))))
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $size)))
        (local.set $number (call $random))
        (if (i32.lt_u (local.get $size) (i32.const 8))
          (then
            (loop $byte
              (i64.store8 (local.get $to) (local.get $number))
              (local.set $number (i64.shr_u (local.get $number) (i64.const 8)))
              (local.set $to (i32.add (local.get $to) (i32.const 1)))
              (br_if $byte (local.tee $size (i32.sub (local.get $size) (i32.const 1)))))
            (br $done)))
        (i64.store align=1 (local.get $to) (local.get $number))
        (local.set $to (i32.add (local.get $to) (i32.const 8)))
        (local.set $size (i32.sub (local.get $size) (i32.const 8)))
        (br $next)))
    (i32.const 0))

  (func (export "fd_write") (param $fd i32) (param $piece i32) (param $count i32) (param $written i32) (result i32)
    (local $sum i32) (local $place i32) (local $kept i32) (local $kept_more i64)
    (if (i32.gt_u (i32.sub (local.get $fd) (i32.const 1)) (i32.const 1)) (then (return (i32.const 8))))
    (if (global.get $marked) (then (return (i32.const 6))))
    ;; Of a result<_, stream-error>: 12 bytes.
    (local.set $place (call $lend (local.get $written) (i32.const 12)))
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $count)))
        (if (i32.load offset=4 (local.get $piece))
          (then
            (local.set $kept (i32.load (local.get $place)))
            (local.set $kept_more (i64.load offset=4 align=4 (local.get $place)))
            (call $write (call $stream (local.get $fd)) (i32.load (local.get $piece)) (i32.load offset=4 (local.get $piece))
              (local.get $place))
            (i32.store (local.get $place) (local.get $kept))
            (i64.store offset=4 align=4 (local.get $place) (local.get $kept_more))))
        (local.set $sum (i32.add (local.get $sum) (i32.load offset=4 (local.get $piece))))
        (local.set $piece (i32.add (local.get $piece) (i32.const 8)))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (br $next)))
    (i32.store (local.get $written) (local.get $sum))
    (i32.const 0))

  ;; Standard input is at its end.
  (func (export "fd_read") (param i32 i32 i32 i32) (result i32)
    (if (local.get 0) (then (return (i32.const 8))))
    (i32.store (local.get 3) (i32.const 0))
    (i32.const 0))
  ;; The three are character devices that cannot seek, so that C writes line by line.
  (func (export "fd_fdstat_get") (param $fd i32) (param $to i32) (result i32)
    (if (i32.gt_u (local.get $fd) (i32.const 2)) (then (return (i32.const 8))))
    (i64.store (local.get $to) (i64.const 2))
    (i64.store offset=8 (local.get $to) (select (i64.const 64) (i64.const 2) (local.get $fd)))
    (i64.store offset=16 (local.get $to) (i64.const 0))
    (i32.const 0))
  (func (export "fd_close") (param i32) (result i32)
    (select (i32.const 8) (i32.const 0) (i32.gt_u (local.get 0) (i32.const 2))))

  ;; Whoever waits for a timer here has no other way than to look at the clock until it is due; fuel and the call's timeout end it.
  ;; A subscription has 48 bytes, an event 32. Anything but a timer is a file, and there are none.
  (func (export "poll_oneoff") (param $in i32) (param $out i32) (param $count i32) (param $events i32) (result i32)
    (local $start_wall i64) (local $start_monotonic i64) (local $i i32) (local $at i32) (local $to i32) (local $found i32)
    (local $clock i32) (local $passed i64)
    (if (i32.eqz (local.get $count)) (then (return (i32.const 28))))
    (if (global.get $marked) (then (return (i32.const 6))))
    (local.set $start_wall (call $now (i32.const 0) (local.get $out)))
    (local.set $start_monotonic (call $now (i32.const 1) (local.get $out)))
    (loop $again
      (local.set $i (i32.const 0))
      (local.set $at (local.get $in))
      (local.set $to (local.get $out))
      (loop $next
        (block $not_due
          (block $due
            (br_if $due (i32.load8_u offset=8 (local.get $at)))
            (local.set $clock (i32.load offset=16 (local.get $at)))
            (local.set $passed (call $now (local.get $clock) (local.get $to)))
            (if (i32.eqz (i32.and (i32.load16_u offset=40 (local.get $at)) (i32.const 1)))
              (then
                (local.set $passed
                  (i64.sub (local.get $passed)
                    (select (local.get $start_monotonic) (local.get $start_wall) (local.get $clock))))))
            (br_if $not_due (i64.lt_u (local.get $passed) (i64.load offset=24 (local.get $at)))))
          (i64.store (local.get $to) (i64.load (local.get $at)))
          (i64.store offset=8 (local.get $to) (i64.const 0))
          (i64.store offset=16 (local.get $to) (i64.const 0))
          (i64.store offset=24 (local.get $to) (i64.const 0))
          (i32.store8 offset=10 (local.get $to) (i32.load8_u offset=8 (local.get $at)))
          (if (i32.load8_u offset=8 (local.get $at)) (then (i32.store16 offset=8 (local.get $to) (i32.const 8))))
          (local.set $to (i32.add (local.get $to) (i32.const 32)))
          (local.set $found (i32.add (local.get $found) (i32.const 1))))
        (local.set $at (i32.add (local.get $at) (i32.const 48)))
        (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $count))))
      (br_if $again (i32.eqz (local.get $found))))
    (i32.store (local.get $events) (local.get $found))
    (i32.const 0))

  (func (export "proc_exit") (param i32)
    (call $exit (i32.and (local.get 0) (i32.const 255)))
    unreachable)
  (func (export "proc_raise") (param i32) (result i32) unreachable)
  (func (export "sched_yield") (result i32) (i32.const 0))

  (func $none (param $count i32) (param $bytes i32) (result i32)
    (i32.store (local.get $count) (i32.const 0))
    (i32.store (local.get $bytes) (i32.const 0))
    (i32.const 0))
  (func (export "args_sizes_get") (param i32 i32) (result i32) (call $none (local.get 0) (local.get 1)))
  (func (export "environ_sizes_get") (param i32 i32) (result i32) (call $none (local.get 0) (local.get 1)))
  (func (export "args_get") (param i32 i32) (result i32) (i32.const 0))
  (func (export "environ_get") (param i32 i32) (result i32) (i32.const 0))

  ;; Files and sockets: no such descriptor.
  (func (export "fd_advise") (param i32 i64 i64 i32) (result i32) (i32.const 8))
  (func (export "fd_allocate") (param i32 i64 i64) (result i32) (i32.const 8))
  (func (export "fd_datasync") (param i32) (result i32) (i32.const 8))
  (func (export "fd_fdstat_set_flags") (param i32 i32) (result i32) (i32.const 8))
  (func (export "fd_fdstat_set_rights") (param i32 i64 i64) (result i32) (i32.const 8))
  (func (export "fd_filestat_get") (param i32 i32) (result i32) (i32.const 8))
  (func (export "fd_filestat_set_size") (param i32 i64) (result i32) (i32.const 8))
  (func (export "fd_filestat_set_times") (param i32 i64 i64 i32) (result i32) (i32.const 8))
  (func (export "fd_pread") (param i32 i32 i32 i64 i32) (result i32) (i32.const 8))
  (func (export "fd_prestat_get") (param i32 i32) (result i32) (i32.const 8))
  (func (export "fd_prestat_dir_name") (param i32 i32 i32) (result i32) (i32.const 8))
  (func (export "fd_pwrite") (param i32 i32 i32 i64 i32) (result i32) (i32.const 8))
  (func (export "fd_readdir") (param i32 i32 i32 i64 i32) (result i32) (i32.const 8))
  (func (export "fd_renumber") (param i32 i32) (result i32) (i32.const 8))
  (func (export "fd_seek") (param i32 i64 i32 i32) (result i32) (i32.const 8))
  (func (export "fd_sync") (param i32) (result i32) (i32.const 8))
  (func (export "fd_tell") (param i32 i32) (result i32) (i32.const 8))
  (func (export "path_create_directory") (param i32 i32 i32) (result i32) (i32.const 8))
  (func (export "path_filestat_get") (param i32 i32 i32 i32 i32) (result i32) (i32.const 8))
  (func (export "path_filestat_set_times") (param i32 i32 i32 i32 i64 i64 i32) (result i32) (i32.const 8))
  (func (export "path_link") (param i32 i32 i32 i32 i32 i32 i32) (result i32) (i32.const 8))
  (func (export "path_open") (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32) (i32.const 8))
  (func (export "path_readlink") (param i32 i32 i32 i32 i32 i32) (result i32) (i32.const 8))
  (func (export "path_remove_directory") (param i32 i32 i32) (result i32) (i32.const 8))
  (func (export "path_rename") (param i32 i32 i32 i32 i32 i32) (result i32) (i32.const 8))
  (func (export "path_symlink") (param i32 i32 i32 i32 i32) (result i32) (i32.const 8))
  (func (export "path_unlink_file") (param i32 i32 i32) (result i32) (i32.const 8))
  (func (export "sock_accept") (param i32 i32 i32) (result i32) (i32.const 8))
  (func (export "sock_recv") (param i32 i32 i32 i32 i32 i32) (result i32) (i32.const 8))
  (func (export "sock_send") (param i32 i32 i32 i32 i32) (result i32) (i32.const 8))
  (func (export "sock_shutdown") (param i32 i32) (result i32) (i32.const 8)))
