-- Calls that the client reported itself (telemetry): those that no transcript shows among them.

-- What calls have in common.
create table call_kinds (
    id integer primary key,
    model text not null,           -- that was asked for
    query_source text not null,
    speed text not null,
    effort text not null,
    version text not null,
    unique (model, query_source, speed, effort, version)
);
create table api_calls (
    id integer primary key,        -- hash of the request's id, or of what else names the call
    request_id text,               -- older clients send none
    client_request_id text,
    session_id integer not null references sessions (id),
    agent_id integer not null,
    kind_id integer not null references call_kinds (id),
    time_ms integer not null,      -- at the end of the call
    duration_ms integer not null,
    sequence integer not null,     -- of the event in its session
    input_tokens integer not null,
    output_tokens integer not null,
    cache_read_tokens integer not null,
    cache_write_5m_tokens integer not null,
    cache_write_1h_tokens integer not null,
    lifetimes_known integer not null,  -- 0: all cache writes stand under 5m
    cost_usd text                  -- the client's own price, as written
);
create index api_calls_time on api_calls (time_ms);
