# The architecture, as one table: a module may link only modules of a strictly smaller rank, so the graph is
# acyclic by construction and siblings do not see each other. `modules.cmake` enforces it at configure time,
# `tests/arch` proves that a bad graph is refused. The picture is in docs/architecture.md §2.
set(AIRSSYS_RANKS
  base:0
  rt:10
  rt_testing:11
  wasm_core:20
  wasm_toml:21
  wasm_bridge:25
  wasm_fake_engine:30
  wasm_runtime:30
  wasm_wit:30
  wasm_actor:40
  wasm_component:41
  wasm_messaging:50
  wasm_security:50
  wasm_services:50
  wasm_storage:50
  wasm_host:70
  wasm_admin:75
  cli:80)
