%% The rows of the group `rt` in Erlang/OTP, on request: the protocol of bench/src/serve.h.
-module(airssys_bench_erlang).
-behaviour(gen_server).
-export([serve/0, child/1, init/1, handle_call/3, handle_cast/2]).

-define(BATCH_NS, 300000).
-define(PATIENCE_MS, 60000).
-define(PORTION, 5000).

serve() ->
    case io:get_line("") of
        Line when is_list(Line) ->
            [Row, SliceMs] = string:lexemes(string:trim(Line), " "),
            io:put_chars([answer(Row, list_to_integer(SliceMs)), $\n]),
            serve();
        _ -> halt(0)
    end.

answer(Row, SliceMs) ->
    try row(Row) of
        {gauge, Measure} -> io_lib:format("{\"value\": ~w, \"ops\": 1}", [Measure()]);
        {batch, Min, Batch} ->
            {Value, Ops} = measure(Batch, Min, erlang:monotonic_time(nanosecond) + SliceMs * 1000000, [], 0),
            io_lib:format("{\"value\": ~w, \"ops\": ~w}", [Value, Ops])
    catch
        _:Why -> io_lib:format("{\"error\": \"~s: ~s\"}", [Row, [C || C <- lists:flatten(io_lib:format("~0p", [Why])), C =/= $"]])
    end.

%% The median of batches of at least `Min` operations, doubled until one takes long enough. A batch answers {Operations, Nanoseconds}.
measure(Batch, N, End, Samples, Done) ->
    {Ops, Took} = Batch(N),
    case Samples =:= [] andalso Took < ?BATCH_NS div 2 of
        true -> measure(Batch, N * 2, End, Samples, Done);
        false ->
            Now = [Took / Ops | Samples],
            case erlang:monotonic_time(nanosecond) >= End of
                true -> {lists:nth(length(Now) div 2 + 1, lists:sort(Now)), Done + Ops};
                false -> measure(Batch, N, End, Now, Done + Ops)
            end
    end.

row("send.1p") -> {batch, 200000, fun(N) -> send(1, N) end};
row("send.2p") -> {batch, 200000, fun(N) -> send(2, N) end};
row("pingpong") -> {batch, 100000, fun pingpong/1};
row("spawn") -> {batch, 50000, fun spawn_many/1};
row("actor_bytes") -> {gauge, fun() -> actor_bytes(200000) end};
row("actor_bytes.1m") -> {gauge, fun() -> actor_bytes(1000000) end};
row("ask.seq") -> {batch, 20000, fun ask_seq/1};
row("ask.100") -> {batch, 20000, fun ask_100/1};
row("restart") -> {batch, 1000, fun restart/1};
row("skynet") -> {batch, 1, fun skynet/1};
row(_) -> throw("no such row").

timed(Start, Done) ->
    Begin = erlang:monotonic_time(nanosecond),
    Start(),
    wait(Done),
    erlang:monotonic_time(nanosecond) - Begin.

wait(Done) ->
    receive Done -> ok
    after ?PATIENCE_MS -> throw("a message was lost")
    end.

%% --- messages
%% A producer has at most 512 messages under way, as with us: faster than a mailbox without bounds, too.
send(Producers, N) ->
    Main = self(),
    Each = N div Producers,
    Consumer = spawn(fun() -> consume(Each * Producers, Main) end),
    Pids = [spawn(fun() -> receive go -> produce(Each, 512, Consumer) end end) || _ <- lists:seq(1, Producers)],
    {Each * Producers, timed(fun() -> [Pid ! go || Pid <- Pids] end, consumed)}.

consume(0, Main) -> Main ! consumed;
consume(N, Main) ->
    receive
        {Left, Producer} when Left rem 128 =:= 0 -> Producer ! acknowledged, consume(N - 1, Main);
        {_, _} -> consume(N - 1, Main)
    end.

produce(0, _, _) -> ok;
produce(N, 0, To) -> receive acknowledged -> produce(N, 128, To) end;
produce(N, Credit, To) -> To ! {N, self()}, produce(N - 1, Credit - 1, To).

pingpong(N) ->
    Main = self(),
    One = spawn(fun() -> ping(Main) end),
    Two = spawn(fun() -> ping(Main) end),
    Took = timed(fun() -> One ! {N, Two} end, over),
    exit(One, kill),
    exit(Two, kill),
    {N, Took}.

ping(Main) ->
    receive
        {0, _} -> Main ! over;
        {N, To} -> To ! {N - 1, self()}, ping(Main)
    end.

%% --- processes
spawn_many(N) ->
    in_process(fun(Me) ->
        Begin = erlang:monotonic_time(nanosecond),
        Pids = spawn_portions(N, atomics:new(1, []), Me, []),
        Took = erlang:monotonic_time(nanosecond) - Begin,
        kill_all(Pids),
        {N, Took}
    end).

%% The next portion when the last has started: faster than all at once.
spawn_portions(0, _, _, Pids) -> Pids;
spawn_portions(N, Left, Me, Pids) ->
    Portion = min(N, ?PORTION),
    atomics:put(Left, 1, Portion),
    More = spawn_portion(Portion, Left, Me, Pids),
    wait(started),
    spawn_portions(N - Portion, Left, Me, More).

spawn_portion(0, _, _, Pids) -> Pids;
spawn_portion(N, Left, Me, Pids) -> spawn_portion(N - 1, Left, Me, [spawn(fun() -> started(Left, Me) end) | Pids]).

started(Left, Spawner) ->
    count_down(Left, Spawner, started),
    receive stop -> ok end.

kill_all(Pids) ->
    [exit(Pid, kill) || Pid <- Pids],
    [begin Ref = monitor(process, Pid), receive {'DOWN', Ref, process, Pid, _} -> ok end end || Pid <- Pids].

actor_bytes(N) ->
    Left = atomics:new(1, []),
    atomics:put(Left, 1, N),
    Me = self(),
    Before = resident(),
    Pids = [spawn(fun() -> idle(Left, Me) end) || _ <- lists:seq(1, N)],
    [Pid ! {N, 0} || Pid <- Pids],
    wait(handled),
    Bytes = (resident() - Before) / N,
    kill_all(Pids),
    Bytes.

idle(Left, Main) -> receive {_, _} -> count_down(Left, Main, handled), idle(Left, Main) end.

resident() ->
    {ok, Text} = file:read_file("/proc/self/statm"),
    [_, Pages | _] = string:lexemes(binary_to_list(Text), " "),
    list_to_integer(Pages) * 4096.

%% The supervisor looks through all restarts of its period at each one, so it gets a new life after a hundred.
restart(N) ->
    Groups = N div 100,
    in_process(fun(Me) -> {Groups * 100, lists:sum([restart_group(Me, 100) || _ <- lists:seq(1, Groups)])} end).

restart_group(Me, N) ->
    {ok, Supervisor} = supervisor:start_link(?MODULE, {supervisor, Me}),
    First = receive {up, Pid} -> Pid end,
    Begin = erlang:monotonic_time(nanosecond),
    crash(N, First),
    Took = erlang:monotonic_time(nanosecond) - Begin,
    unlink(Supervisor),
    exit(Supervisor, kill),
    Took.

crash(0, _) -> ok;
crash(N, Pid) ->
    Pid ! crash,
    receive {up, Next} -> crash(N - 1, Next)
    after ?PATIENCE_MS -> throw("no new child answered")
    end.

child(Driver) ->
    {ok, spawn_link(fun() -> Driver ! {up, self()}, receive crash -> exit(crash) end end)}.

skynet(_) ->
    Main = self(),
    Begin = erlang:monotonic_time(nanosecond),
    spawn(fun() -> node(Main, 0, 1000000) end),
    Sum = receive {sum, Found} -> Found after ?PATIENCE_MS -> throw("a message was lost") end,
    Took = erlang:monotonic_time(nanosecond) - Begin,
    499999500000 = Sum,
    {1111111, Took}.

node(Parent, Number, 1) -> Parent ! {sum, Number};
node(Parent, Number, Leaves) ->
    Me = self(),
    Each = Leaves div 10,
    [spawn(fun() -> node(Me, Number + Child * Each, Each) end) || Child <- lists:seq(0, 9)],
    Parent ! {sum, lists:sum([receive {sum, Sum} -> Sum end || _ <- lists:seq(0, 9)])}.

%% --- asks
ask_seq(N) -> asking(N, fun(Server) -> ask_in_turn(N, Server) end).

ask_in_turn(0, _) -> ok;
ask_in_turn(N, Server) ->
    N = gen_server:call(Server, N),
    ask_in_turn(N - 1, Server).

ask_100(N) -> asking(N, fun(Server) -> ask_in_hundreds(N, Server) end).

ask_in_hundreds(0, _) -> ok;
ask_in_hundreds(N, Server) ->
    Requests = [{Ask, gen_server:send_request(Server, Ask)} || Ask <- lists:seq(1, 100)],
    [{reply, Ask} = gen_server:receive_response(Request, 5000) || {Ask, Request} <- Requests],
    ask_in_hundreds(N - 100, Server).

asking(N, Ask) ->
    in_process(fun(_) ->
        {ok, Server} = gen_server:start(?MODULE, server, []),
        Begin = erlang:monotonic_time(nanosecond),
        Ask(Server),
        Took = erlang:monotonic_time(nanosecond) - Begin,
        gen_server:stop(Server),
        {N, Took}
    end).

handle_call(Request, _, State) -> {reply, Request, State}.
handle_cast(_, State) -> {noreply, State}.

init(server) -> {ok, none};
init({supervisor, Driver}) ->
    {ok, {#{strategy => one_for_one, intensity => 1000, period => 1}, [#{id => child, start => {?MODULE, child, [Driver]}}]}}.

%% --- what several rows need
%% The result of `Run` in a process of its own: its memory goes with it, and crashes reach nobody.
in_process(Run) ->
    Main = self(),
    {_, Ref} = spawn_monitor(fun() -> Main ! {result, Run(self())} end),
    receive
        {result, Result} -> demonitor(Ref, [flush]), Result;
        {'DOWN', Ref, process, _, Why} -> throw(Why)
    end.

count_down(Left, To, Word) ->
    case atomics:sub_get(Left, 1, 1) of
        0 -> To ! Word;
        _ -> ok
    end.
