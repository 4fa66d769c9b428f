-- What the audit of the prompt cache found. Derived: may be dropped, and is found anew from the
-- responses. Money is integer USD * 10^12, so that sums are exact; null where no price is known.

-- How far the responses have been judged, and by what.
create table audit_progress (
    id integer primary key check (id = 1),
    basis text not null,           -- digest of prices, thresholds and formats
    last_id integer not null,      -- of the responses that have been judged
    pruned_ms integer not null     -- when states of ended agents were dropped last
);

-- One row per thread: what its next request is judged by. agent_id 0 is the main thread.
create table audit_threads (
    session_id integer not null,
    agent_id integer not null,
    first_id integer not null,     -- responses.id of its first request
    last_ms integer not null,      -- when its last request was sent
    tier text not null,            -- lifetime of its last cache write: 5m, 1h, ""
    prompt_tokens integer not null,
    read_tokens integer not null,
    closed_ms integer,             -- start of the last request judged for good; null: none is yet
    open_ids text,                 -- JSON: the last ones, judged anew with what follows them
    state blob,                    -- after the closed ones; without it and open_ids: from the start
    primary key (session_id, agent_id)
) without rowid;

-- Sums over requests by quarter of an hour, which days of every time zone are made of.
create table audit_tallies (
    open integer not null,         -- 1: of requests that are judged anew with what follows them
    session_id integer not null,
    agent_id integer not null,
    slot integer not null,         -- start in quarters of an hour since 1970
    claude integer not null,       -- whether a Claude model answered
    version_id integer not null,   -- the first of the clients of that version
    provider integer not null,
    requests integer not null,
    prompt_tokens integer not null,
    read_tokens integer not null,
    cost integer not null,
    unpriced integer not null,
    exposed integer not null,      -- warm requests that nothing excuses
    primary key (open, session_id, agent_id, slot, claude, version_id, provider)
) without rowid;

-- Requests that did not read what they should; healthy ones leave no row.
create table audit_findings (
    id integer primary key,
    verdict text not null,
    cause text not null,
    kind text not null,            -- suspect, expected, idle
    evidence text not null,        -- api, hashes, inferred
    sure integer not null,
    unique (verdict, cause, kind, evidence, sure)
);
create table audit_rebuilds (
    session_id integer not null,
    agent_id integer not null,
    start_ms integer not null,
    response_id integer not null,
    finding_id integer not null references audit_findings (id),
    expected_read integer not null,
    lost_tokens integer not null,
    excess integer,                -- what it cost more than a hit
    gap_ms integer not null,       -- start to start
    primary key (session_id, agent_id, start_ms, response_id)
) without rowid;

-- Alerts as the rules raise them; which of them are told is decided when they are read.
create table audit_sayings (
    id integer primary key,
    rule text not null,
    level text not null,
    wording text not null,         -- of the message, without its numbers
    advice text not null,
    is_sum integer not null,
    unique (rule, level, wording, advice, is_sum)
);
create table audit_raised (
    session_id integer not null,
    agent_id integer not null,
    time_ms integer not null,
    number integer not null,       -- of those of the same moment
    saying_id integer not null references audit_sayings (id),
    numbers text not null,         -- of the message
    tokens integer not null,
    usd integer,
    version_id integer,
    primary key (session_id, agent_id, time_ms, number)
) without rowid;

-- What changed behind the requests that have been judged. New responses need no note: their ids
-- are higher than last_id.
create table audit_changed (response_id integer primary key);
create table audit_stale (
    session_id integer not null,
    agent_id integer not null,
    since_ms integer not null,     -- of what changed in the thread
    primary key (session_id, agent_id)
) without rowid;
create table audit_waiting (       -- for fingerprints that have not been read yet
    request_ref integer not null,
    session_id integer not null,
    agent_id integer not null,
    start_ms integer not null,
    primary key (request_ref, session_id, agent_id)
) without rowid;

create trigger audit_responses_update
after update of
    key, owner_id, terms_id, time_ms, start_ms, request_ref, input_tokens, output_tokens,
    cache_read_tokens, cache_write_5m_tokens, cache_write_1h_tokens, web_searches, finished
on responses
when old.parent_hash is null
    and old.id <= (select last_id from audit_progress)
    and (
        old.key, old.owner_id, old.terms_id, old.time_ms, old.start_ms, old.request_ref,
        old.input_tokens, old.output_tokens, old.cache_read_tokens, old.cache_write_5m_tokens,
        old.cache_write_1h_tokens, old.web_searches, old.finished
    ) is not (
        new.key, new.owner_id, new.terms_id, new.time_ms, new.start_ms, new.request_ref,
        new.input_tokens, new.output_tokens, new.cache_read_tokens, new.cache_write_5m_tokens,
        new.cache_write_1h_tokens, new.web_searches, new.finished
    )
begin
    insert into audit_changed (response_id) values (new.id) on conflict do nothing;
    insert into audit_stale (session_id, agent_id, since_ms)
    select
        session_id, agent_id,
        min(
            old.time_ms, ifnull(old.start_ms, old.time_ms),
            ifnull((select time_ms from api_requests where id = old.request_ref), old.time_ms)
        )
    from owners
    where id = old.owner_id
    on conflict do update set since_ms = min(since_ms, excluded.since_ms);
end;

create trigger audit_responses_delete after delete on responses
when old.id <= (select last_id from audit_progress)
begin
    insert into audit_stale (session_id, agent_id, since_ms)
    select session_id, agent_id, 0 from owners where id = old.owner_id and old.parent_hash is null
    on conflict do update set since_ms = 0;
    -- an id that is free again is given to the next response
    update audit_progress set last_id = min(last_id, (select ifnull(max(id), 0) from responses));
end;

-- A row that gets the key of another one replaces it, and no delete trigger sees that.
create trigger audit_responses_replace before update of key_hash on responses
when new.key_hash <> old.key_hash
begin
    insert into audit_stale (session_id, agent_id, since_ms)
    select owners.session_id, owners.agent_id, 0
    from responses
    join owners on owners.id = responses.owner_id
    where responses.key_hash = new.key_hash and responses.id <> old.id
    on conflict do update set since_ms = 0;
end;
create trigger audit_responses_replaced after update of key_hash on responses
begin
    update audit_progress set last_id = min(last_id, (select ifnull(max(id), 0) from responses));
end;

create trigger audit_marks_insert after insert on marks
when exists (
    select 1 from audit_threads where session_id = new.session_id and agent_id = new.agent_id
)
begin
    insert into audit_stale (session_id, agent_id, since_ms)
    values (new.session_id, new.agent_id, new.time_ms)
    on conflict do update set since_ms = min(since_ms, excluded.since_ms);
end;

create trigger audit_marks_delete after delete on marks
when exists (
    select 1 from audit_threads where session_id = old.session_id and agent_id = old.agent_id
)
begin
    insert into audit_stale (session_id, agent_id, since_ms)
    values (old.session_id, old.agent_id, old.time_ms)
    on conflict do update set since_ms = min(since_ms, excluded.since_ms);
end;

create trigger audit_marks_update after update on marks
when (old.session_id, old.agent_id, old.time_ms, old.kind, old.label)
    is not (new.session_id, new.agent_id, new.time_ms, new.kind, new.label)
begin
    insert into audit_stale (session_id, agent_id, since_ms)
    values
        (old.session_id, old.agent_id, old.time_ms),
        (new.session_id, new.agent_id, new.time_ms)
    on conflict do update set since_ms = min(since_ms, excluded.since_ms);
end;

create trigger audit_fingerprint after insert on api_requests
when exists (select 1 from audit_waiting where request_ref = new.id)
begin
    insert into audit_stale (session_id, agent_id, since_ms)
    select session_id, agent_id, min(start_ms, new.time_ms)
    from audit_waiting
    where request_ref = new.id
    on conflict do update set since_ms = min(since_ms, excluded.since_ms);
    delete from audit_waiting where request_ref = new.id;
end;

create trigger audit_meter_insert after insert on cost_states
when new.after_ms > 0
    and exists (select 1 from audit_threads where session_id = new.session_id and agent_id = 0)
begin
    insert into audit_stale (session_id, agent_id, since_ms)
    values (new.session_id, 0, new.after_ms)
    on conflict do update set since_ms = min(since_ms, excluded.since_ms);
end;

create trigger audit_meter_update after update of after_ms on cost_states
when old.after_ms is not new.after_ms and (old.after_ms > 0 or new.after_ms > 0)
begin
    insert into audit_stale (session_id, agent_id, since_ms)
    values (
        new.session_id, 0,
        min(coalesce(old.after_ms, new.after_ms), coalesce(new.after_ms, old.after_ms))
    )
    on conflict do update set since_ms = min(since_ms, excluded.since_ms);
end;

-- Marks of kinds that were not kept until now are in the transcripts: the next pass reads them all.
update files set offset = 0, settled_size = -1;
